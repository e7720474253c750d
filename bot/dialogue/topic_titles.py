"""What topics are called to people: the titles of choices, by topic, in English; the catalogues have them in every locale."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import yaml

from bot.paths import ROOT

_PREFIX = "utter_topic_"


@lru_cache(maxsize=1)
def _titles() -> Mapping[str, str]:
    text = (ROOT / "bot" / "domain" / "responses" / "topics.yml").read_text(encoding="utf-8")
    responses = yaml.safe_load(text)["responses"]
    return {name.removeprefix(_PREFIX): variants[0]["text"] for name, variants in responses.items() if name.startswith(_PREFIX)}


def topic_title(topic: str) -> tuple[str, str] | None:
    """Context and English sentence of a topic's title, for `translate`; None for what is no topic."""
    return (_PREFIX + topic, _titles()[topic]) if topic in _titles() else None
