"""The tables of runs over many records and of the quality office, as their stores use them."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from suwen.storage.tables import INSTANT, general_only

bulk_run = Table(
    "bulk_run",
    general_only,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("selection", Text, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Index(None, "created_at"),
)

bulk_item = Table(
    "bulk_item",
    general_only,
    Column("run", Text, ForeignKey("bulk_run.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, nullable=False),
    Column("patient", Text),
    Column("request", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    # Absent while it waits; then ok, refused or error, and never changed again.
    Column("status", Text),
    Column("code", Text),
    Column("result", LargeBinary),
    Column("model", Text),
    Column("took_ms", Double),
    Column("done_at", INSTANT),
    Index(None, "patient"),
)
Index(
    "ix_bulk_item_waiting",
    bulk_item.c.run,
    bulk_item.c.part,
    bulk_item.c.ordinal,
    postgresql_where=bulk_item.c.status.is_(None),
)

quality_stay = Table(
    "quality_stay",
    general_only,
    Column("run", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("patient", Text),
    Column("department", Text),
    Column("month", Text),
    Column("score", Double, nullable=False),
    Column("grade", Text, nullable=False),
    Column("findings", Integer, nullable=False),
    Column("judged_at", INSTANT, nullable=False),
    Index("ix_quality_stay_month", "month", "department"),
    Index(None, "patient"),
)

quality_finding = Table(
    "quality_finding",
    general_only,
    Column("run", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("patient", Text),
    Column("department", Text),
    Column("author", Text),
    # The account in use that surely is the author; without one the department's desk is asked.
    Column("author_account", Text),
    Column("month", Text),
    Column("document_type", Text),
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("deduction", Double, nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Index("ix_quality_finding_state", "state", "changed_at"),
    Index("ix_quality_finding_author", "author", "state"),
    Index("ix_quality_finding_author_account", "author_account", "state"),
    Index(None, "patient"),
)

quality_step = Table(
    "quality_step",
    general_only,
    Column("run", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("comment", LargeBinary),
    ForeignKeyConstraint(
        ["run", "ordinal", "n"],
        ["quality_finding.run", "quality_finding.ordinal", "quality_finding.n"],
        ondelete="CASCADE",
    ),
)
