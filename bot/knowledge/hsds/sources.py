"""The files of which a package consists, from a zip, a folder or alone; bounded, and without ever writing what an archive holds."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bot.errors import DataError

MOST_BYTES = 256 * 2**20  # unpacked, all files together; the largest open directory known has 14 MB
MOST_FILES = 200
_KINDS = (".csv", ".tsv", ".json")


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    return not hidden and path.suffix.lower() in _KINDS


def _in_order(names: list[str]) -> list[str]:
    """The data package first, for it names the others; JSON only where there is no CSV, which says the same."""
    csv = [name for name in names if not name.lower().endswith(".json")]
    about = [name for name in names if PurePosixPath(name).name == "datapackage.json"]
    return about + sorted(csv or [name for name in names if name not in about])


def _too_large(path: Path) -> DataError:
    return DataError(f"{path.name} holds more than {MOST_BYTES // 2**20} MB or {MOST_FILES} files. Split it, and import it with --join.")


def _from_zip(path: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            parts = PurePosixPath(member.filename.replace("\\", "/"))
            if parts.is_absolute() or ".." in parts.parts or stat.S_ISLNK(member.external_attr >> 16):
                raise DataError(f"{path.name} holds a file that points outside of it. Do not use this archive.")
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > MOST_BYTES:
            raise _too_large(path)
        names = _in_order([member.filename for member in members if _wanted(member.filename)])
        members = [member for member in members if member.filename in names]
        for member in sorted(members, key=lambda member: names.index(member.filename)):
            with archive.open(member) as file:
                # A bound, since the sizes that an archive states need not be true: without one, all that there is would be unpacked.
                yield member.filename, file.read(member.file_size + 1)


def _from_folder(path: Path) -> Iterator[tuple[str, bytes]]:
    files = {file.name: file for file in path.iterdir() if file.is_file() and _wanted(file.name)}
    if len(files) > MOST_FILES or sum(file.stat().st_size for file in files.values()) > MOST_BYTES:
        raise _too_large(path)
    for name in _in_order(list(files)):
        if not files[name].resolve().is_relative_to(path.resolve()):
            raise DataError(f"{path.name} holds a file that points outside of it. Replace {name} by the file itself.")
        yield name, files[name].read_bytes()


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the CSV and JSON files of a package, its datapackage.json first.

    Args:
        path: a zip, a folder, or one file.
    Raises:
        DataError: it is missing or unreadable, no such thing, larger than may be, or points outside of itself.
    """
    try:
        if path.is_dir():
            yield from _from_folder(path)
        elif zipfile.is_zipfile(path):
            yield from _from_zip(path)
        elif path.suffix.lower() in _KINDS:
            if path.stat().st_size > MOST_BYTES:
                raise _too_large(path)
            yield path.name, path.read_bytes()
        elif path.exists():
            raise DataError(f"{path.name} is no directory of services. Give a zip or folder of CSV files, or a JSON file, of HSDS.")
        else:
            raise DataError(f"{path} does not exist. Name a zip or folder of CSV files, or a JSON file, of HSDS.")
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror}). Check its name and its permissions.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise DataError(f"{path.name} is a damaged or locked zip ({error}). Pack it anew, without a password.") from None
