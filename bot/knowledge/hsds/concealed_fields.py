"""What may stay of the rows about a place that must not be known: for each column that stays, the form that its value must have.

A value of another form goes: a free text could hold an address in any field, so words of the source stay nowhere but in names.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from bot.knowledge.hsds.codes import country_code, language_code
from bot.knowledge.hsds.hiding import names_a_street
from bot.knowledge.hsds.kinds import KINDS
from bot.knowledge.hsds.serving import audience_told_by, free_told_by, without_papers_told_by
from bot.knowledge.hsds.spelling import plain
from bot.knowledge.localities import gazetteer

Clean = Callable[[str], str]

WITHHELD = "not disclosed"  # stands for the street; whoever reads it again hears that the place is confidential
_NAMESPACE = uuid.UUID("b1f0b7a2-5e0b-5f6e-8a64-0c8f9d7f4e55")
_LONGEST_NAME = 80
# Hosts where the path says whose page it is, or which show maps: what is left of such an address helps nobody.
_SHARED_HOSTS = re.compile(
    r"(^|\.)(facebook|instagram|twitter|x|google|goo|bing|apple|waze|openstreetmap|here|mapquest|yelp|linktr|linkedin|tiktok|youtube|"
    r"bit|tinyurl|t|wa|what3words|w3w|plus|foursquare|tripadvisor|nextdoor|eventbrite)\.[a-z.]+$"
)


@lru_cache(maxsize=2**15)
def identifier(text: str) -> str:
    """An id as it is, or another one made of it where it could be read as an address."""
    words = re.sub(r"[-_./:]+", " ", text)
    if re.fullmatch(r"[0-9a-fA-F-]{36}|[A-Za-z]{0,12}[-_:]?\d{1,20}", text) or not (names_a_street(words) or " " in text):
        return text
    return str(uuid.uuid5(_NAMESPACE, text))


def place(text: str) -> str:
    """The name of a town, state or country that the gazetteer knows, or the letters of a state; else ""."""
    name = " ".join(text.split())
    if re.fullmatch(r"[A-Za-z]{2,3}", name):
        return name
    known = gazetteer().has_town(name) or country_code(name) is not None
    return name if known and not re.search(r"\d", name) and not names_a_street(name) else ""


def country(text: str) -> str:
    """The code of a country, or ""."""
    return country_code(text) or ""


def postal_area(text: str) -> str:
    """The part of a postcode that means a wide area: its letters, or its first digits."""
    code = re.sub(r"\s", "", text).upper()
    letters = re.match(r"[A-Z]{1,2}(?=\d|$)", code)
    if letters:
        return letters.group()
    digits = re.match(r"\d+", code)
    return digits.group()[: 3 if len(digits.group()) in (3, 5, 9) else 2] if digits else ""


def website(text: str) -> str:
    """The front page of a web address; "" for maps and for hosts that many share."""
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    good = parts.scheme in ("http", "https") and re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", host)
    if not good or "@" in text or _SHARED_HOSTS.search(host) or names_a_street(re.sub(r"[.-]+", " ", host)):
        return ""
    return f"{parts.scheme}://{host}/"


def phone(text: str) -> str:
    """A telephone number with its extension, or ""."""
    number = text.strip(" \"'")
    return number if re.fullmatch(r"\+?[\d\s().-]{3,24}(?:(?:,|;)? ?(?:ext\.?|x) ?\d{1,6})?", number, re.I) else ""


def language(text: str) -> str:
    """The name of a language that Unicode knows, or ""."""
    return text if language_code(text) else ""


def _of_form(pattern: str) -> Clean:
    form = re.compile(pattern, re.I)
    return lambda text: text if form.fullmatch(text.strip()) else ""


def _one_of(*words: str) -> Clean:
    spelled = {word.lower(): word for word in words}
    return lambda text: spelled.get(text.strip().lower(), "")


def eligibility(*texts: str) -> str:
    """Who is served, in words of ours, as several fields tell."""
    papers = {True: ("without papers",), False: ("proof of citizenship",), None: ()}[without_papers_told_by(*texts)]
    return ", ".join((*audience_told_by(*texts), *papers))


def fees(*texts: str) -> str:
    """Whether it is free, in words of ours, as several fields tell."""
    return {True: "free", False: "not free", None: ""}[free_told_by(*texts)]


def name(text: str, kind: str, streets: frozenset[str]) -> str:
    """A name, or the kind where the name could lead to the place.

    Args:
        text: the name.
        kind: what stands for it.
        streets: names of the streets, without number and in `plain` letters, on which the service is.
    """
    words = plain(text)
    digits = re.sub(r"\b24 ?/ ?7\b|\b24 ?-?h(?:ours?)?\b", "", words)
    telling = (
        names_a_street(text) or re.search(r"[\d@/]", digits) or len(text) > _LONGEST_NAME or any(street in words for street in streets)
    )
    return kind.replace("_", " ").capitalize() if telling else text


def sms_word(text: str) -> str:
    """A word to send by text message."""
    return text if re.fullmatch(r"\w{1,12}", text) else ""


def source(text: str) -> str:
    """Where the entry is known from, unless that could name a street."""
    return text if not names_a_street(text) else ""


_DATE = _of_form(r"\d{4}-\d{2}-\d{2}(?:[T ][\d:.+-]+Z?)?")
_TIME = _of_form(r"\d{1,2}(?::\d{2}){0,2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})? ?(?:[ap]\.?m\.?)?")
_NUMBER = _of_form(r"-?\d{1,6}(?:\.\d+)?")
_DAYS = _of_form(r"(?:[+-]?\d{0,2}(?:MO|TU|WE|TH|FR|SA|SU),? ?){1,14}")
_NUMBERS = _of_form(r"(?:-?\d{1,3},? ?){1,60}")

COLUMNS: dict[str, dict[str, Clean]] = {
    "organizations": {"website": website},
    "services": {
        "url": website,
        "status": _one_of("active", "inactive", "defunct", "temporarily closed"),
        "minimum_age": _NUMBER,
        "maximum_age": _NUMBER,
        "assured_date": _DATE,
        "last_modified": _DATE,
        "interpretation_services": lambda text: "interpreter" if text else "",
    },
    "locations": {"location_type": _one_of("physical", "postal", "virtual")},
    "service_at_location": {},
    "addresses": {
        "city": place,
        "state_province": place,
        "country": country,
        "postal_code": postal_area,
        "address_type": _one_of("physical", "postal", "virtual"),
    },
    "phones": {
        "number": phone,
        "extension": _of_form(r"\d{1,8}"),
        "type": _one_of("voice", "text", "sms", "fax", "cell", "video", "pager", "textphone", "tty", "hotline"),
    },
    "schedules": {
        **dict.fromkeys(("valid_from", "valid_to", "dtstart", "until"), _DATE),
        **dict.fromkeys(("count", "interval"), _NUMBER),
        **dict.fromkeys(("byweekno", "bymonthday", "byyearday"), _NUMBERS),
        **dict.fromkeys(("byday", "wkst"), _DAYS),
        **dict.fromkeys(("opens_at", "closes_at"), _TIME),
        "timezone": _of_form(
            r"-?\d{1,2}(?:\.\d+)?|UTC|(?:Africa|America|Antarctica|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[\w/+-]{2,30}"
        ),
        "freq": _one_of("WEEKLY", "MONTHLY", "DAILY"),
    },
    "languages": {"name": language, "code": language},
    "cost_options": {"valid_from": _DATE, "valid_to": _DATE, "currency": _of_form(r"[a-z]{3}"), "amount": _NUMBER},
    "service_areas": {"name": place},
}
# Columns without which such a row says nothing.
NEEDED = {"phones": ("number",), "languages": ("name", "code"), "service_areas": ("name",), "cost_options": ("amount",)}

OWN_ATTRIBUTES: dict[str, Clean] = {
    "kind": _one_of(*KINDS),
    "confidential": _one_of("true"),
    "police_run": _one_of("true"),
    "nationwide": _one_of("true"),
    "confirmed": _one_of("true"),
    "sms_word": sms_word,
    "chat": website,
    "source": source,
    "source_date": _of_form(r"\d{4}(?:-\d{2}){0,2}"),
    "country": lambda text: text if text in ("INT", "EU") else country(text),
    "label": _of_form(r"[a-z_0-9]{1,20}"),
}
