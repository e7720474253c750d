"""What becomes of a package: services with kind, label, numbers, hours, languages, places; nothing that is not known is claimed."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from bot.knowledge.hsds.codes import country_code, language_code
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.hours import minutes
from bot.knowledge.hsds.package import Row, read_package
from bot.knowledge.hsds.phones import read_number
from bot.knowledge.services import Opening, Service
from tests.knowledge.hsds.samples import EXAMPLES, ILAO, NEWER, OHANA, one_service

TODAY = datetime.date(2026, 11, 22)


def entry(about: dict[str, Any] | None = None, **rows: list[dict[str, Any]]) -> Service:
    """The one service of a package, with rows of other tables beside or, by the same id, in place of its own."""
    package = one_service(**(about or {}))
    for table, given in rows.items():
        ids = {row["id"] for row in given}
        package.tables[table] = [row for row in package.rows(table) if row.get("id") not in ids] + [Row(row) for row in given]
    (service,) = services_of(package, today=TODAY)
    return service


def test_everything_that_an_open_service_tells() -> None:
    service = entry(
        {
            "name": "Legal advice desk",
            "url": "https://advice.example.org/a?b=1",
            "fees_description": "Free to everyone",
            "eligibility_description": "Anyone",
            "interpretation_services": "By telephone",
            "assured_date": "2026-10-01",
        },
        languages=[{"id": "g1", "service_id": "s1", "code": "spa"}, {"id": "g2", "service_id": "s1", "name": "Chinese (Mandarin)"}],
        phones=[
            {"id": "p0", "service_id": "s1", "number": "312-341-1099", "type": "fax"},
            {"id": "p1", "service_id": "s1", "number": "(312) 341-1070", "extension": "12", "type": "voice"},
            {"id": "p2", "service_id": "s1", "number": "312.341.1071", "type": "text"},
        ],
    )
    assert service.id == "s1" and service.country == "US" and service.kind == "legal_aid" and service.label == "legal"
    assert (service.phone, service.sms, service.website) == ("312-341-1070 ext. 12", "312-341-1071", "https://advice.example.org/a?b=1")
    assert service.languages == ("es", "zh_Hans") and service.interpreter and service.free is True and service.audience == ("anyone",)
    assert service.checked_on == datetime.date(2026, 10, 1) and not service.confirmed and not service.confidential
    assert service.points[0].street == "9 Plum Street" and service.points[0].latitude == 41.8
    assert service.source == "Bright Org, https://advice.example.org/a?b=1"


def test_what_is_not_said_is_not_claimed() -> None:
    service = entry({"name": "Advice"})
    assert service.free is None and service.without_papers is None and service.audience == () and service.languages == ()
    assert not service.always_open and service.openings == () and service.checked_on is None and not service.interpreter
    assert service.kind == "other" and service.label == "help"


@pytest.mark.parametrize("status", ("inactive", "defunct", "temporarily closed"))
def test_what_is_closed_is_not_offered(status: str) -> None:
    assert services_of(one_service(status=status)) == []


@pytest.mark.parametrize(
    ("name", "kind"),
    (
        ("Emergency Shelter for Families", "shelter"),
        ("Frauenhaus Nord", "shelter"),
        ("Casa de acogida", "shelter"),
        ("National Human Trafficking Hotline", "trafficking_hotline"),
        ("Asistencia a víctimas de trata de personas", "trafficking_hotline"),
        ("Domestic violence program", "gender_violence"),
        ("Violences conjugales info", "gender_violence"),
        ("Suicide prevention line", "crisis_line"),
        ("Telefonseelsorge", "crisis_line"),
        ("Childline", "child_help"),
        ("Missing children Europe", "missing_child"),
        ("Immigration legal clinic", "legal_aid"),
        ("Rechtsberatung", "legal_aid"),
        ("Workers' rights centre", "labour_rights"),
        ("Revenge Porn Helpline", "online_abuse"),
        ("Crime victims compensation", "victim_fund"),
        ("Community health clinic", "medical"),
        ("Centro de salud", "medical"),
        ("Food pantry", "food"),
        ("Peer counseling", "counselling"),
        ("Job training", "employment"),
        ("Tenants' housing office", "housing"),
        ("Library", "other"),
    ),
)
def test_kinds_by_name(name: str, kind: str) -> None:
    assert entry({"name": name}).kind == kind


def test_a_term_of_a_taxonomy_tells_more_than_the_name() -> None:
    service = entry(
        {"name": "Sunrise"},
        taxonomies=[{"id": "x", "name": "Needs", "description": ""}],
        taxonomy_terms=[{"id": "t1", "name": "Food"}, {"id": "t2", "name": "Community Gardens", "parent_id": "t1", "taxonomy_id": "x"}],
        attributes=[{"id": "b", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t2"}],
    )
    assert service.kind == "food"


@pytest.mark.parametrize(
    ("about", "label"),
    (
        ({"name": "24/7 Human Trafficking Hotline", "fees_description": "free"}, "helpline_24h"),
        ({"name": "Human Trafficking Hotline", "fees_description": "free"}, "helpline"),
        ({"name": "24/7 Human Trafficking Hotline"}, "line_24h"),
        ({"name": "Suicide prevention, 24 hours"}, "listening_24h"),
        ({"name": "Childline"}, "young"),
    ),
    ids=str,
)
def test_labels_say_no_more_than_is_known(about: dict[str, str], label: str) -> None:
    assert entry(about).label == label


@pytest.mark.parametrize(
    "name", ("City Police victim line", "Sheriff's office", "Homeland Security tip line", "Policía Nacional", "Polizei-Notruf")
)
def test_lines_of_the_police_are_known_as_such(name: str) -> None:
    assert entry({"name": name}).police_run
    assert not entry({"name": "Policy advice"}).police_run


# When


def week(*rows: dict[str, str]) -> Service:
    return entry(schedules=[{"id": f"h{number}", "service_id": "s1", **row} for number, row in enumerate(rows)])


def test_weeks_as_rrules_and_as_weekdays() -> None:
    service = week(
        {"freq": "WEEKLY", "byday": "TH,FR", "opens_at": "10:00:00", "closes_at": "18:00:00"},
        {"freq": "WEEKLY", "byday": "SA", "opens_at": "22:00", "closes_at": "02:00"},
        {"byday": "SU", "opens_at": "9am", "closes_at": "4:30 PM"},
    )
    assert service.openings == (Opening(3, 600, 1080), Opening(4, 600, 1080), Opening(5, 1320, 1560), Opening(6, 540, 990))


@pytest.mark.parametrize(
    "row",
    (
        {"freq": "MONTHLY", "byday": "1MO", "opens_at": "10:00", "closes_at": "12:00"},
        {"freq": "WEEKLY", "interval": "2", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00"},
        {"freq": "WEEKLY", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00", "valid_to": "2026-11-21"},
        {"freq": "WEEKLY", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00", "valid_from": "2026-11-23"},
        {"freq": "WEEKLY", "byday": "MO", "opens_at": "10:00"},
        {"freq": "WEEKLY", "byday": "MO"},
        {"valid_from": "2026-11-22", "valid_to": "2026-11-22", "opens_at": "10:00", "closes_at": "12:00"},
    ),
    ids=str,
)
def test_what_does_not_hold_every_week_now_is_no_opening(row: dict[str, str]) -> None:
    assert week(row).openings == ()


def test_what_holds_today_is_an_opening() -> None:
    row = {"freq": "WEEKLY", "byday": "MO", "opens_at": "10:00", "closes_at": "12:00", "valid_from": "2026-11-22", "valid_to": "2026-11-22"}
    assert week(row).openings == (Opening(0, 600, 720),)


@pytest.mark.parametrize(
    "row",
    (
        {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": "23:59"},
        {"freq": "WEEKLY", "byday": "MO,TU,WE,TH,FR,SA,SU", "opens_at": "00:00", "closes_at": "00:00"},
        {"freq": "DAILY", "opens_at": "0:00", "closes_at": "24:00"},
        {"description": "24 hours a day"},
        {"description": "Las 24 horas"},
        {"description": "rund um die Uhr"},
        {"description": "24/7"},
    ),
    ids=str,
)
def test_round_the_clock(row: dict[str, str]) -> None:
    assert week(row).always_open and week(row).openings == ()


@pytest.mark.parametrize("text", ("We answer within 24 hours", "24 hours notice", "Call 24 hours in advance", "Monday to Friday"))
def test_words_that_do_not_mean_round_the_clock(text: str) -> None:
    assert not week({"description": text}).always_open


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("09:00:00", 540),
        ("9:00", 540),
        ("9am", 540),
        ("12am", 0),
        ("12 pm", 720),
        ("4:00 PM", 960),
        ("3pm", 900),
        ("18:00Z", 1080),
        ("14h30", 870),
        ("noon", 720),
        ("24:00", 1440),
        ("25:00", None),
        ("13pm", None),
        ("early", None),
        ("", None),
    ),
)
def test_times_of_day(text: str, expected: int | None) -> None:
    assert minutes(text) == expected


def test_a_service_at_two_places_does_not_take_the_hours_of_one() -> None:
    hours = [{"id": "h", "location_id": "l1", "freq": "WEEKLY", "byday": "MO", "opens_at": "9:00", "closes_at": "10:00"}]
    assert entry(schedules=hours).openings
    assert not entry(
        schedules=hours, locations=[{"id": "l2"}], service_at_location=[{"id": "x", "service_id": "s1", "location_id": "l2"}]
    ).openings


def test_time_zones_are_those_of_the_schedule_or_of_a_country_with_one() -> None:
    assert week({"timezone": "America/Chicago", "byday": "MO", "opens_at": "9:00", "closes_at": "10:00"}).timezone == "America/Chicago"
    assert week({"timezone": "3"}).timezone == ""
    british = entry(addresses=[{"id": "a1", "location_id": "l1", "city": "Leeds", "country": "GB"}])
    assert british.timezone == "Europe/London"


# Where


@pytest.mark.parametrize(
    ("rows", "country"),
    (
        ({"addresses": [{"id": "a1", "location_id": "l1", "country": "United Kingdom"}]}, "GB"),
        ({"addresses": [], "service_areas": [{"id": "r", "service_id": "s1", "name": "Deutschland"}]}, "DE"),
        ({"addresses": [{"id": "a1"}], "phones": [{"id": "p1", "service_id": "s1", "number": "+44 1234 234567"}]}, "GB"),
        (
            {
                "attributes": [
                    {"id": "b", "link_id": "s1", "link_entity": "service", "link_type": "helpline:country", "value": "INT"},
                ]
            },
            "INT",
        ),
    ),
    ids=("address", "area", "phone", "own"),
)
def test_countries(rows: dict[str, Any], country: str) -> None:
    package = one_service()
    for table, given in rows.items():
        package.tables[table] = [Row(row) for row in given]
    if not package.rows("addresses")[:1] or rows.get("addresses") == []:
        package.tables["addresses"] = []
    (service,) = services_of(package, country="FR")
    assert service.country == country


def test_a_country_of_the_operator_is_the_last_resort_and_without_it_nothing_is_offered() -> None:
    package = one_service()
    package.tables["addresses"] = []
    assert [service.country for service in services_of(package, country="FR")] == ["FR"]
    assert services_of(package) == []


def test_a_post_box_is_no_place_to_go_to() -> None:
    postal = entry(
        addresses=[{"id": "a1", "location_id": "l1", "address_1": "PO Box 1", "city": "Chicago", "country": "US", "address_type": "postal"}]
    )
    assert postal.points[0].street == "" and postal.points[0].city == "Chicago"


def test_places_that_cannot_be_are_not_believed() -> None:
    assert entry(locations=[{"id": "l1", "latitude": "100", "longitude": "101"}]).points[0].latitude is None


def test_areas_are_regions_unless_they_are_the_country() -> None:
    assert entry(service_areas=[{"id": "r", "service_id": "s1", "name": "Cook County"}]).regions == ("IL", "Cook County")
    assert entry(service_areas=[{"id": "r", "service_id": "s1", "name": "United States"}]).regions == ()
    assert entry(service_areas=[{"id": "r", "service_id": "s1", "name": "Georgia"}]).regions == ("IL", "GA")  # no country here


NATIONWIDE = [{"id": "x", "link_id": "s1", "link_entity": "service", "link_type": "helpline:nationwide", "value": "true"}]
TERMS = [{"id": "t1", "code": "1", "name": "National legal hotlines", "taxonomy": "own"}]
OF_TERM = [{"id": "x", "link_id": "s1", "link_entity": "service", "taxonomy_term_id": "t1"}]


@pytest.mark.parametrize(
    ("about", "rows", "nationwide"),
    (
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "United States"}]}, True),
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "extent": "USA"}]}, True),
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "Nationwide"}]}, True),
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "todo el país"}]}, True),
        ({"name": "National Human Trafficking Hotline"}, {}, True),
        ({"name": "Línea nacional contra la trata"}, {}, True),
        ({}, {"attributes": NATIONWIDE}, True),
        ({}, {"attributes": OF_TERM, "taxonomy_terms": TERMS}, True),
        ({}, {}, False),
        ({"name": "National Lawyers League"}, {}, False),
        ({"name": "National Legal Hotline"}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "Texas"}]}, False),
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "Georgia"}]}, False),
        ({}, {"service_areas": [{"id": "r", "service_id": "s1", "name": "National City"}]}, False),
        ({"name": "National Legal Hotline"}, {"phones": [{"id": "p1", "service_id": "s1", "number": "no phone"}]}, False),
    ),
)
def test_a_line_for_the_whole_country_is_one_wherever_its_office_is(about: dict[str, Any], rows: dict[str, Any], nationwide: bool) -> None:
    service = entry(about, **rows)
    assert service.nationwide == nationwide and service.points[0].city == "Chicago"
    assert not (nationwide and service.regions)


# Numbers and codes


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    (
        ("(312) 341-1070", "US", "312-341-1070"),
        ("1-800-799-7233", "US", "800-799-7233"),
        ('"+44 1234 234567"', "US", "+44 1234 234567"),
        ("+44 1234 234567", "GB", "01234 234567"),
        ("(312) 773-1068 ext. 321", "US", "312-773-1068 ext. 321"),
        ("(312) 201-9740 x331", "US", "312-201-9740 ext. 331"),
        ("217-525-5297 (LAWS)", "US", "217-525-5297"),
        ("1-800-LAW-REP-4", "US", "800-529-7374"),
        ("(618) 453-3217; (618) 536-7711", "US", "618-453-3217"),
        ("988", "US", "988"),
        ("911", "US", "911"),
        ("116 006", "DE", "116006"),
        ("no phone", "US", None),
        ("123-456-7890", "US", None),
        ("12 Plum Street", "US", None),
        ("", "US", None),
    ),
)
def test_numbers_are_read_as_they_are_dialled(text: str, region: str, expected: str | None) -> None:
    number = read_number(text, region)
    assert (number.text if number else None) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    (
        ("Spanish", "es"),
        ("español", "es"),
        ("Tagalog", "fil"),
        ("中文", "zh_Hans"),
        ("Farsi", "fa"),
        ("русский", "ru"),
        ("Gibberish", None),
    ),
)
def test_languages_by_name(name: str, code: str | None) -> None:
    assert language_code(name) == code


@pytest.mark.parametrize(
    ("name", "code"), (("USA", "US"), ("UK", "GB"), ("Deutschland", "DE"), ("الولايات المتحدة", "US"), ("zz", None), ("Xland", None))
)
def test_countries_by_name(name: str, code: str | None) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("fees", "free"),
    (
        ("Free to everyone", True),
        ("None.", True),
        ("Gratuit", True),
        ("Sliding scale based on income", False),
        ("$2.50 suggested donation", False),
        ("Not free", False),
        ("Ask us", None),
        ("", None),
    ),
)
def test_fees(fees: str, free: bool | None) -> None:
    assert entry({"fees_description": fees}).free is free


def test_amounts_count_more_than_words() -> None:
    assert entry({"fees_description": "free"}, cost_options=[{"id": "c", "service_id": "s1", "amount": "35"}]).free is False
    assert entry(cost_options=[{"id": "c", "service_id": "s1", "amount": "0"}]).free is True


@pytest.mark.parametrize(
    ("eligibility", "papers"),
    (("Anyone regardless of immigration status", True), ("Sin papeles también", True), ("Must be a U.S. citizen", False), ("Adults", None)),
)
def test_papers(eligibility: str, papers: bool | None) -> None:
    assert entry({"eligibility_description": eligibility}).without_papers is papers


def test_an_age_makes_an_audience() -> None:
    assert entry({"maximum_age": "17"}).audience == ("children",)
    assert entry({"eligibility_description": "Women and girls, trans women too"}).audience == ("women", "trans")
    assert entry({"eligibility_description": "Human beings"}).audience == ()


# Directories of others


def test_the_official_example() -> None:
    for path in (EXAMPLES / "csv", EXAMPLES / "service_full.json", EXAMPLES / "organization_full.json", NEWER / "service_full.json"):
        (service,) = services_of(read_package(path), today=TODAY)
        assert (service.name, service.kind, service.phone) == ("Community Counselling", "counselling", "+44 1234 234567 ext. 100")
        assert service.languages == ("ur",) and service.interpreter and service.free is False
        assert service.openings == ()  # valid in 2005 only
        assert service.checked_on == datetime.date(2005, 1, 1)


def test_the_directory_of_illinois() -> None:
    services = services_of(read_package(ILAO), country="US", today=TODAY)
    assert len(services) == 429 and len({service.id for service in services}) == 429
    assert sum(bool(service.phone) for service in services) > 400
    assert sum(service.kind == "legal_aid" for service in services) > 350
    assert sum(bool(service.openings) for service in services) > 350
    library = next(service for service in services if service.id == "135836")
    assert library.openings[0] == Opening(0, 540, 1320) and library.openings[-1] == Opening(6, 660, 1200) and library.free is True


def test_the_directory_of_2013() -> None:
    services = {service.name: service for service in services_of(read_package(OHANA), today=TODAY)}
    assert len(services) == 21  # one is inactive, one defunct
    senior = services["Fair Oaks Adult Activity Center"]
    assert senior.points[0].street == "2600 Middlefield Road" and senior.points[0].region == "CA"
    assert senior.languages == ("es", "fil") and senior.source.startswith("Peninsula Family Service")
    assert services["Passport Photos"].sms == "650-222-5555" and services["Passport Photos"].interpreter
    assert services["Redwood City Corps"].confidential and services["Redwood City Corps"].points[0].street == ""
