"""Which services of ours an operator's directory knows as well, and both as one: what it brings takes the place of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.knowledge.hsds.phones import read_number
from bot.knowledge.hsds.spelling import plain
from bot.knowledge.services import Service

_WORLDWIDE = ("INT", "EU")


def _number(service: Service) -> str:
    """The number at which a service is reached, however it is written; "" where there is none."""
    said = service.phone or service.sms
    number = read_number(said, None if service.country in _WORLDWIDE else service.country)
    return number.text if number else re.sub(r"\D", "", said)


def _towns(service: Service) -> set[str]:
    return {plain(point.city) for point in service.points if point.city}


def _is_wherever(ours: Service, brought: Service) -> bool:
    """Whether a service that was brought is where ours is, and serves where ours does: one number may be that of several offices."""
    serves = not brought.regions or (bool(ours.regions) and set(ours.regions) <= set(brought.regions))
    return serves and _towns(ours) <= _towns(brought)


def known_as(ours: Sequence[Service], brought: Sequence[Service], same_ids: Mapping[str, str]) -> dict[str, Service]:
    """The services that take the place of ours, by the ids of ours: the one with that id; else one that is the same by number, kind and
    country (one number may serve several kinds), of several the one with our name, else one without an office.

    Args:
        ours: services that come with the project.
        brought: those of the operator's directory.
        same_ids: other ids by which ours may be brought, and the ids that they stand for.
    """
    own_ids = {one.id for one in ours}
    found = {same_ids.get(one.id, one.id): one for one in brought}
    others: dict[tuple[str, str, str], list[Service]] = {}
    for one in brought:
        if same_ids.get(one.id, one.id) not in own_ids and (number := _number(one)):
            others.setdefault((one.country, one.kind, number), []).append(one)
    for own in ours:
        same = [one for one in others.get((own.country, own.kind, _number(own)), ()) if _is_wherever(own, one)]
        if same and own.id not in found:
            found[own.id] = min(same, key=lambda one: (plain(one.name) != plain(own.name), bool(one.points)))
    return {own_id: one for own_id, one in found.items() if own_id in own_ids}


def _in_place_of(ours: Service, brought: Service) -> Service:
    """A service that was brought, under the id of ours; at the same number it is reached from wherever ours is."""
    here = replace(brought, id=ours.id)
    if _number(ours) != _number(brought):
        return here
    is_line = not ours.points
    return replace(
        here,
        regions=brought.regions or (ours.regions if is_line else ()),
        nationwide=brought.nationwide or (is_line and not ours.regions and not brought.regions),
        police_run=brought.police_run or ours.police_run,
        confirmed=brought.confirmed or ours.confirmed,
    )


def as_one(ours: Sequence[Service], brought: Sequence[Service], same_ids: Mapping[str, str]) -> list[Service]:
    """Services of ours and of the operator's directory: each once, what was brought in the place of ours.

    Args:
        ours, brought, same_ids: as in `known_as`.
    """
    known, placed, found = known_as(ours, brought, same_ids), set[str](), list[Service]()
    for own in ours:
        taking = known.get(own.id)
        if taking is None:
            found.append(own)
        elif taking.id not in placed:
            placed.add(taking.id)
            found.append(_in_place_of(own, taking))
    return found + [one for one in brought if one.id not in placed]
