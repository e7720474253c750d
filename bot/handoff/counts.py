"""Numbers for reports: how many, how long, in which languages, on which topics; none that could point to a person.

A number below `SMALLEST` could be one known person, so it never leaves the memory of the process: what is written goes up in steps of
at least that many. Kinds are counted apart, never together: a cell of language, topic and ending would often be one person. So a report
says "at least", and what a process had counted below the step is lost when it ends.
"""

from __future__ import annotations

import datetime
import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.errors import DataError
from bot.handoff.life import Ending, Handoff

FILE = "counts.json"
SMALLEST = 5
_WAITS = (1, 2, 5, 10, 20)  # minutes
KINDS = ("ended", "waited", "locale", "topic", "helped")

Cell = tuple[str, str, str]  # month, kind, value


def _today() -> datetime.date:
    return datetime.datetime.now(datetime.timezone.utc).date()


class Counts:
    """Counts of one worker.

    Args:
        file: where they are written; None where nothing is to be kept.
        today: the day.
    """

    def __init__(self, file: Path | None = None, today: Callable[[], datetime.date] = _today) -> None:
        self._file, self._today = file, today
        self._held: Counter[Cell] = Counter()

    def ended(self, handoff: Handoff) -> None:
        """A handoff ended."""
        self._add("ended", str(handoff.ending.value if handoff.ending else Ending.CLOSED.value))
        if handoff.ending is Ending.DECLINED:
            return
        self._add("locale", handoff.locale)
        for topic in {point.value for point in handoff.points if point.kind == "topic"}:
            self._add("topic", topic)
        if handoff.helped:
            self._add("helped", handoff.helped)

    def waited(self, seconds: float) -> None:
        """Somebody waited so long for an advocate."""
        self._add("waited", next((f"under {minutes} min" for minutes in _WAITS if seconds < minutes * 60), f"{_WAITS[-1]} min or more"))

    def _add(self, kind: str, value: str) -> None:
        self._held[(f"{self._today():%Y-%m}", kind, value)] += 1

    def write(self) -> None:
        """Writes what is large enough to be told.

        Raises:
            DataError: it cannot be written.
        """
        large = {cell: count for cell, count in self._held.items() if count >= SMALLEST}
        if not large or self._file is None:
            return
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)  # other workers write there too
                kept = _parsed(file.read())
                kept.update(large)
                file.seek(0)
                file.truncate()
                file.write(json.dumps([[*cell, count] for cell, count in sorted(kept.items())]))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DataError(f"The counts cannot be written ({error.strerror}). Check the space on the disk and the permissions.") from None
        self._held.subtract(large)


def _parsed(text: str) -> Counter[Cell]:
    try:
        return Counter({(str(month), str(kind), str(value)): int(count) for month, kind, value, count in json.loads(text or "[]")})
    except (ValueError, TypeError):
        raise DataError("The file of the counts is broken. Move it away; counting begins anew.") from None


def read_counts(file: Path) -> Mapping[Cell, int]:
    """What was written: at least so many.

    Raises:
        DataError: the file is broken.
    """
    return _parsed(file.read_text(encoding="utf-8")) if file.exists() else {}
