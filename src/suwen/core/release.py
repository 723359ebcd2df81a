"""What exactly runs: the Release, identified by the hash of everything in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suwen.core.identity import AppId, PrincipalId, ReleaseHash


class ReleaseState(StrEnum):
    """Where a Release stands."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Release:
    """One content-hashed state of an application.

    Attributes:
        hash: SHA-256 over ``parts`` in canonical form, lower-case hexadecimal.
        parts: name of each hashed part (``code``, ``manifest``, ``prompts``, ``rules``,
            ``platform``) and its own SHA-256.
        model_gate_passed: whether an evaluation passed, so that ``ask`` may reach a model.
    """

    app: AppId
    hash: ReleaseHash
    parts: Mapping[str, str]
    state: ReleaseState
    approved_at: datetime
    approved_by: PrincipalId | None
    model_gate_passed: bool


@dataclass(frozen=True, slots=True)
class Suspension:
    """An application taken out of use at once: the kill switch, with its banner."""

    app: AppId
    reason: str
    suspended_by: PrincipalId
    suspended_at: datetime
