"""Every sentence of every catalogue, whoever says it: its language, its letters, what it costs as SMS, and what it must not say or assume.

What is held against the sentences of the domain and the answers as they are worded stands in tests/dialogue/test_wording.py.
"""

from __future__ import annotations

import datetime
import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from babel import Locale as CldrLocale
from babel.messages.pofile import read_po

from bot.channels.segments import MOST_SEGMENTS, SmsShape, fold_for_gsm7, is_gsm7, measure, render
from bot.conversation.composing import compose
from bot.conversation.messages import Block, Turn
from bot.conversation.sessions import Session
from bot.desk.accounts import LONGEST_DISPLAY
from bot.desk.sentences import CONTEXT, is_owed
from bot.dialogue.catalogues import catalogue_path, compile_catalogues
from bot.dialogue.opening_hours import moment
from bot.dialogue.wording import worded
from bot.knowledge.answers import answers
from bot.knowledge.directory import directory
from bot.knowledge.directory_words import directory_words
from bot.knowledge.emergency import emergency_table
from bot.knowledge.local_services import services as local_services
from bot.locales import DEFAULT, all_locales, locale_of
from bot.paths import LOCALES
from tools.reading_grade import HIGHEST, english_texts, grade, grades, names_in
from tools.report_answers import pages

from .dialogue.test_wording import LEFT_TO_RIGHT, LOANED, SAME

CODES = list(all_locales())
OTHERS = [code for code in CODES if code != DEFAULT]
GSM_7_LOCALES = ["en", "es", "fr", "pt", "ro", "fil"]
every_locale = pytest.mark.parametrize("locale", CODES)
every_translation = pytest.mark.parametrize("locale", OTHERS)

Sentence = tuple[str, str, str]  # context, English, words in the locale


@lru_cache(maxsize=len(CODES))
def everything(locale: str) -> tuple[Sentence, ...]:
    """All of a catalogue; English has none of its own, so that its sentences are those of the template."""
    path = LOCALES / "helpline.pot" if locale == DEFAULT else catalogue_path(locale)
    with path.open("rb") as lines:
        found = [(str(entry.context), str(entry.id), str(entry.string or entry.id)) for entry in read_po(lines) if entry.id]
    return tuple(one for one in found if is_owed(one[0], locale))


def sentences(locale: str) -> list[Sentence]:
    """What people are told: without what only the staff reads."""
    return [one for one in everything(locale) if one[0] != CONTEXT]


def _all_said(locale: str) -> dict[str, str]:
    return {f"{context}: {english}": said for context, english, said in everything(locale)}


def _said(locale: str) -> dict[str, str]:
    return {f"{context}: {english}": said for context, english, said in sentences(locale)}


# Language and letters

_ADDRESS = re.compile(r"https?://\S+|\b[\w-]+(?:\.[A-Za-z][\w-]+)+\b")
_PLACEHOLDER = re.compile(r"\{\w+\}")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
# Words that only English has, for the Latin alphabet; each language leaves out those that it has as well.
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        "the and you your with of is are was were for not if or to from this that these have has will can may must by at it they them "
        "their what who how about out more when where there which be been do does an on",
    )
)
ALSO_OF = {"fr": {"on", "an", "or"}, "pt": {"for", "do"}, "ro": {"are", "an"}, "vi": {"an", "do", "to", "or"}, "fil": {"at", "may", "to"}}
# Names that hold such words, and what is quoted because it is to be said or looked up in English.
NAMES = ("Department of Home Affairs", "Council of Europe", "Wage and Hour", "not guilty", '"{language}, please"')
# Names of things that languages without Latin letters write in Latin ones.
WRITTEN_IN_LATIN = {"SMS", "OK"}

LETTERS = {
    "es": "áéíóúüñ",
    "fr": "àâæçéèêëîïôœùûüÿ",
    "pt": "áâãàçéêíóôõúü",
    "ro": "ăâîșț",
    "fil": "ñ",
    "vi": "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    # Without the letters of Persian and Urdu that look the same.
    "ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي",
}


