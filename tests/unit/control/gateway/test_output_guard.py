"""What is not in the run's own material does not leave, and what is does."""

from __future__ import annotations

import pytest

from suwen.control.gateway.output_guard import guard
from suwen.control.gateway.run_state import Run
from suwen.control.gateway.run_types import RunOptions
from suwen.core.document import Draft
from suwen.core.errors import GuardrailError
from suwen.core.identity import AppId, TraceId, batch_principal

NUMBER = "110101199003074578"


def _run(query: str) -> Run:
    principal = batch_principal(None)
    return Run(TraceId("t"), principal, AppId("a"), {"query": query}, RunOptions())


def test_a_number_that_nobody_gave_holds_everything_back() -> None:
    draft = Draft(None, result={"passages": [{"text": f"身份证 {NUMBER}"}]})
    with pytest.raises(GuardrailError, match="foreign_identifier"):
        guard(draft, _run("whose is it"))


def test_a_number_that_was_given_passes() -> None:
    draft = Draft(None, result={"passages": [{"text": f"身份证 {NUMBER}"}]})
    assert guard(draft, _run(f"身份证 {NUMBER}")).draft is draft


def test_texts_that_only_stand_side_by_side_are_not_read_as_one() -> None:
    draft = Draft(None, result={"labels": ["核对姓名", "张建国主任制定"], "住院号": "A1234567"})
    assert guard(draft, _run("q")).draft is draft
