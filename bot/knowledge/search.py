"""Search in the directory: which services a person is told of, best first, out of an SQLite file built from the package.

The order mixes who is served, language, verification and opening with distance, and distance only decides among equals. An index over
places alone (SQLite's R*Tree, which not every build of SQLite has) would find the nearest and not the best. So the file holds, for each
country and kind, the few properties that the order needs as packed columns, some 50 bytes a service, which are in memory while the
index is open. A search ranks every service of the wanted kinds in one sweep and fetches the records of the few that it returns.
Nothing but the SQLite core is needed, and no near service can be missed: all are looked at.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from babel.core import get_global
from babel.languages import get_official_languages
from numpy.typing import NDArray

from bot.errors import DataError
from bot.knowledge.globe import kilometres_between, on_the_globe
from bot.knowledge.services import MINUTES_OF_WEEK, Opening, Point, Service, minute_of_week, of_week

WORLDWIDE: Final = "INT"
THERE_KM: Final = 50.0  # an office so near is there; each further band is twice as far
_FORM: Final = 3  # of the file; an index of another form is built again
_OPEN, _UNKNOWN, _CLOSED = 0, 1, 2
_BAND_ENDS: Final = THERE_KM * 2.0 ** np.arange(9)  # the last lies beyond the other side of the Earth, half of the way round being 20,000
_FURTHEST_BAND: Final = len(_BAND_ENDS)
# Who is certainly not meant where a service is for these alone. Women and men who say no age are taken for adults: a home for women and
# their children does not take in a man. Nothing is concluded from other words: a migrant may be anybody.
_CONTRARY: Final = {
    "men": {"women", "girls", "children"},
    "women": {"men", "boys", "children"},
    "children": {"adults", "elderly"},
    "adults": {"children"},
    "elderly": {"children", "young"},
}
_ALSO: Final = {"trans": {"lgbtq"}}  # who says the one is served where the other is named

# Columns of a country and kind. `service` counts within them; `word` counts in the list of words kept beside them.
_SERVICE: Final = np.dtype(
    [
        ("number", "<i4"),
        ("timetable", "<i4"),
        ("verified", "i1"),
        ("papers", "i1"),
        ("always", "?"),
        ("interpreter", "?"),
        ("police", "?"),
        ("nationwide", "?"),
    ]
)
_PLACE: Final = np.dtype([("service", "<i4"), ("region", "<i4"), ("x", "<f4"), ("y", "<f4"), ("z", "<f4")])
_PAIR: Final = np.dtype([("service", "<i4"), ("word", "<i4")])
_TIMETABLE: Final = np.dtype([("zone", "<i4")])  # of the many services that share it
_OPENING: Final = np.dtype([("timetable", "<i4"), ("opens", "<i2"), ("closes", "<i2")])
_COLUMNS: Final = {
    "services": _SERVICE,
    "places": _PLACE,
    "languages": _PAIR,
    "audience": _PAIR,
    "regions": _PAIR,
    "timetables": _TIMETABLE,
    "openings": _OPENING,
}

_BREAKS: Final = (sqlite3.Error, LookupError, ValueError, TypeError)  # what reading gives where bytes of the file were changed

_Flags = NDArray[np.bool_]
_Numbers = NDArray[np.int64]
_Kilometres = NDArray[np.float64]


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes:
        kinds: kinds of the directory, best first.
        country: ISO 3166-1 alpha-2, ``EU``, or ``INT``. Worldwide services are found where the country has none that fits.
        near: latitude and longitude, degrees, where the person is or wants to go; None where unknown.
        region: part of the country, spelt as in `Point.region`; None where unknown.
        locale: the wanted language, a locale or ISO 639 code; None where any will do.
        audience: what the person is, such as ``children``, ``men``, ``trans``; services for others are left out.
        without_papers: True leaves out services that ask for papers; None and False ask nothing.
        at: the time at which it should be open, with time zone; None where that does not matter.
        not_near: latitude, longitude (degrees) and kilometres around them in which no office may lie.
        anywhere: only services that are reached from all of the country or of its region, by phone or web.
        limit: how many are returned at most.
        police: whether services that the police run may be found as well.
    """

    kinds: tuple[str, ...]
    country: str
    near: tuple[float, float] | None = None
    region: str | None = None
    locale: str | None = None
    audience: frozenset[str] = frozenset()
    without_papers: bool | None = None
    at: datetime.datetime | None = None
    not_near: tuple[float, float, float] | None = None
    anywhere: bool = False
    limit: int = 2
    police: bool = False

    def __post_init__(self) -> None:
        """Refuses a time without time zone: noon is not noon everywhere."""
        if self.at is not None and self.at.tzinfo is None:
            raise ValueError("Query.at has no time zone. Pass an aware datetime.")


