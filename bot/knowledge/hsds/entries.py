"""Makes of a package the services that the bot offers."""

from __future__ import annotations

import datetime
from urllib.parse import urlsplit

from bot.knowledge.directory_words import labels
from bot.knowledge.hsds.codes import language_code
from bot.knowledge.hsds.confidentiality import Town, conceal, concealed_services, kind_of_service
from bot.knowledge.hsds.hours import date, is_always_open, openings_of, timezone_of
from bot.knowledge.hsds.kinds import is_run_by_police
from bot.knowledge.hsds.links import Links
from bot.knowledge.hsds.locating import country_of, is_nationwide, phones_of, points_of, regions_of
from bot.knowledge.hsds.package import Package, Row
from bot.knowledge.hsds.phones import Number, read_number
from bot.knowledge.hsds.serving import audience_told_by, free_told_by, says_always_open, without_papers_told_by
from bot.knowledge.services import Service

_CLOSED = ("inactive", "defunct", "temporarily closed")
_LABELS = {
    "child_help": "young",
    "missing_child": "young",
    "legal_aid": "legal",
    "labour_rights": "work",
    "employment": "jobs",
    "online_abuse": "online",
    "crisis_line": "listening",
    "counselling": "listening",
    "shelter": "stay",
    "housing": "housing",
    "food": "food",
    "medical": "health",
    "other": "help",
}


def web_address(text: str) -> str:
    """A web address that can be opened, or "". One without scheme gets https."""
    said = text.strip()
    try:
        parts = urlsplit(said if "://" in said else f"https://{said}")
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not set(said) & set(" \n\t<>\"'")
    except ValueError:
        return ""
    return parts.geturl() if said and good else ""


def label_of(kind: str, *, always_open: bool, free: bool | None, phone: bool, web: bool, police_run: bool) -> str:
    """The id of the neutral label of a service, which says no more than is known.

    Args:
        phone: it can be called or texted.
        web: it has a web page or chat.
    """
    label = "police" if police_run else _LABELS.get(kind)
    if label == "listening":
        return "listening_24h" if always_open else "listening"
    if label:
        return label
    if not phone:
        return "finder" if web else "help"
    return ("helpline" if free else "line") + ("_24h" if always_open else "")


def _schedules(links: Links, service: Row) -> list[Row]:
    """Its own schedules, else those of its places."""
    service_id = service.get("id")
    places = links.pointing("service_at_location", "service_id", service_id)
    own = [*links.pointing("schedules", "service_id", service_id)]
    own += [row for place in places if place.get("id") for row in links.pointing("schedules", "service_at_location_id", place.get("id"))]
    locations = dict.fromkeys(links.locations_of(service_id))
    # A service at several places has no hours of its own: theirs may differ, and a closed door is worse than "not known".
    return own or (links.pointing("schedules", "location_id", next(iter(locations))) if len(locations) == 1 else [])


def _languages(links: Links, service: Row, phones: list[Row]) -> tuple[str, ...]:
    rows = [*links.pointing("languages", "service_id", service.get("id"))]
    rows += [row for phone in phones if phone.get("id") for row in links.pointing("languages", "phone_id", phone.get("id"))]
    rows += [row for place in links.locations_of(service.get("id")) for row in links.pointing("languages", "location_id", place)]
    codes = (language_code(row.get("name"), row.get("code")) for row in rows)
    return tuple(dict.fromkeys(code for code in codes if code))


def _numbers(phones: list[Row], country: str, *, reviewed: bool) -> tuple[str, str]:
    """The first number to call and the first to write to, or ""; as written where a human wrote it, since no list knows all short ones."""
    call = text = ""
    for row in phones:
        region = country if len(country) == 2 and country != "EU" else None
        number = Number(row.get("number"), "") if reviewed else read_number(row.get("number"), region, row.get("extension"))
        kind = row.get("type").lower()
        if number is None:
            continue
        if kind in ("sms", "text"):
            text = text or number.text
        elif kind in ("", "voice", "cell", "hotline"):
            call = call or number.text
    return call, text


def _free(links: Links, service: Row) -> bool | None:
    amounts = [cost.get("amount") for cost in links.pointing("cost_options", "service_id", service.get("id")) if cost.get("amount")]
    if any(amount.strip("0.,") for amount in amounts):
        return False
    return free_told_by(service.get("fees_description"), service.get("fees"), *amounts)


