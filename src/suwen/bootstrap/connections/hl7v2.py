"""HL7 v2 connections: messages in by MLLP, signed documents out by MLLP."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from suwen.bootstrap.connections.hl7v2_settings import (
    CODECS,
    Hl7ListenerSettings,
    Hl7SenderSettings,
)
from suwen.bootstrap.connections.kinds import read_connection_settings
from suwen.bootstrap.connections.leaving import class_leaving, let_leave
from suwen.bootstrap.connections.numbering import NumberedConnector, with_numbers
from suwen.bootstrap.connections.parts import Builder, ConnectionParts
from suwen.bootstrap.placing import runs_in_general
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.connection import Connection, ConnectionKind, ConnectionReport, ConnectionTest
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId, Channel
from suwen.core.language import Language
from suwen.core.record import Resource
from suwen.integration.exports.pdf import render_pdf
from suwen.integration.exports.printed import PrintedDocument
from suwen.integration.fhir.stored import stored_resources
from suwen.integration.fhir.validate import check_resource
from suwen.integration.hl7v2.listener import MllpListener
from suwen.integration.hl7v2.mapping import ChannelFacts
from suwen.integration.hl7v2.outgoing import SignedMessage, signed_message
from suwen.integration.hl7v2.processing import Processor, Stores
from suwen.integration.hl7v2.receiving import MessageReceiver
from suwen.integration.hl7v2.sender import MllpSender
from suwen.integration.hl7v2.settings import (
    ListenerSettings,
    SenderSettings,
    client_tls,
    server_tls,
)
from suwen.storage.outbound import Carried, OutboundMessage
from suwen.storage.record_import import IMPORTED, SYNTHETIC, StoredResource
from suwen.storage.signed_feed import SignedEntry, signed_since

CURSOR: Final = "signed"
REVIEW: Final = AppId("prescription_review")
_REACH_BACK: Final = timedelta(minutes=10)
_AT_ONCE: Final = 50


class Hl7Door:
    """Receives messages and brings them into the record; built when it runs, so that a wrong file
    shows as a failed connection and not as a failed start."""

    def __init__(
        self, connection: Connection, settings: Hl7ListenerSettings, parts: ConnectionParts
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._parts = parts

    async def run(self, report: ConnectionReport) -> None:
        """Listens until cancelled."""
        await self._listener().run(report)

    async def test(self) -> ConnectionTest:
        """Whether settings and files are in order and the port answers."""
        try:
            listener = self._listener()
        except SuwenError as error:
            return ConnectionTest(False, 0.0, error.safe_message)
        return await listener.test()

    def _listener(self) -> MllpListener:
        settings, parts = self._settings, self._parts
        channel = channel_facts(self._connection.name, settings, parts)
        synthetic = self._connection.synthetic
        origin = SYNTHETIC if synthetic else IMPORTED

        def to_store(resources: Sequence[Resource]) -> Sequence[StoredResource]:
            return with_numbers(checked(resources, origin), settings.numberings, channel.namespace)

        reviews = runs_in_general(REVIEW, parts.settings)
        stores = Stores(parts.inbound, parts.database, to_store, parts.clock, reviews)
        processor = Processor(channel, stores)
        used = listener_settings(settings, parts, synthetic=synthetic)
        receiver = MessageReceiver(channel, used, parts.inbound, parts.clock, processor.notice)
        return MllpListener(used, receiver, processor)


class Hl7Delivery:
    """Sends signed documents to one receiver."""

    def __init__(
        self, connection: Connection, settings: Hl7SenderSettings, parts: ConnectionParts
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._parts = parts
        self._put_in: set[str] = set()

    async def run(self, report: ConnectionReport) -> None:
        """Sends until cancelled."""
        await self._sender(report).run(report)

    async def test(self) -> ConnectionTest:
        """Whether the receiver can be reached."""
        try:
            sender = self._sender(None)
        except SuwenError as error:
            return ConnectionTest(False, 0.0, error.safe_message)
        return await sender.test()

    def _sender(self, report: ConnectionReport | None) -> MllpSender:
        settings = self._settings
        tls = None
        if settings.tls:
            tls = client_tls(
                _path(settings.ca_file), _path(settings.certificate_file), _path(settings.key_file)
            )
        used = SenderSettings(
            host=settings.host,
            port=settings.port,
            tls=tls,
            server_name=settings.server_name,
            codec=CODECS[settings.character_set],
            answer_s=settings.answer_s,
            attempts=settings.attempts,
        )

        async def gather() -> None:
            if report is not None and settings.send_signed is not None:
                await self._enqueue_signed(report)

        return MllpSender(
            self._connection.name,
            used,
            self._parts.outbound,
            self._parts.clock,
            gather,
            self._let_leave,
        )

    async def _enqueue_signed(self, report: ConnectionReport) -> None:
        """Puts in what was signed since the last time, and nothing from before the connection."""
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
                if str(entry.record.id) not in self._put_in:
                    await self._enqueue(entry, report)
                    self._put_in.add(str(entry.record.id))
            if len(page) < _AT_ONCE:
                break
            after = (page[-1].record.signed_at, str(page[-1].record.id))
        # What was committed late has an earlier instant; finding a record again changes nothing.
        if now - _REACH_BACK > since:
            await self._parts.cursors.advance(name, CURSOR, (now - _REACH_BACK).isoformat())

    async def _enqueue(self, entry: SignedEntry, report: ConnectionReport) -> None:
        if entry.patient is None or "document" not in entry.record.content.get("result", {}):
            return
        parts, settings = self._parts, self._settings
        patient = await parts.records.read_resource("Patient", entry.patient)
        if patient is None or await self._is_synthetic(entry.patient) != self._connection.synthetic:
            return
        encounter = None
        if entry.encounter is not None:
            encounter = await parts.records.read_resource(
                "Encounter", entry.encounter.removeprefix("Encounter/")
            )
        codec = CODECS[settings.character_set]
        try:
            pdf = await asyncio.to_thread(_printed, entry, parts) if settings.with_pdf else None
            text = signed_message(
                SignedMessage(
                    signed=entry.record,
                    patient=patient,
                    encounter=encounter,
                    parties=(
                        settings.sending_application,
                        settings.sending_facility,
                        settings.receiving_application,
                        settings.receiving_facility,
                    ),
                    kind=settings.send_signed or "MDM",
                    codec=codec,
                    processing="T" if self._connection.synthetic else "P",
                    pdf=pdf,
                ),
                parts.clock.now().astimezone(parts.settings.zone),
            )
            body = text.encode(codec)
        except SuwenError as error:
            # A document that cannot be stated must not hold back the others.
            report.error(error.code, error.field or "SignedRecord")
            return
        except UnicodeEncodeError:
            report.error("hl7_character_set", "MSH-18")
            return
        await parts.outbound.enqueue(
            self._connection.name,
            _key_of(str(entry.record.id)),
            body,
            Carried(entry.patient, class_leaving(entry, patient, encounter)),
            parts.clock.now(),
        )

    async def _is_synthetic(self, patient: str) -> bool:
        summary = await self._parts.records.read_summary(patient)
        return summary is not None and summary.origin == SYNTHETIC

    async def _let_leave(self, message: OutboundMessage) -> None:
        sending = AuditEntry(
            action="draft.send",
            actor=f"connection/{self._connection.name}",
            channel=Channel.HL7V2.value,
            outcome=AuditOutcome.DONE,
            subject=message.key,
            patient=message.patient,
            detail={
                "form": f"hl7v2-{self._settings.send_signed}",
                "connection": self._connection.name,
                "attempt": message.attempts + 1,
            },
        )
        await let_leave(message, self._settings.cleared_for, sending, self._parts.audit)


def _key_of(record: str) -> str:
    """What a message about a signed record is called in the queue and in the audit."""
    return f"SignedRecord/{record}"


def channel_facts(name: str, settings: Hl7ListenerSettings, parts: ConnectionParts) -> ChannelFacts:
    """What reading needs to know of the channel.

    Raises:
        ConfigurationError: ``hl7_mapping_file``.
    """
    return ChannelFacts(
        name=name,
        namespace=settings.namespace or name,
        zone=settings.zone(parts.settings.zone),
        mapping=settings.mapping(),
    )


def checked(resources: Sequence[Resource], origin: str) -> list[StoredResource]:
    """Resources as the store takes them, each checked against R4.

    Raises:
        InputError: with the element at fault.
    """
    for resource in resources:
        check_resource(resource, str(resource["resourceType"]))
    return stored_resources(resources, origin)


def listener_settings(
    settings: Hl7ListenerSettings, parts: ConnectionParts, *, synthetic: bool
) -> ListenerSettings:
    """How the listener runs.

    Raises:
        ConfigurationError: ``hl7_tls``.
    """
    installation = parts.settings.listeners
    tls = None
    if settings.certificate_file is not None and settings.key_file is not None:
        tls = server_tls(
            Path(settings.certificate_file), Path(settings.key_file), _path(settings.ca_file)
        )
    return ListenerSettings(
        host=settings.host or installation.host,
        port=installation.hl7v2_port if settings.port is None else settings.port,
        tls=tls,
        peers=tuple(ip_network(one) for one in settings.peers),
        acknowledgement=settings.acknowledgement,
        processing=settings.taken(synthetic=synthetic),
        codec=CODECS[settings.character_set],
        trust_header=settings.trust_msh18,
        reused_control_id=settings.reused_control_id,
        require_control_id=settings.require_control_id,
        largest_message=settings.largest_mb << 20,
        idle_s=settings.idle_s,
        frame_s=settings.frame_s,
        most_connections=settings.most_connections,
    )


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _printed(entry: SignedEntry, parts: ConnectionParts) -> bytes:
    signed = entry.record
    site = parts.settings.site
    zh = Language(signed.content["result"]["document"]["language"]) is Language.ZH
    return render_pdf(
        PrintedDocument(
            content=signed.content,
            hospital=site.name_zh if zh else site.name_en,
            version=signed.sign_offs[-1].version,
            content_hash=signed.content_hash,
            printed_at=signed.signed_at.astimezone(parts.settings.zone),
            signed=signed,
        )
    )


def _listener(connection: Connection, parts: ConnectionParts) -> NumberedConnector:
    settings = read_connection_settings(connection, Hl7ListenerSettings)
    door = Hl7Door(connection, settings, parts)
    return NumberedConnector(door, connection, settings.namespace or connection.name, parts)


def _sender(connection: Connection, parts: ConnectionParts) -> Hl7Delivery:
    settings = read_connection_settings(connection, Hl7SenderSettings)
    return Hl7Delivery(connection, settings, parts)


BUILDERS: Final = {
    ConnectionKind.HL7V2_LISTENER: Builder(Hl7ListenerSettings, _listener),
    ConnectionKind.HL7V2_SENDER: Builder(Hl7SenderSettings, _sender),
}
