"""The catalogues: broken ones stop the start and say where; and no sentence of the source is missing in any."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.desk.sentences import is_owed
from bot.dialogue import catalogues
from bot.dialogue.catalogues import catalogue_path, compile_catalogues, pgettext_noop, translate
from bot.errors import DataError
from bot.knowledge.answers import answers
from bot.knowledge.directory_words import directory_words
from bot.locales import DEFAULT, all_locales
from bot.paths import LOCALES, RASA_DOMAIN, ROOT

OTHERS = [code for code in all_locales() if code != DEFAULT]
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
GOOD = HEAD + 'msgctxt "utter_greet"\nmsgid "Hello"\nmsgstr "Translated"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Catalogues of one sentence, where `compile_catalogues` finds them."""
    for locale in OTHERS:
        path = catalogue_path(locale, folder=tmp_path / "locales")
        path.parent.mkdir(parents=True)
        path.write_text(GOOD, encoding="utf-8")
    return tmp_path / "locales"


def test_good_ones_are_compiled_and_spoken(folder: Path) -> None:
    compile_catalogues(folder)
    assert not list(folder.rglob("*.part"))
    kept = catalogues.catalogues()
    catalogues.catalogues.put(catalogues.read_catalogues(folder, all_locales()))
    try:
        assert {translate(locale, "utter_greet", "Hello") for locale in OTHERS} == {"Translated"}
        assert translate(DEFAULT, "utter_greet", "Hello") == "Hello"
        assert translate(OTHERS[0], "utter_bye", "Hello") == "Hello"
        assert translate(OTHERS[0], "utter_greet", "Good day") == "Good day"
        assert translate("zz", "utter_greet", "Hello") == "Hello"
    finally:
        catalogues.catalogues.put(kept)


def test_only_what_has_changed_is_compiled_again(folder: Path) -> None:
    compile_catalogues(folder)
    compiled = catalogue_path(OTHERS[0], ".mo", folder)
    before = compiled.stat().st_ino  # a file that is written anew takes the place of another
    compile_catalogues(folder)
    assert compiled.stat().st_ino == before
    source = catalogue_path(OTHERS[0], folder=folder)
    source.write_text(GOOD.replace("Translated", "Changed"), encoding="utf-8")
    compile_catalogues(folder)
    assert b"Changed" in compiled.read_bytes()


def test_what_is_compiled_anew_is_read_anew(folder: Path) -> None:
    for word in ("Translated", "Changed"):
        catalogue_path(OTHERS[0], folder=folder).write_text(GOOD.replace("Translated", word), encoding="utf-8")
        compile_catalogues(folder)
        assert catalogues.read_catalogues(folder, OTHERS)[OTHERS[0]].pgettext("utter_greet", "Hello") == word


def test_one_that_is_put_back_from_an_older_copy_is_compiled_again(folder: Path) -> None:
    source, compiled = catalogue_path(OTHERS[0], folder=folder), catalogue_path(OTHERS[0], ".mo", folder)
    compile_catalogues(folder)
    source.write_text(GOOD.replace("Translated", "Older"), encoding="utf-8")
    os.utime(source, (1, 1))
    compile_catalogues(folder)
    assert b"Older" in compiled.read_bytes()


def test_where_one_is_broken_the_compiled_ones_stay_as_they_are(folder: Path) -> None:
    compile_catalogues(folder)
    for locale in OTHERS:
        catalogue_path(locale, folder=folder).write_text(GOOD.replace("Translated", "Changed"), encoding="utf-8")
    catalogue_path(OTHERS[-1], folder=folder).write_text(GOOD + "broken", encoding="utf-8")
    with pytest.raises(DataError):
        compile_catalogues(folder)
    assert all(b"Translated" in catalogue_path(locale, ".mo", folder).read_bytes() for locale in OTHERS)


