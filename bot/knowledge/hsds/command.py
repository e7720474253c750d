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
    from bot.knowledge.hsds.store import export

    package = export(options.folder, options.file)
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
    from bot.knowledge.hsds.entries import services_of
    from bot.knowledge.hsds.store import imported, stale

    services = services_of(imported(options.folder))
    late = stale(services, datetime.date.today(), options.days)
    for service in late:
        print(f"{service.checked_on or 'never'}  {service.id}  {service.name}  {service.phone or service.website}")
    print(f"{_counted(len(late), 'service')} of {len(services):,} not verified for {_counted(options.days, 'day')}.")
    return _FINE


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
    directory = commands.add_parser("directory", help="services that you bring: import, export, validate, stale")
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
    give = acts.add_parser("export", help="write the imported directory as HSDS 3.0")
    give.add_argument("file", type=Path, metavar="FILE", help="zip or folder to write")
    give.set_defaults(act=_export)
    late = acts.add_parser("stale", help="services that a human must verify again")
    late.add_argument("--days", type=_days, default=180, help="how old a verification may be (180)")
    late.set_defaults(act=_stale)
