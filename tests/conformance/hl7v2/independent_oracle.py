"""What a message must yield, counted by its own few lines: shares no code with the product.

Counts segments by splitting text; knows nothing of escapes, data types or FHIR beyond names.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

PLACE = re.compile(r"(MSH|[A-Z][A-Z0-9]{2})(\[\d+\])?(-\d+(\.\d+)?)?")


@dataclass(frozen=True)
class Counted:
    """Segments of a message by name, in order."""

    names: tuple[str, ...]
    kind: str

    @property
    def count(self) -> Counter[str]:
        return Counter(self.names)

    @property
    def service_orders(self) -> int:
        """One for each OBR, and one for each order (ORC) that nothing details."""
        bare = sum(1 for group in self._groups() if not group & DETAILS)
        return self.count["OBR"] + (0 if self.kind.startswith("VXU") else bare)

    @property
    def medicine_orders(self) -> int:
        """One for each order that has an RXO or an RXE, or both."""
        return sum(1 for group in self._groups() if group & {"RXO", "RXE"})

    def _groups(self) -> list[set[str]]:
        groups: list[set[str]] = []
        for name in self.names:
            if name == "ORC":
                groups.append(set())
            elif groups:
                groups[-1].add(name)
        return groups


DETAILS = {"OBR", "RXO", "RXE", "RXA"}


def counted(message: str) -> Counted:
    """The segments of a message."""
    lines = [line for line in re.split(r"[\r\n]+", message) if line.strip()]
    fields = lines[0].split("|")
    kind = fields[8] if len(fields) > 8 else ""
    return Counted(tuple(line[:3] for line in lines), kind)


def expected(found: Counted) -> dict[str, int]:
    """How many resources of each counted type there must be."""
    count = found.count
    return {
        "Patient": count["PID"],
        "Encounter": count["PV1"],
        "Observation": count["OBX"],
        "ServiceRequest": found.service_orders,
        "MedicationRequest": found.medicine_orders,
        "DiagnosticReport": count["OBR"] if found.kind.startswith(("ORU", "OUL")) else 0,
        "AllergyIntolerance": count["AL1"] + count["IAM"],
        "Condition": count["DG1"] + count["PRB"],
        "Procedure": count["PR1"],
        "Immunization": count["RXA"] if found.kind.startswith("VXU") else 0,
    }
