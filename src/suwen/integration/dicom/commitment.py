"""Storage commitment: who asks us to answer for objects is told whether we have them.

The request is durable before it is acknowledged, and its answer is sent until it was taken.

Source: DICOM PS3.4 annex J (storage commitment service class, push model).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, build_role

from suwen.core.connection import ConnectionReport
from suwen.core.errors import SuwenError
from suwen.core.ports import Clock
from suwen.integration.dicom.network import LARGEST_PDU, QUICK
from suwen.integration.dicom.problems import DicomObjectError, refused
from suwen.integration.dicom.sop_classes import (
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
)
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_commitments import Commitment, CommitmentState, CommitmentStore
from suwen.storage.imaging_files import ImagingFiles

REQUEST: Final = 1
ALL_KEPT: Final = 1
SOME_NOT_KEPT: Final = 2
NO_SUCH_OBJECT: Final = 0x0112
CLASS_DIFFERS: Final = 0x0119

_TRANSACTION_UID: Final = 0x00081195
_REFERENCED_SOP_SEQUENCE: Final = 0x00081199
_MOST_INSTANCES: Final = 100_000
_EVERY_S: Final = 0.5
_MOST_ATTEMPTS: Final = 200
_LONGEST_PAUSE_S: Final = 600.0


class CommitmentDesk:
    """Keeps requests of one connection, and answers them."""

    def __init__(
        self,
        store: CommitmentStore,
        imaging: ImagingStore,
        files: ImagingFiles,
        connection: str,
        clock: Clock,
    ) -> None:
        self._store = store
        self._imaging = imaging
        self._files = files
        self._connection = connection
        self._clock = clock
        self._not_before: dict[str, float] = {}

    async def asked(self, request: Dataset, peer: str, action: int | None) -> None:
        """Keeps what a peer asks; durable when this returns.

        Raises:
            DicomObjectError: ``dicom_missing``, ``dicom_value_malformed`` with the attribute.
        """
        if action != REQUEST:
            raise refused(
                "dicom_value_malformed", 0x00001008, "未知的操作类型。", "No such action type."
            )
        transaction = _transaction(request)
        await self._store.ask(
            Commitment(
                transaction_uid=transaction,
                connection=self._connection,
                asked_by_peer=True,
                peer=peer.strip(),
                instances=_instances(request),
                requested_at=self._clock.now(),
            )
        )

    async def answered(self, answer: Dataset, event_type: int | None) -> bool:
        """Keeps what a peer answers to a request of ours; whether it answers for everything.

        Raises:
            DicomObjectError: ``dicom_missing`` or ``dicom_value_malformed``.
            DicomObjectError: ``dicom_commitment_unknown`` when we asked no such thing.
        """
        transaction = _transaction(answer)
        failed = [
            (str(item.get("ReferencedSOPInstanceUID", "")), int(item.get("FailureReason", 0)))
            for item in answer.get("FailedSOPSequence", [])
        ]
        request = await self._store.read(transaction)
        if request is None or request.asked_by_peer:
            raise _unknown()
        kept = event_type == ALL_KEPT and not failed
        state = CommitmentState.COMMITTED if kept else CommitmentState.FAILED
        await self._store.settle(transaction, state, failed, at=self._clock.now())
        return kept

    async def check(self, request: Commitment) -> list[tuple[str, int]]:
        """Which of the objects are not kept, and why (PS3.3 C.14.1.1)."""
        uids = [uid for _class, uid in request.instances]
        known = await self._imaging.known(uids)
        failed: list[tuple[str, int]] = []
        for sop_class, uid in request.instances:
            there = known.get(uid)
            if there is None or not await asyncio.to_thread(self._files.has, there.digest):
                failed.append((uid, NO_SUCH_OBJECT))
            elif there.sop_class_uid != sop_class:
                failed.append((uid, CLASS_DIFFERS))
        return failed

    async def answer_all(
        self, entity: AE, peers: Mapping[str, tuple[str, int]], report: ConnectionReport
    ) -> None:
        """Answers requests as they come, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                for request in await self._store.waiting(self._connection):
                    if self._not_before.get(request.transaction_uid, 0.0) <= loop.time():
                        await self._answer(entity, peers, request, report)
            except SuwenError as error:
                report.error(error.code, "")
            await asyncio.sleep(_EVERY_S)

    async def _answer(
        self,
        entity: AE,
        peers: Mapping[str, tuple[str, int]],
        request: Commitment,
        report: ConnectionReport,
    ) -> None:
        failed = await self.check(request)
        address = peers.get(request.peer)
        told = address is not None and await asyncio.to_thread(
            _report, entity, address, request, failed
        )
        if told:
            state = CommitmentState.FAILED if failed else CommitmentState.COMMITTED
            await self._store.settle(request.transaction_uid, state, failed, at=self._clock.now())
            self._not_before.pop(request.transaction_uid, None)
            return
        report.error(
            "dicom_commitment_not_delivered" if address else "dicom_commitment_no_address",
            "AE Title",
        )
        await self._store.tried(request.transaction_uid)
        if request.attempts + 1 >= _MOST_ATTEMPTS:
            await self._store.settle(
                request.transaction_uid, CommitmentState.UNDELIVERED, failed, at=self._clock.now()
            )
            return
        pause = min(2.0**request.attempts, _LONGEST_PAUSE_S)
        self._not_before[request.transaction_uid] = asyncio.get_running_loop().time() + pause