def _words(text: str) -> Iterator[str]:
    yield from re.findall(r"[^\W\d_]+", _PLACEHOLDER.sub(" ", _ADDRESS.sub(" ", text)))


@every_translation
def test_no_sentence_is_left_in_english(locale: str) -> None:
    same = SAME | LOANED.get(locale, set()) | ({"Information line"} if locale == "fil" else set())
    assert [said for _, english, said in everything(locale) if said == english and english not in same and any(_words(english))] == []


@every_translation
def test_no_english_word_stands_in_another_language(locale: str) -> None:
    foreign = ENGLISH - ALSO_OF.get(locale, set())
    left = []
    for name, said in _all_said(locale).items():
        for known in NAMES:
            said = said.replace(known, " ")
        found = set(re.findall(r"(?<!['\w-])[a-z]+(?![\w'-])", _PLACEHOLDER.sub(" ", _ADDRESS.sub(" ", said)))) & foreign
        left += [(name, found)] if found else []
    assert left == []


@pytest.mark.parametrize("locale", [code for code in OTHERS if locale_of(code).script != "Latin"])
def test_latin_words_in_another_script_are_those_of_the_english_sentence(locale: str) -> None:
    """Names of offices and laws, and the terms that a person needs when asking for them: never a word that a translator added or forgot."""
    strange = []
    for _, english, said in everything(locale):
        known = set(_LATIN_WORD.findall(english)) | WRITTEN_IN_LATIN
        for word in _LATIN_WORD.findall(_PLACEHOLDER.sub(" ", said)):
            # Their beginnings as well: one of "magistrates"; and "Legal aid" where the English begins with it.
            if not any(one.lower().startswith(word.lower()) for one in known):
                strange.append((word, said))
    assert strange == []


@every_locale
def test_letters_are_those_of_the_language(locale: str) -> None:
    strange = []
    for name, said in _all_said(locale).items():
        for word in _words(said):
            script = {unicodedata.name(letter).split()[0] for letter in word}
            if script == {"LATIN"} and locale_of(locale).script != "Latin":
                continue  # see the test above
            if locale in LETTERS:
                plain = string.ascii_lowercase if locale_of(locale).script == "Latin" else ""
                good = set(word.lower()) <= {*LETTERS[locale], *plain}
            elif locale == "zh_Hans":
                try:  # the character set of simplified Chinese, which lacks what only traditional Chinese has
                    good = bool(word.encode("gb2312"))
                except UnicodeEncodeError:
                    good = False
            else:
                good = script <= {"DEVANAGARI"} if locale == "hi" else word.isascii()
            strange += [] if good else [(name, word)]
    assert strange == []


@every_locale
def test_digits_are_those_that_a_phone_dials(locale: str) -> None:
    assert [said for said in _all_said(locale).values() if any(letter.isdigit() and not letter.isascii() for letter in said)] == []


@every_locale
def test_no_invisible_character_and_no_stray_space(locale: str) -> None:
    """No mark of direction either: in Arabic it comes before a number when the sentence is filled."""
    stray = re.compile(r"[^\S ]|  |^ | $")
    for said in _all_said(locale).values():
        assert [letter for letter in said if unicodedata.category(letter) in ("Cf", "Cc", "Co", "Cn", "Zl", "Zp")] == [], said
        assert not stray.search(said), said
        assert unicodedata.is_normalized("NFC", said), said


@every_translation
def test_placeholders_are_the_same_and_as_many(locale: str) -> None:
    for _, english, said in everything(locale):
        assert Counter(_PLACEHOLDER.findall(said)) == Counter(_PLACEHOLDER.findall(english)), said
        assert not set("{}") & set(_PLACEHOLDER.sub("", said)), said


def test_a_number_in_arabic_keeps_its_mark_on_the_way_out() -> None:
    said = worded("ar", "utter_danger", "If you are in danger now, call {danger}.", {"danger": {"number": "1-888-373-7888"}})
    assert LEFT_TO_RIGHT + "1-888-373-7888" in render(said, (), "ar")


# SMS

