"""What exactly runs: the Release, identified by the hash of everything in it, and the engine that
is bound to it.

A Release is everything that the installation itself decides: code, manifest, prompts, rules,
tables, change plan, editions of the knowledge, guardrails, decoding, the platform. Its
deterministic part runs as soon as it is installed. Its **model part** is a Release together with
one engine; only that passes through the states below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from suwen.core.identity import AppId, BindingId, PrincipalId, ReleaseHash, Role


class ReleaseState(StrEnum):
    """Where a model part stands; a Release itself is ``active`` from its installation on."""

    PROPOSED = "proposed"
    EVALUATED = "evaluated"
    APPROVED = "approved"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


class ChangeClass(StrEnum):
    """What a change asks for before the model part goes on; each includes those before it."""

    NONE = "none"
    RE_EVALUATE = "re-evaluate"
    RE_APPROVE = "re-approve"

    @property
    def rank(self) -> int:
        """0 for ``none`` to 2 for ``re-approve``."""
        return tuple(ChangeClass).index(self)


class RolloutStage(StrEnum):
    """How far an active model part reaches.

    ``shadow``: it is asked beside, and nothing of it is shown. ``ward``: in named departments.
    ``all``: everywhere.
    """

    SHADOW = "shadow"
    WARD = "ward"
    ALL = "all"


class ReleaseStep(StrEnum):
    """What was done to a model part."""

    PROPOSE = "propose"
    EVALUATE = "evaluate"
    APPROVE = "approve"
    ACTIVATE = "activate"
    ROLL_OUT = "rollout"
    RETURN = "return"
    SUSPEND = "suspend"
    RESUME = "resume"
    RETIRE = "retire"
    SUCCEED = "succeed"


@dataclass(frozen=True, slots=True)
class Release:
    """One content-hashed state of an application.

    Attributes:
        hash: SHA-256 over ``parts`` in canonical form, lower-case hexadecimal.
        parts: name of each hashed part (``code``, ``manifest``, ``prompts``, ``rules``,
            ``platform`` …) and its own SHA-256.
    """

    app: AppId
    hash: ReleaseHash
    parts: Mapping[str, str]
    state: ReleaseState
    approved_at: datetime
    approved_by: PrincipalId | None


@dataclass(frozen=True, slots=True)
class ModelBinding:
    """The model part of a Release: one engine, as it is, bound to one Release.

    Attributes:
        id: SHA-256 over the parts of the Release and of the engine: what names the whole of code,
            prompts, rules, knowledge, guardrails, decoding, weights and quantisation.
        endpoint: name of the engine on this installation.
        fingerprint: SHA-256 over ``parts``.
        parts: what makes the engine's answers (``weights``, ``quantisation``, ``model``,
            ``served``, ``address``, ``context_tokens``, ``capabilities``), in plain values.
        stage: how far it reaches; ``None`` until it is active.
        departments: for the stage ``ward``, else empty.
        evaluated_as: model part whose evaluation counts: itself, or an earlier one from which
            the change asked for nothing.
        approved_as: model part whose approvals count: itself, or an earlier one from which the
            change asked for no new approval.
        round: counts from 1; approvals of an earlier round do not count.
        version: counts its changes; whoever changes it names the version that was seen.
        predecessor: the model part that it takes the place of after a change; ``None`` for one
            that somebody proposed.
        change: what the change from the predecessor asked for.
    """

    id: BindingId
    app: AppId
    release: ReleaseHash
    endpoint: str
    fingerprint: str
    parts: Mapping[str, str]
    state: ReleaseState
    stage: RolloutStage | None
    departments: frozenset[str]
    evaluated_as: BindingId
    approved_as: BindingId
    round: int
    version: int
    proposed_at: datetime
    proposed_by: PrincipalId
    predecessor: BindingId | None = None
    change: ChangeClass | None = None


@dataclass(frozen=True, slots=True)
class ReleaseAct:
    """One step of a model part; none is ever changed.

    Attributes:
        number: place in the order of all steps; 0 until it is stored.
        role: in which role somebody approved; ``None`` for every other step.
        reason: what the person wrote; empty where nobody had to.
        detail: JSON-ready: codes, hashes, counts, never patient text.
        signature: of an approval, base64 over its statement; ``None`` for every other step.
    """

    binding: BindingId
    app: AppId
    step: ReleaseStep
    by: PrincipalId
    at: datetime
    round: int
    role: Role | None = None
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    signature: str | None = None
    key_id: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Suspension:
    """An application taken out of use at once: the kill switch, with its banner."""

    app: AppId
    reason: str
    suspended_by: PrincipalId
    suspended_at: datetime
