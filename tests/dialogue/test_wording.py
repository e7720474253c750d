"""Every sentence is there in every locale, in its own letters, with the same placeholders; and every response is used."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

import pytest
import yaml
from babel.messages.pofile import read_po

from bot.dialogue.catalogues import catalogue_path, catalogues, compile_catalogues, read_catalogues, translate
from bot.dialogue.wording import worded, worded_value
from bot.knowledge.answers import answers
from bot.knowledge.directory_words import directory_words, labels
from bot.locales import DEFAULT, all_locales, locale_of
from bot.nlu.text import fold, script_of
from bot.paths import DATA, LOCALES, RASA_DOMAIN, ROOT
from tests.domain import TOPICS

OTHERS = [locale for locale in all_locales() if locale != DEFAULT]
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# Responses that are named by their beginning only, in the code that completes the name.
COMPLETED = {
    "utter_topic_": "actions/talk.py: the name of any topic that may be offered",
    "utter_option_sign_": "actions/signs.py: the signs of a check",
    "utter_option_about_": "actions/details.py: the services of a list",
    "utter_option_served_": "actions/search.py: whom a service must be for",
    "utter_option_person": "bot/conversation/composing.py: the choice behind 0",
}
# Sentences that are rightly the same in another language, read one by one.
SAME = {
    "OK",
    "No",
    "{country}",
    "{region}",
    "{region}, {country}",
    "{label}: {phone}.",
    "{label}, {city}: {phone}.",
    "{label}: {web}",
    "Chat: {chat}",
    "{source}",
    "{language}",
}
# Labels that a language has taken over from English.
LOANED = {"fil": {"helpline", "police line"}}
# Latin letters inside Arabic are names: of an office, a law, a page, or words to say on the phone.
LATIN_SHARE = 0.4
# What a person must never read, in each language (folded): blame and interrogation, and promises that nobody can keep.
FORBIDDEN = {
    "en": "why did you|why didn t you|why didnt you|you should have|you are safe now|nobody will know|no one will know|you will get a visa",
    "es": "por que no te|por que no lo|por que hiciste|por que fuiste|deberias haber|tendrias que haber|ya estas a salvo"
    "|nadie lo sabra|nadie se enterara",
    "fr": "pourquoi as tu|pourquoi avez vous|pourquoi n as tu|pourquoi n avez vous|tu aurais du|vous auriez du"
    "|vous etes en securite maintenant|personne ne saura",
    "pt": "por que voce nao|por que nao|por que fez|por que foi|deveria ter|devia ter|agora esta a salvo|ninguem vai saber|ninguem sabera",
    "zh_Hans": "你为什么|为什么不早|你应该早|你早该|你现在安全了|没有人会知道|没人会知道|你会拿到签证",
    "ru": "почему вы не|почему ты не|зачем вы|надо было|следовало бы|теперь вы в безопасности|никто не узнает",
    "uk": "чому ви не|чому ти не|навіщо ви|треба було|слід було|тепер ви в безпеці|ніхто не дізнається",
    "ro": "de ce nu ati|de ce n ai|de ce ati facut|trebuia sa|ar fi trebuit|acum sunteti in siguranta|nimeni nu va afla",
    "vi": "tai sao ban khong|sao ban lai|le ra ban|dang le ban|bay gio ban an toan|khong ai biet duoc|se khong ai biet",
    "fil": "bakit hindi ka|bakit di ka|bakit mo|dapat sana|ligtas ka na|walang makakaalam",
    "hi": "आपने कयो|तमने कयो|कयो नही गए|आपको करना चाहिए था|अब आप सरकषित है|किसी को पता नही चलेगा",
    "ar": "لماذا لم|لماذا فعلت|لماذا ذهبت|ليش ما|كان عليك|كان يجب عليك|انت بامان الان|لن يعرف احد",
}


@lru_cache(maxsize=1)
def responses() -> dict[str, str]:
    """The responses of the domain by name."""
    found: dict[str, str] = {}
    for path in sorted((RASA_DOMAIN / "responses").glob("*.yml")):
        for name, variants in yaml.safe_load(path.read_text(encoding="utf-8"))["responses"].items():
            assert name not in found, f"{name} stands twice"
            assert len(variants) == 1, f"{name}: Rasa would pick among variants by chance"
            found[name] = variants[0]["text"]
    return found


@lru_cache(maxsize=1)
def sentences() -> list[tuple[str, str]]:
    """Everything that is translated: responses, answers, labels; each with its context."""
    found = list(responses().items())
    for answer in answers().values():
        found += [(f"{answer.id}:{answer.version}", text) for text in (answer.text, answer.simple, *answer.more, answer.sought) if text]
    return found + [(context, word) for context, words in directory_words().items() for word in words.values()]


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The catalogues as they stand now."""
    compile_catalogues()
    catalogues.put(read_catalogues(LOCALES, all_locales()))


