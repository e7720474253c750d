"""Where a service is and whom it serves there: addresses, areas, the country of a number."""

from __future__ import annotations

import re

from babel.core import get_global

from bot.knowledge.hsds.codes import country_code
from bot.knowledge.hsds.concealed_fields import WITHHELD
from bot.knowledge.hsds.links import Links
from bot.knowledge.hsds.package import Row
from bot.knowledge.hsds.phones import first_of, read_number
from bot.knowledge.hsds.serving import names_whole_country, says_national_line
from bot.knowledge.localities import gazetteer
from bot.knowledge.services import Point

_WORLDWIDE = ("INT", "EU")  # services of no country


def coordinates(location: Row) -> tuple[float, float] | None:
    """Latitude and longitude of a location in degrees; None where they are missing or cannot be."""
    try:
        latitude, longitude = float(location.get("latitude")), float(location.get("longitude"))
    except ValueError:
        return None
    possible = -90 <= latitude <= 90 and -180 <= longitude <= 180 and (latitude or longitude)
    return (latitude, longitude) if possible else None


def phones_of(links: Links, service: Row) -> list[Row]:
    """The numbers of a service, its own first, then those of its places, then its organization's."""
    service_id, found = service.get("id"), list[Row]()
    found += links.pointing("phones", "service_id", service_id)
    for link in links.pointing("service_at_location", "service_id", service_id):
        found += links.pointing("phones", "service_at_location_id", link.get("id")) if link.get("id") else []
    for location in links.locations_of(service_id):
        found += links.pointing("phones", "location_id", location)
    if service.get("organization_id"):
        found += links.pointing("phones", "organization_id", service.get("organization_id"))
    return found


def _locations(links: Links, service: Row) -> list[Row]:
    found = [links.row("locations", one) for one in dict.fromkeys(links.locations_of(service.get("id")))]
    return [row for row in found if row]


def country_of(links: Links, service: Row, otherwise: str | None = None) -> str | None:
    """The country that a service serves.

    Args:
        otherwise: the country where the package tells none, if known.
    Returns:
        ISO 3166-1 alpha-2 code, ``INT`` or ``EU`` where an attribute of ours says so; from its addresses, else the areas it serves, else
        its telephone numbers; else `otherwise`.
    """
    own = links.own(service.get("id"), "country")
    if own:
        return own if own in _WORLDWIDE else country_code(own)
    for location in _locations(links, service):
        for address in links.pointing("addresses", "location_id", location.get("id")):
            if country_code(address.get("country")):
                return country_code(address.get("country"))
    for area in links.pointing("service_areas", "service_id", service.get("id")):
        for said in (area.get("name"), area.get("extent")):
            if len(said) != 2 and country_code(said):  # two letters could be a state: CA, DE, IN
                return country_code(said)
    for phone in phones_of(links, service):
        number = read_number(phone.get("number"), None) if first_of(phone.get("number"))[0].startswith("+") else None
        if number and number.region:
            return number.region
    return otherwise


def points_of(links: Links, service: Row, country: str, *, confidential: bool) -> tuple[Point, ...]:
    """Where a service is; nothing nearer than the town where that is confidential."""
    found = []
    for location in _locations(links, service):
        latitude, longitude = coordinates(location) or (None, None)
        addresses = links.pointing("addresses", "location_id", location.get("id"))
        address = min(addresses, key=lambda one: one.get("address_type") == "postal", default=None)
        if address is None:
            if latitude is not None:
                found.append(Point(country, "", "", latitude, longitude))
            continue
        lines = [address.get(line) for line in ("address_1", "address_2") if address.get(line) not in ("", WITHHELD)]
        street = "" if confidential or address.get("address_type") in ("postal", "virtual") else ", ".join(lines)
        at = country_code(address.get("country")) or country
        said = address.get("state_province") or address.get("region")
        region = gazetteer().region_of(said, at) or said
        if address.get("city") or street or latitude is not None:
            found.append(Point(at, region, address.get("city"), latitude, longitude, street))
    return tuple(dict.fromkeys(found))


def _country_named(area: str) -> str | None:
    """The country that an area is called as; two or three capitals are a part of one, unless ISO 3166-1 knows the three."""
    if len(area) == 2 or (re.fullmatch("[A-Z]{3}", area) and area not in get_global("territory_aliases")):
        return None
    return country_code(area)


def _areas(links: Links, service: Row) -> list[str]:
    """What the areas are called that a service serves."""
    areas = [area.get("name") or area.get("extent") for area in links.pointing("service_areas", "service_id", service.get("id"))]
    return [area for area in areas if area and len(area) <= 60]


def is_nationwide(links: Links, service: Row, country: str) -> bool:
    """Whether a service says that it serves all of its country: by an attribute of ours, else by its areas, else by its name and terms."""
    if links.own(service.get("id"), "nationwide") == "true":
        return True
    if areas := _areas(links, service):
        return any(_country_named(area) == country or names_whole_country(area) for area in areas)
    return says_national_line(service.get("name"), service.get("alternate_name"), links.category_of(service.get("id")))


def regions_of(links: Links, service: Row, country: str, points: tuple[Point, ...], *, reviewed: bool = False) -> tuple[str, ...]:
    """Parts of the country that a service serves: those named, and those where it is; empty where that is all of it or unknown. States
    and provinces by their ISO 3166-2 part where that is known; of a reviewed package they are that already, and no gazetteer is asked."""
    named = _areas(links, service)
    if not named or is_nationwide(links, service, country):
        return ()
    spelt = named if reviewed else [gazetteer().region_of(area, country) or area for area in named]
    if any(map(_country_named, set(spelt).intersection(named))):  # another country beside; but Georgia is a state by now
        return ()
    return tuple(dict.fromkeys([*(point.region for point in points if point.region), *spelt]))
