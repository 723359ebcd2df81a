"""Stand-ins for the patient's own identifiers in what a model reads.

The model does not need to know who the patient is. Names, numbers and addresses that the
Patient resource states are replaced before the prompt leaves, and put back in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from suwen.core.record import Resource


class Surrogates:
    """Replaces one patient's identifiers by surrogates, and back.

    Args:
        patient: the Patient resource, ``None`` when the run is about nobody.
    """

    def __init__(self, patient: Resource | None) -> None:
        self._surrogate_of: dict[str, str] = {}
        for kind, value in _identifiers(patient or {}):
            if value not in self._surrogate_of:
                number = 1 + sum(s.startswith(f"[{kind}-") for s in self._surrogate_of.values())
                self._surrogate_of[value] = f"[{kind}-{number}]"
        self._original_of = {s: value for value, s in self._surrogate_of.items()}
        longest_first = sorted(self._surrogate_of, key=len, reverse=True)
        self._identifiers = _alternatives(longest_first)

    def __len__(self) -> int:
        return len(self._surrogate_of)

    def conceal(self, text: str) -> str:
        """The text with a surrogate in place of each identifier."""
        if self._identifiers is None:
            return text
        return self._identifiers.sub(lambda match: self._surrogate_of[match.group()], text)

    def restore(self, value: Any) -> Any:
        """The JSON-ready value with each surrogate in its texts turned back."""
        if isinstance(value, str):
            for surrogate, original in self._original_of.items():
                value = value.replace(surrogate, original)
            return value
        if isinstance(value, Mapping):
            return {key: self.restore(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.restore(item) for item in value]
        return value


def _alternatives(values: list[str]) -> re.Pattern[str] | None:
    """A pattern for any of the values; a Latin one only where it stands as a word."""
    if not values:
        return None
    return re.compile(
        "|".join(
            rf"(?<![A-Za-z0-9]){re.escape(value)}(?![A-Za-z0-9])"
            if value[0].isascii() or value[-1].isascii()
            else re.escape(value)
            for value in values
        )
    )


def _identifiers(patient: Resource) -> Iterator[tuple[str, str]]:
    """Kind and wording of everything that says who the patient is; too short ones are left."""
    for name in _entries(patient, "name"):
        parts = [name.get("text"), name.get("family"), *name.get("given", [])]
        given = " ".join(name.get("given", []))
        family = name.get("family") or ""
        parts.extend([f"{given} {family}".strip(), f"{family}{given}".strip()])
        yield from (("NAME", part) for part in parts if part and len(part) >= 2)
    for identifier in _entries(patient, "identifier"):
        value = identifier.get("value")
        if isinstance(value, str) and len(value) >= 4:
            yield "NUMBER", value
    for contact in _entries(patient, "telecom"):
        value = contact.get("value")
        if isinstance(value, str) and len(value) >= 5:
            yield "PHONE", value
    for address in _entries(patient, "address"):
        for line in [address.get("text"), *address.get("line", [])]:
            if isinstance(line, str) and len(line) >= 4:
                yield "ADDRESS", line


def _entries(patient: Resource, field: str) -> list[Mapping[str, Any]]:
    value = patient.get(field)
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )
