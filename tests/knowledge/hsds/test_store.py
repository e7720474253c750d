"""Imports: all or nothing, joined or replaced, nothing hidden on the disk; and the operator's commands."""

from __future__ import annotations

import argparse
import datetime
import errno
import itertools
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from bot import editions
from bot.editions import Editions
from bot.errors import DataError
from bot.knowledge.directory import HELPLINES
from bot.knowledge.hsds import replacing, store
from bot.knowledge.hsds.command import add_to
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.package import Package, Row, read_package, write_package
from bot.knowledge.hsds.store import export, install, installed, stale
from bot.knowledge.hsds.validation import validate
from bot.knowledge.local_services import LOCAL, prepare, services
from tests.knowledge.hsds.samples import EXAMPLES, ILAO, OHANA, one_service, package_of


def snapshot(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def written(package: Package, path: Path) -> Path:
    write_package(package, path)
    return path


def names(folder: Path) -> list[str]:
    package = installed(folder)
    assert package
    return [service.name for service in services_of(package)]


def test_an_import_is_reported_and_can_be_read_without_naming_the_country_again(tmp_path: Path) -> None:
    report = install(ILAO, tmp_path / "d", country="US")
    assert report.installed and report.rows["services"] == report.services == 429
    assert 10 < report.concealed < 429 and report.by_kind["missing"] > 1000
    package = installed(tmp_path / "d")
    assert package and len(services_of(package)) == 429
    assert [file.name for file in tmp_path.iterdir()] == ["d"]


def test_an_import_replaces_what_is_there(tmp_path: Path) -> None:
    install(OHANA, tmp_path / "d")
    install(EXAMPLES / "csv", tmp_path / "d")
    assert names(tmp_path / "d") == ["Community Counselling"]


def test_an_import_can_join_what_is_there(tmp_path: Path) -> None:
    install(OHANA, tmp_path / "d")
    report = install(EXAMPLES / "service_full.json", tmp_path / "d", join=True)
    assert report.services == 22 and report.replaced == 0
    assert install(EXAMPLES / "csv", tmp_path / "d", join=True).replaced == 1
    assert names(tmp_path / "d").count("Community Counselling") == 1 and len(names(tmp_path / "d")) == 22


def test_joining_replaces_by_name_and_number_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    install(written(one_service(), tmp_path / "one.zip"), tmp_path / "d")
    other = package_of(
        services=[{"id": "n1", "name": "ADVICE", "status": "active", "url": "https://new.example.org"}],
        phones=[{"id": "n2", "service_id": "n1", "number": "+1 312 341 1070"}],
    )
    assert install(written(other, tmp_path / "two.zip"), tmp_path / "d", join=True, country="US").replaced == 1
    package = installed(tmp_path / "d")
    assert package and [row.get("id") for row in package.rows("services")] == ["n1"]
    assert [row.get("id") for row in package.rows("phones")] == ["n2"]


def test_joining_keeps_rows_of_others_whose_ids_are_counted_from_one(tmp_path: Path) -> None:
    install(written(one_service(), tmp_path / "one.zip"), tmp_path / "d")
    other = package_of(
        services=[{"id": "s9", "name": "Other advice", "status": "active"}],
        phones=[{"id": "p1", "service_id": "s9", "number": "312 341 1079"}],
    )
    install(written(other, tmp_path / "two.zip"), tmp_path / "d", join=True, country="US")
    package = installed(tmp_path / "d")
    assert package and sorted(service.phone for service in services_of(package)) == ["312-341-1070", "312-341-1079"]


def test_joining_two_sources_that_mean_others_by_the_same_ids_is_refused(tmp_path: Path) -> None:
    install(written(one_service(), tmp_path / "one.zip"), tmp_path / "d")
    before = snapshot(tmp_path / "d")
    with pytest.raises(DataError, match="Most of its ids"):
        install(written(one_service(name="Quite another"), tmp_path / "two.zip"), tmp_path / "d", join=True)
    assert snapshot(tmp_path / "d") == before


def test_what_a_new_directory_hides_is_hidden_in_the_old_one_too(tmp_path: Path) -> None:
    install(written(one_service(description="At 9 Plum Street."), tmp_path / "one.zip"), tmp_path / "d")
    shelter = one_service(name="Women's Shelter", id="s2")
    shelter.tables["service_at_location"] = [Row({"id": "sl2", "service_id": "s2", "location_id": "l1"})]
    shelter.tables["phones"] = [Row({"id": "p2", "service_id": "s2", "number": "312 341 1079"})]
    install(written(shelter, tmp_path / "two.zip"), tmp_path / "d", join=True)
    assert b"plum street" not in b"".join(snapshot(tmp_path / "d").values()).lower()


@pytest.mark.parametrize("package", (one_service(name=""), one_service(id="")), ids=("no name", "no id"))
def test_a_fault_that_stops_leaves_the_old_directory_untouched(package: Package, tmp_path: Path) -> None:
    install(OHANA, tmp_path / "d")
    before = snapshot(tmp_path / "d")
    text = "id,name,status\n" + ",".join(package.rows("services")[0].get(column) for column in ("id", "name", "status")) + "\n"
    (tmp_path / "services.csv").write_text(text)
    report = install(tmp_path / "services.csv", tmp_path / "d", country="US")
    assert not report.installed and any(fault.stops for fault in report.faults)
    assert snapshot(tmp_path / "d") == before


@pytest.mark.parametrize("step", ("write_package", "read_package", "replace_folder"))
def test_an_import_that_breaks_off_leaves_the_old_directory_untouched(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(OHANA, tmp_path / "d")
    before, calls = snapshot(tmp_path / "d"), 0
    real = getattr(store, step)

    def broken(*given: object) -> object:
        nonlocal calls
        calls += 1
        if step == "read_package" and calls == 1:
            return real(*given)  # the import itself; what it wrote cannot be read
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, step, broken)
    with pytest.raises(DataError, match="No space left"):
        install(EXAMPLES / "csv", tmp_path / "d")
    monkeypatch.undo()
    assert snapshot(tmp_path / "d") == before and [file.name for file in tmp_path.iterdir()] == ["d"]


def test_a_rename_that_fails_puts_the_old_directory_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(OHANA, tmp_path / "d")
    before, real = snapshot(tmp_path / "d"), Path.rename

    def rename(path: Path, to: Path) -> Path:
        if path.name == "directory":
            raise OSError(5, "Input/output error")
        return real(path, to)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(DataError, match="Input/output"):
        install(EXAMPLES / "csv", tmp_path / "d")
    assert snapshot(tmp_path / "d") == before


def _killed_at(step: int, path: Path, folder: Path) -> bool:
    """Imports in a process of its own, which is killed before its so-many-th act on files; whether there were so many."""
    child = os.fork()
    if child == 0:
        acts = itertools.count()

        def watch(event: str, given: tuple[object, ...]) -> None:
            changes = event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree") or (event == "open" and given[1] == "w")
            if changes and next(acts) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(watch)
            install(path, folder)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_an_import_that_is_killed_at_any_step_leaves_the_old_directory_or_the_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, project = EXAMPLES / "csv", tmp_path / "project"
    folder, aside = project / "data" / "directory" / "imported", tmp_path / "aside"
    install(OHANA, aside)
    old = names(aside)
    monkeypatch.setattr(editions, "ROOT", project)
    monkeypatch.setattr(editions, "MODELS", tmp_path / "models")
    monkeypatch.setattr(Editions, "_prepare", lambda self, root: None)
    monkeypatch.setattr(replacing, "_CUT_OFF", -1.0)
    found, waiting = [], 0
    for step in itertools.count():
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(aside, folder)
        (project / "locales").mkdir()
        if not _killed_at(step, new, folder):
            break
        waiting += not folder.exists()
        with Editions(tmp_path / "models") as services:
            edition = services.make(tmp_path / "no model")
            copied = names(edition.root / "data" / "directory" / "imported")
        found.append(names(folder))
        assert copied == found[-1] in (old, ["Community Counselling"])
        install(new, folder)
        assert [file.name for file in folder.parent.iterdir()] == ["imported"]
    assert waiting and found == sorted(found, key=lambda one: one != old) and len({len(one) for one in found}) == 2


def test_what_waits_beside_is_read_there_by_who_may_not_put_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(OHANA, tmp_path / "d")
    before = names(tmp_path / "d")
    (tmp_path / "d").rename(tmp_path / ".d.before")

    def refused(path: Path, to: Path) -> Path:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "rename", refused)
    assert names(tmp_path / "d") == before and not (tmp_path / "d").exists()
    index = prepare(tmp_path / "index.sqlite", (tmp_path / "d",))
    assert len(index) == len(before)
    monkeypatch.undo()
    assert names(tmp_path / "d") == before and (tmp_path / "d").exists()
    assert prepare(tmp_path / "index.sqlite", (tmp_path / "d",)).built_from == index.built_from


