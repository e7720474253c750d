"""Accounts of the staff: who may sign in to the desk, as what, and in which languages they write.

They lie in one SQLite file that only the service's account may read. It knows nothing of the people who text. Each call opens a
connection of its own, so any thread and any process may call.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pyotp

from bot.desk.passwords import NOBODY, fits, hash_of, is_weak, refuse_unfit
from bot.desk.private_files import open_private
from bot.errors import AccountRefused, SignInRefused, StaffFilesUnavailable
from bot.handoff.life import PERSON
from bot.locales import all_locales

FILE = "staff.sqlite"
DESK_LOCALES = ("en", "es", "fr", "ar")  # languages of the desk's own pages
MOST_CASES = 10
LONGEST_DISPLAY = 24
LONGEST_TYPED = 64  # of a name or a code, with what was typed around it; the rest is not looked at
OPERATOR, UNKNOWN, SERVICE = "operator", "unknown", "service"  # who acts in the audit without an account
_NAME = re.compile(r"[a-z0-9._-]{2,32}")
_STEP = 30  # seconds that a code is shown
_NO_SECRET = "A" * 32  # whose codes are looked at where there is no account
_JOINERS = "\u200c\u200d"  # format characters that names in Hindi and Persian are written with
_PATIENCE = 5.0  # seconds that one process waits for another to write
_REFUSED = "The name, the password or the code is not right. Try again; each code works once."
_THERE_IS_NONE = "There is no account of that name. `helpline staff list` shows them."
_COLUMNS = "name, display, role, languages, desk_locale, most_cases, disabled, created, generation"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY, display TEXT NOT NULL, role TEXT NOT NULL, languages TEXT NOT NULL, desk_locale TEXT NOT NULL,
  most_cases INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL, generation TEXT NOT NULL,
  password_hash TEXT NOT NULL, code_secret TEXT NOT NULL, code_step INTEGER NOT NULL DEFAULT 0
)"""


class Role(str, Enum):
    """What somebody may do at the desk: take cases; or also see all cases, hand them on, and wipe everything."""

    ADVOCATE = "advocate"
    SUPERVISOR = "supervisor"


@dataclass(frozen=True)
class Account:
    """Somebody of the staff, without anything secret.

    Attributes:
        name: sign-in name.
        display: the name that people are told; better not the real one.
        role: see `Role`.
        languages: locale codes that the advocate can write in.
        desk_locale: language of the desk's pages; one of `DESK_LOCALES`.
        most_cases: how many cases at once.
        disabled: may not sign in.
        created: month, such as ``2026-02``.
        generation: another one whenever all sessions of the account are to end.
    """

    name: str
    display: str
    role: Role
    languages: tuple[str, ...]
    desk_locale: str
    most_cases: int
    disabled: bool
    created: str
    generation: str

    @property
    def supervisor(self) -> bool:
        """Whether it is one's."""
        return self.role is Role.SUPERVISOR


def name_of(typed: str) -> str:
    """The sign-in name that was meant (phones begin with a capital and end with a space); empty where it cannot be one."""
    name = typed[:LONGEST_TYPED].strip().lower()
    return name if _NAME.fullmatch(name) else ""


def authenticator_address(name: str, secret: str) -> str:
    """The address that an authenticator app takes, mostly as a QR code: 6 digits every 30 seconds (RFC 6238)."""
    return pyotp.TOTP(secret, name=name, issuer="Helpline").provisioning_uri()


def _checked_name(name: str) -> str:
    if not name or name_of(name) != name:
        raise AccountRefused("The name will not do. Take 2 to 32 of a-z 0-9 . _ - for it.")
    if name in (OPERATOR, UNKNOWN, SERVICE, PERSON):
        raise AccountRefused(f"The name {name} has a meaning of its own. Take another one.")
    return name


def _checked_display(display: str) -> str:
    display = unicodedata.normalize("NFC", display).strip()
    if len(display) > LONGEST_DISPLAY or not any(c.isalpha() for c in display):
        raise AccountRefused(f"The display name will not do. Take at most {LONGEST_DISPLAY} characters, letters among them.")
    if any(unicodedata.category(c)[0] in "CZ" and c not in " " + _JOINERS for c in display):
        raise AccountRefused("The display name has a character in it that cannot be seen. Type it again, without copying it.")
    return display


def _checked_languages(languages: Sequence[str]) -> str:
    known = all_locales()
    if not languages or any(code not in known for code in languages):
        raise AccountRefused(f"The languages will not do. Take codes of these, with commas between them: {', '.join(known)}.")
    return " ".join(dict.fromkeys(languages))


def _checked_desk_locale(desk_locale: str) -> str:
    if desk_locale not in DESK_LOCALES:
        raise AccountRefused(f"The pages of the desk are not in that language. Take one of {', '.join(DESK_LOCALES)}.")
    return desk_locale


def _checked_most_cases(most_cases: int) -> int:
    if not 1 <= most_cases <= MOST_CASES:
        raise AccountRefused(f"Nobody can have that many cases at once. Take 1 to {MOST_CASES}.")
    return most_cases


