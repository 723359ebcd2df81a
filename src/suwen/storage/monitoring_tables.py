"""The tables of what is counted of the applications' work, of alarms, second reviews, incidents.

Each partition counts its own work and raises its own alarms; all else is the general one's.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from suwen.storage.tables import INSTANT, both, general_only

monitor_cell = Table(
    "monitor_cell",
    both,
    Column("day", Date, primary_key=True),
    Column("app", Text, primary_key=True),
    Column("release", Text, primary_key=True),
    # Empty where nobody knows it.
    Column("department", Text, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("total", Double, nullable=False),
    Index("ix_monitor_cell_app", "app", "day"),
)

monitor_day = Table(
    "monitor_day",
    both,
    Column("day", Date, primary_key=True),
    Column("counted_at", INSTANT, nullable=False),
)

monitor_alarm = Table(
    "monitor_alarm",
    both,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("rule", Text, nullable=False),
    # The day whose cases decided.
    Column("day", Date, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("raised_at", INSTANT, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("answered_at", INSTANT),
    Column("answered_by", Text),
    Column("answer", Text),
    UniqueConstraint("app", "release", "rule", "day"),
    Index("ix_monitor_alarm_raised_at", "raised_at"),
)
Index(
    "uq_monitor_alarm_open",
    monitor_alarm.c.app,
    monitor_alarm.c.release,
    monitor_alarm.c.rule,
    unique=True,
    postgresql_where=monitor_alarm.c.answered_at.is_(None),
)

review_case = Table(
    "review_case",
    general_only,
    Column("id", Text, primary_key=True),
    Column("draft", Text, nullable=False),
    Column("decision", BigInteger, nullable=False),
    Column("app", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("department", Text, nullable=False),
    Column("patient", Text),
    Column("first_reader", Text, nullable=False),
    Column("first_verdict", Text, nullable=False),
    Column("decided_at", INSTANT, nullable=False),
    Column("drawn_at", INSTANT, nullable=False),
    Column("seed", Text, nullable=False),
    Column("share", Double, nullable=False),
    UniqueConstraint("draft"),
    Index("ix_review_case_app", "app", "decided_at"),
)

review_judgement = Table(
    "review_judgement",
    general_only,
    Column("review", Text, ForeignKey("review_case.id"), primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("reader", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("faults", JSONB, nullable=False),
    Column("judged_at", INSTANT, nullable=False),
    UniqueConstraint("review", "reader"),
)

incident = Table(
    "incident",
    general_only,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("app", Text),
    Column("release", Text),
    Column("trace", Text),
    Column("draft", Text),
    Column("draft_version", Integer),
    Column("patient", Text),
    Column("department", Text),
    Column("place", Text, nullable=False),
    Column("happened_at", INSTANT, nullable=False),
    Column("reported_at", INSTANT, nullable=False),
    Column("reported_by", Text, nullable=False),
    Index("ix_incident_reported_at", "reported_at"),
    Index("ix_incident_patient", "patient"),
)

incident_entry = Table(
    "incident_entry",
    general_only,
    Column("incident", Text, ForeignKey("incident.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    # SHA-256 of the words of this entry, which an erasure may take away.
    Column("words_hash", Text),
    Column("by", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
)

incident_words = Table(
    "incident_words",
    general_only,
    Column("incident", Text, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

hospital_figure = Table(
    "hospital_figure",
    general_only,
    Column("figure", Text, primary_key=True),
    # Empty for every application, and for every department.
    Column("app", Text, primary_key=True),
    Column("department", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Absent where the hospital took its figure back.
    Column("value", Double),
    Column("source", Text, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
)
