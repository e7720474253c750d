"""Values that commands of `helpline` take, as argparse reads them."""

from __future__ import annotations

import argparse


def country(text: str) -> str:
    """An ISO 3166-1 alpha-2 code, in capitals. Raises argparse's own error for what is no two letters."""
    if len(text) != 2 or not text.isalpha():
        raise argparse.ArgumentTypeError("two letters, such as US or GB")
    return text.upper()
