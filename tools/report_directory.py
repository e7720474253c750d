"""Writes `evaluation/directory.md`: what the directory knows, what was wrong in real ones that were imported, and ten searches.

Run by `make answers`. The searches go through the trained model, in a person's words, as over SMS.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

from bot.channels.segments import SmsShape, measure, render
from bot.conversation.composing import compose
from bot.conversation.sessions import Session
from bot.dialogue.catalogues import compile_catalogues
from bot.dialogue.engine import Engine
from bot.dialogue.training import trained_model
from bot.knowledge.hsds.store import install
from bot.knowledge.local_services import services
from bot.paths import ROOT

OUT = ROOT / "evaluation" / "directory.md"
WILD = ROOT / "tests" / "peers" / "hsds" / "wild"
# Locale, country of the phone, and what is written, message by message; the reply to the last is shown.
SEARCHES = (
    ("en", "US", ["i need a free lawyer in boise"]),
    ("en", "GB", ["where can i sleep tonight, he threw me out"]),
    ("es", "US", ["necesito un abogado gratis cerca de birmingham alabama"]),
    ("es", "ES", ["no tengo donde dormir, estoy en valencia"]),
    ("ru", "US", ["мне нужен бесплатный адвокат в Бойсе"]),
    ("ru", "DE", ["где можно переночевать, я в берлине"]),
    ("zh_Hans", "US", ["我在旧金山，老板不给工资，想找免费律师"]),
    ("zh_Hans", "GB", ["没有地方住，我在伦敦"]),
    ("ar", "AE", ["احتاج مكان امن انام فيه انا في دبي"]),
    ("ar", "US", ["محتاج محامي ببلاش قريب من لوس انجلوس"]),
)


def contents() -> list[str]:
    """A row for each kind of service."""
    rows = [
        "| kind | services | countries | two sources agree | with a place | hours known | languages known | checked by a person |",
        "| --- |" + " --- |" * 7,
    ]
    found = services()
    for kind, _ in Counter(service.kind for service in found).most_common():
        ours = [service for service in found if service.kind == kind]
        counts = (
            len(ours),
            len({service.country for service in ours}),
            sum(service.confirmed for service in ours),
            sum(any(point.city for point in service.points) for service in ours),
            sum(service.always_open or bool(service.openings) for service in ours),
            sum(bool(service.languages) for service in ours),
            sum(service.checked_on is not None for service in ours),
        )
        rows.append(f"| {kind} | " + " | ".join(map(str, counts)) + " |")
    return rows


def imports() -> list[str]:
    """What became of each real directory, and how often each fault was found, with the first as an example."""
    lines = []
    for folder in sorted(path for path in WILD.iterdir() if path.is_dir()):
        with tempfile.TemporaryDirectory() as scratch:
            report = install(folder, Path(scratch) / "imported", country="US")
        examples = {fault.kind: fault for fault in reversed(report.faults)}
        lines += [
            f"### {folder.name}",
            "",
            f"{sum(report.rows.values()):,} rows in {len(report.rows)} tables; {report.services:,} services offered, the place of "
            f"{report.concealed:,} of them concealed; {len(report.faults):,} oddities"
            + (", none that stops an import." if report.installed else ", which stopped the import."),
            "",
            "| oddity | how often | the first |",
            "| --- | --- | --- |",
            *(f"| {kind} | {count:,} | {str(examples[kind]).replace('|', '/')} |" for kind, count in report.by_kind.items()),
            "",
        ]
    return lines


def searches(engine: Engine) -> list[str]:
    """Each search with its reply."""
    lines = []
    for locale, country, said in SEARCHES:
        hints = {"locale_hint": locale, "country_hint": country}
        state = engine.reply("/greet", None, {"locale_hint": locale}, payload=True).state
        for text in said:
            turn = engine.reply(text, state, hints)
            state = turn.state
        reply, _ = compose(turn, Session(turn=1, locale=locale), SmsShape())
        body = render(reply.text, reply.choices, reply.locale)
        lines += [f"**{said[-1]}** ({country}, {measure(body).segments} segments)", "", "```", body, "```", ""]
    return lines


def main() -> None:
    """Writes the report."""
    compile_catalogues()
    lines = [
        "# The directory: what it knows, what it took in, what it finds",
        "",
        *contents(),
        "",
        "No service of the repository was telephoned or seen on a live page; what an operator imports carries the operator's dates.",
        "",
        "## Real directories, imported",
        "",
        *imports(),
        "## Ten searches in five languages",
        "",
        "Each in the middle of a conversation, from a phone of that country.",
        "",
        *searches(Engine(trained_model())),
    ]
    OUT.write_text("\n".join(lines), encoding="utf-8")
    print(OUT.relative_to(ROOT))


if __name__ == "__main__":
    main()
