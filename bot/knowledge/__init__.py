"""What the helpline knows: answers, services, emergency numbers, places; each entry with source and date."""
