"""The log of the staff: what is in it, that nothing of it can be changed unseen, and that no crash or full disk breaks it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.desk.accounts import OPERATOR, SERVICE, UNKNOWN
from bot.desk.audit import Act, Audit, Row, read_rows, verify
from bot.errors import StaffFilesUnavailable
from bot.paths import ROOT

from .staff import Clock

ACTS = (Act.SIGNED_IN, Act.CLAIMED, Act.TRANSFERRED, Act.CLOSED, Act.SIGNED_OUT, Act.WIPED)


class Log:
    """A log with a row for each of `ACTS`, and what somebody may do to its files."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.path, self.head = folder / "staff" / "audit.jsonl", folder / "audit.head"
        self.audit = Audit(self.path, self.head, clock)
        for act in ACTS:
            self.audit.note("ana", act)

    @property
    def lines(self) -> list[bytes]:
        return self.path.read_bytes().splitlines(keepends=True)

    def put(self, *lines: bytes) -> None:
        self.path.write_bytes(b"".join(lines))

    def faults(self) -> list[str]:
        return verify(self.path, self.head)

    def acts(self) -> list[Act]:
        return [row.act for row in read_rows(self.path, self.head)]

    def row(self, number: int) -> Row:
        return read_rows(self.path, self.head)[number - 1]


@pytest.fixture
def log(tmp_path: Path, clock: Clock) -> Log:
    return Log(tmp_path, clock)


# What is in it


def test_a_log_that_nobody_touched_has_no_faults(log: Log) -> None:
    assert log.faults() == []
    assert log.acts() == list(ACTS)
    assert [row.number for row in read_rows(log.path, log.head)] == [1, 2, 3, 4, 5, 6]


def test_a_log_that_was_never_written_has_no_faults_and_is_not_made_by_looking(tmp_path: Path) -> None:
    path, head = tmp_path / "staff" / "audit.jsonl", tmp_path / "audit.head"
    assert verify(path, head) == [] and read_rows(path, head) == []
    assert not list(tmp_path.iterdir())


def test_a_row_holds_who_what_and_the_hour_and_nothing_else(log: Log) -> None:
    log.audit.note(OPERATOR, Act.ACCOUNT_ADDED, "bob")
    written = [json.loads(line) for line in log.lines]
    assert all(set(row) == {"number", "hour", "actor", "act", "account", "times", "before", "hash"} for row in written)
    first, last = written[0], written[-1]
    assert (first["hour"], first["actor"], first["act"], first["account"], first["times"]) == ("2026-02-17T12", "ana", "signed_in", "", 1)
    assert (last["actor"], last["act"], last["account"]) == ("operator", "account_added", "bob")


def test_the_hour_is_rounded_down(log: Log, clock: Clock) -> None:
    for passed, hour in ((3599.9, "2026-02-17T12"), (0.1, "2026-02-17T13"), (11 * 3600, "2026-02-18T00")):
        clock.now += passed
        log.audit.note("ana", Act.LOCKED)
        assert log.row(len(log.lines)).hour == hour


def test_nobody_else_on_the_machine_can_read_it(log: Log) -> None:
    assert log.path.stat().st_mode & 0o777 == 0o600
    assert log.head.stat().st_mode & 0o777 == 0o600
    log.path.chmod(0o644)
    with pytest.raises(StaffFilesUnavailable, match="chmod 600"):
        log.audit.note("ana", Act.LOCKED)


@pytest.mark.parametrize("typed", ("", "Ana", "my password!", "a b", "x" * 33, "ana\n", "\ud83d"))
def test_what_somebody_typed_never_gets_into_it(log: Log, typed: str) -> None:
    before = log.lines
    with pytest.raises(ValueError, match="no sign-in name"):
        log.audit.note(typed, Act.SIGN_IN_REFUSED)
    if typed:
        with pytest.raises(ValueError, match="no sign-in name"):
            log.audit.note(OPERATOR, Act.ACCOUNT_ADDED, typed)
    assert log.lines == before


def test_a_row_is_hashed_over_everything_in_it(log: Log) -> None:
    row = log.row(3)
    for other in (
        replace(row, number=4),
        replace(row, hour="2026-02-17T13"),
        replace(row, actor="bob"),
        replace(row, act=Act.WIPED),
        replace(row, account="bob"),
        replace(row, times=2),
        replace(row, before="0" * 64),
    ):
        assert other.sealed().hash != row.hash == row.sealed().hash


# What cannot be done unseen


