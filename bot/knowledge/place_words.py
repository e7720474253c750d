"""The words around the names of places, in twelve languages: what says that somebody is there, and how names change behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice, product
from typing import Final

from bot.nlu.text import fold

City = tuple[str, str]  # ISO 3166-1 alpha-2 of the country, and the name in the gazetteer

# Words are what lies between these: letters with the marks of their script, which `\w` would cut off in Hindi.
_BETWEEN: Final = re.compile(r"[^\w\u0300-\u036f\u0900-\u0963\u0971-\u097f'’]+|_")
HAN: Final = re.compile(r"[\u3400-\u9fff]+")
_CYRILLIC: Final = re.compile(r"[\u0400-\u04ff]+")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]+")

# Phrases before a place that say that it is where the person is or wants to go, a language a line.
_THERE: Final = """
in, at, near, around, by, to, close to, next to, nearby, outside, downtown, living in, stay in
en, cerca de, cerca, por, junto a, vivo en, aca en, aqui en
a, au, aux, dans, près de, près d', proche de, vers, sur, j'habite, j'habite a, j'habite vers
perto de, perto do, perto, em, no, na, do, ao pe de, moro em
în, la, lângă, linga, aproape de, aproape, prin
в, во, возле, около, рядом с, под, недалеко от, за, на, м, v, vo, vozle
у, біля, поруч з, поруч із, коло, недалеко від, під, u
في, قريب من, قرب, بالقرب من, جنب, حول, عند, fi, f, fel, fe, ف, ب, qrib mn, 9rib mn, qrib men, qarib min, حدا
gần, ở, tại, o, o gan, ở gần
sa, nasa, taga, malapit sa, tga, dito sa, dto sa
zai, wo zai, 在, 离, 離, 靠近
"""
# Those that say where she comes from: of two places the other one counts.
_FROM: Final = """
from, i am from, im from, de, du, des, din, dela, de la, tu, galing, galing sa, từ
из, из под, от, с, iz, z, із, зі, від, من, mn, men, min
"""
# Phrases behind a place that say the same, in Hindi, Chinese and Vietnamese.
_BEHIND: Final = "में, मे, के पास, के करीब, के नजदीक, के आसपास, mein, me, ke paas, ke pas, ke pass, nè, fujin, 附近, 这边, 這邊, 那边, 里"
ARTICLES: Final = frozenset(("the", "la", "le", "el", "l", "al", "los", "las"))
GENERIC: Final = frozenset(
    ("city", "town", "ciudad", "ville", "cidade", "oras", "orasul", "город", "городе", "місто", "місті", "مدينه", "شهر", "शहर", "tp")
)
# What two names of one place may have between them: "Flushing in New York".
JOINTS: Final = frozenset("in de en a la do da of por em no na din в у во من في ke ki के की में mein 的 at near".split())  # noqa: SIM905

# What countries are called every day, where no package of names has it: in a sentence behind a word such as "in" ("сша"), and behind the
# star, where nothing else is said, what is a word of some language as well (Romanian "SUA" is Portuguese "your"). Vietnamese "o" is "in".
_AS_SAID: Final = """
GB: англии, англию, англией, inglaterra, angleterre, anglia, marea britanie, britania, inglatera, inglterra
GB: nuoc anh, anh quoc, انجلترا, بريطانيا, 英格兰 * anh
US: o my, eua, statele unite, nuoc my
US: the us, the states, сша, америка, америке, америки, америку, америці, америкою, штаты, штатах, штати, अमेरिका, अमरीका * sua, my
NL: holland, holanda, olanda, голландия, голландии, голландія, голландії
DE: nuoc duc, o duc
FR: nuoc phap, o phap
IT: nuoc y
RU: nuoc nga, o nga
AU: nuoc uc, o uc * uc
JP: nuoc nhat, o nhat * nhat
SA: saudia, सऊदी
TR: turkya, turkia
"""
# What large cities are called every day, where no package of names has it, or has it for a word of some language as well; each name was
# read for what else it means. Before the stars: believed like any name of the city. Behind one star: only where the country is likely,
# as the whole text or at its end behind a word such as "in" (Arabic "la" is "no", Spanish "casa" a house). Behind two: at the end of a
# text, wherever she may be. Names stand for the largest place that is called so in the country.
_CITIES_AS_SAID: Final = """
US New York City: n y c, ny city, nyu york, nueba york * ny
US Los Angeles: los angles, la california, la ca, 洛城 * la ** in la, in l a, near la, around la, downtown la, living in la
US San Francisco: san fran, sanfran * sf, s f ** in sf, near sf
US Washington: wash dc * dc ** in dc, in d c, near dc
US Chicago: chi town, chitown
US Houston: h town, htown
US Las Vegas: vegas
US Philadelphia: philli
US Minneapolis: mpls
US Baltimore: bmore
US St. Petersburg: st pete
US Salt Lake City: * slc
US Kansas City: * kc
US St. Louis: * stl
US Indianapolis: * indy
US New Orleans: * nola
US Brooklyn: * bk
US Tampa: * tampa
US Mesa: * mesa
US Plano: * plano
US Tempe: * tempe
US Provo: * provo
GB London: * ldn ** in ldn
GB Birmingham: b'ham, bham * brum
GB Manchester: * mcr
GB Liverpool: l'pool, lpool
GB Derby: * derby
AU Melbourne: melbs * melb
AU Brisbane: brissie, brizzie * brissy
CA Toronto: * gta
CA Montréal: * mtl
CA Vancouver: vancity
CA Québec: quebec
IN Mumbai: bambai, बंबई
IN Delhi: new dilli
IN Bengaluru: banglore, bangluru, बेंगलुरु, बंगलुरु, बैंगलोर
IN Chennai: चेन्नई, मद्रास
IN Pune: * pune
IN Ahmedabad: amdavad
IN Varanasi: benaras, बनारस
IN Kolkata: kalkatta
IN Agra: * agra
ES Barcelona: * barna
ES Zaragoza: zaragoza
ES Palma: mallorca
ES Jaén: * jaen
MX Mexico City: cdmx, cd mx, cdmex, cd mexico, cd de mexico * df, el df, d f, defe, el defe, distrito federal
MX Guadalajara: guanatos
MX Tijuana: * tj, tijuas
MX Cancún: cancun
MX Ciudad Nezahualcoyotl: * neza
MX Santiago de Querétaro: * qro
MX Aguascalientes: * ags
AR Buenos Aires: bs as, bsas, bs aires * caba, capital federal
CO Medellín: medallo
EC Guayaquil: * gye
HN Tegucigalpa: tegus
HN San Pedro Sula: * sps
BR São Paulo: s paulo, sp capital * sp
BR Rio de Janeiro: * rio, rj
BR Belo Horizonte: bh mg * bh, beagá
BR Brasília: * df
BR Curitiba: ctba
PT Lisbon: * lx
PT Porto: porto, o porto
FR Bordeaux: bordeaux * bdx
FR Nice: * nice
FR Caen: * caen
FR Montpellier: * montpel
FR Strasbourg: * stras
BE Brussels: bxl
IT Milan: 米兰
EG Alexandria: * alex
MA Casablanca: كازا, dar lbida, dar beida * casa, kaza ** f casa, fi casa, fcasa
MA Rabat: rabat
MA Marrakesh: مراكش, mrakch, mrrakch * kech
MA Fes: * فاس
MA Tangier: * tanja ** fi tanja, f tanja, ftanja
SY Damascus: * الشام
TR Mersin: مرسين, ميرسين
CN Beijing: 帝都 * bj
CN Shanghai: 魔都
CN Guangzhou: * gz
CN Shenzhen: * sz
CN Chengdu: 成都
CN Nanjing: 南京
CN Xi’an: * xian
TW Taipei: 臺北
HK Hong Kong: * hk ** in hk, sa hk
SG Singapore: 狮城
KH Sihanoukville: 西港, 西哈努克, 西哈努克港
RU Moscow: мск * msk
RU Saint Petersburg: с пб, spb
RU Yekaterinburg: екб, екат, ебург
RU Novosibirsk: новосиб, нск
RU Nizhniy Novgorod: н новгород * нижний, нижнем, нн
RU Krasnodar: * крд
RU Krasnoyarsk: * крск
UA Kyiv: kiyv
RO Bucharest: bucale * buc
RO Timişoara: * tm
RO Sibiu: * sibiu
RO Buzău: * buzau
VN Ho Chi Minh City: tp hcm, t p hcm, hcm * sg
VN Hanoi: hanoi, hnoi * hn
VN Da Nang: * dn
VN Haiphong: * hp
VN Huế: * hue
PH Manila: maynila, metro manila
PH Quezon City: * qc
PH Cebu City: cebu, sugbo
PH Davao: * dvo
PH Taguig: * bgc
PH Cagayan de Oro: * cdo
"""
# Words behind which nothing more of a place comes: "in LA now".
AFTER: Final = frozenset("now rn tonight today please pls plz thanks and but need help alone agora hoje ahora hoy ahorita".split())  # noqa: SIM905
# Words before "in" that say that somebody is not there.
NOT: Final = frozenset("not nu no non nao ne не لست ليس مش khong hindi di nahi नहीं 不 没".split())  # noqa: SIM905

# How Russian and Ukrainian names end behind a preposition, and how they may end in a gazetteer; both as `fold` spells them (й as и,
# ї as і). What these make is looked up, so that a wrong guess finds nothing.
_ENDINGS: Final = {
    **{"ом": ("", "о", "ыи", "ии", "ои"), "ем": ("ь", "и", "е", "ии"), "ам": ("ы", "и"), "им": ("ии",), "ым": ("ыи",)},
    **{"е": ("", "а", "я", "о", "и"), "и": ("ь", "а", "я"), "ы": ("а",), "у": ("", "а", "о"), "ю": ("ь", "я", "и")},
    **{"а": ("", "о"), "я": ("ь", "е", "и", "і"), "ои": ("а", "ая"), "еи": ("а", "я", "яя"), "ью": ("ь",), "ою": ("а",), "ею": ("я", "а")},
    **{"ах": ("ы", "и", "а"), "ях": ("и", "і", "ы"), "ого": ("ии", "ыи", "ое", "е"), "его": ("ии", "ее"), "ому": ("ии", "ыи", "ое", "е")},
    **{"ых": ("ые", "ы"), "их": ("ие", "і", "и"), "це": ("ец",), "ца": ("ец",), "цем": ("ец",), "ці": ("ка", "ець"), "зі": ("га", "г")},
    **{"і": ("", "а", "я", "о", "ь", "е"), "ові": ("ів",), "ова": ("ів",), "овом": ("ів",), "ову": ("ів",), "єві": ("ів",), "єва": ("ів",)},
    **{"євом": ("ів",), "полі": ("піль",), "поля": ("піль",), "полем": ("піль",), "полю": ("піль",), "їв": ("ів",)},
    **{"розі": ("ріг",), "рогу": ("ріг",), "рога": ("ріг",), "рогом": ("ріг",), "ли": ("ль",), "ени": ("ень",)},
}
_CLITICS: Final = ("بال", "وال", "فال", "عال", "لل", "ب", "ل", "ف", "ع")  # Arabic prepositions that are written on to the name
_WITH_ARTICLE: Final = frozenset(("بال", "وال", "فال", "عال", "لل"))
_STEM, _STEM_OF_LONG = 3, 2  # letters that a name keeps at least; before an ending of three letters and more
_MOST_FORMS: Final = 24  # of one name of several words


def words_of(text: str) -> list[str]:
    """The folded words of a text, of which the length is bounded; a run of Chinese characters is one."""
    spaced = HAN.sub(lambda run: f" {run.group()} ", fold(text).replace("’", "'"))
    return [word for word in _BETWEEN.sub(" ", spaced).split() if word.strip("'")]


def phrases_of(text: str) -> frozenset[str]:
    """The phrases of a list, which commas and ends of lines part, each as its units with low lines between them."""
    return frozenset("_".join(units_of(phrase)) for phrase in re.split("[,\n]", text.strip()))


def units_of(text: str) -> list[str]:
    """The folded words of a text, and Chinese characters one by one, since Chinese knows no spaces."""
    return [unit for word in words_of(text) for unit in (word if HAN.match(word) else [word])]


def _named(part: str) -> list[str]:
    return [name if HAN.match(name) else " ".join(units_of(name)) for name in part.split(", ") if name]


def _as_said() -> tuple[dict[str, str], dict[str, str]]:
    in_texts, alone = dict[str, str](), dict[str, str]()
    for line in _AS_SAID.strip().splitlines():
        code, _, names = line.partition(": ")
        for said, part in zip((in_texts, alone), names.split(" * "), strict=False):
            said.update(dict.fromkeys(_named(part), code))
    return in_texts, alone


def _cities_as_said() -> Iterator[tuple[str, City, int]]:
    for line in _CITIES_AS_SAID.strip().splitlines():
        city, _, names = line.partition(":")
        for stars, part in re.findall(r"( \*{1,2} | )([^*]+?)(?= \*|$)", names):
            for name in _named(part):
                yield name, (city[:2], city[3:]), stars.count("*")


# Countries by what they are called every day: anywhere in a text, and as the whole of one.
COUNTRIES_IN_TEXTS, COUNTRIES_ALONE = _as_said()
# What cities are called every day, with the city and the number of stars behind which it stands above.
CITIES_AS_SAID: Final = tuple(_cities_as_said())
THERE: Final = phrases_of(_THERE)
FROM: Final = phrases_of(_FROM)
BEHIND: Final = phrases_of(_BEHIND)
PHRASES: Final = THERE | FROM | BEHIND


@lru_cache(maxsize=2048)
def lemmas(word: str) -> tuple[str, ...]:
    """How a word may be written in a gazetteer, if it is a name in another case or with a preposition written on to it.

    Args:
        word: folded.
    """
    if _CYRILLIC.fullmatch(word):
        found = [
            word[: -len(ending)] + other
            for ending, others in _ENDINGS.items()
            if word.endswith(ending) and len(word) - len(ending) >= (_STEM if len(ending) < 3 else _STEM_OF_LONG)
            for other in others
        ]
        found += ["ріг"] if word in ("розі", "рогу", "рогом") else []
        return tuple(dict.fromkeys(found))
    if _ARABIC.fullmatch(word):
        return tuple(dict.fromkeys(_without_article(word)))
    return (word[:-4],) if word.endswith("ului") and len(word) > 8 else ()


def _without_article(word: str) -> Iterator[str]:
    yield word[2:] if word.startswith("ال") and len(word) > 5 else f"ال{word}"


@lru_cache(maxsize=2048)
def attached(word: str) -> tuple[str, ...]:
    """What is left of an Arabic word without the preposition that may be written on to it, with and without article."""
    found: list[str] = []
    if _ARABIC.fullmatch(word):
        for clitic in _CLITICS:
            rest = word[len(clitic) :]
            if word.startswith(clitic) and len(rest) >= _STEM:
                found += [f"ال{rest}", rest] if clitic in _WITH_ARTICLE else [rest]
    return tuple(dict.fromkeys(found))


def forms(words: list[str]) -> Iterator[tuple[str, bool]]:
    """Other ways in which a gazetteer may write a name of one or more words, and whether a preposition was taken from it."""
    if words[0] and _CYRILLIC.match(words[0]):
        every = product(*((word, *lemmas(word)) for word in words))
        for form in islice(every, 1, _MOST_FORMS * len(words)):
            yield " ".join(form), False
        return
    for first in lemmas(words[0]):
        yield " ".join([first, *words[1:]]), False
    for first in attached(words[0]):
        yield " ".join([first, *words[1:]]), True
