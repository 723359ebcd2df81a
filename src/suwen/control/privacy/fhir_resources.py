"""FHIR resources without the person: by what each element is, and by what its text says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from suwen.control.privacy.masking import DEFAULT_ACTIONS, deidentify
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.core.ports import NameFinder
from suwen.language.identifiers import IdentifierType, find_identifiers

_STRUCTURE: Final = frozenset(
    [
        "resourceType",
        "system",
        "code",
        "unit",
        "use",
        "status",
        "type",
        "mode",
        "contentType",
        "version",
        "intent",
        "priority",
        "class",
        "gender",
        "language",
        "rank",
        "currency",
        "comparator",
        "operation",
        "url",
        "profile",
        "start_code",
        "interpretation",
        "linkId",
        "hash",
        "cluster",
        "severity",
        "criticality",
        "verificationStatus",
        "clinicalStatus",
        "category",
    ]
)
_DATE: Final = re.compile(r"\d{4}-\d{2}(?:-\d{2})?(?:T\d{2}:\d{2}.*)?")
_REFERENCE: Final = re.compile(r"((?:[A-Za-z]+/)|urn:uuid:)([A-Za-z0-9.-]+)(.*)", re.S)
_BY_ELEMENT: Final[Mapping[tuple[str, str], IdentifierType]] = {
    ("name", "text"): IdentifierType.NAME,
    ("name", "family"): IdentifierType.NAME,
    ("name", "given"): IdentifierType.NAME,
    ("identifier", "value"): IdentifierType.MEDICAL_RECORD_NUMBER,
    ("telecom", "value"): IdentifierType.PHONE,
    ("address", "text"): IdentifierType.ADDRESS,
    ("address", "line"): IdentifierType.ADDRESS,
    ("address", "city"): IdentifierType.ADDRESS,
    ("address", "district"): IdentifierType.ADDRESS,
    ("address", "postalCode"): IdentifierType.ADDRESS,
}
_PERSON: Final = re.compile(r"(?:.*/)?(?:Patient|Practitioner|RelatedPerson|Person)/")
_SHORTEST_STATED: Final = 3
_SHORTEST_NUMBER: Final = 6
"""Shorter numbers may be doses or results; a shorter place is found by the gazetteer."""
_GONE: Final = frozenset({"photo", "data", "div"})
"""Pictures, attached bytes, and the narrative that repeats the elements."""


def deidentified_resource(
    resource: Mapping[str, Any],
    surrogates: SurrogateMap,
    *,
    known_names: Sequence[str] = (),
    names: NameFinder | None = None,
) -> dict[str, Any]:
    """A resource (or Bundle) with surrogates in place of identifiers and dates moved.

    Names, numbers, contacts and addresses go by their element; every other text goes through the
    recognisers; ids and references change alike, so that they still meet; codes stay.

    Args:
        known_names: names of the encounter, besides those that the resource states.
        names: finds unknown Chinese names in texts.
    """
    stated = (*known_names, *stated_names(resource))

    def treated(text: str) -> str:
        spans = find_identifiers(text, known_names=stated, names=names)
        return deidentify(text, spans, DEFAULT_ACTIONS, surrogates)[0]

    done: dict[str, Any] = _element(resource, "", "", surrogates, treated)
    return done


def stated_names(value: Any, inside: str = "") -> tuple[str, ...]:
    """The names of people that a resource states in its ``name`` elements and displays."""
    if isinstance(value, Mapping):
        found: list[str] = []
        reference = value.get("reference")
        if isinstance(reference, str) and _PERSON.match(reference):
            found.extend(_texts(value.get("display")))
        for key, item in value.items():
            if inside == "name" and key in ("text", "family"):
                found.extend(_texts(item))
            else:
                found.extend(stated_names(item, key))
        if inside == "name" and isinstance(value.get("family"), str):
            found.extend(_joined_name(value))
        return tuple(dict.fromkeys(found))
    if isinstance(value, list):
        return tuple(name for item in value for name in stated_names(item, inside))
    return ()


def stated_identifiers(value: Any, parent: str = "") -> tuple[tuple[IdentifierType, str], ...]:
    """Numbers, contacts and addresses that a resource states of a person, with their types."""
    if isinstance(value, list):
        return tuple(pair for item in value for pair in stated_identifiers(item, parent))
    if not isinstance(value, Mapping):
        return ()
    found: list[tuple[IdentifierType, str]] = []
    for key, item in value.items():
        kind = _BY_ELEMENT.get((parent, key))
        if kind is None:
            found.extend(stated_identifiers(item, key))
        elif kind is not IdentifierType.NAME:
            found.extend(
                (IdentifierType.EMAIL if "@" in text else kind, text)
                for text in _texts(item)
                if len(text) >= (_SHORTEST_NUMBER if text.isdigit() else _SHORTEST_STATED)
            )
    return tuple(dict.fromkeys(found))


def stated_terms(value: Any) -> Iterator[str]:
    """What a resource calls medicines, findings and procedures: texts and displays of its codes."""
    if isinstance(value, list):
        for item in value:
            yield from stated_terms(item)
    elif isinstance(value, Mapping):
        if isinstance(value.get("coding"), list):
            yield from _texts(value.get("text"))
            for coding in value["coding"]:
                yield from _texts(coding.get("display") if isinstance(coding, Mapping) else None)
        for key, item in value.items():
            if key.endswith("CodeableConcept") or key in ("code", "vaccineCode"):
                yield from _texts(item.get("text") if isinstance(item, Mapping) else None)
            if key != "name":
                yield from stated_terms(item)


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str)]


def _joined_name(name: Mapping[str, Any]) -> Iterator[str]:
    """Family and given names together, in both orders."""
    given = " ".join(_texts(name.get("given")))
    if given:
        yield f"{given} {name['family']}"
        yield f"{name['family']}{given}"


def _element(
    value: Any,
    parent: str,
    key: str,
    surrogates: SurrogateMap,
    treated: Callable[[str], str],
) -> Any:
    if isinstance(value, Mapping):
        return {
            name: _element(item, key, name, surrogates, treated)
            for name, item in value.items()
            if name not in _GONE
        }
    if isinstance(value, list):
        return [_element(item, parent, key, surrogates, treated) for item in value]
    if not isinstance(value, str) or key in _STRUCTURE:
        return value
    kind = _BY_ELEMENT.get((parent, key))
    if kind is IdentifierType.PHONE and "@" in value:
        kind = IdentifierType.EMAIL
    if kind is not None:
        return surrogates.surrogate(kind, value)
    if key == "id":
        return surrogates.surrogate(IdentifierType.OTHER, value)
    if key in ("reference", "fullUrl"):
        return _reference(value, surrogates)
    if _DATE.fullmatch(value):
        return surrogates.surrogate(IdentifierType.DATE, value)
    return treated(value)


def _reference(value: str, surrogates: SurrogateMap) -> str:
    """A reference whose id is changed as the resource's own is."""
    match = _REFERENCE.fullmatch(value)
    if match is None:
        return surrogates.surrogate(IdentifierType.URL, value)
    kind, number, rest = match.groups()
    return f"{kind}{surrogates.surrogate(IdentifierType.OTHER, number)}{rest}"
