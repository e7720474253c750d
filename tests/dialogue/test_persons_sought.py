"""Who asks in which place a certain person is gets no place; who looks for a place for somebody does. Both sides, in every locale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.channels.segments import SmsShape
from bot.dialogue.persons_sought import person_patterns, read_patterns, seeks_person
from bot.dialogue.wording import worded
from bot.errors import DataError
from bot.knowledge.answers import answer_for
from bot.knowledge.directory import directory
from bot.locales import all_locales
from bot.nlu.urgency_classifier import UrgencyClassifier

from .person import Person, payloads, words

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine

SOUGHT = {
    "en": """
        which shelter is my wife in
        which shelter is my wife in?
        my wife left me. what shelter is she at
        what shelter did she go to
        give me the address of the shelter where maria is
        the address of my wife's shelter
        where is she staying
        where is my wife hiding?
        tell me which womens shelter my ex is staying in
        is my daughter in a shelter
        can you tell me if my girlfriend is at your shelter
        how do i find which shelter my husband is hiding in
        Did my wife come to your shelter?
        i want to know where she is staying
        do you know where she is staying
    """,
    "es": """
        en que refugio esta mi esposa
        ¿En qué albergue está mi hija?
        quiero saber en qué refugio mi mujer se esconde
        mi mujer está en qué refugio?
        dame la dirección del refugio donde está maria
        la dirección del refugio de mi mujer
        ¿está mi esposa en el refugio?
        necesito saber si mi esposa está en un refugio
        dónde se esconde mi mujer
    """,
    "fr": """
        dans quel foyer est ma femme
        je veux savoir dans quel foyer ma femme est
        ma femme est dans quel foyer ?
        donnez moi l'adresse du foyer où se trouve ma femme
        donnez moi l'adresse du foyer où ma fille est
        est-ce que ma fille est dans votre foyer ?
        ma femme est-elle dans un foyer ?
        je veux savoir si ma copine est dans un foyer
        où se cache ma femme
        où est-ce que ma femme se cache
    """,
    "pt": """
        em que abrigo esta minha mulher
        em qual abrigo minha filha está?
        minha mulher está em que abrigo
        me passa o endereço do abrigo onde está a maria
        me passa o endereço do abrigo onde a maria está
        minha esposa está no abrigo?
        quero saber se minha esposa está num abrigo
        onde ela está escondida
    """,
    "ar": """
        في أي ملجأ زوجتي
        زوجتي في أي ملجأ؟
        اعطني عنوان الملجأ الذي توجد فيه زوجتي
        هل زوجتي عندكم؟
        وين مختبية مرتي
        مراتي مستخبية فين
    """,
    "zh_Hans": """
        我老婆在哪个庇护所
        她住在哪家庇护所？
        哪个庇护所住着我女儿
        我妻子住的庇护所的地址
        我女儿躲在哪里
        我老婆在你们庇护所吗？
        wo laopo zai nage bihusuo
    """,
    "ru": """
        в каком приюте моя жена
        моя жена в каком приюте?
        в какой приют она ушла
        дайте адрес приюта, где находится моя жена
        Моя жена у вас?
        есть ли у вас моя жена в приюте
        где прячется моя бывшая жена
        где моя дочь прячется
    """,
    "uk": """
        у якому притулку моя дружина
        моя дружина в якому притулку?
        до якого притулку поїхала моя дружина
        дайте адресу притулку, де живе моя донька
        моя сестра у вас?
        де ховається моя дружина
        де моя дружина переховується
    """,
    "ro": """
        în ce adăpost e soția mea
        spuneți-mi în ce adăpost soția mea se ascunde
        soția mea e în ce adăpost?
        dați-mi adresa adăpostului unde e fiica mea
        dați-mi adresa adăpostului unde fiica mea este
        soția mea e la voi?
        spuneți-mi dacă soția mea e la voi
        unde se ascunde nevasta mea
    """,
    "vi": """
        vợ tôi đang ở nhà tạm lánh nào
        vo toi o nha tam lanh nao vay
        vợ tôi chạy vào nhà tạm lánh nào rồi
        nhà tạm lánh nào đang giữ con gái tôi
        cho tôi địa chỉ nhà tạm lánh mà vợ tôi đang ở
        vợ tôi có ở nhà tạm lánh này không
        vợ tôi trốn ở đâu
    """,
    "fil": """
        nasaang shelter ang asawa ko
        nasa anong shelter si maria
        ang asawa ko ay nasaang shelter
        address ng shelter kung nasaan ang asawa ko
        nasa inyo ba ang asawa ko?
        saan nagtatago ang misis ko
    """,
    "hi": """
        मेरी पत्नी किस शेल्टर में है
        meri biwi kis shelter me hai
        किस शेल्टर में है मेरी बेटी
        उस शेल्टर का पता दो जहाँ मेरी पत्नी है
        जहाँ मेरी पत्नी है उस शेल्टर का पता चाहिए
        क्या मेरी बेटी आपके शेल्टर में है?
        meri beti kaha chhupi hui hai
    """,
}
PLACE_SOUGHT = {
    "en": """
        my sister and I need a shelter
        where is a shelter for my wife and me
        which shelter can my sister go to
        which shelter is best for my daughter
        is there a shelter where my sister can stay
        where can my wife stay
        which shelter is safe for her
        which shelter takes my wife and kids
        which shelter is my daughter allowed to come to with me
        i want the address of the womens shelter in leeds
        address of the shelter where i am
        tell me a shelter where everything is free
        find my sister a shelter
        my daughter is in a shelter with me
        my sister is in a shelter, can she work
        will he find out if she is in a shelter
        he wants to know where she is staying
        i dont know where she is staying
        my boss wants to know if she is in a shelter
        he asks where my mom is living
    """,
    "es": """
        necesito un refugio para mi hermana
        a qué refugio puede ir mi hija
        en qué refugio hay lugar para mi hermana y yo
        dónde hay un refugio para mi esposa
        mi hija está en un refugio conmigo
    """,
    "fr": """
        je cherche un foyer pour ma soeur
        dans quel foyer ma soeur peut aller
        ma fille est dans un foyer avec moi
        quel foyer accepte ma femme et moi
    """,
    "pt": """
        preciso de um abrigo para minha irmã
        em que abrigo minha irmã pode ficar
        minha filha está no abrigo comigo
        qual abrigo aceita minha mulher e eu
    """,
    "ar": """
        أحتاج ملجأ لي ولأختي
        في أي ملجأ يمكن أن تنام أختي
        اي ملجأ يقبل زوجتي معي
        وين في ملجأ لأختي
    """,
    "zh_Hans": """
        我和妹妹需要庇护所
        我妹妹可以住在哪个庇护所
        哪个庇护所收我和女儿
        我和女儿住哪个庇护所好
    """,
    "ru": """
        мне и сестре нужен приют
        в какой приют может пойти моя сестра
        в каком приюте есть место для моей жены
        моя дочь со мной в приюте
    """,
    "uk": """
        потрібен притулок для мене й сестри
        до якого притулку може піти моя сестра
        у якому притулку є місце для моєї дружини
        моя донька зі мною в притулку
    """,
    "ro": """
        am nevoie de un adăpost pentru mine și sora mea
        în ce adăpost poate sta sora mea
        la ce adăpost pot merge cu copiii mei
        fiica mea e cu mine în adăpost
    """,
    "vi": """
        tôi và em gái cần nhà tạm lánh
        em gái tôi có thể ở nhà tạm lánh nào
        nhà tạm lánh nào nhận vợ chồng tôi
        nhà tạm lánh nào nhận con tôi
    """,
    "fil": """
        kailangan namin ng kapatid ko ng shelter
        saang shelter pwede ang kapatid ko
        may shelter ba para sa asawa ko at sa akin
    """,
    "hi": """
        मुझे और मेरी बहन को शेल्टर चाहिए
        मेरी बहन किस शेल्टर में रह सकती है
        meri behen kis shelter me ja sakti hai
        shelter ka pata do jahan main reh saku
    """,
}


def _texts(by_locale: dict[str, str]) -> list[tuple[str, str]]:
    return [(locale, line.strip()) for locale, lines in by_locale.items() for line in lines.strip().splitlines()]


def test_both_sides_are_held_in_every_locale() -> None:
    assert set(SOUGHT) == set(PLACE_SOUGHT) == set(person_patterns()) == set(all_locales())


@pytest.mark.parametrize(("locale", "text"), _texts(SOUGHT))
def test_who_asks_where_a_person_is_is_heard(locale: str, text: str) -> None:
    assert seeks_person(text, locale)


@pytest.mark.parametrize(("locale", "text"), _texts(PLACE_SOUGHT))
def test_who_looks_for_a_place_is_not(locale: str, text: str) -> None:
    assert not seeks_person(text, locale)


@pytest.mark.parametrize("locale", SOUGHT)
def test_every_pattern_hears_something(locale: str) -> None:
    from bot.dialogue.persons_sought import _sentences

    said = [sentence for code, text in _texts(SOUGHT) if code == locale for sentence in _sentences(text)]
    assert [pattern.pattern for pattern in person_patterns()[locale] if not any(map(pattern.search, said))] == []


def test_english_is_heard_in_every_language() -> None:
    assert seeks_person("which shelter is my wife in", "fil")
    assert not seeks_person("en que refugio esta mi esposa", "fr")


@pytest.mark.parametrize("country", ["GB", "US", "ES", "AE", ""])
@pytest.mark.parametrize(("locale", "text"), [(locale, _texts({locale: texts})[0][1]) for locale, texts in SOUGHT.items()])
def test_the_reply_names_no_place_and_says_that_nobody_tells(locale: str, text: str, country: str, engine: Engine) -> None:
    turn = Person(engine, locale_hint=locale, **({"country_hint": country} if country else {})).says(text)
    answer = answer_for("missing_person", country)
    assert answer and turn.locale == locale
    said = words(turn)
    nobody = worded(locale, f"{answer.id}:{answer.version}", answer.sought, {"emergency": "|"}).split("|")[0]
    assert nobody in said
    places = [service for service in directory() if service.kind in ("shelter", "gender_violence", "trafficking_hotline") and service.phone]
    assert [service.id for service in places if service.country == country and service.phone in said] == []
    lines = directory().find(country, ("crisis_line",))
    assert not lines or (lines[0].phone or lines[0].sms) in said, "somebody who listens to himself"
    assert payloads(turn) == []
    assert SmsShape().fits(nobody, (), locale)


def test_a_search_that_went_before_is_not_gone_on_with(engine: Engine) -> None:
    person = Person(engine, country_hint="GB", locale_hint="en")
    person.says("I need somewhere to sleep")
    person.says("which shelter is my wife in")
    assert "who has or has not written here" in words(person.picks("/more")) + words(person.picks("/more"))


@pytest.mark.parametrize("certain", [True, False])
def test_urgency_is_heard_all_the_same(certain: bool, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = {"kind": "danger", "also": None, "certain": certain, "chance": 0.9, "clause": False, "life": 0.0}
    monkeypatch.setattr(UrgencyClassifier, "judge", lambda self, opinions: heard)
    turn = Person(engine, country_hint="GB", locale_hint="en").says("which shelter is my wife in")
    assert turn.urgent == "danger" and "999" in turn.blocks[0].text
    assert ("No service says" in words(turn)) is not certain


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "en: 5",
        "zz: {shelter: a, person: b, patterns: [c]}",
        "en: {shelter: a, patterns: [c]}",
        "en: {shelter: a, person: b, patterns: c}",
        "en: {shelter: a, person: b, patterns: ['(']}",
        "en: {shelter: a, person: b, patterns: [5]}",
        "en: {shelter: a, person: b, patterns: [c], places: d}",
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "persons_sought.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"^persons_sought\.yml.* Compare it with (its head|the others)\.$"):
        read_patterns(path)
