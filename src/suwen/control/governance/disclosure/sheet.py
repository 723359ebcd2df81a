"""The facts sheet: sections of facts, each with its origin, and the missing ones told as missing.

A sheet is frozen as JSON when it is proposed. Pages, PDF and JSON are made of that text alone, so
that what was published is what was signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from suwen.control.governance.disclosure.attributes import Attribute, transparency_rules
from suwen.core.audit import canonical_json
from suwen.core.language import Bilingual

FORMAT: Final = "suwen-facts-sheet-1"


class Readers(StrEnum):
    """For whom a sheet is written."""

    STAFF = "staff"
    PATIENT = "patient"
    PUBLIC = "public"


EVERYBODY: Final = frozenset(Readers)
STAFF_AND_PUBLIC: Final = frozenset({Readers.STAFF, Readers.PUBLIC})
STAFF_ONLY: Final = frozenset({Readers.STAFF})


class SectionKey(StrEnum):
    """The sections of a sheet, in their order."""

    IDENTITY = "identity"
    PURPOSE = "purpose"
    WORKING = "working"
    PERFORMANCE = "performance"
    RISKS = "risks"
    OVERSIGHT = "oversight"
    MAINTENANCE = "maintenance"
    CLASSES = "classes"
    ANSWERS = "answers"
    CHANGES = "changes"


TITLES: Final[Mapping[SectionKey, Bilingual]] = {
    SectionKey.IDENTITY: Bilingual("是什么系统", "What it is"),
    SectionKey.PURPOSE: Bilingual("用来做什么", "What it is for"),
    SectionKey.WORKING: Bilingual("怎样得出结果", "How it works"),
    SectionKey.PERFORMANCE: Bilingual("表现如何", "How well it does"),
    SectionKey.RISKS: Bilingual("可能出什么问题", "What may go wrong"),
    SectionKey.OVERSIGHT: Bilingual("人如何把关", "How people stay in charge"),
    SectionKey.MAINTENANCE: Bilingual("如何监测与更新", "How it is watched and updated"),
    SectionKey.CLASSES: Bilingual("法律上的类别", "Its class in law"),
    SectionKey.ANSWERS: Bilingual("谁负责", "Who answers for it"),
    SectionKey.CHANGES: Bilingual("变更记录", "What has changed"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is told, or told as missing.

    Attributes:
        values: in order; empty where nobody stated it.
        origin: where it comes from; for a missing one, where it would be stated.
        readers: on whose sheets it stands.
    """

    key: str
    section: SectionKey
    label: Bilingual
    values: tuple[Bilingual, ...]
    origin: Bilingual
    readers: frozenset[Readers]

    @property
    def missing(self) -> bool:
        """Whether nobody has stated it."""
        return not self.values


@dataclass(frozen=True, slots=True)
class SheetHead:
    """What stands above a sheet.

    Attributes:
        made_on: ISO day.
        release: hash of the Release that it tells of; absent where none runs.
    """

    app: str
    title: Bilingual
    hospital: Bilingual
    made_on: str
    release: str | None


def sheet_json(head: SheetHead, facts: Sequence[Fact], readers: Readers) -> dict[str, Any]:
    """A sheet for some readers, ready to be frozen.

    Every fact for these readers stands on it, the missing ones too, and every attribute of every
    rule with the facts that tell it.
    """
    told = [fact for fact in facts if readers in fact.readers]
    sections = [
        {
            "key": key.value,
            "title": _both(TITLES[key]),
            "facts": [_fact(fact) for fact in told if fact.section is key],
        }
        for key in SectionKey
        if any(fact.section is key for fact in told)
    ]
    return {
        "format": FORMAT,
        "app": head.app,
        "title": _both(head.title),
        "hospital": _both(head.hospital),
        "made_on": head.made_on,
        "release": head.release,
        "readers": readers.value,
        "sections": sections,
        "missing": [fact.key for fact in told if fact.missing],
        "rules": [] if readers is Readers.PATIENT else _rules(facts, readers),
    }


def sheet_text(sheet: Mapping[str, Any]) -> str:
    """The text that is kept, hashed and signed."""
    return canonical_json(sheet).decode()


def _rules(facts: Sequence[Fact], readers: Readers) -> list[dict[str, Any]]:
    """What each rule asks for, and how far it is told; what is for staff alone is said to be so."""
    known = {fact.key: fact for fact in facts}
    return [
        {
            "id": rule.id,
            "title": _both(rule.title),
            "source": rule.source,
            "source_said": _both(rule.said),
            "confidence": rule.confidence,
            "note": _both(rule.note),
            "attributes": [
                _attribute(one, [known[key] for key in one.facts], readers)
                for one in rule.attributes
            ],
        }
        for rule in transparency_rules()
    ]


def _attribute(one: Attribute, facts: Sequence[Fact], readers: Readers) -> dict[str, Any]:
    stated = [fact for fact in facts if not fact.missing]
    told = [fact for fact in stated if readers in fact.readers]
    return {
        "place": one.place,
        "label": _both(one.words),
        "values": [_both(value) for fact in told for value in fact.values],
        "missing": not stated,
        "for_staff": bool(stated) and not told,
    }


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "key": fact.key,
        "label": _both(fact.label),
        "values": [_both(value) for value in fact.values],
        "missing": fact.missing,
        "origin": _both(fact.origin),
    }


def _both(text: Bilingual) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
