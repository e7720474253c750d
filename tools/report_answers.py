"""Writes `evaluation/answers.md`: which topics have an answer where, and how many SMS segments the first reply takes in each locale.

Run by `make answers`. Each answer is asked of the trained model as a choice, and goes through the same composing as over SMS.
"""

from __future__ import annotations

from statistics import median

from bot.channels.segments import SmsShape, measure, render
from bot.conversation.composing import compose
from bot.conversation.sessions import Session
from bot.dialogue.catalogues import compile_catalogues
from bot.dialogue.engine import Engine
from bot.dialogue.training import trained_model
from bot.knowledge.answers import BASELINE, Answer, answers
from bot.locales import all_locales
from bot.paths import ROOT

OUT = ROOT / "evaluation" / "answers.md"


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


def _segments(engine: Engine, answer: Answer, locale: str) -> tuple[int, bool]:
    """Segments of the first reply that is not an introduction, and whether the answer's first text stands in it whole."""
    country = next(iter(sorted(answer.serves)), answer.jurisdiction)
    hints = {"locale_hint": locale} | ({} if country == BASELINE else {"country_hint": country})
    begun = engine.reply("/greet", None, hints, payload=True)
    turn = engine.reply(f"/{answer.topic}", begun.state, hints, payload=True)
    reply, session = compose(turn, Session(turn=1, locale=locale), SmsShape())
    return measure(render(reply.text, reply.choices, reply.locale)).segments, not session.later


def segments(engine: Engine) -> list[str]:
    """A row for each locale: segments of the first reply to each answer."""
    rows = ["| locale | answers | median | largest | in one reply |", "| --- | --- | --- | --- | --- |"]
    searched = {"find_shelter", "find_legal_aid", "find_counselling", "find_basic_needs", "find_work"}  # these look for services first
    asked = [answer for answer in answers().values() if answer.topic not in searched]
    for locale in all_locales():
        found = [_segments(engine, answer, locale) for answer in asked]
        sizes = [size for size, _ in found]
        whole = sum(is_whole for _, is_whole in found) / len(found)
        rows.append(f"| {locale} | {len(sizes)} | {median(sizes):g} | {max(sizes)} | {whole:.2f} |")
    return rows


def main() -> None:
    """Writes the report."""
    compile_catalogues()
    engine = Engine(trained_model())
    lines = [
        "# Answers: where they are, and how long they are as text messages",
        "",
        f"{len(answers())} answers. `lawyer`: the answer says that a lawyer is needed and offers one. A dot: no fact of that country was",
        "found; the answer of the European Union (in its member states) or the international one is given, and says that it is general.",
        "",
        *coverage(),
        "",
        "Segments of the first reply to each answer, with its choices, after an introduction. In one reply: nothing of it waits behind a",
        "digit.",
        "",
        *segments(engine),
        "",
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")
    print(OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