@pytest.mark.parametrize(
    "translation", ("Call.", "Call {numero}.", "Call {number} {number}.", "Call {number.", "Call {}.", "{number} {word}")
)
def test_a_translation_with_other_placeholders_is_named_with_its_line(folder: Path, translation: str) -> None:
    entry = f'\nmsgctxt "utter_danger"\nmsgid "Dial {{number}}."\nmsgstr "{translation}"\n'
    catalogue_path(OTHERS[0], folder=folder).write_text(GOOD + entry, encoding="utf-8")
    with pytest.raises(DataError, match=r"helpline\.po line 10: the translation has not the same words in braces as the English\. Write"):
        compile_catalogues(folder)


@pytest.mark.parametrize("content", ("", HEAD, "# only a comment\n"))
def test_one_without_a_sentence_stops_the_start(folder: Path, content: str) -> None:
    catalogue_path(OTHERS[0], folder=folder).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=rf"helpline\.po holds no sentence\. Restore it, or take {OTHERS[0]} off"):
        compile_catalogues(folder)


def test_a_compiled_one_that_is_damaged_is_named(folder: Path) -> None:
    compile_catalogues(folder)
    for content in (b"", b"no catalogue at all", catalogue_path(OTHERS[0], ".mo", folder).read_bytes()[:60]):
        catalogue_path(OTHERS[0], ".mo", folder).write_bytes(content)
        with pytest.raises(DataError, match=rf"^locales/{OTHERS[0]}/LC_MESSAGES/helpline\.mo is damaged\. Delete it"):
            catalogues.read_catalogues(folder, OTHERS)


def test_a_missing_one_stops_the_start(folder: Path) -> None:
    catalogue_path(OTHERS[-1], folder=folder).unlink()
    with pytest.raises(
        DataError, match=rf"^locales/{OTHERS[-1]}/LC_MESSAGES/helpline\.po is missing\. Restore it, or take {OTHERS[-1]} off"
    ):
        compile_catalogues(folder)


# What stands behind a good catalogue of seven lines, and on which line it is broken.
BROKEN = {
    "a word that is none": ('\nmsgidd "Bye"\nmsgstr "x"\n', 9),
    "no quotes": ('\nmsgid "Bye"\nmsgstr x\n', 10),
    "a quote that is not closed": ('\nmsgid "Bye"\nmsgstr "x\n', 10),
    "a quote that is not opened": ('\nmsgid "Bye"\nmsgstr x"\n', 10),
    "a quote too many": ('\nmsgid "Bye"\nmsgstr "say "x" now"\n', 10),
    "words between": ("\nthis is no catalogue\n", 9),
    "a line that goes on without quotes": ('\nmsgid "Bye"\nmsgstr ""\n"x"\ngoes on\n', 12),
    "a stray backslash at the end": ('\nmsgid "Bye"\nmsgstr "x\\"\n', 10),
    "marks of a merge": ('\n<<<<<<< HEAD\nmsgid "Bye"\nmsgstr "x"\n', 9),
}


