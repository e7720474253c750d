"""What is wrong, and how to mend it (`helpline check`)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from babel.messages.pofile import read_po

from bot.desk.sentences import is_owed
from bot.dialogue.catalogues import catalogue_path, compile_catalogues
from bot.dialogue.reviews import mark_of, reviews, safety_sentences
from bot.dialogue.training import trained_model
from bot.editions import refusal_of, running
from bot.errors import HelplineError
from bot.handoff.lines import desk_settings
from bot.knowledge.answers import answers
from bot.knowledge.directory import directory
from bot.knowledge.emergency import emergency_table, numbers_of
from bot.knowledge.local_services import prepare
from bot.knowledge.localities import gazetteer
from bot.locales import DEFAULT, all_locales
from bot.paths import ROOT
from bot.settings import Settings, settings_from


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        good: nothing to do.
        what: a sentence; where not good, its last part says how to mend it.
        stops: real channels would not start with it.
    """

    good: bool
    what: str
    stops: bool = False


def check(environment: Mapping[str, str], today: datetime.date) -> Iterator[Finding]:
    """Looks at configuration, model, catalogues, answers, directory and numbers.

    Args:
        environment: names and values, as in `os.environ`.
        today: against which review dates are held.
    """
    settings: Settings | None = None
    try:
        settings = settings_from(environment)
        yield Finding(
            True, "Configuration: " + ("real channels." if settings.real_channels else "trial phones only; no real channel is set.")
        )
    except HelplineError as error:
        yield Finding(False, f"Configuration: {error}", stops=True)
    yield from _model()
    yield from _catalogues()
    yield from _answers(today)
    yield from _numbers(settings)
    yield from _desk()
    yield from _search()
    yield from _places()
    yield from _running()


def _model() -> Iterator[Finding]:
    try:
        from bot.dialogue.engine import Engine

        model = trained_model()
        Engine(model).reply("hello", None, {})
        yield Finding(True, f"Model: {model.name} fits the training data and answers.")
    except HelplineError as error:
        yield Finding(False, f"Model: {error}", stops=True)


def _catalogues() -> Iterator[Finding]:
    try:
        compile_catalogues()
    except HelplineError as error:
        yield Finding(False, f"Catalogues: {error}", stops=True)
        return
    for locale in all_locales():
        if locale == DEFAULT:
            continue
        with catalogue_path(locale).open("rb") as lines:
            owed = [message for message in read_po(lines) if message.id and is_owed(message.context, locale)]
        missing = sum(not message.string or message.fuzzy for message in owed)  # fuzzy ones are not spoken
        if missing:
            yield Finding(
                False,
                f"Catalogue {locale}: {missing} sentences are not translated and come in English. "
                f"Translate them in {catalogue_path(locale).relative_to(ROOT)}.",
            )
        else:
            yield Finding(True, f"Catalogue {locale}: complete (drafted by machine; see its head).")
        yield _review(locale)


def _review(locale: str) -> Finding:
    try:
        review, sentences = reviews().get(locale), safety_sentences(locale)
    except HelplineError as error:
        return Finding(False, f"Review of {locale}: {error}")
    if review and review.mark == mark_of(sentences):
        return Finding(True, f"Review of {locale}: {len(sentences)} safety sentences, by {review.by} on {review.date}.")
    state = (
        f"some of the {len(sentences)} safety sentences have changed since {review.date}"
        if review
        else (f"no human has reviewed the {len(sentences)} sentences on which safety hangs")
    )
    return Finding(False, f"Review of {locale}: {state}. Give a native reviewer what `helpline review {locale}` prints.")


def _answers(today: datetime.date) -> Iterator[Finding]:
    try:
        found = answers().values()
    except HelplineError as error:
        yield Finding(False, f"Answers: {error}", stops=True)
        return
    late = sorted(answer.id for answer in found if answer.is_late(today))
    if late:
        yield Finding(
            False, f"Answers: past their review date: {', '.join(late)}. Read their sources again, then raise as_of and review_by."
        )
    else:
        yield Finding(True, f"Answers: {len(found)}, none past its review date.")


def _numbers(settings: Settings | None) -> Iterator[Finding]:
    try:
        unchecked = sum(service.checked_on is None for service in directory())
        state = f"{len(directory())} helplines, {unchecked} of them never checked by a human (`helpline directory stale` lists them)"
        yield Finding(True, f"Directory: {state}. Emergency table: {len(emergency_table())} countries.")
    except HelplineError as error:
        yield Finding(False, f"Numbers: {error}", stops=True)
        return
    country = settings.country if settings else ""
    if country and not numbers_of(country).danger:
        yield Finding(False, f"Numbers: no emergency number of {country} is confirmed. Confirm one and add it to data/emergency.yml.")
    if country and not numbers_of(country).checked_on:
        accepted = bool(settings and settings.accept_unverified_numbers)
        mend = "You have accepted that." if accepted else "Check each in data/emergency.yml and write checked_on and checked_by there."
        yield Finding(False, f"Numbers: no human has checked those of {country}. {mend}", stops=not accepted)


def _desk() -> Iterator[Finding]:
    try:
        desk = desk_settings()
    except HelplineError as error:
        yield Finding(False, f"Desk: {error}", stops=True)
        return
    languages = {code for line in desk.lines for code in line.languages}
    yield Finding(True, f"Desk: lines {', '.join(line.id for line in desk.lines)}; {len(languages)} languages; times of {desk.timezone}.")


def _search() -> Iterator[Finding]:
    try:
        count = len(prepare())
    except HelplineError as error:
        yield Finding(False, f"Search: {error}", stops=True)
        return
    yield Finding(True, f"Search: {count} services can be found, the imported ones among them.")


def _places() -> Iterator[Finding]:
    try:
        gazetteer()
        yield Finding(True, "Places: the gazetteer can be read.")
    except HelplineError as error:
        yield Finding(False, f"Places: {error}", stops=True)


def _running() -> Iterator[Finding]:
    for home in running().values():
        refusal = refusal_of(home)
        if refusal:
            yield Finding(False, f"Running service: the last reload was refused, and it says what it said before. {refusal}")
        else:
            yield Finding(
                True, "Running service: " + ("it has not been reloaded yet." if refusal is None else "the last reload was taken.")
            )