# Words of one language that are written alike once their accents are gone, read one by one on 2026-11-22: in each sentence that holds one,
# only one of the two can be meant (a noun with or without its article, a verb now or before, "this" and "is"). A new pair is to be read
# before it is added here; where it could be taken for the other, the sentence is to be worded anew.
ALIKE = {
    "es": "aun cambio como corto cuando cuanto daño donde esta estas llegara paso si tu uso",
    "fr": "sur votre",
    "pt": "da denuncia esta la mas pais por que tem vem",
    "ro": "accepta aceasta adresa afara afla ajuta alta ambulanta arata asculta asistenta baza ca casa cauta costa da doua engleza "
    "exista fapta fata forta instanta intampla intra intre lasa limba limita lista munca national obliga oferta pagina perioada "
    "persoana plata poza presa publica reclama regula schimba scurta sedinta siguranta suma suna sursa tara teama termina tine "
    "uita urgenta va varsta viata vina violenta viza",
}


def test_the_locales_of_gsm_7_are_those_that_fold() -> None:
    assert [code for code in CODES if locale_of(code).gsm7_fold is not None] == GSM_7_LOCALES


@pytest.mark.parametrize("locale", GSM_7_LOCALES)
def test_no_sentence_forces_ucs_2(locale: str) -> None:
    assert [said for said in _said(locale).values() if not is_gsm7(fold_for_gsm7(said, locale))] == []


@pytest.mark.parametrize("locale", GSM_7_LOCALES)
def test_the_reviewed_fold_alone_suffices_for_the_language_itself(locale: str) -> None:
    """Else a letter of its own would be taken for one of a foreign name and folded unread."""
    own = {letter for letter in "".join(_said(locale).values()) if not is_gsm7(letter)}
    assert own <= set(locale_of(locale).gsm7_fold or {})


@pytest.mark.parametrize("locale", GSM_7_LOCALES)
def test_words_that_the_fold_makes_alike_were_read(locale: str) -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for said in _said(locale).values():
        for word in _words(said.lower()):
            found[fold_for_gsm7(word, locale)].add(word)
    assert {folded for folded, words in found.items() if len(words) > 1} <= set(ALIKE.get(locale, "").split())


def _words_of(section: str) -> list[dict[str, str]]:
    return [{"context": section, "sentence": word} for word in directory_words()[section].values()]


@lru_cache(maxsize=len(CODES))
def _longest(locale: str) -> dict[str, object]:
    """The longest that may stand for each placeholder."""
    names = CldrLocale.parse(locale)
    opens = datetime.datetime(2027, 9, 29, 22, 30, tzinfo=ZoneInfo("America/New_York"))
    services = directory()._by_id.values()
    emergency = [numbers for numbers in emergency_table().values()]
    cities = [point.city for service in local_services() for point in service.points]
    called_by = _words_of("label")

    def longest(texts: list[str]) -> str:
        return max(texts, key=len)

    spoken = [service.languages for service in services]
    languages = max(spoken, key=lambda codes: sum(len(names.languages.get(code, code)) for code in codes))
    number = {"number": longest([service.phone for service in services if service.phone])}
    short = {"number": longest([service.sms for service in services if service.sms])}
    called = {
        "danger": [numbers.danger for numbers in emergency if numbers.danger],
        "ambulance": [numbers.medical for numbers in emergency if numbers.medical],
        "crisis": [numbers.crisis_phone for numbers in emergency if numbers.crisis_phone],
        "crisis_sms": [numbers.crisis_sms for numbers in emergency if numbers.crisis_sms],
    }
    return {
        **{name: {"number": longest(texts)} for name, texts in called.items()},
        "emergency": {"context": "utter_any_emergency_number", "sentence": "112, or 911 in the Americas, 999 in the UK"},
        "hotline": number,
        "phone": number,
        "sms": short,
        "region": {"region": "CA BC"},
        "place": longest(cities),
        "street": longest([point.street for service in local_services() for point in service.points]),
        "hours": {"openings": [(day, 540 + day, 1020) for day in range(7)]},  # no two days alike
        "audience": {"list": sorted(_words_of("audience"), key=lambda word: len(word["sentence"]))[-3:]},
        "unknown": {"list": _words_of("unknown")},
        "country": {"country": max((code for code in names.territories if len(code) == 2), key=lambda code: len(names.territories[code]))},
        "languages": {"languages": list(languages)},
        "language": longest([one.name for one in all_locales().values()]),
        "label": max([*called_by, *(service.name for service in services)], key=lambda value: len(worded(locale, "", "{x}", {"x": value}))),
        "city": longest(cities),
        "word": longest([locale_of(locale).exit_word, *(service.sms_word for service in services if service.sms_word)]),
        "chat": longest([service.chat for service in services if service.chat]),
        "web": longest([service.website for service in services if service.website]),
        "cite": longest([answer.cite for answer in answers().values()]),
        "date": {"number": "2026-11-22"},
        "name": "M" * LONGEST_DISPLAY,
        "minutes": "1440",
        "when": moment(locale, opens, opens - datetime.timedelta(days=7), zone=True),  # so far away the date stands there
        "words": "M" * 60,
        "source": longest(
            [", ".join(filter(None, (one.title, one.section, one.url))) for answer in answers().values() for one in answer.sources]
        ),
    }


