"""That a place must not be known, and that a text names a street: told by words of English, Spanish, French, German and Portuguese.

Where a word may or may not mean a hidden place, it is taken to mean one.
"""

from __future__ import annotations

from functools import lru_cache

from bot.knowledge.hsds.spelling import any_of, plain

# That a place must not be known

_SAID_TO_BE_HIDDEN = (
    # English
    r"confidential|confidencia|confidentiel",  # and Spanish, Portuguese, French, in all their forms
    r"undisclosed|\bnot (?:be )?(?:publicly )?(?:disclos|publish|list|public|shar|given out|made public|releas|reveal|advertis)",
    r"non-?disclos|withheld|\bunlisted|\bunpublished|\bsecrets?\b|\bhidden\b|\bclandestin",
    r"\b(?:private|protected|restricted|secure|safe) (?:location|address|site)|\baddress (?:is |will be )?(?:protected|restricted|private)",
    r"\b(?:address|location|directions?) (?:\w+ ){0,3}(?:on|upon|by|after) (?:request|intake|referral|screening|contact)",
    r"\bdo not (?:give|share|publish|disclose|list|print)|\bnot for (?:public|publication)",
    # Spanish
    r"\bno (?:se )?(?:debe )?(?:divulg|public|revel|difund)|\bsecret[oa]s?\b|\bsin (?:publicar|divulgar)",
    r"\b(?:direccion|ubicacion|domicilio|lugar) (?:\w+ ){0,3}(?:reservad|ocult|protegid|privad)",
    # French
    r"\bnon (?:divulgue|communique|publie|rendue publique)|\bsecretes?\b",
    r"\b(?:adresse|lieu) (?:\w+ ){0,3}(?:secr|protege|gardee|cachee|tenue)",
    # German
    r"vertraulich|geheim|\bverdeckt|\banonyme?[rnms]? (?:adresse|ort|unterkunft|unterbringung|wohnung)",
    r"\bnicht (?:\w+ )?(?:offentlich|veroffentlicht|bekannt)|\badresse (?:\w+ ){0,3}(?:geschutzt|gesperrt|auf anfrage|nicht)",
    # Portuguese
    r"\bsigilos|\bsigilo\b|\bnao (?:e |sera )?(?:divulg|public|revel)|\bendereco (?:\w+ ){0,3}(?:reservad|ocult|protegid)",
)
_KINDS_THAT_HIDE = (
    # English
    r"shelter|\brefuges?\b|\bsanctuar|\bhavens?\b|\bsafe[ -]?(?:hous|home|haven|place|accommodation|bed|dwelling)|\bwomen'?s'? aid",
    r"\bdomestic (?:violence|abuse|assault)",
    r"\b(?:family|partner|gender|sexual|dating|interpersonal|relationship)[ -](?:based )?(?:violence|abuse)",
    r"\bviolence against|\bbattered|\babused|\babusive|\bescap\w* (?:violence|abuse)|\bhonou?r[ -]based|\bstalking|\bdv\b|\bipv\b|\bgbv\b",
    r"traffick|\bslavery|\bforced (?:labou?r|marriage|prostitution|servitude)|\bsex(?:ual(?:ly)?)? (?:assault|exploit|abus)",
    r"\brape\b|\bsurvivors?\b",
    r"\btransitional (?:hous|living|home)|\bemergency (?:hous|accommodation|lodging|bed)|\bcrisis (?:hous|accommodation|bed)|\brunaways?\b",
    # Spanish
    r"\brefugios?\b|\balbergues?\b|\bacogid[ao]|\bacogimiento|\bcasas? (?:refugio|segura|de emergencia|de transito|puente)",
    r"\bhogar(?:es)? (?:de )?(?:transito|refugio|protegido|protector)|\bpisos? (?:tutelado|protegido)",
    r"\bviolencias? (?:\w+ )?(?:domestica|de genero|machista|intrafamiliar|familiar|contra|sexual|de pareja|vicaria|basada)",
    r"\bmaltrat|\bmalos tratos|\bagresion(?:es)? sexual|\btrata de (?:personas|seres|mujeres|blancas|menores|nin)",
    r"\b(?:contra la|de) trata\b",
    r"\btrafico de (?:personas|seres|mujeres)|\bexplotacion (?:sexual|laboral)|\besclavitud|\bsobrevivientes?|\bsupervivientes?",
    # French
    r"\bfoyers?\b|\bhebergement|\babris?\b|\bmaisons? (?:d'accueil|des femmes|d'hebergement)|\bcentres? d'accueil|\baccueil d'urgence",
    r"\blogements? (?:d'urgence|protege|securise)",
    r"\bviolences? (?:\w+ )?(?:conjugal|domestiqu|familial|sexuel|sexist|intrafamilial|faite|envers|bas)",
    r"\bfemmes? (?:battue|victime)|\btraite (?:des|d'etres|humaine|de personnes)|\besclavage|\bproxenet|\bexploitation sexuelle",
    r"\bmariages? force|\bviols?\b|\bsurvivante?s?\b|\bmaltraitance",
    # German
    r"frauenhaus|frauenhauser|schutzhaus|schutzwohnung|schutzunterk|schutzeinrichtung|zuflucht|notunterk|notschlaf|notwohnung|madchenhaus",
    r"frauenschutz|mannerschutz|gewaltschutz|frauennotruf|\bha(?:u|eu)slich\w* gewalt|\bgewalt gegen|\bgewaltbetroffen|gewaltopfer",
    r"\bsexuell\w* gewalt|sexualisiert|menschenhandel|zwangsprostitution|zwangsheirat|zwangsarbeit|obdach|missbrauch|misshandel",
    r"partnerschaftsgewalt",
    # Portuguese
    r"\babrigos?\b|\bacolhi(?:mento|da)|\bcasas? (?:abrigo|de passagem|segura|da mulher)",
    r"\bmulher(?:es)? (?:vitima|agredida|em situacao)|\btrafico (?:de (?:pessoas|seres|mulheres)|humano)|\btrabalho (?:escravo|forcado)",
    r"\bescravidao|\bescravatura|\bexploracao sexual|\bsobreviventes?|\bmaus[ -]tratos",
)
_HIDDEN = any_of(*_SAID_TO_BE_HIDDEN, *_KINDS_THAT_HIDE)


