"""The intents of the domain, for tests of every room: topics that people write about, and what only the service itself sends."""

from __future__ import annotations

import yaml

from bot.paths import RASA_DOMAIN

SENT_BY_THE_SERVICE = (
    *("more", "source", "who_helps", "phone_is_shared", "no_voice", "choose_locale", "signs", "sign", "signs_done"),
    *("details", "service_name", "other_services", "not_near_here", "for_whom", "served"),
)
TOPICS = [
    intent
    for intent in yaml.safe_load((RASA_DOMAIN / "topics.yml").read_text(encoding="utf-8"))["intents"]
    if intent not in SENT_BY_THE_SERVICE
]
