"""Keys, sealing, logs."""
