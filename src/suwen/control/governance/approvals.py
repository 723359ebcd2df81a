"""Who must approve a model part: two different people, in the roles that its class demands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from suwen.control.governance.risk.deciding import Decision
from suwen.core.audit import canonical_json
from suwen.core.errors import AccessError, ConflictError, PreconditionError
from suwen.core.identity import PrincipalId, Role
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest, Partition
from suwen.core.release import ModelBinding, ReleaseAct
from suwen.storage.model_bindings import approved_already

APPROVERS_NEEDED = 2


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the approvals that are needed, and who may give it."""

    name: str
    title: Bilingual
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class ApprovalDemand:
    """What the class of an application demands.

    Attributes:
        device_grade: whether it is, or is not surely outside, a medical device here.
        seats: one approval each, by different people.
    """

    device_grade: bool
    seats: tuple[Seat, ...]

    @property
    def why(self) -> Bilingual:
        """The demand in words."""
        if self.device_grade:
            return Bilingual(
                "按医疗器械等级：须由合规办公室与主任医师各一人批准，并登记模型权重的校验值。",
                "Of device grade: the compliance office and a chief physician approve, one person "
                "each, and the hash of the model's weights is declared.",
            )
        return Bilingual(
            "非医疗器械：须由合规或质控一人、主任医师或药师一人批准。",
            "No device: one person of compliance or quality approves, and one chief physician or "
            "pharmacist.",
        )


_GOVERNANCE = Bilingual("合规", "Compliance")
_CLINICAL = Bilingual("临床", "Clinic")

_OF_DEVICE = (
    Seat("governance", _GOVERNANCE, (Role.COMPLIANCE_OFFICER,)),
    Seat("clinical", _CLINICAL, (Role.CHIEF_PHYSICIAN,)),
)
_OF_NO_DEVICE = (
    Seat("governance", _GOVERNANCE, (Role.COMPLIANCE_OFFICER, Role.QUALITY_OFFICER)),
    Seat("clinical", _CLINICAL, (Role.CHIEF_PHYSICIAN, Role.PHARMACIST)),
)


def demand_of(manifest: Manifest, decision: Decision | None) -> ApprovalDemand:
    """What approvals an application needs.

    Args:
        decision: its class by the law of the place, as the register has it; ``None`` where nobody
            decided, which is taken for the strictest.
    """
    device = (
        decision is None
        or decision.needs_device_partition
        or manifest.partition is Partition.DEVICE
    )
    return ApprovalDemand(device, _OF_DEVICE if device else _OF_NO_DEVICE)


def seat_for(
    demand: ApprovalDemand,
    given: Sequence[ReleaseAct],
    person: PrincipalId,
    roles: Iterable[Role],
    wanted: Role | None,
) -> tuple[Seat, Role]:
    """The open seat that somebody may take, and in which role.

    Args:
        given: approvals that count already.
        roles: of the person.
        wanted: the role that the person names; ``None`` takes the first that fits.

    Raises:
        ConflictError: ``approved_already`` for the same person again; ``seat_taken`` where the
            person's roles fit a seat that somebody else has taken.
        AccessError: ``approval_role_wrong``.
    """
    if any(one.by == person for one in given):
        raise approved_already()
    held = frozenset(roles) if wanted is None else frozenset(roles) & {wanted}
    fitting = [(seat, role) for seat in demand.seats for role in seat.roles if role in held]
    if not fitting:
        raise AccessError(
            "approval_role_wrong",
            Bilingual(
                f"您的角色不能批准此版本。{demand.why.zh}",
                f"Your role does not approve this Release. {demand.why.en}",
            ),
        )
    taken = {seat.name for seat in seats_taken(demand, given)}
    for seat, role in fitting:
        if seat.name not in taken:
            return seat, role
    raise ConflictError(
        "seat_taken",
        Bilingual(
            "此项批准已由他人作出；还须另一角色的人批准。",
            "Somebody else gave this approval; one in another role is still needed.",
        ),
    )


def seats_taken(demand: ApprovalDemand, given: Sequence[ReleaseAct]) -> tuple[Seat, ...]:
    """The seats that approvals fill, each by another person."""
    taken: dict[str, Seat] = {}
    people: set[PrincipalId] = set()
    for act in given:
        for seat in demand.seats:
            if seat.name not in taken and act.role in seat.roles and act.by not in people:
                taken[seat.name] = seat
                people.add(act.by)
                break
    return tuple(taken.values())


def is_approved(demand: ApprovalDemand, given: Sequence[ReleaseAct]) -> bool:
    """Whether every seat is filled."""
    return len(seats_taken(demand, given)) == len(demand.seats)


def require_declared_weights(demand: ApprovalDemand, binding: ModelBinding) -> None:
    """Lets pass whatever is not of device grade, or whose weights are named by their hash.

    Raises:
        PreconditionError: ``weights_not_declared``.
    """
    if demand.device_grade and not binding.parts.get("weights"):
        raise PreconditionError(
            "weights_not_declared",
            Bilingual(
                "器械等级的应用须登记模型权重的 SHA-256：suwen endpoint add … --weights。",
                "An application of device grade needs the SHA-256 of the model's weights: "
                "suwen endpoint add … --weights.",
            ),
        )


def approval_statement(  # noqa: PLR0913 - everything that an approval states
    binding: ModelBinding,
    evaluation: dict[str, Any],
    person: PrincipalId,
    name: str,
    role: Role,
    at: datetime,
    comment: str,
) -> dict[str, Any]:
    """What a person states by approving, JSON-ready; exactly this is signed.

    Args:
        evaluation: hash of each result's report by suite, with when it was measured.
    """
    return {
        "act": "approve",
        "model_part": binding.id,
        "app": binding.app,
        "release": binding.release,
        "engine": dict(binding.parts),
        "round": binding.round,
        "evaluation": evaluation,
        "by": person,
        "name": name,
        "role": role.value,
        "at": at.isoformat(),
        "comment": comment,
    }


def statement_bytes(statement: dict[str, Any]) -> bytes:
    """The bytes that are signed."""
    return canonical_json(statement)
