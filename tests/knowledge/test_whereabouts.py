"""Where a message says that the person is: she herself, and not somebody else; now, and not once or perhaps; and whether that is all."""

from __future__ import annotations

import pytest

from bot.knowledge.whereabouts import whereabouts

# She says of herself that she is there, beside something else.
HERSELF = [
    ("en", "he is hitting me, I am in the US", "US"),
    ("en", "he beats me im in germany", "DE"),
    ("en", "my passport is in india, i am in the us he hits me", "US"),
    ("en", "i'm trapped in Dubai", "AE"),
    ("en", "he beats me here in qatar", "QA"),
    ("es", "me pega estoy en Alemania", "DE"),
    ("es", "ayuda estoy encerrada en dubai", "AE"),
    ("fr", "il me frappe je suis en Belgique", "BE"),
    ("pt", "ele me bate, estou na Espanha", "ES"),
    ("ar", "يضربني انا في المانيا", "DE"),
    ("ar", "يضربني أنا بألمانيا", "DE"),
    ("zh_Hans", "他打我 我在美国", "US"),
    ("ru", "он меня бьёт, я сейчас в Германии", "DE"),
    ("uk", "він мене б'є, я в Польщі", "PL"),
    ("ro", "ma bate, sunt in Italia", "IT"),
    ("vi", "nó đánh tôi, tôi đang ở Mỹ", "US"),
    ("fil", "sinasaktan nya ako nasa Kuwait po ako", "KW"),
    ("fil", "sinasaktan ako, nandito ako sa dubai", "AE"),
    ("hi", "वह मुझे मार रहा है मैं दुबई में हूँ", "AE"),
    ("hi", "wo mujhe marta hai main dubai me hu", "AE"),
]
# It says nothing else.
ALONE = [
    ("en", "i am in the usa now", "US"),
    ("en", "I am in the US", "US"),
    ("en", "hello we are in mexico", "MX"),
    ("en", "I am not in the UK, I am in Germany", "DE"),
    ("es", "estoy ahora en estados unidos", "US"),
    ("fr", "je suis aux etats unis", "US"),
    ("pt", "estou na Espanha", "ES"),
    ("ar", "أنا في ألمانيا", "DE"),
    ("zh_Hans", "我现在在德国", "DE"),
    ("ru", "я в сша", "US"),
    ("uk", "я зараз у Польщі", "PL"),
    ("ro", "sunt in Italia", "IT"),
    ("vi", "tôi đang ở Đức", "DE"),
    ("fil", "nasa Kuwait po ako", "KW"),
    ("hi", "मैं दुबई में हूँ", "AE"),
]
# A country is named; whether she is there is not said.
NAMED = [
    ("en", "he is hitting me in Paris", "FR"),
    ("en", "my passport is in India", "IN"),
    ("en", "he is in germany and will kill me", "DE"),
    ("en", "if i am in germany he kills me", "DE"),
    ("en", "i was in germany", "DE"),
    ("en", "he will take me to dubai", "AE"),
    ("es", "si estoy en dubai me mata", "AE"),
    ("zh_Hans", "他在美国", "US"),
    ("vi", "chồng tôi đang ở Đức", "DE"),
    ("fil", "nasa Dubai siya", "AE"),
    ("fil", "kung nasa Dubai ako papatayin nya ako", "AE"),
    ("ru", "он в Германии", "DE"),
]
# What sounds like a place is none.
NOWHERE = [
    ("en", "I am from Romania"),
    ("en", "im locked in the house"),
    ("ro", "E la ușă"),
    ("ro", "bate in usa, sunt singura"),
    ("ro", "m-a muscat cainele"),
    ("ro", "fata o duc acu in masina"),
    ("ar", "انا مو بأمان"),
    ("fr", "je suis en réunion"),
    ("fil", "masaya na ang lahat sa reunion, ako lang ang kulang"),
]


@pytest.mark.parametrize(("locale", "text", "country"), HERSELF)
def test_she_says_of_herself_that_she_is_there(locale: str, text: str, country: str) -> None:
    found = whereabouts(text, locale, "GB")
    assert found and (found.country, found.sure, found.alone) == (country, True, False)


@pytest.mark.parametrize(("locale", "text", "country"), ALONE)
def test_it_says_nothing_else(locale: str, text: str, country: str) -> None:
    found = whereabouts(text, locale, "GB")
    assert found and (found.country, found.sure, found.alone) == (country, True, True)


@pytest.mark.parametrize(("locale", "text", "country"), NAMED)
def test_a_country_that_is_only_named_may_be_where_somebody_else_is(locale: str, text: str, country: str) -> None:
    found = whereabouts(text, locale, "GB")
    assert found and (found.country, found.sure, found.alone) == (country, False, False)


@pytest.mark.parametrize(("locale", "text"), NOWHERE)
def test_what_only_sounds_like_a_place_is_none(locale: str, text: str) -> None:
    assert whereabouts(text, locale, "GB") is None


def test_of_places_of_one_name_that_at_home_is_meant_and_else_it_may_be_several() -> None:
    at_home, abroad = whereabouts("i am in georgia", "en", "US"), whereabouts("i am in georgia", "en", "GB")
    assert at_home and at_home.country == "US"
    assert abroad and abroad.country is None and {place.country for place in abroad.places} == {"GE", "US"}
