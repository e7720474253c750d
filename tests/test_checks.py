"""`helpline check`: what is wrong with each part, one finding each, and how to mend it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from bot import checks
from bot.checks import Finding, check
from bot.dialogue import engine as engine_module
from bot.dialogue.catalogues import catalogue_path
from bot.dialogue.engine import Engine
from bot.editions import Editions, running
from bot.errors import DataError, ModelError
from bot.knowledge.answers import answers
from bot.knowledge.emergency import Numbers
from bot.locales import all_locales

from .running import REAL_SMS

TODAY = max(answer.as_of for answer in answers().values())


@pytest.fixture(autouse=True)
def _one_engine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model that these tests share, instead of one loaded for each."""
    monkeypatch.setattr(engine_module, "Engine", lambda model: engine)


def findings(environment: Mapping[str, str] | None = None, today: datetime.date = TODAY) -> list[Finding]:
    """What is found, with these settings."""
    return list(check(environment or {}, today))


def about(what: str, found: list[Finding]) -> list[Finding]:
    """Those that begin with a word."""
    return [finding for finding in found if finding.what.startswith(what)]


def test_everything_is_well_as_it_stands() -> None:
    found = findings()
    # What no machine can mend: a native reader.
    assert {finding.what.partition(" of ")[0] for finding in found if not finding.good} == {"Review"}
    assert len(about("Review", found)) == len(all_locales()) - 1
    for part in ("Configuration", "Model", "Catalogue es", "Catalogue fr", "Catalogue ar", "Answers", "Directory", "Desk", "Places"):
        assert len(about(part, found)) == 1, part
    assert not any(finding.stops for finding in found)


def test_every_finding_is_a_sentence() -> None:
    for finding in findings({**REAL_SMS, "HELPLINE_UNVERIFIED_NUMBERS": ""}, datetime.date(2099, 1, 1)):
        assert finding.what.endswith(".") and finding.what[0].isupper()


def test_a_bad_setting_stops_and_the_rest_is_looked_at_all_the_same() -> None:
    found = findings({"PORT": "many"})
    assert about("Configuration", found) == [
        Finding(False, "Configuration: PORT is not a whole number. Set it between 1 and 65535, or leave it out for 8000.", stops=True)
    ]
    assert about("Model", found) and about("Places", found)


def test_real_channels_are_told_apart() -> None:
    assert "trial phones only" in findings()[0].what
    assert "real channels" in findings(REAL_SMS)[0].what


def test_numbers_that_nobody_checked_stop_unless_that_is_accepted() -> None:
    (unchecked,) = about("Numbers", findings({**REAL_SMS, "HELPLINE_UNVERIFIED_NUMBERS": ""}))
    assert (unchecked.good, unchecked.stops) == (False, True)
    assert "no human has checked those of US. Check each in data/emergency.yml" in unchecked.what
    (accepted,) = about("Numbers", findings(REAL_SMS))
    assert (accepted.good, accepted.stops) == (False, False)


def test_numbers_that_somebody_checked_are_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "numbers_of", lambda country: Numbers(country, danger="911", checked_on="2026-11-22"))
    assert about("Numbers", findings({"HELPLINE_COUNTRY": "US"})) == []


def test_a_country_without_a_confirmed_number_is_told() -> None:
    found = [finding.what for finding in about("Numbers", findings({"HELPLINE_COUNTRY": "ZZ"}))]
    assert "Numbers: no emergency number of ZZ is confirmed. Confirm one and add it to data/emergency.yml." in found


def test_answers_past_their_review_date_are_named() -> None:
    first = min(answer.review_by for answer in answers().values())
    assert about("Answers", findings(today=first))[0].good
    (late,) = about("Answers", findings(today=first + datetime.timedelta(days=1)))
    assert (late.good, late.stops) == (False, False)
    due = sorted(answer.id for answer in answers().values() if answer.review_by == first)
    assert f"past their review date: {', '.join(due)}. Read their sources again" in late.what


def raising(error: Exception) -> Callable[..., NoReturn]:
    """A part that is broken."""

    def fail(*_: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(
    ("part", "error", "said"),
    (
        ("trained_model", ModelError("There is no model. Train one."), "Model: There is no model. Train one."),
        ("compile_catalogues", DataError("x.po line 7 is broken. Mend it."), "Catalogues: x.po line 7 is broken. Mend it."),
        ("answers", DataError("us.yml: answer 3 is broken. Mend it."), "Answers: us.yml: answer 3 is broken. Mend it."),
        ("directory", DataError("helplines/ is broken. Mend it."), "Numbers: helplines/ is broken. Mend it."),
        ("emergency_table", DataError("emergency.yml is broken. Mend it."), "Numbers: emergency.yml is broken. Mend it."),
        ("desk_settings", DataError("desk.yml line 3: it has no id. Mend it."), "Desk: desk.yml line 3: it has no id. Mend it."),
        ("gazetteer", DataError("data/places/ is broken. Build it."), "Places: data/places/ is broken. Build it."),
    ),
)
def test_a_broken_part_stops_and_says_what_it_says(part: str, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, part, raising(error))
    found = findings()
    assert Finding(False, said, stops=True) in found
    assert about("Configuration", found)[0].good


def test_a_running_service_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "running", lambda: running(tmp_path))
    assert about("Running service", findings()) == []
    with Editions(tmp_path) as editions:
        (new,) = about("Running service", findings())
        assert (new.good, new.what) == (True, "Running service: it has not been reloaded yet.")
        editions.tell("us.yml line 3 is broken. Mend it.")
        (refused,) = about("Running service", findings())
        assert (refused.good, refused.stops) == (False, False) and refused.what.endswith("said before. us.yml line 3 is broken. Mend it.")
        editions.tell("")
        (taken,) = about("Running service", findings())
        assert (taken.good, taken.what) == (True, "Running service: the last reload was taken.")


@pytest.mark.parametrize("entry", ('msgstr ""', '#, fuzzy\nmsgid "x"\nmsgstr "a guess"'))
def test_a_sentence_that_would_come_in_english_is_counted(entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "A"\nmsgstr "B"\n\n'
    text += entry if "msgid" in entry else f'msgid "C"\n{entry}'
    path = tmp_path / "helpline.po"
    path.write_text(text + "\n", encoding="utf-8")
    monkeypatch.setattr(checks, "catalogue_path", lambda locale: path if locale == "fr" else catalogue_path(locale))
    monkeypatch.setattr(checks, "ROOT", tmp_path.parent)
    monkeypatch.setattr(checks, "all_locales", lambda: {"en": None, "fr": None})
    (french,) = about("Catalogue fr", findings())
    assert not french.good and not french.stops
    assert french.what.startswith("Catalogue fr: 1 sentences are not translated and come in English. Translate them in ")
