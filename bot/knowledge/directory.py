"""The directory of services (`data/directory/services.yml`): helplines with source, confidence and date."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import DataError
from bot.knowledge.files import FieldError, field, sections, text_or_nothing, where
from bot.paths import DATA


@dataclass(frozen=True)
class Service:
    """One helpline.

    Attributes:
        id, country, kind: as in the file; kind is one of the directory's kinds, such as ``legal_aid``.
        name: its own name, said only after the person used the word or asked for it.
        label: id of its neutral label; `label_text` is the English wording, which the catalogues translate.
        phone, sms, sms_word, chat, website, hours: as in the file; "" where unknown.
        languages: locale codes of staff; `interpreter`: more by interpreter.
        audience: who it is for; "anyone" where nobody is named.
        region: part of the country it serves, or "".
        police_run: never offered unasked.
        confirmed: two independent sources agree.
    """

    id: str
    country: str
    kind: str
    name: str
    label: str
    label_text: str
    phone: str
    sms: str
    sms_word: str
    chat: str
    website: str
    hours: str
    languages: tuple[str, ...]
    interpreter: bool
    audience: tuple[str, ...]
    region: str
    police_run: bool
    confirmed: bool

    @property
    def round_the_clock(self) -> bool:
        """Whether the facts say that it is always open."""
        return self.hours.startswith("24/7") or self.hours == "24 h"


def _service(entry: dict[str, Any], labels: dict[str, str]) -> Service:
    def word(name: str) -> str:
        return text_or_nothing(entry, name)

    def words(name: str) -> tuple[str, ...]:
        return tuple(field(entry, name, list)) if entry.get(name) else ()

    return Service(
        id=field(entry, "id", str),
        country=field(entry, "country", str),
        kind=field(entry, "kind", str),
        name=field(entry, "name", str),
        label=field(entry, "label", str),
        label_text=labels[entry["label"]],
        phone=word("phone"),
        sms=word("sms"),
        sms_word=word("sms_word"),
        chat=word("chat"),
        website=word("website"),
        hours=word("hours"),
        languages=words("languages"),
        interpreter=bool(entry.get("interpreter")),
        audience=words("audience") or ("anyone",),
        region=word("region"),
        police_run=field(entry, "police_run", bool),
        confirmed=entry["confidence"] == "confirmed",
    )


class Directory:
    """Services by id and by country and kind.

    Args:
        services: all entries, in the order in which they are preferred.
        labels: the English wording of each neutral label, by its id.
    """

    def __init__(self, services: list[Service], labels: dict[str, str] | None = None) -> None:
        self.labels = labels or {}
        self._by_id = {service.id: service for service in services}
        self._by_kind: dict[tuple[str, str], list[Service]] = {}
        for service in services:
            self._by_kind.setdefault((service.country, service.kind), []).append(service)

    def service(self, service_id: str) -> Service:
        """The service of that id. Raises KeyError where there is none."""
        return self._by_id[service_id]

    def find(self, country: str, kinds: tuple[str, ...] | list[str], *, audience: str | None = None) -> list[Service]:
        """Confirmed services of a country that may be offered unasked, best first.

        Those for everybody come before those for some, always open ones before others. Nothing that the police run, and nothing
        that cannot be reached by phone, text, chat or a web page.

        Args:
            country: ISO 3166-1 alpha-2 code, or ``INT``.
            kinds: kinds of the directory, best first.
            audience: ``children`` and the like where the person said so; services for others are left out then.
        """
        wanted = {"anyone"} | ({audience} if audience else set())
        found = []
        for kind in kinds:
            able = [
                service
                for service in self._by_kind.get((country, kind), [])
                if service.confirmed and not service.police_run and (service.phone or service.sms or service.chat or service.website)
            ]
            found += sorted(able, key=lambda s: (not wanted & set(s.audience), bool(s.region), not s.round_the_clock))
        return found

    def __len__(self) -> int:
        return len(self._by_id)


def read_directory(path: Path) -> Directory:
    """Reads a directory file.

    Raises:
        DataError: an entry is malformed or an id stands twice.
    """
    labels, entries = sections(path, labels=dict, services=list)
    services: list[Service] = []
    seen: set[str] = set()
    for number, entry in enumerate(entries, 1):
        try:
            service = _service(entry, labels)
        except FieldError as error:
            raise DataError(
                f"{where(path, entry, error)}: entry {number} has {error}. Compare it with the comment at the head of the file."
            ) from None
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{where(path, entry)}: entry {number} lacks or misspells {error}. Compare it with the comment at the head of the file."
            ) from None
        if service.id in seen:
            raise DataError(f"{where(path, entry)}: the id {service.id} stands twice. Give one of them another id.")
        seen.add(service.id)
        services.append(service)
    return Directory(services, labels)


@lru_cache(maxsize=1)
def directory() -> Directory:
    """The directory of `data/directory/`."""
    return read_directory(DATA / "directory" / "services.yml")
