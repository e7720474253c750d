"""A case as it lies in the store: the handoff, the sealed way to reach the person, and nothing else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from bot.handoff.life import Ending, Fate, Handoff, Held, Point, Said, State


@dataclass(frozen=True)
class Record:
    """One case.

    Attributes:
        version: counts the changes.
        handoff: how it stands.
        channel: by which she is reached.
        capsule: her address, sealed once more: what handles a case does not open it.
        country: whose numbers she is told (ISO 3166-1 alpha-2), or None.
    """

    version: int
    handoff: Handoff
    channel: str
    capsule: bytes
    country: str | None

    def __repr__(self) -> str:
        return f"<Record {self.handoff.state.value} {self.version}>"


def handoff_from(value: dict[str, Any]) -> Handoff:
    """What `asdict` made of a handoff, after a way through JSON."""
    return Handoff(
        **{
            **value,
            "state": State(value["state"]),
            "points": tuple(Point(**point) for point in value["points"]),
            "struck": tuple(value["struck"]),
            "ladder": tuple(value["ladder"]),
            "held": tuple(Held(one["name"], tuple((key, text) for key, text in one["values"]), one["at"]) for one in value["held"]),
            "said": tuple(Said(**{**said, "fate": Fate(said["fate"])}) for said in value["said"]),
            "ending": Ending(value["ending"]) if value["ending"] else None,
        }
    )


def packed(record: Record) -> bytes:
    """The record as bytes."""
    value = {**asdict(record), "capsule": record.capsule.hex()}
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def unpacked(content: bytes) -> Record:
    """What `packed` made."""
    value = json.loads(content.decode("utf-8", "surrogatepass"))
    return Record(**{**value, "handoff": handoff_from(value["handoff"]), "capsule": bytes.fromhex(value["capsule"])})
