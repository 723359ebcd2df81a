"""Hospitals, schools and employers in English text: capitals that end with what it is."""

from __future__ import annotations

from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import Pattern, Recogniser, by_patterns, with_english
from suwen.language.identifiers.spans import IdentifierType

_WORD = r"\p{Lu}[\p{L}'&.-]*"
_PARTNER = r"\p{Lu}[\p{L}'-]*"
_KIND = (
    "(?:Hospital|Clinic|Infirmary|Hospice|Medical (?:Center|Centre)|"
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


def _named(wording: str) -> float | None:
    return None if wording in _GENERIC else 0.7


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
                rf"(?:{_WORD}(?: (?:and|of|the|for|&|de|St\.) | |, )){{1,5}}{_KIND}(?: "
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
                "(?:work(?:s|ed|ing)? (?:for|at)|employed (?:by|at)|employee of|"
                f"CEO of|year at) ({_WORD}(?: {_WORD}){{1,3}})"
            ),
            0.55,
            1,
        ),
        needs=with_english,
    ),
)
