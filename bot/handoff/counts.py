"""Numbers for reports: how many, how long, in which languages, on which topics; none that could point to a person."""

from __future__ import annotations

from collections import Counter

from bot.handoff.life import Ending, Handoff

SMALLEST = 5  # a smaller number is not told: it might be one known person


class Counts:
    """Counts of one worker since it began. Endings, languages and topics are counted apart, never together: a cell of all three
    would often be one person."""

    def __init__(self) -> None:
        self.endings: Counter[str] = Counter()
        self.locales: Counter[str] = Counter()
        self.topics: Counter[str] = Counter()
        self.helped: Counter[str] = Counter()
        self.waits: Counter[str] = Counter()

    def ended(self, handoff: Handoff) -> None:
        """A handoff ended."""
        if handoff.ending in (None, Ending.DECLINED):
            return
        self.endings[str(handoff.ending.value)] += 1
        self.locales[handoff.locale] += 1
        self.topics.update({point.value for point in handoff.points if point.kind == "topic"})
        if handoff.helped:
            self.helped[handoff.helped] += 1

    def waited(self, seconds: float) -> None:
        """Somebody waited so long for an advocate."""
        self.waits[next((f"{minutes}" for minutes in (1, 2, 5, 10, 20) if seconds < minutes * 60), "longer")] += 1
