"""Places in English text that a word leads up to: lives in, born in, address:, the corner of.

A country alone is none, and neither is an ordinary word or an abbreviation of a ward.
"""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.language.identifiers.countries import country_names
from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
)
from suwen.language.identifiers.spans import IdentifierType

_LONE = SoughtPattern(
    r"\b(?:live[sd]? (?:(?:out|up|down|over|alone) )?(?:in|near|on|at)|living (?:out |alone )?in|(?:cousin|sister|brother|"
    r"parent|mother|father|mom|mum|dad|friend|aunt|uncle|son|daughter|family|place)(?:'?s|s')? (?:place |house )?in|"
    r"back to|drove (?:in )?from|came (?:in )?from|home (?:to|in)|flying (?:in )?from|down in|over in|out in|resid(?:es|ing|ed|ent) (?:in|of|at|on)|grew up in|"
    r"raised in|born in|native of|originally from|moved (?:here )?from|travel(?:l?ing|l?ed|s) to|"
    r"home ?town(?: of| is|:)?|home city(?: of| is|:)?|based in|(?:city|town|village|suburb) of|"
    r"university of|located in|year in|now live in|flew (?:in )?from|"
    r"on holiday in|vacation in|business trip to|office in|place of birth:?|"
    r"birthplace:?|i(?:'m| am) in) ",
    True,
)
_ADDRESS = SoughtPattern(
    r"(?:\baddress(?:es)?(?: of [\w .'&-]{2,40})?(?: is| are|:| to(?: the same:)?|, here (?:it is|they are):"
    r")?|\b(?:sen[dt]|deliver(?:ed)?|ship(?:ped)?|return|taxi|forwarded?|mailed?) (?:it |this |that |a new one )?to|"
    r"\blives (?:at|on)|\bliving (?:at|on)|\bresides (?:at|on)|\boffice is at|\bmeet (?:me|you|us)(?: \w+day)? at|\bside of|"
    r"\benter on|\b(?:arrived|located|situated|stay(?:ing|s)?) (?:at|on)|\bbilling address with|\bnow live in)[ \t]{1,10}",
    True,
)
_CORNER = SoughtPattern(r"\b(?:the )?corner of ([^,;:!?]{3,80})", True)
_TWO_STREETS = SoughtPattern(
    r"\b(?:[Cc]orner of )?((?:\d{1,3}(?:st|nd|rd|th)|\p{Lu}[\p{L}'-]+)(?: (?:St|Ave|Rd|Blvd|Street|Avenue|Road)\.?)? "
    r"(?:&|@|/) (?:\d{1,3}(?:st|nd|rd|th)|\p{Lu}[\p{L}'-]+)(?: (?:St|Ave|Rd|Blvd|Street|Avenue|Road)\b\.?))|"
    r"\b([Cc]orner of (?:\d{1,3}(?:st|nd|rd|th)|\p{Lu}[\p{L}'-]+)(?: St| Ave| Rd)? (?:&|@|and) (?:\d{1,3}(?:st|nd|rd|th)|\p{Lu}[\p{L}'-]+)(?: St| Ave| Rd)?)"
)
_LOT = SoughtPattern(
    r"\b([Ll]ot \d{1,4}[A-Za-z]?, (?:\p{Lu}[\p{L}'-]* ?){2,5}|"
    r"(?:[Tt]railer|[Ss]pace|[Ss]ite|[Pp]itch|[Cc]aravan) \d{1,4}[A-Za-z]?, (?:\p{Lu}[\p{L}'-]* ?){2,5})"
)
_PLACE_WORD = (
    "Falls|Springs|Parish|County|Flats|Hollow|Heights|Creek|Harbou?r|Hills|Valley|Point|Beach|Grove|Ridge|"
    "Roundabout|roundabout|Estate|Island|Junction|Crossing|Landing|Village|Township|Borough|Quay|Common|"
    "Moor|Dale|Bridge|Mills|Corner|Corners|Gardens|Station|Rapids|Shores?|Meadows|Woods|Glen|Bluffs?|Pines|"
    "Oaks|Park|Lake|Lakes|Cove|Fork|Forks|Gap|Summit|Terrace|Green|Cross|Wells|Haven|Airport|Mall|Plaza"
)
_NAMED_PLACE = SoughtPattern(
    rf"(?:\b(?:in|to|from|near|at|outside|towards?|around|via|of|off) )((?:(?:the |St\.? )?\p{{Lu}}[\p{{L}}'-]+ )"
    rf"{{1,3}}(?:{_PLACE_WORD})\b)"
)
_FRENCH_PLACE = SoughtPattern(
    r"(?:\b(?:in|to|from|near|at|outside) )(\p{Lu}[\p{L}'-]+(?:[ -](?:du|de la|de|des|sur|sous|le|la|on|upon|under|by|le)[ -])"
    r"(?:the )?\p{Lu}[\p{L}'-]+)"
)
_WARDS = word_set("words of a hospital")
_FORCES = SoughtPattern(
    r"\b(?:(?:uss|usns|usnv|uscgc|hms|rfa|cmr|psc|unit)\b[^\n,;]{1,40}[\n, ]{1,3})?(?:fpo|apo|dpo),? "
    r"a[aep],? \d{5}(?:-\d{4})?\b",
    True,
)
_TOKEN = re.compile(r"\d+(?:-\d+)*[a-z]?\.?|[^\W\d_]+(?:[\u0300-\u036f'’.-]+[^\W\d_]+)*\.?")
_PARTICLES = word_set("place particles")
_STOPS = word_set("never in a place")
_BEHIND_NAME = word_set("behind a place")
_MOST = 6


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_english:
        return
    text = scanned.text
    for _, at in scanned.matches(_LONE):
        end = _place(text, at)
        if end is not None:
            yield at, end, 0.65
    for start, end in scanned.matches(_FORCES):
        yield start, end, 0.9
    for pattern in (_NAMED_PLACE, _FRENCH_PLACE):
        for start, end in scanned.matches(pattern, 1):
            if not _WARDS.intersection(fold_latin(text[start:end]).split()):
                yield start, end, 0.6
    for pattern, group in ((_TWO_STREETS, 1), (_TWO_STREETS, 2), (_LOT, 1)):
        for start, end in scanned.matches(pattern, group):
            yield start, start + len(text[start:end].rstrip(" ,")), 0.65
    if "corner" in text.lower():
        for start, end in scanned.matches(_CORNER):
            stop = _corner(text, start, end)
            if stop is not None:
                yield start, stop, 0.7
    if scanned.has_digit:
        for _, at in scanned.matches(_ADDRESS):
            end = _numbered(text, at)
            if end is not None:
                yield at, end, 0.7


