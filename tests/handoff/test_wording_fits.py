"""What a handoff says: that it fits into one SMS with its choices, names who reads what, and goes with every number and name."""

from __future__ import annotations

import re

import pytest
from babel import Locale as CldrLocale

from bot.channels.segments import SmsShape, measure
from bot.conversation.composing import compose, rest
from bot.conversation.messages import Block, Choice, Turn
from bot.conversation.sessions import Session
from bot.desk.accounts import LONGEST_DISPLAY
from bot.dialogue.catalogues import catalogues, compile_catalogues, read_catalogues, translate
from bot.handoff.life import Handoff, Point, State, Tell
from bot.handoff.lines import MUST_REPORT
from bot.handoff.wording import Option, Outlook, choice_option, closed_line, offer_lines, titled, worded
from bot.knowledge.emergency import emergency_table
from bot.locales import all_locales
from bot.paths import LOCALES

NAME = "M" * LONGEST_DISPLAY
LONG = Outlook(0, 90 * 60.0, 240 * 60.0)
OFFERED = ("agree", "call", "no")
WAITED = ("stay", "leave")
SAFE = ("text_short", "text_long", "text_never")
HELPED = ("helped_yes", "helped_some", "helped_no")
SHOWN = ("send", "none", "words")
DUTIES = ((), MUST_REPORT[:1], MUST_REPORT[1:], MUST_REPORT)
TITLES = (*OFFERED, *WAITED, *SAFE, *HELPED, *SHOWN, "offer", "join_now", "back", "any_language", "read", "end", "go_on")
POINTS = (Point("urgent", "danger"), Point("topic", "rights_pay"), Point("topic", "find_shelter"), Point("country", "US"))
# Everything that a person may be told, with the choices that go with it.
TOLD = {
    "card_empty": ("send", "words"), "words": ("back",), "safety": SAFE, "declined": (), "waiting": ("leave",), "left_queue": (),
    "joined": (), "joined_other": (), "still_joined": (), "transferred": (), "back_in_front": (), "advocate_gone": (),
    "other_language": ("any_language", *WAITED), "phone": WAITED, "text": WAITED, "nobody_came": (), "knock": ("read",),
    "ending": HELPED, "closed": (), "erased": (), "blocked": (), "goodbye": (), "choice_gone": (),
}  # fmt: skip
every_locale = pytest.mark.parametrize("locale", list(all_locales()))


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The catalogues as they stand now."""
    compile_catalogues()
    catalogues.put(read_catalogues(LOCALES, all_locales()))


def handoff(locale: str, texting: float = 0.0) -> Handoff:
    """One with the name and the points that such sentences speak of."""
    return Handoff(State.WAITING, locale, "sms", points=POINTS, texting=texting, display=NAME)


def fits(locale: str, lines: list[str], options: list[Option], person: str = "") -> bool:
    """Whether it goes out as one SMS, with the way to a person behind 0 if there is such a title."""
    listed = [Choice(str(number), title, "") for number, (title, _) in enumerate(options, 1)]
    return SmsShape().fits("\n".join(lines), (*listed, *([Choice("0", person, "")] if person else [])), locale)


def longest_names(locale: str) -> str:
    """The three other languages with the longest names, as an event bears them."""
    names = CldrLocale.parse(locale).languages
    return " ".join(sorted((code for code in all_locales() if code != locale), key=lambda code: len(names[code.split("_")[0]]))[-3:])


@every_locale
def test_the_offer_fits_with_all_that_must_be_reported_its_choices_and_a_person(locale: str) -> None:
    lines = offer_lines(locale, frozenset(MUST_REPORT))
    person = translate(locale, "utter_option_person", "A person")
    assert fits(locale, lines, [titled(locale, handoff(locale), choice) for choice in OFFERED], person), measure(lines[0])


@every_locale
@pytest.mark.parametrize("name", TOLD)
def test_everything_that_is_told_fits_with_its_choices(locale: str, name: str) -> None:
    values = {"name": NAME, "languages": longest_names(locale)}
    said = {
        tuple(worded(handoff(locale, texting), Tell(name, values), country, LONG, 3600.0)[0])
        for texting in (0.0, 1800.0)
        for country in (None, *emergency_table())
    }
    options = [titled(locale, handoff(locale), choice) for choice in TOLD[name]]
    assert [lines for lines in said if not fits(locale, list(lines), options)] == []
    assert [lines for lines in said if re.search(r"\{\w*\}", "".join(lines))] == []


@every_locale
@pytest.mark.parametrize("outlook", [LONG, Outlook(3, 90 * 60.0, 240 * 60.0), Outlook(3, None, 240 * 60.0)])
@pytest.mark.parametrize("duties", DUTIES)
def test_in_danger_the_wait_and_what_is_seen_of_her_come_whole_each_with_the_way_to_stop(
    locale: str, outlook: Outlook, duties: tuple[str, ...]
) -> None:
    """As one SMS, or in two where what must be reported makes it too long for that."""
    tell = Tell("waiting_urgent", {}, ("leave",))
    (wait, seen), options = worded(handoff(locale, 1800.0), tell, None, outlook, 3600.0, frozenset(duties))
    turn = Turn((Block(wait), Block(seen)), options=options, locale=locale)
    reply, session = compose(turn, Session(turn=1, locale=locale), SmsShape(), asked_person=True)
    replies = [reply]
    while session.later:
        reply, session = rest(session, SmsShape())
        replies.append(reply)
    assert [reply.text for reply in replies] in ([f"{wait}\n{seen}"], [wait, seen])
    assert duties or len(replies) == 1
    for reply in replies:
        assert SmsShape().fits(reply.text, reply.choices, locale)
        assert options[0][0] in [choice.title for choice in reply.choices]


@every_locale
def test_a_summary_of_several_points_fits_with_what_may_be_done(locale: str) -> None:
    lines, options = worded(handoff(locale), Tell("card", {}, (*(f"strike:{n}" for n in range(4)), *SHOWN)), None, LONG, 1.0)
    assert len(options) == len(POINTS) + len(SHOWN)
    assert fits(locale, lines, options)


@every_locale
def test_titles_are_short_and_none_stands_twice_beside_another(locale: str) -> None:
    titles = [choice_option(locale, choice)[0] for choice in TITLES]
    assert [title for title in titles if len(title) > 30] == []
    for together in (OFFERED, SAFE, HELPED, SHOWN, ("any_language", *WAITED), ("end", "go_on")):
        assert len({choice_option(locale, choice)[0] for choice in together}) == len(together)


@every_locale
def test_the_offer_tells_only_what_the_hotline_must_report(locale: str) -> None:
    said = {duties: offer_lines(locale, frozenset(duties))[0] for duties in DUTIES}
    assert len(set(said.values())) == len(said)
    assert min(said, key=lambda duties: len(said[duties])) == ()
    assert all(text.startswith(said[()][:10]) and text.endswith(said[()][-10:]) for text in said.values())


@every_locale
def test_the_hour_of_the_next_opening_is_told_where_it_is_known(locale: str) -> None:
    assert "9:00" in closed_line(locale, "9:00")
    assert closed_line(locale, "9:00").startswith(closed_line(locale, ""))
