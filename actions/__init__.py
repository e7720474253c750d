"""Rasa custom actions, one file a concern. They run in the dialogue process, not behind an action server."""
