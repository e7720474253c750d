"""`helpline directory`: import, export, validate, stale."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.arguments import country
from bot.errors import DataError
from bot.paths import DATA

if TYPE_CHECKING:
    from bot.knowledge.hsds.validation import Fault

FOLDER = DATA / "directory" / "imported"  # what the operator brought; never part of the repository
_FINE, _FAULTY, _UNREADABLE = 0, 1, 2


def _days(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError("a number of days, such as 180")
    return int(text)


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _kinds(faults: Iterable[Fault]) -> str:
    from collections import Counter

    return ", ".join(f"{kind} {count:,}" for kind, count in Counter(fault.kind for fault in faults).most_common())


def _say_faults(faults: list[Fault], *, all_of_them: bool) -> None:
    stopping, odd = [fault for fault in faults if fault.stops], [fault for fault in faults if not fault.stops]
    for fault in [*stopping, *(odd if all_of_them else ())]:
        print(("STOP  " if fault.stops else "look  ") + str(fault))
    if odd:
        behind = "." if all_of_them else "; `helpline directory validate FILE` names each."
        print(f"{_counted(len(odd), 'oddity', 'oddities')} ({_kinds(odd)}){behind}")


def _import(options: argparse.Namespace) -> int:
    from bot.knowledge.hsds.store import install

    report = install(options.file, options.folder, join=options.join, country=options.country)
    print(f"Read {_counted(sum(report.rows.values()), 'row')} in {_counted(len(report.rows), 'table')}.")
    _say_faults(report.faults, all_of_them=False)
    if not report.installed:
        print("Nothing was imported; the directory is as it was. Mend these lines and import it again.")
        return _FAULTY
    replaced = f", {_counted(report.replaced, 'service')} replaced" if options.join else ""
    print(f"The directory now offers {_counted(report.services, 'service')}; the place of {report.concealed:,} is concealed{replaced}.")
    return _FINE


def _export(options: argparse.Namespace) -> int:
    from bot.knowledge.directory import HELPLINES
    from bot.knowledge.hsds.confidentiality import conceal
    from bot.knowledge.hsds.package import read_package
    from bot.knowledge.hsds.store import export
    from bot.knowledge.local_services import LOCAL

    ours = () if options.imported else (read_package(HELPLINES), conceal(read_package(LOCAL)))
    package = export(options.folder, options.file, ours)
    print(f"Wrote {_counted(len(package.rows('services')), 'service')} to {options.file}, without places that must not be known.")
    return _FINE


def _validate(options: argparse.Namespace) -> int:
    from bot.knowledge.hsds.package import read_package
    from bot.knowledge.hsds.validation import validate

    package = read_package(options.file)
    faults = validate(package, options.country)
    _say_faults(faults, all_of_them=True)
    stops = sum(fault.stops for fault in faults)
    verdict = f"{_counted(stops, 'fault')} would stop an import." if stops else "It can be imported."
    print(f"{_counted(len(package.rows('services')), 'service')} in {_counted(len(package), 'row')}. {verdict}")
    return _FAULTY if stops else _FINE


def _stale(options: argparse.Namespace) -> int:
    from bot.knowledge.directory import HELPLINES
    from bot.knowledge.hsds.store import stale
    from bot.knowledge.local_services import LOCAL, services

    known = [one for one in services((HELPLINES, LOCAL, options.folder)) if options.country in (None, one.country)]
    late = stale(known, datetime.date.today(), options.days)
    hints = _hints(HELPLINES)
    for service in late:
        checked = f"checked {service.checked_on}" if service.checked_on else "never checked"
        sources = "two sources" if service.confirmed else "not confirmed by a second source"
        newest = f" (newest page of {service.source_date})" if service.source_date else ""
        reached = service.phone or service.sms or service.chat or service.website
        print(f"{checked}; {sources}{newest}: {service.country} {service.name}, {reached} ({service.id})")
        if service.id in hints:
            print(f"    look first: {hints[service.id]}")
    print(f"{_counted(len(late), 'service')} of {len(known):,} not checked by a human in the last {_counted(options.days, 'day')}.")
    print("Call each, or read its own page. Then write the day: of a helpline as checked_on in data/directory/facts/decisions.yml (and run")
    print("`make directory`), of what you import as assured_date in your file. What is wrong is mended in the same place.")
    return _FINE


def _hints(folder: Path) -> dict[str, str]:
    """What to look at first when a helpline is checked, by its id."""
    from bot.knowledge.hsds.links import Links
    from bot.knowledge.hsds.package import read_package

    package = read_package(folder)
    links = Links(package)
    found = {links.own(row.get("id"), "id"): links.own(row.get("id"), "check") for row in package.rows("services")}
    return {helpline: check for helpline, check in found.items() if check}


def _run(options: argparse.Namespace) -> int:
    try:
        return int(options.act(options))
    except DataError as error:
        print(f"helpline: {error}", file=sys.stderr)
        return _UNREADABLE


def add_to(commands: Any, folder: Path = FOLDER) -> None:
    """Adds `directory` to the commands of `helpline`. Exit status 0 is fine, 1 means faults that stop, 2 that nothing could be read.

    Args:
        commands: what `ArgumentParser.add_subparsers` returned.
        folder: where imports lie.
    """
    directory = commands.add_parser("directory", help="the services: import your own, export, validate, list the stale")
    directory.set_defaults(run=_run, folder=folder)
    acts = directory.add_subparsers(title="commands", metavar="", required=True)
    bring = acts.add_parser("import", help="take in a directory (HSDS 3: zip, folder of CSV, JSON), all or nothing")
    bring.add_argument("--join", action="store_true", help="keep what was imported before; else it is replaced")
    bring.set_defaults(act=_import)
    check = acts.add_parser("validate", help="name every fault of a directory, with file, row and field")
    check.set_defaults(act=_validate)
    for command in (bring, check):
        command.add_argument("file", type=Path, metavar="FILE", help="zip, folder of CSV, or JSON")
        command.add_argument("--country", type=country, metavar="XX", help="country of services that name none, such as US")
    give = acts.add_parser("export", help="write the directory as HSDS 3.0: ours, with what you imported in its place")
    give.add_argument("--imported", action="store_true", help="only what was imported")
    give.add_argument("file", type=Path, metavar="FILE", help="zip or folder to write")
    give.set_defaults(act=_export)
    late = acts.add_parser("stale", help="services that a human must check again, the least certain first")
    late.add_argument("--country", type=country, metavar="XX", help="only those of this country, such as US")
    late.add_argument("--days", type=_days, default=180, help="how many days ago a check may be (180)")
    late.set_defaults(act=_stale)
