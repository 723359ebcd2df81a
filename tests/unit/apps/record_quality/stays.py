"""Small stays for the tests of single rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from suwen.apps.record_quality.app import APP

ADMISSION, FIRST, DAILY = "入院记录", "首次病程记录", "日常病程记录"
ROUND, DISCHARGE, OPERATION = "主治医师查房记录", "出院记录", "手术记录"

ADMITTED = {"admission": "2026-03-02T09:00"}
OPERATED = {**ADMITTED, "surgery_end": "2026-03-04T15:00"}
LEFT = {**OPERATED, "discharge": "2026-03-10T10:00"}


def told(
    *documents: tuple[str, str] | tuple[str, str, str],
    sex: str = "male",
    age: int = 40,
    events: Mapping[str, str] = ADMITTED,
) -> dict[str, list[str]]:
    """What the rules tell as contradiction: rule to the quotes. A document is its kind, its text
    and, where it is not the 3rd of March at 9, when it was written."""
    request: dict[str, Any] = {
        "encounter": {
            "patient": {"name": "周一鸣", "sex": sex, "age_y": age},
            "events": [{"type": t, "at": f"{at}:00+08:00"} for t, at in events.items()],
        },
        "documents": [_document(n, document) for n, document in enumerate(documents)],
    }
    found: dict[str, list[str]] = {}
    for finding in APP.output(APP.core(APP.parse(request), None, ()).draft)["findings"]:
        if finding["kind"] == "contradiction":
            found.setdefault(finding["rule"], []).append(finding["quote"])
    return found


def _document(number: int, document: Sequence[str]) -> dict[str, str]:
    kind, text, *written = document
    at = written[0] if written else "2026-03-03T09:00"
    return {
        "id": f"d{number}",
        "document_type": kind,
        "text": text,
        "written_at": f"{at}:00+08:00",
    }
