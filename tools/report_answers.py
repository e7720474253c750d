"""Writes `evaluation/answers.md`: which topics have an answer where, how complete the catalogues are, how many SMS segments replies take in
each locale, and the reading grade of the English.

Run by `make answers`. Everything is asked of the trained model as a choice, and goes through the same composing as over SMS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

import yaml
from babel.messages.pofile import read_po

from bot.channels.segments import SmsShape, measure, render
from bot.conversation.composing import compose, rest
from bot.conversation.messages import Turn
from bot.conversation.sessions import Session
from bot.desk.sentences import is_owed
from bot.dialogue.catalogues import catalogue_path, compile_catalogues
from bot.dialogue.engine import Engine
from bot.dialogue.reviews import mark_of, reviews, safety_sentences
from bot.dialogue.training import trained_model
from bot.knowledge.answers import BASELINE, Answer, answers
from bot.knowledge.emergency import emergency_table
from bot.knowledge.signs import SIGNS
from bot.locales import DEFAULT, all_locales
from bot.paths import RASA_DOMAIN, ROOT
from tools.reading_grade import HIGHEST, english_texts, grades

OUT = ROOT / "evaluation" / "answers.md"
# What is asked in each country of the emergency table: its numbers stand in these replies.
OF_COUNTRY = ("danger_now", "no_voice", "self_harm", "needs_medical_care", "talk_to_human", "call_me", "find_shelter", "find_legal_aid")
# Intents that name no topic: the service sends them itself, after an answer or with a service.
_AFTER_ANSWER = (
    *("more", "source", "who_helps", "sign", "signs_done"),
    *("details", "service_name", "other_services", "not_near_here", "for_whom", "served"),
)


def coverage() -> list[str]:
    """A row for each topic, a column for each jurisdiction; a dot where the union's or the international answer stands in."""
    jurisdictions = sorted({jurisdiction for jurisdiction, _ in answers()}, key=lambda code: (code != BASELINE, code))
    topics = list(dict.fromkeys(answer.topic for (jurisdiction, _), answer in answers().items() if jurisdiction == BASELINE))
    rows = ["| topic | " + " | ".join(jurisdictions) + " |", "| --- |" + " --- |" * len(jurisdictions)]
    for topic in topics:
        marks = []
        for jurisdiction in jurisdictions:
            answer = answers().get((jurisdiction, topic))
            marks.append("." if answer is None else "lawyer" if answer.lawyer else "yes")
        rows.append(f"| {topic} | " + " | ".join(marks) + " |")
    return rows


def completeness() -> list[str]:
    """A row for each catalogue: its sentences, those translated, those on which safety hangs, and whether a human has reviewed these."""
    rows = ["| locale | sentences | translated | safety sentences | reviewed by a human |", "| --- | --- | --- | --- | --- |"]
    done = reviews()
    for locale in all_locales():
        if locale == DEFAULT:
            continue
        with catalogue_path(locale).open("rb") as lines:
            entries = [entry for entry in read_po(lines, locale=locale) if entry.id and is_owed(entry.context, locale)]
        translated = sum(bool(entry.string) and not entry.fuzzy for entry in entries)
        safety, review = safety_sentences(locale), done.get(locale)
        state = "no" if review is None else f"{review.by}, {review.date}"
        if review and review.mark != mark_of(safety):
            state = f"not since a change, {state}"
        rows.append(f"| {locale} | {len(entries)} | {translated} | {len(safety)} | {state} |")
    return rows


@dataclass
class Sizes:
    """Segments of replies in one locale.

    Attributes:
        first: of the first page of each answer, not the introduction.
        whole: how many of these have nothing left that waits behind a digit.
        every: of every page of every reply.
    """

    first: list[int] = field(default_factory=list)
    whole: int = 0
    every: list[int] = field(default_factory=list)


def pages(turn: Turn) -> list[str]:
    """The bodies that go out over SMS for a turn: the reply, and what waits behind "more" of it."""
    shape = SmsShape()
    reply, session = compose(turn, Session(turn=1, locale=turn.locale), shape)
    bodies = [render(reply.text, reply.choices, reply.locale)]
    while session.later:
        reply, session = rest(session, shape)
        bodies.append(render(reply.text, reply.choices, reply.locale))
    return bodies


def _payload(intent: str, locale: str, country: str) -> str:
    return f"/{intent}" + json.dumps({"locale": locale, **({"country": country} if country else {})})


