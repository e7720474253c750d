"""Judges the understanding on labelled texts that it was not trained on (`helpline evaluate`)."""

from __future__ import annotations

import math
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
    """A text with its right topic and locale, and how it is written where its block says so (`metadata: {style: noisy}`)."""

    text: str
    intent: str
    locale: str
    style: str = ""


Judged = tuple[Labelled, Understanding]


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
        return [Labelled(_ENTITY.sub(r"\1", text), block["intent"], locale, _style(block)) for block in blocks for text in _examples(block)]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} is not a Rasa NLU file ({type(error).__name__}). It needs `nlu:` with `intent` and `examples`.") from None


def _style(block: dict[str, Any]) -> str:
    return str((block.get("metadata") or {}).get("style", ""))


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


def number_said(labelled: Labelled, understanding: Understanding) -> bool:
    """Whether the reply to an urgent text says the number for its kind: first, or softly beside that of the other kind."""
    return _URGENT[labelled.intent] in (urgency_heard(understanding), understanding.also)


def is_within_one(labelled: Labelled, understanding: Understanding) -> bool:
    """Whether the right topic is answered at once, or is one of the choices that the same reply offers."""
    return (understanding.acted and labelled.intent == understanding.topic) or labelled.intent in understanding.offered


def interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share of so many (Wilson 1927): what the true share may well be."""
    if not count:
        return 0.0, 1.0
    z = 1.96
    middle, spread = share + z * z / (2 * count), z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low, high = (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)
    return round(max(low, 0.0), 4), round(min(high, 1.0), 4)


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


def _urgent(judged: list[Judged]) -> dict[str, dict[str, float]]:
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


def scores(judged: list[Judged]) -> dict[str, Any]:
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
        "within_one": _share(sum(is_within_one(labelled, u) for labelled, u in topical), len(topical)),
        "abstained": _share(sum(not u.acted for _, u in topical), len(topical)),
        "locale_accuracy": _share(sum(u.locale == labelled.locale for labelled, u in judged), len(judged)),
        "locale_accuracy_long": _share(sum(u.locale == labelled.locale for labelled, u in long), len(long)),
        "intents": per_intent,
        "urgent": _urgent(judged),
    }


def judge(paths: Iterable[Path], understand: Callable[[str], Understanding]) -> dict[str, list[Judged]]:
    """Understands the texts of all files as first messages of a session; by locale.

    Args:
        paths: Rasa NLU files, see `locale_of_path`.
        understand: the whole understanding of one text.
    """
    judged: dict[str, list[Judged]] = {}
    for path in paths:
        for labelled in read_labelled(path):
            judged.setdefault(labelled.locale, []).append((labelled, understand(labelled.text)))
    return dict(sorted(judged.items()))


def evaluate(paths: Iterable[Path], understand: Callable[[str], Understanding]) -> dict[str, dict[str, Any]]:
    """The figures of `judge` by locale, see `scores`."""
    return {locale: scores(ours) for locale, ours in judge(paths, understand).items()}


def _of_both(urgent: dict[str, dict[str, float]], share: str) -> tuple[float, int]:
    """A share over the texts of danger and of self-harm together, and how many those are."""
    both = int(sum(urgent[intent]["n"] for intent in _URGENT))
    return (sum(urgent[intent][share] * urgent[intent]["n"] for intent in _URGENT) / both if both else 0.0), both


def table(figures: dict[str, dict[str, Any]]) -> str:
    """The figures as a table of text, a row a locale."""
    head = (
        "locale       n  macro-F1  accuracy  top2  within one  abstained  language  (3+ words)  danger  self-harm  as urgent  false alarms"
    )
    rows = [head]
    for locale, score in figures.items():
        danger, harm, false = (score["urgent"][name] for name in ("danger_now", "self_harm", "false_alarms"))
        as_urgent, _ = _of_both(score["urgent"], "as_urgent")
        rows.append(
            f"{locale:8}{score['n']:6}{score['macro_f1']:10.3f}{score['accuracy']:10.3f}{score['top2']:6.2f}{score['within_one']:12.3f}"
            f"{score['abstained']:11.3f}{score['locale_accuracy']:10.3f}{score['locale_accuracy_long']:12.3f}{danger['recall']:8.3f}"
            f"{harm['recall']:11.3f}{as_urgent:11.3f}{false['rate']:14.3f}"
        )
    return "\n".join(rows)


def confusions(judged: list[Judged], most: int = 12) -> list[tuple[str, str, int]]:
    """The pairs (right topic, given topic) that were confused most often, with how often."""
    pairs = Counter((labelled.intent, u.topic) for labelled, u in judged if labelled.intent not in (NOT_URGENT, u.topic))
    return [(right, given, count) for (right, given), count in pairs.most_common(most)]


def _with_interval(share: float, count: int) -> str:
    low, high = interval(share, count)
    return f"{share:.2f} ({low:.2f}-{high:.2f})"


def report(judged: dict[str, list[Judged]]) -> str:
    """The figures as Markdown: a table by locale with 95 % intervals, one by style, and the confused pairs.

    Args:
        judged: see `judge`.
    """
    rows = []
    everything = [one for ours in judged.values() for one in ours]
    for locale, ours in [*judged.items(), *([("all", everything)] if len(judged) > 1 else [])]:
        score = scores(ours)
        false, (as_urgent, both), (kind, _) = (
            score["urgent"]["false_alarms"],
            _of_both(score["urgent"], "as_urgent"),
            _of_both(score["urgent"], "recall"),
        )
        told = [number_said(labelled, understanding) for labelled, understanding in ours if labelled.intent in _URGENT]
        short = [understanding.locale == labelled.locale for labelled, understanding in ours if not is_long(labelled.text, labelled.locale)]
        rows.append(
            f"| {locale} | {score['n']} | {score['macro_f1']:.3f} | {score['within_one']:.3f} | {score['abstained']:.2f} "
            f"| {_with_interval(as_urgent, both)} | {_with_interval(kind, both)} | {_with_interval(_share(sum(told), both), both)} "
            f"| {_with_interval(false['rate'], false['n'])} "
            f"| {score['locale_accuracy_long']:.3f} | {_share(sum(short), len(short)):.3f} |"
        )
    by_style = []
    for style in sorted({labelled.style for labelled, _ in everything} - {""}):
        score = scores([(labelled, understanding) for labelled, understanding in everything if labelled.style == style])
        by_style.append(
            f"| {style} | {score['n']} | {score['accuracy']:.3f} | {score['within_one']:.3f} "
            f"| {_with_interval(*_of_both(score['urgent'], 'as_urgent'))} | {score['locale_accuracy']:.3f} |"
        )
    pairs = [f"- `{right}` taken for `{given}`: {count}" for right, given, count in confusions(everything)]
    return "\n".join(
        [
            "| locale | n | macro-F1 | right or offered | asked back | urgent as urgent | as the right kind | its number said "
            "| false alarms | language, 3+ words | language, shorter |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
            "| style | n | right topic | right or offered | urgent as urgent | language |",
            "| --- | --- | --- | --- | --- | --- |",
            *by_style,
            "",
            *pairs,
            "",
        ]
    )
