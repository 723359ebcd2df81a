"""Clean prescriptions of ordinary days, written by hand; each for five people, each spelt anew."""

from __future__ import annotations

from .model import Case
from .writing import FOLDER


def _parts(text: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def cases() -> list[Case]:
    """One for every patient of every line."""
    made = []
    for line in (FOLDER / "ordinary.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line:
            continue
        setting, patients, diagnoses, orders, current, allergies = line.split("|")
        for patient in patients.split(","):
            made.append(
                Case(
                    "ordinary",
                    patient,
                    _parts(orders),
                    diagnoses=_parts(diagnoses),
                    current=_parts(current),
                    allergies=_parts(allergies),
                    setting=setting,
                    level=3,
                )
            )
    return made
