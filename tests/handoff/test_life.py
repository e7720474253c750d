"""The life of a handoff, as a specification: what every event does in every state."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.handoff import life
from bot.handoff.life import EVENTS, TRANSITIONS, Fate, Handoff, Point, State, step, waits_since
from bot.handoff.queueing import Place, in_order

from .situations import NOW, SITUATIONS, WAITS, event, told

# Situation | event | state after it | what is done, in this order. Sentences that she is told stand in quotes. See `situations.py`.
SPECIFICATION = """
offered             | picks join_now                    | waiting | enqueue "waiting_urgent"
offered             | picks agree                       | card    | "card"
offered             | picks card                        | offered | "choice_gone"
offered             | picks no                          | ended   | "declined" erase
offered             | picks leave                       | offered | "choice_gone"
offered             | writes                            | offered | bot
offered             | writes urgently                   | offered | bot
offered             | leaves                            | ended   | erase
offered             | is lost                           | ended   | erase
offered             | ana claims                        | offered | refuse:not_waiting
offered             | ana answers                       | offered | refuse:not_yours
offered             | a supervisor transfers to ben     | offered | refuse:not_yours
offered             | a supervisor requeues             | offered | refuse:not_yours
offered             | ana closes                        | offered | refuse:not_yours
offered             | ana blocks                        | offered | refuse:not_yours
offered             | ana drops out                     | offered | -
offered             | ana returns                       | offered | -
offered             | words arrive                      | offered | -
offered             | tick, 30 minutes                  | offered | -
offered             | wipe                              | ended   | erase

card                | picks strike:0                    | card    | "card"
card                | picks strike:3                    | card    | "choice_gone"
card                | picks strike:-1                   | card    | "choice_gone"
card                | picks strike:                     | card    | "choice_gone"
card                | picks strike:²                    | card    | "choice_gone"
card                | picks send                        | safety  | "safety"
card                | picks none                        | safety  | "safety"
card                | picks words                       | words   | "words"
card                | picks join_now                    | card    | "choice_gone"
card                | writes                            | card    | bot "card"
card                | leaves                            | ended   | erase
card                | is lost                           | ended   | erase
card                | ana claims                        | card    | refuse:not_waiting
card                | ana answers                       | card    | refuse:not_yours
card                | a supervisor transfers to ben     | card    | refuse:not_yours
card                | a supervisor requeues             | card    | refuse:not_yours
card                | ana closes                        | card    | refuse:not_yours
card                | ana blocks                        | card    | refuse:not_yours
card                | ana drops out                     | card    | -
card                | ana returns                       | card    | -
card                | words arrive                      | card    | -
card                | tick, 30 minutes                  | card    | -
card                | wipe                              | ended   | erase

words               | writes                            | card    | "card"
words               | picks back                        | card    | "card"
words               | picks send                        | words   | "choice_gone"
words               | leaves                            | ended   | erase
words               | is lost                           | ended   | erase
words               | ana claims                        | words   | refuse:not_waiting
words               | ana answers                       | words   | refuse:not_yours
words               | a supervisor transfers to ben     | words   | refuse:not_yours
words               | a supervisor requeues             | words   | refuse:not_yours
words               | ana closes                        | words   | refuse:not_yours
words               | ana blocks                        | words   | refuse:not_yours
words               | ana drops out                     | words   | -
words               | ana returns                       | words   | -
words               | words arrive                      | words   | -
words               | tick, 30 minutes                  | words   | -
words               | stop                              | ended   | erase

safety              | picks text_short                  | waiting | enqueue "waiting"
safety              | picks text_long                   | waiting | enqueue "waiting"
safety              | picks text_never                  | waiting | enqueue "waiting"
safety, urgent      | picks text_never                  | waiting | enqueue "waiting" alert:urgent
safety              | picks agree                       | safety  | "choice_gone"
safety              | writes                            | safety  | bot "safety"
safety              | leaves                            | ended   | erase
safety              | is lost                           | ended   | erase
safety              | ana claims                        | safety  | refuse:not_waiting
safety              | ana answers                       | safety  | refuse:not_yours
safety              | a supervisor transfers to ben     | safety  | refuse:not_yours
safety              | a supervisor requeues             | safety  | refuse:not_yours
safety              | ana closes                        | safety  | refuse:not_yours
safety              | ana blocks                        | safety  | refuse:not_yours
safety              | ana drops out                     | safety  | -
safety              | ana returns                       | safety  | -
safety              | words arrive                      | safety  | -
safety              | tick, 30 minutes                  | safety  | -
safety              | wipe                              | ended   | erase

waiting             | picks leave                       | ended   | "left_queue" erase
waiting             | picks status                      | waiting | "waiting"
waiting             | picks stay                        | waiting | "waiting"
waiting             | picks read                        | waiting | "waiting"
waiting             | picks any_language                | waiting | "waiting"
waiting             | picks agree                       | waiting | "choice_gone"
waiting, knocked    | picks read                        | waiting | "phone"
waiting, held       | picks any_language                | waiting | "phone"
waiting             | writes                            | waiting | bot
waiting             | writes urgently                   | waiting | bot alert:urgent
waiting, urgent     | writes urgently                   | waiting | bot
waiting, held       | writes                            | waiting | bot "phone"
waiting, knocked    | writes                            | waiting | bot "knock"
waiting             | leaves                            | ended   | erase
waiting             | is lost                           | ended   | erase
waiting             | ana claims                        | joined  | "joined"
waiting again       | ana claims                        | joined  | "still_joined"
waiting again       | ben claims                        | joined  | "transferred"
waiting, no texts   | ana claims                        | joined  | -
waiting, quiet      | ana claims                        | joined  | "knock"
waiting, knocked    | ana claims                        | joined  | -
waiting             | ana, without the language, claims | waiting | refuse:not_agreed
waiting, any language | ana, without the language, claims | joined | "joined_other"
waiting             | ana answers                       | waiting | refuse:not_yours
waiting             | a supervisor transfers to ben     | waiting | refuse:not_yours
waiting             | a supervisor requeues             | waiting | refuse:not_yours
waiting             | ana closes                        | waiting | refuse:not_yours
waiting             | ana blocks                        | waiting | refuse:not_yours
waiting             | ana drops out                     | waiting | -
waiting             | ana returns                       | waiting | -
waiting again       | words arrive                      | waiting | -
waiting             | tick                              | waiting | -
waiting             | tick, 3 minutes                   | waiting | -
waiting             | tick, 3 minutes, others           | waiting | "other_language"
waiting, any language | tick, 3 minutes, others         | waiting | -
waiting             | tick, 6 minutes                   | waiting | "phone"
waiting             | tick, 6 minutes, no phone         | waiting | -
waiting, no texts   | tick, 6 minutes                   | waiting | -
waiting, quiet      | tick, 6 minutes                   | waiting | "knock"
waiting, knocked    | tick, 10 minutes                  | waiting | -
waiting             | tick, 30 minutes                  | closing | "knock"
waiting, no texts   | tick, 30 minutes                  | closing | -
waiting             | tick, closed                      | ended   | "nobody_came" erase
waiting             | tick, closed, others              | waiting | -
waiting             | wipe                              | ended   | "goodbye" erase
waiting, no texts   | stop                              | ended   | "goodbye" erase

joined              | picks status                      | joined  | "still_joined"
joined              | picks go_on                       | joined  | "still_joined"
joined              | picks end                         | ended   | "erased" erase
joined, not told    | picks leave                       | ended   | "left_queue" erase
joined              | picks any_language                | joined  | "choice_gone"
joined, not told    | picks status                      | joined  | "joined"
joined, knocked     | picks read                        | joined  | relay:3 relay:4
joined, knocked     | picks go_on                       | joined  | relay:3 relay:4
joined              | writes                            | joined  | -
joined              | writes urgently                   | joined  | warn alert:urgent
joined              | writes the same again             | joined  | -
joined              | picks for the bot                 | joined  | bot
joined, not told    | writes                            | joined  | bot "joined"
joined, not told, knocked | writes                      | joined  | bot "knock"
joined, not told    | writes urgently                   | joined  | bot warn "joined" alert:urgent
joined, knocked     | writes                            | joined  | "knock"
joined              | leaves                            | ended   | erase
joined, knocked     | leaves                            | ended   | erase
joined              | is lost                           | ended   | erase
joined              | ana claims                        | joined  | refuse:not_waiting
joined              | ben claims                        | joined  | refuse:not_waiting
joined              | ana answers                       | joined  | relay:9
joined              | ana answers the same again        | joined  | -
joined              | ben answers                       | joined  | refuse:not_yours
joined, not told    | ana answers                       | joined  | -
joined, quiet       | ana answers                       | joined  | "knock"
joined, quiet, no texts | ana answers                   | joined  | -
joined, knocked     | ana answers                       | joined  | -
joined              | ana transfers to ben              | joined  | "transferred"
joined              | ana transfers to ana              | joined  | -
joined              | ana transfers to ben, without the language | joined | refuse:not_agreed
joined, quiet       | ana transfers to ben              | joined  | "knock"
joined              | ben transfers to ben              | joined  | refuse:not_yours
joined              | a supervisor transfers to ben     | joined  | "transferred"
joined              | ana requeues                      | waiting | "back_in_front"
joined, quiet       | ana requeues                      | waiting | "knock"
joined              | ben requeues                      | joined  | refuse:not_yours
joined              | a supervisor requeues             | waiting | "back_in_front"
joined              | ana closes                        | closing | "ending"
joined, quiet       | ana closes                        | closing | "knock"
joined, quiet, no texts | ana closes                    | closing | -
joined              | ana closes without asking         | ended   | "closed" erase
joined, quiet       | ana closes without asking         | closing | "knock"
joined              | ben closes                        | joined  | refuse:not_yours
joined              | ana blocks                        | ended   | "blocked" erase
joined              | ben blocks                        | joined  | refuse:not_yours
joined              | ana drops out                     | joined  | -
joined              | ben drops out                     | joined  | -
joined, gone        | ana returns                       | joined  | -
joined, gone        | ben returns                       | joined  | -
joined              | words arrive                      | joined  | -
joined              | tick                              | joined  | -
joined, gone        | tick                              | joined  | -
joined, gone long   | tick                              | waiting | "advocate_gone" alert:gone
joined, unanswered  | tick                              | joined  | alert:unanswered
joined, half a day  | tick                              | ended   | "closed" erase
joined              | wipe                              | ended   | "goodbye" erase
joined, knocked     | stop                              | ended   | "goodbye" erase

closing             | picks helped_yes                  | ended   | "erased" erase
closing             | picks helped_some                 | ended   | "erased" erase
closing             | picks helped_no                   | ended   | "erased" erase
closing             | picks status                      | closing | "ending"
closing             | picks leave                       | closing | "choice_gone"
closing, unread     | picks read                        | closing | "ending"
closing, nobody came | picks read                       | ended   | "nobody_came" erase
closing, nobody came | picks helped_yes                 | closing | "choice_gone"
closing             | writes                            | ended   | bot erase
closing             | writes urgently                   | ended   | bot erase
closing, unread     | writes                            | closing | bot "knock"
closing, nobody came | writes                           | ended   | bot "nobody_came" erase
closing             | leaves                            | ended   | erase
closing, unread     | leaves                            | ended   | erase
closing             | is lost                           | ended   | erase
closing             | ben claims                        | closing | refuse:not_waiting
closing             | ana answers                       | closing | refuse:over
closing             | a supervisor transfers to ben     | closing | refuse:over
closing             | a supervisor requeues             | closing | refuse:over
closing             | ana closes                        | closing | -
closing             | ana blocks                        | closing | refuse:over
closing             | ana drops out                     | closing | -
closing             | ana returns                       | closing | -
closing             | words arrive                      | closing | -
closing             | tick                              | closing | -
closing, over       | tick                              | ended   | erase
closing, unread     | tick, 10 minutes                  | closing | -
closing, unread     | tick, 30 minutes                  | closing | -
closing             | wipe                              | ended   | "goodbye" erase

