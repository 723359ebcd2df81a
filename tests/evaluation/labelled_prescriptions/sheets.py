"""Reads order sheets of several lines, each with its twin, as they were written.

A block stands for two prescriptions: the planted one and its twin, which differs in what the
lines with ``+`` (planted only) and ``-`` (twin only) say::

    # interaction outpatient M61 70kg
    dx 冠心病；慢性胃炎
    rx clopidogrel@泰嘉 75mg qd po; rosuvastatin@可定 10mg qn po
    rx+ esomeprazole@耐信 20mg qd po
    rx- rabeprazole@波利特 10mg qd po
    ! interaction clopidogrel,esomeprazole major ddi.yaml DDI063

An order is ``key@name amount frequency route``, then days and form where they matter; ``-``
stands for what is absent, ``_`` for a blank in a name, ``1/d`` for a FHIR Timing. Without a name
the Chinese generic name is written; a key after ``=`` is its own name. ``herbs 7d 附子9 干姜6``
are pieces in grams. ``! kinds drugs severity [stop] basis`` is a finding that must be made.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .model import Expected, Labelled, found
from .patients import patient_of
from .writing import coded

DAYS_BY_SETTING = {"outpatient": 7, "emergency": 3, "inpatient": 1}
AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(\D.*)")
TIMING = re.compile(r"(\d+)/(d|wk)")
PIECE = re.compile(r"(\D+)(\d+(?:\.\d+)?)")


@dataclass
class Block:
    """One block of a file; lines by what they are about, with ``+`` or ``-`` at the end or none."""

    topic: str
    setting: str
    patient: str
    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def said(self, about: str, variant: str) -> list[str]:
        """The lines for both prescriptions and for this one, as they stand in the file."""
        return [text for key, text in self._ordered if key in (about, about + variant)]

    def last(self, about: str, variant: str) -> str | None:
        """What is said once: the line for this one, else that for both."""
        keys = (key for key in (about + variant, about) if key in self.lines)
        return next((self.lines[key][0] for key in keys), None)

    @property
    def _ordered(self) -> list[tuple[str, str]]:
        return [(key, text) for key, texts in self.lines.items() for text in texts]


Names = Mapping[str, tuple[str, str]]


def names_in(folder: Path) -> Names:
    """Chinese and English generic name of every key that a set names itself."""
    with (folder / "drugs.csv").open(encoding="utf-8", newline="") as file:
        return {row["key"]: (row["zh"], row["en"]) for row in csv.DictReader(file, delimiter="|")}


def _blocks(half: str, folder: Path) -> Iterator[tuple[str, Block]]:
    """Every block of every file with an identifier, in a fixed order."""
    for path in sorted(folder.glob("*.txt")):
        made: list[Block] = []
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line or line.startswith("//"):
                continue
            about, _, text = line.partition(" ")
            if about == "#":
                made.append(Block(*text.split(maxsplit=2)))
            else:
                made[-1].lines[about].append(text)
        for index, block in enumerate(made, start=1):
            yield f"{half}-{path.stem}-{index:03d}", block


def order_of(text: str, setting: str, names: Names) -> tuple[str, dict[str, Any]]:
    first, amount, frequency, route, *rest = text.split()
    key, at, name = first.partition("@")
    literal = key.removeprefix("=").replace("_", " ")
    generic = literal if key.startswith("=") else names[key][0]
    order: dict[str, Any] = {"drug": name.replace("_", " ") if at else generic}
    if amount != "-":
        value, unit = AMOUNT.fullmatch(amount).groups()  # type: ignore[union-attr]
        order |= {"dose": float(value) if "." in value else int(value), "unit": unit}
    timing = TIMING.fullmatch(frequency)
    if timing:
        repeat = {"frequency": int(timing[1]), "period": 1, "periodUnit": timing[2]}
        order["frequency"] = {"repeat": repeat}
    elif frequency != "-":
        order["frequency"] = frequency.replace("_", " ")
    if route != "-":
        order["route"] = route
    order["days"] = DAYS_BY_SETTING[setting]
    for token in rest:
        if token.startswith("form="):
            order["form"] = token[5:]
        else:
            order["days"] = int(re.fullmatch(r"(\d+)d", token)[1])  # type: ignore[index]
    return key, order


def _herbs(text: str) -> list[tuple[str, dict[str, Any]]]:
    days, *pieces = text.split()
    made = []
    for piece in pieces:
        name, grams = PIECE.fullmatch(piece).groups()  # type: ignore[union-attr]
        order = {"drug": name, "dose": float(grams), "unit": "g", "frequency": "每日1剂",
                 "route": "水煎服", "days": int(days[:-1]), "form": "饮片"}  # fmt: skip
        made.append((f"={name}", order))
    return made


def _orders(
    block: Block, about: str, variant: str, setting: str, names: Names
) -> list[tuple[str, dict[str, Any]]]:
    return [
        order_of(text.strip(), setting, names)
        for line in block.said(about, variant)
        for text in line.split(";")
    ]


def _expected(text: str) -> Expected:
    kinds, drugs, severity, basis = text.split(maxsplit=3)
    stop = basis.startswith("stop ")
    keys = () if drugs == "-" else tuple(drugs.split(","))
    return found(tuple(kinds.split(",")), keys, severity, basis.removeprefix("stop "),
                 interrupts=True if stop else None)  # fmt: skip


def _label(one: Expected, lines: list[tuple[str, dict[str, Any]]], names: Names) -> dict[str, Any]:
    drugs = []
    for name in one.drugs:
        # A key with a number after a hash is that one of several lines of the same drug.
        key, _, number = name.partition("#")
        written = [order["drug"] for known, order in lines if known == key][int(number or 1) - 1]
        literal = key.removeprefix("=").replace("_", " ")
        zh, en = (literal, literal) if key.startswith("=") else names[key]
        drugs.append({"written": written, "generic_zh": zh, "generic_en": en})
    return {"kinds": list(one.kinds), "drugs": drugs, "minimal_severity": one.severity,
            "interrupts": one.interrupts, "basis": one.basis}  # fmt: skip


def _parts(block: Block, about: str, variant: str) -> list[str]:
    return [part for line in block.said(about, variant) for part in line.split("；")]


def _request(
    block: Block, variant: str, shift: int, names: Names
) -> tuple[dict[str, Any], list[Any]]:
    setting = block.last("set", variant) or block.setting
    orders = _orders(block, "rx", variant, setting, names)
    orders += [piece for line in block.said("herbs", variant) for piece in _herbs(line)]
    # The planted line stands anywhere on the sheet, not always at its end.
    turn = shift % len(orders)
    orders = orders[turn:] + orders[:turn]
    current = _orders(block, "cur", variant, setting, names)
    for _, order in current:
        del order["days"]
    request: dict[str, Any] = {
        "patient": patient_of(block.last("p", variant) or block.patient),
        "allergies": _parts(block, "al", variant),
        "diagnoses": [coded(text) for text in _parts(block, "dx", variant)],
        "current_medications": [order for _, order in current],
        "orders": [order for _, order in orders],
        "setting": setting,
    }
    level = block.last("lv", variant) or "3"
    if level != "none":
        request["prescriber"] = {"antibacterial_level": int(level)}
    return request, orders + current


def _decision(findings: list[Expected]) -> bool | None:
    if any(one.interrupts for one in findings):
        return True
    return False if all(one.interrupts is False for one in findings) else None


def sheets_in(half: str, folder: Path, names: Names) -> tuple[Labelled, ...]:
    """The planted prescriptions of a set and their twins; the same on every machine."""
    made = []
    for shift, (identifier, block) in enumerate(_blocks(half, folder)):
        findings = [_expected(text) for text in block.lines["!"]]
        for variant, ending, expected in (("+", "a", findings), ("-", "b", [])):
            request, lines = _request(block, variant, shift, names)
            tolerated = tuple(kind for line in block.said("~", variant) for kind in line.split())
            labels = tuple(_label(one, lines, names) for one in expected)
            side = None if variant == "+" else "without"
            made.append(Labelled(f"{identifier}{ending}", half, block.topic, bool(labels), side,
                                 request, labels, _decision(expected), tolerated))  # fmt: skip
    return tuple(made)
