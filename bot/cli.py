"""The `helpline` command."""

from __future__ import annotations

import argparse
import asyncio
import datetime
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.arguments import country
from bot.desk.command import add_to as add_staff_to
from bot.errors import DataError, HelplineError
from bot.knowledge.hsds.command import add_to as add_directory_to
from bot.locales import DEFAULT, all_locales

if TYPE_CHECKING:
    from bot.conversation.messages import Reply, Turn, Understanding
    from bot.dialogue.engine import Engine


def _serve(options: argparse.Namespace) -> int:
    from bot.app import refuse_unchecked_numbers
    from bot.dialogue.catalogues import compile_catalogues
    from bot.dialogue.training import ensure_model
    from bot.serving import serve
    from bot.settings import settings_from

    settings = settings_from(os.environ)
    refuse_unchecked_numbers(settings)
    compile_catalogues()
    model = ensure_model(quiet=not sys.stderr.isatty())
    here = f"http://{settings.host}:{settings.port}"
    if settings.real_channels:
        if settings.twilio:
            print(f"SMS:       tell Twilio {settings.public_url}/webhooks/twilio/webhook")
        if settings.telegram:
            print("Telegram:  " + (f"webhook at {settings.public_url}/webhooks/telegram/webhook" if settings.public_url else "polling"))
    else:
        print(f"Trial phones:  {here}/")
    print(f"Health:        {here}/health", flush=True)
    serve(settings, model)
    return 0


def _train(options: argparse.Namespace) -> int:
    from bot.dialogue.catalogues import compile_catalogues
    from bot.dialogue.training import ensure_model, train

    compile_catalogues()
    make, quiet = ensure_model if options.if_needed else train, not sys.stderr.isatty()
    print(f"Trained: {make(quiet=quiet).name}")
    return 0


def _engine() -> Engine:
    """The model in this process: for the terminal, where nobody else waits."""
    from bot.dialogue.catalogues import compile_catalogues
    from bot.dialogue.engine import Engine
    from bot.dialogue.training import ensure_model

    compile_catalogues()
    return Engine(ensure_model(quiet=not sys.stderr.isatty()))


class _TerminalPhone:
    """An SMS phone in the terminal: the conversation of the service, with the model in this process."""

    def __init__(self, country: str | None) -> None:
        from bot.channels.segments import SmsShape
        from bot.conversation.conversation import Conversation
        from bot.conversation.last_wall import LastWall
        from bot.conversation.sessions import Sessions
        from bot.privacy.keys import KeyRing
        from bot.store.memory import MemoryStore

        self._engine, self._country, self._shape = _engine(), country, SmsShape()
        self._conversation = Conversation(self, Sessions(MemoryStore(), KeyRing(), 15), LastWall())
        self.understood: Understanding | None = None

    async def reply(self, text: str, state: dict[str, Any] | None, hints: dict[str, Any], *, payload: bool = False) -> Turn:
        """The dialogue's side of the seam."""
        turn = await asyncio.to_thread(self._engine.reply, text, state, hints, payload=payload)
        self.understood = turn.understanding
        return turn

    async def send(self, text: str) -> Reply:
        """What the service answers."""
        from bot.conversation.messages import Message

        return await self._conversation.answer(Message("sms", "terminal", text, country=self._country), self._shape)


def _ask(options: argparse.Namespace) -> int:
    from bot.channels.segments import render

    phone = _TerminalPhone(options.country)
    reply = asyncio.run(phone.send(options.text))
    body = render(reply.text, reply.choices, reply.locale)
    if not options.json:
        print(body)
        return 0
    understood = asdict(phone.understood) if phone.understood else {}
    print(
        json.dumps(
            {
                "topic": understood.get("topic"),
                "confidence": understood.get("confidence"),
                "locale": reply.locale,
                "urgency": understood.get("urgency"),
                "replies": [body] if body else [],
                "understanding": understood,
            },
            ensure_ascii=False,
        )
    )
    return 0


