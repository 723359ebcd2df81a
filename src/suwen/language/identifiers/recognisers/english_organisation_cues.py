"""Organisations in English text that their surroundings give away.

Whose office it is, who is an agency, who employs, whom somebody is from, and whose name stands on
the line above an address. Ordinary words alone are none, unless they are written as a name.
"""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_NAME: Final = r"[\p{L}\d][\p{L}\d&.'-]*(?:,? (?:and |of |for )?[\p{L}\d&][\p{L}\d&.'-]*){0,5}"
_LEGAL: Final = (
    r"(?:inc|incorporated|ltd|limited|llc|llp|plc|gmbh|corp|corporation|company|s\.a|pty)\b\.?"
)
# A word of a name; a full stop ends a sentence, unless it follows an initial.
_LEADING: Final = r"(?:\p{L}\.|[\p{L}\d&'-](?:[\p{L}\d&.'-]*[\p{L}\d&'-])?)"
_PATTERNS: Final = tuple(
    (SoughtPattern(expression, any_case), loose)
    for expression, any_case, loose in (
        (rf"\b((?:{_LEADING} ){{0,3}}{_LEADING},? {_LEGAL})", True, False),
        (rf"(?:^|[.!?\n] ?|\b[Tt]he )({_NAME}) office is (?:at|in|on)\b", False, True),
        (r"\b[Aa]ddress of ([\p{L}\d&.' -]{2,50}?) is\b", False, True),
        (
            r"(?:^|[\n.!?,] )((?:\p{Lu}|\d )[\p{L}\d&.'-]*(?: (?:\p{Lu}|and |of |\d)[\p{L}\d&.'-]*){0,4}) "
            r"(?:is (?:an?|the) (?:\w+ ){0,2}(?:agency|company|firm|start-?up|charity|non-?profit|bank|"
            r"insurer|brainchild|501)|(?:employs|hired|announced|acquired|invest(?:s|ed)) )",
            False,
            True,
        ),
        (
            r"\b(?:[Ww]ork(?:s|ed|ing)? (?:for|at)|[Ee]mployed (?:by|at)|[Ss]upport|[Jj]oin(?:ed|ing)?|"
            r"became) "
            r"((?:\p{Lu}|\d )[\p{L}\d&.'-]*(?: (?:\p{Lu}|and |of )[\p{L}\d&.'-]*){0,4}?)"
            r"(?: (?:as|in|invested|became|where|since|until|before|for)\b|'s|[,.;\n]|$)",
            False,
            True,
        ),
        (
            r"\b(?:is|comes|came) from ([\p{L}\d][\p{L}\d&'-]*(?: (?:[\p{L}\d][\p{L}\d&'-]*)){0,2})(?:[.,;\n]|$)",
            False,
            False,
        ),
        (
            r"\b(?:of|from|by|and) ((?:\p{Lu}|\d )[\p{L}\d&.'-]*(?: (?:\p{Lu}|\d)[\p{L}\d&.'-]*){0,4}?)"
            r"(?:'s \p{Lu}| is the (?:CEO|director|head|manager|owner))",
            False,
            True,
        ),
        (
            r"\b((?:[Mm]inistry|[Dd]epartment|[Bb]ureau|[Oo]ffice|[Bb]oard|[Cc]ouncil|[Aa]gency) [Oo]f "
            r"(?:the )?\p{Lu}[\p{L}-]+(?: (?:and )?\p{Lu}[\p{L}-]+){0,3})",
            False,
            False,
        ),
        (
            r"\b(\p{Lu}[\p{L}&'-]+(?: \p{Lu}[\p{L}&'-]+){0,3} (?:Agency|Software|Investments|"
            r"Analytics|Logistics|Consulting|Motors|Pharmaceuticals|Media|"
            r"Ventures|Airways|Railways|Bank|Stores|Bakery|Studios?|Brothers))\b",
            False,
            False,
        ),
    )
)
_ABOVE_ADDRESS: Final = SoughtPattern(
    r"(?:^|\n)[>? ]*([\p{L}\d][\p{L}\d&.,' -]{1,40}?)[ ]?\n\n?[>? ]*(?:\d{1,6}[a-zA-Z]? [\d\p{L}]|[Uu]nit \d|"
    r"[Pp]\.?[Oo]\.? [Bb]ox)"
)
_HOSPITAL_WORDS = word_set("words of a hospital")


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_english:
        return
    text = scanned.text
    for pattern, loose in _PATTERNS:
        for start, end in scanned.matches(pattern, 1):
            if text[start:end].rstrip(".").endswith(("limited", "company")):
                continue
            begin = _first_of_name(text, start, end)
            if begin < end and _is_name(text[begin:end], loose):
                yield begin, end, 0.55
    if scanned.has_digit and "\n" in text:
        for start, end in scanned.matches(_ABOVE_ADDRESS, 1):
            words = fold_latin(text[start:end]).split()
            if not _HOSPITAL_WORDS.intersection(words) or words[1:2] == ["of"]:
                yield start, end, 0.55


_LEADS = word_set("before an organisation")


def _first_of_name(text: str, start: int, end: int) -> int:
    """Where the name begins behind the words that lead up to it."""
    begin = start
    capital = any(word[0].isupper() for word in text[start:end].split()[:-1])
    for match in re.finditer(r"\S+ ?", text[start:end]):
        word = match.group().strip()
        if not (word.lower() in _LEADS or (capital and word[0].islower())):
            break
        begin = start + match.end()
    return begin


def _is_name(wording: str, loose: bool) -> bool:
    """Whether it names somebody: not a ward, not only ordinary words in small letters.

    Args:
        loose: written with a capital is enough.
    """
    words = [w for w in re.findall(r"[^\W_]+", wording) if len(w) > 1]
    folded = [fold_latin(word) for word in words]
    if not words or _HOSPITAL_WORDS.intersection(folded):
        return False
    kinds = [kind_of(word) for word in folded]
    capital = words[0][0].isupper() or words[0][0].isdigit()
    if all("none" in kind for kind in kinds) and not (loose and capital):
        return False
    unusual = any(not {"word", "none", "common"} & kind for kind in kinds)
    return unusual or (capital and (loose or len(words) > 1))


RECOGNISER = Recogniser(
    "english_organisation_cues", IdentifierType.ORGANISATION, _find, frozenset({"en"})
)