def test_nothing_hidden_is_on_the_disk_nor_in_an_export(tmp_path: Path) -> None:
    install(OHANA, tmp_path / "d")
    export(tmp_path / "d", tmp_path / "out.zip")
    shutil.unpack_archive(tmp_path / "out.zip", tmp_path / "out")
    for folder in (tmp_path / "d", tmp_path / "out"):
        left = b"".join(snapshot(folder).values()).lower()
        assert b"24 second avenue" not in left and b"409 south b street" not in left and b"2600 middlefield road" in left


def test_an_export_imports_as_the_same(tmp_path: Path) -> None:
    install(ILAO, tmp_path / "d", country="US")
    export(tmp_path / "d", tmp_path / "out.zip")
    install(tmp_path / "out.zip", tmp_path / "e")
    assert snapshot(tmp_path / "d") == snapshot(tmp_path / "e")


def test_without_an_import_there_is_nothing(tmp_path: Path) -> None:
    assert installed(tmp_path / "d") is None
    with pytest.raises(DataError, match="No directory was imported"):
        export(tmp_path / "d", tmp_path / "out.zip")


def test_stale_names_what_nobody_verified_lately() -> None:
    today = datetime.date(2026, 11, 22)
    known = [
        services_of(one_service(assured_date=checked), today=today)[0]
        for checked in ("2026-11-20", "2026-01-01", "", "2099-01-01", "2025-01-01")
    ]
    found = [service.checked_on for service in stale(known, today, 180)]
    assert found == [None, None, datetime.date(2025, 1, 1), datetime.date(2026, 1, 1)]  # a date to come is none
    assert datetime.date(2026, 11, 20) in [service.checked_on for service in stale(known, today, 1)]