def test_every_response_of_the_domain_is_used() -> None:
    folders = [ROOT / "actions", ROOT / "bot", DATA / "rules", DATA / "stories"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".yml") and RASA_DOMAIN not in path.parents]
    named = set(re.findall(r"utter_\w+", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    unused = [name for name in responses() if name not in named and not name.startswith(tuple(COMPLETED))]
    assert unused == []


def test_every_response_that_is_named_is_in_the_domain() -> None:
    files = [*(ROOT / "actions").glob("*.py"), *(DATA / "rules").glob("*.yml"), *(DATA / "stories").glob("*.yml")]
    named = set(re.findall(r"\butter_[a-z_]*[a-z]\b", "\n".join(path.read_text(encoding="utf-8") for path in files)))
    assert named - set(responses()) - {"utter_words", "utter_message"} == set()


def test_every_topic_that_may_be_offered_has_a_name() -> None:
    assert {f"utter_topic_{topic}" for topic in TOPICS if topic != "out_of_scope"} == {
        name for name in responses() if name.startswith("utter_topic_")
    }


@pytest.mark.parametrize("locale", OTHERS)
def test_every_sentence_is_translated(locale: str) -> None:
    same = SAME | LOANED.get(locale, set())
    left = [(context, text) for context, text in sentences() if translate(locale, context, text) == text and text not in same]
    assert left == []


@pytest.mark.parametrize("locale", OTHERS)
def test_no_translation_is_marked_as_doubtful(locale: str) -> None:
    with catalogue_path(locale).open("rb") as lines:
        assert [message.id for message in read_po(lines) if message.fuzzy and message.id] == []


@pytest.mark.parametrize("locale", OTHERS)
def test_placeholders_are_those_of_the_english_sentence(locale: str) -> None:
    def placeholders(text: str) -> Counter[str]:
        assert text.count("{") == text.count("}") == len(PLACEHOLDER.findall(text)), text
        return Counter(PLACEHOLDER.findall(text))

    different = [
        (context, said)
        for context, text in sentences()
        if set(placeholders(said := translate(locale, context, text))) != set(placeholders(text))
    ]
    assert different == []


def _letters(text: str) -> Counter[str]:
    bare = re.sub(r"https?://\S+|\b[\w-]+(?:\.[\w-]+)+\b|\{\w+\}", " ", text)
    return Counter(script_of(letter) for letter in bare.replace("SMS", " ") if letter.isalpha())


@pytest.mark.parametrize("locale", list(all_locales()))
def test_sentences_are_in_the_letters_of_their_language(locale: str) -> None:
    script = locale_of(locale).script
    strange = []
    for context, text in sentences():
        letters = _letters(said := translate(locale, context, text))
        if script == "Han":
            letters[script] *= 2  # a character is about two letters of another script
        others = sum(letters.values()) - letters[script]
        if text not in SAME and (others > LATIN_SHARE * sum(letters.values()) or (script == "Latin" and others)):
            strange.append((context, said))
    assert strange == []


def test_the_check_of_letters_can_fail() -> None:
    assert _letters("Call 112 at https://example.org now") == Counter({"Latin": len("Callatnow")})
    assert _letters("اتصل")["Arabic"] == 4


@pytest.mark.parametrize("locale", list(all_locales()))
def test_nothing_blames_interrogates_or_promises(locale: str) -> None:
    forbidden = re.compile(FORBIDDEN[locale])
    said = [re.sub(r"[\W_]+", " ", fold(translate(locale, context, text))) for context, text in sentences()]
    assert [text for text in said if forbidden.search(text)] == []


@pytest.mark.parametrize("locale", list(all_locales()))
def test_no_response_asks_more_than_one_question(locale: str) -> None:
    marks = re.compile("[?؟]")
    assert [name for name, text in responses().items() if len(marks.findall(translate(locale, name, text))) > 1] == []


@pytest.mark.parametrize("locale", list(all_locales()))
def test_choices_are_short_enough_for_a_line_of_an_old_phone(locale: str) -> None:
    titles = {
        name: translate(locale, name, text) for name, text in responses().items() if name.startswith(("utter_option_", "utter_topic_"))
    }
    assert {name: title for name, title in titles.items() if len(title) > (25 if name.startswith("utter_option_") else 30)} == {}


@pytest.mark.parametrize("locale", list(all_locales()))
def test_no_choice_tells_whoever_holds_the_phone_what_the_line_is_for(locale: str) -> None:
    telling = [f" {words}" for one in all_locales().values() for words in one.telling]
    titles = [translate(locale, name, text) for name, text in responses().items() if name.startswith(("utter_option_", "utter_topic_"))]
    titles += [translate(locale, "label", text) for text in labels().values()]
    assert [title for title in titles if any(words in f" {fold(title)}" for words in telling)] == []


@pytest.mark.parametrize(
    ("value", "locale", "said"),
    [
        ("116 123", "en", "116 123"),
        ({"number": "116 123"}, "en", "116 123"),
        ({"number": "116 123"}, "es", "116 123"),
        ({"number": "116 123"}, "ar", LEFT_TO_RIGHT + "116 123"),
        ({"country": "GB"}, "en", "United Kingdom"),
        ({"country": "GB"}, "fr", "Royaume-Uni"),
        ({"country": "GB"}, "ar", "المملكة المتحدة"),
        ({"country": "QX"}, "en", "QX"),
        ({"languages": ["es", "en"]}, "es", "español, inglés"),
        ({"languages": ["es", "en"]}, "zh_Hans", "西班牙语、英语"),
        ({"english_language": "ar"}, "ar", "Arabic"),
        ({"list": [{"context": "label", "sentence": "helpline"}, "x"]}, "en", "helpline, x"),
        ({"openings": [(0, 540, 1020), (1, 540, 1020), (2, 540, 1020), (5, 600, 840)]}, "en", "Mon-Wed 09:00-17:00, Sat 10:00-14:00"),
        ({"openings": [(0, 540, 720), (0, 780, 1020)]}, "fr", "lun. 09:00-12:00 13:00-17:00"),
        ({"openings": [(4, 1080, 1440), (6, 1320, 1560)]}, "es", "vie 18:00-24:00, dom 22:00-02:00"),
        ({"openings": [(0, 540, 1020)]}, "ar", f"الاثنين {LEFT_TO_RIGHT}09:00-17:00"),
        ({"context": "label", "sentence": "helpline"}, "en", "helpline"),
        (7, "en", "7"),
    ],
)
def test_values_of_placeholders_are_worded_for_the_locale(value: object, locale: str, said: str) -> None:
    assert worded_value(value, locale) == said


def test_a_sentence_begins_with_a_capital_and_ignores_values_without_a_place() -> None:
    values = {
        "label": {"context": "label", "sentence": "helpline"},
        "phone": {"number": "116 123"},
        "template": "unused {label}",
        "sms": "1",
    }
    assert worded("en", "utter_service_phone", "{label}: {phone}.", values) == "Helpline: 116 123."


@pytest.mark.parametrize("locale", [one.code for one in all_locales().values() if one.direction == "rtl"])
def test_fixed_numbers_of_several_groups_run_left_to_right(locale: str) -> None:
    """A number of one group of digits needs no mark; groups with a space or a hyphen between them would change their order."""
    grouped = re.compile(r"(?<![\d\u200e])\+?\d+(?:[ \-–]\d+)+")
    said = [translate(locale, context, text) for context, text in sentences()]
    assert [text for text in said if grouped.search(text)] == []


def test_the_marks_are_there_at_once_in_a_whole_reply() -> None:
    said = worded("ar", "utter_danger", responses()["utter_danger"], {"danger": {"number": "112"}})
    assert LEFT_TO_RIGHT + "112" in said
