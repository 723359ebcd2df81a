"""Another DICOM system, called by us: C-ECHO, C-STORE, C-FIND, C-GET, C-MOVE, worklist, N-ACTION.

The library is blocking; each conversation runs in a thread and leaves nothing open.

Source: DICOM PS3.4 annexes A, B, C, J, K.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from suwen.core.errors import SuwenError
from suwen.integration.dicom.commitment import REQUEST, request_of
from suwen.integration.dicom.header import InstanceHeader
from suwen.integration.dicom.network import (
    LARGEST_PDU,
    TRANSFER_SYNTAXES,
    UNCOMPRESSED,
    BoundedSocket,
    PeerAddress,
    application_entity,
    bound,
    quick,
)
from suwen.integration.dicom.problems import peer_failed
from suwen.integration.dicom.queries import (
    FoundStudy,
    ScheduledStep,
    StudyQuery,
    WorklistQuery,
    found_study,
    scheduled_step,
    study_identifier,
    worklist_identifier,
)
from suwen.integration.dicom.sop_classes import (
    MODALITY_WORKLIST_FIND,
    STORAGE_COMMITMENT,
    STORAGE_COMMITMENT_INSTANCE,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
    VERIFICATION,
)

_PENDING: Final = (0xFF00, 0xFF01)
_SUCCESS: Final = 0x0000
_WARNINGS: Final = (0xB000, 0xB006, 0xB007)
_MOST_CONTEXTS: Final = 128


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object on its way out."""

    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """How the other side took an object; ``taken`` also where it warned."""

    sop_instance_uid: str
    status: int
    taken: bool


@dataclass(frozen=True, slots=True)
class Retrieved:
    """How many objects came, and how many the other side could not or we would not take."""

    completed: int
    failed: int
    refused: tuple[tuple[str, str], ...] = ()


def outgoing(header: InstanceHeader, content: bytes) -> Outgoing:
    """An object of ours, ready to be sent."""
    return Outgoing(
        header.sop_instance_uid, header.sop_class_uid, header.transfer_syntax_uid, content
    )