def _options(locale: str) -> tuple[tuple[str, str], ...]:
    """The five longest titles: more than any reply offers beside an answer."""
    titles = [said for context, _, said in sentences(locale) if context.startswith(("utter_option_", "utter_topic_"))]
    return tuple((title, f"/{number}") for number, title in enumerate(sorted(titles, key=len)[-5:]))


@every_locale
def test_every_sentence_filled_with_the_longest_fits_page_by_page(locale: str) -> None:
    """As a reply of its own with the longest choices, and as an answer before them its note, its lawyer and its source."""
    options, longest = _options(locale), _longest(locale)

    def filled(context: str, english: str) -> str:
        return worded(locale, context, english, longest)

    around = (
        Block(filled("utter_general_country", "This is general: I do not have the law of {country}.")),
        Block(filled("utter_lawyer", "Talk to a lawyer before you act."), optional=True),
        Block(filled("utter_source", "Source: {cite}. Checked {date}.")),
    )
    first_texts = {answer.text for answer in answers().values()}
    compile_catalogues()
    for context, english, _ in sentences(locale):
        said = Block(filled(context, english))
        assert not _PLACEHOLDER.search(said.text), f"{english}: give _longest what stands for it"
        bodies = pages(Turn((said, *(around if english in first_texts else ())), options=options, locale=locale))
        for body in bodies:
            measured = measure(body)
            assert measured.segments <= MOST_SEGMENTS[measured.encoding], body
        if context.startswith("utter_") and "{source}" not in english:
            reply, _ = compose(Turn((said,), options=options, locale=locale), Session(), SmsShape())
            assert said.text in reply.text, "a response comes whole, whatever fills it"


# English that a child of eleven reads


def test_no_english_text_is_above_grade_six() -> None:
    assert {name: round(value, 1) for name, value in grades(english_texts()).items() if value > HIGHEST} == {}


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("If you are in danger now, call {danger}.", False),
        ("Employers must not take money from you for a job.", False),
        ("Notwithstanding any provision of immigration legislation, exploited individuals may be eligible for compensation.", True),
        # One sentence of thirty easy words is hard as well.
        ("If you go to the shop and you see the man and he says that you can not go out of it then you may ask him why it is so.", True),
        # Crumbs are no sentences.
        ("Notwithstanding provisions. Immigration legislation. Eligible individuals. Compensation proceedings.", True),
    ],
)
def test_the_grade_tells_easy_from_hard(text: str, above: bool) -> None:
    assert (grade(text, set()) > HIGHEST) is above


def test_a_name_that_nobody_can_shorten_counts_as_one_syllable() -> None:
    text = "You can ask the Employment Standards Administration at help.example.org about the 25,000 pounds."
    names = names_in([text, "you ask the standards"])
    assert names == {"Employment", "Administration"}
    assert grade(text, names) < grade(text, set())


