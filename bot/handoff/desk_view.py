"""What the desk is shown of handoffs. Nobody's address, user name or earlier words are in here."""

from __future__ import annotations

from dataclasses import dataclass

from bot.handoff.life import Point, Said


@dataclass(frozen=True)
class Advocate:
    """Who acts at the desk.

    Attributes:
        name: sign-in name.
        display: the name that people are told.
        languages: locale codes that the advocate can write in.
        supervisor: whether the advocate is one.
        most_cases: how many cases at once.
    """

    name: str
    display: str
    languages: tuple[str, ...]
    supervisor: bool = False
    most_cases: int = 3


@dataclass(frozen=True)
class Presence:
    """An advocate who is at the desk.

    Attributes:
        advocate: who.
        available: takes cases; else away, but there.
        cases: how many the advocate has.
    """

    advocate: Advocate
    available: bool
    cases: int


@dataclass(frozen=True)
class Row:
    """A case on the board.

    Attributes:
        id: of the case; random, says nothing.
        state: ``waiting``, ``joined`` or ``closing``.
        locale, channel: hers.
        urgent: kind of urgency, or None.
        topics: intents of the summary that she left in.
        waited: seconds since she agreed, or since the case came back.
        front: it was with an advocate already.
        any_language: she agreed to an advocate without her language.
        advocate, display: who has it, or None and empty.
        unanswered: seconds for which her words wait for an answer, or None.
        gone: the advocate's connection is lost.
    """

    id: str
    state: str
    locale: str
    channel: str
    urgent: str | None
    topics: tuple[str, ...]
    waited: float
    front: bool
    any_language: bool
    advocate: str | None
    display: str
    unanswered: float | None
    gone: bool


@dataclass(frozen=True)
class CaseView:
    """A case as the advocate who has it, or a supervisor, sees it.

    Attributes:
        row: as on the board.
        points: the summary, as far as she left it in.
        said: the messages, oldest first; ages are told by `Said.at` and `now`.
        now: of the same clock as the times in `said` (seconds).
        held: an advocate's words wait behind the neutral line.
        asked: the one question is open.
        country: where she is as far as known and not struck (ISO 3166-1 alpha-2), for numbers and services; else None.
    """

    row: Row
    points: tuple[Point, ...]
    said: tuple[Said, ...]
    now: float
    held: bool
    asked: bool
    country: str | None


@dataclass(frozen=True)
class Notice:
    """Something changed; what is to be looked at anew.

    Attributes:
        kind: ``case`` (that case, and the board), ``ended`` (that case is gone; `why` is an `Ending`), ``staff`` (who is there),
            ``alert`` (for supervisors; `why` is ``urgent``, ``unanswered`` or ``gone``), ``wiped`` (everything is gone), ``all`` (notices
            may have been missed: look at everything anew).
        case: id of the case, or empty.
        why: see `kind`.
    """

    kind: str
    case: str = ""
    why: str = ""
