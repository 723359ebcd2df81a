"""The tables of evaluations, as their store uses them; general database only."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from suwen.storage.tables import INSTANT, general_only

evaluation_run = Table(
    "evaluation_run",
    general_only,
    Column("id", Text, primary_key=True),
    # Runs that were started together, one for each engine.
    Column("batch", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("suite_hash", Text, nullable=False),
    Column("cases_hash", Text, nullable=False),
    Column("app", Text),
    Column("release", Text),
    Column("endpoint", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    # The suite without its cases, the engine's parts, versions and seed: to do it again.
    Column("recorded", JSONB, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    # Absent while it goes on.
    Column("ended_at", INSTANT),
    Column("passed", Boolean),
    Column("summary", JSONB),
    Index("ix_evaluation_run_created_at", "created_at"),
    Index("ix_evaluation_run_batch", "batch"),
    Index("ix_evaluation_run_suite", "suite", "endpoint", "ended_at"),
)

evaluation_case = Table(
    "evaluation_case",
    general_only,
    Column("run", Text, ForeignKey("evaluation_run.id"), primary_key=True),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    # Absent while it waits; then scored, unscored or failed, and never changed again.
    Column("status", Text),
    Column("value", Double),
    Column("reason", Text),
    Column("result", LargeBinary),
    Column("done_at", INSTANT),
)
Index(
    "ix_evaluation_case_waiting",
    evaluation_case.c.run,
    evaluation_case.c.ordinal,
    postgresql_where=evaluation_case.c.status.is_(None),
)

evaluation_suite = Table(
    "evaluation_suite",
    general_only,
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("data_class", Integer, nullable=False),
    Column("suite_hash", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
)
