"""Rasa at run time."""