def _audience(service: Row) -> tuple[str, ...]:
    told = audience_told_by(service.get("eligibility_description"), service.get("audience"))
    oldest = service.get("maximum_age")
    young = oldest.replace(".", "").isdigit() and float(oldest) <= 21
    return ("children",) if young and "children" not in told else told


def _website(links: Links, service: Row, organization: Row | None) -> str:
    said = [service.get("url"), *(row.get("url") for row in links.pointing("urls", "service_id", service.get("id")))]
    said += [organization.get("website") if organization else ""]
    return next(filter(None, map(web_address, said)), "")


def _service(links: Links, service: Row, country: str, today: datetime.date, *, confidential: bool, reviewed: bool) -> Service:
    service_id = service.get("id")
    organization = links.row("organizations", service.get("organization_id")) if service.get("organization_id") else None
    runs = organization.get("name") if organization else ""
    phones, schedules = phones_of(links, service), _schedules(links, service)
    call, text = _numbers(phones, country, reviewed=reviewed)
    kind, website = kind_of_service(links, service), _website(links, service, organization)
    openings, said = openings_of(schedules, today), [row.get("description") for row in schedules if row.get("description")]
    # A description says much: there only words that mean nothing else count.
    always = is_always_open(openings, *said, service.get("name")) or (
        "24/7" in service.get("description") and says_always_open(service.get("description"))
    )
    points = points_of(links, service, country, confidential=confidential)
    free = _free(links, service)
    checked = date(service.get("assured_date"))
    interpretation = service.get("interpretation_services").strip().lower()
    chat, label = links.own(service_id, "chat"), links.own(service_id, "label")
    police_run = links.own(service_id, "police_run") == "true" or is_run_by_police(service.get("name"), runs)
    if not reviewed and label not in labels():
        reached, web = bool(call or text), bool(website or chat)
        label = label_of(kind, always_open=always, free=free, phone=reached, web=web, police_run=police_run)
    return Service(
        id=(links.own(service_id, "id") if reviewed else "") or service_id,
        country=country,
        kind=kind,
        name=service.get("name"),
        label=label,
        phone=call,
        sms=text,
        sms_word=links.own(service_id, "sms_word"),
        chat=chat,
        website=website,
        always_open=always,
        openings=() if always else openings,
        timezone=timezone_of(schedules, country),
        languages=_languages(links, service, phones),
        interpreter=interpretation not in ("", "no", "none", "not available"),
        audience=_audience(service),
        without_papers=without_papers_told_by(service.get("eligibility_description")),
        free=free,
        points=points,
        regions=regions_of(links, service, country, points, reviewed=reviewed),
        nationwide=bool(call or text) and is_nationwide(links, service, country),
        confidential=confidential,
        police_run=police_run,
        confirmed=links.own(service_id, "confirmed") == "true",
        source="; ".join(links.all_own(service_id, "source")) or ", ".join(filter(None, (runs or service.get("name"), website))),
        source_date=links.own(service_id, "source_date"),
        checked_on=checked if checked and checked <= today else None,
    )


def services_of(
    package: Package,
    *,
    country: str | None = None,
    today: datetime.date | None = None,
    town: Town | None = None,
    reviewed: bool = False,
) -> list[Service]:
    """The services of a package that are in use, without what could lead to a hidden place, in the package's order.

    Args:
        package: as read or as kept.
        country: ISO 3166-1 alpha-2 code for services of which the package tells no country; without it those are left out.
        today: schedules that no longer hold are left out; the present day by default.
        town: finds the middle of a town, see `conceal`.
        reviewed: humans have read all of it and it holds no place, so it is taken at its word: nothing is concealed, numbers and ids are
            as it says.
    """
    safe = package if reviewed else conceal(package, town)
    links, hidden, day = Links(safe), concealed_services(safe), today or datetime.date.today()
    found, seen = list[Service](), set[str]()
    for row in safe.rows("services"):
        where = country_of(links, row, country)
        if where and row.get("id") and row.get("name") and row.get("status").lower() not in _CLOSED and row.get("id") not in seen:
            seen.add(row.get("id"))
            found.append(_service(links, row, where, day, confidential=row.get("id") in hidden, reviewed=reviewed))
    return found
