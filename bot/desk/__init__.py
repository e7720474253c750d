"""The advocates' desk: who may sign in to it, what is open there, and what was done."""
