"""The log of what the staff did: who, what, and in which hour. Nothing about a case, not even its id.

Each row holds the hash of the row before it, so that no row can be altered, taken out or moved without a trace; and the number and hash
of the last one, the head, are kept in another file, best on another disk, so that no rows can be cut off at the end without one. Times are
rounded down to the hour: finer ones could be matched with a phone company's records.
"""

from __future__ import annotations

import contextlib
import datetime
import fcntl
import hashlib
import itertools
import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from bot.desk.accounts import SERVICE, name_of
from bot.desk.private_files import open_private, unavailable
from bot.errors import StaffFilesUnavailable

FILE = "audit.jsonl"
_NOTHING = "0" * 64  # stands for the hash of the row before the first
_TAIL = 8192  # bytes from the end in which the last row is looked for; one has some 300
_EACH = 3  # refused sign-ins of an hour and a name that get a row each; then the 10th, the 100th ...
_HOUR, _HASH = re.compile(r"\d{4}-\d\d-\d\dT\d\d"), re.compile(r"[0-9a-f]{64}")


class Act(str, Enum):
    """What can be done. The list is closed: nothing else gets into the log."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    UNLOCK_REFUSED = "unlock_refused"
    CLAIMED = "claimed"
    LOOKED_ON = "looked_on"  # a supervisor, at a case that another advocate has or nobody has yet
    TRANSFERRED = "transferred"
    REQUEUED = "requeued"
    CLOSED = "closed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    ALERTED = "alerted"
    WIPED = "wiped"
    ACCOUNT_ADDED = "account_added"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_REMOVED = "account_removed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an act
    CODE_CHANGED = "code_changed"
    SERVICE_STOPPED_BY_FORCE = "service_stopped_by_force"
    LOG_MENDED = "log_mended"  # the machine had stopped while a row was written
    LOG_BROKEN = "log_broken"  # the rows did not fit the head, or there was no head


_OFTEN = (Act.SIGN_IN_REFUSED, Act.UNLOCK_REFUSED)  # what somebody can do without end who is not let in


@dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        number: counts from 1.
        hour: in UTC, such as ``2026-02-03T14``.
        actor: sign-in name, or ``operator`` (the command line), ``unknown`` or ``service``.
        act: see `Act`.
        account: sign-in name of the account that an act on accounts concerns, else empty.
        times: how often it had happened in that hour by then, where not each time gets a row; else 1.
        before: hash of the row before it.
        hash: SHA-256 over all this.
    """

    number: int
    hour: str
    actor: str
    act: Act
    account: str = ""
    times: int = 1
    before: str = _NOTHING
    hash: str = ""

    def sealed(self) -> Row:
        """The same with the hash that it must have: over everything else as JSON, with sorted names and without spaces."""
        content = asdict(self)
        del content["hash"]
        said = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return replace(self, hash=hashlib.sha256(said).hexdigest())

    def line(self) -> bytes:
        """As it is written."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True)
class Head:
    """Where the log ends: number and hash of its last row."""

    number: int = 0
    hash: str = _NOTHING


def _are(content: Any, **kinds: type) -> bool:
    return isinstance(content, dict) and {name: type(value) for name, value in content.items()} == kinds


def _row(line: bytes) -> Row | None:
    """What a line holds, or None where that is no row."""
    try:
        content = json.loads(line)
        if not _are(content, number=int, hour=str, actor=str, act=str, account=str, times=int, before=str, hash=str):
            return None
        row = Row(**{**content, "act": Act(content["act"])})
    except (ValueError, RecursionError):
        return None
    named = row.actor and all(name_of(name) == name for name in (row.actor, row.account))
    formed = _HOUR.fullmatch(row.hour) and _HASH.fullmatch(row.before) and _HASH.fullmatch(row.hash)
    return row if named and formed and row.number > 0 else None


def _read_head(path: Path) -> Head | None:
    """The head, or None where there is none or it is damaged."""
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unavailable(path, error) from None
    except (ValueError, RecursionError):
        return None
    return Head(**content) if _are(content, number=int, hash=str) else None


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The log, open, while no other thread and no other process has it."""
    log = open_private(path)
    try:
        fcntl.flock(log, fcntl.LOCK_EX)
        yield log
    finally:
        os.close(log)