def request_of(transaction: str, instances: Sequence[tuple[str, str]]) -> Dataset:
    """The request for commitment, by SOP class and SOP Instance UID."""
    request = Dataset()
    request.TransactionUID = transaction
    request.ReferencedSOPSequence = [_item(*instance) for instance in instances]
    return request


def _item(sop_class: str, sop_instance: str, reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = sop_class
    item.ReferencedSOPInstanceUID = sop_instance
    if reason is not None:
        item.FailureReason = reason
    return item


def _report(
    entity: AE,
    address: tuple[str, int],
    request: Commitment,
    failed: Sequence[tuple[str, int]],
) -> bool:
    """Sends the answer on an association of its own; whether it was taken."""
    reasons = dict(failed)
    answer = Dataset()
    answer.TransactionUID = request.transaction_uid
    answer.ReferencedSOPSequence = [
        _item(sop_class, uid) for sop_class, uid in request.instances if uid not in reasons
    ]
    if reasons:
        answer.FailedSOPSequence = [
            _item(sop_class, uid, reasons[uid])
            for sop_class, uid in request.instances
            if uid in reasons
        ]
        if not answer.ReferencedSOPSequence:
            del answer.ReferencedSOPSequence
    association = entity.associate(
        address[0],
        address[1],
        contexts=[build_context(STORAGE_COMMITMENT)],
        ae_title=request.peer,
        max_pdu=LARGEST_PDU,
        ext_neg=[build_role(STORAGE_COMMITMENT, scp_role=True)],
        evt_handlers=[QUICK],
    )
    if not association.is_established:
        return False
    try:
        status, _ = association.send_n_event_report(
            answer,
            SOME_NOT_KEPT if reasons else ALL_KEPT,
            STORAGE_COMMITMENT,
            STORAGE_COMMITMENT_INSTANCE,
        )
    except (ValueError, RuntimeError):
        # The peer does not take answers over associations of ours.
        association.abort()
        return False
    if association.is_established:
        association.release()
    return "Status" in status and status.Status == 0


def _transaction(request: Dataset) -> str:
    uid = str(request.get("TransactionUID", "")).strip()
    if not uid:
        raise refused("dicom_missing", _TRANSACTION_UID, "缺失或为空。", "Missing or empty.")
    return uid


def _instances(request: Dataset) -> tuple[tuple[str, str], ...]:
    items: Any = request.get("ReferencedSOPSequence", [])
    found = tuple(
        (str(i.get("ReferencedSOPClassUID", "")), str(i.get("ReferencedSOPInstanceUID", "")))
        for i in items
    )
    if not found or len(found) > _MOST_INSTANCES or not all(a and b for a, b in found):
        raise refused(
            "dicom_missing",
            _REFERENCED_SOP_SEQUENCE,
            "缺失、为空或过长。",
            "Missing, empty or too long.",
        )
    return found


def _unknown() -> DicomObjectError:
    return refused(
        "dicom_commitment_unknown",
        _TRANSACTION_UID,
        "没有发出过这样的存储确认请求。",
        "No such storage commitment was asked for.",
    )
