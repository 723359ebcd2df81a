"""An answer on the screen: numbered sources, both sides of a difference, nothing that is closed."""

from __future__ import annotations

from typing import Any

from suwen.core.knowledge import Passage
from suwen.core.language import Language
from suwen.web.texts import Texts
from suwen.web.views.answer import Cards, answer_view, verified_sentence
from tests.unit.web.library_values import passage

ZH = Texts(Language.ZH)
FIRST, SECOND, TABLE = (passage(n) for n in range(3))
CASE = passage(0, id="typical_cases/c1#0", collection="typical_cases", document_id="c1")


def quote(of: Passage, text: str) -> dict[str, Any]:
    start = of.start + of.text.index(text)
    return {"passage_id": of.id, "start": start, "end": start + len(text), "text": text}


def sentence(text: str, *quotes: dict[str, Any], **more: Any) -> dict[str, Any]:
    cited = [q["passage_id"] for q in quotes]
    told = {"text": text, "citations": cited, "quotes": list(quotes), "supported": bool(quotes)}
    return {**told, "reason": None, "origin": "rule", **more}


def finding(rule: str, text: str, *about: Passage) -> dict[str, Any]:
    evidence = [{"kind": "passage", "reference": p.id, "quote": ""} for p in about]
    return {
        "rule": rule,
        "severity": "info",
        "message_zh": text,
        "message_en": text,
        "evidence": evidence,
    }


def content(**changes: Any) -> dict[str, Any]:
    """What a run kept; ``changes`` are of its result."""
    result = {
        "answer": [
            sentence("疗程 5 至 7 天。", quote(SECOND, "疗程 5 至 7 天。")),
            sentence("评分 2 分者住院。", quote(FIRST, "评分 2 分者住院。")),
        ],
        "passages": [{"passage_id": p.id} for p in (FIRST, SECOND, TABLE)],
        "conflicts": [],
        "similar_cases": [],
        "follow_up": ["还有什么？"],
        "findings": [],
        **changes,
    }
    return {
        "result": result,
        "limits": [{"zh": "局限", "en": "limit"}],
        "model": "skipped",
        "model_reason": {"zh": "没有端点。", "en": "No endpoint."},
    }


def seen(*passages: Passage) -> dict[str, Passage]:
    return {p.id: p for p in passages}


ALL = seen(FIRST, SECOND, TABLE, CASE)


def test_sources_are_numbered_in_the_order_of_their_use() -> None:
    view = answer_view(content(), ALL, ZH)
    assert [s.numbers for s in view.sentences] == [(1,), (2,)]
    assert [(c.number, c.id) for c in view.cited] == [(1, SECOND.id), (2, FIRST.id)]
    assert [(c.number, c.id, c.cited) for c in view.others] == [(3, TABLE.id, False)]
    marked = [part.text for part in view.cited[1].parts if part.marked]
    assert marked == ["评分 2 分者住院。"]
    assert (view.abstained, view.withheld, view.unsupported) == (False, 0, 0)
    assert (view.by_model, view.limits) == (False, ("局限",))


def test_a_sentence_without_source_is_kept_and_counted() -> None:
    alone = sentence("肝功能异常者慎用。", reason="no_evidence", origin="model")
    view = answer_view(content(answer=[alone]), ALL, ZH)
    assert [(s.numbers, s.supported, s.reason) for s in view.sentences] == [((), False, "没有依据")]
    assert (view.unsupported, view.by_model) == (1, True)


def test_no_answer_shows_the_nearest_passages() -> None:
    view = answer_view(content(answer=None), ALL, ZH)
    assert view.abstained
    assert [c.id for c in view.others] == [FIRST.id, SECOND.id, TABLE.id]


def test_what_is_closed_by_now_leaves_nothing_behind() -> None:
    conflict = {
        "kind": "number",
        "sides": [quote(FIRST, "评分 2 分者住院。"), quote(SECOND, "疗程 5 至 7 天。")],
    }
    kept = content(
        conflicts=[conflict],
        similar_cases=[{"passage_id": CASE.id, "title": "病例", "text": "▇▇"}],
        answer=[*content()["result"]["answer"], sentence("评分无出处。", origin="model")],
        findings=[
            finding("ES-01", "《甲》已过期", FIRST),
            finding("ES-01", "《乙》已过期", SECOND),
            finding("ES-05", "所引资料：《甲》", *()),
        ],
    )
    whole = answer_view(kept, ALL, ZH)
    assert (len(whole.conflicts), len(whole.cases), len(whole.notes)) == (1, 1, 3)
    assert whole.follow_ups == ("还有什么？",)
    closed = answer_view(kept, seen(SECOND), ZH)
    assert [s.text for s in closed.sentences] == ["疗程 5 至 7 天。"]
    assert (closed.conflicts, closed.cases, closed.follow_ups) == ((), (), ())
    assert [note.text for note in closed.notes] == ["《乙》已过期"]
    assert closed.withheld == 1
    assert "评分" not in repr(closed)


def test_differing_sources_stand_side_by_side() -> None:
    sides = [quote(FIRST, "评分 2 分者住院。"), quote(SECOND, "疗程 5 至 7 天。")]
    conflict = {"kind": "advice", "sides": sides}
    [shown] = answer_view(content(conflicts=[conflict]), ALL, ZH).conflicts
    assert shown.kind == "advice"
    assert [side.text for side in shown.sides] == [q["text"] for q in sides]
    assert all(side.card.standing.issuer for side in shown.sides)


def test_conflicts_and_not_found_are_said_in_their_own_place() -> None:
    findings = [finding("ES-02", "不一致", FIRST), finding("ES-04", "没有找到")]
    assert answer_view(content(findings=findings), ALL, ZH).notes == ()


def test_a_growing_answer_marks_what_was_not_confirmed() -> None:
    cards = Cards(ALL, ZH)
    evidence = [{"kind": "passage", "reference": FIRST.id, "quote": "评分 2 分者住院。"}]
    held = {"text": "住院。", "supported": True, "reason": None, "evidence": evidence}
    fell = {"text": "出院。", "supported": False, "reason": "number", "evidence": evidence}
    bare = {"text": "观察。", "supported": True, "reason": None, "evidence": []}
    told = (verified_sentence(one, cards, ZH, hidden=False) for one in (held, fell, bare))
    shown = [one for one in told if one is not None]
    assert [(s.numbers, s.supported) for s in shown] == [((1,), True), ((1,), False), ((), False)]
    assert shown[1].reason == "数值不符"
    fewer = Cards(seen(SECOND), ZH)
    assert verified_sentence(held, fewer, ZH, hidden=True) is None
    assert verified_sentence(bare, fewer, ZH, hidden=True) is None
