"""What the directory knows of a service: who it is for, how and when it can be reached, where it is, and where that is known from."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from zoneinfo import ZoneInfo

MINUTES_OF_DAY = 24 * 60
MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY


@dataclass(frozen=True)
class Opening:
    """A time of the week in which a service is open.

    Attributes:
        weekday: 0 for Monday to 6 for Sunday.
        opens, closes: minutes after midnight, at the service; `closes` is above `opens`, and above 1440 where it lies on the next day.
    """

    weekday: int
    opens: int
    closes: int


@dataclass(frozen=True)
class Point:
    """Where a service can be found, never nearer than the town where that is confidential.

    Attributes:
        country: ISO 3166-1 alpha-2.
        region: state or province by its ISO 3166-2 part behind the hyphen where known, such as ``CA``, else its name, or "".
        city: its name, or "".
        latitude, longitude: degrees, both None where unknown.
        street: as published by the service, "" where unknown and wherever the service is confidential.
    """

    country: str
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    street: str = ""


@dataclass(frozen=True)
class Service:
    """One service of the directory.

    Attributes:
        id: unique in the directory.
        country: ISO 3166-1 alpha-2 of the country that it serves, ``INT`` worldwide, ``EU`` for harmonised European numbers.
        kind: one of the directory's kinds, such as ``legal_aid``.
        name: its own name, said only after the person used the word or asked for it.
        label: id of its neutral label (`data/directory/words.yml`), such as ``helpline_24h``.
        phone, sms, sms_word, chat, website: as in the sources; "" where unknown.
        always_open: whether the sources say that it is open round the clock.
        openings: when it is open otherwise; empty where that is unknown, or told in words alone.
        timezone: IANA name in which `openings` are meant, or "".
        languages: locale or ISO 639 codes of staff; empty where unknown. `interpreter`: more by interpreter.
        audience: who is served, such as ``anyone``, ``children``, ``women``, ``men``, ``trans``; empty where unknown.
        without_papers: whether people without papers are served; None where unknown.
        free: whether a call or the service is free; None where unknown.
        points: where it is; empty where that is unknown, or it is reached by phone or web alone.
        regions: parts of the country that it serves (as in `Point.region`); empty means all of it.
        nationwide: it is said to be reached by phone from all of the country, wherever it is.
        confidential: its place must not be known.
        police_run: never offered unasked.
        confirmed: two independent sources agree.
        source: title and address of the pages it is known from.
        source_date: that of the newest of them, in the form of ISO 8601, where need be without day and month; "" where none bears one.
        checked_on: when a human last verified it; None where nobody has.
    """

    id: str
    country: str
    kind: str
    name: str
    label: str
    phone: str = ""
    sms: str = ""
    sms_word: str = ""
    chat: str = ""
    website: str = ""
    always_open: bool = False
    openings: tuple[Opening, ...] = ()
    timezone: str = ""
    languages: tuple[str, ...] = ()
    interpreter: bool = False
    audience: tuple[str, ...] = ()
    without_papers: bool | None = None
    free: bool | None = None
    points: tuple[Point, ...] = ()
    regions: tuple[str, ...] = ()
    nationwide: bool = False
    confidential: bool = False
    police_run: bool = False
    confirmed: bool = False
    source: str = ""
    source_date: str = ""
    checked_on: datetime.date | None = None

    @property
    def for_some(self) -> bool:
        """Whether it is known to be for certain people only."""
        return bool(self.audience) and "anyone" not in self.audience

    @property
    def doubtful(self) -> bool:
        """Whether neither two sources nor a human vouch for it."""
        return not self.confirmed and self.checked_on is None


def of_week(opening: Opening) -> tuple[int, int]:
    """When it opens and closes, in minutes since Monday began."""
    monday = opening.weekday * MINUTES_OF_DAY
    return monday + opening.opens, monday + opening.closes


def minute_of_week(at: datetime.datetime, zone: str) -> int:
    """Minutes since Monday began in a time zone.

    Args:
        at: with time zone.
        zone: IANA name.
    """
    there = at.astimezone(ZoneInfo(zone))
    return there.weekday() * MINUTES_OF_DAY + there.hour * 60 + there.minute


def is_open(service: Service, at: datetime.datetime) -> bool | None:
    """Whether a service is open at a time; None where its hours or its time zone are not known.

    Args:
        service: of the directory.
        at: with time zone.
    """
    if service.always_open:
        return True
    if not service.openings or not service.timezone:
        return None
    minute = minute_of_week(at, service.timezone)
    # Late on Sunday lies beyond the end of the week.
    return any(opens <= minute < closes or minute + MINUTES_OF_WEEK < closes for opens, closes in map(of_week, service.openings))
