"""`helpline staff` and `helpline audit`: what they print, what they change, and that it is noted."""

from __future__ import annotations

import io
import os
import pty
import re
import sys
from pathlib import Path

import pyotp
import pytest

from bot.cli import main
from bot.desk.accounts import Account, Accounts, Role
from bot.desk.audit import read_rows, verify
from bot.errors import SignInRefused
from bot.paths import ROOT
from bot.settings import KNOWN

from ..running import environment
from .staff import NOON, PASSWORD

ADD = ("staff", "add", "ana", "--role", "advocate", "--display", "Ana", "--languages", "es,en")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where accounts and log of the test lie; the head lies elsewhere."""
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HELPLINE_STAFF_FOLDER", str(tmp_path / "staff"))
    monkeypatch.setenv("HELPLINE_AUDIT_HEAD", str(tmp_path / "head"))
    return tmp_path / "staff"


class Terminal:
    """The command, typed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *arguments: str, given: str = "") -> tuple[int, str, str]:
        """Exit status and both outputs."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        try:
            status = main(arguments)
        except SystemExit as stop:
            status = int(stop.code or 0)
        return status, *self._capsys.readouterr()

    def add(self) -> str:
        """Adds Ana; returns the secret of her authenticator."""
        status, out, err = self(*ADD, "--password-stdin", given=PASSWORD + "\n")
        assert (status, err) == (0, "")
        return secret_in(out)


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(capsys, monkeypatch)


def secret_in(out: str) -> str:
    (secret,) = re.findall(r"otpauth://totp/Helpline:ana\?secret=([A-Z2-7]{32})&issuer=Helpline\n", out)
    return str(secret)


def ana(folder: Path) -> Account:
    account = Accounts(folder / "staff.sqlite").get("ana")
    assert account
    return account


def noted(folder: Path) -> list[tuple[str, str, str]]:
    """What the log says, once it is seen to be whole."""
    log, head = folder / "audit.jsonl", folder.with_name("head")
    assert verify(log, head) == []
    return [(row.actor, row.act.value, row.account) for row in read_rows(log, head)]


def one_sentence(error: str) -> bool:
    return error.startswith("helpline: ") and error.count("\n") == 1 and error.endswith(".\n")


def test_somebody_who_was_added_can_sign_in(terminal: Terminal, folder: Path) -> None:
    secret = terminal.add()
    signed_in = Accounts(folder / "staff.sqlite").check("ana", PASSWORD, pyotp.TOTP(secret).at(NOON), NOON)
    assert (signed_in.display, signed_in.role, signed_in.languages, signed_in.desk_locale) == ("Ana", Role.ADVOCATE, ("es", "en"), "en")
    assert noted(folder) == [("operator", "account_added", "ana")]


def test_the_qr_code_is_shown_once_and_the_password_never(terminal: Terminal, folder: Path) -> None:
    _, out, _ = terminal(*ADD, "--password-stdin", given=PASSWORD + "\n")
    assert out.count("█") > 200 and PASSWORD not in out
    secret = secret_in(out)
    _, out, _ = terminal("staff", "list")
    assert secret not in out and "█" not in out
    assert out.startswith("ana  advocate, told to people as Ana, writes es, en, at most 3 at once, pages in en, since 20")


def test_everything_can_be_given_at_once(terminal: Terminal, folder: Path) -> None:
    more = ("--desk-locale", "es", "--most-cases", "5", "--password-stdin")
    assert terminal(*ADD[:4], "supervisor", *ADD[5:], *more, given=PASSWORD + "\n")[0] == 0
    account = ana(folder)
    assert (account.role, account.desk_locale, account.most_cases) == (Role.SUPERVISOR, "es", 5)


def test_what_is_named_changes(terminal: Terminal, folder: Path) -> None:
    terminal.add()
    change = ("staff", "change", "ana", "--role", "supervisor", "--display", "Anna", "--languages", "fr", "--desk-locale", "fr")
    assert terminal(*change, "--most-cases", "1") == (0, "Changed, also where the account is signed in now.\n", "")
    account = ana(folder)
    assert (account.role, account.display, account.languages, account.desk_locale) == (Role.SUPERVISOR, "Anna", ("fr",), "fr")
    assert terminal("staff", "change", "Ana", "--most-cases", "2")[0] == 0
    assert (ana(folder).most_cases, ana(folder).display) == (2, "Anna")
    assert noted(folder)[1:] == [("operator", "account_changed", "ana")] * 2


def test_password_and_authenticator_are_replaced(terminal: Terminal, folder: Path) -> None:
    old = terminal.add()
    accounts = Accounts(folder / "staff.sqlite")
    assert terminal("staff", "password", "ana", "--password-stdin", given="another password\r\n")[0] == 0
    accounts.confirm("ana", "another password")
    status, out, _ = terminal("staff", "code", "ana")
    assert status == 0 and out.count("█") > 200
    with pytest.raises(SignInRefused):
        accounts.check("ana", "another password", pyotp.TOTP(old).at(NOON), NOON)
    accounts.check("ana", "another password", pyotp.TOTP(secret_in(out)).at(NOON), NOON)
    assert [act for _, act, _ in noted(folder)] == ["account_added", "password_changed", "code_changed"]


def test_an_account_is_disabled_enabled_and_removed(terminal: Terminal, folder: Path) -> None:
    terminal.add()
    assert terminal("staff", "disable", "ana")[0] == 0
    assert ana(folder).disabled and terminal("staff", "list")[1].endswith("  disabled\n")
    assert terminal("staff", "enable", "ana")[0] == 0
    assert not ana(folder).disabled
    assert terminal("staff", "remove", "ana")[0] == 0
    assert terminal("staff", "list") == (0, "Nobody may sign in yet. Add somebody with `helpline staff add`.\n", "")
    assert [act for _, act, _ in noted(folder)] == ["account_added", "account_disabled", "account_enabled", "account_removed"]


@pytest.mark.parametrize(
    ("arguments", "given"),
    (
        ((*ADD, "--password-stdin"), "short\n"),
        ((*ADD, "--password-stdin"), ""),
        (ADD, PASSWORD + "\n"),  # there is no terminal
        (("staff", "add", "Operator", *ADD[3:], "--password-stdin"), PASSWORD + "\n"),
        (("staff", "add", "operator", *ADD[3:], "--password-stdin"), PASSWORD + "\n"),
        ((*ADD, "--languages", "es,xx", "--password-stdin"), PASSWORD + "\n"),
        ((*ADD, "--display", "55", "--password-stdin"), PASSWORD + "\n"),
        ((*ADD, "--desk-locale", "vi", "--password-stdin"), PASSWORD + "\n"),
        ((*ADD, "--most-cases", "11", "--password-stdin"), PASSWORD + "\n"),
        (("staff", "change", "ana", "--most-cases", "1"), ""),
        (("staff", "password", "ana", "--password-stdin"), PASSWORD + "\n"),
        (("staff", "code", "ana"), ""),
        (("staff", "disable", "ana"), ""),
        (("staff", "enable", "ana"), ""),
        (("staff", "remove", "ana"), ""),
    ),
)
def test_what_cannot_be_done_is_told_in_a_sentence_and_not_noted(
    terminal: Terminal, folder: Path, arguments: tuple[str, ...], given: str
) -> None:
    status, out, err = terminal(*arguments, given=given)
    assert (status, out) == (1, "")
    assert one_sentence(err), err
    assert noted(folder) == []


@pytest.mark.parametrize(
    "arguments",
    (
        ("staff",),
        ("staff", "fly"),
        ("staff", "add", "ana"),
        ("staff", "add", "ana", "--role", "boss", "--display", "Ana", "--languages", "es"),
        ("staff", "change"),
        ("staff", "change", "ana", "--most-cases", "many"),
        ("staff", "list", "ana"),
        ("audit",),
        ("audit", "show", "--last", "0"),
    ),
    ids=" ".join,
)
def test_misuse_is_told_with_status_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    status, out, err = terminal(*arguments)
    assert (status, out) == (2, "")
    assert err.startswith("usage: helpline") and "error: " in err


def test_the_log_is_verified(terminal: Terminal, folder: Path) -> None:
    assert terminal("audit", "verify") == (0, "0 rows, all as they were written.\n", "")
    terminal.add()
    assert terminal("audit", "verify") == (0, "1 row, all as they were written.\n", "")
    terminal("staff", "disable", "ana")
    log = folder / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b"account_disabled", b"account_enabled"))
    status, out, err = terminal("audit", "verify")
    assert (status, err) == (1, "")
    assert out.splitlines()[0] == "Row 2 was altered: it does not fit its own hash."
    assert out.splitlines()[1].startswith("Find out who can write to ")


def test_the_log_is_shown(terminal: Terminal, folder: Path) -> None:
    assert terminal("audit", "show") == (0, "", "")
    terminal.add()
    terminal("staff", "disable", "ana")
    terminal("staff", "remove", "ana")
    _, out, _ = terminal("audit", "show")
    form = r" +(\d)  \d{4}-\d\d-\d\d \d\dh UTC  operator  account_(\w+)  ana"
    assert [re.fullmatch(form, line)[2] for line in out.splitlines()] == ["added", "disabled", "removed"]  # type: ignore[index]
    assert terminal("audit", "show", "--last", "2")[1].splitlines() == out.splitlines()[1:]
    assert terminal("audit", "show", "--last", "99")[1] == out


def test_what_was_done_but_could_not_be_noted_is_told(terminal: Terminal, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPLINE_AUDIT_HEAD", str(folder.with_name("gone") / "head"))
    status, out, err = terminal(*ADD, "--password-stdin", given=PASSWORD + "\n")
    assert status == 1 and one_sentence(err) and err.startswith("helpline: That is done, but not in the log.")
    assert secret_in(out)  # it is shown this once only


def at_terminal(*answers: str) -> tuple[int, str]:
    """Types at the command on a real terminal, an answer to each question; returns exit status and screen."""
    pid, screen = pty.fork()
    if not pid:
        settings = {name: os.environ[name] for name in ("HELPLINE_STAFF_FOLDER", "HELPLINE_AUDIT_HEAD")}
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "bot.cli", *ADD], environment(**settings))
    shown, waiting = b"", list(answers)
    while True:
        try:
            part = os.read(screen, 4096)
        except OSError:  # the other side has ended
            break
        shown += part
        if waiting and shown.rstrip(b" ").endswith((b"Password:", b"again:")):
            os.write(screen, waiting.pop(0).encode() + b"\n")
            shown += b"\n"
    os.close(screen)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(folder: Path) -> None:
    status, shown = at_terminal(PASSWORD, PASSWORD)
    assert status == 0, shown
    assert PASSWORD not in shown and "█" in shown
    Accounts(folder / "staff.sqlite").confirm("ana", PASSWORD)


def test_two_passwords_that_differ_are_refused(folder: Path) -> None:
    status, shown = at_terminal(PASSWORD, PASSWORD + "x")
    assert status == 1 and "helpline: The two are not the same. Try again." in shown
    assert Accounts(folder / "staff.sqlite").all() == []