class DicomPeer:
    """One other system."""

    def __init__(self, address: PeerAddress, largest: int = 512 << 20) -> None:
        self._address = address
        self._largest = largest

    async def echo(self) -> float:
        """C-ECHO; milliseconds that it took.

        Raises:
            IntegrationError: ``dicom_peer_unreachable``, ``dicom_peer_refused``,
                ``dicom_peer_failed``.
        """
        return await asyncio.to_thread(self._echo)

    async def store(self, objects: Sequence[Outgoing]) -> list[Sent]:
        """C-STORE of some objects over one association, in their order.

        Raises:
            IntegrationError: as ``echo``; objects that were not reported are to be sent again.
        """
        return await asyncio.to_thread(self._store, objects)

    async def find(self, query: StudyQuery, limit: int = 200) -> list[FoundStudy]:
        """C-FIND at study level.

        Raises:
            IntegrationError: as ``echo``.
        """
        answers = await asyncio.to_thread(
            self._find,
            study_identifier(query),
            STUDY_ROOT_FIND,
            limit,
        )
        return [study for study in map(found_study, answers) if study is not None]

    async def worklist(self, query: WorklistQuery, limit: int = 200) -> list[ScheduledStep]:
        """C-FIND in the modality worklist.

        Raises:
            IntegrationError: as ``echo``.
        """
        answers = await asyncio.to_thread(
            self._find, worklist_identifier(query), MODALITY_WORKLIST_FIND, limit
        )
        return [scheduled_step(answer) for answer in answers]

    async def get(
        self, study_uid: str, classes: Sequence[str], take: Callable[[bytes], Awaitable[bool]]
    ) -> Retrieved:
        """C-GET of a study; each object is acknowledged when ``take`` has returned.

        Args:
            classes: SOP classes that may come, at most 126.
            take: keeps an object durably.

        Raises:
            IntegrationError: as ``echo``.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._get, study_uid, classes, take, loop)

    async def move(self, study_uid: str, destination: str) -> Retrieved:
        """C-MOVE of a study to an application entity, ours as a rule.

        Raises:
            IntegrationError: as ``echo``; ``dicom_peer_failed`` also where it does not know the
                destination.
        """
        return await asyncio.to_thread(self._move, study_uid, destination)

    async def request_commitment(
        self, transaction: str, instances: Sequence[tuple[str, str]]
    ) -> None:
        """N-ACTION: asks the other side to answer for objects; it answers to our listener.

        Raises:
            IntegrationError: as ``echo``.
        """
        await asyncio.to_thread(self._commit, transaction, instances)

    def _echo(self) -> float:
        began = time.perf_counter()
        with self._association([build_context(VERIFICATION)]) as association:
            _require(association.send_c_echo())
        return (time.perf_counter() - began) * 1000

    def _store(self, objects: Sequence[Outgoing]) -> list[Sent]:
        pairs = dict.fromkeys((o.sop_class_uid, o.transfer_syntax_uid) for o in objects)
        contexts = [build_context(sop_class, _offered(syntax)) for sop_class, syntax in pairs]
        if len(contexts) > _MOST_CONTEXTS:
            raise ValueError("too many kinds of objects for one association")
        sent = []
        with self._association(contexts) as association:
            for one in objects:
                sent.append(_stored(association, one))
        return sent

    def _find(self, asked: Dataset, model: Any, limit: int) -> list[Dataset]:
        found: list[Dataset] = []
        with self._association([build_context(model)]) as association:
            for status, answer in association.send_c_find(asked, model):
                if "Status" not in status:
                    raise _failed("dicom_peer_failed", 0)
                if status.Status in _PENDING and answer is not None:
                    found.append(answer)
                    if len(found) == limit:
                        association.send_c_cancel(1, None, model)
                elif status.Status not in (_SUCCESS, 0xFE00):
                    raise _failed("dicom_peer_failed", status.Status)
        return found[:limit]

    def _get(
        self,
        study_uid: str,
        classes: Sequence[str],
        take: Callable[[bytes], Awaitable[bool]],
        loop: asyncio.AbstractEventLoop,
    ) -> Retrieved:
        refusals: list[tuple[str, str]] = []

        def keep(event: Event) -> int:
            try:
                asyncio.run_coroutine_threadsafe(
                    _taken(take, event.encoded_dataset()), loop
                ).result(self._address.timeout_s)
            except SuwenError as error:
                refusals.append((error.code, error.field or ""))
                return 0xA700 if error.retryable else 0xC000
            return _SUCCESS

        model = STUDY_ROOT_GET
        contexts = [build_context(model)]
        contexts.extend(build_context(one, list(TRANSFER_SYNTAXES)) for one in classes)
        roles = [build_role(one, scp_role=True) for one in classes]
        with self._association(contexts, roles, [(evt.EVT_C_STORE, keep)]) as association:
            counts = _sub_operations(association.send_c_get(_study(study_uid), model))
        return Retrieved(*counts, tuple(refusals))

    def _move(self, study_uid: str, destination: str) -> Retrieved:
        model = STUDY_ROOT_MOVE
        with self._association([build_context(model)]) as association:
            answers = association.send_c_move(_study(study_uid), destination, model)
            return Retrieved(*_sub_operations(answers))

    def _commit(self, transaction: str, instances: Sequence[tuple[str, str]]) -> None:
        with self._association([build_context(STORAGE_COMMITMENT)]) as association:
            status, _ = association.send_n_action(
                request_of(transaction, instances),
                REQUEST,
                STORAGE_COMMITMENT,
                STORAGE_COMMITMENT_INSTANCE,
            )
            _require(status)

    @contextmanager
    def _association(
        self,
        contexts: list[PresentationContext],
        roles: Sequence[Any] = (),
        handlers: Sequence[Any] = (),
    ) -> Iterator[Association]:
        at = self._address
        entity = application_entity(at.calling, at.timeout_s)
        readers: list[BoundedSocket] = []

        def opened(event: Event) -> None:
            quick(event)
            readers.append(bound(event, self._largest * 4096))

        association = entity.associate(
            at.host,
            at.port,
            contexts=contexts,
            ae_title=at.ae_title,
            max_pdu=LARGEST_PDU,
            ext_neg=list(roles),
            tls_args=(at.tls, at.host) if at.tls is not None else None,
            evt_handlers=[(evt.EVT_CONN_OPEN, opened), *handlers],
        )
        try:
            if not association.is_established:
                raise _refused() if association.is_rejected else _unreachable()
            yield association
        except (ValueError, RuntimeError) as error:
            # The library says so when the other side takes no such object or lost the connection.
            raise _failed("dicom_peer_failed", 0) from error
        finally:
            if association.is_established:
                association.release()
            entity.shutdown()
            for reader in readers:
                reader.close()


async def _taken(take: Callable[[bytes], Awaitable[bool]], content: bytes) -> bool:
    return await take(content)


def _offered(syntax: str) -> list[str]:
    """What is compressed goes as it is; what is not may go in any uncompressed form."""
    return list(UNCOMPRESSED) if syntax in UNCOMPRESSED else [syntax]


def _stored(association: Association, one: Outgoing) -> Sent:
    try:
        status = association.send_c_store(dcmread(BytesIO(one.content), force=False))
    except ValueError:
        # The other side accepted no context for this kind of object.
        return Sent(one.sop_instance_uid, 0x0122, False)
    if "Status" not in status:
        raise _failed("dicom_peer_failed", 0)
    code = int(status.Status)
    return Sent(one.sop_instance_uid, code, code == _SUCCESS or code in _WARNINGS)


def _study(study_uid: str) -> Dataset:
    wanted = Dataset()
    wanted.QueryRetrieveLevel = "STUDY"
    wanted.StudyInstanceUID = study_uid
    return wanted


def _sub_operations(answers: Iterator[tuple[Dataset, Dataset | None]]) -> tuple[int, int]:
    """How many objects came and how many did not, out of the last answer.

    Raises:
        IntegrationError: ``dicom_peer_failed``.
    """
    completed = failed = 0
    for status, _ in answers:
        if "Status" not in status:
            raise _failed("dicom_peer_failed", 0)
        completed = int(status.get("NumberOfCompletedSuboperations", completed) or 0)
        failed = int(status.get("NumberOfFailedSuboperations", failed) or 0)
        completed += int(status.get("NumberOfWarningSuboperations", 0) or 0)
        if status.Status not in (*_PENDING, _SUCCESS, 0xB000):
            raise _failed("dicom_peer_failed", status.Status)
    return completed, failed


def _require(status: Dataset) -> None:
    if "Status" not in status:
        raise _failed("dicom_peer_failed", 0)
    if status.Status != _SUCCESS:
        raise _failed("dicom_peer_failed", status.Status)


def _unreachable() -> SuwenError:
    return peer_failed(
        "dicom_peer_unreachable",
        "无法连接对方 DICOM 系统，请检查地址、端口与网络。",
        "The other DICOM system cannot be reached: check address, port and network.",
    )


def _refused() -> SuwenError:
    return peer_failed(
        "dicom_peer_refused",
        "对方 DICOM 系统拒绝连接，请检查双方的 AE Title 以及对方是否登记了本系统。",
        "The other DICOM system refused the association: check both AE titles, and whether it "
        "knows ours.",
    )


def _failed(code: str, status: int) -> SuwenError:
    return peer_failed(
        code,
        f"对方 DICOM 系统未完成请求（状态 {status:04X}）。",
        f"The other DICOM system did not carry out the request (status {status:04X}).",
        status=f"{status:04X}",
    )
