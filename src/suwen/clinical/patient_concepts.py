"""What a patient says: which concepts of the table, affirmed or clearly denied or over."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from suwen.clinical.patient_wording import (
    AS_WRITTEN_IN_TABLES,
    PatientWording,
    read_wording,
    sound_of,
)

_PUNCTUATION: Final = "，。！？；,.!?;\\n"
_GAP: Final = f"[^{_PUNCTUATION}]"
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_LEAST_ALIKE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a concept is said; ``start`` and ``end`` are places in the plain wording."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept with its patterns, as they are spelt and as they sound."""

    name: str
    spelt: tuple[re.Pattern[str], ...]
    sounding: tuple[re.Pattern[str], ...]
    letters: frozenset[str]

    def first_mentions(self, wording: PatientWording) -> list[Mention]:
        """Where the concept is said."""
        found = [
            Mention(self.name, *match.span())
            for pattern in self.spelt
            for match in pattern.finditer(wording.plain)
            if match.end() > match.start()
        ]
        for pattern in self.sounding:
            for match in pattern.finditer(wording.sound):
                start, end = match.span()
                if end > start and self._is_slip(wording.plain[start:end]):
                    found.append(Mention(self.name, start, end))
        return found

    def _is_slip(self, said: str) -> bool:
        """Whether words that only sound alike share enough letters to be a slip of the keyboard."""
        han = [c for c in said if _HAN.match(c)]
        kept = sum(c in self.letters for c in han)
        if len(han) < 2 or kept == len(han):
            return False
        return kept / len(han) >= (_LEAST_ALIKE if len(han) <= 3 else _LEAST_ALIKE / 2)


def _pattern(source: str) -> re.Pattern[str]:
    if _HAN.search(source) or any(ord(c) >= 0xF0000 for c in source):
        body = source.replace("…", f"{_GAP}{{0,5}}?").replace("~", f"{_GAP}{{0,14}}?")
        return re.compile(f"(?:{body})")
    gap = f"(?:{_GAP}{{0,28}}?(?<![a-z])|)"
    body = source.replace("…", gap).replace("~", gap)
    return re.compile(f"(?<![a-z])(?:{body})")


@cache
def concepts() -> Mapping[str, Concept]:
    """The table of concepts by name."""
    text = files("suwen.clinical").joinpath("data/patient_concepts.toml").read_text("utf-8")
    rows: dict[str, list[str]] = tomllib.loads(text)["concepts"]
    table = {}
    for name, written in rows.items():
        sources = [s.translate(AS_WRITTEN_IN_TABLES) for s in written]
        chinese = [s for s in sources if _HAN.search(s)]
        table[name] = Concept(
            name,
            tuple(_pattern(s) for s in sources),
            tuple(_pattern(sound_of(s)) for s in chinese),
            frozenset(c for s in chinese for c in s if _HAN.match(c)),
        )
    return table


@cache
def vocabulary() -> frozenset[str]:
    """English words of the table, to which misspelt ones are led."""
    return frozenset(
        word
        for concept in concepts().values()
        for pattern in concept.spelt
        for word in re.findall(r"[a-z]{5,}", pattern.pattern)
    )


def as_one_text(messages: Sequence[str]) -> str:
    """The messages with the end of a sentence after each, so that no word reaches over two."""
    return "".join(f"{message}\u3002\n" for message in messages)


def read_patient(text: str) -> PatientWording:
    """A patient's text prepared for the table."""
    return read_wording(text, vocabulary())


def find_mentions(wording: PatientWording) -> Mapping[str, list[Mention]]:
    """Every concept that is said, also what is denied or over, with its places."""
    found = {name: concept.first_mentions(wording) for name, concept in concepts().items()}
    return {name: places for name, places in found.items() if places}
