"""Addresses in English text: street and number, flats and suites, boxes, and what follows them."""

from __future__ import annotations

from collections.abc import Iterator

from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    compiled_pattern,
)
from suwen.language.identifiers.spans import IdentifierType

_WORD = r"[\p{L}][\p{L}'.-]*"
_KIND = (
    "(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|dr|"
    "court|ct|place|pl|square|squares|terrace|way|highway|hwy|parkway|"
    "pkwy|circle|cir|trail|"
    "crescent|close|gardens|row|walk|grove|hill|plaza|alley|mews|quay|"
    "rue|via|calle|avenida|rua|strasse|straße|gasse|weg|allee|platz|"
    "piazza|viale|corso|laan|straat|plein|utca|út|ulica|gatan|gata|vägen|"
    r"vej|gade|veien|tér|krt|sétány)\b\.?"
)
_UNIT = (
    "(?:(?:suite|ste|apt|apartment|unit|room|rm|floor|flat|building|"
    r"bldg|box|psc|po box|p\.o\. box)\.?:? ?#?\d{1,6}[a-z]?)"
)
_AFTER = (
    rf"(?:[ ,\n>?]{{1,6}}(?:{_UNIT}|\d{{3,10}}(?:-\d{{3,4}})?|[A-Z][A-Z]"
    r"\b|\p{Lu}[\p{L}'.-]+(?: (?:\p{Lu}|de |di |do |la |and )[\p{L}'.-]"
    "*){0,3})){0,8}"
)
_STREET = compiled_pattern(
    (
        rf"(?:\d{{1,6}}[a-z]?(?:[ -]\d{{1,5}})? )?(?:{_WORD} |\d{{1,3}}(?:st|"
        rf"nd|rd|th) ){{1,5}}?{_KIND}(?: \d{{1,5}}[a-z]?\b\.?)?"
    ),
    True,
)
_NUMBERED = compiled_pattern(
    r"\d{1,6}[a-zA-Z]? (?:\p{Lu}[\p{L}'.-]* ?|\d{1,3}(?:st|nd|"
    r"rd|th) ){1,5}(?:\d{1,5}\b)?"
)
_NAME_THEN_NUMBER = compiled_pattern(
    (
        r"(?:\p{L}+(?:gata|gatan|straat|strasse|straße|gasse|weg|vej|vegen|"
        "veien|gade|plaats|plein|laan|steenweg|utca|katu|tie|tänav|allee|"
        r"platz|toren|dreef|veld|väg|vägen|stien|backen|str)\b\.?(?: \d{1,5}[a-z]"
        r"?\b)?)"
    ),
    True,
)
_UNITS = compiled_pattern(rf"{_UNIT}", True)
_TAIL = compiled_pattern(rf"^{_AFTER}")
_NOT_STREET = frozenset(
    (
        "years",
        "year",
        "mg",
        "ml",
        "days",
        "day",
        "weeks",
        "months",
        "hours",
        "the",
        "a",
        "an",
        "this",
        "that",
        "by",
        "no",
        "in",
        "was",
        "is",
        "only",
        "long",
        "same",
        "first",
        "second",
        "took",
        "takes",
        "other",
        "another",
        "one",
        "his",
        "her",
        "my",
    )
)


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_latin:
        return
    text = scanned.text
    for start, end in scanned.matches(_STREET):
        words = text[start:end].split()
        if words[-1].lower() in ("dr", "dr.") and not words[0][0].isdigit():
            continue
        if any(
            w[:1].isupper() and w.lower() not in _NOT_STREET for w in words[:-1] if w[0].isalpha()
        ) and (words[0][0].isdigit() or words[-1][0].isupper() or words[-1][0].isdigit()):
            begin = _trimmed(text, start, end)
            yield begin, _extended(text, end), 0.75
        elif words[0][0].isdigit() and len(words) >= 3 and not _NOT_STREET.intersection(words):
            yield start, _extended(text, end), 0.6
    if scanned.has_digit:
        for start, end in scanned.matches(_NUMBERED):
            tail = _extended(text, end)
            if (
                tail > end
                and (start == 0 or not text[start - 1].isalnum())
                and any(c.isdigit() for c in text[end:tail])
            ):
                yield start, tail, 0.6
        for start, end in scanned.matches(_UNITS):
            if start == 0 or not text[start - 1].isalnum():
                yield start, _extended(text, end), 0.7
    for start, end in scanned.matches(_NAME_THEN_NUMBER):
        yield start, _extended(text, end), 0.6


def _trimmed(text: str, start: int, end: int) -> int:
    """Where the street begins: at its number, else at its first capital."""
    at = start
    while at < end and not (text[at].isdigit() or text[at].isupper()):
        space = text.find(" ", at, end)
        if space < 0:
            return start
        at = space + 1
    return at


def _extended(text: str, end: int) -> int:
    """How far flat, town, state and code go on behind a street."""
    tail = text[end : end + 160]
    match = _TAIL.match(tail)
    if match is None or not match.group().strip(" ,\n>?"):
        return end
    said = match.group()
    first = said.split()[0] if said.split() else ""
    joined_by_sentence = (
        "\n" not in said
        and "," not in said
        and first[:1].isalpha()
        and not any(c.isdigit() for c in said)
    )
    return end if joined_by_sentence else end + len(said.rstrip(" ,\n>?"))


RECOGNISER = Recogniser("english_address", IdentifierType.ADDRESS, _find)
