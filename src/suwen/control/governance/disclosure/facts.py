"""Every fact of a sheet, out of manifest, register, Release, evaluations and monitoring.

Nothing is invented: a fact that none of them states is there without a value.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

from suwen.control.governance.answerability import WORDS, Answering
from suwen.control.governance.disclosure import wording
from suwen.control.governance.disclosure.sheet import Fact, Readers, SectionKey
from suwen.control.governance.register import RegisterRow
from suwen.control.governance.risk.deciding import Decision
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One engine that the model part may ask: its model, its name here, and where it stands."""

    name: str
    engine: str
    state: Bilingual


@dataclass(frozen=True, slots=True)
class EvaluationFacts:
    """One evaluation that ended.

    Attributes:
        figures: the main figures with interval and count.
        passed: ``None`` for a suite without a gate.
        equity: whether it asks if the same patient of another group gets the same answer.
        public: whether its cases are published, so that a model may have seen them.
    """

    suite: str
    engine: str
    ended_on: date
    cases: int
    figures: tuple[str, ...]
    passed: bool | None
    equity: bool
    public: bool


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """One change in plain words."""

    on: date
    words: Bilingual


@dataclass(frozen=True, slots=True)
class SheetInputs:
    """What a sheet is made of.

    Attributes:
        manifest: absent for a system that is not ours.
        release: hash of what runs.
        planned: what may change without people, in plain words.
        counted_until: the last day that monitoring has counted; ``None`` before the first.
        incidents: how many were reported about the system.
        training_months: how long a training counts; ``None`` where none is asked for.
    """

    row: RegisterRow
    manifest: Manifest | None
    release: str | None
    models: Sequence[ModelFacts]
    evaluations: Sequence[EvaluationFacts]
    answering: Sequence[Answering]
    changes: Sequence[ChangeFacts]
    planned: Sequence[Bilingual]
    counted_until: date | None
    incidents: int
    training_months: int | None


_READERS: Final = {
    "all": frozenset(Readers),
    "staff_public": frozenset({Readers.STAFF, Readers.PUBLIC}),
    "staff": frozenset({Readers.STAFF}),
}

Values = Mapping[str, tuple[Bilingual, ...]]


def facts_of(inputs: SheetInputs) -> tuple[Fact, ...]:
    """Every fact that a sheet may tell, the missing ones without a value, in their order."""
    row, manifest = inputs.row, inputs.manifest
    found: dict[str, tuple[Bilingual, ...]] = {name: (text,) for name, text in row.texts.items()}
    if manifest is not None:
        found |= wording.of_manifest(manifest)
        found |= wording.of_platform(manifest)
    found |= {"hazards": _lines(row.texts.get("hazards"))}
    found |= {"stage": _stage(row.texts.get("stage")), "users": _users(row, manifest)}
    found |= {"developer": found.get("supplier", ())}
    found |= _of_release(inputs)
    found |= _measured(inputs)
    found |= {f"class_{law.value}": _class(one) for law, one in row.decisions.items()}
    found |= _answering(inputs.answering)
    return tuple(_fact(one, found, row, manifest) for one in _described())


@cache
def _described() -> tuple[Mapping[str, Any], ...]:
    text = (files(__package__) / "data" / "facts.toml").read_text("utf-8")
    return tuple(tomllib.loads(text)["facts"])


def _fact(
    one: Mapping[str, Any], found: Values, row: RegisterRow, manifest: Manifest | None
) -> Fact:
    key, origin = one["key"], one["stated_in"]
    if origin == "register" and manifest is not None and key in row.texts:
        origin = "register" if key in row.written else "manifest"
    return Fact(
        key=key,
        section=SectionKey(one["section"]),
        label=Bilingual(one["zh"], one["en"]),
        values=found.get(key, ()),
        origin=wording.ORIGINS[origin],
        readers=_READERS[one["readers"]],
    )