# The commands


def helpline(folder: Path, *arguments: str) -> int:
    parser = argparse.ArgumentParser()
    add_to(parser.add_subparsers(), folder)
    options = parser.parse_args(["directory", *arguments])
    return int(options.run(options))


def test_import_and_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert helpline(tmp_path / "d", "import", str(ILAO), "--country", "us") == 0
    said = capsys.readouterr().out
    assert "Read 4,605 rows" in said and "429 services" in said and "missing 4," in said and len(said.splitlines()) == 3
    assert helpline(tmp_path / "d", "import", str(OHANA), "--join") == 0
    assert "450 services" in capsys.readouterr().out
    assert helpline(tmp_path / "d", "export", "--imported", str(tmp_path / "out.zip")) == 0
    assert len(read_package(tmp_path / "out.zip").rows("services")) == 452


def test_an_export_holds_ours_and_what_was_imported_and_nothing_twice(tmp_path: Path) -> None:
    assert helpline(tmp_path / "d", "export", str(tmp_path / "ours.zip")) == 0
    ours = read_package(tmp_path / "ours.zip")
    assert not [fault for fault in validate(ours) if fault.stops]
    assert len(ours.rows("services")) == len(services((HELPLINES, LOCAL)))
    helpline(tmp_path / "d", "import", str(EXAMPLES / "csv"))
    assert helpline(tmp_path / "d", "export", str(tmp_path / "all.zip")) == 0
    brought = read_package(EXAMPLES / "csv").rows("services")
    assert len(read_package(tmp_path / "all.zip").rows("services")) == len(ours.rows("services")) + len(brought)
    # What was exported and comes back replaces what is here.
    assert helpline(tmp_path / "d", "import", str(tmp_path / "all.zip")) == 0
    assert len(services((HELPLINES, LOCAL, tmp_path / "d"))) == len(ours.rows("services")) + len(brought)


