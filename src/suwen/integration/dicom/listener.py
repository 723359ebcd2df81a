"""The door for objects: C-ECHO, C-STORE, and promises to keep (storage commitment).

An object is acknowledged only after its file and its row are durable. One that is refused is
refused with a status of PS3.4 and a comment that names the attribute.

Source: DICOM PS3.4 annexes A (verification), B (storage), J (storage commitment).
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import AllStoragePresentationContexts, evt
from pynetdicom.events import Event

from suwen.core.connection import ConnectionReport
from suwen.core.errors import ConflictError, InputError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.dicom.commitment import CommitmentDesk
from suwen.integration.dicom.network import (
    TRANSFER_SYNTAXES,
    BoundedSocket,
    application_entity,
    bound,
    quick,
)
from suwen.integration.dicom.problems import DicomObjectError
from suwen.integration.dicom.receiving import ObjectReceiver, place_of
from suwen.integration.dicom.sop_classes import STORAGE_COMMITMENT, VERIFICATION

SUCCESS: Final = 0x0000
OUT_OF_RESOURCES: Final = 0xA700
NOT_OF_ITS_CLASS: Final = 0xA900
CANNOT_UNDERSTAND: Final = 0xC000
_INDEXED_WITHIN_S: Final = 30.0
# Whoever connects and says nothing is let go soon, so that the places are for those who send.
_REQUEST_WITHIN_S: Final = 5.0
_LONGEST_COMMENT: Final = 64
_LOOK_EVERY_S: Final = 0.0003


@dataclass(frozen=True, slots=True)
class ListenerAddress:
    """Where we listen and to whom.

    Attributes:
        port: 0 takes a free one.
        callers: AE titles that may call; empty lets everybody call.
        peers: host and port by AE title, for results of storage commitment.
        largest: bytes of one object.
        tls: requires a certificate of every caller; ``None`` for a network without TLS.
    """

    host: str
    port: int
    ae_title: str
    callers: tuple[str, ...] = ()
    peers: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    largest: int = 512 << 20
    at_once: int = 32
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class DicomListener:
    """Runs the door of one connection."""

    def __init__(
        self, address: ListenerAddress, receiver: ObjectReceiver, commitments: CommitmentDesk
    ) -> None:
        self._address = address
        self._receiver = receiver
        self._commitments = commitments

    async def run(self, report: ConnectionReport) -> None:
        """Listens until cancelled.

        Raises:
            ConflictError: ``dicom_port_taken``.
        """
        loop = asyncio.get_running_loop()
        door = _Door(self._address, self._receiver, self._commitments, report, loop)
        entity = application_entity(self._address.ae_title, timeout_s=60.0)
        entity.acse_timeout = _REQUEST_WITHIN_S
        entity.require_called_aet = True
        entity.require_calling_aet = list(self._address.callers)
        entity.maximum_associations = self._address.at_once
        for sop_class in _classes():
            entity.add_supported_context(sop_class, list(TRANSFER_SYNTAXES))
        entity.add_supported_context(VERIFICATION)
        entity.add_supported_context(STORAGE_COMMITMENT, scu_role=True, scp_role=True)
        try:
            server = await asyncio.to_thread(
                entity.start_server,
                (self._address.host, self._address.port),
                block=False,
                ssl_context=self._address.tls,
                evt_handlers=door.handlers(),
            )
        except OSError as error:
            raise _port_taken(self._address.port, error) from None
        try:
            report.up(port=server.server_address[1] if server is not None else None)
            await self._commitments.answer_all(entity, self._address.peers, report)
        finally:
            await asyncio.shield(asyncio.to_thread(_stop, entity))


class _Door:
    """The handlers; they run in the library's threads, one per association."""

    def __init__(
        self,
        address: ListenerAddress,
        receiver: ObjectReceiver,
        commitments: CommitmentDesk,
        report: ConnectionReport,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._address = address
        self._receiver = receiver
        self._commitments = commitments
        self._report = report
        self._loop = loop
        self._readers: dict[Any, BoundedSocket] = {}

    def handlers(self) -> list[Any]:
        """What the library calls, by event."""
        return [
            (evt.EVT_CONN_OPEN, self.opened),
            (evt.EVT_CONN_CLOSE, self.closed),
            (evt.EVT_REJECTED, self.rejected),
            (evt.EVT_C_ECHO, self.echo),
            (evt.EVT_C_STORE, self.store),
            (evt.EVT_N_ACTION, self.commit),
            (evt.EVT_N_EVENT_REPORT, self.committed),
        ]

    def opened(self, event: Event) -> None:
        """Somebody connected."""
        quick(event)
        # How often the library looks for the next packet; its own millisecond is a tenth of what an
        # object takes. Whoever sends nothing for a minute is let go.
        event.assoc.dul._run_loop_delay = _LOOK_EVERY_S
        # A message has a command beside its object.
        self._readers[event.assoc] = bound(event, self._address.largest + (1 << 20))

    def closed(self, event: Event) -> None:
        """A connection is gone."""
        reader = self._readers.pop(event.assoc, None)
        if reader is None:
            return
        reader.close()
        if not event.assoc.is_established:
            # Its thread still waits for a request that cannot come any more, and takes up a place.
            event.assoc.dul.to_user_queue.put(None)
        if reader.exceeded:
            self._say(self._report.error, "dicom_object_too_large", "")

    def rejected(self, _event: Event) -> None:
        """Somebody called under a title that may not, or asked for another than ours."""
        self._say(self._report.error, "dicom_caller_refused", "AE Title")

    def echo(self, event: Event) -> int:
        """C-ECHO."""
        self._next(event)
        return SUCCESS

    def store(self, event: Event) -> int | Dataset:
        """C-STORE: success only for what is durable."""
        self._next(event)
        try:
            self._keep(event.encoded_dataset())
        except SuwenError as error:
            self._say(self._report.error, error.code, place_of(error))
            return _status(error)
        self._say(self._report.message)
        return SUCCESS

    def _keep(self, content: bytes) -> None:
        """Keeps an object: its row is prepared while the disk makes its file durable."""
        kept = self._receiver.write(
            content, lambda study_uid: self._wait(self._receiver.study_keys(study_uid))
        )
        durable: concurrent.futures.Future[None] = concurrent.futures.Future()
        indexing = asyncio.run_coroutine_threadsafe(self._receiver.index(kept, durable), self._loop)
        try:
            self._receiver.make_durable(kept)
        except SuwenError as error:
            durable.set_exception(error)
        else:
            durable.set_result(None)
        self._result(indexing)

    def commit(self, event: Event) -> tuple[int | Dataset, None]:
        """N-ACTION: somebody asks us to answer for objects; the answer follows by N-EVENT."""
        self._next(event)
        try:
            self._wait(
                self._commitments.asked(
                    event.action_information, event.assoc.requestor.ae_title, event.action_type
                )
            )
        except SuwenError as error:
            self._say(self._report.error, error.code, place_of(error))
            return (0x0110 if error.retryable else 0x0115), None
        return SUCCESS, None

    def committed(self, event: Event) -> tuple[int, None]:
        """N-EVENT-REPORT: somebody answers for what we sent."""
        self._next(event)
        try:
            answered = self._commitments.answered(event.event_information, event.event_type)
            if not self._wait(answered):
                self._say(self._report.error, "dicom_not_committed", "N-EVENT-REPORT")
        except SuwenError as error:
            self._say(self._report.error, error.code, place_of(error))
            return (0x0110 if error.retryable else 0x0115), None
        return SUCCESS, None

    def _next(self, event: Event) -> None:
        reader = self._readers.get(event.assoc)
        if reader is not None:
            reader.next_message()

    def _wait(self, work: Any) -> Any:
        """Runs something on the event loop and waits for it.

        Raises:
            UnavailableError: ``database_unavailable`` when it takes too long.
        """
        return self._result(asyncio.run_coroutine_threadsafe(work, self._loop))

    def _result(self, future: concurrent.futures.Future[Any]) -> Any:
        try:
            return future.result(_INDEXED_WITHIN_S)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError):
            future.cancel()
            raise UnavailableError(
                "dicom_not_indexed",
                Bilingual(
                    zh="数据库未及时应答，对象未确认接收。",
                    en="The database did not answer in time; the object was not acknowledged.",
                ),
            ) from None

    def _say(self, tell: Callable[..., None], *what: Any) -> None:
        self._loop.call_soon_threadsafe(tell, *what)