# What whoever holds the phone may read, and how nobody is spoken to

# Words that tell what the line is for, in every language: trafficking, slavery, victim, survivor, exploitation, abuse, rape, violence,
# prostitution, shelter for women. As they are written, small; beginnings of words.
TELLING = {
    "en": "traffick|slave|victim|survivor|exploit|abus|rape|violen|prostitut|sex work|shelter|refuge",
    "es": r"\btrata\b|tráfic|trafic|esclav|víctima|sobrevivient|explota|abus|viola|violen|prostitu|albergue|refugio",
    "fr": r"\btraite\b|trafic|esclav|victime|survivant|exploit|abus|viol|prostitu|refuge|foyer",
    "pt": r"tráfico|trafic|escrav|vítima|sobrevivente|explora|abus|viola|violên|estupr|prostitu|abrigo",
    "ar": "اتجار|استعباد|عبودي|رقيق|ضحي|ضحايا|ناجي|ناجٍ|استغلال|اغتصاب|عنف|دعارة|بغاء|ملجأ",
    "zh_Hans": "贩卖|贩运|拐卖|奴役|奴隶|受害|幸存|剥削|虐待|强奸|暴力|卖淫|庇护",
    "ru": "торговл|трафик|рабств|жертв|пострадавш|переживш|эксплуат|изнасил|насили|проститу|приют|убежищ",
    "uk": "торгівл|трафік|рабств|жертв|постраждал|вцілі|експлуат|зґвалт|насил|проститу|притул",
    "ro": "trafic|sclav|victim|supraviețuit|exploat|abuz|viol|prostitu|adăpost",
    "vi": "buôn người|mua bán người|nô lệ|nạn nhân|sống sót|bóc lột|lạm dụng|hiếp|bạo lực|mại dâm|nhà tạm lánh",
    "fil": "traffick|alipin|biktima|survivor|exploit|pagsasamantala|abuso|gahasa|karahasan|prostitu|bahay-kanlungan|shelter",
    "hi": "तस्करी|गुलाम|बंधुआ|पीड़ित|शिकार|शोषण|बलात्कार|हिंसा|वेश्या|शेल्टर|आश्रय",
}
POLICE = {
    "en": "police", "es": "polic", "fr": "polic", "pt": "políc", "ar": "شرطة", "zh_Hans": "警", "ru": "полиц", "uk": "поліц", "ro": "poliț",
    "vi": "cảnh sát|công an", "fil": "pulis|police", "hi": "पुलिस",
}  # fmt: skip
# Said before anybody has said anything, or to whoever asks.
FIRST_WORDS = (
    "telegram", "utter_introduction", "utter_bot_identity", "utter_exit_word", "utter_menu", "utter_stop", "utter_goodbye", "utter_thanks",
    "utter_unsafe_phone", "utter_last_wall", "utter_cost", "utter_affirm", "utter_deny", "utter_unsure", "utter_unsure_nothing",
    "utter_empty", "utter_no_pictures", "utter_no_voice_notes", "utter_choice_gone", "utter_old_message", "utter_out_of_scope",
    "utter_change_language",
    "utter_topic_rights_overview", "utter_topic_rights_pay", "utter_topic_find_shelter", "utter_topic_find_legal_aid",
)  # fmt: skip


def _neutral(locale: str) -> list[str]:
    """First words, identity, what is on the Telegram profile, every title of a choice, every label; what a handoff says, but for what
    must be reported: that is told to whoever has asked for a person."""
    neutral = ("label", "utter_topic_", "utter_option_", "handoff")
    return [
        said
        for context, english, said in sentences(locale)
        if (context in FIRST_WORDS or context.startswith(neutral)) and "have to report" not in english
    ]


@every_locale
def test_what_is_said_unasked_does_not_tell_what_the_line_is_for(locale: str) -> None:
    assert len(_neutral(locale)) > 80
    assert [said for said in _neutral(locale) if re.search(TELLING[locale], said.lower())] == []


@every_locale
def test_the_first_words_do_not_name_the_police(locale: str) -> None:
    first = [said for context, _, said in sentences(locale) if context in FIRST_WORDS]
    assert [said for said in first if re.search(POLICE[locale], said.lower())] == []


