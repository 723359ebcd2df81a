"""The suites that there are: ours, as data beside this module, and those that a hospital wrote."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from suwen.core.language import Bilingual
from suwen.evaluation.suites.making import MAKERS, Making
from suwen.evaluation.suites.model import (
    Decoding,
    Scorer,
    Suite,
    Threshold,
    unknown_suite,
)

DATA: Final = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class SuiteTitle:
    """A suite in a list, before its cases are made.

    Attributes:
        needs_data: whether it reads published sets out of the hospital's own copy.
    """

    id: str
    title: Bilingual
    uncovered: Bilingual
    public: bool
    needs_data: bool


@dataclass(frozen=True, slots=True)
class SuiteChoice:
    """What may be chosen of a suite when it is run; absent is the suite's own.

    Attributes:
        sample: cases of each public set.
        data: folder of the public sets.
        sets: of the public sets.
        seed: of samples, arrangements and made-up values.
    """

    seed: int = 0
    sample: int | None = None
    data: Path | None = None
    sets: Sequence[str] = ()


def shipped_suites() -> list[SuiteTitle]:
    """The suites that we ship, by id."""
    found = []
    for file in sorted(DATA.glob("*/suite.toml")):
        body = _body(file.parent)
        head = body["suite"]
        found.append(
            SuiteTitle(
                head["id"],
                _bilingual(head, "title"),
                _bilingual(head, "uncovered"),
                bool(head["public"]),
                "sets" in body.get("options", {}),
            )
        )
    return found


def read_suite(name: str, choice: SuiteChoice) -> Suite:
    """A suite that we ship, with its cases.

    Raises:
        NotFoundError: ``no_such_suite``.
        InputError: whatever a public set refuses; ``data_folder_needed``.
    """
    known = [one.id for one in shipped_suites()]
    if name not in known:
        raise unknown_suite(name, known)
    folder = DATA / name
    body = _body(folder)
    head = body["suite"]
    making = Making(
        folder, body.get("options", {}), choice.seed, choice.sample, choice.data, choice.sets
    )
    cases = tuple(MAKERS[head["make"]](making))
    return Suite(
        id=head["id"],
        title=_bilingual(head, "title"),
        kind=head["kind"],
        scorer=Scorer(head["scorer"]),
        cases=cases,
        thresholds=thresholds_of(body.get("gate", {})),
        decoding=Decoding(**body["decoding"], seed=choice.seed),
        public=bool(head["public"]),
        fewest=int(head["fewest"]),
        uncovered=_bilingual(head, "uncovered"),
    )


def thresholds_of(gate: Mapping[str, Mapping[str, float]]) -> tuple[Threshold, ...]:
    """The thresholds as a suite's file states them."""
    return tuple(Threshold(name, **bounds) for name, bounds in gate.items())


def _body(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "suite.toml").read_text("utf-8"))


def _bilingual(head: Mapping[str, Any], name: str) -> Bilingual:
    return Bilingual(zh=head[f"{name}_zh"], en=head[f"{name}_en"])
