"""May somebody do something, and why: the policies are asked, nothing is done.

What is told of a patient is only whether the person cares for them. A number that is nobody's is
answered like that of a patient whom the person does not care for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from suwen.control.access.decision import (
    AccessDecider,
    Action,
    ApplicationTarget,
    Decision,
    DraftTarget,
    InstallationTarget,
    PatientTarget,
    RecordOrigin,
    Target,
    policy_texts,
)
from suwen.control.access.tokens import principal_of
from suwen.control.gateway.acts import Act, note, note_refusal
from suwen.control.gateway.admission import find_application
from suwen.control.gateway.draft_access import DraftDoor
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.patient_access import find_patient
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, InputError
from suwen.core.identity import AppId, Channel, DraftId, Principal, PrincipalId, Purpose
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.people import PeopleStore, Person

ABOUT_PATIENTS: Final = frozenset({Action.READ_RECORD, Action.BREAK_GLASS})
ABOUT_DRAFTS: Final = frozenset(
    {
        Action.READ_DRAFT,
        Action.EDIT_DRAFT,
        Action.SIGN_DRAFT,
        Action.COSIGN_DRAFT,
        Action.REJECT_DRAFT,
        Action.ESCALATE_DRAFT,
        Action.AMEND_RECORD,
        Action.COPY_TEXT,
        Action.DISAGREE,
        Action.EXPORT_CLAIM,
    }
)
NOT_ASKED: Final = frozenset(
    {
        Action.USE_ENGINE,
        Action.REVIEW_EMERGENCY,
        Action.ISSUE_LAUNCH,
        Action.REIDENTIFY,
        Action.SECOND_READ,
        Action.JUDGE_DRAFT,
    }
)
"""What people do not do, or what depends on more than a person, an act and one thing."""

QUESTIONS: Final = tuple(action for action in Action if action not in NOT_ASKED)


@dataclass(frozen=True, slots=True)
class Question:
    """May this account do this to that?

    Attributes:
        target: id of the patient, draft or application; empty for what is about the installation.
        purpose: ``None`` for the first that the person's roles have.
    """

    account: str
    action: Action
    target: str = ""
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A policy by its id, with its text as written in the file."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer.

    Attributes:
        code: of the refusal that the person would get; empty when it is allowed.
        decided: the policies that decided; none when no policy permits it.
        considered: where none decided, the policies that speak of this act.
        facts: what the policies were told, by name.
    """

    question: Question
    person: Person
    allowed: bool
    code: str
    decided: tuple[NamedPolicy, ...]
    considered: tuple[NamedPolicy, ...]
    facts: tuple[tuple[str, str], ...]


class ExplainingDesk:
    """Answers the security and the compliance office."""

    def __init__(self, parts: GatewayParts, people: PeopleStore) -> None:
        self._parts = parts
        self._people = people

    async def explain(self, principal: Principal, question: Question) -> Explanation:
        """Whether the policies allow it now, which decided, and on what facts.

        Raises:
            AccessError: ``not_permitted`` for everybody but those two offices;
                ``purpose_not_permitted`` for a purpose that the person's roles do not have.
            InputError: ``target_missing``, ``question_not_asked``.
            NotFoundError: ``no_such_account``, ``no_such_draft``, ``application_not_found``.
            AuditError: when the question cannot be audited.
        """
        act = Act(
            "access.explain",
            f"Person/{question.account[:64]}",
            detail={"asked": question.action.value, "target": question.target[:200]},
        )
        access = self._parts.access
        try:
            access.require(principal, Action.EXPLAIN_ACCESS, InstallationTarget())
        except AccessError as error:
            await note_refusal(self._parts.audit, principal, act, error)
            raise
        _check(question)
        await note(self._parts.audit, principal, act, AuditOutcome.DONE)
        person = await self._people.read(PrincipalId(question.account))
        asked = principal_of(person, Channel.WEB, question.purpose)
        target = await self._target(asked, question)
        decision = access.decide(asked, question.action, target)
        return _explanation(question, person, asked, target, _Answer(access, decision))

    async def _target(self, asked: Principal, question: Question) -> Target:
        parts, action = self._parts, question.action
        if action is Action.RUN_APPLICATION:
            found = find_application(parts.applications, AppId(question.target))
            return ApplicationTarget(found.manifest, parts.partition.value)
        if action in ABOUT_PATIENTS:
            now = parts.clock.now()
            known = await find_patient(parts.records, asked, question.target, now)
            return known or PatientTarget(question.target, RecordOrigin.IMPORTED, care=False)
        if action in ABOUT_DRAFTS:
            draft = await parts.drafts.read(DraftId(question.target))
            return await DraftDoor(parts).target(asked, draft)
        return InstallationTarget()


@dataclass(frozen=True, slots=True)
class _Answer:
    access: AccessDecider
    decision: Decision


def _explanation(
    question: Question, person: Person, asked: Principal, target: Target, answer: _Answer
) -> Explanation:
    texts, decision = policy_texts(), answer.decision
    decided = tuple(NamedPolicy(name, texts.get(name, "")) for name in decision.policies)
    code = ""
    considered: tuple[NamedPolicy, ...] = ()
    if not decision.allowed:
        try:
            answer.access.require(asked, question.action, target)
        except AccessError as error:
            code = error.code
    named = f'Action::"{question.action.value}"'
    if not decided:
        considered = tuple(NamedPolicy(name, text) for name, text in texts.items() if named in text)
    return Explanation(
        question, person, decision.allowed, code, decided, considered, _facts(asked, target)
    )


def _facts(asked: Principal, target: Target) -> tuple[tuple[str, str], ...]:
    facts = {
        "roles": " ".join(sorted(role.value for role in asked.roles)),
        "departments": " ".join(sorted(asked.departments)),
        "purpose": asked.purpose.value,
    }
    if isinstance(target, PatientTarget | DraftTarget):
        facts["care"] = str(target.care).lower()
        facts["break_glass"] = str(target.break_glass).lower()
    if isinstance(target, DraftTarget):
        facts["sign_roles"] = " ".join(sorted(target.sign_roles))
        facts["escalated"] = str(target.escalated).lower()
    if isinstance(target, ApplicationTarget):
        facts["application_roles"] = " ".join(sorted(r.value for r in target.manifest.roles))
        facts["partition"] = target.manifest.partition.value
    return tuple(facts.items())


def _check(question: Question) -> None:
    for name in ("account", "target"):
        require_plain(getattr(question, name), name)
    if question.action in NOT_ASKED:
        raise InputError(
            "question_not_asked",
            Bilingual(
                zh="该操作不是由个人对单一对象进行的，无法在此推演。",
                en="This is not something that a person does to one thing; it cannot be asked.",
            ),
            field="action",
        )
    needs = question.action in ABOUT_PATIENTS | ABOUT_DRAFTS | {Action.RUN_APPLICATION}
    if needs and not question.target.strip():
        raise InputError(
            "target_missing",
            Bilingual(
                zh="请填写对象：患者、草稿或应用的编号。",
                en="State to what: the id of the patient, draft or application.",
            ),
            field="target",
        )