@every_locale
def test_those_words_are_found_where_they_may_be_said(locale: str) -> None:
    """A list that is misspelt would find nothing anywhere."""
    everything = " ".join(_said(locale).values()).lower()
    assert len({found.lower() for found in re.findall(TELLING[locale], everything)}) >= 3
    assert re.search(POLICE[locale], everything)


# Blame and interrogation, in every sentence. Answers and responses are held against more in tests/dialogue/test_wording.py.
BLAME = {
    "en": r"\bwhy (did|didn't|don't|do|were|are) you\b|\byou (should|could) have\b|\byou ought to have\b",
    "es": r"\bpor qué (no )?(te|lo|hiciste|fuiste|aceptaste|saliste|dejaste|confiaste)\b"
    r"|\b(debiste|deberías haber|tendrías que haber|podrías haber)\b",
    "fr": r"\bpourquoi (n'|ne )?(vous|avez|êtes|tu|as|es)\b|\bvous auriez (dû|pu)\b|\bil fallait (partir|dire|refuser|appeler)\b",
    "pt": r"\bpor que (você|não|fez|foi|aceitou|saiu|ficou)\b|\b(deveria|devia|poderia|podia) ter\b",
    "ar": "لماذا (لم|فعلت|ذهبت|قبلت|بقيت|وافقت)|كان (يجب )?عليك|كان ينبغي|ليش ما",
    "zh_Hans": "你为什么|为什么不|你(早就?|本来|当初)?应该早|你早该|你本该|你怎么不",
    "ru": r"\b(почему|зачем) (вы|ты)\b|\b(надо|нужно) было (было )?(раньше|сразу|уйти|сказать)|следовало бы|вы должны были",
    "uk": r"\b(чому|навіщо) (ви|ти)\b|\b(треба|слід) було|ви мали б|ви повинні були",
    "ro": r"\bde ce (nu )?(ați|a-ți|v-ați|n-ați|ai|te)\b|\bar fi trebuit\b|\btrebuia să\b|\bputeați să\b",
    "vi": r"\b(tại sao|sao|vì sao) bạn\b|\b(lẽ ra|đáng lẽ|đáng ra) bạn\b",
    "fil": r"\bbakit (hindi|di|mo|ka)\b|\bdapat (sana|noon)\b|\bsana ay?\b.*\bmo na\b",
    "hi": "आपने क्यों|आप क्यों|तुमने क्यों|क्यों नहीं (गए|कहा|बताया|छोड़ा)|करना चाहिए था|चाहिए था",
}
# A gender of the person, where the language cannot help showing it in such a form.
GENDERED = {
    "es": r"\b(estás|eres|fuiste|estabas|eras|estés|seas|te sientes|te quedas|quedaste|sigues|has sido) (muy |más )?"
    r"(\w+(ad|id)[oa]|sol[oa]|segur[oa]|list[oa]|enferm[oa]|dispuest[oa]|asustad[oa])\b|\bbienvenid[oa]s?\b|\b(tú|ti) mism[oa]\b",
    "fr": r"\bvous (êtes|étiez|soyez|serez|avez été|restez|sentez|semblez) (\w+ment |très |plus )?"
    r"(\w+ée?|seule?|prête?|sûre?|majeure?|mineure?)(?!\w)"
    r"|\b\w+(é|eur|teur)[(·.]e\b|\bisolée?\b.*\bvous\b|^(coupé|isolé|enfermé|forcé)\b",
    "pt": r"\b(você (está|é|foi|esteja)|se sente|sente-se) (\w+mente |muito )?(\w+(ad|id)[oa]|sozinh[oa]|segur[oa]|pront[oa]|pres[oa])\b"
    r"|\bobrigad[oa]\b(?! a\b| por\b| à\b|\.? Uma)|\bbem-vind[oa]s?\b|\bvocê mesm[oa]\b",
    "ro": r"\b(sunteți|erați|veți fi|ați fost|fiți|vă simțiți) (\w+ )?"
    r"(singură?|pregătită?|obligată?|forțată?|exploatată?|traficată?|sigură?|bolnavă?)\b|\bbine ați venit\b",
    "ru": r"\b(вы|ты) (\w+ )?(готова?|один|одна|сама?|должен|должна|обязана?|уверена?|рада?|сделала?|приняла?|\w+лась)\b|\bты\b"
    r"|\bя \w+(ла|лась|лся)\b",
    "uk": r"\b(ви|ти) (\w+ )?(готовий|готова|один|одна|сама?|повинен|повинна|впевнений|впевнена|радий|рада|зробила?|\w+лася)\b|\bти\b"
    r"|\bя \w+(ла|лася|вся)\b",
    # Imperatives, which the catalogue replaces by nouns ("للخروج", "يمكن إرسال"), and pronouns that only the vowels tell apart are let be.
    "ar": r"(?<!\w)[وف]?(اتصلي|اكتبي?|أرسلي?|ارسلي|اسألي?|اطلبي?|اختر|اختاري|تكلمي|تحدثي|اذهبي?|انتظري?|خذي?|احذفي?|امسحي?|قل|قولي"
    r"|فكري|حاولي|ابحثي?|احتفظي|تأكدي|تواصلي|استخدمي|كوني|ابقي?|أنتِ|أنتَ|لا تمسحي|لا تحذفي|لا تواجهي|لا تنشري)(?!\w)",
    # A verb with "you" as its subject; what others can do ("वकील देख सकते हैं") is said of a group.
    "hi": r"(^|[।?:;,] ?)आप (?!पर|को|से|के|का|की|में|ने|जहाँ|न )[^।?:;,]*(सकत|चाहत|रह|गय|करत)[ेी] (हैं|हों|थे|थीं)"
    r"|पूछ सकते हैं|\bमैं [^।]*त[ाी] हूँ",
}  # fmt: skip