def turns_of_answer(engine: Engine, answer: Answer, locale: str) -> Iterator[Turn]:
    """An answer, then everything that can be asked about it: the rest, easier words, source, who helps, the signs."""
    country = "" if answer.jurisdiction == BASELINE else next(iter(sorted(answer.serves)), answer.jurisdiction)
    turn = engine.reply(_payload("greet", locale, country), None, payload=True)  # so that no introduction stands before the answer
    further = ["/more"] * len(answer.more) + ["/simplify", "/source", "/who_helps"]
    if answer.topic in SIGNS:
        signs = [f'/sign{{"sign": "{sign}"}}' for sign in SIGNS[answer.topic][:2]]
        further += ["/signs", *signs, "/signs_done"]
    for payload in (f"/{answer.topic}", *further):
        turn = engine.reply(payload, turn.state, payload=True)
        yield turn


def turns_of_talk(engine: Engine, locale: str) -> Iterator[Turn]:
    """Every topic as a first message where no country is known; in each country that has numbers what depends on them, and for its services
    what can be asked about them."""
    intents = yaml.safe_load((RASA_DOMAIN / "topics.yml").read_text(encoding="utf-8"))["intents"]
    asked = [(intent, "") for intent in intents if intent not in _AFTER_ANSWER]
    asked += [(intent, country) for country in sorted(emergency_table()) for intent in OF_COUNTRY]
    for intent, country in asked:
        turn = engine.reply(_payload(intent, locale, country), None, payload=True)
        yield turn
        for _, payload in turn.options if intent.startswith("find_") else ():
            yield engine.reply(payload, turn.state, payload=True)


def segments(engine: Engine) -> list[str]:
    """A row for each locale: segments of the first page of the answers, and of every page of every reply."""
    rows = [
        "| locale | answers | median | largest | in one reply | all replies, page by page | median | largest |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    searched = {"find_shelter", "find_legal_aid", "find_counselling", "find_basic_needs", "find_work"}  # these look for services first
    for locale in all_locales():
        sizes = Sizes()
        for answer in answers().values():
            for number, turn in enumerate(turns_of_answer(engine, answer, locale)):
                found = [measure(body).segments for body in pages(turn)]
                sizes.every += found
                if number == 0 and answer.topic not in searched:
                    sizes.first.append(found[0])
                    sizes.whole += len(found) == 1
        for turn in turns_of_talk(engine, locale):
            sizes.every += [measure(body).segments for body in pages(turn)]
        rows.append(
            f"| {locale} | {len(sizes.first)} | {median(sizes.first):g} | {max(sizes.first)} | {sizes.whole / len(sizes.first):.2f} "
            f"| {len(sizes.every)} | {median(sizes.every):g} | {max(sizes.every)} |"
        )
    return rows


def reading() -> list[str]:
    """Reading grade of the English: of answers, and of everything else."""
    rows = ["| texts | how many | median | largest | above 6 |", "| --- | --- | --- | --- | --- |"]
    kinds: dict[str, list[float]] = {"answers": [], "everything else": []}
    ids = {f"{answer.id}:{answer.version}" for answer in answers().values()}
    for name, value in grades(english_texts()).items():
        kinds["answers" if name.partition(": ")[0] in ids else "everything else"].append(value)
    for name, values in kinds.items():
        above = sum(value > HIGHEST for value in values)
        rows.append(f"| {name} | {len(values)} | {median(values):.1f} | {max(values):.1f} | {above} |")
    return rows


def main() -> None:
    """Writes the report."""
    compile_catalogues()
    engine = Engine(trained_model())
    lines = [
        "# Answers: where they are, how complete the catalogues are, how long replies are, how hard they are to read",
        "",
        f"{len(answers())} answers. `lawyer`: the answer says that a lawyer is needed and offers one. A dot: no fact of that country was",
        "found; the answer of the European Union (in its member states) or the international one is given, and says that it is general.",
        "",
        *coverage(),
        "",
        "The catalogues. All were drafted by machine. The safety sentences are those on which danger, self-harm, life, minors and consent",
        "hang (`locales/safety.yml`); `helpline review LOCALE` prints them for a reviewer.",
        "",
        *completeness(),
        "",
        "SMS segments, choices counted in; at most 3 where the text is GSM-7 and 4 where it is UCS-2. First the first page of each answer,",
        "after an introduction; in one reply: nothing of it waits behind a digit. Then every page of every reply: the answers, all that",
        "can be asked about them, every topic without a country, and urgent and neighbouring topics in every country of the emergency",
        "table. What is UCS-2 in a language of GSM-7: the list of languages by their own names, and an article of law with a small figure.",
        "",
        *segments(engine),
        "",
        "Reading grade of the English (Flesch-Kincaid by textstat; how, and why titles of choices are read together, says",
        f"`tools/reading_grade.py`). At most {HIGHEST:g} is wanted.",
        "",
        *reading(),
        "",
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")
    print(OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
