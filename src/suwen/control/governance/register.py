"""The register of every AI system in the hospital: what it is for, who answers, its class in law.

An application of ours fills its row from its manifest; people complete it. A system that was
bought, or stands in a device, is written by people alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from suwen.control.governance.resource_words import in_words
from suwen.control.governance.risk.deciding import Decision, decide_everywhere
from suwen.control.governance.risk.questions import Answers, check_answers
from suwen.control.governance.risk.rules import Jurisdiction, RuleSet
from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.plain_text import require_plain

LONGEST = 2000
"""Most characters of one field."""


class SystemKind(StrEnum):
    """Where an AI system comes from."""

    APPLICATION = "application"
    OTHER = "other"


class LifeStage(StrEnum):
    """Where an AI system stands in its life."""

    PLANNED = "planned"
    IN_EVALUATION = "in_evaluation"
    IN_USE = "in_use"
    SUSPENDED = "suspended"
    RETIRED = "retired"


COMPLETED = (
    "contact",
    "hospital_answers",
    "clinician_answers",
    "inputs",
    "outputs",
    "stage",
    "ends",
    "training_months",
)
"""What people write of every system."""

DISCLOSED = (
    "population",
    "funding",
    "training_criteria",
    "training_representativeness",
    "training_relevance",
    "fairness_approach",
    "bias_approach",
    "developer_validity",
    "developer_fairness",
    "external_validation",
    "external_representativeness",
    "external_fairness",
    "outcome_studies",
    "objection",
    "information",
)
"""What people may write besides because rules ask for it on a facts sheet; there it is told as
missing where nobody wrote it."""

OPTIONAL = frozenset({"ends", "training_months"})
"""Facts that a system need not have."""

MOST_MONTHS = 60
"""Longest that one training counts."""

DESCRIBED = (
    "title",
    "supplier",
    "version",
    "owner",
    "intended_use",
    "not_for",
    "users",
    "data_class",
    "reasoning_demand",
    "hazards",
)
"""What people write of a system besides that is not ours; a manifest says it of an application."""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One AI system on the register.

    Attributes:
        texts: each described or completed fact; one that nobody gave is absent.
        answers: to the questions of the risk classes; people's before the manifest's.
        written: facts that people wrote, as against those that a manifest says.
        version: how often people wrote the row, 0 where nobody has yet.
    """

    id: str
    kind: SystemKind
    texts: Mapping[str, Bilingual]
    answers: Answers
    version: int = 0
    written: frozenset[str] = frozenset()
    decisions: Mapping[Jurisdiction, Decision] = field(default_factory=dict)

    @property
    def open_facts(self) -> tuple[str, ...]:
        """Facts that are still to be written, in the order of the register."""
        return tuple(
            n for n in (*DESCRIBED, *COMPLETED) if n not in self.texts and n not in OPTIONAL
        )


@dataclass(frozen=True, slots=True)
class Installed:
    """One of our applications as it runs here.

    Attributes:
        release: what names its Release; absent before its first.
        suspended: whether it is out of use.
    """

    manifest: Manifest
    release: str | None
    suspended: bool


def row_of(
    installed: Installed | None,
    system: str,
    written: Mapping[str, object],
    version: int,
    rules: RuleSet,
) -> RegisterRow:
    """A row from what is known of a system and what people wrote.

    Args:
        installed: absent for a system that is not one of our applications.
        written: as ``check_written`` returned it; an older one is read as it is.
        version: of what people wrote, 0 for nothing.
    """
    texts = {} if installed is None else _described(installed)
    said = {
        name: Bilingual(value, value)
        for name in (*writable_facts(application=installed is not None), *DISCLOSED)
        if isinstance(value := written.get(name), str) and value
    }
    given = written.get("answers")
    answered = {} if installed is None else dict(installed.manifest.function)
    answers = check_answers({**answered, **(given if isinstance(given, Mapping) else {})})
    return RegisterRow(
        id=system,
        kind=SystemKind.OTHER if installed is None else SystemKind.APPLICATION,
        texts={**texts, **said},
        answers=answers,
        version=version,
        written=frozenset(said),
        decisions=decide_everywhere(answers, rules),
    )


