"""Numbers for reports: small ones stay in memory, and nothing says two things of one person."""

from __future__ import annotations

import datetime
import json
import multiprocessing
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import DataError
from bot.handoff.counts import SMALLEST, Counts, read_counts
from bot.handoff.life import Ending, Handoff, Point, State

ENDED = Handoff(State.ENDED, "vi", "sms", ending=Ending.CLOSED, points=(Point("topic", "rights_pay"), Point("topic", "find_shelter")))


def november() -> datetime.date:
    return datetime.date(2026, 11, 22)


def counted(file: Path, times: int, handoff: Handoff = ENDED) -> Counts:
    counts = Counts(file, november)
    for _ in range(times):
        counts.ended(handoff)
    counts.write()
    return counts


def test_a_number_that_could_be_one_person_is_not_written(tmp_path: Path) -> None:
    counted(tmp_path / "counts.json", SMALLEST - 1)
    assert not (tmp_path / "counts.json").exists()


def test_from_there_on_it_is_written_kind_by_kind(tmp_path: Path) -> None:
    counted(tmp_path / "counts.json", SMALLEST)
    assert read_counts(tmp_path / "counts.json") == {
        ("2026-11", "ended", "closed"): SMALLEST,
        ("2026-11", "locale", "vi"): SMALLEST,
        ("2026-11", "topic", "rights_pay"): SMALLEST,
        ("2026-11", "topic", "find_shelter"): SMALLEST,
    }


def test_what_is_written_rises_in_steps_that_hide_one_person(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    counts = counted(file, SMALLEST)
    counts.ended(ENDED)
    counts.write()
    assert read_counts(file)[("2026-11", "locale", "vi")] == SMALLEST
    for _ in range(SMALLEST - 1):
        counts.ended(ENDED)
    counts.write()
    assert read_counts(file)[("2026-11", "locale", "vi")] == 2 * SMALLEST


def test_who_declined_is_counted_and_nothing_else_of_it(tmp_path: Path) -> None:
    counted(tmp_path / "counts.json", SMALLEST, replace(ENDED, ending=Ending.DECLINED))
    assert read_counts(tmp_path / "counts.json") == {("2026-11", "ended", "declined"): SMALLEST}


@pytest.mark.parametrize(("seconds", "value"), ((0, "under 1 min"), (61, "under 2 min"), (599, "under 10 min"), (7200, "20 min or more")))
def test_waits_are_counted_by_their_length(tmp_path: Path, seconds: float, value: str) -> None:
    counts = Counts(tmp_path / "counts.json", november)
    for _ in range(SMALLEST):
        counts.waited(seconds)
    counts.write()
    assert read_counts(tmp_path / "counts.json") == {("2026-11", "waited", value): SMALLEST}


def _count_in_a_process(file: Path) -> None:
    for _ in range(20):
        counted(file, SMALLEST)


def test_several_workers_write_into_one_file(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    workers = [multiprocessing.get_context("spawn").Process(target=_count_in_a_process, args=(file,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert read_counts(file)[("2026-11", "ended", "closed")] == 2 * 20 * SMALLEST


def test_other_accounts_may_not_read_it(tmp_path: Path) -> None:
    counted(tmp_path / "counts.json", SMALLEST)
    assert stat.S_IMODE((tmp_path / "counts.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ("{", "[1]", json.dumps([["2026-11", "locale", "vi", "many"]])))
def test_a_broken_file_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "counts.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(DataError, match="Move it away"):
        counted(file, SMALLEST)
    assert file.read_text() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        counted(tmp_path / "file" / "counts.json", SMALLEST)
