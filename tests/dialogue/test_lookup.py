"""What an advocate looks up: in the person's language and in the desk's, sourced, urgent things first, and nothing of it kept."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import re
from typing import TYPE_CHECKING

import pytest

from bot.dialogue.catalogues import translate
from bot.dialogue.found import LIMITS, Found, FoundService, Line, Pick, found_from
from bot.dialogue.lookup import topics
from bot.dialogue.process import DialogueProcess
from bot.dialogue.training import trained_model
from bot.editions import Edition
from bot.knowledge.answers import answer_for
from bot.knowledge.emergency import numbers_of
from bot.knowledge.local_services import KINDS
from bot.locales import all_locales
from bot.paths import ROOT

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

BOISE = "208-345-0106"
UNPAID = "no le pagan el sueldo desde hace dos meses"


def _texts(found: Found) -> str:
    return "\n".join(line.text for line in found.lines)


def _meanings(found: Found) -> str:
    return "\n".join(line.meaning for line in found.lines)


# Answers


def test_a_question_in_the_advocates_language_brings_the_whole_answer_in_both(engine: Engine) -> None:
    found = engine.look_up(UNPAID, None, "uk", "es", "GB")
    answer = answer_for("rights_pay", "GB")
    assert answer is not None and answer.jurisdiction == "GB"
    assert (found.topic, found.title, found.country, found.urgent) == ("rights_pay", "Pago y horas de trabajo", "GB", None)
    pages = [translate(locale, f"{answer.id}:{answer.version}", page) for locale in ("uk", "es") for page in (answer.text, *answer.more)]
    assert len(answer.more) > 1 and all("{" not in page for page in pages)
    half = len(pages) // 2
    assert {Line(*pair) for pair in zip(pages[:half], pages[half:], strict=True)} <= set(found.lines)


def test_an_answer_has_its_source_its_date_and_where_to_look_it_up(engine: Engine) -> None:
    found = engine.look_up(UNPAID, None, "uk", "es", "GB")
    answer = answer_for("rights_pay", "GB")
    assert answer is not None and found.source is not None
    assert found.source.text.startswith("Джерело: ") and found.source.meaning.startswith("Fuente: ")
    for said in dataclasses.astuple(found.source):
        assert answer.cite in said and answer.as_of.isoformat() in said
    assert found.source not in found.lines
    addresses = [source.url for source in answer.sources if source.url.startswith("http")]
    assert addresses and [said.rpartition(", ")[2] for said in found.sources] == addresses


def test_services_that_help_with_it_come_with_number_hours_and_when_they_were_checked(engine: Engine) -> None:
    found = engine.look_up(UNPAID, None, "uk", "es", "GB")
    first = found.services[0]
    assert first.name == "Modern Slavery & Exploitation Helpline"
    assert first.lines[0] == Line("Безплатна гаряча лінія: 08000 121 700.", "Línea de ayuda gratuita: 08000 121 700.")
    assert all(first.name not in line.text for line in first.lines), "what is sent goes by the neutral label"
    meanings = " ".join(line.meaning for line in first.lines)
    assert "Idiomas: inglés." in meanings and "horario" in meanings and "verificado" in meanings


def test_where_the_country_is_not_known_the_answer_is_the_general_one(engine: Engine) -> None:
    found = engine.look_up(None, "rights_pay", "uk", "es")
    general = answer_for("rights_pay", None)
    assert general is not None and found.country is None and found.lines
    assert found.source is not None and general.cite in found.source.meaning


def test_a_country_that_is_named_is_the_one_that_counts(engine: Engine) -> None:
    assert engine.look_up("pasaporte retenido, está en Francia", None, "ar", "es").country == "FR"
    named = engine.look_up(None, "rights_pay", "es", "en", None, "Leeds")
    assert (named.country, named.unknown_place) == ("GB", False)


def test_the_steps_for_a_watched_phone_are_told_and_not_the_line_that_hides_them(engine: Engine) -> None:
    found = engine.look_up(None, "unsafe_phone", "ro", "en", "RO")
    assert "You can delete them" in _meanings(found) and "Send 1" not in _meanings(found)


@pytest.mark.parametrize("topic", topics())
def test_every_topic_of_the_list_has_something_in_every_pair_of_languages(topic: str, engine: Engine) -> None:
    codes = list(all_locales())
    lengths = set()
    for locale, desk_locale in zip(codes, [*codes[1:], codes[0]], strict=True):
        found = engine.look_up(None, topic, locale, desk_locale, "GB")
        assert found.lines and all(line.text and line.text != line.meaning for line in found.lines)
        lengths.add((len(found.lines), len(found.sources)))
        assert not re.search(r"[{}]", _texts(found) + _meanings(found))
    assert len(lengths) == 1


def test_the_same_language_on_both_sides_is_no_matter(engine: Engine) -> None:
    assert all(line.text == line.meaning for line in engine.look_up(None, "rights_pay", "es", "es", "US").lines)


# Services


@pytest.mark.parametrize(
    ("query", "place"), [("necesita un abogado gratis en boise", None), ("necesita un abogado", "Boise"), ("abogado", "US ID 43.6 -116.2")]
)
def test_a_service_near_a_place(query: str, place: str | None, engine: Engine) -> None:
    found = engine.look_up(query, None, "ru", "es", "US", place)
    assert (found.topic, found.nothing_near, found.unknown_place) == ("find_legal_aid", False, False)
    assert 1 < len(found.services) <= 5
    assert BOISE in found.services[0].lines[0].text and "Boise" in found.services[0].lines[0].meaning
    assert {line.text for one in found.services for line in one.lines}.isdisjoint(line.text for line in found.lines)
    answer = answer_for("find_legal_aid", "US")
    assert answer is not None and len(found.lines) == 1 + len(answer.more)


def test_where_nothing_is_near_that_is_said(engine: Engine) -> None:
    found = engine.look_up(None, "find_legal_aid", "es", "en", "US", "Miami")
    assert found.nothing_near and found.services


def test_a_town_that_nobody_knows_is_passed_over_and_said_so(engine: Engine) -> None:
    found = engine.look_up(None, "find_work", "es", "en", "GB", "xyzzyville")
    assert found.unknown_place and found.services and not found.nothing_near


def test_of_several_places_of_one_name_one_is_picked(engine: Engine) -> None:
    for query, topic, place in (("shelter in springfield", None, None), (None, "find_shelter", "Springfield")):
        found = engine.look_up(query, topic, "es", "en", "US", place)
        assert not found.services and {pick.topic for pick in found.picks} == {"find_shelter"}
        illinois = next(pick for pick in found.picks if pick.title == "Illinois")
        assert engine.look_up(None, illinois.topic, "es", "en", illinois.country, illinois.place).services


def test_without_a_country_there_is_an_answer_and_no_service(engine: Engine) -> None:
    found = engine.look_up("shelter", None, "es", "en")
    assert found.topic == "find_shelter" and found.lines and not found.services


# What is not understood


@pytest.mark.parametrize("query", ["xkcd blorp", "how do I cook rice", "hola", "gracias", "stop", "borra todo"])
def test_what_is_nothing_to_look_up_brings_the_topics(query: str, engine: Engine) -> None:
    found = engine.look_up(query, None, "uk", "es", "GB")
    assert (found.topic, found.lines, found.services) == (None, (), ())
    assert tuple(pick.topic for pick in found.picks) == topics()


def test_the_topics_are_listed_in_the_language_of_the_desk_and_hold_no_small_talk(engine: Engine) -> None:
    picks = engine.look_up(None, None, "uk", "fr", "FR").picks
    assert [pick.topic for pick in picks][:2] == ["danger_now", "self_harm"] and set(KINDS) < {pick.topic for pick in picks}
    assert {"greet", "stop", "erase_me", "talk_to_human", "bot_identity", "change_language"}.isdisjoint(pick.topic for pick in picks)
    assert Pick("Un avocat", "find_legal_aid", "FR") in picks


def test_a_topic_that_is_none_brings_the_topics(engine: Engine) -> None:
    assert engine.look_up(None, "stop", "uk", "es", "GB").picks == engine.look_up(None, None, "uk", "es", "GB").picks


# Urgency


def test_words_of_danger_bring_the_numbers_first_and_what_an_advocate_cannot_do(engine: Engine) -> None:
    found = engine.look_up("il veut me tuer", None, "ar", "fr", "FR")
    assert (found.topic, found.urgent) == ("danger_now", "danger")
    assert numbers_of("FR").danger in found.lines[0].text and numbers_of("FR").danger in found.lines[0].meaning
    assert Line(translate("ar", *LIMITS), translate("fr", *LIMITS)) in found.lines
    assert translate("fr", "utter_danger_limits", "I am automated. I cannot see where you are or send anyone.") not in _meanings(found)


def test_a_wish_to_die_brings_the_crisis_line(engine: Engine) -> None:
    found = engine.look_up("she wants to die", None, "ar", "en", "DE")
    assert found.urgent == "self_harm" and numbers_of("DE").crisis_phone in found.lines[0].text
    assert "danger_now" in [pick.topic for pick in found.picks], "the other is one click away"


def test_life_at_stake_brings_the_ambulance_before_the_answer_on_doctors(engine: Engine) -> None:
    found = engine.look_up("she took an overdose and is not breathing", None, "es", "en", "US")
    assert (found.topic, found.urgent) == ("needs_medical_care", "life")
    assert found.lines[0].meaning == "This needs an ambulance: call 911 now."
    assert found.source is not None


@pytest.mark.parametrize("query", ["help", "ayúdame", "au secours"])
def test_a_bare_cry_brings_the_numbers(query: str, engine: Engine) -> None:
    found = engine.look_up(query, None, "es", "en", "US")
    assert found.urgent and "911" in found.lines[0].text


def test_without_a_country_danger_has_the_numbers_of_the_continents_and_asks_nothing(engine: Engine) -> None:
    found = engine.look_up(None, "danger_now", "es", "en")
    assert "112" in found.lines[0].text and "999" in found.lines[0].text
    assert found.urgent == "danger" and "?" not in _meanings(found)


# Nothing stays


def test_a_lookup_leaves_nothing_behind(engine: Engine) -> None:
    """Not in the store, nor anywhere else in the memory of the process."""

    def look_up() -> None:
        marked = [f"zwqx{number} blorp" for number in range(3)]
        engine.look_up(f"no le pagan {marked[0]}", None, "uk", "es", "GB")
        engine.look_up(f"quiere matarme {marked[1]}", None, "uk", "es", "GB", f"{marked[2]} town")

    look_up()
    gc.collect()
    kept = {value for one in gc.get_objects() for value in gc.get_referents(one) if isinstance(value, str)}
    assert [value for value in kept if re.search(r"zwqx\d blorp", value.lower())] == []


def test_a_session_goes_on_as_if_nobody_had_looked_anything_up(engine: Engine) -> None:
    hints = {"locale_hint": "en", "country_hint": "US"}
    before = engine.reply("my boss has not paid me", None, hints)
    engine.look_up("quiere matarme", None, "uk", "es", "GB")
    assert engine.reply("my boss has not paid me", None, hints) == before
    assert engine.reply("more", before.state, hints).blocks


# Through the seam


async def test_the_dialogue_process_answers_a_lookup_as_the_engine_does(engine: Engine) -> None:
    process = DialogueProcess(Edition(ROOT, trained_model()))
    await process.start()
    try:
        await process.wait_until_ready()
        expected = await asyncio.to_thread(engine.look_up, "se muere, no respira", None, "uk", "es", "GB")
        assert expected.urgent == "life"
        assert await process.lookup("se muere, no respira", None, "uk", "es", "GB") == expected
        assert (await process.lookup(None, "find_shelter", "ar", "en", "US", "Springfield")).picks
        assert (await process.reply("hello", None, {})).blocks
    finally:
        await process.stop()


def test_what_is_found_comes_through_the_pipe_whole() -> None:
    line = Line("так", "sí")
    found = Found(
        "find_work",
        "Trabajo",
        "GB",
        "danger",
        (line,),
        line,
        ("Law, 1",),
        (FoundService("A", (line, line)),),
        True,
        True,
        (Pick("x", "y"),),
    )
    assert found_from(json.loads(json.dumps(dataclasses.asdict(found)))) == found
    assert found_from(json.loads(json.dumps(dataclasses.asdict(Found())))) == Found()
