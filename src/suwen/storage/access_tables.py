"""The tables of emergency access, of the second factor and of the register of AI systems."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from suwen.storage.tables import INSTANT, general_only

emergency_access = Table(
    "emergency_access",
    general_only,
    Column("id", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("departments", ARRAY(Text), nullable=False),
    Column("patient", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("comment", LargeBinary, nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("ended_by", Text),
    Column("reviewed_at", INSTANT),
    Column("reviewed_by", Text),
    Column("outcome", Text),
    Column("review_comment", LargeBinary),
    Index(None, "person", "expires_at"),
    Index(None, "opened_at"),
)

second_factor = Table(
    "second_factor",
    general_only,
    Column("person", Text, ForeignKey("person.id"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("begun_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT),
    Column("last_step", BigInteger, nullable=False),
)

recovery_code = Table(
    "recovery_code",
    general_only,
    Column("person", Text, ForeignKey("person.id"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
    Column("used_at", INSTANT),
)

register_entry = Table(
    "register_entry",
    general_only,
    Column("system", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSONB, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
)
