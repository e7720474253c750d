"""Reading and writing: every layout becomes the same tables; what is no directory, or a trap, is refused in one sentence."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.errors import DataError
from bot.knowledge.hsds import sources
from bot.knowledge.hsds.package import Package, read_package, write_package
from bot.knowledge.hsds.tables import SCHEMA, tables
from tests.knowledge.hsds.samples import ALL, EXAMPLES, HSDS, ILAO, NEWER, OHANA

every_sample = pytest.mark.parametrize("path", ALL, ids=lambda path: "/".join(path.parts[-2:]))


def without_ids(package: Package) -> dict[str, list[dict[str, str]]]:
    return {table: [row.values for row in rows] for table, rows in package.tables.items()}


def zip_of(path: Path, **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_csv", ".csv").replace("_json", ".json"), text)
    return path


def folder_of(path: Path, **files: str | bytes) -> Path:
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# What others made


def test_the_official_tables_are_read_as_they_stand() -> None:
    package = read_package(EXAMPLES / "csv")
    for table in (table for table in tables().values() if (EXAMPLES / "csv" / table.file).exists()):
        with (EXAMPLES / "csv" / table.file).open(encoding="utf-8", newline="") as file:
            there = [{name: value.strip() for name, value in row.items() if value} for row in csv.DictReader(file)]
        assert [row.values for row in package.rows(table.name)] == there
    assert len(package) == 21


@pytest.mark.parametrize("name", ("service_full", "organization_full"))
def test_nested_json_holds_the_same_links_as_the_tables(name: str) -> None:
    """The official examples say the same thing in both forms; the tables' own broken links are mended in the nested one."""
    nested = read_package(EXAMPLES / f"{name}.json")
    assert {table: len(rows) for table, rows in nested.tables.items()} == {
        table: 1 for table in read_package(EXAMPLES / "csv").tables if table != "meta_table_descriptions"
    }
    service, location = nested.rows("services")[0].get("id"), nested.rows("locations")[0].get("id")
    language = nested.rows("languages")[0]
    assert (language.get("location_id"), language.get("phone_id")) == (location, nested.rows("phones")[0].get("id"))
    link = nested.rows("service_at_location")[0]
    assert (link.get("service_id"), link.get("location_id")) == (service, location)
    assert nested.rows("services")[0].get("organization_id") == nested.rows("organizations")[0].get("id")
    assert nested.rows("attributes")[0].get("taxonomy_term_id") == nested.rows("taxonomy_terms")[0].get("id")


def test_tabular_json_is_the_same_as_csv() -> None:
    assert without_ids(read_package(EXAMPLES / "tabular.json")) == without_ids(read_package(EXAMPLES / "csv"))


def test_a_page_of_an_api_and_a_list_are_read(tmp_path: Path) -> None:
    page = json.loads((EXAMPLES / "service_list.json").read_text())
    (tmp_path / "list.json").write_text(json.dumps(page["contents"] + page["contents"]))
    for path in (EXAMPLES / "service_list.json", tmp_path / "list.json"):
        package = read_package(path)
        assert {table: len(rows) for table, rows in package.tables.items()} == {"organizations": 1, "programs": 1, "services": 1}
        assert package.rows("services")[0].get("program_id") == package.rows("programs")[0].get("id")


def test_a_row_of_json_remembers_its_place() -> None:
    package = read_package(EXAMPLES / "service_full.json")
    address = package.rows("addresses")[0]
    assert address.file.endswith("service_full.json#/service_at_locations/0/location/addresses/0") and address.number == 1


def test_tables_that_only_3_1_has_are_kept() -> None:
    for path in (NEWER / "csv", NEWER / "service_full.json"):
        package = read_package(path)
        assert package.rows("urls")[0].get("url") == "https://example.org"
        assert len(package.rows("units")) == len(package.rows("service_capacity")) == 1
        assert not package.left_out


def test_the_directory_of_illinois_is_read_whole() -> None:
    package = read_package(ILAO)
    assert {table: len(rows) for table, rows in package.tables.items()} == {
        "organizations": 33,
        "services": 429,
        "service_at_location": 611,  # 520 rows, some of which list several services
        "locations": 520,
        "phones": 520,
        "schedules": 2492,
    }
    schedule = package.rows("schedules")[1]
    assert (schedule.get("byday"), schedule.get("freq"), schedule.get("opens_at")) == ("MO", "WEEKLY", "9:00")
    assert sum(row.get("eligibility_description") == "Federal Poverty Level" for row in package.rows("services")) > 50
    walk_in = next(row for row in package.rows("services") if row.get("id") == "132741")
    assert "\n" in walk_in.get("application_process") and walk_in.number == 3


