"""Accounts, sign-in, sessions and log of the staff."""
