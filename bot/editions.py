"""Editions: what a running service says, as it stood when it was last found good.

A service does not read the files that people edit, but a copy of them in a folder of its own under `models/`. So a file that is being
edited, broken or replaced changes nothing until it is told to reload, and a process of it that dies comes back with what the others
say. A reload makes another copy, and takes it only where everything in it can be read. The folder holds a locked file with the number
of the process: `helpline reload` finds the service by it, and one that nobody locks any more is taken away by the next start.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from bot.errors import DataError
from bot.knowledge.hsds.command import FOLDER
from bot.knowledge.hsds.replacing import lies_in
from bot.paths import EDITION, KNOWLEDGE, MODELS, RASA_TRAINING_DATA, ROOT

_PREFIX = "serving-"
_LOCK, _REFUSAL, _CASES = "lock", "refused", "open-cases"
_IMPORTED = FOLDER.relative_to(KNOWLEDGE)
_BEGINNING = 3600.0  # seconds after which a folder without a lock is not that of a service that just starts
_LONGEST = 900.0  # seconds to prepare one; an index of 100,000 services takes a minute or two
# What only training reads, and what the service writes anew.
_LEFT_OUT = shutil.ignore_patterns(
    *(path.name for path in RASA_TRAINING_DATA), "glosses", "pairs", "facts", ".imported.*", "*.part", "*.md"
)
_SECRETS = ("TWILIO_AUTH_TOKEN", "TELEGRAM_BOT_TOKEN", "TELEGRAM_WEBHOOK_SECRET", "REDIS_URL")


@dataclass(frozen=True)
class Edition:
    """One copy.

    Attributes:
        root: folder with `data/`, `locales/` and `models/`, as in the project.
        model: the trained model that goes with it.
    """

    root: Path
    model: Path


def child_environment(root: Path) -> dict[str, str]:
    """The environment of a process that reads an edition: ours, without secrets, which it does not need.

    Args:
        root: of the edition; the project's for the files as they are.
    """
    ours = {name: value for name, value in os.environ.items() if name not in (*_SECRETS, EDITION)}
    return ours if root == ROOT else {**ours, EDITION: str(root)}


def why_it_ended(status: int | None) -> str:
    """Why a process ended before it had said anything, and what to do, in a sentence or two.

    Args:
        status: its exit status; None where it was ended because it took too long.
    """
    if status == -9:
        return "The system ended it, as it does when memory is short. Free some memory, and try again."
    return "Run `helpline check` to see what is wrong."


class Editions:
    """The editions of one service; a context in which its folder is there.

    Args:
        folder: where the folders of all services lie.

    Attributes:
        broke_off: the service before this one ended with cases open, which are lost.
    """

    def __init__(self, folder: Path = MODELS) -> None:
        self._folder, self._count = folder, 0
        self.broke_off = False

    def __enter__(self) -> Editions:
        try:
            self._folder.mkdir(exist_ok=True)
            for gone in (home for home, pid in _homes(self._folder) if pid is None):
                self.broke_off |= open_cases_of(gone) > 0
                shutil.rmtree(gone, ignore_errors=True)
            self.home = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._folder))
            aside = self.home / f"{_LOCK}.part"  # under its name it is always locked: else another start would take it away
            self._lock = aside.open("w", encoding="ascii")
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            self._lock.write(str(os.getpid()))
            self._lock.flush()
            aside.rename(self.home / _LOCK)
        except OSError as error:
            raise DataError(f"{self._folder} cannot be written ({error.strerror}). Give the service the right to write there.") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if open_cases_of(self.home):  # their people were not told: the next start says it
            for path in self.home.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
        else:
            shutil.rmtree(self.home, ignore_errors=True)
        self._lock.close()

    def make(self, model: Path) -> Edition:
        """Copies what is on the disk now, and sees to it that all of it can be read.

        Args:
            model: the trained model that goes with it.
        Raises:
            DataError: something is broken; names file, line and mend.
        """
        self._count += 1
        root = self.home / str(self._count)
        try:
            self._copy(root, model)
            self._prepare(root)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
        return Edition(root, root / "models" / model.name)

    def _copy(self, root: Path, model: Path) -> None:
        try:
            brought = lies_in(ROOT / _IMPORTED).exists()
            for part in ("data", "locales"):
                shutil.copytree(ROOT / part, root / part, ignore=_LEFT_OUT)
            if brought and not (root / _IMPORTED).exists():  # it waits beside its place
                shutil.copytree(lies_in(ROOT / _IMPORTED), root / _IMPORTED)
            (root / "models").mkdir()
            for file in (model, MODELS / "directory.sqlite"):  # whoever makes these anew does so aside, and renames: a link is a copy
                if file.exists():
                    _link(file, root / "models" / file.name)
        except shutil.Error:
            raise DataError("The data changed while they were read. Try again when nobody writes into data/ or locales/.") from None
        except OSError as error:
            raise DataError(
                f"The data cannot be copied to models/ ({error.strerror}). Check the space on the disk and the permissions."
            ) from None

    def _prepare(self, root: Path) -> None:
        command = [sys.executable, "-m", "bot.dialogue.preparing"]
        try:
            done = subprocess.run(  # noqa: S603 - our own command, fixed words
                command, cwd=ROOT, env=child_environment(root), stdin=subprocess.DEVNULL, capture_output=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired:
            raise DataError(f"The data could not be read within {_LONGEST:.0f} seconds. {why_it_ended(None)}") from None
        if done.returncode:
            said = done.stdout.decode("utf-8", "replace").strip()
            raise DataError(said or f"The data could not be read. {why_it_ended(done.returncode)}")
        with contextlib.suppress(OSError):  # saves the next start the building
            index = root / "models" / "directory.sqlite"
            if not (MODELS / index.name).exists() or not index.samefile(MODELS / index.name):
                _link(index, aside := self.home / index.name)
                aside.replace(MODELS / index.name)

    def keep_only(self, edition: Edition) -> None:
        """Takes all other editions away: nobody reads them any more."""
        with contextlib.suppress(OSError):  # somebody has removed the folder: the edition in memory serves all the same
            for other in self.home.iterdir():
                if other.is_dir() and other != edition.root:
                    shutil.rmtree(other, ignore_errors=True)

    def tell(self, refusal: str) -> None:
        """Lets `refusal_of` tell why the last reload was refused; empty where it was not."""
        aside = self.home / f"{_REFUSAL}.part"
        with contextlib.suppress(OSError):
            aside.write_text(refusal, encoding="utf-8")
            aside.replace(self.home / _REFUSAL)


def _link(file: Path, to: Path) -> None:
    try:
        os.link(file, to)
    except OSError:  # a file system without links, or another one
        shutil.copy2(file, to)


def _homes(folder: Path) -> Iterator[tuple[Path, int | None]]:
    """The folders of services, and the process of each; None where it is gone."""
    for home in sorted(folder.glob(f"{_PREFIX}*")):
        try:
            with (home / _LOCK).open(encoding="ascii") as lock:
                try:
                    fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except BlockingIOError:
                    text = lock.read()
                    if text.isdigit():
                        yield home, int(text)
                    continue
        except OSError:
            if time.time() - home.stat().st_mtime < _BEGINNING:
                continue
        yield home, None


def running(folder: Path = MODELS) -> Mapping[int, Path]:
    """The services that run from this installation: the folder of each, by the number of its process."""
    return {pid: home for home, pid in _homes(folder) if pid is not None}


def refusal_of(home: Path | None) -> str | None:
    """Why the last reload of a service was refused.

    Args:
        home: its folder; None where it has none, and cannot reload.
    Returns:
        The sentence, empty where it was not refused; None where there was no reload yet.
    """
    try:
        return (home / _REFUSAL).read_text(encoding="utf-8") if home else None
    except OSError:
        return None


def open_cases_of(home: Path) -> int:
    """How many cases a service last said that it has open: a number, and nothing of them."""
    try:
        text = (home / _CASES).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return 0
    return int(text) if text.isdigit() else 0


def tell_open_cases(home: Path, count: int) -> None:
    """Lets `open_cases_of` tell how many cases are open."""
    aside = home / f"{_CASES}.{os.getpid()}.part"
    with contextlib.suppress(OSError):
        aside.write_text(str(count), encoding="ascii")
        aside.replace(home / _CASES)


def told_at(home: Path) -> int:
    """When `Editions.tell` last told something, as a number that changes each time; 0 where it has not."""
    try:
        return (home / _REFUSAL).stat().st_mtime_ns
    except OSError:
        return 0
