"""Urgency is heard in the whole message and in each clause; the most alarmed wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.nlu.components import CRY, DANGER, LIFE, SELF_HARM
from bot.nlu.urgency_classifier import UrgencyClassifier

if TYPE_CHECKING:
    from bot.dialogue.engine import Engine


def _chances(danger: float = 0.0, self_harm: float = 0.0, life: float = 0.0, cry: float = 0.0) -> dict[str, float]:
    return {DANGER: danger, SELF_HARM: self_harm, LIFE: life, CRY: cry}


@pytest.mark.parametrize(
    ("opinions", "kind", "certain"),
    [
        ([_chances()], None, False),
        ([_chances(danger=0.39)], None, False),
        ([_chances(danger=0.4)], DANGER, False),
        ([_chances(danger=0.59)], DANGER, False),
        ([_chances(danger=0.6)], DANGER, True),
        ([_chances(self_harm=0.9)], SELF_HARM, True),
        ([_chances(life=0.9)], LIFE, True),
        # several kinds together are grave, though none is by itself; the likeliest is named
        ([_chances(danger=0.25, self_harm=0.3, life=0.1)], SELF_HARM, True),
        ([_chances(danger=0.3, life=0.22)], DANGER, False),
        # a clause needs more than the whole
        ([_chances(), _chances(danger=0.97)], None, False),
        ([_chances(), _chances(danger=0.985)], DANGER, False),
        ([_chances(), _chances(danger=0.995)], DANGER, True),
        ([_chances(danger=0.5), _chances(danger=0.6)], DANGER, False),
        ([_chances(self_harm=0.5), _chances(), _chances(danger=0.995)], DANGER, True),
        # a cry is bare: the whole message, and sure
        ([_chances(cry=0.6)], CRY, True),
        ([_chances(cry=0.59)], None, False),
        # but beside a chance of something grave it is a cry about that
        ([_chances(cry=0.53, danger=0.42)], DANGER, True),
        ([_chances(cry=0.45, self_harm=0.1)], SELF_HARM, False),
        ([_chances(cry=0.9, danger=0.09)], CRY, True),
        ([_chances(), _chances(cry=0.99)], None, False),
        ([_chances(cry=0.4, danger=0.15)], DANGER, False),
    ],
)
def test_chances_are_weighed(opinions: list[dict[str, float]], kind: str | None, certain: bool) -> None:
    judged = UrgencyClassifier({}).judge(opinions)
    assert (judged["kind"], judged["certain"]) == (kind, certain)
    assert 0.0 <= judged["chance"] <= 1.0


@pytest.mark.parametrize(
    ("opinions", "kind", "also"),
    [
        ([_chances(danger=0.6, self_harm=0.15)], DANGER, SELF_HARM),
        ([_chances(danger=0.6, self_harm=0.14)], DANGER, None),
        ([_chances(danger=0.4, self_harm=0.5)], SELF_HARM, DANGER),
        ([_chances(self_harm=0.3, danger=0.2)], SELF_HARM, DANGER),
        ([_chances(self_harm=0.2, danger=0.15)], None, None),
        ([_chances(life=0.6, danger=0.3)], LIFE, None),
        ([_chances(danger=0.6, life=0.3)], DANGER, None),
        # what is heard in the loudest part counts
        ([_chances(danger=0.2, self_harm=0.2), _chances(danger=0.99, self_harm=0.01)], DANGER, None),
    ],
)
def test_danger_and_self_harm_are_heard_beside_each_other_where_either_may_be_meant(
    opinions: list[dict[str, float]], kind: str | None, also: str | None
) -> None:
    judged = UrgencyClassifier({}).judge(opinions)
    assert (judged["kind"], judged.get("also")) == (kind, also)


def test_it_says_whether_only_a_clause_was_alarmed() -> None:
    assert UrgencyClassifier({}).judge([_chances(), _chances(danger=0.985)])["clause"] is True
    assert UrgencyClassifier({}).judge([_chances(danger=0.9), _chances(danger=0.995)])["clause"] is False


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("he has a gun and he is at the door", DANGER),
        ("tiene un cuchillo y está en la puerta", DANGER),
        ("il a un couteau il est devant la porte", DANGER),
        ("معه سكين وهو عند الباب", DANGER),
        ("i want to die", SELF_HARM),
        ("quiero morirme", SELF_HARM),
        ("je veux mourir", SELF_HARM),
        ("أريد أن أموت", SELF_HARM),
        ("she took all the pills and she is not breathing", LIFE),
        ("help me", CRY),
        ("ayúdame", CRY),
        ("au secours", CRY),
    ],
)
def test_plain_urgent_texts_are_heard_as_what_they_are(text: str, kind: str, engine: Engine) -> None:
    assert engine.understand(text).urgency == kind


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "my boss has not paid me for 3 months",
        "cuánto cuesta esto",
        "merci beaucoup",
        "أريد محاميا",
        "what does the law say about threats?",
        "my phone died lol",
    ],
)
def test_harmless_texts_are_not_heard_as_urgent(text: str, engine: Engine) -> None:
    assert engine.understand(text).urgency is None


def test_danger_is_heard_inside_a_long_harmless_message(engine: Engine) -> None:
    story = (
        "I came here two years ago to work in a hotel. The contract said eight hours. The food is fine and my room is small but clean. "
        "My family is well and I send them money when I can. Now he is at my door with a knife and he is going to kill me. "
        "The hotel has forty rooms and I clean them all. In winter there are few guests. I like the garden."
    )
    assert engine.understand(story).urgency == DANGER
    assert engine.understand(story.replace("Now he is at my door with a knife and he is going to kill me. ", "")).urgency is None


# What people say most often, as plainly as can be said: violence, a weapon, shut in, followed, fetched, a wish to die, the police.
PLAIN = {
    "en": [
        "he will kill me",
        "he is beating me",
        "he has a knife",
        "they locked me in",
        "he is outside my door",
        "i want to die",
        "i will kill myself",
        "call the police now",
        "he is following me",
        "they are coming for me",
    ],
    "es": [
        "me va a matar",
        "me esta pegando",
        "tiene un cuchillo",
        "me encerraron",
        "esta afuera de mi puerta",
        "quiero morirme",
        "me voy a matar",
        "llamen a la policia",
        "me viene siguiendo",
        "vienen por mi",
    ],
    "fr": [
        "il va me tuer",
        "il me frappe",
        "il a un couteau",
        "ils m'ont enfermée",
        "il est devant ma porte",
        "je veux mourir",
        "je vais me tuer",
        "appelez la police",
        "il me suit",
        "il arrive j'ai peur",
    ],
    "pt": [
        "ele vai me matar",
        "ele ta me batendo",
        "ele tem uma faca",
        "me trancaram",
        "ele ta na porta",
        "quero morrer",
        "vou me matar",
        "chama a policia",
        "ele ta me seguindo",
        "eles tao vindo me pegar",
    ],
    "ar": [
        "رح يقتلني",
        "بيضربني",
        "معه سكين",
        "حبسوني",
        "واقف على الباب",
        "بدي موت",
        "رح اقتل حالي",
        "اتصلوا بالشرطة",
        "عم يلحقني",
        "هيقتلني",
        "سيقتلني الليلة",
        "ساعدوني يضربني الان",
    ],
    "zh_Hans": [
        "他要杀我",
        "他在打我",
        "他拿着刀",
        "他们把我锁起来了",
        "他在门口",
        "我想死",
        "我要自杀",
        "快报警",
        "有人跟踪我",
        "他们来抓我了",
    ],
    "ru": [
        "он меня убьет",
        "он меня бьет",
        "у него нож",
        "меня заперли",
        "он за дверью",
        "хочу умереть",
        "я убью себя",
        "вызовите полицию",
        "он идет за мной",
        "они едут за мной",
    ],
    "uk": [
        "він мене вб'є",
        "він мене б'є",
        "у нього ніж",
        "мене замкнули",
        "він під дверима",
        "хочу померти",
        "я вб'ю себе",
        "викличте поліцію",
        "він іде за мною",
        "вони їдуть по мене",
    ],
    "ro": [
        "o sa ma omoare",
        "ma bate",
        "are un cutit",
        "m-au incuiat",
        "e la usa",
        "vreau sa mor",
        "ma omor",
        "chemati politia",
        "ma urmareste",
        "vin dupa mine",
    ],
    "vi": [
        "nó sẽ giết tôi",
        "nó đang đánh tôi",
        "nó cầm dao",
        "họ nhốt tôi",
        "nó đang ở ngoài cửa",
        "tôi muốn chết",
        "tôi sẽ tự tử",
        "gọi công an giúp tôi",
        "nó theo tôi",
        "họ đang tới bắt tôi",
    ],
    "fil": [
        "papatayin nya ko",
        "binubugbog nya ko",
        "may kutsilyo sya",
        "kinulong nila ko",
        "nasa labas sya ng pinto",
        "gusto ko ng mamatay",
        "magpapakamatay ako",
        "tumawag kayo ng pulis",
        "sinusundan nya ko",
        "kukunin nila ako",
    ],
    "hi": [
        "wo mujhe maar dalega",
        "वो मुझे मार रहा है",
        "uske paas chaku hai",
        "मुझे बंद कर दिया है",
        "wo darwaze pe hai",
        "मैं मरना चाहता हूं",
        "main jaan de dunga",
        "police bulao",
        "wo mera picha kar raha hai",
        "वो मुझे लेने आ रहे हैं",
    ],
}


@pytest.mark.parametrize("locale", PLAIN)
def test_plain_words_of_danger_and_despair_are_heard_in_every_language(locale: str, engine: Engine) -> None:
    missed = [text for text in PLAIN[locale] if engine.understand(text).urgency not in (DANGER, SELF_HARM)]
    assert len(missed) <= 1, missed
