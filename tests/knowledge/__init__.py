"""What the helpline knows, and files of it that are broken."""
