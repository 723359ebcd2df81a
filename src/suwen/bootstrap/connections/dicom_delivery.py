"""Signed documents on their way to the PACS: put in once, sent until they are taken.

What was signed is found by its instant, with a reach back for what was committed late; the queue
keeps each document once, so that finding it again changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from suwen.bootstrap.connections.dicom_parts import ImagingParts
from suwen.bootstrap.connections.dicom_settings import DicomPeerSettings, DicomWebPeerSettings
from suwen.bootstrap.connections.leaving import class_leaving, let_leave
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.connection import Connection, ConnectionReport
from suwen.core.errors import PrivacyError, SuwenError
from suwen.core.identity import Channel
from suwen.core.language import Language
from suwen.integration.dicom.documents import (
    SignedReport,
    derived_uid,
    encapsulated_pdf,
    structured_report,
)
from suwen.integration.dicom.header import Reading, read_header
from suwen.integration.dicom.peer import Outgoing, Sent, outgoing
from suwen.integration.exports.pdf import render_pdf
from suwen.integration.exports.printed import PrintedDocument
from suwen.integration.fhir.composition import DOCUMENT_CODES
from suwen.storage.imaging_commitments import Commitment
from suwen.storage.outbound import Carried, OutboundMessage
from suwen.storage.signed_feed import SignedEntry, signed_since

Store = Callable[[Sequence[Outgoing]], Awaitable[list[Sent]]]
Commit = Callable[[str, Sequence[tuple[str, str]]], Awaitable[None]]

CURSOR: Final = "signed"
_EVERY_S: Final = 2.0
_REACH_BACK: Final = timedelta(minutes=10)
_AT_ONCE: Final = 20
_LONGEST_PAUSE_S: Final = 600.0
_OUT_OF_RESOURCES: Final = range(0xA700, 0xA800)


class SignedDelivery:
    """Sends signed documents over one connection."""

    def __init__(
        self,
        connection: Connection,
        settings: DicomPeerSettings | DicomWebPeerSettings,
        parts: ConnectionParts,
        imaging: ImagingParts,
        store: Store,
        commit: Commit | None,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._parts = parts
        self._imaging = imaging
        self._store = store
        self._commit = commit

    async def run(self, report: ConnectionReport) -> None:
        """Runs until cancelled; does nothing where no form is wanted."""
        while self._settings.send_signed:
            try:
                await self.enqueue_signed(report)
                await self.deliver(report)
            except SuwenError as error:
                report.error(error.code, error.field or "")
            await asyncio.sleep(_EVERY_S)

    async def enqueue_signed(self, report: ConnectionReport) -> None:
        """Puts in what was signed since the last time; nothing that was signed before the
        connection was made."""
        name, now = self._connection.name, self._parts.clock.now()
        text = await self._parts.cursors.read(name, CURSOR)
        if text is None:
            await self._parts.cursors.advance(name, CURSOR, now.isoformat())
            return
        since = datetime.fromisoformat(text)
        after: tuple[datetime, str] | None = None
        while True:
            page = await signed_since(self._parts.database, since, after, _AT_ONCE)
            for entry in page:
                await self._enqueue(entry, report)
            if len(page) < _AT_ONCE:
                break
            after = (page[-1].record.signed_at, str(page[-1].record.id))
        began = now - _REACH_BACK
        if began > since:
            await self._parts.cursors.advance(name, CURSOR, began.isoformat())

    async def deliver(self, report: ConnectionReport) -> None:
        """Sends what is due."""
        now = self._parts.clock.now()
        due = await self._parts.outbound.next_messages(self._connection.name, _AT_ONCE, at=now)
        for message in due:
            await self._send(message, report)

    async def _enqueue(self, entry: SignedEntry, report: ConnectionReport) -> None:
        if entry.patient is None or "document" not in entry.record.content.get("result", {}):
            return
        if await self._imaging.store.is_synthetic(entry.patient) != self._connection.synthetic:
            return
        patient = await self._parts.records.read_resource("Patient", entry.patient)
        if patient is None:
            return
        site = self._parts.settings.site
        document = entry.record.content["result"]["document"]
        zh = Language(document["language"]) is Language.ZH
        source = SignedReport(
            signed=entry.record,
            patient=patient,
            hospital=site.name_zh if zh else site.name_en,
            zone=self._parts.settings.zone,
            issuer=self._settings.issuer_of_patient_id,
            code=DOCUMENT_CODES.get(str(document["document_type"])),
        )
        for form in self._settings.send_signed:
            try:
                made = await asyncio.to_thread(_made, source, form)
            except SuwenError as error:
                # A document that cannot be stated must not hold back the others.
                report.error(error.code, error.field or f"SignedRecord.{form}")
                continue
            await self._parts.outbound.enqueue(
                self._connection.name,
                f"{entry.record.id}/{form}",
                made.content,
                Carried(entry.patient, class_leaving(entry, patient)),
                at=self._parts.clock.now(),
            )

    async def _send(self, message: OutboundMessage, report: ConnectionReport) -> None:
        header = read_header(message.body, Reading(self._parts.settings.zone))
        one = outgoing(header, message.body)
        try:
            await self._let_leave(message, header.sop_instance_uid)
        except PrivacyError as error:
            report.error(error.code, "")
            now = self._parts.clock.now()
            await self._parts.outbound.failed(message.id, error.code, None, at=now)
            return
        try:
            [sent] = await self._store([one])
        except SuwenError as error:
            report.error(error.code, error.field or "")
            await self._again(message, error.code)
            return
        if sent.taken:
            await self._request_commitment(message, one, report)
            reply = f"{sent.status:04X} {one.sop_instance_uid}".encode()
            now = self._parts.clock.now()
            await self._parts.outbound.delivered(message.id, reply, at=now)
            report.message()
            return
        code = f"dicom_status_{sent.status:04x}"
        report.error(code, "")
        if sent.status in _OUT_OF_RESOURCES:
            await self._again(message, code)
        else:
            # The other side will not take it as it is: a person must look.
            now = self._parts.clock.now()
            await self._parts.outbound.failed(message.id, code, None, at=now)

    async def _again(self, message: OutboundMessage, code: str) -> None:
        now = self._parts.clock.now()
        pause = min(5.0 * 2.0 ** min(message.attempts, 20), _LONGEST_PAUSE_S)
        await self._parts.outbound.failed(message.id, code, now + timedelta(seconds=pause), at=now)

    async def _request_commitment(
        self, message: OutboundMessage, one: Outgoing, report: ConnectionReport
    ) -> None:
        """Asks the other side to answer for the object; the answer comes to our listener."""
        if self._commit is None or not isinstance(self._settings, DicomPeerSettings):
            return
        transaction = derived_uid("commitment", message.key, str(message.attempts))
        instances = ((one.sop_class_uid, one.sop_instance_uid),)
        await self._imaging.commitments.ask(
            Commitment(
                transaction_uid=transaction,
                connection=self._connection.name,
                asked_by_peer=False,
                peer=self._settings.ae_title,
                instances=instances,
                requested_at=self._parts.clock.now(),
            )
        )
        try:
            await self._commit(transaction, instances)
        except SuwenError as error:
            report.error(error.code, "N-ACTION")

    async def _let_leave(self, message: OutboundMessage, sop_instance_uid: str) -> None:
        record, _, form = message.key.rpartition("/")
        detail: dict[str, Any] = {
            "form": f"dicom-{form}",
            "connection": self._connection.name,
            "sop_instance_uid": sop_instance_uid,
        }
        sending = AuditEntry(
            action="draft.send",
            actor=f"connection/{self._connection.name}",
            channel=Channel.DICOM.value,
            outcome=AuditOutcome.DONE,
            subject=f"SignedRecord/{record}",
            patient=message.patient,
            detail=detail,
        )
        await let_leave(message, self._settings.cleared_for, sending, self._parts.audit)


def _made(source: SignedReport, form: str) -> Outgoing:
    if form == "sr":
        return structured_report(source)
    signed = source.signed
    printed = PrintedDocument(
        content=signed.content,
        hospital=source.hospital,
        version=signed.sign_offs[-1].version,
        content_hash=signed.content_hash,
        printed_at=signed.signed_at.astimezone(source.zone),
        signed=signed,
    )
    return encapsulated_pdf(source, render_pdf(printed))
