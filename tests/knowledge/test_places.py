"""A gazetteer that is broken or missing says so, and how to mend it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.knowledge import places as module
from bot.paths import DATA

FILES = ("names.tsv.gz", "cities.tsv.gz")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of `data/places/` that the service takes for the real one."""
    copy = tmp_path / "places"
    copy.mkdir()
    for name in FILES:
        (copy / name).write_bytes((DATA / "places" / name).read_bytes())
    monkeypatch.setattr(module, "DATA", tmp_path)
    module.places.cache_clear()
    yield copy
    module.places.cache_clear()


def test_a_good_copy_is_read(folder: Path) -> None:
    assert module.places().country_in("London", anywhere=True) == "GB"


@pytest.mark.parametrize("text", ("London", "marrakech!", " NEW YORK ", "México", "Côte d'Ivoire", "Côte d’Ivoire", "القاهرة"))
def test_a_well_known_place_is_one_by_itself(text: str) -> None:
    assert module.places().is_place(text)


@pytest.mark.parametrize("text", ("hola", "socorro", "Deal", "lens", "help", "hello", "", "?", "I am in London", "ayuda", "secours"))
def test_an_ordinary_word_is_no_place_though_some_town_is_called_so(text: str) -> None:
    assert not module.places().is_place(text)


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


def _no_gzip(path: Path) -> None:
    path.write_text("london\tGB\n", encoding="utf-8")


def _altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(bytes(content))


def _other_columns(path: Path) -> None:
    path.write_bytes(gzip.compress(b"london\n"))


def _no_utf_8(path: Path) -> None:
    path.write_bytes(gzip.compress(b"caf\xe9\tFR\tFR\n"))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("broken", (Path.unlink, _truncated, _no_gzip, _altered, _other_columns, _no_utf_8), ids=lambda how: how.__name__)
def test_a_broken_file_is_told(folder: Path, name: str, broken: Callable[[Path], None]) -> None:
    broken(folder / name)
    with pytest.raises(DataError, match=r"^data/places/ cannot be read \(\w+\)\. Build it again with `make places`\.$"):
        module.places()