@every_locale
def test_nobody_is_blamed_or_questioned(locale: str) -> None:
    assert [said for said in _said(locale).values() if re.search(BLAME[locale], said, re.IGNORECASE)] == []


@pytest.mark.parametrize("locale", GENDERED)
def test_no_gender_is_assumed_of_the_person(locale: str) -> None:
    assert [said for said in _said(locale).values() if re.search(GENDERED[locale], said, re.IGNORECASE | re.MULTILINE)] == []


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("es", "Si estás sola, llama."), ("es", "Bienvenido."), ("fr", "Si vous êtes seule, appelez."), ("fr", "Coupé des autres"),
        ("pt", "Você está sozinha?"), ("pt", "Obrigado."), ("ro", "Dacă sunteți singură, sunați."), ("ru", "Вы должны. Если вы готова"),
        ("ru", "Я рада помочь, ты не один"), ("uk", "Якщо ви сама вдома"), ("ar", "للمساعدة اتصلي الآن"), ("ar", "أرسل كلمة"),
        ("hi", "आप वकील से पूछ सकते हैं।"), ("hi", "मैं मदद करता हूँ।"),
    ],
)  # fmt: skip
def test_the_patterns_of_gender_find_what_they_are_for(locale: str, said: str) -> None:
    assert re.search(GENDERED[locale], said, re.IGNORECASE)


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en", "Why did you go?"), ("es", "¿Por qué no te fuiste?"), ("fr", "Pourquoi avez-vous signé ?"), ("pt", "Por que não saiu?"),
        ("ar", "لماذا لم تقل شيئا؟"), ("zh_Hans", "你为什么不走？"), ("ru", "Почему вы не ушли?"), ("uk", "Чому ви не пішли?"),
        ("ro", "De ce nu ați plecat?"), ("vi", "Tại sao bạn không đi?"), ("fil", "Bakit hindi ka umalis?"),
        ("hi", "आपने क्यों नहीं बताया?"),
    ],
)  # fmt: skip
def test_the_patterns_of_blame_find_what_they_are_for(locale: str, said: str) -> None:
    assert re.search(BLAME[locale], said, re.IGNORECASE)