def _fresh() -> str:
    return secrets.token_hex(8)


def _code_step(secret: str, code: str, now: float) -> int | None:
    """The 30 seconds for which a code is right: these, those before or those after (RFC 6238, 5.2, and clocks that are off)."""
    # Some keyboards type digits of their own script.
    plain = "".join(str(unicodedata.decimal(c, "?")) for c in code[:LONGEST_TYPED] if not c.isspace()).encode()
    totp, current, found = pyotp.TOTP(secret, interval=_STEP), int(now // _STEP), None
    for step in (current - 1, current, current + 1):  # all of them, whichever it is: in the same time
        if hmac.compare_digest(totp.generate_otp(max(0, step)).encode(), plain):
            found = step
    return found


def _account(row: Sequence[str | int]) -> Account:
    name, display, role, languages, desk_locale, most_cases, disabled, created, generation = row
    return Account(
        str(name),
        str(display),
        Role(role),
        tuple(str(languages).split()),
        str(desk_locale),
        int(most_cases),
        bool(disabled),
        str(created),
        str(generation),
    )


class Accounts:
    """The accounts in a file.

    Everything here blocks: for some milliseconds, and whatever verifies a password for some 0.15 s. A server calls it in threads.

    Args:
        path: of the file; it is made when it is first asked for.

    Every method raises StaffFilesUnavailable where the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        os.close(open_private(self._path))
        connection = None
        try:
            connection = sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
            connection.execute("PRAGMA secure_delete = ON")  # who was removed is gone from the file, too
            connection.execute(_SCHEMA)
            yield connection
        except sqlite3.DatabaseError as error:
            raise StaffFilesUnavailable(
                f"{self._path} cannot be read or written ({error}). Check the space on the disk; if it is damaged, bring back a copy."
            ) from None
        finally:
            if connection:
                connection.close()

    def add(
        self,
        name: str,
        password: str,
        *,
        display: str,
        role: Role,
        languages: Sequence[str],
        today: datetime.date,
        desk_locale: str = "en",
        most_cases: int = 3,
    ) -> str:
        """Makes an account.

        Args:
            name: sign-in name, 2 to 32 of a-z 0-9 . _ -
            password: see `bot.desk.passwords.refuse_unfit`.
            display, role, languages, desk_locale, most_cases: see `Account`.
            today: of which only the month is kept.
        Returns:
            The secret for the authenticator app (see `authenticator_address`). It is told here only.
        Raises:
            AccountRefused: there is one of that name, or a value will not do.
        """
        given = (_checked_name(name), _checked_display(display), Role(role).value, _checked_languages(languages))
        given_too = (_checked_desk_locale(desk_locale), _checked_most_cases(most_cases), f"{today:%Y-%m}", _fresh())
        refuse_unfit(password, name)
        if self.get(name):
            raise AccountRefused(_there_is(name))
        secret, kept = pyotp.random_base32(), hash_of(password)
        with self._connection() as connection:
            try:
                connection.execute(
                    "INSERT INTO account (name, display, role, languages, desk_locale, most_cases, created, generation, password_hash, "
                    "code_secret) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (*given, *given_too, kept, secret),
                )
            except sqlite3.IntegrityError:
                raise AccountRefused(_there_is(name)) from None
        return secret

    def get(self, name: str) -> Account | None:
        """The account of that name, or None."""
        with self._connection() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM account WHERE name = ?", (name_of(name),)).fetchone()  # noqa: S608 - fixed words
        return _account(row) if row else None

    def all(self) -> list[Account]:
        """All accounts, by name."""
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM account ORDER BY name").fetchall()  # noqa: S608 - fixed words
        return [_account(row) for row in rows]

    def _update(self, name: str, **values: str | int) -> None:
        with self._connection() as connection:
            put = ", ".join(f"{column} = ?" for column in values)
            done = connection.execute(f"UPDATE account SET {put} WHERE name = ?", (*values.values(), name_of(name)))  # noqa: S608 - fixed words
        if not done.rowcount:
            raise AccountRefused(_THERE_IS_NONE)

    def change(
        self,
        name: str,
        *,
        display: str | None = None,
        role: Role | None = None,
        languages: Sequence[str] | None = None,
        desk_locale: str | None = None,
        most_cases: int | None = None,
    ) -> None:
        """Changes what is given, for open sessions too.

        Raises:
            AccountRefused: there is no such account, or a value will not do.
        """
        values: dict[str, str | int] = {}
        if display is not None:
            values["display"] = _checked_display(display)
        if role is not None:
            values["role"] = Role(role).value
        if languages is not None:
            values["languages"] = _checked_languages(languages)
        if desk_locale is not None:
            values["desk_locale"] = _checked_desk_locale(desk_locale)
        if most_cases is not None:
            values["most_cases"] = _checked_most_cases(most_cases)
        if not values:
            raise AccountRefused("Nothing was named that is to change. Name it.")
        self._update(name, **values)

    def set_password(self, name: str, password: str) -> None:
        """Puts another password in place. Sessions of the account end, and its devices are unknown again.

        Raises:
            AccountRefused: there is no such account, or the password will not do.
        """
        refuse_unfit(password, name)
        self._update(name, password_hash=hash_of(password), generation=_fresh())

    def new_code_secret(self, name: str) -> str:
        """Puts another secret for the authenticator app in place. Sessions of the account end, and its devices are unknown again.

        Returns:
            The secret. It is told here only.
        Raises:
            AccountRefused: there is no such account.
        """
        secret = pyotp.random_base32()
        self._update(name, code_secret=secret, code_step=0, generation=_fresh())
        return secret

    def disable(self, name: str) -> None:
        """Lets the account sign in no more, and ends its sessions. AccountRefused where there is none."""
        self._update(name, disabled=1, generation=_fresh())

    def enable(self, name: str) -> None:
        """Lets the account sign in again. AccountRefused where there is none."""
        self._update(name, disabled=0)

    def end_sessions(self, name: str) -> None:
        """Ends the sessions of the account, in every worker. AccountRefused where there is none."""
        self._update(name, generation=_fresh())

    def remove(self, name: str) -> None:
        """Removes the account and ends its sessions. AccountRefused where there is none."""
        with self._connection() as connection:
            done = connection.execute("DELETE FROM account WHERE name = ?", (name_of(name),))
        if not done.rowcount:
            raise AccountRefused(_THERE_IS_NONE)

    def _secrets(self, name: str) -> tuple[str, str, str] | None:
        """Password hash, secret of the codes and generation of an account that may sign in."""
        with self._connection() as connection:
            row: tuple[str, str, str] | None = connection.execute(
                "SELECT password_hash, code_secret, generation FROM account WHERE name = ? AND NOT disabled", (name_of(name),)
            ).fetchone()
        return row

    def check(self, name: str, password: str, code: str, now: float) -> Account:
        """Who signs in. Ask `bot.desk.throttle` first whether anybody may try now.

        Args:
            name, password, code: as they were typed.
            now: seconds since 1970.
        Raises:
            SignInRefused: something is not right, or the code was used before. It tells not what, and takes as long for anything.
        Source: RFC 6238, 5.2 (one step of tolerance, a code is accepted once); OWASP Authentication Cheat Sheet (one answer for all).
        """
        found = self._secrets(name)
        kept, secret, generation = found or (NOBODY, _NO_SECRET, "")
        right, step = fits(password, kept), _code_step(secret, code, now)
        if not found or not right or step is None:
            raise SignInRefused(_REFUSED)
        values: dict[str, str | int] = {"code_step": step}
        if is_weak(kept):
            values["password_hash"] = hash_of(password)
        put = ", ".join(f"{column} = ?" for column in values)
        with self._connection() as connection:  # in one step: a code that was used already, or is used at this moment, lets nobody in
            done = connection.execute(
                f"UPDATE account SET {put} WHERE name = ? AND generation = ? AND code_step < ? AND NOT disabled",  # noqa: S608 - fixed words
                (*values.values(), name_of(name), generation, step),
            )
        account = self.get(name)
        if not done.rowcount or not account:
            raise SignInRefused(_REFUSED)
        return account

    def confirm(self, name: str, password: str) -> None:
        """Sees to it that whoever unlocks an idle screen knows the password of its account.

        Raises:
            SignInRefused: it is not right, or the account may not sign in any more.
        """
        found = self._secrets(name)
        if not fits(password, found[0] if found else NOBODY) or not found:
            raise SignInRefused("The password is not right. Try again.")

    def new_device(self, name: str) -> str:
        """A mark for a device on which the account has just signed in, to be kept there (a cookie that scripts cannot read).

        What goes wrong on a device that is known is counted apart (see `bot.desk.throttle`): a stranger who tries names and passwords all
        day long keeps nobody out who has signed in there before. The mark opens nothing by itself. With another password or another
        authenticator it is void.

        Raises:
            AccountRefused: there is no such account, or it is disabled.
        Source: OWASP, "Slow Down Online Guessing Attacks with Device Cookies".
        """
        found = self._secrets(name)
        if not found:
            raise AccountRefused(_THERE_IS_NONE)
        device = secrets.token_hex(16)
        return f"{device}.{_device_proof(device, *found[:2])}"

    def device_of(self, name: str, mark: str) -> str:
        """Which device of the account a mark is of; empty where it is none of its marks.

        Args:
            name: as it was typed.
            mark: what `new_device` gave, as it came back.
        """
        found = self._secrets(name)
        device, _, proof = mark.partition(".")
        if found and hmac.compare_digest(_device_proof(device, *found[:2]).encode(), proof.encode("utf-8", "surrogatepass")):
            return device
        return ""


def _there_is(name: str) -> str:
    return f"There is an account {name} already. Take another name, or `helpline staff change` it."


def _device_proof(device: str, password_hash: str, code_secret: str) -> str:
    key = f"{password_hash}\n{code_secret}".encode()
    return hmac.new(key, b"device\n" + device.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
