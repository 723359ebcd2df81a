"""The tables of the pharmacists' queue, as their stores use them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.tables import INSTANT, general_only

prescription = Table(
    "prescription",
    general_only,
    Column("id", Text, primary_key=True),
    Column("origin", Text, nullable=False),
    # What names it where it came from: the same comes in once.
    Column("origin_key", Text, nullable=False),
    Column("patient", Text),
    Column("encounter", Text),
    Column("department", Text),
    Column("prescriber", Text),
    Column("orders", ARRAY(Text), nullable=False),
    Column("setting", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("decision", Text, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    Column("submitted_at", INSTANT, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("taken_at", INSTANT),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("origin_key"),
    Index("ix_prescription_queue", "state", "urgency", "submitted_at"),
    Index(None, "patient"),
    Index("ix_prescription_prescriber", "prescriber", "state"),
    Index("ix_prescription_written", "written_at"),
)

prescription_finding = Table(
    "prescription_finding",
    general_only,
    Column("prescription", Text, primary_key=True),
    Column("round", Integer, primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("rule", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("asked", Text, nullable=False),
    # Absent while nobody decided on it; then overridden or upheld.
    Column("outcome", Text),
    Column("reason", Text),
    ForeignKeyConstraint(["prescription"], ["prescription.id"], ondelete="CASCADE"),
    Index("ix_prescription_finding_rule", "rule"),
)

prescription_step = Table(
    "prescription_step",
    general_only,
    Column("prescription", Text, primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("act", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("reason", Text),
    Column("comment", LargeBinary),
    ForeignKeyConstraint(["prescription"], ["prescription.id"], ondelete="CASCADE"),
)

prescription_arrival = Table(
    "prescription_arrival",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("key", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("orders", ARRAY(Text), nullable=False),
    # What came with it, sealed; absent where the record holds it.
    Column("content", LargeBinary),
    Column("arrived_at", INSTANT, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("done_at", INSTANT),
    Column("failed", Text),
    UniqueConstraint("key"),
)
Index(
    "ix_prescription_arrival_waiting",
    prescription_arrival.c.number,
    postgresql_where=prescription_arrival.c.done_at.is_(None),
)

rule_answer = Table(
    "rule_answer",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("door", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("encounter", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("by", Text, nullable=False),
    Column("prescription", Text, ForeignKey("prescription.id", ondelete="CASCADE")),
    Column("undone", Boolean, nullable=False),
    Index("ix_rule_answer_episode", "patient", "encounter"),
    Index("ix_rule_answer_rule", "rule", "at"),
)

rule_suppression = Table(
    "rule_suppression",
    general_only,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("until", INSTANT, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", INSTANT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("approved", Boolean),
    Column("ended_by", Text),
    Column("ended_at", INSTANT),
    CheckConstraint("decided_by <> proposed_by", name="ck_rule_suppression_two_people"),
)
