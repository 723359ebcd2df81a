"""What a quality finding rests on, as people know it: the document by name, time and author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from suwen.web import formats
from suwen.web.texts import Texts

_EVENT = "event/"


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One piece of evidence: where it stands, and the words."""

    where: str
    quote: str


class Papers:
    """The documents that were judged together.

    Args:
        judged: as record_quality's result lists them, by id.
    """

    def __init__(self, judged: Mapping[str, Mapping[str, Any]], texts: Texts, zone: tzinfo) -> None:
        self._judged = judged
        self._texts = texts
        self._zone = zone

    def name(self, reference: str | None) -> str:
        """Name, time and author of a document; empty for what is none of them."""
        paper = self._judged.get(reference or "")
        if paper is None:
            return ""
        title = paper.get(f"title_{self._texts.language.value}") or paper.get("document_type")
        parts = (title, self._moment(paper.get("written_at")), paper.get("author"))
        return " · ".join(str(part) for part in parts if part)

    def row(self, evidence: Mapping[str, Any]) -> EvidenceRow:
        """One piece of evidence of a finding."""
        texts, quote = self._texts, str(evidence.get("quote") or "")
        reference = str(evidence["reference"]).partition("#")[0]
        if evidence.get("kind") == "rule":
            # The rule's words are in the finding itself, in both languages.
            return EvidenceRow(f"{texts('kind.rule')} {reference}", "")
        if reference.startswith(_EVENT):
            event = texts.coded("quality_event", reference.removeprefix(_EVENT))
            return EvidenceRow(event, self._moment(quote) or quote)
        known = self.name(reference)
        return EvidenceRow(known or texts.coded("kind", reference.partition("/")[0]), quote)

    def _moment(self, text: object) -> str:
        try:
            return formats.moment(datetime.fromisoformat(str(text)), self._zone)
        except ValueError:
            return ""