async def _talk(phone: _TerminalPhone) -> None:
    from bot.channels.segments import measure, render

    while True:
        try:
            text = await asyncio.to_thread(input, "> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        reply = await phone.send(text)
        body = render(reply.text, reply.choices, reply.locale)
        print(f"{body}\n    [{measure(body).segments} segments]" if body else "    [silence]")


def _chat(options: argparse.Namespace) -> int:
    phone = _TerminalPhone(options.country)
    print("A phone without a name. Write as a person would; end with Ctrl-D.")
    asyncio.run(_talk(phone))
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from bot.evaluation import judge, report, scores, table

    files = [file for path in options.files for file in (sorted(path.rglob("*.yml")) if path.is_dir() else [path])]
    if not files:
        raise DataError("There is no file to evaluate. Name Rasa NLU files or folders of them.")
    judged = judge(files, _engine().understand)
    figures = {locale: scores(ours) for locale, ours in judged.items()}
    print(table(figures))
    if options.json:
        _write(options.json, json.dumps(figures, indent=1, ensure_ascii=False) + "\n")
    if options.report:
        _write(options.report, report(judged))
    return 0


def _write(out: Path, content: str) -> None:
    try:
        out.write_text(content, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written ({error.strerror}). Name a file in a folder that exists.") from None


_LONGEST_RELOAD = 1800.0  # seconds: to prepare an edition, and to start some workers on it
_LONGEST_STOP = 60.0  # seconds


def _reload(options: argparse.Namespace) -> int:
    from bot.editions import refusal_of, running, told_at

    services = running()
    if not services:
        raise HelplineError("No service runs from this installation. Start one with `helpline`.")
    before = {home: told_at(home) for home in services.values()}
    for pid in services:
        try:
            os.kill(pid, signal.SIGHUP)
        except PermissionError:
            raise HelplineError("The service belongs to another account. Run this as that account, or as root.") from None
        except ProcessLookupError:
            raise HelplineError("The service ended before it had reloaded. Start it again with `helpline`.") from None
    status = 0
    patience = time.monotonic() + _LONGEST_RELOAD
    for pid, home in services.items():
        while told_at(home) == before[home]:
            if time.monotonic() > patience:
                raise HelplineError("The service did not tell what became of it. Look into its log, and at the space on the disk.")
            if pid not in running():
                raise HelplineError("The service ended before it had reloaded. Start it again with `helpline`.")
            time.sleep(0.1)
        if refusal := refusal_of(home):
            print(f"helpline: The reload was refused, the service goes on as before. {refusal}", file=sys.stderr)
            status = 1
        else:
            print("Reloaded.")
    return status


def _stop(options: argparse.Namespace) -> int:
    from bot.editions import open_cases_of, running

    services = running()
    if not services:
        raise HelplineError("No service runs from this installation.")
    count = sum(open_cases_of(home) for home in services.values())
    if count and not options.force:
        raise HelplineError(
            f"{count} people wait for an advocate or write with one. Let the desk end these cases first, or stop all the same with "
            "--force: they are then told that the line closes, with the numbers."
        )
    for pid in services:
        try:
            os.kill(pid, signal.SIGTERM)
        except PermissionError:
            raise HelplineError("The service belongs to another account. Run this as that account, or as root.") from None
        except ProcessLookupError:
            continue
    patience = time.monotonic() + _LONGEST_STOP
    while set(services) & set(running()):
        if time.monotonic() > patience:
            raise HelplineError("The service does not end. Look into its log.")
        time.sleep(0.1)
    print("Stopped.")
    return 0


def _counts(options: argparse.Namespace) -> int:
    from bot.handoff.counts import FILE, SMALLEST, read_counts
    from bot.settings import settings_from

    counts = read_counts(settings_from(os.environ).staff_folder / FILE)
    for month, kind, value in sorted(counts):
        print(f"{month}  {kind:8} {value:20} at least {counts[month, kind, value]}")
    print(f"Numbers below {SMALLEST} are never written: they could be one person. What the running service has not written yet is missing.")
    return 0


def _check(options: argparse.Namespace) -> int:
    from bot.checks import check

    findings = list(check(os.environ, datetime.date.today()))
    for finding in findings:
        print(("ok    " if finding.good else "STOP  " if finding.stops else "look  ") + finding.what)
    return 1 if any(finding.stops for finding in findings) else 0


def _review(options: argparse.Namespace) -> int:
    from bot.dialogue.reviews import sheet

    for line in sheet(options.locale):
        print(line)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="helpline", description="A help chatbot for survivors. Without a command it serves.")
    parser.set_defaults(run=_serve)
    commands = parser.add_subparsers(title="commands", metavar="")
    train = commands.add_parser("train", help="train the model on data/")
    train.add_argument("--if-needed", action="store_true", help="only where none fits the training data")
    train.set_defaults(run=_train)
    chat = commands.add_parser("chat", help="talk to it in the terminal")
    chat.add_argument("--country", type=country, help="country of the phone, such as US")
    chat.set_defaults(run=_chat)
    ask = commands.add_parser("ask", help="one message, one reply")
    ask.add_argument("text")
    ask.add_argument("--country", type=country, help="country of the phone, such as US")
    ask.add_argument("--json", action="store_true", help="with topic, confidence, locale and urgency")
    ask.set_defaults(run=_ask)
    evaluate = commands.add_parser("evaluate", help="judge the understanding on labelled texts")
    evaluate.add_argument("files", nargs="+", type=Path, metavar="FILES", help="Rasa NLU files, named <locale>.yml or <locale>/*.yml")
    evaluate.add_argument("--json", type=Path, metavar="OUT", help="write all figures there")
    evaluate.add_argument("--report", type=Path, metavar="OUT", help="write tables with intervals there, as Markdown")
    evaluate.set_defaults(run=_evaluate)
    commands.add_parser("reload", help="let the running service say what you changed, or tell what is broken").set_defaults(run=_reload)
    commands.add_parser("counts", help="how many handoffs, in which languages and on which topics").set_defaults(run=_counts)
    stop = commands.add_parser("stop", help="stop the running service, unless somebody waits for an advocate or writes with one")
    stop.add_argument("--force", action="store_true", help="stop all the same; those people are told first, with the numbers")
    stop.set_defaults(run=_stop)
    commands.add_parser("check", help="what is wrong, and how to mend it").set_defaults(run=_check)
    review = commands.add_parser("review", help="the sentences on which safety hangs, for a native reviewer")
    review.add_argument("locale", choices=[code for code in all_locales() if code != DEFAULT], metavar="LOCALE")
    review.set_defaults(run=_review)
    add_directory_to(commands)
    add_staff_to(commands)
    commands.add_parser(
        "rasa", help="Rasa's own command line on this project: train, data validate, test nlu, test core ...", add_help=False
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command.

    Args:
        arguments: as typed behind `helpline`; those of the process by default.
    Returns:
        The exit status: 0, 1 where something is wrong, 2 where the command was misused, 130 where it was interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["rasa"]:
        from bot.dialogue.rasa_command import main as rasa_main

        return rasa_main(given[1:])
    try:
        options = _parser().parse_args(given)
        return int(options.run(options))
    except HelplineError as error:
        print(f"helpline: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as shells say it


if __name__ == "__main__":
    sys.exit(main())