def _status(error: SuwenError) -> Dataset:
    """The status that PS3.4 B.2.3 has for an error, with a comment that names the attribute."""
    answer = Dataset()
    answer.Status = CANNOT_UNDERSTAND
    if error.code in ("dicom_uid_mismatch", "dicom_instance_differs"):
        answer.Status = NOT_OF_ITS_CLASS
    elif not isinstance(error, InputError):
        answer.Status = OUT_OF_RESOURCES
    comment = f"{error.code} {error.field or ''}".strip()
    answer.ErrorComment = comment[:_LONGEST_COMMENT]
    if isinstance(error, DicomObjectError) and error.tag is not None:
        answer.OffendingElement = [error.tag]
    return answer


def _classes() -> list[str]:
    return [str(context.abstract_syntax) for context in AllStoragePresentationContexts]


def _stop(entity: Any) -> None:
    """Ends every conversation; what was not acknowledged will be sent again."""
    for association in entity.active_associations:
        association.abort()
    entity.shutdown()


def _port_taken(port: int, error: OSError) -> ConflictError:
    return ConflictError(
        "dicom_port_taken",
        Bilingual(
            zh=f"DICOM 端口 {port} 已被占用或不允许使用，请在连接设置中换一个端口。",
            en=f"The DICOM port {port} is taken or may not be used: set another one in the "
            "connection.",
        ),
        detail={"port": port, "errno": error.errno or 0},
    )
