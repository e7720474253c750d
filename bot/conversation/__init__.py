"""The way of one message: once, in order, with a deadline, and with an answer whatever breaks."""
