"""Makes notes of a style: the text, and each identifier's type and exact span."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from types import ModuleType

from tests.evaluation.identifier_notes.values import Values

PLACEHOLDER = re.compile(r"\{([A-Z_0-9]+):([a-z]+)\}")
PLAIN_SHARE = 0.15


@dataclass(frozen=True)
class Note:
    """A note; ``spans`` are (start, end, type), in order; ``names`` are those in it."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    names: tuple[str, ...]


def make_notes(style: ModuleType, count: int, seed: int) -> Sequence[Note]:
    """As many notes of a style, always the same for a seed."""
    dice = Random(seed)
    return [_note(style, dice, Values(dice)) for _ in range(count)]


def _note(style: ModuleType, dice: Random, values: Values) -> Note:
    if dice.random() < PLAIN_SHARE:
        return Note(dice.choice(style.PLAIN), (), ())
    template = dice.choice(style.TEMPLATES)
    if dice.random() < 0.5:
        template += "\n" + dice.choice(style.PLAIN)
    makers = {
        "name": values.name,
        "english": values.english_name,
        "record": values.record_number,
        "date": values.date_zh,
        "hospital": values.hospital,
        "work": values.workplace,
        "mobile": values.mobile,
        "landline": values.landline,
        "identity": values.identity,
        "address": values.address,
        "place": values.lone_place,
        "insurance": values.insurance,
        "passport": values.passport,
        "permit": values.permit,
        "plate": values.plate,
        "email": values.email,
        "card": values.bank_card,
        "old": values.old_age,
    }
    text, spans, names, at = "", [], [], 0
    for found in PLACEHOLDER.finditer(template):
        text += template[at : found.start()]
        value = makers[found.group(2)]()
        spans.append((len(text), len(text) + len(value), found.group(1)))
        if found.group(1) == "NAME":
            names.append(value)
        text += value
        at = found.end()
    return Note(text + template[at:], tuple(spans), tuple(names))
