"""Hospitals, schools and employers in English text: capitals that end with what it is."""

# ruff: noqa: E501, SIM905 - a pattern is read as one line; a list would have a line for each word
from __future__ import annotations

from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import Pattern, Recogniser, by_patterns, with_english
from suwen.language.identifiers.spans import IdentifierType

_WORD = r"\p{Lu}[\p{L}'&.-]*"
_PARTNER = r"\p{Lu}[\p{L}'-]*"
_KIND = (
    "(?:Hospital|Clinic|Infirmary|Hospice|(?:Medical|Trauma|Vet|Cancer|Surgery|Surgical|Heart|Eye|Learning|"
    "Wellness|Care|Day|Community|Senior|Youth|Leisure|Sports|Dialysis|Birth|Burn|Stroke|Rehabilitation|Rehab|"
    "Recovery|Treatment|Imaging|Health|Garden|Shopping|Day ?care|Childcare|Nursing|Education|Conference|"
    "Detention|Correctional|Distribution|Call|Early Learning) (?:Center|Centre)|Fertility Unit|Fertility Centre|"
    "Assisted Living|Memory Care|Care Home|Residential Home|Rest Home|Retirement (?:Home|Village|Community)|"
    "Senior Living|Orthop(?:a)?edics|Pediatrics|Paediatrics|Cardiology Associates|Family Practice|Family Medicine|"
    "Dental|Dentistry|Dermatology|Allergy & Asthma|Medical Group|Medical Practice|Health Authority|"
    "Regional|Memorial|Surgery|Practice|NHS Trust|Trust|Elementary|Middle School|High School|Primary|Montessori|"
    "Preschool|Nursery|Kindergarten|Grammar|Stadium|Arena|Casino|Hotel|Inn|Motel|Prison|Correctional Facility|"
    "Shelter|Church|Chapel|Cathedral|Synagogue|Mosque|Temple|Parish Church|Methodist Hall|Village Hall|"
    "Brewery|Bakery|Cannery|Quarry|Foundry|Shipyard|Ranch|Dairy|Farms|Mills|Motors|Trucking|Freight|Logistics|"
    "Plumbing|Roofing|Construction|Builders|Electric|Catering|Couriers?|Co\\b\\.|"
    "Health (?:Center|Centre|System|Services)|Nursing Home|Sanatorium|"
    "Pharmacy|"
    r"University|College|Academy|School|Institute|Seminary|Inc\b\.?|Ltd\b\.?|"
    r"LLC|LLP|PLC|Plc|GmbH|Corp\b\.?|Corporation|Company|Group|Holdings|"
    "Partners|"
    "Associates|Foundation|Bank|Industries|Enterprises|Laboratories|"
    "Labs|Technologies|Systems|Solutions|Networks?|Insurance|Airlines|"
    "Orchestra|Press)"
)
_GENERIC = (
    "The Hospital",
    "The Clinic",
    "The School",
    "The University",
    "The Company",
    "The Group",
    "The Bank",
    "Our Hospital",
    "This Hospital",
)


_OF_HOSPITALS = word_set("words of a hospital") | frozenset(
    "center centre trauma regional memorial family dental orthopedics orthopaedics primary health nursing "
    "community medical the our this and of surgical general surgery clinic practice fertility shelter call "
    "day heart eye cancer stroke burn rehab rehabilitation treatment imaging elementary high middle school "
    "elective emergency major minor open bariatric cardiac vascular robotic laparoscopic plastic thoracic "
    "previous prior abdominal spine spinal breast hip knee cataract bypass jaw hand foot outpatient day-case "
    "inpatient home senior assisted living electric pain back redo local private public university college "
    "no any every last best good standard clinical evidence".split()
)


def _named(wording: str) -> float | None:
    words = fold_latin(wording.replace(",", " ").replace("&", " ")).split()
    return None if wording in _GENERIC or _OF_HOSPITALS.issuperset(words) else 0.7


def _employer(wording: str) -> float | None:
    """What somebody works at: not a unit of the house."""
    words = fold_latin(wording).split()
    return None if _OF_HOSPITALS.intersection(words[-1:]) or words[0] in ("bedtime",) else 0.55


def _school(wording: str) -> float | None:
    """Schools of New York by their number; MS is a disease unless points are written."""
    return 0.6 if wording.startswith(("P.S", "I.S", "M.S", "PS ")) else None


def _partners(wording: str) -> float | None:
    """Names of partners, as firms are called: one sure family name, no word of medicine."""
    kinds = [
        kind_of(fold_latin(name)) for name in wording.replace(",", "").split(" ") if name != "and"
    ]
    sure = any("family" in kind and "none" not in kind for kind in kinds)
    return 0.6 if sure and all("family" in kind or not kind for kind in kinds) else None


RECOGNISER = Recogniser(
    "english_organisation",
    IdentifierType.ORGANISATION,
    by_patterns(
        Pattern(
            (
                rf"(?:{_WORD}(?: (?:and|of|the|for|&|de|St\.) | |, )){{1,5}}{_KIND}(?:,? {_KIND}){{0,2}}(?: "
                f"(?:of|at|for) (?:the )?{_WORD}(?: {_WORD}){{0,3}})?"
            ),
            0.7,
            0,
            check=_named,
        ),
        Pattern(
            (
                "(?:University|College|School|Institute|Bank|Hospital) (?:of|for)"
                f" (?:the )?{_WORD}(?: {_WORD}){{0,3}}"
            ),
            0.7,
        ),
        Pattern(rf"{_PARTNER}, {_PARTNER} and {_PARTNER}", 0.6, check=_partners),
        Pattern(
            (
                "(?:work(?:s|ed|ing)? (?:[a-z]+ ){0,2}(?:for|at)|employed (?:[a-z]+ ){0,3}(?:by|at|with)|"
                "employee of|retired from|deployed (?:at|to)|stationed (?:at|in)|[a-z]+ at|laid off from|"
                f"CEO of|year at) ({_WORD}(?: (?:& |and |of )?{_WORD}){{1,4}})"
            ),
            0.55,
            1,
            check=_employer,
        ),
        Pattern(
            r"((?:Our Lady|Sacred Heart|Holy (?:Cross|Family|Trinity|Name|Spirit)|Mount Sinai|Good Shepherd)(?: of (?:the )?\p{Lu}[\p{L}'-]+(?: \p{Lu}[\p{L}'-]+)?)?)",
            0.65,
        ),
        Pattern(r"\b((?:[Ss]t\.?|[Ss]aint) \p{L}[\p{L}-]+'s)\b", 0.65, 1),
        Pattern(r"\b((?:P\.?S\.?|I\.?S\.?|M\.?S\.?) #?\d{1,3})\b", 0.6, 1, check=_school),
        Pattern(
            rf"\(({_WORD}(?: {_WORD}){{1,3}} High)\)|\b(?:at|attends|from) ({_WORD}(?: {_WORD}){{1,2}} High)\b",
            0.65,
            1,
        ),
        needs=with_english,
    ),
)
