"""What kind of service it is, and whether the police run it: told by words of English, Spanish, French, German and Portuguese."""

from __future__ import annotations

from bot.knowledge.hsds.spelling import any_of, plain

# The first that the words tell. A place to sleep is what it is, whoever it is for.

_KINDS = {
    "shelter": any_of(
        r"shelter|\brefuges?\b|\bsafe ?hous|\bsafe homes?\b|\btransitional (?:hous|living)|\bemergency (?:hous|accommodation|lodging)",
        r"\brefugios?\b|\balbergues?\b|\bcasas? (?:de )?(?:acogida|refugio|abrigo|acolhimento|segura)|\babrigos?\b",
        r"\bfoyers?\b|\bhebergement|\bmaisons? d'accueil|frauenhaus|frauenhauser|schutzwohnung|notunterk|madchenhaus|zufluchts|notschlaf",
    ),
    "trafficking_hotline": any_of(
        r"traffick|\bslavery|\btrata de|\bde trata\b|\btrafico de (?:pessoas|personas|seres)|\btraite (?:des|d'etres|humaine)",
        r"menschenhandel",
        r"\bforced labou?r|\btrabalho escravo|\besclavitud|\besclavage|zwangsprostitution",
    ),
    "online_abuse": any_of(
        r"\brevenge porn|\bintimate images|\bonline (?:abuse|harass|safety)|\bcyber ?(?:bull|stalk|harass|crime|violen|acos)"
    ),
    "missing_child": any_of(r"\bmissing (?:child|person|people|kid)|\brunaways?\b|desaparecid|disparus?|vermisste"),
    "gender_violence": any_of(
        r"\b(?:domestic|family|partner|gender|dating)[ -](?:based )?(?:violence|abuse)|\bviolence against|\bbattered",
        r"\bsexual (?:assault|violence)",
        r"\brape\b|\bescap\w* violence|\bviolencias?\b|\bmaltrat|\bviolences?\b|\bgewalt|frauennotruf|\bagresion(?:es)? sexual",
        r"\bwomen'?s aid",
    ),
    "child_help": any_of(
        r"\bchild ?(?:help|line|abuse|protect|safety)|\bkids? ?help|\bchildren'?s (?:help|line)|\byouth (?:help|line|crisis)",
        r"kinderschutz|kindertelefon",
        r"\bkummertelefon|\benfance en danger|\bproteccion (?:de )?(?:la infancia|menor)|\bprotecao (?:da crianca|de menores)",
        r"\bparent support|\bayuda a ninos",
    ),
    "crisis_line": any_of(
        r"\bsuicid|\bcrisis (?:line|hot|inter|serv|text|support|center|centre)|\bpsychiatric emergenc|\bprevencion del suicid",
        r"\bkrisen|\btelefonseelsorge",
        r"\bsamaritans\b|\bmental health crisis",
    ),
    "victim_fund": any_of(
        r"\bvictims?'? (?:compensation|fund|support|services|assistance)|\bcrime victims?|\bopferhilfe|\baide aux victimes"
    ),
    "labour_rights": any_of(
        r"\b(?:employment|labou?r|workers?'?|wage) (?:rights?|law|standards|theft|relations|board)|\bworkers'? (?:cent|rights)",
        r"\bemployer (?:hot|disput)",
        r"\bunpaid wages|\bderechos laborales|\bdireitos (?:do trabalh|trabalh)|\barbeitsrecht|\bdroit du travail|\bprud'hom|\bsindicat",
    ),
    "legal_aid": any_of(
        r"\blegal|\blaw(?:yer|yers)?\b|\battorney|\bimmigration (?:help|advice|assist|clinic)|\bpro bono|\bbar association",
        r"\bself-help desk|\bcourt",
        r"\babogad|\badvogad|\bjuridi[cq]|\bavocats?\b|\brechts(?:hilfe|berat|anw)|\bbankruptcy|\beviction|\bforeclosure",
        r"\b(?:criminal|civil|administrative) (?:records|rights|hearings)|\borders? of protection|\badvice desk|\bhelp desk",
    ),
    "medical": any_of(
        r"\bmedical|\bclinics?\b|\bhealth(?! education)|\bhospital|\bdent(?:al|ist)|\bprenatal|\bhiv\b|\bdoctors?\b|\bnurs(?:e|ing)",
        r"\bpharmac",
        r"\bsalud|\bsaude|\bsante\b|\bgesundheit|\barzt|\bkrankenhaus|\bvaccin|\bimmunization|\bsubstance (?:abuse|use)|\brehab",
    ),
    "food": any_of(
        r"\bfood|\bmeals?\b|\bnutrition|\bgrocer|\bpantry|\bcalfresh|\bsoup kitchen|\bcomidas?\b|\balimentos?\b|\bcantinas?\b|\brepas\b",
        r"\bbanque alimentaire|\btafel\b|\blebensmittel|\bwic\b",
    ),
    "counselling": any_of(
        r"\bcounsel|\btherap|\bmental health|\bsupport groups?|\bpeer support|\bconsejeria|\bpsicolog|\bpsycholog|\bberatung",
        r"\bapoio emocional",
    ),
    "employment": any_of(
        r"\bemployment|\bjobs?\b|\bcareers?\b|\bvocational|\bjob training|\bempleo|\bemprego|\bemplois?\b|\barbeitsvermittlung|\bjobcenter"
    ),
    "housing": any_of(
        r"\bhousing|\brent(?:al|ers|ers')?\b|\btenants?|\bhomeless|\bvivienda|\bmoradia|\bhabitacao|\blogements?\b|\bwohnung",
        r"\bwohnen|\bobdach",
    ),
}
KINDS = (*_KINDS, "international", "other")  # the last two are never told by words: who helps from abroad, and the rest


def kind_told_by(*texts: str) -> str | None:
    """The kind of service that texts tell, the more telling text first; None where none does."""
    for text in texts:
        words = plain(text)
        for kind, pattern in _KINDS.items():
            if words and pattern.search(words):
                return kind
    return None


_POLICE = any_of(
    r"\bpolice\b|\bsheriff|\bpolicia\b|\bpolizei|\bgendarmerie|\bguardia civil|\bcarabinier|\blaw enforcement|\bdistrict attorney|\bfbi\b",
    r"\bhomeland security|\bborder (?:force|patrol|protection)|\bcustoms enforcement|\bimmigration enforcement|\bfiscalia",
    r"\bbundeskriminalamt|\bice tip",
)


def is_run_by_police(*names: str) -> bool:
    """Whether a name of a service or organization is that of police, prosecutors or border authorities."""
    return any(_POLICE.search(plain(name)) for name in names)
