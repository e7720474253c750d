"""A case as it lies in the store comes back as it was, whatever anybody wrote."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.handoff.life import Ending, Fate, Handoff, Held, Point, Said, State
from bot.handoff.records import Record, handoff_from, packed, unpacked

from .situations import SITUATIONS

# Anything that can stand in a string, halves of letters too: so some phones send them.
text = st.text(st.characters(exclude_categories=()), max_size=20)
seconds = st.floats(0, 1e9)
points = st.lists(st.builds(Point, text, text), max_size=5).map(tuple)
pairs = st.lists(st.tuples(text, text), max_size=2).map(tuple)
TRIED: dict[str, st.SearchStrategy[Any]] = dict(
    state=st.sampled_from(State), locale=text, channel=text, urgent=st.none() | text, points=points,
    struck=st.lists(st.integers(0, 4)).map(tuple), agreed=seconds, since=seconds, front=st.booleans(),
    ladder=st.lists(text, max_size=3).map(tuple), any_language=st.booleans(), texting=seconds, heard=seconds, advocate=st.none() | text,
    display=text, joined=seconds, stirred=seconds, met=st.none() | seconds, gone=st.none() | seconds, alerted=st.booleans(),
    knocked=st.booleans(),
    held=st.lists(st.builds(Held, text, pairs, seconds), max_size=3).map(tuple),
    said=st.lists(st.builds(Said, text, text, text, seconds, st.sampled_from(Fate), st.none() | text), max_size=3).map(tuple),
    asked_again=st.booleans(), closing=seconds, ending=st.none() | st.sampled_from(Ending), helped=text,
)  # fmt: skip
handoffs = st.builds(Handoff, **TRIED)


@settings(max_examples=50)
@given(st.builds(Record, st.integers(1), handoffs, text, st.binary(), st.none() | text))
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    back = unpacked(packed(record))
    assert back == record
    assert hash(back.handoff) == hash(record.handoff)  # no list came in the place of a tuple


@settings(max_examples=50)
@given(handoffs)
def test_a_draft_comes_back_from_a_session(draft: Handoff) -> None:
    assert handoff_from(json.loads(json.dumps(asdict(draft)))) == draft


def test_every_field_is_tried() -> None:
    """Else a new one that does not survive the way would not be noticed."""
    assert {field.name for field in fields(Handoff)} == set(TRIED)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_situation_comes_back_as_it_was(situation: str) -> None:
    record = Record(7, SITUATIONS[situation], "sms", bytes(range(256)), "US")
    assert unpacked(packed(record)) == record


def test_a_record_is_not_printed_with_what_is_in_it() -> None:
    assert repr(Record(7, SITUATIONS["joined"], "sms", b"capsule", "US")) == "<Record joined 7>"