def _place(text: str, at: int) -> int | None:
    """Where a lone place ends that begins here; ``None`` when none does."""
    lower = not any(c.isupper() for c in text[max(0, at - 40) : at + 40])
    words: list[str] = []
    end, certain = at, False
    for match in _TOKEN.finditer(text, at, at + 60):
        gap = text[end : match.start()]
        word = match.group()
        folded = fold_latin(word.rstrip("."))
        if gap not in ("", " ", "-") or not word[0].isalpha() or len(words) >= _MOST:
            break
        small = word[0].islower()
        if small and folded not in _PARTICLES and (not lower or folded in _STOPS):
            break
        kind = kind_of(folded)
        if lower and "word" in kind and folded not in _PARTICLES and folded not in _BEHIND_NAME:
            break
        words.append(folded)
        end = match.end() - word.endswith(".")
        if folded in _PARTICLES:
            continue
        abbreviation = word.isupper() and len(word) <= 4
        certain |= bool(
            (not abbreviation and "word" not in kind and "none" not in kind)
            or (
                not small and not abbreviation and {"given", "family"} & kind and "none" not in kind
            )
            or (folded in _BEHIND_NAME and len(words) > 1)
        )
        if word.endswith("."):
            break
    while words and words[-1] in _PARTICLES:
        words.pop()
        end = text.rfind(" ", at, end)
    if not words or " ".join(words) in country_names() or not certain:
        return None
    return end


def _corner(text: str, start: int, end: int) -> int | None:
    """Where the second of two streets ends."""
    words = list(_TOKEN.finditer(text, start, end))
    joined = next((n for n, m in enumerate(words) if m.group().lower() == "and"), None)
    if joined is None or joined == 0:
        return None
    stop = None
    for match in words[joined + 1 : joined + 5]:
        folded = fold_latin(match.group().rstrip("."))
        if folded in _STOPS:
            break
        stop = match.end() - match.group().endswith(".")
        if match.group().endswith(".") or "\n" in text[match.end() : match.end() + 1]:
            break
    return stop


def _numbered(text: str, at: int) -> int | None:
    """Where a stretch with a house number ends that begins here; ``None`` when none does."""
    lower = not any(c.isupper() for c in text[max(0, at - 30) : at + 60])
    end, digits, letters = at, False, 0
    last = at
    for match in _TOKEN.finditer(text, at, at + 90):
        gap = text[last : match.start()]
        word = match.group()
        folded = fold_latin(word.rstrip("."))
        if gap not in ("", " ", ", ", "/ ", "/") or (gap == ", " and not digits):
            break
        if word[0].isdigit():
            digits |= len(word.rstrip(".")) <= 6
            end = match.end() - (word.endswith(".") and text[match.end() : match.end() + 1] != " ")
        elif word[0].isupper() or not word.isascii():
            letters += folded not in _PARTICLES
            end = match.end()
        elif lower and folded not in _STOPS:
            letters += "word" not in kind_of(folded)
            end = match.end()
        elif folded not in _PARTICLES and folded not in ("and", "the", "of"):
            break
        last = match.end()
        if word.endswith(".") and len(word) > 4 and word[0].isalpha():
            end -= end == last
            break
    return end if digits and letters else None


RECOGNISER = Recogniser("english_place_cues", IdentifierType.ADDRESS, _find, frozenset({"en"}))
