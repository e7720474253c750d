"""What must never be said (`data/answers/README.md`, "What is never said"): held against every sentence of every answer.

The patterns are English, in which the answers are written; translations are tied to them by id and version.
"""

from __future__ import annotations

import re

import pytest

from bot.knowledge.answers import Answer, answers
from bot.knowledge.directory import directory

ALL = sorted(answers().values(), key=lambda answer: answer.id)
every_answer = pytest.mark.parametrize("answer", ALL, ids=lambda answer: answer.id)

# What is said by nobody, in no country.
NEVER = {
    "a permit is promised": r"\byou (will|shall) (get|have|receive)\b|you are entitled|will be (granted|approved)",
    "nobody is arrested or deported": r"(?<!not mean that )\byou (cannot|can't|will not|won't) be (arrested|deported|removed|detained)",
    "who cannot ask is told to ask": r"(?<!cannot )refer yourself to|apply for continued presence yourself",
    "everything stays secret": r"(everything|all of it|what you say) (is|stays|remains) (secret|private|confidential)",
    "police are a must": r"you (must|have to) (report to|report it to|go to|talk to|tell) (the )?police|you never (need|have) to (talk|go)",
    "nobody is punished": r"(police|they) (will|do|can) ?not (punish|charge|arrest) you",
    "police bring an interpreter": r"police (will|must) (give|bring|provide|get) (you )?an interpreter",
    "a verdict": r"\byou are (a victim|trafficked|being trafficked|not trafficked)\b|\bthis is (not )?(trafficking|slavery)\b",
    "agreement rules it out": r"(you|if you) agreed,? (so )?it is not|nobody (used force|crossed a border),? so",
    "a plea or a signature": r"(^|[.:;] )(plead|do not plead|never plead|sign|do not sign|never sign|don't sign)\b",
    "a record is erased": r"record (can|will) be (erased|cleared|removed|wiped)(?!.{0,80}(may|some|depends|differ))",
    "stop paying": r"\bstop paying\b|\byour debt is void\b|\b(take|get) your passport back\b|\b(tell|show) (your|the) (boss|employer)\b",
    "no papers, no claim": r"without papers you (cannot|can't) claim|no papers,? so",
    "money is promised": r"compensation (will|is going to) be paid|you will be paid|the fund (will pay|pays you)",
    "the embassy first": r"(^|[.:;] )(go to|call|contact) your (own )?(embassy|consulate)",
    "pay once": r"\bpay (once|them)\b|(^|[.:;] )(delete|erase) (the|your) (messages|chat)|send (me|us) the (picture|image)",
    "a picture is removed": r"(picture|image|it)s? will be (removed|taken down|deleted)",
    "a guarantee": r"\bguarantee",
    "a number of old": r"\b(45|180) days\b",
}

# What is said only together with what limits it, somewhere in the same answer.
ONLY_WITH = {
    "a stop to removal can end": (
        r"not be (removed|expelled|deported)",
        r"exception|end (it |that time )?early|can end|refused|does not mean that",
    ),
    "an embassy may be the wrong door": (r"\b(embassy|consulate)\b", r"lawyer"),
    "an order alone keeps nobody safe": (r"protection order|keep away|order a person not to", r"safe by itself|safety plan|lawyer"),
    "a wage has a date and is not for all": (r"minimum (wage )?(from|is|was|in)\b.{0,40}\d+\.\d+", r"20\d\d"),
    "a limit is checked now": (r"\b(time limit|limit to claim|tribunal)", r"check|soon|do not wait|not wait|short|now"),
    "secrecy has limits": (r"\b(secret|confidential)\b", r"cannot|can't|not be|may have to|must|limit|unless|nobody can promise|exception"),
}


def _texts(answer: Answer) -> list[str]:
    return [answer.text, answer.simple, *answer.more]


@every_answer
@pytest.mark.parametrize("what", NEVER)
def test_it_is_never_said(what: str, answer: Answer) -> None:
    for text in _texts(answer):
        assert not re.search(NEVER[what], text, re.IGNORECASE), text


@every_answer
@pytest.mark.parametrize("what", ONLY_WITH)
def test_it_is_said_only_with_its_limit(what: str, answer: Answer) -> None:
    said, limit = ONLY_WITH[what]
    whole = " ".join(_texts(answer))
    if re.search(said, whole, re.IGNORECASE):
        assert re.search(limit, whole, re.IGNORECASE), whole


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a permit is promised", "You will get a T visa."),
        ("nobody is arrested or deported", "You can't be arrested or deported now."),
        ("everything stays secret", "Everything stays secret here."),
        ("police are a must", "You must report to police to get help."),
        ("a verdict", "You are a victim."),
        ("a plea or a signature", "Do not sign it."),
        ("a record is erased", "Your record can be erased."),
        ("stop paying", "Stop paying: it is illegal."),
        ("the embassy first", "Go to your embassy."),
        ("pay once", "Pay once and it stops."),
        ("a picture is removed", "The image will be removed."),
        ("a number of old", "You get 45 days to think."),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(NEVER[what], text, re.IGNORECASE)


@every_answer
def test_where_the_list_wants_a_lawyer_the_answer_offers_one(answer: Answer) -> None:
    whole = " ".join(_texts(answer))
    if answer.topic in ("rights_immigration", "rights_criminal_record", "rights_compensation"):
        assert answer.lawyer
    if answer.topic.startswith("rights_") and re.search(
        r"\b(deported|be removed|expelled|detention|charged with|sue|custody|asylum)\b", whole, re.IGNORECASE
    ):
        assert answer.lawyer, whole


@every_answer
def test_an_answer_speaks_of_one_country(answer: Answer) -> None:
    """Countries are never mixed in one answer. The treaties and the labour body's signs are nobody's."""
    names = {
        "US": r"\b(the US|U\.S\.|United States)\b",
        "GB": r"\b(the UK|England|United Kingdom)\b",
        "CA": r"\bCanad",
        "AU": r"\bAustralia",
        "ES": r"\b(Spain|Spanish)\b",
        "FR": r"\b(France|French)\b",
        "DE": r"\bGerman",
        "RO": r"\bRomania",
        "MX": r"\bMexic",
        "IN": r"\bIndia",
        "PH": r"\bPhilippine",
        "AE": r"\b(UAE|Emirates)\b",
    }
    whole = " ".join(_texts(answer))
    others = {country for country, name in names.items() if country != answer.jurisdiction and re.search(name, whole)}
    assert not others, (others, whole)


def test_no_line_of_immigration_enforcement_is_offered() -> None:
    """1-866-347-2423 belongs to Homeland Security Investigations: it is police, whatever it is called."""
    tip_lines = [service for service in directory() if "866-347-2423" in service.phone]
    assert all(service.police_run for service in tip_lines)
    kinds = sorted({service.kind for service in directory()})
    assert not any("866-347-2423" in service.phone for service in directory().find("US", kinds))
