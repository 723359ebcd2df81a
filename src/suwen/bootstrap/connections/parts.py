"""What a protocol gets to build its connections from, and what it gives for each of its kinds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from suwen.bootstrap.settings import Settings
from suwen.core.connection import Connection, Connector
from suwen.core.data_class import DEIDENTIFIED, IDENTIFIABLE
from suwen.core.ports import AuditSink, Clock
from suwen.storage.connections import ConnectionStore
from suwen.storage.cursors import CursorStore
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.encryption import FieldCipher
from suwen.storage.inbound import InboundStore
from suwen.storage.outbound import OutboundStore
from suwen.storage.patient_links import PatientLinkStore
from suwen.storage.record_import import IMPORTED, SYNTHETIC
from suwen.storage.records import RecordStore


class ConnectionSettings(BaseModel):
    """What every kind's settings have in common: strict, nothing unknown, never changed.

    A field made by ``secret`` is kept apart and sealed; a builder reads it from the validated
    settings like any other.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    @classmethod
    def secret_names(cls) -> frozenset[str]:
        """Names of the fields that are kept sealed and never shown."""
        return frozenset(
            name
            for name, field in cls.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret")
        )


class SendingSettings(ConnectionSettings):
    """What settings have in common by which something leaves to another system."""

    ceiling: int | None = Field(
        None,
        ge=1,
        le=5,
        description="Highest data class that leaves: 3 without identity, 4 a named person's, 5 "
        "diseases whose disclosure does severe harm. Not set: 4 to a clinical system, 3 to any "
        "other. What is above waits in the queue.",
    )

    @property
    def cleared_for(self) -> int:
        """Highest data class that leaves, 1 to 5."""
        return ceiling_of(self.model_dump(include={"ceiling", "side"}))


def ceiling_of(settings: Mapping[str, Any]) -> int:
    """Highest data class (1 to 5) that leaves over a connection that sends, by its settings."""
    given = settings.get("ceiling")
    if isinstance(given, int):
        return given
    return DEIDENTIFIED if settings.get("side") == "outside" else IDENTIFIABLE


def secret(description: str) -> Any:
    """A field of a form that holds a password or key: optional, sealed, never shown."""
    return Field(None, description=description, repr=False, json_schema_extra={"secret": True})


@dataclass(frozen=True, slots=True)
class ConnectionParts:
    """What a connection may use of the platform.

    A listener that names no host and no port of its own takes them from ``settings.listeners``.

    Attributes:
        cipher: seals the connections' secrets; ``messages`` seals what came and went over them.
    """

    settings: Settings
    database: Database
    cipher: FieldCipher
    messages: FieldCipher
    connections: ConnectionStore
    records: RecordStore
    drafts: DraftStore
    inbound: InboundStore
    outbound: OutboundStore
    cursors: CursorStore
    links: PatientLinkStore
    audit: AuditSink
    clock: Clock


@dataclass(frozen=True, slots=True)
class Builder:
    """What a protocol gives for one kind of connection.

    Attributes:
        settings: the form of the connection's settings, secrets included; a ``ConnectionSettings``.
        build: makes what runs it; does no work yet and never fails for what lies outside.
    """

    settings: type[ConnectionSettings]
    build: Callable[[Connection, ConnectionParts], Connector]


def origin_of(connection: Connection) -> str:
    """The origin of records that come over a connection: invented or real."""
    return SYNTHETIC if connection.synthetic else IMPORTED
