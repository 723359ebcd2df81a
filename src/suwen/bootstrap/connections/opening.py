"""Opens what connections stand on, for the service and for the process that runs them."""

from __future__ import annotations

from contextlib import AsyncExitStack

from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.vaults import open_vault
from suwen.core.ports import AuditSink, Clock
from suwen.storage.connections import ConnectionStore
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.encryption import field_cipher
from suwen.storage.inbound import InboundStore
from suwen.storage.keyring import Module
from suwen.storage.outbound import OutboundStore
from suwen.storage.patient_links import PatientLinkStore
from suwen.storage.records import RecordStore
from suwen.storage.urls import DatabaseUrls


def open_connection_parts(
    settings: Settings,
    urls: DatabaseUrls,
    audit: AuditSink,
    clock: Clock,
    closing: AsyncExitStack,
) -> ConnectionParts:
    """What connections stand on; no connection to the database is made before one is needed."""
    cipher = field_cipher(settings.home)
    messages = field_cipher(settings.home, Module.MESSAGES)
    vault = open_vault(settings.home)
    database = Database(urls.general, vault=vault)
    receiving = Database(urls.general, vault=vault)
    for opened in (database, receiving):
        closing.push_async_callback(opened.close)
    return ConnectionParts(
        settings=settings,
        database=database,
        cipher=cipher,
        messages=messages,
        connections=ConnectionStore(database, cipher),
        records=RecordStore(database),
        drafts=DraftStore(database),
        # A pool of its own: receiving keeps its connection, and nothing else may hold it up.
        inbound=InboundStore(receiving, messages),
        outbound=OutboundStore(database, messages),
        cursors=CursorStore(database),
        links=PatientLinkStore(database),
        audit=audit,
        clock=clock,
    )