def _of_release(inputs: SheetInputs) -> Values:
    names = dict.fromkeys(one.name for one in inputs.models)
    version = () if inputs.release is None else (_same(inputs.release[:12]),)
    return {
        "version": version,
        "models": tuple(_same(name) for name in names) or (wording.NO_MODEL,),
        "engines": tuple(
            Bilingual(
                f"{one.engine}：{one.name}（{one.state.zh}）",
                f"{one.engine}: {one.name} ({one.state.en})",
            )
            for one in inputs.models
        )
        or (wording.NO_MODEL,),
        "change_plan": tuple(inputs.planned) or (wording.NO_PLAN,),
        "changes": tuple(
            Bilingual(
                f"{one.on.isoformat()} {one.words.zh}", f"{one.on.isoformat()} {one.words.en}"
            )
            for one in inputs.changes
        ),
        "training": (wording.training(inputs.training_months),),
    }


def _measured(inputs: SheetInputs) -> Values:
    told = {True: [], False: []}  # type: dict[bool, list[Bilingual]]
    for one in inputs.evaluations:
        told[one.equity].append(_evaluation(one))
    watched = () if inputs.counted_until is None else (wording.watched(inputs.counted_until),)
    fair = () if inputs.counted_until is None else (wording.FAIRNESS_WATCHED,)
    return {
        "evaluations": tuple(told[False]),
        "equity": tuple(told[True]),
        "monitoring": watched,
        "fairness_monitoring": fair,
        "incidents": (wording.incidents(inputs.incidents),),
    }


def _evaluation(one: EvaluationFacts) -> Bilingual:
    gate = wording.GATE[one.passed]
    known = wording.PUBLIC_SET if one.public else Bilingual("", "")
    figures = "; ".join(one.figures)
    on = one.ended_on.isoformat()
    return Bilingual(
        f"{on} {one.suite}（{one.engine}，{one.cases} 例）：{figures}；{gate.zh}{known.zh}",
        f"{on} {one.suite} ({one.engine}, {one.cases} cases): {figures}; {gate.en}{known.en}",
    )


def _class(decision: Decision) -> tuple[Bilingual, ...]:
    """The class in one law with its rule and source; missing where answers are missing."""
    if decision.source is None:
        return ()
    named = f" {decision.device_class}" if decision.device_class is not None else ""
    rule, said, dated = decision.rule, decision.source.said, decision.source.dated
    return (
        Bilingual(
            f"{decision.words.zh}{named}（{rule}，{said.zh}，{dated}）",
            f"{decision.words.en}{named} ({rule}, {said.en}, {dated})",
        ),
    )


def _answering(found: Sequence[Answering]) -> Values:
    """Duties with the office that has them, and for staff with names; gaps are told as gaps."""
    return {
        "answering": tuple(wording.duty(WORDS[one.duty], one, by_name=False) for one in found),
        "answering_persons": tuple(
            wording.duty(WORDS[one.duty], one, by_name=True) for one in found
        ),
    }


def _stage(text: Bilingual | None) -> tuple[Bilingual, ...]:
    return () if text is None else (wording.STAGES.get(text.en, text),)


def _users(row: RegisterRow, manifest: Manifest | None) -> tuple[Bilingual, ...]:
    if manifest is None or "users" in row.written:
        found = row.texts.get("users")
        return () if found is None else (found,)
    return tuple(wording.role(one.value) for one in sorted(manifest.roles))


def _lines(text: Bilingual | None) -> tuple[Bilingual, ...]:
    """A text of several lines as several values; both languages have as many lines."""
    if text is None:
        return ()
    zh, en = text.zh.splitlines(), text.en.splitlines()
    if len(zh) != len(en):
        return (text,)
    return tuple(Bilingual(a, b) for a, b in zip(zh, en, strict=True) if a.strip())


def _same(text: str) -> Bilingual:
    return Bilingual(text, text)
