"""Numbers beside a place or an unknown proper name in English text: house, flat, postal code."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from suwen.language.identifiers.scanning import compiled_pattern
from suwen.language.identifiers.spans import IdentifierSpan

_OF_PLACES = frozenset({"english_name", "english_address", "english_place_cues"})
_FIRST_WORD = compiled_pattern(
    r"(?:^|[^\p{L}])((?:San|Santa|Santo|Los|Las|Port|Fort|Mount|Saint|St\.?|New|El|La|Le|Cape|Lake|North|"
    r"South|East|West|Upper|Lower|Old|Great) )$"
)
_NUMBER = r"\d{1,6}(?:[- ]\d{2,4})?[a-z]?"
_STREET_WORDS = "ul|via|rua|rue|calle|rúa|av|avenue|piazza|c|str|os|sokak|the corner of"
_BEFORE = compiled_pattern(
    rf"(?:^|[\s,>:(])((?:\d{{1,6}}[a-z]?[ ,\n]{{1,3}}){{1,2}}(?:(?:{_STREET_WORDS})\.? )?)$", True
)
_BEHIND = compiled_pattern(
    rf"^((?:[ ,\n>-]{{1,3}}(?:nan|[A-Z]{{2}}|{_NUMBER}))*[ ,\n>-]{{1,3}}{_NUMBER})(?:[\s,.;?!)]|$)"
)
_CODE_BEHIND = compiled_pattern(r"^( \d{3,5}(?:-\d{3}| \d{2})?)(?: in| and|[,.;\n]|$)")
_STREET_BEHIND = compiled_pattern(
    r"^ (?:street|road|avenue|lane|square|gardens|falls|springs|parish|county|flats|hollow|heights|creek|"
    r"harbou?r|hills|valley|roundabout|township|village)\b",
    True,
)
_AROUND = 40


def with_house_numbers(text: str, spans: Iterable[IdentifierSpan]) -> tuple[IdentifierSpan, ...]:
    """The findings, those of English places and names with the numbers beside them.

    A number behind is taken only where one stands before too, or a line or sentence ends there.
    """
    grown = []
    for span in spans:
        if span.recogniser in _OF_PLACES:
            start, end = span.start, span.end
            before = _BEFORE.search(text[max(0, start - _AROUND) : start])
            if before is not None:
                start -= len(before.group(1))
            behind = _BEHIND.match(text[end : end + _AROUND])
            if behind is not None and (
                before is not None
                or span.recogniser == "english_address"
                or text[end + len(behind.group(1)) :][:1] not in (" ", ".")
            ):
                end += len(behind.group(1))
            elif text[max(0, start - 4) : start].lower().endswith(" in "):
                code = _CODE_BEHIND.match(text[end : end + _AROUND])
                if code is not None and code.group(1)[1:3] not in ("19", "20"):
                    end += len(code.group(1))
            start = _with_first_word(text, start)
            if text.startswith(" ", end) and (
                street := _STREET_BEHIND.match(text[end : end + _AROUND])
            ):
                end += len(street.group())
            if (start, end) != (span.start, span.end):
                span = replace(span, start=start, end=end)
        grown.append(span)
    return tuple(grown)


def _with_first_word(text: str, start: int) -> int:
    """Where a place begins whose first word is an ordinary one: Los, Port, Saint."""
    before = _FIRST_WORD.search(text[max(0, start - 8) : start])
    return start if before is None else start - len(before.group(1))
