"""How long records are kept, what is held, and whose data are erased: never by one person alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.gateway.acts import Act, audited, note_refusal
from suwen.control.gateway.due_records import DueDesk
from suwen.control.gateway.parts import GatewayParts
from suwen.control.privacy.retention import kept_until
from suwen.core.errors import AccessError, ConflictError, InputError, NotFoundError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.core.plain_text import require_plain
from suwen.storage.due_records import QuietRecordStore
from suwen.storage.erasures import BEFORE_TIME, Basis, Erasure, ErasureStore
from suwen.storage.holds import Hold, HoldStore
from suwen.storage.record_import import SYNTHETIC
from suwen.storage.signed_records import SignedRecordStore, SignedWish

_MOST_REASON: Final = 500
_MOST_ID: Final = 200
_SIGNED: Final = 5000

CarryOut = Callable[[Erasure, datetime], Awaitable[int]]
"""Destroys the keys of an approved erasure in every partition that is held here; how many."""


CarryHolds = Callable[[], Awaitable[int]]
"""Makes holds stand in every partition that is held here; how many changed."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the desk stands on besides the gateway's parts."""

    holds: HoldStore
    erasures: ErasureStore
    signed: SignedRecordStore
    carry_out: CarryOut
    carry_holds: CarryHolds
    quiet: QuietRecordStore


class KeepingDesk:
    """Legal holds and erasures."""

    def __init__(self, parts: GatewayParts, keeping: Keeping) -> None:
        self._parts, self._on = parts, keeping
        self.due = DueDesk(parts, keeping.quiet)

    async def holds(self, principal: Principal) -> list[Hold]:
        """Holds, those that stand first.

        Raises:
            AccessError: ``not_permitted``.
        """
        await self._require(principal, Action.READ_RETENTION, Act("hold.list", "Installation"))
        return await self._on.holds.list()

    async def erasures(self, principal: Principal) -> list[Erasure]:
        """Erasures, those not decided first.

        Raises:
            AccessError: ``not_permitted``.
        """
        await self._require(principal, Action.READ_RETENTION, Act("erasure.list", "Installation"))
        return await self._on.erasures.list()

    async def place_hold(self, principal: Principal, patient: str | None, reason: str) -> Hold:
        """Holds a patient's records, or everybody's; in force when this returns.

        A patient who is not known may be held: a hold can come before the first record.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_missing``, ``text_not_storable``.
        """
        whom = _id(patient) if patient is not None else None
        act = Act("hold.place", f"Patient/{whom}" if whom else "Installation", patient=whom)
        await self._require(principal, Action.MANAGE_HOLDS, act)
        async with audited(self._parts.audit, principal, act) as said:
            why = _reason(reason)
            hold = await self._on.holds.place(whom, why, principal.id, self._parts.clock.now())
            said.detail["hold"] = hold.number
            await self._on.carry_holds()
        return hold

    async def release_hold(self, principal: Principal, number: int, reason: str) -> Hold:
        """Ends a hold that another person placed.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_missing``, ``no_such_hold``, ``hold_over``, ``hold_by_another``.
        """
        act = Act("hold.release", f"Hold/{number}", detail={"hold": number})
        await self._require(principal, Action.MANAGE_HOLDS, act)
        async with audited(self._parts.audit, principal, act):
            released = await self._on.holds.release(
                number, _reason(reason), principal.id, self._parts.clock.now()
            )
            await self._on.carry_holds()
        return released

    async def request_erasure(
        self, principal: Principal, patient: str, basis: Basis, reason: str
    ) -> Erasure:
        """Keeps the wish to erase a patient's data; another person decides.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``reason_missing``, ``no_such_patient``.
            ConflictError: ``records_held``, ``retention_not_over``.
        """
        whom = _id(patient)
        act = Act("erasure.request", f"Patient/{whom}", patient=whom, detail={"basis": basis.value})
        await self._require(principal, Action.REQUEST_ERASURE, act)
        async with audited(self._parts.audit, principal, act) as said:
            why = _reason(reason)
            await self._may_be_erased(whom, basis)
            wanted = await self._on.erasures.request(
                whom, basis, why, principal.id, self._parts.clock.now()
            )
            said.detail["erasure"] = wanted.id
        return wanted

    async def decide_erasure(self, principal: Principal, wanted: str, *, approved: bool) -> Erasure:
        """Approves and carries out at once, or refuses, what another person asked for.

        Raises:
            AccessError: ``not_permitted``.
            InputError: ``no_such_erasure``, ``erasure_decided``, ``erasure_by_another``.
            ConflictError: ``records_held``, ``retention_not_over``: nothing was decided.
        """
        asked = await self._on.erasures.read(wanted)
        act = Act(
            "erasure.approve" if approved else "erasure.refuse",
            f"Patient/{asked.patient}",
            patient=asked.patient,
            detail={"erasure": asked.id, "basis": asked.basis},
        )
        await self._require(principal, Action.DECIDE_ERASURE, act)
        async with audited(self._parts.audit, principal, act) as said:
            if approved:
                await self._may_be_erased(asked.patient, Basis(asked.basis))
            now = self._parts.clock.now()
            decided = await self._on.erasures.decide(wanted, principal.id, now, approved=approved)
            if approved:
                said.detail["keys_destroyed"] = await self._on.carry_out(decided, now)
        return await self._on.erasures.read(wanted)

    async def _may_be_erased(self, patient: str, basis: Basis) -> None:
        if await self._on.holds.is_held(patient):
            raise ConflictError(
                "records_held",
                Bilingual(
                    zh="该患者的记录处于法律保全中，不能删除。",
                    en="This patient's records are under a legal hold and are not erased.",
                ),
            )
        summary = await self._parts.records.read_summary(patient)
        if summary is None:
            raise NotFoundError(
                "no_such_patient", Bilingual(zh="没有该患者。", en="There is no such patient.")
            )
        if basis in BEFORE_TIME or summary.origin == SYNTHETIC:
            return
        members = await self._on.erasures.members(patient)
        encounters = await self._parts.records.read(patient, ["Encounter"])
        signed = await self._on.signed.find(SignedWish(patients=members), _SIGNED)
        until = kept_until(encounters, [entry.record.signed_at for entry in signed])
        if until is not None and until > self._parts.clock.now():
            raise ConflictError(
                "retention_not_over",
                Bilingual(
                    zh="病历的法定保存期未满，不能以此理由删除。",
                    en="The time for which the law has this record kept is not over; it is not "
                    "erased on this ground.",
                ),
                detail={"kept_until": until.date().isoformat()},
            )

    async def _require(self, principal: Principal, action: Action, act: Act) -> None:
        try:
            self._parts.access.require(principal, action, InstallationTarget())
        except AccessError as error:
            await note_refusal(self._parts.audit, principal, act, error)
            raise


def _id(patient: str) -> str:
    given = patient.strip()
    require_plain(given, "patient")
    if not given or len(given) > _MOST_ID:
        raise InputError(
            "patient_missing",
            Bilingual(zh="请填写患者编号。", en="State the patient's id."),
            field="patient",
        )
    return given


def _reason(reason: str) -> str:
    given = reason.strip()
    require_plain(given, "reason")
    if not given or len(given) > _MOST_REASON:
        raise InputError(
            "reason_missing",
            Bilingual(
                zh=f"请说明理由（不超过 {_MOST_REASON} 字），勿写病情。",
                en=f"State the reason in at most {_MOST_REASON} characters, nothing clinical.",
            ),
            field="reason",
        )
    return given
