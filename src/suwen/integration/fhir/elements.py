"""FHIR elements as typed values; what is absent stays absent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from suwen.core.record import Coded, ObservationComponent, Quantity, ReferenceRange, When
from suwen.integration.fhir.shapes import parse_date_time

Element = Mapping[str, Any]
_PRECISIONS = {4: "year", 7: "month", 10: "day"}


def exact(value: Any) -> Decimal:
    """A JSON number as Decimal with the digits that were written."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def coded(concept: Element | None) -> Coded | None:
    """A CodeableConcept by its first coding and the wording to show."""
    if not concept:
        return None
    codings = concept.get("coding") or [{}]
    first = codings[0]
    display = next((c["display"] for c in codings if c.get("display")), None)
    text = concept.get("text") or display or first.get("code")
    if not text:
        return None
    return Coded(
        text=text,
        code=first.get("code"),
        system=first.get("system"),
        display=first.get("display"),
    )


def coded_from_coding(coding: Element | None) -> Coded | None:
    """A bare Coding (Encounter.class, ImagingStudy.modality)."""
    return coded({"coding": [coding]}) if coding else None


def many_coded(concepts: Iterable[Element] | None) -> tuple[Coded, ...]:
    """All concepts that say something."""
    return tuple(c for c in (coded(item) for item in concepts or ()) if c is not None)


def first_code(concept: Element | None) -> str | None:
    """The first code of a concept, as statuses are read."""
    for coding in (concept or {}).get("coding") or ():
        if coding.get("code"):
            return str(coding["code"])
    return None


def category_code(concepts: Iterable[Element] | None, preferred: Iterable[str]) -> str | None:
    """The one category that decides: a preferred one if any, else the first."""
    codes = [
        coding["code"]
        for concept in concepts or ()
        for coding in concept.get("coding") or ()
        if coding.get("code")
    ]
    for wanted in preferred:
        if wanted in codes:
            return wanted
    return codes[0] if codes else None


def quantity(element: Element | None) -> Quantity | None:
    """A quantity that has a value."""
    if not element or element.get("value") is None:
        return None
    return Quantity(
        value=exact(element["value"]),
        unit=element.get("unit") or element.get("code"),
        code=element.get("code"),
        comparator=element.get("comparator"),
    )


def observed(element: Element) -> Quantity | Coded | str | bool | None:
    """The value of an Observation or of one of its components, of whatever type."""
    if "valueQuantity" in element:
        return quantity(element["valueQuantity"])
    if "valueCodeableConcept" in element:
        return coded(element["valueCodeableConcept"])
    if "valueInteger" in element:
        return Quantity(value=exact(element["valueInteger"]), unit=None)
    for name in ("valueString", "valueBoolean", "valueDateTime", "valueTime"):
        if name in element:
            value: str | bool = element[name]
            return value
    return None


def components(elements: Iterable[Element] | None) -> tuple[ObservationComponent, ...]:
    """The components of which the code is known."""
    found = []
    for element in elements or ():
        code = coded(element.get("code"))
        value = observed(element)
        if code is not None:
            found.append(
                ObservationComponent(code, str(value).lower() if isinstance(value, bool) else value)
            )
    return tuple(found)


def reference_range(ranges: Iterable[Element] | None, value: object) -> ReferenceRange | None:
    """The one normal interval stated with a value.

    Several intervals, or one in another unit than the value's, decide nothing: then only the
    text is kept, and no flag can be derived from it.
    """
    normal = [r for r in ranges or () if first_code(r.get("type")) in (None, "normal")]
    if len(normal) != 1:
        return None
    low, high = quantity(normal[0].get("low")), quantity(normal[0].get("high"))
    text = normal[0].get("text")
    if not isinstance(value, Quantity) or any(
        q is not None and not _same_unit(q, value) for q in (low, high)
    ):
        return ReferenceRange(None, None, text) if text else None
    if low is None and high is None:
        return ReferenceRange(None, None, text) if text else None
    return ReferenceRange(low.value if low else None, high.value if high else None, text)


def _same_unit(edge: Quantity, value: Quantity) -> bool:
    """Whether a limit is in the value's unit; a limit without a unit is."""
    return edge.unit in (None, value.unit) or (edge.code is not None and edge.code == value.code)


def when(start: str | None, end: str | None = None) -> When | None:
    """A point or stretch of time; ``None`` without a start."""
    if not start:
        return None
    first = _first_instant(start)
    last = _first_instant(end) if end else None
    if first is None:
        return None
    return When(
        start=first,
        precision=_PRECISIONS.get(len(start), "instant"),
        text=start,
        end=last,
        end_text=end if last else None,
    )


def when_of(resource: Element, *names: str) -> When | None:
    """The first of the named time elements that is there: dateTime, instant or Period."""
    for name in names:
        value = resource.get(name)
        if isinstance(value, str):
            found = when(value)
        elif isinstance(value, Mapping):
            found = when(value.get("start"), value.get("end"))
        else:
            found = None
        if found is not None:
            return found
    return None


def reference_text(element: Element | None) -> str | None:
    """The literal reference of a Reference."""
    value = (element or {}).get("reference")
    return value if isinstance(value, str) else None


def human_name(names: Iterable[Element] | None) -> str | None:
    """The name to show: the official one, else the usual, else the first that is not old.

    Chinese names are written family name first without a space, others given names first.
    """
    listed = [n for n in names or () if n.get("use") not in ("old", "maiden", "anonymous")]
    order = {"official": 0, "usual": 1}
    for name in sorted(listed, key=lambda n: order.get(str(n.get("use")), 2)):
        family, given = name.get("family"), list(name.get("given") or ())
        parts = [part for part in [*given, family] if part]
        if name.get("text"):
            return str(name["text"])
        if parts and all(_is_han(part) for part in parts):
            return "".join([family or "", *given])
        if parts:
            return " ".join(parts)
    return None


def _is_han(text: str) -> bool:
    return any("㐀" <= character <= "鿿" for character in text)


def _first_instant(text: str) -> datetime | None:
    value = parse_date_time(text)
    if value is None or isinstance(value, datetime):
        return value
    return datetime(value.year, value.month, value.day, tzinfo=UTC)
