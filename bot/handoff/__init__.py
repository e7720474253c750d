"""The passage from bot to human and back: a pure state machine, the queue, and what carries out what they decide."""
