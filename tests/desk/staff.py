"""Staff for tests: accounts in a file, an authenticator app, and a clock that is put on by hand."""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass
from pathlib import Path

import pyotp

from bot.desk.accounts import Accounts, Role

PASSWORD = "four words that rhyme"
TODAY = datetime.date(2026, 2, 17)
NOON = 1_771_329_600.0  # of that day, UTC


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Staff:
    """A file of accounts, and what each of them has in the authenticator app.

    Attributes:
        accounts: the accounts.
        path: of the file.
        apps: the app of each, by sign-in name.
    """

    accounts: Accounts
    path: Path
    apps: dict[str, pyotp.TOTP]

    def add(self, name: str = "ana", role: Role = Role.ADVOCATE) -> None:
        """Adds somebody."""
        secret = self.accounts.add(name, PASSWORD, display=name.title(), role=role, languages=("es", "en"), today=TODAY)
        self.apps[name] = pyotp.TOTP(secret)

    def code(self, name: str = "ana", at: float = NOON) -> str:
        """What the app shows."""
        return self.apps[name].at(at)


def copy_of(staff: Staff, folder: Path) -> Staff:
    """The same staff in another folder: a password takes its time to be hashed."""
    path = folder / "staff" / "staff.sqlite"
    path.parent.mkdir(mode=0o700)
    shutil.copy2(staff.path, path)
    return Staff(Accounts(path), path, {name: pyotp.TOTP(app.secret) for name, app in staff.apps.items()})


def staff_in(folder: Path) -> Staff:
    """Staff whose file lies in a folder that is made for it."""
    path = folder / "staff" / "staff.sqlite"
    return Staff(Accounts(path), path, {})
