"""Judges the understanding on labelled texts that it was not trained on (`helpline evaluate`)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.conversation.messages import Understanding
from bot.errors import DataError
from bot.knowledge.files import read_yaml
from bot.locales import all_locales
from bot.nlu.text import clean

NOT_URGENT = "not_urgent"  # a label that says only that neither kind of urgency may come out
_URGENT = {"danger_now": "danger", "self_harm": "self_harm"}
_ENTITY = re.compile(r"\[([^\[\]]+)\](?:\([^()]+\)|\{[^{}]+\})")  # [London](place), [London]{"entity": "place"}
_EXAMPLE = re.compile(r"^\s*-\s*(\S.*?)\s*$")


@dataclass(frozen=True)
class Labelled:
    """A text with its right topic and locale."""

    text: str
    intent: str
    locale: str


def locale_of_path(path: Path) -> str:
    """The locale that a file's path ends in: `<locale>.yml` or `<locale>/<anything>.yml`.

    Raises:
        DataError: neither is a locale's code.
    """
    for name in (path.stem, path.parent.name):
        if name in all_locales():
            return name
    raise DataError(
        f"{path} does not say its locale. Let its path end in <locale>.yml or <locale>/*.yml, with a locale of locales/locales.yml."
    )


def read_labelled(path: Path) -> list[Labelled]:
    """The texts of a Rasa NLU file, without the marks of entities. Synonyms, look-ups and patterns are passed over.

    Raises:
        DataError: the file cannot be read, or names no locale.
    """
    locale = locale_of_path(path)
    try:
        blocks = [block for block in read_yaml(path)["nlu"] if block.get("intent")]
        return [Labelled(_ENTITY.sub(r"\1", text), block["intent"], locale) for block in blocks for text in _examples(block)]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a Rasa NLU file ({type(error).__name__}). It needs `nlu:` with `intent` and `examples`.") from None


def _examples(block: dict[str, Any]) -> list[str]:
    """The texts of a block, in either of the two forms that Rasa reads."""
    examples = block["examples"]
    if isinstance(examples, str):
        return [match[1] for line in examples.splitlines() if (match := _EXAMPLE.match(line))]
    texts = [example["text"] if isinstance(example, dict) else example for example in examples]
    return [text.strip() for text in texts if text.strip()]


def is_long(text: str, locale: str) -> bool:
    """Three words or more; in Chinese, which writes no spaces, six characters."""
    return len(clean(text).replace(" ", "")) >= 6 if locale.startswith("zh") else len(clean(text).split()) >= 3


def urgency_heard(understanding: Understanding) -> str | None:
    """The kind of urgent reply that a person would get, plain or soft: danger or self_harm; None for any other."""
    return understanding.urgency if understanding.urgency in _URGENT.values() else None


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _per_intent(pairs: list[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Precision, recall and F1 of each intent that is a right answer, from (right, given)."""
    right, given = Counter(label for label, _ in pairs), Counter(topic for _, topic in pairs)
    hits = Counter(label for label, topic in pairs if label == topic)
    scores = {}
    for intent in sorted(right):
        scores[intent] = {
            "n": right[intent],
            "precision": _share(hits[intent], given[intent]),
            "recall": _share(hits[intent], right[intent]),
            "f1": _share(2 * hits[intent], right[intent] + given[intent]),
        }
    return scores


def _urgent(judged: list[tuple[Labelled, Understanding]]) -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for intent, kind in _URGENT.items():
        heard = [urgency_heard(understanding) for labelled, understanding in judged if labelled.intent == intent]
        result[intent] = {
            "n": len(heard),
            "recall": _share(heard.count(kind), len(heard)),
            "as_urgent": _share(sum(one is not None for one in heard), len(heard)),
        }
    harmless = [urgency_heard(understanding) for labelled, understanding in judged if labelled.intent == NOT_URGENT]
    result["false_alarms"] = {"n": len(harmless), "rate": _share(sum(one is not None for one in harmless), len(harmless))}
    return result


def scores(judged: list[tuple[Labelled, Understanding]]) -> dict[str, Any]:
    """The figures of one locale.

    Args:
        judged: each labelled text with what was understood. Texts labelled `not_urgent` have no topic: they count for the
            locale and the false alarms only.
    """
    topical = [(labelled, understanding) for labelled, understanding in judged if labelled.intent != NOT_URGENT]
    pairs = [(labelled.intent, understanding.topic) for labelled, understanding in topical]
    per_intent = _per_intent(pairs)
    long = [(labelled, understanding) for labelled, understanding in judged if is_long(labelled.text, labelled.locale)]
    return {
        "n": len(topical),
        "macro_f1": round(sum(score["f1"] for score in per_intent.values()) / len(per_intent), 4) if per_intent else 0.0,
        "accuracy": _share(sum(label == topic for label, topic in pairs), len(pairs)),
        "top2": _share(sum(labelled.intent in [name for name, _ in u.ranking[:2]] for labelled, u in topical), len(topical)),
        "within_one": _share(sum(labelled.intent in ((u.topic,) if u.acted else u.offered) for labelled, u in topical), len(topical)),
        "abstained": _share(sum(not u.acted for _, u in topical), len(topical)),
        "locale_accuracy": _share(sum(u.locale == labelled.locale for labelled, u in judged), len(judged)),
        "locale_accuracy_long": _share(sum(u.locale == labelled.locale for labelled, u in long), len(long)),
        "intents": per_intent,
        "urgent": _urgent(judged),
    }


def evaluate(paths: Iterable[Path], understand: Callable[[str], Understanding]) -> dict[str, dict[str, Any]]:
    """Judges the texts of all files as first messages of a session; figures by locale.

    Args:
        paths: Rasa NLU files, see `locale_of_path`.
        understand: the whole understanding of one text.
    """
    judged: dict[str, list[tuple[Labelled, Understanding]]] = {}
    for path in paths:
        for labelled in read_labelled(path):
            judged.setdefault(labelled.locale, []).append((labelled, understand(labelled.text)))
    return {locale: scores(judged[locale]) for locale in sorted(judged)}


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as a table of text, a row a locale."""
    head = (
        "locale       n  macro-F1  accuracy  top2  within one  abstained  language  (3+ words)  danger  self-harm  as urgent  false alarms"
    )
    rows = [head]
    for locale, score in figures.items():
        danger, harm, false = (score["urgent"][name] for name in ("danger_now", "self_harm", "false_alarms"))
        both = danger["n"] + harm["n"]
        as_urgent = (danger["as_urgent"] * danger["n"] + harm["as_urgent"] * harm["n"]) / both if both else 0.0
        rows.append(
            f"{locale:8}{score['n']:6}{score['macro_f1']:10.3f}{score['accuracy']:10.3f}{score['top2']:6.2f}{score['within_one']:12.3f}"
            f"{score['abstained']:11.3f}{score['locale_accuracy']:10.3f}{score['locale_accuracy_long']:12.3f}{danger['recall']:8.3f}"
            f"{harm['recall']:11.3f}{as_urgent:11.3f}{false['rate']:14.3f}"
        )
    return "\n".join(rows)
