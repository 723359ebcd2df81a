"""The source attributes that transparency rules ask for, each with the facts that tell it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class Attribute:
    """One thing that a rule asks to be told; ``facts`` are keys of a sheet that tell it."""

    place: str
    words: Bilingual
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransparencyRule:
    """A rule with everything that it asks for.

    Attributes:
        source: law or standard, section, year, as it is cited.
        said: how people read of it.
        confidence: ``verified`` or ``from_memory``.
        note: from when it applies, and what is uncertain.
    """

    id: str
    title: Bilingual
    source: str
    said: Bilingual
    confidence: str
    note: Bilingual
    attributes: tuple[Attribute, ...]


@cache
def transparency_rules() -> tuple[TransparencyRule, ...]:
    """Every rule that a sheet answers."""
    text = (files(__package__) / "data" / "attributes.toml").read_text("utf-8")
    return tuple(
        TransparencyRule(
            id=rule["id"],
            title=Bilingual(rule["title_zh"], rule["title_en"]),
            source=rule["source"],
            said=Bilingual(
                rule.get("source_zh", rule["source"]), rule.get("source_en", rule["source"])
            ),
            confidence=rule["confidence"],
            note=Bilingual(rule["note_zh"], rule["note_en"]),
            attributes=tuple(
                Attribute(one["place"], Bilingual(one["zh"], one["en"]), tuple(one["facts"]))
                for one in rule["attributes"]
            ),
        )
        for rule in tomllib.loads(text)["rules"]
    )