def writable_facts(*, application: bool) -> tuple[str, ...]:
    """What people write of a system; a manifest says the rest of an application."""
    return COMPLETED if application else (*DESCRIBED, *COMPLETED)


def check_written(given: Mapping[str, str], *, application: bool) -> dict[str, object]:
    """What people wrote of a system, checked field by field.

    Args:
        given: facts by name, and answers as ``answer.QUESTION``.
        application: whether the manifest already says what the system is.

    Raises:
        InputError: ``register_field_wrong``, ``field_too_long``, ``field_missing`` or one of
            ``check_answers``, each with its field.
    """
    allowed = (*writable_facts(application=application), *DISCLOSED)
    answers = {
        name.removeprefix("answer."): value
        for name, value in given.items()
        if name.startswith("answer.")
    }
    facts = {name: value for name, value in given.items() if not name.startswith("answer.")}
    for name, value in facts.items():
        if name not in allowed:
            raise _wrong(name, "这一项不能在此填写。", "This fact cannot be written here.")
        _check_fact(name, value)
    if not application and not facts.get("title", "").strip():
        raise InputError("field_missing", Bilingual("请填写此项。", "Fill this in."), field="title")
    kept: dict[str, object] = {n: v.strip() for n, v in facts.items() if v.strip()}
    kept["answers"] = dict(check_answers(answers))
    return kept


def _check_fact(name: str, value: str) -> None:
    require_plain(value, name)
    if len(value) > LONGEST:
        raise InputError(
            "field_too_long",
            Bilingual(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters."),
            field=name,
        )
    if not value.strip():
        return
    if name == "stage" and value not in {stage.value for stage in LifeStage}:
        offered = ", ".join(stage.value for stage in LifeStage)
        raise _wrong(name, f"只能是：{offered}。", f"One of: {offered}.")
    if name in ("data_class", "reasoning_demand") and value not in tuple("12345"):
        raise _wrong(name, "须为 1 到 5。", "A number from 1 to 5.")
    if name == "training_months" and not (
        value.isascii() and value.isdigit() and 1 <= int(value) <= MOST_MONTHS
    ):
        raise _wrong(name, f"须为 1 到 {MOST_MONTHS} 的整数。", f"From 1 to {MOST_MONTHS}.")
    if name == "ends":
        try:
            date.fromisoformat(value)
        except ValueError:
            raise _wrong(name, "日期须为 YYYY-MM-DD。", "A date is written YYYY-MM-DD.") from None


def _wrong(name: str, zh: str, en: str) -> InputError:
    return InputError("register_field_wrong", Bilingual(zh, en), field=name[:60])


def _described(installed: Installed) -> dict[str, Bilingual]:
    """What is known of an application of ours; what people write of its stage goes before."""
    manifest = installed.manifest
    stage = LifeStage.SUSPENDED if installed.suspended else LifeStage.IN_USE
    roles = ", ".join(sorted(role.value for role in manifest.roles))
    hazards = [
        Bilingual(f"{h.harm.zh} → {h.mitigation.zh}", f"{h.harm.en} → {h.mitigation.en}")
        for h in manifest.hazards
    ]
    found = {
        "title": manifest.title,
        "supplier": Bilingual("suwen", "suwen"),
        "owner": manifest.owner,
        "intended_use": manifest.intended_use,
        "not_for": manifest.not_for,
        "users": Bilingual(roles, roles),
        "data_class": Bilingual(str(manifest.data_class), str(manifest.data_class)),
        "reasoning_demand": Bilingual(
            str(manifest.reasoning_demand), str(manifest.reasoning_demand)
        ),
        "hazards": Bilingual("\n".join(h.zh for h in hazards), "\n".join(h.en for h in hazards)),
        "inputs": in_words(manifest.reads),
    }
    found["stage"] = Bilingual(stage.value, stage.value)
    if installed.release is not None:
        found["version"] = Bilingual(installed.release, installed.release)
    return found
