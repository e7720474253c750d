"""What an operator imports reaches people, and of a hidden place no word that leads to it, whatever they pick."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from actions import details
from bot.knowledge import offers
from bot.knowledge.hsds.package import write_package
from bot.knowledge.hsds.store import install
from bot.knowledge.local_services import prepare
from tests.knowledge.hsds.samples import one_service

from .person import Person, payloads, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

PHONE = "312-341-1070"
LEADS_THERE = ("plum", "60602", "41.8", "87.6")  # the street, postcode and point of the sample
CHICAGO = '/find_shelter{"place": "US IL 41.9 -87.7"}'


def _everything_said(engine: Engine) -> str:
    """A search in Chicago, and everything that may be picked behind it, two steps deep."""
    person = Person(engine, country_hint="US", locale_hint="en")
    listed = person.picks(CHICAGO)
    said = [words(listed)]
    for first in payloads(listed):
        if first.startswith(("/details", "/other_services", "/not_near_here")):
            shown = person.picks(first)
            said.append(words(shown))
            said += [words(person.picks(second)) for second in payloads(shown) if second.startswith("/service_name")]
    return "\n".join(said) + json.dumps(person.state)


def _imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **about: str) -> None:
    """Puts the sample into a directory that holds nothing else."""
    write_package(one_service(**about), tmp_path / "brought.zip")
    report = install(tmp_path / "brought.zip", tmp_path / "imported")
    assert report.installed and report.services == 1
    index = prepare(tmp_path / "index.sqlite", (tmp_path / "imported",))
    monkeypatch.setattr(offers, "index", lambda: index)
    monkeypatch.setattr(details, "index", lambda: index)


def test_an_imported_shelter_is_named_by_town_and_number_and_nothing_leads_to_its_door(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _imported(tmp_path, monkeypatch, name="Women's Shelter", description="Call us. We are at 9 Plum Street.")
    said = _everything_said(engine)
    assert "Place to stay, Chicago" in said and re.sub(r"\D", "", PHONE) in re.sub(r"\D", "", said)
    for word in LEADS_THERE:
        if word not in CHICAGO:
            assert word not in said.lower(), word


def test_of_an_office_that_hides_nothing_the_street_is_said(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _imported(tmp_path, monkeypatch, name="Housing office", description="Help with rent.")
    assert "9 Plum Street" in _everything_said(engine)