@dataclass(frozen=True)
class Found:
    """A service that was found.

    Attributes:
        service: the service.
        kilometres: from `Query.near` to its nearest place; None where either is unknown.
        open: whether it is open at `Query.at`; None where that is unknown or was not asked.
    """

    service: Service
    kilometres: float | None
    open: bool | None


def reachable(service: Service) -> bool:
    """Whether a person can get to a service at all: by phone, text, chat, web, or at a street that it publishes."""
    return bool(service.phone or service.sms or service.chat or service.website) or (
        not service.confidential and any(point.street for point in service.points)
    )


def fingerprint(*paths: Path) -> str:
    """What an index is built from, as a hash: of these files, of all files in these folders, and of the form of the index.

    Args:
        paths: files and folders of a package. A missing one counts as such.
    Raises:
        DataError: one cannot be read.
    """
    digest = hashlib.sha256(str(_FORM).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                try:
                    content = file.read_bytes()
                except OSError as error:
                    raise DataError(f"{file.name} cannot be read ({error.strerror}). Give the service the right to read it.") from None
                digest.update(f"{file.relative_to(path)}\0{len(content)}\0".encode() + content)
            else:
                digest.update(b"\0")
    return digest.hexdigest()


def built_from(path: Path) -> str | None:
    """The fingerprint that an index was built with, or None where there is no index of this form: then it must be built."""
    try:
        with _connect(path) as connection:
            form, of = connection.execute("SELECT form, built_from FROM about").fetchone()
            return str(of) if form == _FORM else None
    except (sqlite3.Error, TypeError, ValueError):
        return None


def build(services: Iterable[Service], path: Path, *, of: str = "") -> None:
    """Writes the index, at once or not at all: whoever has the old file open keeps reading that.

    Services that cannot be reached are left out.

    Args:
        services: in the order in which they are preferred among equals.
        path: of the file; its folder must exist.
        of: `fingerprint` of what the services come from.
    Raises:
        DataError: the file cannot be written, or an id stands twice.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.unlink(missing_ok=True)
        connection = sqlite3.connect(new, isolation_level=None)
        try:
            _fill(connection, services, of)
        finally:
            connection.close()
        with new.open("rb") as written:
            os.fsync(written.fileno())
        new.replace(path)
    except sqlite3.IntegrityError:
        raise DataError("Two services of the directory have the same id. Give one of them another id.") from None
    except (OSError, sqlite3.Error) as error:
        raise DataError(f"The search index {path.name} cannot be written ({error}). Make room, and give the right to write.") from None
    finally:
        new.unlink(missing_ok=True)


def open_index(path: Path) -> Index:
    """Opens an index for reading.

    Raises:
        DataError: there is none, or it is broken or of another form.
    """
    return Index(path)


class Index:
    """The services of a directory, for searching; any number of threads may search at once. Made by `open_index`.

    Attributes:
        built_from: `fingerprint` of what it was built from.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = threading.local()
        of = built_from(path)
        if of is None:
            raise self._broken()
        self.built_from = of
        try:
            rows = self._connection().execute("SELECT * FROM part")
            self._parts = {(country, kind): _part(words, blobs) for country, kind, words, *blobs in rows}
            (self._count,) = self._connection().execute("SELECT count(*) FROM service").fetchone()
        except _BREAKS:
            raise self._broken() from None

    def find(self, query: Query) -> list[Found]:
        """The services that fit, best first.

        The order: the wanted kinds one after another. Within a kind what is there (an office within 50 km, or a service for the region or
        the whole country, which are reached from anywhere) before what is further off, each band twice as far. Within a band those who
        certainly serve such a person, who speak the language or have interpreters (a service that names no language speaks that of a
        country with only one), whom a human has verified, whom two sources confirm, who are open, who may be; then the nearest, the
        region's before the country's. Where the very first would be closed, the best open one that is there comes before it, of
        whichever kind.

        Raises:
            DataError: the file broke while it was open.
        """
        try:
            return self._find(query, query.country) or (self._find(query, WORLDWIDE) if query.country != WORLDWIDE else [])
        except _BREAKS:
            raise self._broken() from None

    def service(self, service_id: str) -> Service:
        """The service of that id. Raises KeyError where there is none, DataError where the file is broken."""
        try:
            row = self._connection().execute("SELECT record FROM service WHERE id = ?", (service_id,)).fetchone()
        except _BREAKS:
            raise self._broken() from None
        if row is None:
            raise KeyError(service_id)
        return _service(row[0])

    def __len__(self) -> int:
        return int(self._count)

    def _find(self, query: Query, country: str) -> list[Found]:
        best: list[_Candidate] = []
        opened: _Candidate | None = None
        for kind in dict.fromkeys(query.kinds):
            if part := self._parts.get((country, kind)):
                candidates, first_open = _rank(part, query, country)
                best += candidates
                opened = opened or first_open
            # Another kind is looked at for more, or for one that is open instead of a first that is closed.
            if len(best) >= query.limit and (opened or best[0].open is not False):
                break
        if opened and best[0].open is False:
            best = [opened, *(candidate for candidate in best if candidate != opened)]
        return [Found(self._record(one.number), one.kilometres, one.open) for one in best[: query.limit]]

    def _record(self, number: int) -> Service:
        (record,) = self._connection().execute("SELECT record FROM service WHERE number = ?", (number,)).fetchone()
        return _service(record)

    def _connection(self) -> sqlite3.Connection:
        """This thread's own: SQLite's connections are not for sharing."""
        if not hasattr(self._threads, "connection"):
            self._threads.connection = _connect(self._path)
        connection: sqlite3.Connection = self._threads.connection
        return connection

    def _broken(self) -> DataError:
        return DataError(f"The search index {self._path.name} is missing or broken. Delete it and start again: it is built anew.")


def _connect(path: Path) -> sqlite3.Connection:
    # `immutable`: nobody ever writes into this file, a new one takes its name; so no lock and no file beside it is needed.
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


# Ranking


@dataclass(frozen=True)
class _Part:
    """The columns of a country and kind, and the words that they count in: ``languages``, ``audience``, ``regions``, ``zones``."""

    words: dict[str, list[str]]
    services: NDArray[Any]
    places: NDArray[Any]
    languages: NDArray[Any]
    audience: NDArray[Any]
    regions: NDArray[Any]
    timetables: NDArray[Any]
    openings: NDArray[Any]

    @cached_property
    def named(self) -> dict[str, _Flags]:
        """Which services have any word at all, by column of pairs; under ``places``, which have a place."""
        flags = {}
        for column in ("languages", "audience", "regions", "places"):
            flags[column] = np.zeros(len(self.services), dtype=bool)
            flags[column][getattr(self, column)["service"]] = True
        return flags

    def having(self, column: str, fits: Callable[[str], bool]) -> _Flags:
        """Which services have a word that fits in a column of pairs."""
        pairs: NDArray[Any] = getattr(self, column)
        good = np.array([fits(word) for word in self.words[column]], dtype=bool)
        flags = np.zeros(len(self.services), dtype=bool)
        if good.any():
            flags[pairs["service"][good[pairs["word"]]]] = True
        return flags


@dataclass(frozen=True)
class _Candidate:
    """A service that fits: number of its record, and the rest as in `Found`."""

    number: int
    kilometres: float | None
    open: bool | None


def _part(words: str, blobs: Sequence[bytes]) -> _Part:
    columns = zip(_COLUMNS.items(), blobs, strict=True)
    return _Part(words=json.loads(words), **{name: np.frombuffer(blob, dtype) for (name, dtype), blob in columns})


def _rank(part: _Part, query: Query, country: str) -> tuple[list[_Candidate], _Candidate | None]:
    """The best of one kind, as many as are wanted; and the best of those that are there and open."""
    kept, kilometres, bands, steps = _distances(part, query)
    served, fits = _served(part, query)
    kept &= fits
    if not query.police:
        kept &= ~part.services["police"]
    spoken, states = _spoken(part, query, country), _states(part, query)
    key = bands
    for rank, bits in ((served, 3), (spoken, 2), (part.services["verified"], 2), (states, 2), (steps, 21), (~part.services["always"], 1)):
        key = (key << bits) | rank
    rows, wanted = np.flatnonzero(kept), query.limit
    keys = key[rows]
    if 0 < wanted < len(rows):  # sorting all of a large kind would take longer than the rest
        few = keys <= np.partition(keys, wanted - 1)[wanted - 1]
        best = rows[few][np.argsort(keys[few], kind="stable")][:wanted]
    else:
        best = rows[np.argsort(keys, kind="stable")][:wanted]
    opened = rows[(states[rows] == _OPEN) & (bands[rows] == 0)]

    def candidate(row: int) -> _Candidate:
        away = float(kilometres[row])
        return _Candidate(
            int(part.services["number"][row]),
            away if np.isfinite(away) else None,
            None if states[row] == _UNKNOWN else bool(states[row] == _OPEN),
        )

    return [candidate(row) for row in best], candidate(opened[np.argmin(key[opened])]) if len(opened) else None


def _chord(places: NDArray[Any], latitude: float, longitude: float) -> _Kilometres:
    """Great-circle distances in kilometres; NaN where a place has no coordinates."""
    return kilometres_between((places["x"], places["y"], places["z"]), on_the_globe(latitude, longitude))


def _distances(part: _Part, query: Query) -> tuple[_Flags, _Kilometres, _Numbers, _Numbers]:
    """Which services are within reach at all; kilometres to them (infinite where unknown); how far off they are, in bands; and the order
    by distance within a band, in units of 100 m."""
    count = len(part.services)
    region = query.region.casefold() if query.region else None
    places = part.places
    placed, regional = part.named["places"], part.named["regions"]
    allowed, some_left = np.ones(len(places), dtype=bool), placed
    if query.not_near:
        allowed = ~(_chord(places, *query.not_near[:2]) <= query.not_near[2])  # unknown coordinates stay
        some_left = np.zeros(count, dtype=bool)
        some_left[places["service"][allowed]] = True
    kilometres = np.full(count, np.inf)
    if query.near:
        near = np.where(allowed, _chord(places, *query.near), np.inf)
        np.fmin.at(kilometres, places["service"], near)
    for_region = part.having("regions", lambda word: word == region)
    nationwide = part.services["nationwide"]
    national = (~placed & ~regional) | nationwide
    in_region = np.zeros(count, dtype=bool)
    here = np.array([word == region for word in part.words["places"]], dtype=bool)
    if here.any():
        in_region[places["service"][allowed & here[places["region"]]]] = True
    kept = ~placed | nationwide | some_left
    if region:
        kept &= ~regional | for_region
    if query.anywhere:
        kept &= ~placed | nationwide

    if query.near:
        bands = np.searchsorted(_BAND_ENDS, kilometres)
        steps = np.minimum(kilometres, 30_000.0) * 10
        bands = np.where(np.isinf(kilometres) & in_region, 1, bands)
        bands = np.where(regional & (region is None), np.minimum(bands, 1), bands)  # perhaps for the person's region
        there = national | for_region
        bands = np.where(there, 0, bands)
        steps = np.where(there, np.minimum(steps, THERE_KM * 10 + 1 + national), steps)
    elif region:
        there = for_region | in_region
        bands = np.where(there | national, 0, _FURTHEST_BAND)
        steps = np.where(there, 0, 1)
    else:
        bands, steps = np.zeros(count, dtype=np.int64), np.where(national, 0, 1)
    return kept, kilometres, bands, steps.astype(np.int64)


def _served(part: _Part, query: Query) -> tuple[_Numbers, _Flags]:
    """How sure it is that the person is served (0 certain), and for whom that is possible at all."""
    said = set(query.audience).union(*(_ALSO.get(word, ()) for word in query.audience))
    others = set().union(*(_CONTRARY.get(word, set()) for word in query.audience)) - said
    named = part.named["audience"]
    meant = part.having("audience", lambda word: word == "anyone" or word in said)
    possible = ~named | meant | part.having("audience", lambda word: word not in others)
    ranks = np.where(meant, 0, np.where(named, 4, 2))
    if query.without_papers:
        papers = part.services["papers"]
        ranks = ranks + (papers < 0)
        possible = possible & (papers != 0)
    return ranks, possible


def _spoken(part: _Part, query: Query, country: str) -> _Numbers:
    """Whether the language is spoken or interpreted (0), may be (1), or is not among those that are named (2)."""
    if not query.locale:
        return np.zeros(len(part.services), dtype=np.int64)
    wanted = language_of(query.locale)
    named = part.named["languages"]
    spoken = part.having("languages", lambda word: word == wanted) | part.services["interpreter"]
    if _only_language(country) == wanted:
        spoken |= ~named
    return np.where(spoken, 0, np.where(named, 2, 1))


def _states(part: _Part, query: Query) -> _Numbers:
    """Whether each service is open at the time that is asked for; all unknown where none is."""
    count = len(part.services)
    if query.at is None:
        return np.full(count, _UNKNOWN, dtype=np.int64)
    minutes = np.array([minute_of_week(query.at, zone) for zone in part.words["zones"]], dtype=np.int64)
    openings, timetables = part.openings, part.services["timetable"]
    now = minutes[part.timetables["zone"][openings["timetable"]]]
    # Late on Sunday lies beyond the end of the week.
    within = ((openings["opens"] <= now) & (now < openings["closes"])) | (now + MINUTES_OF_WEEK < openings["closes"])
    states = np.append(np.full(len(part.timetables), _CLOSED), _UNKNOWN)  # the last is that of the services without one
    states[openings["timetable"][within]] = _OPEN
    return np.where(part.services["always"], _OPEN, states[timetables])


@lru_cache(maxsize=512)
def language_of(code: str) -> str:
    """The language of a locale or an ISO 639 code of two or three letters: ``zh`` of ``zh_Hans``, ``fil`` of ``tl``, ``es`` of ``spa``."""
    base = code.replace("-", "_").split("_")[0].lower()
    return str(get_global("language_aliases").get(base, base)).split("_")[0]


@lru_cache(maxsize=512)
def _only_language(country: str) -> str | None:
    """The one official language of a country, by Unicode CLDR; None where it has several or none."""
    languages = get_official_languages(country, de_facto=True)
    return languages[0] if len(languages) == 1 else None


# Building

_USUAL: Final = {one.name: one.default for one in fields(Service) if one.default is not MISSING}
_TABLES = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE about (form INTEGER, built_from TEXT);
CREATE TABLE service (number INTEGER PRIMARY KEY, id TEXT UNIQUE, record TEXT);
CREATE TABLE part (country TEXT, kind TEXT, words TEXT, {" BLOB, ".join(_COLUMNS)} BLOB);
CREATE UNIQUE INDEX part_of ON part (country, kind);
BEGIN;
"""


def _fill(connection: sqlite3.Connection, services: Iterable[Service], of: str) -> None:
    connection.executescript(_TABLES)
    connection.execute("INSERT INTO about VALUES (?, ?)", (_FORM, of))
    parts: dict[tuple[str, str], _Rows] = {}
    for number, service in enumerate(services):
        if reachable(service):
            connection.execute("INSERT INTO service VALUES (?, ?, ?)", (number, service.id, _record(service)))
            parts.setdefault((service.country, service.kind), _Rows()).add(number, service)
    for (country, kind), rows in sorted(parts.items()):
        words = json.dumps({name: list(known) for name, known in rows.words.items()})
        blobs = [np.array(rows.columns[name], dtype).tobytes() for name, dtype in _COLUMNS.items()]
        connection.execute(f"INSERT INTO part VALUES (?, ?, ?{', ?' * len(blobs)})", (country, kind, words, *blobs))  # noqa: S608
    connection.execute("COMMIT")


@dataclass
class _Rows:
    """Collects the columns of a country and kind."""

    columns: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    words: dict[str, dict[str, int]] = field(
        default_factory=lambda: {name: {} for name in ("languages", "audience", "regions", "places", "zones")}
    )
    timetables: dict[tuple[str, tuple[Opening, ...]], int] = field(default_factory=dict)

    def add(self, number: int, service: Service) -> None:
        """Adds a service. Points that name no more than the country say nothing of where it is, and openings without a known time zone
        nothing of when."""
        row = len(self.columns["services"])
        timetable = self._timetable(service) if service.openings and _is_zone(service.timezone) else -1
        self.columns["services"].append(
            (
                number,
                timetable,
                0 if service.checked_on else 1 if service.confirmed else 2,
                -1 if service.without_papers is None else int(service.without_papers),
                service.always_open,
                service.interpreter,
                service.police_run,
                service.nationwide,
            )
        )
        for point in service.points:
            somewhere = point.latitude is not None and point.longitude is not None
            if somewhere or point.region or point.city:
                globe = on_the_globe(point.latitude or 0.0, point.longitude or 0.0) if somewhere else (np.nan,) * 3
                self.columns["places"].append((row, self._word("places", point.region.casefold()), *globe))
        for column, words in (
            ("languages", map(language_of, service.languages)),
            ("audience", iter(service.audience)),
            ("regions", map(str.casefold, service.regions)),
        ):
            self.columns[column].extend((row, self._word(column, word)) for word in words)

    def _timetable(self, service: Service) -> int:
        known = self.timetables.setdefault((service.timezone, service.openings), len(self.timetables))
        if known == len(self.columns["timetables"]):
            self.columns["timetables"].append((self._word("zones", service.timezone),))
            self.columns["openings"].extend((known, *of_week(one)) for one in service.openings)
        return known

    def _word(self, column: str, word: str) -> int:
        known = self.words[column]
        return known.setdefault(word, len(known))


@lru_cache(maxsize=1024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # whatever a folder, a path outside or an unknown name gives
        return False
    return bool(name)


def _record(service: Service) -> str:
    """A service as JSON, without what is as usual."""
    told = {name: value for name, value in vars(service).items() if name not in _USUAL or value != _USUAL[name]}
    return json.dumps(
        told, ensure_ascii=False, default=lambda value: value.isoformat() if isinstance(value, datetime.date) else vars(value)
    )


def _service(record: str) -> Service:
    values = json.loads(record)
    for name in values.keys() & {"languages", "audience", "regions"}:
        values[name] = tuple(values[name])
    for name, kind in (("openings", Opening), ("points", Point)):
        values[name] = tuple(kind(**one) for one in values.get(name, ()))
    if "checked_on" in values:
        values["checked_on"] = datetime.date.fromisoformat(values["checked_on"])
    return Service(**values)