def _altered(line: bytes) -> bytes:
    return line.replace(b'"ana"', b'"bob"')


def _forged(line: bytes) -> bytes:
    """Altered by somebody who knows how rows are hashed."""
    return Row(**{**json.loads(line), "actor": "bob"}).sealed().line()


TAMPERED: dict[str, tuple[Callable[[Log, list[bytes]], object], list[str]]] = {
    "altered": (
        lambda log, lines: log.put(*lines[:2], _altered(lines[2]), *lines[3:]),
        ["Row 3 was altered: it does not fit its own hash."],
    ),
    "the last altered": (
        lambda log, lines: log.put(*lines[:5], _altered(lines[5])),
        ["Row 6 was altered: it does not fit its own hash."],
    ),
    "forged": (
        lambda log, lines: log.put(*lines[:2], _forged(lines[2]), *lines[3:]),
        ["Row 4 does not follow from the row before it: one of them was altered."],
    ),
    "the first forged": (
        lambda log, lines: log.put(_forged(lines[0]), *lines[1:]),
        ["Row 2 does not follow from the row before it: one of them was altered."],
    ),
    "the last forged": (
        lambda log, lines: log.put(*lines[:5], _forged(lines[5])),
        ["Row 6 is not the one that the head names: one of them was altered."],
    ),
    "no row any more": (
        lambda log, lines: log.put(*lines[:2], b"{}\n", *lines[3:]),
        ["Line 3 holds no row: it was altered.", "Row 3 is missing."],
    ),
    "taken out": (lambda log, lines: log.put(*lines[:2], *lines[3:]), ["Row 3 is missing."]),
    "several taken out": (lambda log, lines: log.put(*lines[:1], *lines[4:]), ["Rows 2 to 4 are missing."]),
    "the first taken out": (lambda log, lines: log.put(*lines[1:]), ["Row 1 is missing."]),
    "exchanged": (
        lambda log, lines: log.put(*lines[:2], lines[3], lines[2], *lines[4:]),
        ["Row 3 stands behind row 4: they are out of order."],
    ),
    "there twice": (lambda log, lines: log.put(*lines[:3], *lines[2:]), ["Row 3 is there 2 times."]),
    "cut off": (lambda log, lines: log.put(*lines[:5]), ["Row 6 is cut off at the end."]),
    "many cut off": (lambda log, lines: log.put(*lines[:2]), ["Rows 3 to 6 are cut off at the end."]),
    "all cut off": (lambda log, lines: log.put(), ["Rows 1 to 6 are cut off at the end."]),
    "the log gone": (lambda log, lines: log.path.unlink(), ["Rows 1 to 6 are cut off at the end."]),
    "torn": (
        lambda log, lines: log.put(*lines[:5], lines[5][:40]),
        ["The last line is torn: the machine stopped while it was written, or somebody cut it.", "Row 6 is cut off at the end."],
    ),
    "added": (
        lambda log, lines: log.put(*lines, Row(7, "2026-02-17T12", "ana", Act.CLOSED, before=log.row(6).hash).sealed().line()),
        ["Row 7 is not in the head: the machine stopped before that, or somebody added it."],
    ),
    "another head": (
        lambda log, lines: log.head.write_text(json.dumps({"number": 6, "hash": "0" * 64})),
        ["Row 6 is not the one that the head names: one of them was altered."],
    ),
    "a head put back": (
        lambda log, lines: log.head.write_text(json.dumps({"number": 3, "hash": log.row(3).hash})),
        ["Rows 4 to 6 are not in the head: somebody added rows."],
    ),
    "a head put forward": (
        lambda log, lines: log.head.write_text(json.dumps({"number": 9, "hash": "0" * 64})),
        ["Rows 7 to 9 are cut off at the end."],
    ),
    "no head": (
        lambda log, lines: log.head.unlink(),
        ["The head is missing or damaged: whether rows were cut off at the end cannot be told."],
    ),
    "a damaged head": (
        lambda log, lines: log.head.write_text('{"number": "6"'),
        ["The head is missing or damaged: whether rows were cut off at the end cannot be told."],
    ),
}


@pytest.mark.parametrize(("tamper", "faults"), TAMPERED.values(), ids=TAMPERED.keys())
def test_whatever_is_done_to_it_is_found(log: Log, tamper: Callable[[Log, list[bytes]], object], faults: list[str]) -> None:
    tamper(log, log.lines)
    assert log.faults() == faults


