"""How often and how long: quantity/timing (TQ, TQ1) as FHIR Timing.

Source: HL7 v2.5.1, 4.3 (TQ), 4.5.4 (TQ1), table 0335; FHIR R4, Timing.
"""

from __future__ import annotations

from suwen.integration.hl7v2.mapping import datatypes as d
from suwen.integration.hl7v2.mapping.context import Resource

_ABBREVIATIONS = frozenset({"BID", "TID", "QID", "AM", "PM", "QD", "QOD", "Q4H", "Q6H"})
_DURATIONS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}


def add_timing(
    dosage: Resource, pattern: str, duration: str, bounds: dict[str, str | None]
) -> None:
    """Adds frequency, bounds and "as needed" to a dosage or request.

    Args:
        pattern: how often, as the sender writes it.
        duration: how long, a letter and a number such as ``D4``.
        bounds: ``start`` and ``end`` as FHIR writes them.
    """
    timing: Resource = dosage.get("timing", {})
    if pattern.upper() == "PRN":
        dosage["asNeededBoolean"] = True
    elif pattern:
        code: Resource = {"text": pattern}
        if pattern.upper() in _ABBREVIATIONS:
            system = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
            code["coding"] = [{"system": system, "code": pattern.upper()}]
        timing["code"] = code
    period = {name: moment for name, moment in bounds.items() if moment}
    unit = _DURATIONS.get(duration[:1].upper())
    length = d.number_of(duration[1:]) if unit else None
    if period:
        timing["repeat"] = {"boundsPeriod": period}
    elif unit and length is not None:
        timing["repeat"] = {
            "boundsDuration": {
                "value": length,
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            }
        }
    if timing:
        dosage["timing"] = timing
