"""``suwen conformance`` as a gate: its exit status follows the worst grade and what is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from suwen.bootstrap.conformance.grading import Conformance, Grade, Graded, Property
from suwen.cli.commands import conformance
from suwen.core.language import Bilingual
from tests.support.command_line import Terminal


@pytest.mark.parametrize(
    ("grades", "least", "status"),
    [
        ((Grade.A, Grade.A), None, 0),
        ((Grade.A, Grade.B), None, 0),
        ((Grade.A, None), None, 0),
        ((Grade.B, Grade.A), "A", 1),
        ((Grade.A, Grade.C), None, 1),
        ((Grade.A, Grade.C), "C", 0),
        ((Grade.F, Grade.A), None, 1),
        ((Grade.F, Grade.A), "C", 1),
        # Nothing that applies proves nothing.
        ((None, None), None, 1),
    ],
)
def test_the_exit_status_is_a_gate(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    grades: tuple[Grade | None, ...],
    least: str | None,
    status: int,
) -> None:
    what = Bilingual("试验", "tried")
    graded = [
        Graded(one, grade, what)
        for one, grade in zip((Property.AUDIT, Property.CLOCKS), grades, strict=True)
    ]

    async def examined(_url: str | None, wanted: list[Property]) -> Conformance:
        assert set(wanted) == {Property.AUDIT, Property.CLOCKS}
        return Conformance(datetime.now(UTC), tuple(graded))

    monkeypatch.setattr(conformance, "_examine", examined)
    wish = ("--only", "audit", "--only", "clocks", *(("--least", least) if least else ()))
    ended = Terminal(tmp_path / "home", tmp_path).run("--json", "conformance", *wish)
    assert ended.status == status
    assert [one["property"] for one in ended.json["properties"]] == ["audit", "clocks"]