@pytest.mark.parametrize(
    "line", (b"", b"null", b"[]", b"\xff", b"[" * 5000, b'{"number":1}', b'{"act":"invented"}', b"\x00" * 4000), ids=lambda line: line[:8]
)
def test_any_bytes_can_stand_in_it(log: Log, line: bytes) -> None:
    log.put(*log.lines, line + b"\n")
    assert log.faults() == ["Line 7 holds no row: it was altered."]


def _row_with(row: Row, **values: object) -> bytes:
    return json.dumps({**json.loads(row.line()), **values}).encode() + b"\n"


@pytest.mark.parametrize(
    "values",
    (
        {"hour": "2026-02-17T12:34:56"},
        {"actor": "Ana <b>"},
        {"actor": "\x1b[2J"},
        {"act": "invented"},
        {"case": "x"},
        {"number": True},
        {"number": 0},
    ),
    ids=str,
)
def test_what_a_row_can_never_be_is_none(log: Log, values: dict[str, object]) -> None:
    log.put(*log.lines[:5], _row_with(log.row(6), **values))
    assert log.faults() == ["Line 6 holds no row: it was altered.", "Row 6 is cut off at the end."]


@pytest.mark.parametrize("name", [name for name in TAMPERED if name not in ("torn", "added")])
def test_going_on_after_somebody_tampered_hides_nothing(log: Log, name: str) -> None:
    tamper, faults = TAMPERED[name]
    tamper(log, log.lines)
    for act in (Act.SIGNED_IN, Act.CLAIMED):
        log.audit.note("ana", act)
    assert log.acts()[-2:] == [Act.SIGNED_IN, Act.CLAIMED]
    found = log.faults()
    assert found, "the log looks as if nothing had been done to it"
    if Act.LOG_BROKEN in log.acts():
        (number,) = (row.number for row in read_rows(log.path, log.head) if row.act is Act.LOG_BROKEN)
        said = f"Row {number} says: when the service came to write it, the log did not fit its head, or there was no head."
        assert said in found
    else:
        assert found == faults  # something in the middle, which nobody looks at in passing


def test_a_log_that_was_cut_goes_on_behind_its_head(log: Log) -> None:
    log.put(*log.lines[:2])
    log.audit.note("bob", Act.SIGNED_IN)
    assert [row.number for row in read_rows(log.path, log.head)] == [1, 2, 7, 8]
    assert log.acts()[2:] == [Act.LOG_BROKEN, Act.SIGNED_IN]


def test_a_log_without_a_head_goes_on_behind_its_last_row(log: Log) -> None:
    log.head.unlink()
    log.audit.note("bob", Act.SIGNED_IN)
    assert [row.number for row in read_rows(log.path, log.head)] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert log.acts()[6:] == [Act.LOG_BROKEN, Act.SIGNED_IN]
    assert len(log.faults()) == 1


# What may happen


def test_a_torn_row_is_mended_and_the_mending_is_told(log: Log) -> None:
    with log.path.open("ab") as file:
        file.write(log.lines[0][:100])
    assert log.faults() == ["The last line is torn: the machine stopped while it was written, or somebody cut it."]
    log.audit.note("bob", Act.SIGNED_IN)
    assert log.faults() == []
    assert log.acts() == [*ACTS, Act.LOG_MENDED, Act.SIGNED_IN]
    assert log.row(7).actor == SERVICE


def test_a_row_that_came_before_its_head_is_taken_and_that_is_told(log: Log) -> None:
    before = log.head.read_bytes()
    log.audit.note("ana", Act.ALERTED)
    log.head.write_bytes(before)  # as when the machine stops between the two
    assert log.faults() == ["Row 7 is not in the head: the machine stopped before that, or somebody added it."]
    log.audit.note("bob", Act.SIGNED_IN)
    assert log.faults() == []
    assert log.acts() == [*ACTS, Act.ALERTED, Act.LOG_MENDED, Act.SIGNED_IN]


def test_a_torn_first_row_is_mended(tmp_path: Path, clock: Clock) -> None:
    log = Log(tmp_path, clock)
    log.put(log.lines[0][:50])
    log.head.write_text(json.dumps({"number": 0, "hash": "0" * 64}))
    log.audit.note("bob", Act.SIGNED_IN)
    assert log.faults() == [] and log.acts() == [Act.LOG_MENDED, Act.SIGNED_IN]


def test_a_torn_row_among_rows_that_were_cut_off_is_kept_to_be_looked_at(log: Log) -> None:
    tamper, _ = TAMPERED["torn"]
    tamper(log, log.lines)
    torn = log.lines[-1]
    log.audit.note("bob", Act.SIGNED_IN)
    assert torn + b"\n" in log.lines
    assert "Line 6 holds no row: it was altered." in log.faults() and "Row 6 is missing." in log.faults()


