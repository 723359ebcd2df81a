"""What changed between two Releases, and what each change asks for before a model goes on.

A change plan, a file of the application and itself a part of the Release, says beforehand what may
change, how far, without a new approval. Whatever it does not name asks for everything.

Source: the idea of a predetermined change control plan, FDA final guidance, December 2024 (from
memory): what is going to be modified, by which protocol, within which limits.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.release import ChangeClass

PLAN_FILE = "change_plan.toml"
PLAN_PART = "change_plan"

_RE_EVALUATED = ("knowledge:*", "engine.address", "engine.context_tokens")
"""Parts whose change alone asks for no new approval where the application is no device."""

_NEVER_LOWERED = ("change_plan", "manifest", "partition")
"""What no plan can let change without people: the plan, what the application is for, its law."""

_NEVER_UNMEASURED = ("code", "prompts", "rules", "guardrails", "decoding", "engine.*")
"""What no plan can let change without an evaluation, but for where an engine stands."""

_ADDRESS = "engine.address"
_WEIGHTS = "engine.weights"

_TITLES: Mapping[str, Bilingual] = {
    "code": Bilingual("程序", "the application's code"),
    "manifest": Bilingual("应用清单", "the manifest"),
    "prompts": Bilingual("提示词", "the prompts"),
    "rules": Bilingual("规则", "the rules"),
    "tables": Bilingual("应用的表", "the application's tables"),
    PLAN_PART: Bilingual("变更计划", "the change plan"),
    "partition": Bilingual("所在分区与所依法规", "the partition, or the law that decides it"),
    "platform": Bilingual("平台版本", "the platform's version"),
    "shared_tables": Bilingual("平台共用的临床表与语言表", "the platform's clinical tables"),
    "guardrails": Bilingual("护栏与核对", "the guardrails and checks"),
    "decoding": Bilingual("生成参数", "the decoding settings"),
    "engine.address": Bilingual("模型服务地址", "the engine's address"),
    "engine.capabilities": Bilingual("模型服务能力", "the engine's capabilities"),
    "engine.context_tokens": Bilingual("上下文窗口", "the context window"),
    "engine.model": Bilingual("模型名", "the model's name"),
    "engine.quantisation": Bilingual("量化方式", "the quantisation"),
    "engine.served": Bilingual("模型服务自报的模型", "what the engine says it serves"),
    "engine.weights": Bilingual("模型权重", "the model's weights"),
}
_KNOWLEDGE = Bilingual("知识库 {name} 的版本", "the edition of the collection {name}")
_TABLE = Bilingual("本院修改的表 {name}", "the hospital's table {name}")
_ROWS = Bilingual("本院修改的规则 {name}", "the hospital's rows of {name}")
_SHOWN = 12
"""Characters of a hash that people are shown."""


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One line of a change plan.

    Attributes:
        part: name of a part, or with ``*`` of several.
        asks_for: what such a change asks for instead of everything.
        most_drop: how far a share of the evaluation may fall below the one that people approved
            (0 to 1); ``None`` where the thresholds of the suite alone decide.
    """

    part: str
    asks_for: ChangeClass
    most_drop: float | None
    why: Bilingual


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What may change, how far, without people.

    Attributes:
        most_changes: how many changes may follow one another before people approve again.
    """

    allowed: tuple[PlannedChange, ...] = ()
    most_changes: int = 0

    def line_for(self, part: str) -> PlannedChange | None:
        """The first line that names a part."""
        return next((one for one in self.allowed if fnmatchcase(part, one.part)), None)


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part that differs; ``before`` or ``after`` is absent where the part is new or gone."""

    part: str
    before: str | None
    after: str | None
    asks_for: ChangeClass
    planned: PlannedChange | None

    @property
    def words(self) -> Bilingual:
        """The change in one plain sentence."""
        title = part_title(self.part)
        if self.before is None:
            return Bilingual(f"新增{title.zh}。", f"New: {title.en}.")
        if self.after is None:
            return Bilingual(f"不再有{title.zh}。", f"Gone: {title.en}.")
        if self.hashes is not None:
            # What a hash stands for cannot be read out of it; it is told beside, as a detail.
            return Bilingual(f"{title.zh}已更换。", f"Changed: {title.en}.")
        old, new = self.before or "—", self.after or "—"
        return Bilingual(
            f"{title.zh}由“{old}”变为“{new}”。", f"Changed: {title.en}, from “{old}” to “{new}”."
        )

    @property
    def hashes(self) -> tuple[str, str] | None:
        """The beginnings of the hashes before and after, empty where there was none; ``None`` for
        a part that is told by its value."""
        if not any(map(_is_hash, (self.before, self.after))):
            return None
        return (self.before or "")[:_SHOWN], (self.after or "")[:_SHOWN]