@pytest.mark.parametrize(("behind", "line"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_one_stops_the_start_and_names_file_and_line(folder: Path, behind: str, line: int) -> None:
    catalogue_path(OTHERS[1], folder=folder).write_text(GOOD + behind, encoding="utf-8")
    with pytest.raises(DataError, match=rf"^locales/{OTHERS[1]}/LC_MESSAGES/helpline\.po line {line}\b.*\. Mend that entry\.$"):
        compile_catalogues(folder)
    assert not catalogue_path(OTHERS[1], ".mo", folder).exists()


def test_what_is_not_utf_8_is_named_with_its_line(folder: Path) -> None:
    catalogue_path(OTHERS[0], folder=folder).write_bytes(GOOD.encode() + b'\nmsgid "Bye"\nmsgstr "caf\xe9"\n')
    with pytest.raises(DataError, match=rf"^locales/{OTHERS[0]}/LC_MESSAGES/helpline\.po line 10\b.*UTF-8.*\.$"):
        compile_catalogues(folder)


def test_an_entry_without_a_translation_is_named(folder: Path) -> None:
    catalogue_path(OTHERS[0], folder=folder).write_text(GOOD + '\nmsgid "Bye"\n\nmsgid "Ciao"\nmsgstr "x"\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"helpline\.po line \d+\b"):
        compile_catalogues(folder)


def test_marking_a_sentence_leaves_it_as_it_is() -> None:
    assert pgettext_noop("context", "A sentence.") == ("context", "A sentence.")


# The real ones


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """What `make messages` finds in the sources."""
    found = tmp_path_factory.mktemp("messages") / "helpline.pot"
    command = re.search(r"pybabel -q extract (.*) -o \S+ \.\n", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert command
    pybabel = str(Path(sys.executable).parent / "pybabel")
    subprocess.run([pybabel, "-q", "extract", *command[1].split(), "-o", str(found), "."], cwd=ROOT, check=True, timeout=60)
    with found.open("rb") as lines:
        yield read_po(lines)


def _sentences(catalogue: Catalog) -> set[tuple[str | None, str]]:
    return {(message.context, str(message.id)) for message in catalogue if message.id}


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as lines:
        return read_po(lines, abort_invalid=True)


@pytest.mark.parametrize("locale", [*OTHERS, "template"])
def test_every_sentence_of_the_sources_is_in_the_catalogue_and_no_other(extracted: Catalog, locale: str) -> None:
    catalogue = _catalogue(LOCALES / "helpline.pot" if locale == "template" else catalogue_path(locale))
    assert _sentences(extracted) - _sentences(catalogue) == set()
    assert _sentences(catalogue) - _sentences(extracted) == set()
    assert not catalogue.obsolete


@pytest.mark.parametrize("locale", OTHERS)
def test_every_sentence_is_translated_and_none_is_a_guess(locale: str) -> None:
    catalogue = _catalogue(catalogue_path(locale))
    owed = [message for message in catalogue if message.id and is_owed(message.context, locale)]
    assert [message.id for message in owed if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("locale", OTHERS)
def test_the_desk_speaks_its_own_locales_only(locale: str) -> None:
    """A translation into another one would never be read, and never be reviewed."""
    catalogue = _catalogue(catalogue_path(locale))
    assert [message.id for message in catalogue if message.id and message.string and not is_owed(message.context, locale)] == []


@pytest.mark.parametrize("locale", OTHERS)
def test_the_real_ones_compile_and_are_spoken(locale: str) -> None:
    compile_catalogues()
    spoken = catalogues.read_catalogues(LOCALES, [locale])[locale]
    for message in _catalogue(catalogue_path(locale)):
        if message.id and is_owed(message.context, locale):
            assert spoken.pgettext(message.context or "", str(message.id)) == message.string


def test_the_extractors_find_every_sentence(extracted: Catalog) -> None:
    found = _sentences(extracted)
    for answer in answers().values():
        for text in filter(None, (answer.text, answer.simple, *answer.more, answer.sought)):
            assert (f"{answer.id}:{answer.version}", text) in found
    for path in (RASA_DOMAIN / "responses").glob("*.yml"):
        for name, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
            for variant in variants:
                assert (name, variant["text"]) in found
    for context, words in directory_words().items():
        assert {(context, word) for word in words.values()} <= found


def test_what_is_looked_up_by_code_is_a_sentence_of_the_catalogues(extracted: Catalog) -> None:
    """Sentences that the conversation and the last wall say without the model."""
    found = _sentences(extracted)
    for name in ("conversation.py", "last_wall.py", "composing.py"):
        source = (ROOT / "bot" / "conversation" / name).read_text(encoding="utf-8")
        pairs = re.findall(r'"(utter_\w+)"[:,] "([^"]+)"', source) + [
            (f"utter_option_{option}", english) for option, english in re.findall(r'_titled\(\w+, "(\w+)", "([^"]+)"\)', source)
        ]
        assert pairs, name
        assert set(pairs) - found == set(), name


def test_translators_see_where_a_sentence_stands_and_what_to_heed(extracted: Catalog) -> None:
    message = extracted.get("If you are in danger now, call {danger}.", "utter_danger")
    assert message and message.locations
    file, line = message.locations[0]
    assert "If you are in danger now" in (ROOT / file).read_text(encoding="utf-8").splitlines()[line - 1]
    assert any(message.auto_comments for message in extracted)