WRITER = """
import sys
from pathlib import Path
from bot.desk.audit import Act, Audit

audit = Audit(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
for _ in range(int(sys.argv[3])):
    audit.note(sys.argv[4], Act.CLAIMED)
"""


def writer(log: Log, rows: int, actor: str) -> subprocess.Popen[bytes]:
    """A process that writes rows."""
    command = [sys.executable, "-c", WRITER, str(log.path), str(log.head), str(rows), actor]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE)


def test_processes_and_threads_write_at_once(log: Log) -> None:
    processes = [writer(log, 100, name) for name in ("bob", "carol")]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: log.audit.note("ana", Act.LOCKED), range(50)))
    assert [process.wait(60) for process in processes] == [0, 0]
    assert log.faults() == []
    actors = [row.actor for row in read_rows(log.path, log.head)]
    assert {name: actors.count(name) for name in set(actors)} == {"ana": len(ACTS) + 50, "bob": 100, "carol": 100}


def test_who_looks_while_others_write_sees_no_fault(log: Log) -> None:
    process = writer(log, 300, "bob")
    while process.poll() is None:
        assert log.faults() == []
    assert process.returncode == 0


def test_a_process_that_is_killed_while_it_writes_leaves_nothing_that_is_not_mended(log: Log) -> None:
    for delay in range(4):
        process = writer(log, 100_000, "bob")
        assert process.stdout and process.stdout.readline() == b"ready\n"
        while len(log.lines) < 50 * (delay + 1):
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        log.audit.note("ana", Act.SIGNED_IN)
        assert log.faults() == []


LIMITED = """
import resource, signal, sys
from pathlib import Path
from bot.desk.audit import Act, Audit
from bot.errors import StaffFilesUnavailable

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path, head = Path(sys.argv[1]), Path(sys.argv[2])
room = path.stat().st_size + 150
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
try:
    Audit(path, head).note("bob", Act.CLAIMED)
except StaffFilesUnavailable as error:
    print(error)
"""


def test_where_there_is_no_room_for_a_row_nothing_of_it_is_there_and_that_is_told(log: Log) -> None:
    before = log.path.read_bytes(), log.head.read_bytes()
    command = [sys.executable, "-c", LIMITED, str(log.path), str(log.head)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True)
    assert "cannot be read or written (File too large)" in done.stdout and done.stdout.endswith("account.\n")
    assert (log.path.read_bytes(), log.head.read_bytes()) == before
    log.audit.note("ana", Act.SIGNED_IN)
    assert log.faults() == []


def test_where_the_head_cannot_be_written_nothing_of_the_row_is_there(log: Log) -> None:
    before = log.path.read_bytes()
    log.head.with_name("audit.head.part").mkdir()
    with pytest.raises(StaffFilesUnavailable, match=r"audit\.head cannot be read or written"):
        log.audit.note("ana", Act.SIGNED_IN)
    assert log.path.read_bytes() == before and log.faults() == []


def test_a_disk_of_the_head_that_is_not_there_is_told(tmp_path: Path, clock: Clock) -> None:
    audit = Audit(tmp_path / "staff" / "audit.jsonl", tmp_path / "disk" / "audit.head", clock)
    with pytest.raises(StaffFilesUnavailable, match=r"audit\.head cannot be read or written \(No such file or directory\)"):
        audit.note("ana", Act.SIGNED_IN)
    assert not (tmp_path / "disk").exists()


def test_refused_sign_ins_do_not_fill_the_disk(log: Log, clock: Clock) -> None:
    for _ in range(1500):
        log.audit.note(UNKNOWN, Act.SIGN_IN_REFUSED)
    log.audit.note("ana", Act.SIGN_IN_REFUSED)
    log.audit.note("ana", Act.UNLOCK_REFUSED)
    clock.now += 3600
    log.audit.note(UNKNOWN, Act.SIGN_IN_REFUSED)
    rows = read_rows(log.path, log.head)[len(ACTS) :]
    assert [row.times for row in rows if row.actor == UNKNOWN] == [1, 2, 3, 10, 100, 1000, 1]
    assert [(row.act, row.times) for row in rows if row.actor == "ana"] == [(Act.SIGN_IN_REFUSED, 1), (Act.UNLOCK_REFUSED, 1)]
    assert log.faults() == []
