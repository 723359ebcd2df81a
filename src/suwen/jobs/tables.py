"""The tables of jobs, in a database of their own that the role of jobs owns."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

UNFINISHED = "state NOT IN ('done', 'cancelled', 'failed')"


def _moment(name: str) -> Column[datetime]:
    return Column(name, DateTime(timezone=True))


def _moment_of_making(name: str) -> Column[datetime]:
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("arguments", JSONB, nullable=False),
    Column("started_by", JSONB, nullable=False),
    Column("background", Boolean, nullable=False),
    Column("unique_name", Text),
    # queued: handed to a queue, not yet begun. Otherwise as JobState, without its -ing ones.
    Column("state", Text, nullable=False, server_default="waiting"),
    # What was asked for last: run, pause or cancel.
    Column("wish", Text, nullable=False, server_default="run"),
    # Counts how often the job was handed out; an older leg that wakes up finds itself replaced.
    Column("leg", Integer, nullable=False, server_default="1"),
    Column("batch", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("place", JSONB(none_as_null=True)),
    Column("done", BigInteger, nullable=False, server_default="0"),
    # Items of the batch in hand, as its kind reports them; shown, never counted.
    Column("underway", BigInteger, nullable=False, server_default="0"),
    Column("total", BigInteger),
    Column("message", JSONB(none_as_null=True)),
    Column("problem", JSONB(none_as_null=True)),
    Column("result", JSONB(none_as_null=True)),
    Column("per_minute", Double),
    _moment("not_before"),
    Column("executor", Text),
    _moment_of_making("created_at"),
    _moment("started_at"),
    _moment("ended_at"),
    Index(
        "one_unfinished_job_of_a_name",
        "unique_name",
        unique=True,
        postgresql_where=text(UNFINISHED),
    ),
    Index("job_by_state", "state"),
)

refusal = Table(
    "job_refusal",
    metadata,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("item", Text, primary_key=True),
    Column("code", Text, nullable=False),
    Column("message", JSONB, nullable=False),
)

staged_file = Table(
    "job_file",
    metadata,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
)

staged_part = Table(
    "job_file_part",
    metadata,
    Column("job", Text, ForeignKey("job.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

worker = Table(
    "job_worker",
    metadata,
    Column("executor", Text, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    # Whether it takes any job; a command's own worker takes that command's job only.
    Column("takes_any", Boolean, nullable=False),
    _moment_of_making("started_at"),
    _moment_of_making("beat_at"),
)
