"""Side by side: what the cases of a trial say together, and what an engine says it serves."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.bootstrap.releases.comparison import compare_scores, compare_shadow, sign_test
from suwen.core.identity import BindingId, PrincipalId, ReleaseHash, TraceId
from suwen.inference.served import served_text
from suwen.storage.releases import GateResult
from suwen.storage.shadow_cases import ShadowCase

AT = datetime(2026, 3, 2, tzinfo=UTC)


def case(ours: tuple[int, int], theirs: tuple[int, int], failure: str | None = None) -> ShadowCase:
    """A run: sentences that hold, of all, on either side."""
    sides = {
        side: {"supported": good, "statements": all_of}
        for side, (good, all_of) in (("shadow", ours), ("shown", theirs))
    }
    counts: dict[str, Any] = {**sides, "same": 1}
    return ShadowCase(BindingId("b"), TraceId("t"), None, AT, failure, counts, took_ms=10.0)


def test_a_trial_is_better_where_a_greater_share_of_it_holds() -> None:
    cases = [
        case((3, 3), (2, 3)),
        case((1, 3), (2, 6)),
        case((0, 2), (1, 2)),
        case((2, 2), (0, 0)),
        case((0, 0), (0, 0), "engine_timeout"),
    ]
    told = compare_shadow(cases)
    assert (told.cases, told.answered.hits, told.failures) == (5, 4, {"engine_timeout": 1})
    assert (told.better, told.worse, told.p_value) == (1, 1, 1.0)
    assert (told.supported.hits, told.supported.of) == (6, 10)
    assert (told.shown.hits, told.shown.of) == (5, 11)
    low, high = told.supported.interval
    assert low < 0.6 < high
    nothing = compare_shadow([])
    assert (nothing.answered.value, nothing.median_ms, nothing.p_value) == (None, None, None)


@pytest.mark.parametrize(
    ("better", "worse", "expected"), [(0, 0, None), (5, 0, 0.0625), (9, 1, 0.0215), (3, 3, 1.0)]
)
def test_the_sign_test(better: int, worse: int, expected: float | None) -> None:
    found = sign_test(better, worse)
    assert found == (pytest.approx(expected, abs=1e-4) if expected is not None else None)


def result(suite: str, **scores: dict[str, float]) -> GateResult:
    return GateResult(
        ReleaseHash("r"), "e", "f", suite, "h", True, {**scores, "cases": 4}, AT, PrincipalId("p")
    )


def test_scores_stand_beside_each_other_even_where_one_is_missing() -> None:
    ours = {"own": result("own", supported={"value": 0.9, "needed": 0.8})}
    theirs = {
        "own": result("own", supported={"value": 0.95, "needed": 0.8}),
        "injection": result("injection", refused={"value": 1.0, "needed": 0.9}),
    }
    rows = compare_scores(ours, theirs)
    assert [(r.suite, r.score, r.ours, r.theirs, r.needed) for r in rows] == [
        ("injection", "refused", None, 1.0, 0.9),
        ("own", "supported", 0.9, 0.95, 0.8),
    ]
    assert rows[0].difference is None
    assert rows[1].difference == pytest.approx(-0.05)


def listed(**facts: object) -> bytes:
    return json.dumps({"data": [{"id": "other"}, {"id": "m", **facts}]}).encode()


def test_what_an_engine_serves_changes_with_its_weights_and_not_with_its_start() -> None:
    first = served_text(listed(created=1, root="/models/a", permission=[{"id": "x"}]), "m")
    assert first == served_text(listed(created=2, root="/models/a", permission=[]), "m")
    assert first != served_text(listed(created=1, root="/models/b"), "m")
    long = served_text(listed(meta={"n_params": 1, "note": "x" * 500}), "m")
    assert long is not None
    assert len(long) == 64


@pytest.mark.parametrize("body", [b"", b"[]", b'{"data": 1}', b'{"data": [1]}', listed()])
def test_what_says_nothing_of_the_model_teaches_nothing(body: bytes) -> None:
    assert served_text(body, "another") is None


def test_a_case_shows_no_text_in_its_name() -> None:
    told = repr(dataclasses.replace(case((1, 1), (1, 1)), content={"shadow": "secret"}))
    assert "secret" not in told