@lru_cache(maxsize=2**15)  # rows of hours and areas say the same thousands of times
def tells_of_hidden_place(text: str) -> bool:
    """Whether a text says that a place is confidential, or is about a service whose place must be: shelter, violence, trafficking."""
    return bool(_HIDDEN.search(plain(text)))


# That a text names a street

_STREET = (
    r"street|avenue|ave|road|rd|lane|ln|drive|boulevard|blvd|court|terrace|highway|hwy|crescent|square|alley|parkway|pkwy|mews|turnpike"
    r"|broadway|embankment|strand|strasse|gasse|platz|weg|allee|ring|damm|ufer|chaussee"
)
_ADDRESS = any_of(
    rf"\b\w+[ -](?:{_STREET})\b",
    r"\w{3,}(?:strasse|gasse|platz|weg|allee|damm|ufer|str\.)(?=\W|$|\d)",
    r"\b\d+[a-z]?,? (?:\w+ ){1,4}(?:st|dr|ct|pl|way|place|close|row|circle|walk|gardens|hill|grove|cir|ter|sq|pike|trail|loop)\b",
    r"\b(?:calle|c/|avenida|avda|av\.|carrera|cra|plaza|paseo|callejon|calzada|carretera|ronda|rua|travessa|praca|alameda|estrada|rodovia)\s?\w",
    r"\b(?:rue|chemin|allee|impasse|quai|ruelle|sentier|cours|route de|place d|via|viale|piazza)\b ?\w",
    r"\bp\.? ?o\.? ?box|\bpostfach|\bapartado|\bboite postale|\bcaixa postal|\bcp \d",
    r"\b(?:suite|apt|apartment|unit|flat|floor|room|piso|bloco|etage) ?#?\d",
    r"\b\d{5}(?:-\d{4})?\b|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\b[a-z]\d[a-z] ?\d[a-z]\d\b",
    r"\bcorner of|\bnext to|\bopposite|\bbehind the|\besquina|\bfrente a|\bjunto a|\bangle de|\ben face d|\becke\b|\bneben de|\bgegenuber",
    r"\b-?\d{1,3}\.\d{3,}",  # coordinates
)


def names_a_street(text: str) -> bool:
    """Whether a text holds what could be a street address, a postcode, coordinates or a way to a place."""
    return bool(_ADDRESS.search(plain(text)))
