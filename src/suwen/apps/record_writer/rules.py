"""Deterministic findings; each with its source. They inform the physician and block nothing."""

from __future__ import annotations

from suwen.apps.record_writer.visit import Visit
from suwen.core.document import Document
from suwen.core.finding import Finding


def findings_of(visit: Visit, document: Document) -> tuple[Finding, ...]:
    """What the rules noticed in the record and in the document."""
    return ()
