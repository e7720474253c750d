"""What is shared between workers."""
