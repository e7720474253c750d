"""Words that people type instead of a digit do what the choice does, in every language, where there is something to go on from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.dialogue.typed_choices import read_typed_choices, typed_choices
from bot.errors import DataError

from .person import Person, payloads, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


@pytest.mark.parametrize(
    ("locale", "more", "source"),
    [
        ("en", "Details", "where does this come from?"),
        ("es", "más", "¿de dónde sale?"),
        ("ro", "detalii", "sursa"),
        ("vi", "nữa", "nguồn ở đâu"),
        ("ar", "تفاصيل", "المصدر"),
        ("ru", "ещё", "откуда это"),
    ],
)
def test_more_and_source_of_an_answer(locale: str, more: str, source: str, engine: Engine) -> None:
    person, other = (Person(engine, country_hint="US", locale_hint=locale) for _ in range(2))
    for one in (person, other):
        one.picks("/rights_pay")
    assert words(person.says(more)) == words(other.picks("/more"))
    assert words(person.says(source)) == words(other.picks("/source"))


def test_others_and_for_whom_of_a_search(engine: Engine) -> None:
    person = Person(engine, country_hint="US", locale_hint="en")
    first = words(person.says("i need a free lawyer in boise"))
    others = words(person.says("others"))
    assert others != first and "208-345-0106" not in others
    assert any(payload.startswith("/served") for payload in payloads(person.says("for men")))
    assert "208-345-0106" not in words(person.says("not near here"))


def test_that_is_all_ends_a_check_of_signs(engine: Engine) -> None:
    person = Person(engine, country_hint="RO", locale_hint="ro")
    person.picks("/is_this_trafficking")
    person.picks("/signs")
    person.picks('/sign{"sign": "papers"}')
    ended = person.says("asta e tot")
    assert ended.urgent is None and "/sign{" not in "".join(payloads(ended))


def test_without_anything_to_go_on_from_they_are_words_like_others(engine: Engine) -> None:
    assert "come from" not in words(Person(engine, country_hint="US").says("source")).lower()


def test_no_word_stands_for_two_choices(tmp_path: Path) -> None:
    assert len(typed_choices()) > 200
    path = tmp_path / "typed_choices.yml"
    path.write_text("choices:\n  more: [Más]\n  source: [mas]\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"'mas' of source is no text, or stands for another choice as well\. Mend that line\.$"):
        read_typed_choices(path)
    path.write_text("choices:\n  mor: [x]\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"nothing is known of mor\. Write one of more, source"):
        read_typed_choices(path)
