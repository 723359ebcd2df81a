"""Connections: messages in and out, cursors, merged patients, outside programs and identities."""

from __future__ import annotations

from alembic import context, op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

GENERAL = (
    """
    ALTER TABLE resource
        ADD COLUMN source_at TIMESTAMP WITH TIME ZONE, ADD COLUMN source_message BIGINT
    """,
    """
    CREATE TABLE api_client (
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        key_hash TEXT NOT NULL,
        scopes TEXT[] NOT NULL,
        ceiling SMALLINT NOT NULL,
        requests_per_minute INTEGER NOT NULL,
        tokens_per_day BIGINT NOT NULL,
        departments TEXT[] NOT NULL,
        owner TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE,
        disabled BOOLEAN NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_api_client PRIMARY KEY (id),
        CONSTRAINT uq_api_client_key_hash UNIQUE (key_hash)
    )
    """,
    """
    CREATE TABLE card_feedback (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        client TEXT NOT NULL,
        service TEXT NOT NULL,
        card TEXT NOT NULL,
        outcome TEXT NOT NULL,
        accepted_suggestions TEXT[] NOT NULL,
        override_system TEXT,
        override_code TEXT,
        override_display TEXT,
        comment_sealed BYTEA,
        patient TEXT,
        person TEXT,
        trace TEXT,
        outcome_at TIMESTAMP WITH TIME ZONE NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_card_feedback PRIMARY KEY (number),
        CONSTRAINT uq_card_feedback_client_service_card_outcome_outcome_at
            UNIQUE (client, service, card, outcome, outcome_at)
    )
    """,
    "CREATE INDEX ix_card_feedback_patient ON card_feedback (patient)",
    "CREATE INDEX ix_card_feedback_received_at ON card_feedback (received_at)",
    """
    CREATE TABLE connection (
        name TEXT NOT NULL,
        kind TEXT NOT NULL,
        settings JSON NOT NULL,
        secrets_sealed BYTEA,
        enabled BOOLEAN NOT NULL,
        paused BOOLEAN NOT NULL,
        synthetic BOOLEAN NOT NULL,
        version INTEGER NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        changed_by TEXT NOT NULL,
        CONSTRAINT pk_connection PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE connection_cursor (
        connection TEXT NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        advanced_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_connection_cursor PRIMARY KEY (connection, name)
    )
    """,
    """
    CREATE TABLE inbound_message (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        connection TEXT NOT NULL,
        control_id TEXT NOT NULL,
        message_type TEXT NOT NULL,
        patient_key TEXT,
        body_sealed BYTEA NOT NULL,
        body_hash TEXT NOT NULL,
        character_set TEXT NOT NULL,
        sent_at TIMESTAMP WITH TIME ZONE,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        version INTEGER NOT NULL,
        finished_at TIMESTAMP WITH TIME ZONE,
        error_code TEXT,
        error_place TEXT,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        reason TEXT,
        notes JSON,
        CONSTRAINT pk_inbound_message PRIMARY KEY (id),
        CONSTRAINT uq_inbound_message_connection_control_id UNIQUE (connection, control_id)
    )
    """,
    """
    CREATE INDEX ix_inbound_message_failed
        ON inbound_message (connection, id)
        WHERE state = 'failed'
    """,
    """
    CREATE INDEX ix_inbound_message_waiting
        ON inbound_message (connection, id)
        WHERE state = 'received'
    """,
    """
    CREATE TABLE launch (
        token_hash TEXT NOT NULL,
        patient TEXT NOT NULL,
        encounter TEXT,
        person TEXT NOT NULL,
        client TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        taken_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_launch PRIMARY KEY (token_hash)
    )
    """,
    "CREATE INDEX ix_launch_expires_at ON launch (expires_at)",
    """
    CREATE TABLE outbound_message (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        connection TEXT NOT NULL,
        key TEXT NOT NULL,
        patient TEXT,
        body_sealed BYTEA NOT NULL,
        body_hash TEXT NOT NULL,
        enqueued_at TIMESTAMP WITH TIME ZONE NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE,
        finished_at TIMESTAMP WITH TIME ZONE,
        error_code TEXT,
        reply_sealed BYTEA,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        reason TEXT,
        CONSTRAINT pk_outbound_message PRIMARY KEY (id),
        CONSTRAINT uq_outbound_message_connection_key UNIQUE (connection, key)
    )
    """,
    """
    CREATE INDEX ix_outbound_message_failed
        ON outbound_message (connection, id)
        WHERE state = 'failed'
    """,
    """
    CREATE INDEX ix_outbound_message_waiting
        ON outbound_message (connection, id)
        WHERE state = 'waiting'
    """,
    """
    CREATE TABLE patient_link (
        prior TEXT NOT NULL,
        surviving TEXT NOT NULL,
        linked BOOLEAN NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_patient_link PRIMARY KEY (prior)
    )
    """,
    "CREATE INDEX ix_patient_link_standing ON patient_link (surviving) WHERE linked",
    """
    CREATE TABLE patient_link_history (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        prior TEXT NOT NULL,
        surviving TEXT NOT NULL,
        linked BOOLEAN NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        message BIGINT,
        stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_patient_link_history PRIMARY KEY (number)
    )
    """,
    "CREATE INDEX ix_patient_link_history_prior ON patient_link_history (prior)",
    "CREATE INDEX ix_patient_link_history_surviving ON patient_link_history (surviving)",
    """
    CREATE TABLE pending_authorization (
        state_hash TEXT NOT NULL,
        kind TEXT NOT NULL,
        data_sealed BYTEA NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_pending_authorization PRIMARY KEY (state_hash)
    )
    """,
    "CREATE INDEX ix_pending_authorization_expires_at ON pending_authorization (expires_at)",
    """
    CREATE TABLE used_token (
        issuer TEXT NOT NULL,
        token_id TEXT NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_used_token PRIMARY KEY (issuer, token_id)
    )
    """,
    "CREATE INDEX ix_used_token_expires_at ON used_token (expires_at)",
    """
    CREATE TABLE api_client_usage (
        client TEXT NOT NULL,
        day DATE NOT NULL,
        requests BIGINT NOT NULL,
        refused BIGINT NOT NULL,
        input_tokens BIGINT NOT NULL,
        output_tokens BIGINT NOT NULL,
        CONSTRAINT pk_api_client_usage PRIMARY KEY (client, day),
        CONSTRAINT fk_api_client_usage_client FOREIGN KEY(client) REFERENCES api_client (id)
    )
    """,
    """
    CREATE TABLE connection_health (
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        last_message_at TIMESTAMP WITH TIME ZONE,
        messages_total BIGINT NOT NULL,
        errors_total BIGINT NOT NULL,
        rate_per_minute FLOAT NOT NULL,
        lag_s FLOAT,
        last_error_code TEXT,
        last_error_at TIMESTAMP WITH TIME ZONE,
        last_error_zh TEXT,
        last_error_en TEXT,
        port INTEGER,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_connection_health PRIMARY KEY (name),
        CONSTRAINT fk_connection_health_name FOREIGN KEY(name)
            REFERENCES connection (name) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE error_sample (
        connection TEXT NOT NULL,
        code TEXT NOT NULL,
        place TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        count BIGINT NOT NULL,
        CONSTRAINT pk_error_sample PRIMARY KEY (connection, code, place),
        CONSTRAINT fk_error_sample_connection FOREIGN KEY(connection)
            REFERENCES connection (name) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_error_sample_connection_at ON error_sample (connection, at)",
    """
    CREATE TABLE external_identity (
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        person TEXT NOT NULL,
        linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_external_identity PRIMARY KEY (issuer, subject),
        CONSTRAINT fk_external_identity_person FOREIGN KEY(person) REFERENCES person (id)
    )
    """,
    "CREATE INDEX ix_external_identity_person ON external_identity (person)",
    """
    CREATE TABLE inbound_edit (
        message BIGINT NOT NULL,
        version INTEGER NOT NULL,
        body_sealed BYTEA NOT NULL,
        body_hash TEXT NOT NULL,
        replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
        replaced_by TEXT NOT NULL,
        CONSTRAINT pk_inbound_edit PRIMARY KEY (message, version),
        CONSTRAINT fk_inbound_edit_message FOREIGN KEY(message) REFERENCES inbound_message (id)
    )
    """,
    """
    CREATE TABLE external_session (
        token_hash TEXT NOT NULL,
        issuer TEXT NOT NULL,
        subject TEXT NOT NULL,
        session_id TEXT,
        id_token_sealed BYTEA,
        CONSTRAINT pk_external_session PRIMARY KEY (token_hash),
        CONSTRAINT fk_external_session_token_hash FOREIGN KEY(token_hash)
            REFERENCES session (token_hash) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_external_session_issuer_session_id ON external_session (issuer, session_id)",
    "CREATE INDEX ix_external_session_issuer_subject ON external_session (issuer, subject)",
)

# Which messages may go is decided here and not by who asks: the service's role may only call it.
REMOVE_MESSAGES = """
    CREATE FUNCTION suwen_remove_messages(finished_before timestamp with time zone, most integer)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        chosen bigint[];
        removed bigint;
        sent bigint;
    BEGIN
        chosen := ARRAY(
            SELECT id FROM inbound_message
                WHERE state IN ('processed', 'set_aside') AND finished_at < finished_before
                ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
        );
        DELETE FROM inbound_edit WHERE message = ANY(chosen);
        DELETE FROM inbound_message WHERE id = ANY(chosen);
        GET DIAGNOSTICS removed = ROW_COUNT;
        DELETE FROM outbound_message WHERE id IN (
            SELECT id FROM outbound_message
                WHERE state IN ('delivered', 'set_aside') AND finished_at < finished_before
                ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
        );
        GET DIAGNOSTICS sent = ROW_COUNT;
        RETURN removed + sent;
    END
    $$
"""

# UNION and the depth keep even a circle of links, which is never made, from going round for ever.
SURVIVOR = """
    CREATE FUNCTION suwen_survivor(wanted text) RETURNS text LANGUAGE sql STABLE AS $$
        WITH RECURSIVE up(id, depth) AS (
            SELECT wanted, 0
            UNION
            SELECT link.surviving, up.depth + 1 FROM up
                JOIN patient_link AS link ON link.prior = up.id AND link.linked
                WHERE up.depth < 100
        )
        SELECT id FROM up ORDER BY depth DESC LIMIT 1
    $$
"""

UNITED = """
    CREATE FUNCTION suwen_united(wanted text) RETURNS text[] LANGUAGE sql STABLE AS $$
        WITH RECURSIVE down(id) AS (
            SELECT suwen_survivor(wanted)
            UNION
            SELECT link.prior FROM down
                JOIN patient_link AS link ON link.surviving = down.id AND link.linked
        )
        SELECT array_agg(id) FROM down
    $$
"""

FUNCTIONS = (REMOVE_MESSAGES, SURVIVOR, UNITED)
APPEND_ONLY = ("patient_link_history", "card_feedback")


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for statement in GENERAL:
        op.execute(statement)
    for function in FUNCTIONS:
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION suwen_remove_messages FROM PUBLIC")
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed")
