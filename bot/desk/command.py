"""`helpline staff`: who may sign in to the desk. `helpline audit`: what they did."""

from __future__ import annotations

import argparse
import datetime
import getpass
import os
import sys
from typing import TYPE_CHECKING, Any

from bot.errors import AccountRefused, StaffFilesUnavailable

if TYPE_CHECKING:
    from bot.desk.accounts import Accounts
    from bot.desk.audit import Act
    from bot.settings import Settings

_FINE, _FAULTY = 0, 1


def _settings() -> Settings:
    from bot.settings import settings_from

    return settings_from(os.environ)


def _accounts() -> Accounts:
    from bot.desk.accounts import FILE, Accounts

    return Accounts(_settings().staff_folder / FILE)


def _note(act: Act, name: str) -> None:
    from bot.desk.accounts import OPERATOR, name_of
    from bot.desk.audit import FILE, Audit

    settings = _settings()
    try:
        Audit(settings.staff_folder / FILE, settings.audit_head).note(OPERATOR, act, name_of(name))
    except StaffFilesUnavailable as error:
        raise StaffFilesUnavailable(f"That is done, but not in the log. {error}") from None


def _languages(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _password(options: argparse.Namespace) -> str:
    if options.password_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise AccountRefused("There is no terminal to ask for the password on. Give it on the input, with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise AccountRefused("The two are not the same. Try again.")
    return password


def _show_secret(name: str, secret: str) -> None:
    import segno

    from bot.desk.accounts import authenticator_address

    address = authenticator_address(name, secret)
    print("For the authenticator app. It is shown this once, and whoever sees it can make codes:")
    print(address)
    segno.make(address).terminal(compact=True)


def _add(options: argparse.Namespace) -> int:
    from bot.desk.accounts import Role
    from bot.desk.audit import Act

    secret = _accounts().add(
        options.name,
        _password(options),
        display=options.display,
        role=Role(options.role),
        languages=options.languages,
        today=datetime.date.today(),
        desk_locale=options.desk_locale,
        most_cases=options.most_cases,
    )
    try:
        _note(Act.ACCOUNT_ADDED, options.name)
    finally:
        print(f"{options.name} may sign in.")
        _show_secret(options.name, secret)
    return _FINE


def _list(options: argparse.Namespace) -> int:
    accounts = _accounts().all()
    for one in accounts:
        state = "  disabled" if one.disabled else ""
        told = f"told to people as {one.display}, writes {', '.join(one.languages)}, at most {one.most_cases} at once"
        print(f"{one.name}  {one.role.value}, {told}, pages in {one.desk_locale}, since {one.created}{state}")
    if not accounts:
        print("Nobody may sign in yet. Add somebody with `helpline staff add`.")
    return _FINE


def _change(options: argparse.Namespace) -> int:
    from bot.desk.accounts import Role
    from bot.desk.audit import Act

    _accounts().change(
        options.name,
        display=options.display,
        role=Role(options.role) if options.role else None,
        languages=options.languages,
        desk_locale=options.desk_locale,
        most_cases=options.most_cases,
    )
    _note(Act.ACCOUNT_CHANGED, options.name)
    print("Changed, also where the account is signed in now.")
    return _FINE


def _set_password(options: argparse.Namespace) -> int:
    from bot.desk.audit import Act

    _accounts().set_password(options.name, _password(options))
    _note(Act.PASSWORD_CHANGED, options.name)
    print("Changed. Whoever was signed in as that account is signed out.")
    return _FINE


def _new_code(options: argparse.Namespace) -> int:
    from bot.desk.accounts import name_of
    from bot.desk.audit import Act

    secret = _accounts().new_code_secret(options.name)
    try:
        _note(Act.CODE_CHANGED, options.name)
    finally:
        print("Codes of the old authenticator are worth nothing now. Whoever was signed in as that account is signed out.")
        _show_secret(name_of(options.name), secret)
    return _FINE


def _disable(options: argparse.Namespace) -> int:
    from bot.desk.audit import Act

    _accounts().disable(options.name)
    _note(Act.ACCOUNT_DISABLED, options.name)
    print("Signed out, and may not sign in until `helpline staff enable`.")
    return _FINE


def _enable(options: argparse.Namespace) -> int:
    from bot.desk.audit import Act

    _accounts().enable(options.name)
    _note(Act.ACCOUNT_ENABLED, options.name)
    print("May sign in again.")
    return _FINE


def _remove(options: argparse.Namespace) -> int:
    from bot.desk.audit import Act

    _accounts().remove(options.name)
    _note(Act.ACCOUNT_REMOVED, options.name)
    print("Signed out and removed.")
    return _FINE


def _verify(options: argparse.Namespace) -> int:
    from bot.desk.audit import FILE, read_rows, verify

    settings = _settings()
    log = settings.staff_folder / FILE
    faults = verify(log, settings.audit_head)
    for fault in faults:
        print(fault)
    if faults:
        print(f"Find out who can write to {log} and {settings.audit_head}. To begin anew, put both away together.")
        return _FAULTY
    rows = len(read_rows(log, settings.audit_head))
    print(f"{rows:,} {'row' if rows == 1 else 'rows'}, all as they were written.")
    return _FINE


def _show(options: argparse.Namespace) -> int:
    from bot.desk.audit import FILE, read_rows

    settings = _settings()
    rows = read_rows(settings.staff_folder / FILE, settings.audit_head)
    for row in rows[-options.last :] if options.last else rows:
        day, _, hour = row.hour.partition("T")
        more = f"  {row.account}" if row.account else f"  {row.times:,} times so far" if row.times > 1 else ""
        print(f"{row.number:>6}  {day} {hour}h UTC  {row.actor}  {row.act.value}{more}")
    return _FINE


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1")
    return int(text)


def add_to(commands: Any) -> None:
    """Adds `staff` and `audit` to the commands of `helpline`.

    Args:
        commands: what `ArgumentParser.add_subparsers` returned.
    """
    staff = commands.add_parser("staff", help="who may sign in to the desk").add_subparsers(title="commands", metavar="", required=True)
    add = staff.add_parser("add", help="let somebody in: asks for a password, shows what the authenticator app needs")
    add.set_defaults(run=_add)
    change = staff.add_parser("change", help="change what is named, also where the account is signed in now")
    change.set_defaults(run=_change)
    password = staff.add_parser("password", help="another password; ends the account's sessions")
    password.set_defaults(run=_set_password)
    for name, run, told in (
        ("code", _new_code, "another authenticator; ends the account's sessions"),
        ("disable", _disable, "sign out, and let in no more"),
        ("enable", _enable, "let in again"),
        ("remove", _remove, "sign out and remove"),
    ):
        staff.add_parser(name, help=told).set_defaults(run=run)
    for act in staff.choices.values():
        act.add_argument("name", metavar="NAME", help="sign-in name: 2 to 32 of a-z 0-9 . _ -")
    staff.add_parser("list", help="all accounts").set_defaults(run=_list)
    for act, new in ((add, True), (change, False)):
        act.add_argument("--role", choices=("advocate", "supervisor"), required=new, help="a supervisor sees all cases, and may wipe")
        act.add_argument("--display", required=new, metavar="NAME", help="what people are told; better not the real name")
        act.add_argument("--languages", type=_languages, required=new, metavar="CODES", help="in which the advocate writes, such as es,en")
        act.add_argument("--desk-locale", default="en" if new else None, metavar="CODE", help="of the desk's pages: en, es, fr, ar")
        act.add_argument("--most-cases", type=_number, default=3 if new else None, metavar="N", help="cases at once (3)")
    for act in (add, password):
        act.add_argument("--password-stdin", action="store_true", help="read it from the input instead of asking")
    audit = commands.add_parser("audit", help="what the staff did").add_subparsers(title="commands", metavar="", required=True)
    audit.add_parser("verify", help="name every row that was altered, taken out or cut off").set_defaults(run=_verify)
    show = audit.add_parser("show", help="print the rows")
    show.add_argument("--last", type=_number, metavar="N", help="only so many")
    show.set_defaults(run=_show)