def test_the_layout_of_2013_is_translated() -> None:
    package = read_package(OHANA)
    rows = {table: len(rows) for table, rows in package.tables.items()}
    assert (rows["services"], rows["service_at_location"], rows["locations"], rows["taxonomy_terms"]) == (23, 23, 22, 290)
    assert {row.get("name") for row in package.rows("languages") if row.get("location_id") == "1"} == {"Spanish", "Tagalog"}
    passports = next(row for row in package.rows("services") if row.get("name") == "Passport Photos")
    assert passports.get("url") == "http://www.example.com" and passports.get("organization_id") == "8"
    assert {row.get("address_type") for row in package.rows("addresses")} == {"", "postal"}
    terms = {row.get("taxonomy_term_id") for row in package.rows("attributes") if row.get("link_id") == "22"}
    assert "108-05-01" in terms and package.by_id("taxonomy_terms")["108-05-01"].get("name")
    assert {row.get("location_type") for row in package.rows("locations")} == {"physical", "virtual"}


# Writing


@every_sample
def test_what_is_written_is_read_back_and_is_the_same_each_time(path: Path, tmp_path: Path) -> None:
    package = read_package(path)
    write_package(package, tmp_path / "folder")
    write_package(package, tmp_path / "one.zip")
    write_package(read_package(tmp_path / "one.zip"), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    again = read_package(tmp_path / "folder")
    assert without_ids(again) == without_ids(read_package(tmp_path / "one.zip"))
    for table, rows in package.tables.items():
        had = {json.dumps({key: value for key, value in row.values.items() if key != "id"}, sort_keys=True) for row in rows}
        has = {json.dumps({key: value for key, value in row.values.items() if key != "id"}, sort_keys=True) for row in again.rows(table)}
        assert had == has
        assert len({row.get("id") for row in again.rows(table)}) == len(again.rows(table))


def test_the_data_package_describes_the_files(tmp_path: Path) -> None:
    write_package(read_package(EXAMPLES / "csv"), tmp_path)
    about = json.loads((tmp_path / "datapackage.json").read_text())
    official = json.loads((EXAMPLES / "csv" / "datapackage.json").read_text())
    assert {one["name"]: one["path"] for one in about["resources"]} == {one["name"]: one["path"] for one in official["resources"]}
    for one in about["resources"]:
        with (tmp_path / one["path"]).open(encoding="utf-8") as file:
            assert next(csv.reader(file)) == [field["name"] for field in one["schema"]["fields"]]
    theirs = {one["name"]: one["schema"].get("foreignKeys", []) for one in official["resources"]}
    for one in about["resources"]:
        for key in theirs[one["name"]]:
            assert key in one["schema"]["foreignKeys"]


@pytest.mark.parametrize("name", ("service", "organization", "location", "phone", "schedule", "address"))
def test_written_rows_fit_the_official_schemas(name: str, tmp_path: Path) -> None:
    write_package(read_package(EXAMPLES / "csv"), tmp_path)
    schema = json.loads((EXAMPLES.parent / "schema" / f"{name}.json").read_text())
    numbers = {column for column, about in schema["properties"].items() if about.get("type") == "number"}
    with (tmp_path / schema["path"]).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values: dict[str, Any] = {key: float(value) if key in numbers else value for key, value in row.items() if value}
            flat = {**schema, "properties": {k: v for k, v in schema["properties"].items() if v.get("type") not in (None, "array")}}
            jsonschema.Draft202012Validator(flat).validate(values)


# Files as people save them


HEAD = "id,organization_id,name,status\n"


@pytest.mark.parametrize(
    "text",
    (
        "\ufeff" + HEAD + "1,,Advice,active\n",
        (HEAD + "1,,Advice,active\n").replace("\n", "\r\n"),
        (HEAD + "1,,Advice,active\n").replace(",", ";"),
        (HEAD + "1,,Advice,active\n").replace(",", "\t"),
        "ID, Organization_ID ,Name,Status\n1,,Advice,active",
        HEAD + "\n,,,\n1,, Advice ,active\n\n",
    ),
    ids=("bom", "crlf", "semicolons", "tabs", "head", "blank rows"),
)
def test_csv_is_read_however_it_was_saved(text: str, tmp_path: Path) -> None:
    (row,) = read_package(folder_of(tmp_path, services=text)).rows("services")
    assert row.values == {"id": "1", "name": "Advice", "status": "active"}


def test_line_breaks_in_fields_are_kept_and_rows_counted_as_spreadsheets_do(tmp_path: Path) -> None:
    rows = read_package(folder_of(tmp_path, services=HEAD + '1,,"Two\r\nlines",active\r\n2,,Other,active\r\n')).rows("services")
    assert [(row.get("name"), row.number) for row in rows] == [("Two\r\nlines", 2), ("Other", 3)]


def test_a_data_package_may_name_its_files_as_it_likes(tmp_path: Path) -> None:
    about = json.dumps({"resources": [{"name": "service", "path": "data/export-7.csv"}]})
    path = zip_of(tmp_path / "a.zip", datapackage_json=about, **{"data__export-7_csv": HEAD + "1,,Advice,active\n"})
    assert read_package(path).rows("services")[0].get("name") == "Advice"


def test_files_that_are_no_table_are_left_out_and_named(tmp_path: Path) -> None:
    package = read_package(folder_of(tmp_path, services=HEAD + "1,,Advice,active\n", prices="product,price\nsoap,2\n"))
    assert package.left_out == ["prices.csv"] and list(package.tables) == ["services"]


# What is refused


@pytest.mark.parametrize(
    ("files", "says"),
    (
        ({"services_csv": b"id,name\n1,caf\xe9\n"}, "not UTF-8"),
        ({"services_csv": "product,price\nsoap,2\n"}, "holds no services"),
        ({"prices_csv": "product,price\nsoap,2\n"}, "holds no services"),
        ({"services_csv": ""}, "holds no services"),
        ({"services_csv": "id,name\n1,\x00\n"}, "breaks off"),
        ({"a_json": "{"}, "not valid JSON"),
        ({"a_json": "[" * 100_000}, "nests too deeply"),
        ({"a_json": "3"}, "holds no services"),
        ({"..__services_csv": "id,name\n1,a\n"}, "points outside"),
        ({"__etc__services_csv": "id,name\n1,a\n"}, "points outside"),
    ),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_broken_archives_are_refused_in_one_or_two_sentences(files: dict[str, str | bytes], says: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=says) as refused:
        read_package(zip_of(tmp_path / "a.zip", **files))
    assert str(refused.value).endswith(".") and str(refused.value).count("\n") == 0


@pytest.mark.parametrize("name", ("letter.txt", "photo.csv", "missing.zip", "services.zip"))
def test_what_is_no_directory_is_refused(name: str, tmp_path: Path) -> None:
    if name != "missing.zip":
        (tmp_path / name).write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    with pytest.raises(DataError):
        read_package(tmp_path / name)


def test_a_zip_bomb_is_refused_whatever_sizes_it_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 100_000)
    honest = zip_of(tmp_path / "honest.zip", services_csv="id,name\n" + "1,a\n" * 50_000)
    assert honest.stat().st_size < 5_000
    with pytest.raises(DataError, match="more than"):
        read_package(honest)
    lying = bytearray(honest.read_bytes())
    real, small = (50_000 * 4 + 8).to_bytes(4, "little"), (100).to_bytes(4, "little")
    assert real in lying
    (tmp_path / "lying.zip").write_bytes(bytes(lying).replace(real, small))
    with pytest.raises(DataError):
        read_package(tmp_path / "lying.zip")


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="files"):
        read_package(zip_of(tmp_path / "a.zip", services_csv=HEAD + "1,,a,active\n", **{f"x{i}_csv": "" for i in range(300)}))


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(HEAD + "1,,Secret,active\n")
    inside = folder_of(tmp_path / "inside")
    (inside / "services.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(DataError, match="outside"):
        read_package(inside)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    plain = bytearray(zip_of(tmp_path / "a.zip", services_csv=HEAD + "1,,a,active\n").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        plain[plain.index(mark) + place] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(plain))
    with pytest.raises(DataError, match="password"):
        read_package(tmp_path / "a.zip")


def test_nothing_is_written_where_it_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written"):
        write_package(read_package(EXAMPLES / "csv"), tmp_path / "no such folder" / "a.zip")


def test_csv_is_quoted_as_the_standard_says(tmp_path: Path) -> None:
    folder_of(tmp_path / "in", services=HEAD + '1,,"A ""b"", c\nd",active\n')
    write_package(read_package(tmp_path / "in"), tmp_path / "out")
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out" / "services.csv").read_text(), newline=""))
    assert row["name"] == 'A "b", c\nd'


def test_the_schemas_are_those_of_the_standard() -> None:
    for path in SCHEMA.glob("*.json"):
        version = "3.1-dev" if path.stem in ("url", "service_capacity", "unit") else "3.0"
        assert path.read_bytes() == (HSDS / version / "schema" / path.name).read_bytes()
    assert len(tables()) == 24
