"""A field that counts as mapped really changes what is said; else it would be lost in silence.

Each field that a segment's mapping names is set to several values, one after the other; one of
them at least must change the resources, or be refused at this very field.
"""

from __future__ import annotations

from typing import Any

import pytest

from suwen.integration.hl7v2.mapping import (
    components,
    encounters,
    observations,
    orders,
    others,
    patients,
    problems,
    reports,
)
from suwen.integration.hl7v2.reading import read
from tests.support.hl7 import PID, PV1, facts, message

VALUES = (
    "Q9^Quince^L", "20230102030405", "7", "Y", "^^^Q9", "S", "CP", "<9", "A", "00", "AN1^^^Z^MR",
    "Q9^Quince", "^BID^D4^20240101", "^AP^PDF^Base64^AAAA", "DA", "LA", "OB",
    "DE", "I10", "resolved", "confirmed", "F",
    "Complete", "^^^20240101080000^20240101090000", "D", "MO", "30", "min", "^PRN^PH^^^1^23456",
)  # fmt: skip
OBR = "OBR|1|O1^HIS||1^Panel^L"
OBX = "OBX|1|NM|1^a^L||7|g/L|||||F"
RXA = "RXA|0|1|20240501||48^HIB^CVX|0.5|mL|||||||||||||CP"
SCH = "SCH|A1||||||x||30|min"
AIS = "AIS|1||CT^CT scan^L"
#: Segment, the fields its mapping names, a message around it, and fields that only number or repeat
#: what the segment's name and place say already.
CASES: tuple[tuple[str, frozenset[int], tuple[str, list[str]], frozenset[int]], ...] = (
    (PID, patients.PID, ("ADT^A08", []), frozenset({1})),
    ("PD1|", patients.PD1, ("ADT^A08", [PID]), frozenset()),
    ("NK1|1|王^大", patients.NK1, ("ADT^A08", [PID]), frozenset({1})),
    ("MRG|P9^^^HOSP^MR", patients.MRG, ("ADT^A40", [PID]), frozenset()),
    (PV1, encounters.PV1, ("ADT^A08", [PID]), frozenset({1})),
    ("PV2|", encounters.PV2, ("ADT^A08", [PID, PV1]), frozenset()),
    (OBX, observations.OBX, ("ORU^R01", [PID, OBR]), frozenset({1})),
    ("ORC|NW|O1", orders.ORC, ("ORM^O01", [PID]), frozenset()),
    (OBR, orders.OBR_ORDER | reports.OBR_REPORT, ("ORU^R01", [PID]), frozenset({1})),
    (
        "RXO|1^x^L|5|||||||||20",
        orders.RXO_PLACES.used,
        ("OMP^O09", [PID, "ORC|NW|O1"]),
        frozenset(),
    ),
    ("RXE||1^x^L|5|||||||20", orders.RXE_PLACES.used, ("RDE^O11", [PID, "ORC|NW|O1"]), frozenset()),
    (
        "RXC|B|1^x^L|5|mL^mL^UCUM|2|g^g^UCUM",
        components.RXC,
        ("RDE^O11", [PID, "ORC|NW|O1", "RXE||1^x^L|5|||||||20"]),
        frozenset(),
    ),
    ("SPM|1|S1", reports.SPM, ("ORU^R01", [PID, OBR]), frozenset({1})),
    ("TXA|1|1^x|TX||||||||D1", reports.TXA, ("MDM^T02", [PID]), frozenset({1})),
    ("AL1|1|DA|1^x^L", problems.AL1, ("ADT^A08", [PID]), frozenset({1})),
    ("IAM|1|DA|1^x^L", problems.IAM, ("ADT^A08", [PID]), frozenset({1})),
    ("DG1|1||I10", problems.DG1, ("ADT^A08", [PID]), frozenset({1})),
    ("PRB|AD||I10^x", problems.PRB, ("PPR^PC1", [PID]), frozenset()),
    ("PR1|1||I10", problems.PR1, ("ADT^A08", [PID]), frozenset({1, 2})),
    (RXA, others.RXA, ("VXU^V04", [PID]), frozenset({1, 2})),
    ("IN1|1|P1|I1|Payer", others.IN1, ("ADT^A08", [PID]), frozenset({1})),
    (SCH, others.SCH, ("SIU^S14", []), frozenset()),
)
FIELDS = [
    (segment, number, around, name)
    for segment, used, around, numbering in CASES
    for name in [segment[:3]]
    for number in sorted(used - numbering)
]


@pytest.mark.parametrize(
    ("segment", "number", "around", "name"), FIELDS, ids=[f"{f[3]}-{f[1]}" for f in FIELDS]
)
def test_a_mapped_field_changes_what_is_said(
    segment: str, number: int, around: tuple[str, list[str]], name: str
) -> None:
    before = said(segment, around)
    assert before[1] is None, before[1]
    for value in ("", *VALUES):
        fields = segment.split("|")
        fields += [""] * (number + 1 - len(fields))
        if fields[number] == value:
            continue
        fields[number] = value
        after = said("|".join(fields), around)
        if after[1] == f"{name}-{number}" or (after[1] is None and after[0] != before[0]):
            return
    raise AssertionError(f"{name}-{number} counts as mapped and changes nothing")


def said(segment: str, around: tuple[str, list[str]]) -> tuple[Any, str | None]:
    """Resources and links of a message, and where it was refused."""
    kind, others_ = around
    after = [PID, AIS] if segment.startswith("SCH") else []
    outcome = read(message(kind, "M1", *others_, segment, *after), facts())
    if outcome.refusal is not None:
        return None, outcome.refusal.where.split(".")[0]
    assert outcome.mapped is not None
    return (outcome.mapped.resources, outcome.mapped.links), None
