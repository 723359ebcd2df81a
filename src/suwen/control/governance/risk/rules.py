"""The rules by version: a change of law is a new version beside the earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from suwen.control.governance.risk.questions import bilingual, read_data
from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual

_PREFIX = "rules-"


class Jurisdiction(StrEnum):
    """Whose law decides."""

    US = "us"
    EU = "eu"
    CN = "cn"


class RiskStatus(StrEnum):
    """What a function is in a law."""

    DEVICE = "device"
    NON_DEVICE = "non_device"
    UNDETERMINED = "undetermined"


class Certainty(StrEnum):
    """How surely the law says so."""

    CLEAR = "clear"
    LIKELY = "likely"
    AMBIGUOUS = "ambiguous"
    UNCLEAR = "unclear"


class RuleConfidence(StrEnum):
    """How well the source of a rule is known."""

    VERIFIED = "verified"
    FROM_MEMORY = "from_memory"
    INFERRED = "inferred"


@dataclass(frozen=True, slots=True)
class LawSource:
    """Where a rule comes from.

    Attributes:
        title: the law, guidance or study, as it is cited; it tells sources apart.
        said: how people read of it.
        dated: year, month or day of its publication, ISO 8601.
        confidence: how well it is known; ``inferred`` is our reading, no legal advice.
    """

    title: str
    dated: str
    confidence: RuleConfidence
    said: Bilingual


@dataclass(frozen=True, slots=True)
class RiskRule:
    """One rule of a jurisdiction.

    Attributes:
        id: for example ``us.diagnosis``.
        when: answers that it needs, by question; any of the named ones.
        words: the class in words.
        trigger: what would change the class, or the duty that comes with it; may be absent.
        device_class: class of the device where the rule names it, for example ``III``.
        class_by_harm: whether the class follows the worst harm (MDR Annex VIII, rule 11).
    """

    id: str
    jurisdiction: Jurisdiction
    when: Mapping[str, frozenset[str]]
    status: RiskStatus
    certainty: Certainty
    words: Bilingual
    trigger: Bilingual | None
    device_class: str | None
    class_by_harm: bool
    source: LawSource


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules as they stand in one version.

    Attributes:
        version: year and month, for example ``2026-01``.
        in_force: first day on which it decides.
        note: what it is, or what changed.
        rules: in each jurisdiction the first that applies decides.
    """

    version: str
    in_force: date
    note: Bilingual
    rules: tuple[RiskRule, ...]

    def of(self, jurisdiction: Jurisdiction) -> tuple[RiskRule, ...]:
        """The rules of one jurisdiction in their order."""
        return tuple(rule for rule in self.rules if rule.jurisdiction is jurisdiction)


@cache
def versions() -> tuple[str, ...]:
    """All versions, oldest first."""
    names = (f.name for f in files(__package__).joinpath("data").iterdir())
    return tuple(
        sorted(
            name.removeprefix(_PREFIX).removesuffix(".toml")
            for name in names
            if name.startswith(_PREFIX)
        )
    )


@cache
def rule_set(version: str | None = None) -> RuleSet:
    """The rules of a version, the newest by default.

    Raises:
        NotFoundError: ``no_such_rule_version``.
    """
    wanted = versions()[-1] if version is None else version
    if wanted not in versions():
        known = ", ".join(versions())
        raise NotFoundError(
            "no_such_rule_version",
            Bilingual(
                f"没有这个规则版本；有：{known}。", f"No such rule version; there are: {known}."
            ),
        )
    content = read_data(f"{_PREFIX}{wanted}")
    earlier = content.get("follows")
    sources = {name: _source(row) for name, row in content["sources"].items()}
    kept = () if earlier is None else _kept(rule_set(earlier), content, sources)
    own = tuple(_rule(row, sources) for row in content.get("rule", ()))
    # A changed law goes first: the first rule that applies decides.
    return RuleSet(wanted, content["in_force"], bilingual(content["note"]), (*own, *kept))


def _kept(
    earlier: RuleSet, content: Mapping[str, Any], sources: Mapping[str, LawSource]
) -> tuple[RiskRule, ...]:
    """The earlier rules that stay, with what is now their source."""
    ended = {*content.get("ended", ()), *(row["id"] for row in content.get("rule", ()))}
    newer = {source.title: source for source in sources.values()}
    return tuple(
        replace(rule, source=newer.get(rule.source.title, rule.source))
        for rule in earlier.rules
        if rule.id not in ended
    )


def _source(row: Mapping[str, str]) -> LawSource:
    said = Bilingual(zh=row["zh"], en=row["title"])
    return LawSource(row["title"], row["dated"], RuleConfidence(row["confidence"]), said)


def _rule(row: Mapping[str, Any], sources: Mapping[str, LawSource]) -> RiskRule:
    trigger = row.get("trigger")
    return RiskRule(
        id=row["id"],
        jurisdiction=Jurisdiction(row["jurisdiction"]),
        when={name: frozenset(options) for name, options in row["when"].items()},
        status=RiskStatus(row["status"]),
        certainty=Certainty(row.get("certainty", "clear")),
        words=bilingual(row["words"]),
        trigger=None if trigger is None else bilingual(trigger),
        device_class=row.get("class"),
        class_by_harm=row.get("class_by_harm", False),
        source=sources[row["source"]],
    )
