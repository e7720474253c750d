"""Services near the person: those of `data/directory/local/`, and those that the operator imported; searched in an index on disk.

National helplines are apart (`bot.knowledge.directory`): they stand in a reviewed table and never depend on an import.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from bot.knowledge import localities
from bot.knowledge.hsds.command import FOLDER as IMPORTED
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.intact import refuse_damaged
from bot.knowledge.hsds.store import installed
from bot.knowledge.localities import Locality
from bot.knowledge.search import Found, Index, Query, build, built_from, fingerprint, open_index
from bot.knowledge.services import Point, Service
from bot.paths import DATA, MODELS

LOCAL = DATA / "directory" / "local"
INDEX = MODELS / "directory.sqlite"  # made, like the model, from what the repository and the operator bring
_LOOKED_AT = 50  # of the best that the index finds: what is the right kind, but far away, comes before what is less right, and near
NEAR = 100.0  # kilometres within which a service is offered as one that is near

# Kinds of local services that a search looks for, best first.
KINDS = {
    "find_shelter": ("shelter", "gender_violence", "trafficking_hotline", "housing"),
    "find_legal_aid": ("legal_aid",),
    "find_counselling": ("counselling", "crisis_line"),
    "find_basic_needs": ("food", "housing"),
    "find_work": ("labour_rights", "employment"),
}


def town(city: str, region: str, country: str) -> tuple[float, float] | None:
    """The middle of a town, latitude and longitude in degrees; None where the gazetteer does not know it.

    Args:
        city: its name.
        region: ISO 3166-2 part or name of the state or province, or "".
        country: ISO 3166-1 alpha-2.
    """
    found = localities.towns(city, country)
    fitting = [one for one in found if one.region == region] or found
    return (fitting[0].latitude, fitting[0].longitude) if fitting else None  # type: ignore[return-value]


def _placed(point: Point) -> Point:
    """The point with the coordinates of its town, where it has none."""
    if point.latitude is not None or not point.city:
        return point
    middle = town(point.city, point.region, point.country)
    return replace(point, latitude=middle[0], longitude=middle[1]) if middle else point


def services(folders: Iterable[Path] = (LOCAL, IMPORTED)) -> list[Service]:
    """The services of the packages in some folders. A folder without a package has none.

    Raises:
        DataError: a package cannot be read.
    """
    packages = [package for folder in folders if (package := installed(folder))]
    found = [service for package in packages for service in services_of(package, town=town)]
    return [replace(service, points=tuple(map(_placed, service.points))) for service in found]


def prepare(path: Path = INDEX, folders: tuple[Path, ...] = (LOCAL, IMPORTED)) -> Index:
    """Opens the index of the packages; builds it where they have changed since.

    Raises:
        DataError: a package cannot be read, or is damaged.
    """
    wanted = fingerprint(*(folder for folder in folders if folder.is_dir()))
    if built_from(path) != wanted:
        path.parent.mkdir(exist_ok=True)
        for folder in folders:
            refuse_damaged(folder)
        build(services(folders), path, of=wanted)
    return open_index(path)


@lru_cache(maxsize=1)
def index() -> Index:
    """The index of this installation."""
    return prepare()


def near(topic: str, place: Locality, locale: str, limit: int = 2) -> list[Found]:
    """Services for a search that lie near a place, best first.

    Args:
        topic: a key of `KINDS`.
        place: where the person is; a state or country has no point, so nothing is near it.
        locale: in which the person writes.
    """
    if place.latitude is None or place.longitude is None:
        return []
    query = Query(KINDS[topic], place.country, near=(place.latitude, place.longitude), locale=locale, limit=_LOOKED_AT)
    found = [one for one in index().find(query) if one.service.phone and one.service.points]
    return [one for one in found if one.kilometres is not None and one.kilometres <= NEAR][:limit]


def there_are_some(topic: str, country: str) -> bool:
    """Whether a country has any service with a place for a search, so that it is worth asking for the town."""
    found = index().find(Query(KINDS[topic], country, limit=_LOOKED_AT))
    return any(one.service.points and one.service.country == country for one in found)


def code_of(place: Locality) -> str:
    """A place as a session remembers it: country, region, and the point to a tenth of a degree, some ten kilometres."""
    return f"{place.country} {place.region or '-'} {place.latitude:.1f} {place.longitude:.1f}"


def place_of(code: str) -> Locality:
    """The place that `code_of` was given, without its name."""
    country, region, latitude, longitude = code.split()
    return Locality("", country, "" if region == "-" else region, float(latitude), float(longitude), 0)
