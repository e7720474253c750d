"""One message's way."""
