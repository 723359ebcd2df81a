"""What goes over the sign-off desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suwen.control.access.authentication import Proof
from suwen.core.draft import DraftRecord, SignedRecord, SignOff
from suwen.core.identity import DraftId, Role
from suwen.core.manifest import SignOffRule

SIGN_ROLES: Mapping[SignOffRule, frozenset[Role]] = {
    SignOffRule.NONE: frozenset(),
    SignOffRule.PHYSICIAN: frozenset({Role.PHYSICIAN, Role.CHIEF_PHYSICIAN}),
    SignOffRule.PHARMACIST: frozenset({Role.PHARMACIST}),
    SignOffRule.NURSE: frozenset({Role.NURSE}),
    SignOffRule.QUALITY_OFFICER: frozenset({Role.QUALITY_OFFICER}),
}


def act_of_signing(draft: str, version: int, digest: str) -> str:
    """Names one signature on exactly what is shown, for whoever proves the signer for it."""
    return f"{draft}/{version}/{digest}"


@dataclass(frozen=True, slots=True)
class SignRequest:
    """A signature on exactly one draft, in exactly the version that was shown.

    Attributes:
        content_hash: of what was shown.
        proof: the signer's own session or password.
        acknowledged: ids of statements without support and of critical findings that the signer
            has looked at.
        cosign_wanted: the signer asks for a superior's signature as well.
    """

    draft: DraftId
    version: int
    content_hash: str
    proof: Proof
    acknowledged: frozenset[str] = frozenset()
    comment: str | None = field(default=None, repr=False)
    cosign_wanted: bool = False

    @property
    def about(self) -> str:
        """Names this very signature."""
        return act_of_signing(self.draft, self.version, self.content_hash)


@dataclass(frozen=True, slots=True)
class Signature:
    """What a signature led to; ``record`` is absent while a superior's is awaited."""

    draft: DraftRecord
    sign_off: SignOff
    record: SignedRecord | None


@dataclass(frozen=True, slots=True)
class CopiedText:
    """A text on its way into another system, with its AI label."""

    text: str = field(repr=False)
    label: Mapping[str, Any]
    content_hash: str
    signed: bool


@dataclass(frozen=True, slots=True)
class DraftHistory:
    """What became of a draft: its decisions, its signed records, how far it is from version 1.

    Attributes:
        edit_distance: as for a signature, ``None`` without a text.
        differences: unified diff by line, empty when nothing changed.
    """

    draft: DraftRecord
    sign_offs: tuple[SignOff, ...]
    signed: tuple[SignedRecord, ...]
    edit_distance: int | None
    differences: str = field(repr=False)
