"""Rasa components that understand a text: language, sentence encoder, topic, urgency, place. They know only Rasa and their models."""
