"""Keys, sealing, and what may be logged."""