@dataclass(frozen=True, slots=True)
class Change:
    """Everything that differs between two Releases with their engines."""

    parts: tuple[PartChange, ...]

    @property
    def asks_for(self) -> ChangeClass:
        """The most that any part asks for; nothing where nothing differs."""
        return max((one.asks_for for one in self.parts), key=lambda c: c.rank, default=_NOTHING)

    @property
    def most_drop(self) -> float | None:
        """The strictest of the limits that the plan sets on the evaluation."""
        drops = [one.planned.most_drop for one in self.parts if one.planned is not None]
        return min((drop for drop in drops if drop is not None), default=None)


_NOTHING = ChangeClass.NONE


def part_title(part: str) -> Bilingual:
    """A part in words."""
    if part in _TITLES:
        return _TITLES[part]
    kind, _, name = part.partition(":")
    form = {"knowledge": _KNOWLEDGE, "table": _TABLE, "rules": _ROWS}.get(kind)
    if form is None:
        return Bilingual(part, part)
    return Bilingual(form.zh.format(name=name), form.en.format(name=name))


def change_between(
    before: Mapping[str, str],
    after: Mapping[str, str],
    plan: ChangePlan,
    *,
    device_grade: bool,
    changes_so_far: int = 0,
) -> Change:
    """What differs between two Releases with their engines, and what it asks for.

    Args:
        before: every part, as ``every_part`` gives them.
        plan: of the Release before; a change of the plan itself asks for everything.
        device_grade: whether nothing but the plan lowers what a change asks for.
        changes_so_far: how many changes followed one another since people approved.
    """
    names = sorted(n for n in {*before, *after} if before.get(n) != after.get(n))
    by_plan = changes_so_far < plan.most_changes and PLAN_PART not in names
    found = []
    for name in names:
        line = plan.line_for(name) if by_plan else None
        if name == _ADDRESS and not after.get(_WEIGHTS):
            # Nobody says which weights answer there: it may be another model.
            line = None
        asks = line.asks_for if line is not None else _unplanned(name, device_grade=device_grade)
        found.append(PartChange(name, before.get(name), after.get(name), asks, line))
    return Change(tuple(found))


def _unplanned(part: str, *, device_grade: bool) -> ChangeClass:
    if not device_grade and any(fnmatchcase(part, one) for one in _RE_EVALUATED):
        return ChangeClass.RE_EVALUATE
    return ChangeClass.RE_APPROVE


@cache
def plan_of(folder: Path) -> ChangePlan:
    """The change plan of an application's folder; an empty one where there is none.

    Raises:
        ConfigurationError: ``change_plan_wrong`` with the line at fault.
    """
    file = folder / PLAN_FILE
    if not file.is_file():
        return ChangePlan()
    try:
        content = tomllib.loads(file.read_text("utf-8"))
        lines = tuple(_line(row) for row in content.get("allowed", ()))
        plan = ChangePlan(lines, int(content["most_changes"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise _wrong(folder.name, f"{type(error).__name__}: {error}") from None
    _check(folder.name, plan)
    return plan


def _line(row: Mapping[str, Any]) -> PlannedChange:
    drop = row.get("most_drop")
    return PlannedChange(
        part=str(row["part"]),
        asks_for=ChangeClass(row["asks_for"]),
        most_drop=float(drop) if drop is not None else None,
        why=Bilingual(row["why"]["zh"], row["why"]["en"]),
    )


def _check(app: str, plan: ChangePlan) -> None:
    if plan.most_changes < 1:
        raise _wrong(app, "most_changes < 1")
    for line in plan.allowed:
        if line.most_drop is not None and not 0 <= line.most_drop < 1:
            raise _wrong(app, f"{line.part}: most_drop")
        if line.asks_for is ChangeClass.RE_APPROVE or _overlaps(line.part, _NEVER_LOWERED):
            raise _wrong(app, f"{line.part}: asks_for")
        unmeasured = line.asks_for is ChangeClass.NONE and line.part != _ADDRESS
        if unmeasured and _overlaps(line.part, _NEVER_UNMEASURED):
            raise _wrong(app, f"{line.part}: asks_for")


def _overlaps(pattern: str, names: Iterable[str]) -> bool:
    """Whether a pattern of a plan could name one of these."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(pattern, name) for name in names)


def _wrong(app: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        "change_plan_wrong",
        Bilingual(
            f"应用 {app} 的变更计划有误：{what}。",
            f"The change plan of {app} is wrong: {what}.",
        ),
        detail={"app": app},
    )


def _is_hash(value: str | None) -> bool:
    return value is not None and len(value) == 64 and set(value) <= set("0123456789abcdef")
