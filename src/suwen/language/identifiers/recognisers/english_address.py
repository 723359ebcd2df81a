"""Addresses in English text: street and number, flats and suites, boxes, and what follows them."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    SoughtPattern,
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
    rf"(?:(?:,? |,)(?:{_UNIT}|\d{{3,10}}(?:-\d{{3,4}})?|[A-Z][A-Z]"
    r"\b|\p{Lu}[\p{L}'-]+(?: (?:\p{Lu}|de |di |do |la |and )[\p{L}'-]"
    "*){0,3})){0,8}"
)
_STREET = SoughtPattern(
    (
        rf"(?:\d{{1,6}}[a-z]?(?:[ -]\d{{1,5}})? )?(?:{_WORD} |\d{{1,3}}(?:st|"
        rf"nd|rd|th) ){{1,5}}?{_KIND}(?: \d{{1,5}}[a-z]?\b\.?)?"
    ),
    True,
)
_NUMBERED = SoughtPattern(
    r"\d{1,6}[a-zA-Z]? (?:\p{Lu}[\p{L}'.-]* ?|\d{1,3}(?:st|nd|"
    r"rd|th) ){1,5}(?:\d{1,5}\b)?"
)
_NAME_THEN_NUMBER = SoughtPattern(
    (
        r"(?:\p{L}+(?:gata|gatan|stræti|stræde|brücke|straat|strasse|straße|gasse|weg|vej|vegen|"
        "veien|gade|plaats|plein|laan|steenweg|utca|katu|tie|tänav|allee|"
        r"platz|toren|dreef|veld|väg|vägen|stien|backen|str)\b\.?(?: \d{1,5}[a-z]"
        r"?\b)?)"
    ),
    True,
)
_PART = r"(?:(?:de|la|le|les|du|des|del|dei|degli|della|do|dos|das|da|di|van|der|den) |[dl]['’])"
_KIND_FIRST = SoughtPattern(
    (
        r"\b(?:\d{1,6}[a-z]? ){0,2}(?:rue|avenue|boulevard|quai|rua|rúa|calle|c/|ul\.|ulica|avda\.?|"
        r"avenida|ctra\.?|viale|piazza|impasse|chemin|allée|paseo|travessa|largo) "
        rf"{_PART}{{0,3}}\p{{L}}[\p{{L}}'’.-]*(?: {_PART}{{0,2}}\p{{L}}[\p{{L}}'’.-]*){{0,4}}? \d{{1,5}}\b\.?"
    ),
    True,
)
_NUMBER_KIND = SoughtPattern(
    r"\b(?:\d{1,6}[a-z]? ){1,2}(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Qq]uai|[Rr]ua|[Rr]úa|[Cc]alle|[Vv]ia|"
    r"[Uu]lica|[Ii]mpasse|[Cc]hemin|[Aa]llée|[Pp]aseo|[Pp]iazza|[Vv]iale) "
    rf"{_PART}{{0,3}}\p{{Lu}}[\p{{L}}'’.-]*(?: {_PART}{{0,2}}\p{{Lu}}[\p{{L}}'’.-]*){{0,3}}"
)
_KIND_BETWEEN = SoughtPattern(
    r"(?:\b\d{1,6}[a-z]? )?\p{L}[\p{L}'’-]+(?: \p{L}[\p{L}'’-]+){0,2} "
    r"(?:u\.|útja|utca|tér|tere|rkp\.|rakpart|kapu|ulica|krt\.|tee|põik|gate|plads|plass|street) \d{1,5}\b\.?",
    True,
)
_UNITS = SoughtPattern(rf"{_UNIT}", True)
_TAIL = compiled_pattern(rf"^{_AFTER}")
_WORDS = re.compile(r"\S+")
_PARTICLES = word_set("street particles")
_SMALL_KINDS = frozenset(["rue", "via", "calle", "avenida", "rua"])
_ABBREVIATIONS = frozenset(("CT", "ST", "PL"))
"""A scan, a stretch of an ECG, and more; streets are written so only among capitals."""
_NOT_STREET = word_set("never in a street")


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_english:
        return
    text = scanned.text
    yield from _streets(scanned)
    if scanned.has_digit:
        yield from _with_numbers(scanned)
    for start, end in scanned.matches(_NAME_THEN_NUMBER):
        if text[end - 1].isalpha() and "word" in kind_of(fold_latin(text[start:end])):
            continue
        yield start, _extended(text, end), 0.6


def _streets(scanned: ScannedText) -> Iterator[Found]:
    """Words that end with what a street is."""
    text = scanned.text
    for start, end in scanned.matches(_STREET):
        words = text[start:end].split()
        if words[-1].lower() in ("dr", "dr.") and (
            not words[0][0].isdigit() or "and" in words or "." in words[0]
        ):
            continue
        if words[-1] in _ABBREVIATIONS or (len(words) > 1 and words[1].rstrip(".") in _NOT_STREET):
            continue
        if any(
            w[:1].isupper() and w.lower() not in _NOT_STREET for w in words[:-1] if w[0].isalpha()
        ) and (words[0][0].isdigit() or words[-1][0].isupper() or words[-1][0].isdigit()):
            begin = _trimmed(text, start, end)
            if " " in text[begin:end]:
                yield begin, _extended(text, end), 0.75
        elif words[0][0].isdigit() and len(words) >= 3 and not _NOT_STREET.intersection(words):
            yield start, _extended(text, end), 0.6


def _with_numbers(scanned: ScannedText) -> Iterator[Found]:
    """Streets of other forms, which need a number, and flats and boxes."""
    text = scanned.text
    for start, end in scanned.matches(_NUMBERED):
        tail = _extended(text, end)
        if (
            tail > end
            and (start == 0 or not text[start - 1].isalnum())
            and any(c.isdigit() for c in text[end:tail])
        ):
            yield start, tail, 0.6
    for pattern in (_KIND_FIRST, _NUMBER_KIND):
        for start, end in scanned.matches(pattern):
            yield start, _extended(text, end), 0.75
    for start, end in scanned.matches(_KIND_BETWEEN):
        begin = _name_begins(text, start, end)
        if begin is not None:
            yield begin, _extended(text, end), 0.65
    for start, end in scanned.matches(_UNITS):
        # "Unit 2 of packed red cells" counts something.
        counts = text.startswith(" of ", end) or _is_in_hospital(text, start, end)
        if not counts and (start == 0 or not text[start - 1].isalnum()):
            yield start, _extended(text, end), 0.7


def _is_in_hospital(text: str, start: int, end: int) -> bool:
    """Whether it is a room or a floor without a street: that says nothing outside the house."""
    word = text[start:end].split(" ", 1)[0].lower().rstrip(".:")
    if word not in ("room", "rm", "floor"):
        return False
    before = text[max(0, start - 2) : start]
    behind = text[end : end + 2]
    return not (before == ", " and text[max(0, start - 3)].isalnum()) and not (
        behind == ", " and text[end + 2 : end + 3].isupper()
    )


def _trimmed(text: str, start: int, end: int) -> int:
    """Where the street begins: behind the last word in small letters that is no part of a name."""
    words = [(m.start(), m.group()) for m in _WORDS.finditer(text, start, end)]
    begin = start
    for number, (_, word) in enumerate(words[:-1]):
        small = word[0].islower() and word.isascii() and word not in _PARTICLES
        if small and word not in _SMALL_KINDS:
            begin = words[number + 1][0]
    while begin < end and text[begin:end].split(" ", 1)[0] in _PARTICLES and " " in text[begin:end]:
        begin = text.index(" ", begin) + 1
    return begin


def _name_begins(text: str, start: int, end: int) -> int | None:
    """Where the name before a short street word begins; ``None`` where ordinary words stand."""
    words = [(m.start(), m.group()) for m in _WORDS.finditer(text, start, end)]
    begin = None
    for at, word in reversed(words[:-2]):
        unusual = word[0].isupper() or word[0].isdigit() or "word" not in kind_of(fold_latin(word))
        if not unusual or "none" in kind_of(fold_latin(word)):
            break
        begin = at
        if word[0].isdigit():
            break
    return (
        begin
        if (begin is not None and not text[begin:end].split()[0].isdigit())
        or (begin is not None and len(text[begin:end].split()) > 3)
        else None
    )


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
