"""The tables as the stores use them; how they came to be is in ``migrations``.

JSON that is hashed is kept in columns of type text or json, which give back exactly what was put
in; jsonb would rewrite numbers.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

both = MetaData(naming_convention=NAMING)
"""Tables that each partition has for itself."""

general_only = MetaData(naming_convention=NAMING)
"""Tables that only the general database has: records and people."""

INSTANT = TIMESTAMP(timezone=True)

draft = Table(
    "draft",
    both,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("partition", Text, nullable=False),
    Column("trace", Text, nullable=False),
    Column("patient", Text),
    Column("encounter", Text),
    Column("data_class", SmallInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("updated_at", INSTANT, nullable=False),
    Column("updated_by", Text, nullable=False),
    Index(None, "patient", "updated_at"),
    Index(None, "status", "updated_at"),
    Index(None, "created_by", "updated_at"),
    Index(None, "trace"),
    Index(None, "created_at"),
)

draft_version = Table(
    "draft_version",
    both,
    Column("draft", Text, ForeignKey("draft.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("saved_at", INSTANT, nullable=False),
    Column("saved_by", Text, nullable=False),
)

sign_off = Table(
    "sign_off",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("draft", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("signer_name", Text, nullable=False),
    Column("signer_role", Text, nullable=False),
    Column("decided_at", INSTANT, nullable=False),
    Column("reason", Text),
    Column("comment", Text),
    Column("edit_distance", Integer),
    Column("signature", Text),
    Column("key_id", Text),
    ForeignKeyConstraint(["draft", "version"], ["draft_version.draft", "draft_version.version"]),
    Index(None, "draft"),
    Index(None, "decided_at"),
)

signed_record = Table(
    "signed_record",
    both,
    Column("id", Text, primary_key=True),
    Column("draft", Text, ForeignKey("draft.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("sign_offs", JSON, nullable=False),
    Column("signed_at", INSTANT, nullable=False),
    Column("supersedes", Text, ForeignKey("signed_record.id")),
    UniqueConstraint("draft", "number"),
)

endpoint = Table(
    "endpoint",
    both,
    Column("name", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("partition", Text, nullable=False),
    Column("ceiling", SmallInteger, nullable=False),
    Column("capabilities", ARRAY(Text), nullable=False),
    Column("context_tokens", Integer, nullable=False),
    Column("key_sealed", LargeBinary),
    Column("embedded", Boolean, nullable=False),
    Column("timeout_s", Float, nullable=False),
    Column("max_concurrent", Integer, nullable=False),
    Column("max_waiting", Integer, nullable=False),
    Column("weights", Text),
    Column("quantisation", Text),
    Column("served", Text),
)

release = Table(
    "release",
    both,
    Column("hash", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("approved_at", INSTANT, nullable=False),
    Column("approved_by", Text),
    Index(None, "app", "approved_at"),
)

suspension = Table(
    "suspension",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("app", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("suspended_by", Text, nullable=False),
    Column("suspended_at", INSTANT, nullable=False),
    Column("resumed_by", Text),
    Column("resumed_at", INSTANT),
    Index(
        "uq_suspension_app_standing",
        "app",
        unique=True,
        postgresql_where=Column("resumed_at").is_(None),
    ),
)

gate_result = Table(
    "gate_result",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("release", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("suite", Text, nullable=False),
    Column("suite_hash", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("report", JSON, nullable=False),
    Column("measured_at", INSTANT, nullable=False),
    Column("measured_by", Text, nullable=False),
    Index(None, "release", "endpoint", "fingerprint", "number"),
)

trace = Table(
    "trace",
    both,
    Column("id", Text, primary_key=True),
    Column("app", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("opened_at", INSTANT, nullable=False),
    Column("outcome", Text),
    Column("closed_at", INSTANT),
    Index(None, "opened_at"),
    Index(None, "closed_at"),
    Index(
        "ix_trace_still_open",
        "opened_at",
        postgresql_where=Column("closed_at").is_(None),
    ),
)

trace_stage = Table(
    "trace_stage",
    both,
    Column("trace", Text, ForeignKey("trace.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", INSTANT, nullable=False),
    Column("took_ms", Float, nullable=False),
    Column("input_hash", Text),
    Column("result", JSON, nullable=False),
)

trace_event = Table(
    "trace_event",
    both,
    Column("trace", Text, ForeignKey("trace.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("data", JSON, nullable=False),
)

audit_event = Table(
    "audit_event",
    both,
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("at", INSTANT, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("subject", Text),
    Column("patient", Text),
    Column("app", Text),
    Column("trace", Text),
    Column("purpose", Text),
    Column("detail", JSON, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "trace"),
    Index(None, "subject"),
    Index(None, "patient"),
)

audit_checkpoint = Table(
    "audit_checkpoint",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("head_hash", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

setting = Table(
    "setting",
    both,
    Column("key", Text, primary_key=True),
    Column("value", JSON, nullable=False),
)

resource = Table(
    "resource",
    general_only,
    Column("type", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("patient", Text),
    Column("encounter", Text),
    Column("department", Text),
    Column("at", INSTANT),
    Column("origin", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("stored_at", INSTANT, nullable=False),
    # When the sender made this state and the message that brought it, where they are known: an
    # older state never takes its place.
    Column("source_at", INSTANT),
    Column("source_message", BigInteger),
    Index(None, "patient", "type"),
    Index(None, "origin"),
)

resource_history = Table(
    "resource_history",
    general_only,
    Column("type", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("stored_at", INSTANT, nullable=False),
)

patient = Table(
    "patient",
    general_only,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("sex", Text),
    Column("birth_date", Text),
    Column("identifier", Text),
    Column("department", Text),
    Column("bed", Text),
    Column("encounter", Text),
    Column("encounter_class", Text),
    Column("encounter_status", Text),
    Column("admitted_at", INSTANT),
    Column("discharged_at", INSTANT),
    Column("has_allergy", Boolean),
    Column("origin", Text, nullable=False),
    # Name, birth date and identifier where they are sealed, and keyed marks to find them by.
    Column("sealed", Text),
    Column("search", ARRAY(BigInteger)),
    Index(None, "department"),
    Index(None, "name"),
    Index(None, "identifier"),
    Index(None, "search", postgresql_using="gin"),
)

care_encounter = Table(
    "care_encounter",
    general_only,
    Column("id", Text, primary_key=True),
    Column("patient", Text, nullable=False),
    Column("department", Text),
    Column("status", Text),
    Column("started_at", INSTANT),
    Column("ended_at", INSTANT),
    Column("participants", ARRAY(Text), nullable=False),
    Index(None, "patient"),
    Index(None, "department", "ended_at"),
)

person = Table(
    "person",
    general_only,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("departments", ARRAY(Text), nullable=False),
    Column("language", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("practitioner", Text),
    Column("password_hash", Text),
)

session = Table(
    "session",
    general_only,
    Column("token_hash", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("seen_at", INSTANT, nullable=False),
    Column("device", Text),
    Column("address", Text),
    Index(None, "person"),
    Index(None, "expires_at"),
)

login_failure = Table(
    "login_failure",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("account", Text, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("address", Text),
    Index(None, "account", "at"),
    Index(None, "address", "at"),
)

APPEND_ONLY = ("audit_event", "audit_checkpoint", "sign_off", "signed_record", "draft_version")
"""Tables of which nobody, the owner included, may change or remove a row."""

APPEND_ONLY_GENERAL = (
    "resource_history",
    "knowledge_document_version",
    "patient_link_history",
    "card_feedback",
    "answerable",
    "first_opinion",
    "opinion_comparison",
    "incident",
    "incident_entry",
    "review_judgement",
    "hospital_figure",
)
"""The same, of the general database only."""
