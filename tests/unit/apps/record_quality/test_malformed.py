"""A malformed stay is a precise error or says what was not checked, and never passes silently."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.apps.record_quality.app import APP
from suwen.core.errors import InputError
from tests.evaluation.corrupted_records.build import build_half
from tests.unit.apps.record_quality.malformed import malformed

# In a stay of six days a round of the chief physician is not due yet.
_MAY_LACK = ("日常病程记录", "主任医师查房记录")


def _check(request: dict[str, Any]) -> str:
    try:
        parsed = APP.parse(request)
        result: Any = APP.output(APP.core(parsed, None, ()).draft)
    except InputError as error:
        assert error.field and error.safe_message.zh and error.safe_message.en
        return "error"
    texts = {d["id"]: d["text"] for d in request["documents"]}
    for finding in result["findings"]:
        if finding["span"] is not None:
            start, end = finding["span"]["start"], finding["span"]["end"]
            assert 0 <= start <= end <= len(texts[finding["document_id"]])
    assert 0 <= result["score"] <= 100
    return "told" if result["findings"] else "silent"


def _is_harmless(request: dict[str, Any], sound: dict[str, Any]) -> bool:
    """Whether what is judged is as it was, but for what a stay may lack: a daily note, a signer
    who signed in the text too, a result or interval that was taken out whole."""
    parsed, whole = APP.parse(request), APP.parse(sound)
    if parsed.documents is None or whole.documents is None:
        return False
    left = [(d.text, d.document_type, d.written_at) for d in whole.documents]
    for document in parsed.documents:
        told = (document.text, document.document_type, document.written_at)
        if told not in left:
            return False
        left.remove(told)
    return all(name in _MAY_LACK for _, name, _ in left)


def _run(count: int) -> dict[str, int]:
    sound = next(i.request for i in build_half("first") if not i.defects)
    told = {"error": 0, "told": 0, "silent": 0}
    for request in malformed(sound, count):
        how = _check(request)
        told[how] += 1
        if how == "silent":
            assert _is_harmless(request, sound), request
    return told


def test_two_hundred_malformed_stays() -> None:
    told = _run(200)
    assert told["error"] > 60 and told["told"] > 15


@pytest.mark.soak
def test_five_thousand_malformed_stays() -> None:
    told = _run(5000)
    assert told["error"] > 1500 and told["told"] > 300
