"""HL7 v2 messages without the person: by field where the standard says what it is, else by text.

Source: HL7 v2.5, chapters 3 (PID, NK1, PV1), 6 (IN1, GT1) and 7 (OBR, OBX); from memory.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from suwen.control.privacy.masking import DEFAULT_ACTIONS, deidentify
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.core.ports import NameFinder
from suwen.language.identifiers import IdentifierType, find_identifiers

_NAME, _ADDRESS, _PHONE = IdentifierType.NAME, IdentifierType.ADDRESS, IdentifierType.PHONE
_NUMBER, _ID = IdentifierType.MEDICAL_RECORD_NUMBER, IdentifierType.ID_NUMBER
_INSURANCE, _OTHER = IdentifierType.INSURANCE_NUMBER, IdentifierType.OTHER

_FIELDS: Final[Mapping[str, Mapping[int, IdentifierType]]] = {
    "PID": {
        2: _NUMBER, 3: _NUMBER, 4: _NUMBER, 5: _NAME, 6: _NAME, 9: _NAME, 11: _ADDRESS,
        12: _ADDRESS, 13: _PHONE, 14: _PHONE, 18: _NUMBER, 19: _ID, 20: _ID, 21: _NUMBER,
        23: _ADDRESS,
    },
    "NK1": {2: _NAME, 4: _ADDRESS, 5: _PHONE, 6: _PHONE, 30: _NAME, 31: _PHONE, 32: _ADDRESS,
            33: _ID, 37: _ID},
    "PV1": {5: _NUMBER, 7: _NAME, 8: _NAME, 9: _NAME, 17: _NAME, 19: _NUMBER, 50: _NUMBER,
            52: _NAME},
    "GT1": {2: _NUMBER, 3: _NAME, 4: _NAME, 5: _ADDRESS, 6: _PHONE, 7: _PHONE, 12: _ID},
    "IN1": {2: _INSURANCE, 8: _INSURANCE, 16: _NAME, 19: _ADDRESS, 36: _INSURANCE, 49: _INSURANCE},
    "OBR": {2: _OTHER, 3: _OTHER, 10: _NAME, 16: _NAME, 17: _PHONE, 28: _NAME, 32: _NAME, 33: _NAME,
            34: _NAME, 35: _NAME},
    "ORC": {2: _OTHER, 3: _OTHER, 10: _NAME, 11: _NAME, 12: _NAME, 14: _PHONE, 19: _NAME,
            22: _ADDRESS, 23: _PHONE, 24: _ADDRESS},
    "OBX": {16: _NAME, 25: _NAME},
    "MRG": {1: _NUMBER, 2: _NUMBER, 3: _NUMBER, 4: _NUMBER, 7: _NAME},
    "ACC": {11: _ADDRESS},
    "EVN": {5: _NAME},
    "TXA": {5: _NAME, 9: _NAME, 10: _NAME, 11: _NAME, 12: _OTHER, 22: _NAME},
}  # fmt: skip
_TIME: Final = re.compile(r"((?:18|19|20)\d{6})(\d{0,6}(?:\.\d{1,4})?(?:[+-]\d{4})?)")
_KEPT_SEGMENTS: Final = frozenset({"MSA", "ERR", "BHS", "FHS", "BTS", "FTS"})
_HEADER_KEPT: Final = frozenset({1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 15, 16, 17, 18, 19})
_CODED: Final = re.compile(r"[A-Z0-9_-]{0,5}|[\d.]{1,12}")


def deidentified_message(
    message: str,
    surrogates: SurrogateMap,
    *,
    known_names: Sequence[str] = (),
    names: NameFinder | None = None,
) -> str:
    """A message with surrogates in place of identifiers and times moved; its form is unchanged.

    Segments of a site's own (Z…) are left out: nobody knows what stands in them.

    Args:
        message: with any ends of segments; answers with CR.
        known_names: names of the encounter, besides the patient's.
    """
    segments = [line for line in re.split(r"\r\n|\r|\n", message) if line]
    marks = segments[0][3:8] if segments and segments[0].startswith("MSH") else "|^~\\&"
    field_mark = marks[0]
    stated = (*known_names, *_stated_names(segments, marks))
    done = []
    for segment in segments:
        name, *fields = segment.split(field_mark)
        if name.startswith("Z"):
            continue
        # In a header the separator itself is the first field.
        first = 2 if name == "MSH" else 1
        treated = [
            _field(name, number, content, marks, surrogates, stated, names)
            for number, content in enumerate(fields, start=first)
        ]
        done.append(field_mark.join([name, *treated]))
    return "\r".join(done) + ("\r" if done else "")


def _stated_names(segments: Sequence[str], marks: str) -> tuple[str, ...]:
    found: list[str] = []
    for segment in segments:
        name, *fields = segment.split(marks[0])
        for number, kind in _FIELDS.get(name, {}).items():
            if kind is _NAME and number <= len(fields):
                for person in fields[number - 1].split(marks[2]):
                    found.extend(part for part in person.split(marks[1]) if _is_wording(part))
    return tuple(found)


def _is_wording(part: str) -> bool:
    return len(part) > 1 and not any(c.isdigit() for c in part) and not _CODED.fullmatch(part)


def _field(  # noqa: PLR0913 - a field, where it stands, and what treats it
    segment: str,
    number: int,
    content: str,
    marks: str,
    surrogates: SurrogateMap,
    known: Sequence[str],
    names: NameFinder | None,
) -> str:
    if not content or (segment == "MSH" and number in _HEADER_KEPT) or segment in _KEPT_SEGMENTS:
        return _moved(content, surrogates) if segment in _KEPT_SEGMENTS else content
    kind = _FIELDS.get(segment, {}).get(number)
    pieces = re.split(f"([{re.escape(marks[1:3] + marks[4:5])}])", content)
    for place in range(0, len(pieces), 2):
        piece = pieces[place]
        if not piece:
            continue
        if _TIME.fullmatch(piece) and kind is None:
            pieces[place] = _moved(piece, surrogates)
        elif kind is not None and (place == 0 or not _CODED.fullmatch(piece)):
            pieces[place] = surrogates.surrogate(kind, piece)
        elif not _CODED.fullmatch(piece):
            spans = find_identifiers(piece, known_names=known, names=names)
            pieces[place] = deidentify(piece, spans, DEFAULT_ACTIONS, surrogates)[0]
    return "".join(pieces)


def _moved(content: str, surrogates: SurrogateMap) -> str:
    """Times in a field moved by the patient's days; the time of day stays."""
    return _TIME.sub(
        lambda m: surrogates.surrogate(IdentifierType.DATE, m.group(1)) + m.group(2), content
    )