def _append(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


class Audit:
    """The log; any number of threads and processes may write to it at once.

    Writing waits for the disk: a server calls it in a thread.

    Args:
        path: of the log; it is made with its first row.
        head: of the file that holds the head; its folder must be there.
        clock: seconds since 1970.
    """

    def __init__(self, path: Path, head: Path, clock: Callable[[], float] = time.time) -> None:
        self._path, self._head, self._clock = path, head, clock
        self._often: Counter[tuple[str, Act]] = Counter()
        self._hour, self._counting = "", threading.Lock()

    def note(self, actor: str, act: Act, account: str = "") -> None:
        """Writes a row; it is on the disk when this returns. Of many refused sign-ins in an hour only some are written, with their count.

        Args:
            actor: sign-in name of an account that exists; else one of `bot.desk.accounts.OPERATOR`, `UNKNOWN` and `SERVICE`.
            act: what was done.
            account: sign-in name of the account that it was done to, for acts on accounts.
        Raises:
            StaffFilesUnavailable: it could not be written, as on a full disk; then nothing of it is there.
        """
        if not actor or not all(name_of(name) == name for name in (actor, account)):
            raise ValueError("no sign-in name")  # it may be a password that was typed into the wrong field
        hour = datetime.datetime.fromtimestamp(self._clock(), datetime.timezone.utc).strftime("%Y-%m-%dT%H")
        times = self._times(actor, act, hour)
        if not times:
            return
        try:
            with _held(self._path) as log:
                last, finding = self._end_of(log)
                if finding is not None:
                    last = self._put(log, last, Row(0, hour, SERVICE, finding))
                self._put(log, last, Row(0, hour, actor, act, account, times))
        except OSError as error:
            raise unavailable(self._path, error) from None

    def _times(self, actor: str, act: Act, hour: str) -> int:
        """How often it has happened in this hour; 0 where it was so often that this time gets no row."""
        if act not in _OFTEN:
            return 1
        with self._counting:
            if hour != self._hour:
                self._hour = hour
                self._often.clear()
            self._often[actor, act] += 1
            times = self._often[actor, act]
        return times if times <= _EACH or str(times).rstrip("0") == "1" else 0

    def _end_of(self, log: int) -> tuple[Head, Act | None]:
        """What the next row follows, and what is to be noted of the state in which the log was found. A torn last line is taken away."""
        head, size = _read_head(self._head), os.fstat(log).st_size
        if head is None and size == 0:
            head = Head()
            self._keep(head)  # from now on a log without a head is one that has lost it
        start = max(0, size - _TAIL)
        tail = os.pread(log, _TAIL, start)
        end = start + tail.rfind(b"\n") + 1
        whole = tail[: end - start].split(b"\n")
        row = _row(whole[-2]) if len(whole) > 1 else None
        last, finding = _stand(row, end == 0, head)
        if finding is Act.LOG_BROKEN:
            if end < size:
                _append(log, b"\n")  # what is there stays, to be looked at
        elif end < size:
            os.ftruncate(log, end)
            finding = Act.LOG_MENDED
        return last, finding

    def _put(self, log: int, last: Head, row: Row) -> Head:
        """Writes one row and then the head, or neither."""
        size = os.fstat(log).st_size
        written = replace(row, number=last.number + 1, before=last.hash).sealed()
        head = Head(written.number, written.hash)
        try:
            _append(log, written.line())
            os.fsync(log)
            self._keep(head)
        except (OSError, StaffFilesUnavailable):
            os.ftruncate(log, size)
            raise
        return head

    def _keep(self, head: Head) -> None:
        aside = self._head.with_name(self._head.name + ".part")
        try:
            file = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            try:
                _append(file, json.dumps(asdict(head)).encode() + b"\n")
                os.fsync(file)
            finally:
                os.close(file)
            aside.replace(self._head)
        except OSError as error:
            raise unavailable(self._head, error) from None
        with contextlib.suppress(OSError):  # it is there; only whether it would survive a power cut is open
            folder = os.open(self._head.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def _stand(row: Row | None, empty: bool, head: Head | None) -> tuple[Head, Act | None]:
    """What the next row follows, and what is to be noted of it.

    Args:
        row: the last one, or None where there is none that can be read.
        empty: there is no whole line.
        head: None where there is none that can be read.
    """
    if head is None:
        return (Head(row.number, row.hash) if row else Head()), Act.LOG_BROKEN
    if row is None:
        return head, None if empty and head == Head() else Act.LOG_BROKEN
    if Head(row.number, row.hash) == head:
        return head, None
    if row.number == head.number + 1 and row.before == head.hash:  # the machine stopped between row and head
        return Head(row.number, row.hash), Act.LOG_MENDED
    return head, Act.LOG_BROKEN


def _content(path: Path, head: Path) -> tuple[bytes, Head | None]:
    """The log and its head as they are between two rows."""
    try:
        with path.open("rb") as log:
            fcntl.flock(log, fcntl.LOCK_SH)
            return log.read(), _read_head(head)
    except FileNotFoundError:
        return b"", _read_head(head)
    except OSError as error:
        raise unavailable(path, error) from None


def read_rows(path: Path, head: Path) -> list[Row]:
    """The rows of a log that can be read, in the order of the file.

    Raises:
        StaffFilesUnavailable: it cannot be read at all.
    """
    content, _ = _content(path, head)
    return [row for line in content.split(b"\n") if (row := _row(line))]


def verify(path: Path, head: Path) -> list[str]:
    """Looks whether the log is as it was written.

    Args:
        path, head: as for `Audit`.
    Returns:
        A sentence for each fault; none where all is well.
    Raises:
        StaffFilesUnavailable: it cannot be read at all.
    """
    content, end = _content(path, head)
    *lines, torn = content.split(b"\n")
    rows = [_row(line) for line in lines]
    faults = [f"Line {place} holds no row: it was altered." for place, row in enumerate(rows, 1) if row is None]
    found = [row for row in rows if row]
    faults += _faults_of_order([row.number for row in found])
    faults += _faults_of_chain(found)
    if torn:
        faults.append("The last line is torn: the machine stopped while it was written, or somebody cut it.")
    faults += _faults_of_head(max(found, key=lambda row: row.number, default=None), end, bool(content))
    return faults


def _span(first: int, last: int) -> str:
    return f"Row {first} is" if first == last else f"Rows {first} to {last} are"


def _faults_of_order(numbers: list[int]) -> list[str]:
    faults, highest = [], 0
    for number in numbers:
        if number < highest:
            faults.append(f"Row {number} stands behind row {highest}: they are out of order.")
        highest = max(highest, number)
    faults += [f"Row {number} is there {times} times." for number, times in Counter(numbers).items() if times > 1]
    there = sorted({0, *numbers})
    faults += [f"{_span(one + 1, other - 1)} missing." for one, other in itertools.pairwise(there) if other > one + 1]
    return faults


def _faults_of_chain(rows: list[Row]) -> list[str]:
    faults = [f"Row {row.number} was altered: it does not fit its own hash." for row in rows if row.sealed() != row]
    hashes = {0: _NOTHING, **{row.number: row.hash for row in rows}}
    for row in rows:
        if hashes.get(row.number - 1, row.before) != row.before:
            faults.append(f"Row {row.number} does not follow from the row before it: one of them was altered.")
        if row.act is Act.LOG_BROKEN:
            faults.append(f"Row {row.number} says: when the service came to write it, the log did not fit its head, or there was no head.")
    return faults


def _faults_of_head(last: Row | None, head: Head | None, anything: bool) -> list[str]:
    number = last.number if last else 0
    if head is None:
        return ["The head is missing or damaged: whether rows were cut off at the end cannot be told."] if anything else []
    if head.number > number:
        return [f"{_span(number + 1, head.number)} cut off at the end."]
    if head.number < number:
        why = ": the machine stopped before that, or somebody added it" if number == head.number + 1 else ": somebody added rows"
        return [f"{_span(head.number + 1, number)} not in the head{why}."]
    if last and last.hash != head.hash:
        return [f"Row {number} is not the one that the head names: one of them was altered."]
    return []
