"""The door of ``suwen guard check``: one message in, what the guard says to it out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suwen.control.guardrails.screen import Reason, TextOrigin, screen
from suwen.core.audience import Audience
from suwen.core.errors import InputError
from suwen.core.language import Bilingual

KNOWN = frozenset({"id", "text", "context"})


def guard_line(line: Mapping[str, Any], audience: Audience, channel: TextOrigin) -> dict[str, Any]:
    """Looks at the message of one line.

    Raises:
        InputError: ``field_missing``, ``field_unknown`` or ``field_wrong`` with the field at fault.
    """
    for name in line:
        if name not in KNOWN:
            raise _wrong("field_unknown", name, "没有这个字段", "is not a field of this form")
    text = line.get("text")
    if not isinstance(text, str):
        raise _wrong("field_missing", "text", "须为文本", "must be a text")
    verdict = screen(text, _context(line.get("context")), audience, channel)
    return {
        "id": line.get("id"),
        "verdict": verdict.outcome.value,
        "reasons": [_as_json(reason) for reason in verdict.reasons],
    }


def _context(context: object) -> list[str]:
    """Earlier messages: texts, or turns with a role of which the machine's own are left out."""
    if context is None:
        return []
    if isinstance(context, str):
        return [context]
    if not isinstance(context, list):
        raise _wrong("field_wrong", "context", "须为列表", "must be a list")
    found = []
    for number, turn in enumerate(context):
        text = turn
        if isinstance(turn, Mapping):
            if turn.get("role") in ("assistant", "system"):
                continue
            text = turn.get("text", turn.get("content"))
        if not isinstance(text, str):
            place = f"context[{number}]"
            raise _wrong("field_wrong", place, "须为文本", "must be a text or have one")
        found.append(text)
    return found


def _as_json(reason: Reason) -> dict[str, Any]:
    form: dict[str, Any] = {"rule": reason.rule}
    if reason.span is not None:
        form["span"] = {"start": reason.span.start, "end": reason.span.end}
    if reason.score is not None:
        form["score"] = reason.score
    return form


def _wrong(code: str, field: str, zh: str, en: str) -> InputError:
    return InputError(code, Bilingual(zh=f"{field}：{zh}。", en=f"{field} {en}."), field=field)