def test_an_export_holds_a_service_of_ours_that_was_imported_under_another_id_once(tmp_path: Path) -> None:
    line = one_service(name="Trafficking help")
    line.tables["phones"] = [Row({"id": "p1", "service_id": "s1", "number": "+1 888 373 7888", "type": "hotline"})]
    install(written(line, tmp_path / "one.zip"), tmp_path / "d")
    assert helpline(tmp_path / "d", "export", str(tmp_path / "all.zip")) == 0
    exported = read_package(tmp_path / "all.zip")
    assert len(exported.rows("services")) == len(services((HELPLINES, LOCAL)))
    assert [row.get("name") for row in exported.rows("services") if "traffick" in row.get("name").lower()].count("Trafficking help") == 1
    assert "National Human Trafficking Hotline" not in {row.get("name") for row in exported.rows("services")}


def test_faults_that_stop_end_with_1_and_name_the_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "services.csv").write_text("id,name,status,url\n1,,active,https://a.example.org\n")
    for command in ("import", "validate"):
        assert helpline(tmp_path / "d", command, str(tmp_path / "services.csv"), "--country", "US") == 1
        assert "STOP  services.csv row 2 name: The name is missing." in capsys.readouterr().out
    assert not (tmp_path / "d").exists()


def test_validate_names_every_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert helpline(tmp_path / "d", "validate", str(EXAMPLES / "csv")) == 0
    said = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("look  ") for line in said) == 9 and said[-1].endswith("It can be imported.")
    assert any(line.startswith("look  locations.csv row 2 latitude: ") for line in said)


@pytest.mark.parametrize("arguments", (("import", "no-such.zip"), ("validate", __file__), ("export", "--imported", "x.zip")), ids=str)
def test_what_cannot_be_read_ends_with_2_and_one_line(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert helpline(tmp_path / "d", *arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1 and said.err.startswith("helpline: ")


def test_stale_lists_what_must_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    helpline(tmp_path / "d", "import", str(EXAMPLES / "csv"))
    assert helpline(tmp_path / "d", "stale", "--days", "30") == 0
    said = capsys.readouterr().out.splitlines()
    (mine,) = [line for line in said if "ac148810" in line]
    assert mine.startswith("checked 2005-01-01; not confirmed by a second source: ")
    assert any("1-888-373-7888 (us-national-human-trafficking-hotline)" in line for line in said)
    assert any(line.startswith("    look first: ") for line in said)


def test_stale_names_the_least_certain_first_and_one_country_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert helpline(tmp_path / "d", "stale", "--country", "gb") == 0
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("never checked; ")]
    confirmed = ["; two sources" in line for line in said]
    assert confirmed == sorted(confirmed) and {True, False} <= set(confirmed)
    assert all(": GB " in line for line in said)


@pytest.mark.parametrize("wrong", (("import", "x", "--country", "USA"), ("stale", "--days", "soon"), ("forget",)), ids=str)
def test_wrong_arguments_are_explained(wrong: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as refused:
        helpline(tmp_path, *wrong)
    assert refused.value.code == 2
