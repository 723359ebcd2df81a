"""May this person do this: the Cedar policies of ``policies/``, parsed once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import cedarpy

from suwen.control.access.refusals import MESSAGES, NOT_PERMITTED
from suwen.core.errors import AccessError, ConfigurationError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest

APP_SCOPE = "app."
"""Before an application's id: the scope of a program's key that lets it run the application."""


_POLICY_ID = re.compile(r'^@id\("(\w+)"\)', re.MULTILINE)


class Action(StrEnum):
    """Everything that the policies decide on."""

    RUN_APPLICATION = "run_application"
    READ_RECORD = "read_record"
    BREAK_GLASS = "break_glass"
    READ_DRAFT = "read_draft"
    EDIT_DRAFT = "edit_draft"
    SIGN_DRAFT = "sign_draft"
    COSIGN_DRAFT = "cosign_draft"
    REJECT_DRAFT = "reject_draft"
    ESCALATE_DRAFT = "escalate_draft"
    AMEND_RECORD = "amend_record"
    COPY_TEXT = "copy_text"
    LIST_PATIENTS = "list_patients"
    READ_TRACE = "read_trace"
    READ_STATUS = "read_status"
    MANAGE_PEOPLE = "manage_people"
    MANAGE_ENDPOINTS = "manage_endpoints"
    MANAGE_RELEASES = "manage_releases"
    APPROVE_RELEASES = "approve_releases"
    READ_RELEASES = "read_releases"
    READ_AUDIT = "read_audit"
    IMPORT_RECORDS = "import_records"
    MANAGE_JOBS = "manage_jobs"
    READ_LIBRARY = "read_library"
    MANAGE_LIBRARY = "manage_library"
    MANAGE_CLIENTS = "manage_clients"
    USE_ENGINE = "use_engine"
    ISSUE_LAUNCH = "issue_launch"
    MANAGE_CONNECTIONS = "manage_connections"
    READ_CONNECTIONS = "read_connections"
    READ_MESSAGES = "read_messages"
    LIST_EMERGENCIES = "list_emergencies"
    REVIEW_EMERGENCY = "review_emergency"
    REPORT_READERS = "report_readers"
    EXPLAIN_ACCESS = "explain_access"
    REIDENTIFY = "reidentify"
    HELP_PATIENTS = "help_patients"
    EDIT_PATIENT_TABLES = "edit_patient_tables"
    REVIEW_PATIENT_TABLES = "review_patient_tables"
    READ_RETENTION = "read_retention"
    MANAGE_HOLDS = "manage_holds"
    REQUEST_ERASURE = "request_erasure"
    DECIDE_ERASURE = "decide_erasure"
    MANAGE_KEYS = "manage_keys"
    REVIEW_PRESCRIPTIONS = "review_prescriptions"
    SUBMIT_PRESCRIPTIONS = "submit_prescriptions"
    SUPPRESS_RULES = "suppress_rules"
    CONFIRM_SUPPRESSIONS = "confirm_suppressions"
    COMMENT_PRESCRIPTIONS = "comment_prescriptions"
    READ_RULES = "read_rules"
    EDIT_PRESCRIPTION_RULES = "edit_prescription_rules"
    EDIT_QUALITY_RULES = "edit_quality_rules"
    EDIT_LABORATORY_TABLES = "edit_laboratory_tables"
    READ_MONITORING = "read_monitoring"
    MANAGE_MONITORING = "manage_monitoring"
    JUDGE_DRAFT = "judge_draft"
    REPORT_INCIDENT = "report_incident"
    HANDLE_INCIDENTS = "handle_incidents"
    DISAGREE = "disagree"
    LIST_DISAGREEMENTS = "list_disagreements"
    SECOND_READ = "second_read"
    EXPORT_CLAIM = "export_claim"
    MANAGE_TRAINING = "manage_training"
    READ_RELIANCE = "read_reliance"
    PLANT_CHECKS = "plant_checks"
    PROPOSE_DISCLOSURE = "propose_disclosure"
    PUBLISH_DISCLOSURE = "publish_disclosure"


class RecordOrigin(StrEnum):
    """Where a record comes from, as the policies see it."""

    IMPORTED = "imported"
    SYNTHETIC = "synthetic"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class ApplicationTarget:
    """An application that somebody wants to run in the partition that is asked."""

    manifest: Manifest
    asked_partition: str


@dataclass(frozen=True, slots=True)
class PatientTarget:
    """A patient's record; ``care`` is whether a care relationship exists."""

    patient: str
    origin: RecordOrigin
    care: bool
    break_glass: bool = False


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """A draft; ``sign_roles`` may sign it, ``escalated`` means that a superior decides.

    ``patient`` is ``None`` where the draft is about nobody.
    """

    draft: str
    origin: RecordOrigin
    care: bool
    sign_roles: frozenset[str]
    escalated: bool = False
    break_glass: bool = False
    patient: str | None = None


