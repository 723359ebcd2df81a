"""The table of a hospital's changes of the clinical tables; general database only."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from suwen.storage.tables import INSTANT, general_only

rule_proposal = Table(
    "rule_proposal",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("rule_set", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("base", Integer, nullable=False),
    Column("changes", JSONB, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("returns_to", Integer),
    Column("wanted_from", INSTANT),
    Column("decided_at", INSTANT),
    Column("decided_by", Text),
    Column("note", Text, nullable=False),
    Column("version", Integer),
    Column("works_from", INSTANT),
    UniqueConstraint("rule_set", "version"),
    Index(None, "rule_set", "number"),
)
