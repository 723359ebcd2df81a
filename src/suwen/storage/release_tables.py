"""The tables of model parts: their state, every step, and what a shadow would have said."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.tables import INSTANT, both

model_binding = Table(
    "model_binding",
    both,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("release", Text, ForeignKey("release.hash"), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("stage", Text),
    Column("departments", ARRAY(Text), nullable=False),
    Column("evaluated_as", Text, nullable=False),
    Column("approved_as", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("proposed_at", INSTANT, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("predecessor", Text),
    Column("change", Text),
    CheckConstraint("(state = 'active') <= (stage IS NOT NULL)", name="active_has_a_stage"),
    UniqueConstraint("release", "endpoint", "fingerprint", name="uq_model_binding_release"),
    Index(None, "app", "proposed_at"),
)

release_act = Table(
    "release_act",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("binding", Text, ForeignKey("model_binding.id"), nullable=False),
    Column("app", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("round", Integer, nullable=False),
    Column("role", Text),
    Column("reason", Text, nullable=False),
    Column("detail", JSON, nullable=False),
    Column("signature", Text),
    Column("key_id", Text),
    CheckConstraint(
        "(step = 'approve') = (role IS NOT NULL AND signature IS NOT NULL)",
        name="approvals_are_signed",
    ),
    Index(None, "binding", "number"),
    Index(None, "app", "number"),
    Index(
        "uq_release_act_approval",
        "binding",
        "round",
        "by",
        unique=True,
        postgresql_where=text("step = 'approve'"),
    ),
)

shadow_case = Table(
    "shadow_case",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("binding", Text, ForeignKey("model_binding.id"), nullable=False),
    Column("trace", Text, nullable=False),
    Column("draft", Text),
    Column("at", INSTANT, nullable=False),
    Column("failure", Text),
    Column("counts", JSON, nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("content", Text),
    Index(None, "binding", "number"),
    Index(None, "at"),
)
