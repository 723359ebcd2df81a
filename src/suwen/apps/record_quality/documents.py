"""The kinds of documents of a stay, their names, and what each must hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import Bilingual
from suwen.language.width import fold

_NEVER = r"(?!)"
_DATE = (
    r"(?:\d{2,4} ?[-./年] ?\d{1,2} ?[-./月] ?\d{1,2}|\d{1,2} ?月 ?\d{1,2}|"
    r"\d{1,2}[-/.]\d{1,2}(?![\d.])|"
    r"\d{1,2}(?:st|nd|rd|th)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* \d{1,2})"
)
"""A calendar date in folded text."""
_NOT_IN_NAMES = re.compile(r"[\s（）()【】\[\]「」:：、，,.\-_*#]+")


@dataclass(frozen=True, slots=True)
class RequiredSection:
    """A section that a document must hold.

    Attributes:
        headings: matches a whole heading in its bare form (``bare``).
        instead: matches text that tells the same without the heading; ``None`` where nothing does.
        part_of: the section that must be there for this one to be asked for.
        adults_only: whether a child's document does not hold it.
    """

    id: str
    title: Bilingual
    headings: re.Pattern[str]
    instead: re.Pattern[str] | None
    part_of: str | None = None
    adults_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class DocumentKind:
    """One kind of document; there is one object of each.

    Attributes:
        is_course: whether it is one of the running course notes.
        is_round: whether it is a superior physician's round.
        is_consent: whether the patient, or who acts for the patient, signs it.
        surgeon_signs: whether the surgeon signs it too.
        codes: LOINC codes under which a record may hold it.
    """

    id: str
    title: Bilingual
    sections: tuple[RequiredSection, ...]
    is_course: bool
    is_round: bool
    is_consent: bool
    surgeon_signs: bool
    codes: tuple[str, ...]


def bare(text: str) -> str:
    """A name or heading without spaces, punctuation and case."""
    return _NOT_IN_NAMES.sub("", fold(text)).replace("'", "").replace("&", "")


@cache
def document_kinds() -> Mapping[str, DocumentKind]:
    """All kinds by id.

    Source: 病历书写基本规范（卫医政发〔2010〕11号）; 住院病案首页数据填写质量规范 2016.
    """
    return {str(row["id"]): _kind(row) for row in _table()["document"]}


def kind_of(name: str) -> DocumentKind | None:
    """The kind that a code or name of a document stands for; ``None`` when it is not known."""
    wanted = bare(name)
    found = _by_name().get(wanted)
    if found is None:
        # A record may write 日常病程记录（3月2日） or 主治医师查房记录-首次.
        shorter = [known for known in _by_name() if len(known) > 3 and wanted.startswith(known)]
        found = _by_name()[max(shorter, key=len)] if shorter else None
    return document_kinds()[found] if found else None


def kind_of_code(code: str | None) -> DocumentKind | None:
    """The kind behind a LOINC code; ``None`` when it is not known."""
    if code is None:
        return None
    return next((k for k in document_kinds().values() if code in k.codes), None)


@cache
def _table(name: str = "documents") -> Mapping[str, list[dict[str, object]]]:
    path = Path(__file__).parent / "tables" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _by_name() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for row in _table()["document"]:
        wordings = [row["id"], row["zh"], row["en"], *_list(row.get("names"))]
        names.update({bare(str(w)): str(row["id"]) for w in wordings})
    return names


def _kind(row: Mapping[str, object]) -> DocumentKind:
    sections = row.get("sections")
    return DocumentKind(
        id=str(row["id"]),
        title=Bilingual(zh=str(row["zh"]), en=str(row["en"])),
        sections=tuple(_section(s, str(row["id"])) for s in sections)
        if isinstance(sections, list)
        else (),
        is_course=bool(row.get("course", False)),
        is_round=bool(row.get("round", False)),
        is_consent=bool(row.get("consent", False)),
        surgeon_signs=bool(row.get("surgeon_signs", False)),
        codes=tuple(str(c) for c in _list(row.get("codes"))),
    )


def _section(row: Mapping[str, str], document: str) -> RequiredSection:
    rows = [row, *_synonyms(row["id"], document)]
    headings = [r["headings"] for r in rows if r.get("headings")]
    instead = [r["instead"].replace("DATE", _DATE) for r in rows if r.get("instead")]
    return RequiredSection(
        id=row["id"],
        title=Bilingual(zh=row["zh"], en=row["en"]),
        headings=re.compile(f"(?:{'|'.join(headings)})" if headings else _NEVER),
        instead=re.compile("|".join(instead), re.IGNORECASE) if instead else None,
        part_of=row.get("part_of"),
        adults_only=bool(row.get("adults_only", False)),
    )


def _synonyms(section: str, document: str) -> list[Mapping[str, Any]]:
    """Further names of a section in a document."""
    return [
        row
        for row in _table("synonyms")["section"]
        if row["id"] == section and document in (_list(row.get("documents")) or [document])
    ]


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
