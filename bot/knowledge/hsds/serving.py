"""Who is served, when and at what cost, told by the words of the source; the results are words of ours, which can hold no address."""

from __future__ import annotations

import re

from bot.knowledge.hsds.spelling import any_of, plain

_AUDIENCES = {
    "children": any_of(
        r"\bchild|\bkids?\b|\bminors?\b|\byouth|\bteens?\b|\badolescen|\bnin[oa]s\b|\bmenores\b|\benfants?\b|\bmineurs?\b|\bkinder",
        r"\bjugend|\bcrianc",
    ),
    "women": any_of(r"\bwom[ae]n|\bfemales?\b|\bgirls?\b|\bmothers?\b|\bmujer|\bfemmes?\b|\bfrauen?\b|\bmulher"),
    "men": any_of(r"\bm[ae]n\b|\bmales?\b|\bboys\b|\bfathers?\b|\bhombres?\b|\bvarones\b|\bhommes?\b|\bmanner\b|\bhomens?\b"),
    "trans": any_of(r"\btrans(?!port|lat|it|fer|i|ac|pl)|\blgbt|\bnon-?binary|\bgender divers"),
    "adults": any_of(r"(?<!older )\badults?\b|\bparents?\b|\badult[oa]s\b|\badultes\b|\berwachsene"),
    "elderly": any_of(r"\bseniors?\b|\bolder adults?|\belder|\bage (?:5[05]|6[025]) (?:or|and) (?:over|older)|\bpersonas mayores|\bidosos"),
    "veterans": any_of(r"\bveterans?\b|\bservice members?"),
    "families": any_of(r"\bfamil"),
}
# The words themselves: a field that is a list of them and nothing else means just these.
AUDIENCES = (*_AUDIENCES, "anyone", "young", "migrants", "workers", "native", "lgbtq", "disabled")
_ANYONE = any_of(
    r"\banyone|\beveryone|\bgeneral public|\ball (?:people|persons|residents|genders)|\bno restrictions|^none\.?$|\bopen to all",
    r"\bto everyone",
)
_ONLY_WITH_PAPERS = any_of(
    r"\b(?:u\.?s\.? )?citizens?(?:hip)? (?:only|required|or)|\bproof of (?:citizenship|legal|immigration)",
    r"\bmust be (?:a )?(?:u\.?s\.? )?(?:citizen|legal)",
    r"\blegal (?:resident|residen\w+|status) (?:required|only)|\blawful(?:ly)? presen",
)
_ALSO_WITHOUT_PAPERS = any_of(
    r"\bregardless of (?:\w+ ){0,3}(?:immigration|status|papers|documents)|\bundocumented|\bany immigration status",
    r"\bwithout (?:papers|documents|legal status)",
    r"\bsin papeles|\bindocumentad|\bsans[ -]papiers|\bohne papiere|\bsem (?:papeis|documentos)|\bno documents? (?:needed|required)",
)


def audience_told_by(*texts: str) -> tuple[str, ...]:
    """Who is served, by the words of texts: ``anyone``, or ``children``, ``women`` and the like; empty where they do not tell."""
    said = [word.strip() for text in texts if text for word in text.split(",")]
    if said and all(word in AUDIENCES for word in said):
        return tuple(dict.fromkeys(said))
    words = " ; ".join(filter(None, map(plain, texts)))
    found = tuple(who for who, pattern in _AUDIENCES.items() if pattern.search(words))
    return found or (("anyone",) if any(_ANYONE.search(plain(text)) for text in texts if text) else ())


def without_papers_told_by(*texts: str) -> bool | None:
    """Whether people without papers are served, by the words of texts; None where they do not tell."""
    words = " ; ".join(map(plain, texts))
    if _ALSO_WITHOUT_PAPERS.search(words):
        return True
    return False if _ONLY_WITH_PAPERS.search(words) else None


_ALWAYS = any_of(
    r"\b24 ?/ ?7\b|\b24/24|\b24 ?x ?7|\bround[ -]the[ -]clock|\baround the clock|\bday and night|\brund um die uhr",
    r"\b24[ -]?(?:hours?|hrs?|h)\b(?! (?:notice|advance|before|prior|of|in))|\b24 horas\b|\b24 stunden\b|\b24 heures\b|\b24h/24",
)


def says_always_open(*texts: str) -> bool:
    """Whether a text says that somebody answers round the clock; not that they answer within 24 hours."""
    return any(
        _ALWAYS.search(words) and not re.search(r"\b(?:within|dentro de|sous|innerhalb)\b.{0,10}24", words) for words in map(plain, texts)
    )


_WHOLE_COUNTRY = any_of(
    r"^nationale?s?$|^nacional$|\b(?:nation|country)-?wide\b|\b(?:whole|entire|all of the|throughout the) (?:country|nation)\b",
    r"\b(?:nivel|ambito|territorio|cobertura) nacional\b|\btodo (?:el|o) pais\b|\b(?:niveau|territoire) national\b",
    r"\btoute la france\b|\bfrance entiere\b|\b(?:bundes|deutschland)weit|\bganz deutschland\b",
)
_NATIONAL_LINE = any_of(
    r"\bnational\b[^;]{0,60}\b(?:hot|help|life|text|crisis|support|info)[ -]?lines?\b|\bnation-?wide\b[^;]{0,60}lines?\b",
    r"\b(?:linea|telefono|linha|telefone|numero|disque) (?:\w+ )?(?:nacional|national)\b|\b(?:ligne|numero) (?:\w+ )?nationale?\b",
    r"\b(?:bundesweit\w*|nationale[sr]?) [^;]{0,40}(?:telefon|hotline|notruf)",
)


def names_whole_country(area: str) -> bool:
    """Whether the name of an area says that it is all of a country, whichever: "nationwide"."""
    return bool(_WHOLE_COUNTRY.search(plain(area)))


def says_national_line(*texts: str) -> bool:
    """Whether a text is the name of a line for a whole country: "National ... Hotline"; not that of a national office or league."""
    return any(_NATIONAL_LINE.search(plain(text)) for text in texts)


_FREE = any_of(
    r"\bfree\b(?! from)|\bno (?:cost|charge|fees?)\b|^none\b|\bat no cost|\bgratis\b|\bgratuit|\bkostenlos|\bkostenfrei|\bsin costo",
    r"\bsem custo|^0(?:\.0+)?$",
)
_PAID = any_of(
    r"\bsliding|\bflat fee|\bfees? (?:of|appl|var|charg)|\bcharge (?:of|a )|[$£€] ?[1-9]|\bco-?pay|\bcopago|\bpartial", r"\bnot free"
)


def free_told_by(*texts: str) -> bool | None:
    """Whether a service costs nothing, by the words of texts about its fees; None where they do not tell."""
    words = [plain(text) for text in texts if text]
    if any(_PAID.search(text) for text in words):
        return False
    return True if any(_FREE.search(text) for text in words) else None
