"""What a decision on a draft states, and the signature over exactly that."""

from __future__ import annotations

import base64
from datetime import datetime

from suwen.control.gateway.draft_content import open_items
from suwen.control.gateway.sign_off_types import SignRequest
from suwen.core.audit import canonical_json
from suwen.core.draft import Decision, DraftRecord, RejectReason, SignOff
from suwen.core.errors import PreconditionError
from suwen.core.identity import Principal, Role
from suwen.core.language import Bilingual
from suwen.core.ports import SignatureProvider


def signature_payload(sign_off: SignOff) -> bytes:
    """The bytes that are signed: everything that the decision states, in canonical form."""
    return canonical_json(
        {
            "draft": sign_off.draft,
            "version": sign_off.version,
            "content_hash": sign_off.content_hash,
            "decision": sign_off.decision.value,
            "signer": sign_off.signer,
            "signer_name": sign_off.signer_name,
            "signer_role": sign_off.signer_role,
            "decided_at": sign_off.decided_at.isoformat(),
            "comment": sign_off.comment,
            "edit_distance": sign_off.edit_distance,
        }
    )


def verify_signature(sign_off: SignOff, provider: SignatureProvider) -> bool:
    """Whether the signature of a decision is by its key over what the decision states."""
    if sign_off.signature is None or sign_off.key_id is None:
        return False
    return provider.verify(
        signature_payload(sign_off), base64.b64decode(sign_off.signature), sign_off.key_id
    )


def signed_decision(unsigned: SignOff, provider: SignatureProvider) -> SignOff:
    """The decision with its signature."""
    signature = provider.sign(signature_payload(unsigned))
    return SignOff(
        **{
            **{name: getattr(unsigned, name) for name in SignOff.__dataclass_fields__},
            "signature": base64.b64encode(signature).decode("ascii"),
            "key_id": provider.key_id,
        }
    )


def decision_of(
    principal: Principal,
    request: SignRequest,
    decision: Decision,
    role: Role,
    at: datetime,
) -> SignOff:
    """The decision of a signer on what was shown, not signed yet."""
    return SignOff(
        draft=request.draft,
        version=request.version,
        content_hash=request.content_hash,
        decision=decision,
        signer=principal.id,
        signer_name=principal.name,
        signer_role=role.value,
        decided_at=at,
        comment=request.comment,
    )


def refusal_of(
    principal: Principal,
    draft: DraftRecord,
    at: datetime,
    reason: RejectReason | None,
    comment: str | None,
) -> SignOff:
    """A rejection (with a reason) or an escalation (without); nothing is signed."""
    return SignOff(
        draft=draft.id,
        version=draft.version,
        content_hash=draft.content_hash,
        decision=Decision.ESCALATE if reason is None else Decision.REJECT,
        signer=principal.id,
        signer_name=principal.name,
        signer_role=max(principal.roles).value,
        decided_at=at,
        reason=reason,
        comment=comment,
    )


def check_acknowledged(draft: DraftRecord, acknowledged: frozenset[str]) -> None:
    """Lets a signature pass when everything open was looked at.

    Raises:
        PreconditionError: ``open_items`` with their number and the first of them.
    """
    left = [item for item in open_items(draft.content) if item not in acknowledged]
    if left:
        raise PreconditionError(
            "open_items",
            Bilingual(
                zh=f"还有 {len(left)} 处无依据的陈述或严重问题未确认，逐一确认后才能签名。",
                en=f"{len(left)} statements without support or critical findings are not "
                "acknowledged yet; look at each before signing.",
            ),
            detail={"open": len(left), "first": left[0]},
        )
