"""All services: the helplines, those of `data/directory/local/`, and those that the operator imported; searched in an index on disk.

What must never depend on an import, the helpline of a country beside the emergency numbers, comes from `bot.knowledge.directory`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from bot.knowledge.directory import HELPLINES
from bot.knowledge.hsds.command import FOLDER as IMPORTED
from bot.knowledge.hsds.entries import services_of
from bot.knowledge.hsds.intact import refuse_damaged
from bot.knowledge.hsds.replacing import lies_in
from bot.knowledge.hsds.sameness import as_one
from bot.knowledge.hsds.store import installed, own_ids
from bot.knowledge.localities import FILE, Locality, gazetteer
from bot.knowledge.search import Index, build, built_from, fingerprint, open_index
from bot.knowledge.services import Point, Service
from bot.paths import DATA, MODELS

LOCAL = DATA / "directory" / "local"
FOLDERS = (HELPLINES, LOCAL, IMPORTED)  # what a charity brings comes last, for it replaces ours
INDEX = MODELS / "directory.sqlite"  # made, like the model, from what the repository and the operator bring
_SHARED = " once"  # behind the code of a place that the person shared and did not name
_AWAY = " away"  # behind the code of a place near which no service is wanted
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
    part = gazetteer().region_of(region, country) if region else ""
    found = [
        (one.latitude, one.longitude, one.region == part)
        for one in gazetteer().find(city, country, there=True)
        if one.latitude is not None and one.longitude is not None
    ]
    best = next((one for one in found if one[2]), found[0] if found else None)
    return best[:2] if best else None


def _placed(point: Point) -> Point:
    """The point with the coordinates of its town, where it has none."""
    if point.latitude is not None or not point.city:
        return point
    middle = town(point.city, point.region, point.country)
    return replace(point, latitude=middle[0], longitude=middle[1]) if middle else point


def _located(service: Service) -> Service:
    """The service with the coordinates of its towns; and with the time zone of its first place, where it has opening times and the package
    tells no time zone for them."""
    placed = replace(service, points=tuple(map(_placed, service.points)))
    known = [(point.latitude, point.longitude) for point in placed.points if point.latitude is not None and point.longitude is not None]
    if not known or not service.openings or service.timezone:
        return placed
    return replace(placed, timezone=gazetteer().timezone_at(*known[0]))


def services(folders: Iterable[Path] = FOLDERS) -> list[Service]:
    """The services of the packages in some folders. A folder without a package has none; what a charity brings takes the place of ours,
    see `as_one`.

    Raises:
        DataError: a package cannot be read.
    """
    found = list[Service]()
    same_ids: dict[str, str] = {}
    for folder in folders:
        package = installed(folder)
        if package is None:
            continue
        reviewed = folder == HELPLINES
        if reviewed:
            same_ids = own_ids(package)
        its = [_located(service) for service in services_of(package, town=town, reviewed=reviewed)]
        found = [*found, *its] if folder in (HELPLINES, LOCAL) else as_one(found, its, same_ids)
    return found


def prepare(path: Path = INDEX, folders: tuple[Path, ...] = FOLDERS) -> Index:
    """Opens the index of the packages; builds it where they have changed since.

    Raises:
        DataError: a package cannot be read, or is damaged.
    """
    there = [folder for folder in map(lies_in, folders) if folder.is_dir()]
    wanted = fingerprint(FILE, *there)  # towns' middles and time zones are the gazetteer's
    if built_from(path) != wanted:
        path.parent.mkdir(exist_ok=True)
        for folder in there:
            refuse_damaged(folder)
        build(services(folders), path, of=wanted)
    return open_index(path)


@lru_cache(maxsize=1)
def index() -> Index:
    """The index of this installation."""
    return prepare()


def code_of(place: Locality, *, shared: bool = False) -> str:
    """A place as a session remembers it: country, region, and the point to a tenth of a degree, some ten kilometres.

    Args:
        place: a town, or an area of postcodes.
        shared: the person did not name it but shared a location, which serves one search.
    """
    return f"{place.country} {place.region or '-'} {place.latitude:.1f} {place.longitude:.1f}{_SHARED if shared else ''}"


def is_shared(code: str) -> bool:
    """Whether a place is that of a shared location."""
    return code.removesuffix(_AWAY).endswith(_SHARED)


def away_from(code: str) -> str:
    """The code of a place near which no service is wanted."""
    return code.removesuffix(_AWAY) + _AWAY


def is_away(code: str) -> bool:
    """Whether no service near the place is wanted."""
    return code.endswith(_AWAY)


def place_of(code: str) -> Locality:
    """The place that `code_of` was given, without its name."""
    country, region, latitude, longitude = code.removesuffix(_AWAY).removesuffix(_SHARED).split()
    return Locality("", country, "" if region == "-" else region, float(latitude), float(longitude), 0)
