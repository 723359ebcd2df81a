"""Tables of what comes from and goes to the hospital's systems, in the general database."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.tables import INSTANT, general_only

connection = Table(
    "connection",
    general_only,
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("secrets_sealed", LargeBinary),
    Column("enabled", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("changed_by", Text, nullable=False),
)

connection_health = Table(
    "connection_health",
    general_only,
    Column("name", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("since", INSTANT, nullable=False),
    Column("last_message_at", INSTANT),
    Column("messages_total", BigInteger, nullable=False),
    Column("errors_total", BigInteger, nullable=False),
    Column("rate_per_minute", Float, nullable=False),
    Column("lag_s", Float),
    Column("last_error_code", Text),
    Column("last_error_at", INSTANT),
    Column("last_error_zh", Text),
    Column("last_error_en", Text),
    Column("port", Integer),
    Column("seen_at", INSTANT, nullable=False),
)

error_sample = Table(
    "error_sample",
    general_only,
    Column("connection", Text, ForeignKey("connection.name", ondelete="CASCADE"), primary_key=True),
    Column("code", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("count", BigInteger, nullable=False),
    Index(None, "connection", "at"),
)

inbound_message = Table(
    "inbound_message",
    general_only,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("control_id", Text, nullable=False),
    Column("message_type", Text, nullable=False),
    Column("patient_key", Text),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("character_set", Text, nullable=False),
    Column("sent_at", INSTANT),
    Column("received_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("finished_at", INSTANT),
    Column("error_code", Text),
    Column("error_place", Text),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("reason", Text),
    Column("notes", JSON),
    UniqueConstraint("connection", "control_id"),
    # Small, however many messages were ever received: what waits, and what a person must look at.
    Index(
        "ix_inbound_message_waiting",
        "connection",
        "id",
        postgresql_where=text("state = 'received'"),
    ),
    Index(
        "ix_inbound_message_failed", "connection", "id", postgresql_where=text("state = 'failed'")
    ),
)

inbound_edit = Table(
    "inbound_edit",
    general_only,
    Column("message", BigInteger, ForeignKey("inbound_message.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("replaced_at", INSTANT, nullable=False),
    Column("replaced_by", Text, nullable=False),
)

outbound_message = Table(
    "outbound_message",
    general_only,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("connection", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("patient", Text),
    Column("body_sealed", LargeBinary, nullable=False),
    Column("body_hash", Text, nullable=False),
    Column("data_class", SmallInteger, nullable=False),
    Column("enqueued_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", INSTANT),
    Column("finished_at", INSTANT),
    Column("error_code", Text),
    Column("reply_sealed", LargeBinary),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("reason", Text),
    UniqueConstraint("connection", "key"),
    Index(
        "ix_outbound_message_waiting",
        "connection",
        "id",
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_outbound_message_failed", "connection", "id", postgresql_where=text("state = 'failed'")
    ),
)

connection_cursor = Table(
    "connection_cursor",
    general_only,
    Column("connection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("advanced_at", INSTANT, nullable=False),
)

patient_link = Table(
    "patient_link",
    general_only,
    Column("prior", Text, primary_key=True),
    Column("surviving", Text, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("at", INSTANT, nullable=False),
    Index("ix_patient_link_standing", "surviving", postgresql_where=text("linked")),
)

patient_link_history = Table(
    "patient_link_history",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("prior", Text, nullable=False),
    Column("surviving", Text, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("message", BigInteger),
    Column("stored_at", INSTANT, nullable=False),
    Index(None, "prior"),
    Index(None, "surviving"),
)

# Patients whom several systems may know: what they are matched by, and what came of it.
matched_patient = Table(
    "matched_patient",
    general_only,
    Column("patient", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("birth_date", Text),
    Column("sex", Text),
)

patient_number = Table(
    "patient_number",
    general_only,
    Column("numbering", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("patient", Text, primary_key=True),
    Column("since", INSTANT, nullable=False),
    # Where a keyed mark stands for the number: the number itself.
    Column("sealed", Text),
    Index(None, "patient"),
)

patient_match = Table(
    "patient_match",
    general_only,
    Column("one", Text, primary_key=True),
    Column("other", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("numbering", Text, nullable=False),
    Column("prior", Text),
    Column("surviving", Text),
    Column("at", INSTANT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Column("audited", Boolean, nullable=False),
    CheckConstraint("one < other", name="in_order"),
    Index(None, "other"),
    Index("ix_patient_match_state", "state", "at"),
    Index("ix_patient_match_not_audited", "at", postgresql_where=text("NOT audited")),
)

api_client = Table(
    "api_client",
    general_only,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key_hash", Text, nullable=False, unique=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("ceiling", SmallInteger, nullable=False),
    Column("requests_per_minute", Integer, nullable=False),
    Column("tokens_per_day", BigInteger, nullable=False),
    Column("departments", ARRAY(Text), nullable=False),
    Column("owner", Text, nullable=False),
    Column("expires_at", INSTANT),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", INSTANT, nullable=False),
)

api_client_usage = Table(
    "api_client_usage",
    general_only,
    Column("client", Text, ForeignKey("api_client.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
)

# One row a client: what it has taken of its present minute and of its present day.
api_client_till = Table(
    "api_client_till",
    general_only,
    Column("client", Text, ForeignKey("api_client.id"), primary_key=True),
    Column("minute", INSTANT, nullable=False),
    Column("minute_requests", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("day_tokens", BigInteger, nullable=False),
)

launch = Table(
    "launch",
    general_only,
    Column("token_hash", Text, primary_key=True),
    Column("patient", Text, nullable=False),
    Column("encounter", Text),
    Column("person", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("taken_at", INSTANT),
    Index(None, "expires_at"),
)

used_token = Table(
    "used_token",
    general_only,
    Column("issuer", Text, primary_key=True),
    Column("token_id", Text, primary_key=True),
    Column("expires_at", INSTANT, nullable=False),
    Index(None, "expires_at"),
)

pending_authorization = Table(
    "pending_authorization",
    general_only,
    Column("state_hash", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("data_sealed", LargeBinary, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Index(None, "expires_at"),
)

external_identity = Table(
    "external_identity",
    general_only,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("person", Text, ForeignKey("person.id"), nullable=False),
    Column("linked_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Index(None, "person"),
)

external_session = Table(
    "external_session",
    general_only,
    Column(
        "token_hash",
        Text,
        ForeignKey("session.token_hash", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("session_id", Text),
    Column("id_token_sealed", LargeBinary),
    Index(None, "issuer", "session_id"),
    Index(None, "issuer", "subject"),
)

card_feedback = Table(
    "card_feedback",
    general_only,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("accepted_suggestions", ARRAY(Text), nullable=False),
    Column("override_system", Text),
    Column("override_code", Text),
    Column("override_display", Text),
    Column("comment_sealed", LargeBinary),
    Column("patient", Text),
    Column("person", Text),
    Column("trace", Text),
    Column("outcome_at", INSTANT, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    UniqueConstraint("client", "service", "card", "outcome", "outcome_at"),
    Index(None, "received_at"),
    Index(None, "patient"),
)
