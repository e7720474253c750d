"""Accounts: who gets in and who does not, and that nothing tells a stranger why."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

from bot.desk import accounts as accounts_module
from bot.desk import passwords
from bot.desk.accounts import Account, Accounts, Role, authenticator_address, name_of
from bot.desk.passwords import LONGEST, NOBODY, SHORTEST, is_weak, refuse_unfit
from bot.errors import AccountRefused, SignInRefused, StaffFilesUnavailable

from .staff import NOON, PASSWORD, TODAY, Staff, staff_in

STEP = 30
ANA: dict[str, Any] = {"display": "Ana", "role": Role.ADVOCATE, "languages": ("es",), "today": TODAY}


def raw(staff: Staff, column: str) -> Any:
    """What the file holds of Ana, behind the back of the accounts."""
    with sqlite3.connect(staff.path) as connection:
        return connection.execute(f"SELECT {column} FROM account WHERE name = 'ana'").fetchone()[0]


def sign_in(staff: Staff, at: float = NOON) -> Account:
    return staff.accounts.check("ana", PASSWORD, staff.code(at=at), at)


def refusal(staff: Staff, name: str, password: str, code: str, now: float = NOON) -> str:
    with pytest.raises(SignInRefused) as raised:
        staff.accounts.check(name, password, code, now)
    assert raised.value.__context__ is None
    return str(raised.value)


# What is kept


def test_an_account_comes_back_as_it_was_made(tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "staff.sqlite")
    accounts.add(
        "zoe.b-2_",
        PASSWORD,
        display=" Zoé ",
        role=Role.SUPERVISOR,
        languages=("fr", "en", "fr"),
        today=TODAY,
        desk_locale="fr",
        most_cases=10,
    )
    accounts.add("ana", PASSWORD, **ANA)
    ana, zoe = accounts.all()
    assert zoe == Account("zoe.b-2_", "Zoé", Role.SUPERVISOR, ("fr", "en"), "fr", 10, False, "2026-02", zoe.generation)
    assert ana == Account("ana", "Ana", Role.ADVOCATE, ("es",), "en", 3, False, "2026-02", ana.generation)
    assert (zoe.supervisor, ana.supervisor) == (True, False)
    assert Accounts(tmp_path / "staff.sqlite").get("ana") == ana
    assert accounts.get("nobody") is None


def test_whoever_looks_at_an_account_sees_no_secret(staff: Staff) -> None:
    account = sign_in(staff)
    shown = repr(account) + str(dataclasses.asdict(account)) + repr(staff.accounts)
    for secret in (PASSWORD, raw(staff, "password_hash"), raw(staff, "code_secret")):
        assert secret not in shown
    assert raw(staff, "password_hash").startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_nobody_else_on_the_machine_can_read_the_file_or_list_its_folder(staff: Staff) -> None:
    assert staff.path.stat().st_mode & 0o777 == 0o600
    assert staff.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_can_read_is_refused(staff: Staff) -> None:
    staff.path.chmod(0o640)
    with pytest.raises(StaffFilesUnavailable, match=r"may read .*chmod 600"):
        staff.accounts.get("ana")


def test_a_damaged_file_is_told(staff: Staff) -> None:
    staff.path.write_bytes(b"no database" * 1000)
    with pytest.raises(StaffFilesUnavailable, match="cannot be read or written"):
        staff.accounts.all()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StaffFilesUnavailable, match="cannot be read or written"):
        Accounts(tmp_path / "file" / "staff.sqlite").all()


def test_who_was_removed_is_gone_from_the_file_too(staff: Staff) -> None:
    secrets = [raw(staff, column).encode() for column in ("password_hash", "code_secret")]
    assert all(secret in staff.path.read_bytes() for secret in secrets)
    staff.accounts.remove("ana")
    assert [account.name for account in staff.accounts.all()] == ["bob"]
    assert not any(secret in staff.path.read_bytes() for secret in (*secrets, b"Ana"))


# What will do


@pytest.mark.parametrize("name", ("", "a", "a" * 33, "Ana", "ana maria", "ana@x", "añа", "ana\n", " ana", "operator", "unknown", "service"))
def test_names_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(AccountRefused, match="Take"):
        Accounts(tmp_path / "staff.sqlite").add(name, PASSWORD, **ANA)


VALUES: dict[str, dict[str, Any]] = {
    "no display name": {"display": " "},
    "a display name of digits": {"display": "2025550123"},
    "a long display name": {"display": "A" * 25},
    "a display name in two lines": {"display": "Ana\nB"},
    "a display name that turns the text round": {"display": "An\u202ea"},
    "a display name with a space that is none": {"display": "Ana\u00a0B"},
    "a display name with half a character": {"display": "Ana\ud83d"},
    "no language": {"languages": ()},
    "an unknown language": {"languages": ("es", "xx")},
    "pages in no language of the desk": {"desk_locale": "vi"},
    "no cases": {"most_cases": 0},
    "too many cases": {"most_cases": 11},
}


@pytest.mark.parametrize("values", VALUES.values(), ids=VALUES.keys())
def test_values_that_will_not_do(staff: Staff, values: dict[str, Any]) -> None:
    before = staff.accounts.all()
    with pytest.raises(AccountRefused) as of_new:
        staff.accounts.add("carol", PASSWORD, **{**ANA, **values})
    with pytest.raises(AccountRefused) as of_old:
        staff.accounts.change("ana", **values)
    assert str(of_new.value) == str(of_old.value)
    assert str(of_new.value).endswith(".")
    assert staff.accounts.all() == before


@pytest.mark.parametrize("display", ("Ana", "آنا", "Zoe\u0308", "Nguyễn Thị Ánh", "क्\u200dष", "Ana 2", "O'Neill-Smith"))
def test_display_names_that_will_do(staff: Staff, display: str) -> None:
    staff.accounts.change("ana", display=display)
    account = staff.accounts.get("ana")
    assert account and 0 < len(account.display) <= len(display)


def test_a_name_is_taken_once(staff: Staff) -> None:
    before = raw(staff, "password_hash")
    with pytest.raises(AccountRefused, match="There is an account ana already"):
        staff.accounts.add("ana", "another password", **ANA)
    assert raw(staff, "password_hash") == before


@pytest.mark.parametrize(
    ("password", "why"),
    (
        ("", "too short"),
        ("a" * (SHORTEST - 2) + "b", "too short"),
        ("e\u0301" * (SHORTEST - 1), "too short"),  # marks do not make it longer
        ("a" * SHORTEST, "again and again"),
        ("ana" * 4, "name of the account"),
        ("Ana" * 5, "name of the account"),
        ("ab" * LONGEST, "too long"),
        ("x" * 100_000, "too long"),
    ),
)
def test_passwords_that_will_not_do(password: str, why: str) -> None:
    with pytest.raises(AccountRefused, match=why):
        refuse_unfit(password, "ana")


@pytest.mark.parametrize(
    "password", ("a" * 11 + "b", "ab" * (LONGEST // 2), "anaanaanaanab", "пароль из слов", "        \t    x", "😀😁" * 6)
)
def test_passwords_that_will_do(password: str) -> None:
    refuse_unfit(password, "ana")


# Who gets in


def test_name_password_and_code_let_in(staff: Staff) -> None:
    assert sign_in(staff) == staff.accounts.get("ana")


def test_phones_write_names_and_codes_in_their_own_way(staff: Staff) -> None:
    code = staff.code()
    arabic = "".join(chr(0x660 + int(digit)) for digit in code)
    assert staff.accounts.check(" Ana ", PASSWORD, f"{arabic[:3]} {arabic[3:]}\n", NOON).name == "ana"
    assert [name_of(typed) for typed in ("ANA ", "ana\x00", "ana or else", "x" * 100_000, "\ud83d")] == ["ana", "", "", "", ""]


def test_a_password_is_the_same_however_its_letters_are_composed(staff: Staff) -> None:
    staff.accounts.set_password("ana", "un mot de passe de\u0301voile\u0301 ﬁn")
    staff.accounts.confirm("ana", "un mot de passe dévoilé fin")
    with pytest.raises(SignInRefused):
        staff.accounts.confirm("ana", "un mot de passe devoile fin")


def test_every_refusal_is_the_same(staff: Staff) -> None:
    code, wrong = staff.code(), f"{(int(staff.code()) + 1) % 1_000_000:06}"
    said = {
        refusal(staff, "carol", PASSWORD, code),
        refusal(staff, "", "", ""),
        refusal(staff, "ana\ud83d' OR 1=1 --", PASSWORD, code),
        refusal(staff, "ana", "another password", code),
        refusal(staff, "ana", PASSWORD + "\ud83d", code),
        refusal(staff, "ana", PASSWORD * 10_000, code),
        refusal(staff, "ana", PASSWORD, wrong),
        refusal(staff, "ana", PASSWORD, ""),
        refusal(staff, "ana", PASSWORD, code + "0"),
        refusal(staff, "ana", PASSWORD, "½" * 100_000),
    }
    sign_in(staff)
    said.add(refusal(staff, "ana", PASSWORD, code))
    staff.accounts.disable("ana")
    said.add(refusal(staff, "ana", PASSWORD, staff.code(at=NOON + STEP), NOON + STEP))
    assert len(said) == 1


def test_whatever_is_wrong_a_password_is_verified_so_that_it_takes_as_long(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    def count(password: str, kept: str) -> bool:
        verified.append(kept)
        return passwords.fits(password, kept)

    monkeypatch.setattr(accounts_module, "fits", count)
    refusal(staff, "carol", PASSWORD, staff.code())
    refusal(staff, "ana", PASSWORD, "000000" if staff.code() != "000000" else "1")
    staff.accounts.disable("ana")
    refusal(staff, "ana", PASSWORD, staff.code())
    with pytest.raises(SignInRefused):
        staff.accounts.confirm("carol", PASSWORD)
    assert verified[0] == NOBODY and verified[1].startswith("$argon2id$") and verified[2:] == [NOBODY, NOBODY]


def test_nobody_s_hash_costs_as_much_as_those_of_today() -> None:
    assert not is_weak(NOBODY)


@pytest.mark.parametrize(("away", "lets_in"), ((-2, False), (-1, True), (0, True), (1, True), (2, False)))
def test_a_clock_may_be_off_by_one_code(staff: Staff, away: int, lets_in: bool) -> None:
    code = staff.code(at=NOON + away * STEP)
    if lets_in:
        staff.accounts.check("ana", PASSWORD, code, NOON)
    else:
        refusal(staff, "ana", PASSWORD, code)


def test_a_code_works_once_and_so_do_those_before_it(staff: Staff) -> None:
    later = staff.code(at=NOON + STEP)
    staff.accounts.check("ana", PASSWORD, later, NOON)
    refusal(staff, "ana", PASSWORD, later, NOON + STEP)
    refusal(staff, "ana", PASSWORD, staff.code())
    sign_in(staff, NOON + 2 * STEP)


def test_a_code_is_not_used_up_by_a_wrong_password(staff: Staff) -> None:
    refusal(staff, "ana", "another password", staff.code())
    sign_in(staff)


def test_of_several_who_come_with_one_code_at_once_one_gets_in(staff: Staff) -> None:
    def enter(_: int) -> bool:
        try:
            sign_in(staff)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(enter, range(4))) == 1


def test_a_hash_of_weaker_parameters_is_replaced_when_its_owner_signs_in(staff: Staff) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with sqlite3.connect(staff.path) as connection:
        connection.execute("UPDATE account SET password_hash = ?", (weak,))
    refusal(staff, "ana", "another password", staff.code())
    assert raw(staff, "password_hash") == weak
    sign_in(staff)
    assert not is_weak(raw(staff, "password_hash"))
    staff.accounts.confirm("ana", PASSWORD)


def test_a_screen_is_unlocked_with_the_password_alone(staff: Staff) -> None:
    staff.accounts.confirm("ana", PASSWORD)
    for name, password in (("ana", "another password"), ("carol", PASSWORD), ("ana", "")):
        with pytest.raises(SignInRefused, match="The password is not right"):
            staff.accounts.confirm(name, password)
    staff.accounts.disable("ana")
    with pytest.raises(SignInRefused, match="The password is not right"):
        staff.accounts.confirm("ana", PASSWORD)


# What changes


def test_another_password_takes_the_place_of_the_old_one(staff: Staff) -> None:
    staff.accounts.set_password("ana", "quite another password")
    staff.accounts.confirm("ana", "quite another password")
    with pytest.raises(SignInRefused):
        staff.accounts.confirm("ana", PASSWORD)
    with pytest.raises(AccountRefused, match="too short"):
        staff.accounts.set_password("ana", "short")
    staff.accounts.confirm("ana", "quite another password")


def test_another_authenticator_takes_the_place_of_the_old_one(staff: Staff) -> None:
    old = staff.code()
    secret = staff.accounts.new_code_secret("ana")
    refusal(staff, "ana", PASSWORD, old)
    staff.apps["ana"].secret = secret
    sign_in(staff)
    assert authenticator_address("ana", secret) == f"otpauth://totp/Helpline:ana?secret={secret}&issuer=Helpline"


def test_what_is_named_changes_and_nothing_else(staff: Staff) -> None:
    before = staff.accounts.get("ana")
    assert before
    staff.accounts.change("ana", role=Role.SUPERVISOR, languages=("vi",))
    assert staff.accounts.get("ana") == dataclasses.replace(before, role=Role.SUPERVISOR, languages=("vi",))
    staff.accounts.change("ana", display="Anna", desk_locale="ar", most_cases=1)
    expected = dataclasses.replace(before, role=Role.SUPERVISOR, languages=("vi",), display="Anna", desk_locale="ar", most_cases=1)
    assert staff.accounts.get("ana") == expected
    with pytest.raises(AccountRefused, match="Nothing was named"):
        staff.accounts.change("ana")


ENDING: dict[str, Callable[[Staff], object]] = {
    "another password": lambda staff: staff.accounts.set_password("ana", "another password"),
    "another authenticator": lambda staff: staff.accounts.new_code_secret("ana"),
    "disabled": lambda staff: staff.accounts.disable("ana"),
    "ended": lambda staff: staff.accounts.end_sessions("ana"),
    "removed and made anew": lambda staff: (staff.accounts.remove("ana"), staff.add()),
}


@pytest.mark.parametrize("end", ENDING.values(), ids=ENDING.keys())
def test_what_ends_sessions_makes_another_generation(staff: Staff, end: Callable[[Staff], object]) -> None:
    before = staff.accounts.get("ana")
    end(staff)
    after = staff.accounts.get("ana")
    assert before and after and before.generation != after.generation


def test_who_is_disabled_comes_back_enabled(staff: Staff) -> None:
    staff.accounts.disable("ana")
    account = staff.accounts.get("ana")
    assert account and account.disabled
    refusal(staff, "ana", PASSWORD, staff.code())
    staff.accounts.enable("ana")
    assert not sign_in(staff).disabled


CHANGES: dict[str, Callable[[Accounts], object]] = {
    "change": lambda accounts: accounts.change("carol", display="Bob"),
    "set_password": lambda accounts: accounts.set_password("carol", PASSWORD),
    "new_code_secret": lambda accounts: accounts.new_code_secret("carol"),
    "disable": lambda accounts: accounts.disable("carol"),
    "enable": lambda accounts: accounts.enable("carol"),
    "end_sessions": lambda accounts: accounts.end_sessions("carol"),
    "remove": lambda accounts: accounts.remove("carol"),
    "new_device": lambda accounts: accounts.new_device("carol"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_nothing_changes_where_there_is_no_such_account(staff: Staff, change: Callable[[Accounts], object]) -> None:
    before = staff.accounts.all()
    with pytest.raises(AccountRefused, match="There is no account of that name"):
        change(staff.accounts)
    assert staff.accounts.all() == before


# Devices


def test_a_device_is_known_by_its_mark(staff: Staff) -> None:
    marks = [staff.accounts.new_device("ana") for _ in range(2)]
    devices = [staff.accounts.device_of(" Ana", mark) for mark in marks]
    assert all(devices) and devices[0] != devices[1]
    assert [staff.accounts.device_of("ana", mark) for mark in marks] == devices


def test_no_other_mark_is_known(staff: Staff) -> None:
    mark, of_bob = staff.accounts.new_device("ana"), staff.accounts.new_device("bob")
    device, _, proof = mark.partition(".")
    for other in (
        "",
        ".",
        device,
        f"{device}.",
        f".{proof}",
        f"{device}x.{proof}",
        mark[:-1],
        mark + "0",
        of_bob,
        "\ud83d.\ud83d",
        "é" * 99,
    ):
        assert staff.accounts.device_of("ana", other) == ""
    assert staff.accounts.device_of("carol", mark) == staff.accounts.device_of("bob", mark) == ""


@pytest.mark.parametrize("end", [ENDING[name] for name in ENDING if name != "ended"], ids=[name for name in ENDING if name != "ended"])
def test_a_mark_is_void_when_what_signed_it_in_is(staff: Staff, end: Callable[[Staff], object]) -> None:
    mark = staff.accounts.new_device("ana")
    end(staff)
    assert staff.accounts.device_of("ana", mark) == ""


def test_accounts_of_two_folders_know_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = staff_in(tmp_path / "one"), staff_in(tmp_path / "other")
    one.add()
    assert other.accounts.all() == []
