"""Whether anybody has an account for the desk: asked for every message, looked up twice a minute."""

from __future__ import annotations

import time
from pathlib import Path

from bot.desk.accounts import Accounts
from bot.errors import HelplineError

_LOOK_EVERY = 30.0  # seconds


class Staffed:
    """Knows whether there is an account that can sign in.

    Args:
        file: of the accounts. Where there is none, none is made.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._looked, self._anybody = file, float("-inf"), False

    def __call__(self) -> bool:
        """Whether there is one."""
        if time.monotonic() - self._looked > _LOOK_EVERY:
            try:
                self._anybody = self._file.exists() and any(not account.disabled for account in Accounts(self._file).all())
            except HelplineError:
                self._anybody = False
            self._looked = time.monotonic()
        return self._anybody
