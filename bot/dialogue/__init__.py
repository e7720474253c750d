"""Rasa at run time: behind one seam, in a process of its own, and nowhere else."""
