"""A directory as it was written passes; one that lost anything since is named with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.knowledge.hsds.intact import refuse_damaged
from bot.knowledge.hsds.package import read_package, write_package
from bot.knowledge.local_services import prepare

from .samples import ALL, one_service


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory of one service, as it is written."""
    write_package(one_service(description='Says "yes",\nand ======= more.\u2028 Also:\n=======\n'), tmp_path / "directory")
    return tmp_path / "directory"


def test_what_was_written_passes(folder: Path, tmp_path: Path) -> None:
    refuse_damaged(folder)
    for number, path in enumerate(ALL):
        write_package(read_package(path), tmp_path / str(number))
        refuse_damaged(tmp_path / str(number))


def test_what_others_wrote_by_hand_is_no_matter_of_form(folder: Path) -> None:
    (folder / "datapackage.json").unlink()
    (folder / "phones.csv").write_text("id,number\n1", encoding="utf-8")
    refuse_damaged(folder)


@pytest.mark.parametrize(
    ("name", "change", "says"),
    (
        ("phones.csv", lambda _: b"", r"phones\.csv line 1 does not name the columns"),
        ("phones.csv", lambda content: content.replace(b"number", b"nummer"), r"phones\.csv line 1 does not name the columns"),
        ("phones.csv", lambda content: content[:-20], r"phones\.csv line 2 has \d fields instead of 10"),
        ("phones.csv", lambda content: content[:-1], r"phones\.csv line 2 is cut off"),
        ("phones.csv", lambda content: content + b"<<<<<<< HEAD\n", r"phones\.csv line 3 has 1 fields instead of 10"),
        ("phones.csv", lambda content: content + b"\xe9\n", r"phones\.csv line 3 is not UTF-8"),
        ("services.csv", lambda content: content.replace(b'""yes""', b'""yes" "'), r"services\.csv line \d+ "),
        ("datapackage.json", lambda content: content[:100], r"datapackage\.json line \d+ is not valid JSON"),
        ("datapackage.json", lambda _: b"[]", r"datapackage\.json is no list of tables"),
        ("datapackage.json", lambda _: b'{"resources": [{}]}', r"datapackage\.json is no list of tables"),
    ),
)
def test_what_is_damaged_is_named_and_no_index_is_built_of_it(
    folder: Path, tmp_path: Path, name: str, change: Callable[[bytes], bytes], says: str
) -> None:
    index = tmp_path / "models" / "directory.sqlite"
    prepare(index, (folder,))
    before = index.read_bytes()
    content = (folder / name).read_bytes()
    assert change(content) != content
    (folder / name).write_bytes(change(content))
    for _ in range(2):
        with pytest.raises(DataError, match=rf"^{says}.*\. (Restore|Save) .+\.$"):
            prepare(index, (folder,))
    assert index.read_bytes() == before


def test_a_file_that_is_gone_is_named(folder: Path) -> None:
    (folder / "phones.csv").unlink()
    with pytest.raises(DataError, match=r"^phones\.csv cannot be read \(No such file or directory\)\. Restore it"):
        refuse_damaged(folder)
