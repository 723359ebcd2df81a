"""Tables that only the device database has: chats with patients, and tables that operators edit."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from suwen.storage.tables import INSTANT, NAMING

device_only = MetaData(naming_convention=NAMING)
"""Tables that only the device database has."""

patient_chat = Table(
    "patient_chat",
    device_only,
    Column("id", Text, primary_key=True),
    Column("token_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("emergency", Boolean, nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("ends_at", INSTANT, nullable=False),
    Column("waiting_since", INSTANT),
    Column("taken_by", Text),
    Column("closed_at", INSTANT),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("token_hash"),
    Index(None, "state", "waiting_since"),
    Index(None, "seen_at"),
)

table_edition = Table(
    "table_edition",
    device_only,
    Column("kind", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("base", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("changes", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("decided_at", INSTANT),
    Column("decided_by", Text),
    Index(None, "kind", "state"),
)
