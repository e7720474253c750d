"""What the bot knows: answers, services, emergency numbers, places; each entry with source and date."""