ended               | picks helped_yes                  | ended   | "choice_gone"
ended               | writes                            | ended   | bot
ended               | leaves                            | ended   | -
ended               | is lost                           | ended   | -
ended               | ana claims                        | ended   | refuse:not_waiting
ended               | ana answers                       | ended   | refuse:over
ended               | a supervisor transfers to ben     | ended   | refuse:over
ended               | a supervisor requeues             | ended   | refuse:over
ended               | ana closes                        | ended   | -
ended               | ana blocks                        | ended   | refuse:over
ended               | ana drops out                     | ended   | -
ended               | ana returns                       | ended   | -
ended               | words arrive                      | ended   | -
ended               | tick, 30 minutes                  | ended   | -
ended               | wipe                              | ended   | -
"""


def rows() -> Iterator[tuple[str, str, str, str]]:
    """The specification, row by row."""
    for line in SPECIFICATION.splitlines():
        if line.strip():
            situation, happened, after, done = map(str.strip, line.split("|"))
            yield situation, happened, after, done


@pytest.mark.parametrize(("situation", "happened", "after", "done"), rows())
def test_what_every_event_does_in_every_state(situation: str, happened: str, after: str, done: str) -> None:
    handoff, effects = step(SITUATIONS[situation], event(happened), WAITS)
    assert (handoff.state.value, told(effects)) == (after, done)


@pytest.mark.parametrize("state", State)
def test_every_pair_is_decided_and_stands_in_the_specification(state: State) -> None:
    assert set(TRANSITIONS[state]) == set(EVENTS)
    stated = {type(event(happened)) for situation, happened, _, _ in rows() if SITUATIONS[situation].state is state}
    assert stated == set(EVENTS)


def test_no_kind_of_event_is_missing() -> None:
    assert set(EVENTS) == set(life.Event.__subclasses__())
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("silent", ("leaves", "is lost"))
def test_who_leaves_or_is_lost_hears_nothing_and_is_forgotten(situation: str, silent: str) -> None:
    handoff, effects = step(SITUATIONS[situation], event(silent), WAITS)
    assert handoff.state is State.ENDED
    assert told(effects) == ("-" if situation == "ended" else "erase")


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    "act", ("ben answers", "ben requeues", "ben closes", "ben blocks", "ben transfers to ben", "ben drops out", "ben returns")
)
def test_who_does_not_have_the_case_changes_nothing(situation: str, act: str) -> None:
    before = SITUATIONS[situation]
    handoff, effects = step(before, event(act), WAITS)
    assert handoff == before
    assert all(isinstance(effect, life.Refuse) for effect in effects)


def after(situation: str, *happened: str) -> Handoff:
    """The handoff after some events."""
    handoff = SITUATIONS[situation]
    for one in happened:
        handoff, _ = step(handoff, event(one), WAITS)
    return handoff


# --- the summary -----------------------------------------------------------------------------------------------------------------


def test_what_she_struck_is_not_shown_and_the_card_offers_the_rest() -> None:
    handoff, (card,) = step(SITUATIONS["card"], event("picks strike:1"), WAITS)
    assert [point.kind for point in handoff.shown] == ["urgent", "country"]
    assert isinstance(card, life.Tell)
    assert card.choices == ("send", "strike:0", "strike:2", "none", "words")


@pytest.mark.parametrize("situation", ["card", "safety"])
def test_beside_an_answer_of_the_bot_she_is_asked_once_more_before_she_waits(situation: str) -> None:
    handoff, (_, asked) = step(SITUATIONS[situation], event("writes"), WAITS)
    assert isinstance(asked, life.Tell)
    assert asked.name == situation and {"send", "text_short"} & set(asked.choices)
    assert step(handoff, event("writes"), WAITS) == (handoff, (life.ToBot(),))
    assert step(handoff, event("picks send" if situation == "card" else "picks text_short"), WAITS)[0].state is not handoff.state


def test_the_numbers_are_told_once_while_an_advocate_reads_and_again_after_a_quiet_time() -> None:
    def says(at: float, key: str, kind: str) -> life.Event:
        return life.Wrote(at, key, "words", urgent=kind)

    handoff, first = step(SITUATIONS["joined"], says(NOW, "9", "danger"), WAITS)
    handoff, second = step(handoff, says(NOW + 60, "10", "danger"), WAITS)
    _, other = step(handoff, says(NOW + 60, "11", "life"), WAITS)
    _, later = step(handoff, says(NOW + 60 + WAITS.quiet, "11", "danger"), WAITS)
    assert [life.Warn() in effects for effects in (first, second, other, later)] == [True, False, True, True]
    assert life.Alert("urgent") in second


def test_striking_a_point_twice_is_striking_it_once() -> None:
    assert after("card", "picks strike:1", "picks strike:1") == after("card", "picks strike:1")


def test_with_everything_struck_she_is_told_that_nothing_is_shown() -> None:
    handoff = after("card", "picks strike:0", "picks strike:1")
    handoff, (card,) = step(handoff, event("picks strike:2"), WAITS)
    assert handoff.shown == ()
    assert isinstance(card, life.Tell)
    assert (card.name, card.choices) == ("card_empty", ("send", "words"))


def test_none_of_it_is_none_of_it() -> None:
    assert after("card", "picks none").shown == ()


def test_her_own_words_are_a_point_like_the_others_and_later_ones_take_their_place() -> None:
    once = after("words", "writes")
    assert once.shown[-1] == Point("words", "words 9")
    again, _ = step(replace(once, state=State.WORDS), life.Wrote(NOW, "10", "other words"), WAITS)
    assert [point.value for point in again.points if point.kind == "words"] == ["other words"]


def test_what_was_struck_stays_struck_when_she_adds_words() -> None:
    full = replace(SITUATIONS["words"], points=tuple(Point("topic", f"topic {number}") for number in range(5)), struck=(0, 4))
    handoff, _ = step(full, event("writes"), WAITS)
    assert len(handoff.points) == 5
    assert [point.value for point in handoff.shown] == ["topic 1", "topic 2", "topic 3", "words 9"]


def test_a_summary_has_five_lines_at_most() -> None:
    assert len(life.offered("en", "sms", tuple(Point("topic", str(number)) for number in range(9)), None, NOW).points) == 5


# --- who may be told when --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "later", "hears"),
    (
        ("text_short", 299, '"joined"'),
        ("text_short", 301, '"knock"'),
        ("text_short", 1799, '"knock"'),
        ("text_short", 1800, "-"),
        ("text_long", 7199, '"knock"'),
        ("text_long", 7200, "-"),
        ("text_never", 1, "-"),
        ("text_never", 301, "-"),
    ),
)
def test_she_is_texted_for_as_long_as_she_allowed(choice: str, later: float, hears: str) -> None:
    _, effects = step(after("safety", f"picks {choice}"), life.Claimed(NOW + later, "ana", "Ana"), WAITS)
    assert told(effects) == hears


def test_without_leave_to_text_her_nothing_comes_in_the_very_second_of_her_pick() -> None:
    _, effects = step(after("safety", "picks text_never"), event("ana claims"), WAITS)
    assert told(effects) == "-"


def test_words_that_waited_come_in_their_order_and_once() -> None:
    handoff = after("joined, quiet", "ana answers")
    handoff, _ = step(handoff, life.Answered(NOW, "ana", "10", "words 10"), WAITS)
    handoff, effects = step(handoff, event("picks read"), WAITS)
    assert told(effects) == "relay:9 relay:10"
    _, effects = step(handoff, event("picks read"), WAITS)
    assert told(effects) == '"still_joined"'


def test_what_waited_is_heard_in_the_order_in_which_it_was_said() -> None:
    handoff = after("joined, quiet", "ana answers")
    for later, happened in enumerate(
        (life.Requeued(NOW, "ana"), life.Claimed(NOW, "ben", "Ben"), life.Answered(NOW, "ben", "10", "words 10"))
    ):
        handoff, _ = step(handoff, replace(happened, at=NOW + 1 + later), WAITS)
    handoff, _ = step(handoff, life.Closed(NOW + 10, "ben"), WAITS)
    _, effects = step(handoff, life.Picked(NOW + 20, "read"), WAITS)
    assert told(effects) == 'relay:9 "back_in_front" "transferred" relay:10 "ending"'


def test_who_has_just_read_that_somebody_is_there_is_written_to() -> None:
    assert told(step(after("joined, not told", "picks read"), event("ana answers"), WAITS)[1]) == "relay:9"


@pytest.mark.parametrize("pick", ("picks go_on", "picks status", "picks read"))
def test_new_words_never_overtake_those_that_wait(pick: str) -> None:
    handoff = after("joined, quiet, no texts", "ana answers")
    handoff, first = step(handoff, event(pick), WAITS)
    handoff, second = step(handoff, life.Answered(NOW, "ana", "10", "words 10"), WAITS)
    assert (told(first), told(second)) == ("relay:9", "relay:10")


def test_what_she_wrote_before_she_knew_of_the_advocate_is_not_shown() -> None:
    assert after("joined, not told", "writes").said == ()
    assert after("joined, not told, knocked", "writes").said == ()
    known = after("joined, not told", "writes")
    shown, _ = step(known, life.Wrote(NOW, "10", "words 10"), WAITS)
    assert [said.text for said in shown.said] == ["words 10"]


def test_a_pick_is_no_message_to_the_advocate() -> None:
    assert after("joined", "picks for the bot").said == SITUATIONS["joined"].said


def test_a_transfer_in_the_middle_of_writing_does_not_make_the_new_advocate_wait() -> None:
    handoff, effects = step(after("joined", "ana transfers to ben"), life.Answered(NOW + 1, "ben", "9", "words 9"), WAITS)
    assert handoff.advocate == "ben"
    assert told(effects) == "relay:9"


def test_after_a_requeue_the_next_advocate_waits_until_she_knows() -> None:
    handoff = after("joined", "ana requeues", "ben claims")
    assert told(step(handoff, life.Answered(NOW + 1, "ben", "9", "words 9"), WAITS)[1]) == "-"


# --- what becomes of words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "stays"),
    (
        (Fate.SENT, Fate.DELIVERED, Fate.DELIVERED),
        (Fate.DELIVERED, Fate.SENT, Fate.DELIVERED),
        (Fate.FAILED, Fate.SENT, Fate.FAILED),
        (Fate.UNKNOWN, Fate.DELIVERED, Fate.DELIVERED),
        (Fate.SENT, Fate.HELD, Fate.SENT),
        (Fate.SENT, Fate.SENDING, Fate.SENT),
    ),
)
def test_a_late_report_takes_nothing_back(first: Fate, then: Fate, stays: Fate) -> None:
    handoff = after("joined", "ana answers")
    for fate in (first, then):
        handoff, effects = step(handoff, life.Reported(NOW, "9", fate), WAITS)
        assert effects == ()
    assert handoff.said[-1].fate is stays


def test_a_report_says_nothing_of_her_words_and_of_words_that_wait() -> None:
    handoff = after("joined, quiet", "ana answers", "writes")
    for key in ("1", "9"):
        handoff, _ = step(handoff, life.Reported(NOW, key, Fate.FAILED), WAITS)
    assert [said.fate for said in handoff.said if said.key in ("1", "9")] == [Fate.DELIVERED, Fate.HELD]


def test_words_of_a_worker_that_died_are_unknown_after_a_while() -> None:
    handoff = after("joined", "ana answers")
    assert step(handoff, life.Ticked(NOW + 29), WAITS)[0].said[-1].fate is Fate.SENDING
    assert step(handoff, life.Ticked(NOW + 30), WAITS)[0].said[-1].fate is Fate.UNKNOWN


def test_a_case_keeps_no_more_than_its_last_words() -> None:
    handoff = SITUATIONS["joined"]
    for number in range(500):
        handoff, _ = step(handoff, life.Wrote(NOW, f"n{number}", "words"), WAITS)
    assert len(handoff.said) == 400
    assert handoff.said[-1].key == "n499"


# --- urgency and time ------------------------------------------------------------------------------------------------------------


def test_urgent_wins_over_who_came_before() -> None:
    urgent = after("waiting", "writes urgently")
    places = [
        Place("before", NOW - 600, False, False, "es"),
        Place("she", urgent.since, urgent.urgent is not None, urgent.front, urgent.locale),
    ]
    assert [place.id for place in in_order(places, 1200)] == ["she", "before"]


def test_supervisors_hear_once_that_her_words_wait() -> None:
    handoff, effects = step(SITUATIONS["joined, unanswered"], event("tick"), WAITS)
    assert told(effects) == "alert:unanswered"
    assert told(step(handoff, life.Ticked(NOW + 60), WAITS)[1]) == "-"
    answered, _ = step(handoff, event("ana answers"), WAITS)
    assert waits_since(answered) is None
    written, _ = step(answered, life.Wrote(NOW, "10", "words 10"), WAITS)
    assert told(step(written, life.Ticked(NOW + 300), WAITS)[1]) == "alert:unanswered"


def test_the_ladder_has_one_rung_at_a_time_and_each_is_told_once() -> None:
    handoff = replace(SITUATIONS["waiting"], texting=7200)
    said = []
    for seconds in range(0, 1800, 10):
        handoff = replace(handoff, heard=handoff.since + seconds)  # she is there
        handoff, effects = step(handoff, life.Ticked(handoff.since + seconds, writers=False, others=("en",)), WAITS)
        said += [(seconds, told(effects))] * bool(effects)
    assert said == [(180, '"other_language"'), (360, '"phone"'), (600, '"text"')]


def test_another_language_is_offered_also_when_such_an_advocate_comes_later() -> None:
    handoff, effects = step(SITUATIONS["waiting"], life.Ticked(NOW + 240), WAITS)
    assert told(effects) == '"phone"'
    _, effects = step(handoff, life.Ticked(NOW + 250, writers=False, others=("en",)), WAITS)
    assert told(effects) == '"other_language"'


def test_after_a_requeue_the_ladder_begins_anew() -> None:
    handoff = after("waiting", "tick, 6 minutes", "ana claims", "ana requeues")
    assert (handoff.front, handoff.ladder, handoff.since) == (True, (), NOW)


def test_a_case_with_many_advocates_ends_in_its_time_all_the_same() -> None:
    handoff, now = SITUATIONS["joined"], NOW
    while handoff.state is not State.ENDED:
        assert now <= SITUATIONS["joined"].agreed + WAITS.longest_case + 600
        now += 600
        for happened in (
            life.Ticked(now),
            life.Requeued(now, "ana"),
            life.Claimed(now, "ana", "Ana"),
            life.Picked(now, "status"),
            life.Transferred(now, "ana", "ben", "Ben"),
            life.Transferred(now, "ben", "ana", "Ana"),
        ):
            handoff, _ = step(handoff, happened, WAITS)


def test_a_case_that_came_back_late_does_not_wait_beyond_its_time() -> None:
    handoff = replace(SITUATIONS["joined"], agreed=NOW - WAITS.longest_case + 60)
    handoff, _ = step(handoff, event("ana requeues"), WAITS)
    assert step(handoff, life.Ticked(NOW + 59), WAITS)[0].state is State.WAITING
    assert step(handoff, life.Ticked(NOW + 60), WAITS)[0].state is State.CLOSING  # she may not be texted: it is there to be read


def test_who_came_back_stands_in_front_until_somebody_takes_the_case() -> None:
    assert after("joined", "ana requeues").front
    assert not after("joined", "ana requeues", "ben claims").front


def test_asking_how_it_stands_does_not_keep_the_last_question_open() -> None:
    handoff = SITUATIONS["closing"]
    for seconds in range(0, 171, 10):
        handoff, _ = step(handoff, life.Picked(NOW + seconds, "status"), WAITS)
        handoff, _ = step(handoff, life.Ticked(NOW + seconds), WAITS)
    assert handoff.state is State.ENDED


def test_nothing_of_her_can_be_read_from_what_is_printed() -> None:
    handoff = after("words", "writes")
    for shown in (handoff, *handoff.points, *SITUATIONS["joined"].said, event("writes"), event("ana answers"), life.Relay("9", "words 9")):
        assert "words 9" not in repr(shown) and "words 1" not in repr(shown)
