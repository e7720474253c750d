"""What a browser shows, in a real one."""
