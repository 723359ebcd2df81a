"""Deciding the class of a function, and what a new version of the law changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from suwen.control.governance.risk.questions import Answers, questions
from suwen.control.governance.risk.rules import (
    Certainty,
    Jurisdiction,
    LawSource,
    RiskRule,
    RiskStatus,
    RuleSet,
)
from suwen.core.language import Bilingual

_CLASS_BY_HARM = {"minor": "IIa", "serious": "IIb", "irreversible": "III"}
"""Regulation (EU) 2017/745, Annex VIII, rule 11; from memory."""

_NOT_ANSWERED = Bilingual("无法判定：有问题未回答", "Undetermined: questions are not answered")
_NO_RULE = Bilingual("无法判定：没有适用的规则", "Undetermined: no rule applies")


@dataclass(frozen=True, slots=True)
class Decision:
    """What a function is in one jurisdiction, and why.

    Attributes:
        words: the class in words, for people.
        trigger: what would change it; may be absent.
        device_class: for example ``IIb``; absent where the law names none, or nothing is known.
        rule: the rule that decided; absent where none could.
        source: its source; absent with it.
        version: of the rules.
        missing: questions whose answers would be needed, in the order in which they are asked.
    """

    jurisdiction: Jurisdiction
    status: RiskStatus
    certainty: Certainty
    words: Bilingual
    trigger: Bilingual | None
    device_class: str | None
    rule: str | None
    source: LawSource | None
    version: str
    missing: tuple[str, ...] = ()

    @property
    def needs_device_partition(self) -> bool:
        """Whether the function may run in the device partition only.

        Whatever is not surely outside the device rules is kept where they can be held.
        """
        return self.status is not RiskStatus.NON_DEVICE


@dataclass(frozen=True, slots=True)
class ChangedDecision:
    """A function whose class another version of the rules changes."""

    function: str
    before: Decision
    after: Decision


def decide(answers: Answers, jurisdiction: Jurisdiction, rules: RuleSet) -> Decision:
    """The class of a function in one jurisdiction.

    The first rule that applies decides. Where an earlier rule could apply, had a question been
    answered, and would decide otherwise, the class is unclear and the questions are named: what
    is not known is never taken for harmless.
    """
    possible: list[RiskRule] = []
    for rule in rules.of(jurisdiction):
        applies = _applies(rule, answers)
        if applies is False:
            continue
        if applies is None:
            possible.append(rule)
            continue
        if any(other.status is not rule.status for other in possible):
            break
        return _decision(rule, answers, rules.version)
    else:
        if not possible:
            return _undecided(jurisdiction, rules.version, _NO_RULE, ())
    missing = {name for rule in possible for name in rule.when if name not in answers}
    # Which questions matter hangs on what it does: that is asked first.
    asked = tuple(n for n in questions() if n in missing)[: None if "function" in answers else 1]
    return _undecided(jurisdiction, rules.version, _NOT_ANSWERED, asked)


def decide_everywhere(answers: Answers, rules: RuleSet) -> Mapping[Jurisdiction, Decision]:
    """The class of a function in every jurisdiction."""
    return {jurisdiction: decide(answers, jurisdiction, rules) for jurisdiction in Jurisdiction}


def changed_by(
    functions: Iterable[tuple[str, Answers]], before: RuleSet, after: RuleSet
) -> tuple[ChangedDecision, ...]:
    """Which functions another version of the rules classes otherwise.

    Args:
        functions: name and answers of each.
    """
    return tuple(
        ChangedDecision(name, old, new)
        for name, answers in functions
        for jurisdiction in Jurisdiction
        if _outcome(old := decide(answers, jurisdiction, before))
        != _outcome(new := decide(answers, jurisdiction, after))
    )


def _outcome(decision: Decision) -> tuple[object, ...]:
    return decision.status, decision.certainty, decision.device_class, decision.words


def _applies(rule: RiskRule, answers: Answers) -> bool | None:
    """Whether a rule applies; ``None`` where that hangs on a question nobody answered."""
    given = [(answers.get(name), wanted) for name, wanted in rule.when.items()]
    if any(answer is not None and answer not in wanted for answer, wanted in given):
        return False
    return None if any(answer is None for answer, _ in given) else True


def _decision(rule: RiskRule, answers: Answers, version: str) -> Decision:
    by_harm = _CLASS_BY_HARM.get(answers.get("worst_harm", "")) if rule.class_by_harm else None
    return Decision(
        jurisdiction=rule.jurisdiction,
        status=rule.status,
        certainty=rule.certainty,
        words=rule.words,
        trigger=rule.trigger,
        device_class=rule.device_class or by_harm,
        rule=rule.id,
        source=rule.source,
        version=version,
    )


def _undecided(
    jurisdiction: Jurisdiction, version: str, words: Bilingual, missing: tuple[str, ...]
) -> Decision:
    return Decision(
        jurisdiction=jurisdiction,
        status=RiskStatus.UNDETERMINED,
        certainty=Certainty.UNCLEAR,
        words=words,
        trigger=None,
        device_class=None,
        rule=None,
        source=None,
        version=version,
        missing=missing,
    )