@dataclass(frozen=True, slots=True)
class EngineTarget:
    """An engine that a program wants to ask directly; ``scope`` is what its key must name."""

    engine: str
    scope: str


@dataclass(frozen=True, slots=True)
class EmergencyTarget:
    """An emergency access, who declared it, and whether that was a colleague of one department."""

    emergency: str
    declared_by: str
    same_department: bool


@dataclass(frozen=True, slots=True)
class DisagreementTarget:
    """A disagreement, who disagreed, who may sign such drafts, and whether the reader cares for
    the patient."""

    disagreement: str
    disagreed_by: str
    sign_roles: frozenset[str]
    care: bool


@dataclass(frozen=True, slots=True)
class SurrogateMapTarget:
    """The surrogates of somebody; ``own`` is whether the one who asks had them made."""

    map_id: str
    own: bool


@dataclass(frozen=True, slots=True)
class InstallationTarget:
    """Everything that is not about one patient."""


Target = (
    ApplicationTarget
    | PatientTarget
    | DraftTarget
    | EngineTarget
    | EmergencyTarget
    | DisagreementTarget
    | SurrogateMapTarget
    | InstallationTarget
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policies said, and which of them decided (ids as written in the files)."""

    allowed: bool
    policies: tuple[str, ...]


class AccessDecider:
    """Decides by the Cedar policies; what no policy permits is refused.

    Args:
        policies: policy text, for a test; normally the files of ``policies/``.

    Raises:
        ConfigurationError: ``policies_invalid`` when the policies do not fit their schema.
    """

    def __init__(self, policies: str | None = None) -> None:
        folder = files(__package__) / "policies"
        schema = (folder / "suwen.cedarschema").read_text(encoding="utf-8")
        text = policies if policies is not None else read_policies()
        self._parsed, self._schema = _checked(text, schema)

    def decide(self, principal: Principal, action: Action, target: Target) -> Decision:
        """Whether the policies allow it; a policy that cannot be evaluated refuses."""
        entity, context = _described(target)
        actor = {"type": "Actor", "id": principal.id}
        answer = cedarpy.is_authorized(
            {
                "principal": actor,
                "action": {"type": "Action", "id": action.value},
                "resource": entity["uid"],
                "context": context,
            },
            self._parsed,
            json.dumps([{"uid": actor, "attrs": _facts(principal), "parents": []}, entity]),
            self._schema,
        )
        named = answer.diagnostics.id_annotations_by_reason
        policies = tuple(sorted(named.get(r, r) for r in answer.diagnostics.reasons))
        return Decision(answer.allowed and not answer.diagnostics.errors, policies)

    def require(self, principal: Principal, action: Action, target: Target) -> Decision:
        """As ``decide``, but a refusal is raised.

        Raises:
            AccessError: with the deciding policy as code, ``no_care_relationship`` when a care
                relationship would have been enough, else ``not_permitted``.
        """
        decision = self.decide(principal, action, target)
        if decision.allowed:
            return decision
        code = next((p for p in decision.policies if p in MESSAGES), None)
        if code is None:
            code = "not_permitted"
            if self._care_would_suffice(principal, action, target):
                code = "no_care_relationship"
        raise AccessError(code, MESSAGES.get(code, NOT_PERMITTED), detail={"action": action.value})

    def _care_would_suffice(self, principal: Principal, action: Action, target: Target) -> bool:
        if isinstance(target, PatientTarget):
            cared_for: Target = PatientTarget(target.patient, target.origin, care=True)
        elif isinstance(target, DraftTarget):
            cared_for = replace(target, care=True, break_glass=False)
        else:
            return False
        return self.decide(principal, action, cared_for).allowed


def read_policies() -> str:
    """All policy files of this package, joined in the order of their names."""
    folder = files(__package__) / "policies"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".cedar"))
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)


@lru_cache(maxsize=2)
def _checked(policies: str, schema: str) -> tuple[cedarpy.PolicySet, cedarpy.Schema]:
    """Policies that fit their schema, parsed; once for each wording of both.

    Raises:
        ConfigurationError: ``policies_invalid``.
    """
    known = cedarpy.Schema.from_str(schema)
    validation = cedarpy.validate_policies(policies, known)
    if not validation.validation_passed:
        raise ConfigurationError(
            "policies_invalid",
            Bilingual(
                zh="访问控制策略与其定义不符，平台拒绝启动。",
                en="The access policies do not fit their schema; the platform will not start.",
            ),
            detail={"errors": "; ".join(str(e) for e in validation.errors)},
        )
    return cedarpy.PolicySet.from_str(policies), known


@cache
def policy_texts() -> Mapping[str, str]:
    """The text of each policy by its id, with the comment above it, in the order of the files."""
    found = {}
    for part in re.split(r"\n(?=\n)", read_policies()):
        named = _POLICY_ID.search(part)
        if named is not None:
            found[named.group(1)] = part.strip()
    return found


def _facts(principal: Principal) -> dict[str, Any]:
    return {
        "roles": sorted(role.value for role in principal.roles),
        "purpose": principal.purpose.value,
        "channel": principal.channel.value,
        "person": principal.is_person,
        "batch": principal.batch,
        "client": principal.client is not None,
        "scopes": sorted(principal.client.scopes) if principal.client is not None else [],
        "launched_for": principal.launched_for or "",
        "visitor": principal.visitor,
    }


def _described(target: Target) -> tuple[dict[str, Any], dict[str, Any]]:
    """The Cedar entity and the context of a target."""
    if isinstance(target, ApplicationTarget):
        manifest = target.manifest
        attributes: dict[str, Any] = {
            "roles": sorted(role.value for role in manifest.roles),
            "purposes": sorted(manifest.purposes),
            "partition": manifest.partition.value,
            "audience": manifest.audience.value,
            "scope": f"{APP_SCOPE}{manifest.id}",
        }
        return _entity("Application", manifest.id, attributes), {
            "partition": target.asked_partition
        }
    if isinstance(target, PatientTarget):
        attributes = {"number": target.patient, "origin": target.origin.value}
        return _entity("Patient", target.patient, attributes), {
            "care": target.care,
            "break_glass": target.break_glass,
        }
    if isinstance(target, DraftTarget):
        attributes = {
            "origin": target.origin.value,
            "sign_roles": sorted(target.sign_roles),
            "escalated": target.escalated,
            "patient": target.patient or "",
        }
        return _entity("Draft", target.draft, attributes), {
            "care": target.care,
            "break_glass": target.break_glass,
        }
    if isinstance(target, EmergencyTarget):
        actor = {"__entity": {"type": "Actor", "id": target.declared_by}}
        attributes = {"declared_by": actor}
        return _entity("Emergency", target.emergency, attributes), {
            "same_department": target.same_department
        }
    if isinstance(target, DisagreementTarget):
        attributes = {
            "disagreed_by": {"__entity": {"type": "Actor", "id": target.disagreed_by}},
            "sign_roles": sorted(target.sign_roles),
        }
        return _entity("Disagreement", target.disagreement, attributes), {"care": target.care}
    if isinstance(target, EngineTarget):
        return _entity("Engine", target.engine, {"scope": target.scope}), {}
    if isinstance(target, SurrogateMapTarget):
        return _entity("SurrogateMap", target.map_id, {}), {"own": target.own}
    return _entity("Installation", "this", {}), {}


def _entity(kind: str, identifier: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"uid": {"type": kind, "id": identifier}, "attrs": attributes, "parents": []}
