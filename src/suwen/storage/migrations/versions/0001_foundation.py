"""Foundation: drafts, audit, traces, releases, endpoints; in general also records and people."""

from __future__ import annotations

from alembic import context, op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BOTH = (
    """
    CREATE TABLE audit_checkpoint (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        sequence BIGINT NOT NULL,
        head_hash TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        key_id TEXT NOT NULL,
        signature TEXT NOT NULL,
        CONSTRAINT pk_audit_checkpoint PRIMARY KEY (number)
    )
    """,
    """
    CREATE TABLE audit_event (
        sequence BIGINT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        action TEXT NOT NULL,
        actor TEXT NOT NULL,
        channel TEXT NOT NULL,
        outcome TEXT NOT NULL,
        subject TEXT,
        patient TEXT,
        app TEXT,
        trace TEXT,
        purpose TEXT,
        detail JSON NOT NULL,
        previous_hash TEXT NOT NULL,
        hash TEXT NOT NULL,
        CONSTRAINT pk_audit_event PRIMARY KEY (sequence)
    )
    """,
    "CREATE INDEX ix_audit_event_patient ON audit_event (patient)",
    "CREATE INDEX ix_audit_event_subject ON audit_event (subject)",
    "CREATE INDEX ix_audit_event_trace ON audit_event (trace)",
    """
    CREATE TABLE draft (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        partition TEXT NOT NULL,
        trace TEXT NOT NULL,
        patient TEXT,
        encounter TEXT,
        data_class SMALLINT NOT NULL,
        status TEXT NOT NULL,
        version INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        model TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_by TEXT NOT NULL,
        updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
        updated_by TEXT NOT NULL,
        CONSTRAINT pk_draft PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_draft_created_by_updated_at ON draft (created_by, updated_at)",
    "CREATE INDEX ix_draft_patient_updated_at ON draft (patient, updated_at)",
    "CREATE INDEX ix_draft_status_updated_at ON draft (status, updated_at)",
    "CREATE INDEX ix_draft_trace ON draft (trace)",
    """
    CREATE TABLE endpoint (
        name TEXT NOT NULL,
        url TEXT NOT NULL,
        model TEXT NOT NULL,
        partition TEXT NOT NULL,
        ceiling SMALLINT NOT NULL,
        capabilities TEXT[] NOT NULL,
        context_tokens INTEGER NOT NULL,
        key_sealed BYTEA,
        embedded BOOLEAN NOT NULL,
        timeout_s FLOAT NOT NULL,
        max_concurrent INTEGER NOT NULL,
        max_waiting INTEGER NOT NULL,
        CONSTRAINT pk_endpoint PRIMARY KEY (name)
    )
    """,
    """
    CREATE TABLE gate_result (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        release TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        passed BOOLEAN NOT NULL,
        report JSON NOT NULL,
        measured_at TIMESTAMP WITH TIME ZONE NOT NULL,
        measured_by TEXT NOT NULL,
        CONSTRAINT pk_gate_result PRIMARY KEY (number)
    )
    """,
    """
    CREATE INDEX ix_gate_result_release_endpoint_fingerprint_number
        ON gate_result (release, endpoint, fingerprint, number)
    """,
    """
    CREATE TABLE release (
        hash TEXT NOT NULL,
        app TEXT NOT NULL,
        parts JSON NOT NULL,
        state TEXT NOT NULL,
        approved_at TIMESTAMP WITH TIME ZONE NOT NULL,
        approved_by TEXT,
        model_gate_passed BOOLEAN NOT NULL,
        CONSTRAINT pk_release PRIMARY KEY (hash)
    )
    """,
    "CREATE INDEX ix_release_app_approved_at ON release (app, approved_at)",
    """
    CREATE TABLE setting (
        key TEXT NOT NULL,
        value JSON NOT NULL,
        CONSTRAINT pk_setting PRIMARY KEY (key)
    )
    """,
    """
    CREATE TABLE suspension (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        app TEXT NOT NULL,
        reason TEXT NOT NULL,
        suspended_by TEXT NOT NULL,
        suspended_at TIMESTAMP WITH TIME ZONE NOT NULL,
        resumed_by TEXT,
        resumed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_suspension PRIMARY KEY (number)
    )
    """,
    """
    CREATE UNIQUE INDEX uq_suspension_app_standing ON suspension (app) WHERE resumed_at IS NULL
    """,
    """
    CREATE TABLE trace (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        principal TEXT NOT NULL,
        release TEXT NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        outcome TEXT,
        closed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_trace PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_trace_opened_at ON trace (opened_at)",
    "CREATE INDEX ix_trace_still_open ON trace (opened_at) WHERE closed_at IS NULL",
    """
    CREATE TABLE draft_version (
        draft TEXT NOT NULL,
        version INTEGER NOT NULL,
        content TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        saved_at TIMESTAMP WITH TIME ZONE NOT NULL,
        saved_by TEXT NOT NULL,
        CONSTRAINT pk_draft_version PRIMARY KEY (draft, version),
        CONSTRAINT fk_draft_version_draft FOREIGN KEY(draft) REFERENCES draft (id)
    )
    """,
    """
    CREATE TABLE signed_record (
        id TEXT NOT NULL,
        draft TEXT NOT NULL,
        number INTEGER NOT NULL,
        content TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        sign_offs JSON NOT NULL,
        signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        supersedes TEXT,
        CONSTRAINT pk_signed_record PRIMARY KEY (id),
        CONSTRAINT uq_signed_record_draft_number UNIQUE (draft, number),
        CONSTRAINT fk_signed_record_draft FOREIGN KEY(draft) REFERENCES draft (id),
        CONSTRAINT fk_signed_record_supersedes FOREIGN KEY(supersedes)
            REFERENCES signed_record (id)
    )
    """,
    """
    CREATE TABLE trace_event (
        trace TEXT NOT NULL,
        n INTEGER NOT NULL,
        kind TEXT NOT NULL,
        data JSON NOT NULL,
        CONSTRAINT pk_trace_event PRIMARY KEY (trace, n),
        CONSTRAINT fk_trace_event_trace FOREIGN KEY(trace) REFERENCES trace (id)
    )
    """,
    """
    CREATE TABLE trace_stage (
        trace TEXT NOT NULL,
        n INTEGER NOT NULL,
        name TEXT NOT NULL,
        status TEXT NOT NULL,
        started_at TIMESTAMP WITH TIME ZONE NOT NULL,
        took_ms FLOAT NOT NULL,
        input_hash TEXT,
        result JSON NOT NULL,
        CONSTRAINT pk_trace_stage PRIMARY KEY (trace, n),
        CONSTRAINT fk_trace_stage_trace FOREIGN KEY(trace) REFERENCES trace (id)
    )
    """,
    """
    CREATE TABLE sign_off (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        draft TEXT NOT NULL,
        version INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        decision TEXT NOT NULL,
        signer TEXT NOT NULL,
        signer_name TEXT NOT NULL,
        signer_role TEXT NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
        reason TEXT,
        comment TEXT,
        edit_distance INTEGER,
        signature TEXT,
        key_id TEXT,
        CONSTRAINT pk_sign_off PRIMARY KEY (number),
        CONSTRAINT fk_sign_off_draft_version FOREIGN KEY(draft, version)
            REFERENCES draft_version (draft, version)
    )
    """,
    "CREATE INDEX ix_sign_off_draft ON sign_off (draft)",
)

GENERAL = (
    """
    CREATE TABLE care_encounter (
        id TEXT NOT NULL,
        patient TEXT NOT NULL,
        department TEXT,
        status TEXT,
        started_at TIMESTAMP WITH TIME ZONE,
        ended_at TIMESTAMP WITH TIME ZONE,
        participants TEXT[] NOT NULL,
        CONSTRAINT pk_care_encounter PRIMARY KEY (id)
    )
    """,
    """
    CREATE INDEX ix_care_encounter_department_ended_at ON care_encounter (department, ended_at)
    """,
    "CREATE INDEX ix_care_encounter_patient ON care_encounter (patient)",
    """
    CREATE TABLE login_failure (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        account TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_login_failure PRIMARY KEY (number)
    )
    """,
    "CREATE INDEX ix_login_failure_account_at ON login_failure (account, at)",
    """
    CREATE TABLE patient (
        id TEXT NOT NULL,
        name TEXT,
        sex TEXT,
        birth_date TEXT,
        identifier TEXT,
        department TEXT,
        bed TEXT,
        encounter TEXT,
        encounter_class TEXT,
        encounter_status TEXT,
        admitted_at TIMESTAMP WITH TIME ZONE,
        discharged_at TIMESTAMP WITH TIME ZONE,
        has_allergy BOOLEAN,
        origin TEXT NOT NULL,
        CONSTRAINT pk_patient PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_patient_department ON patient (department)",
    "CREATE INDEX ix_patient_identifier ON patient (identifier)",
    "CREATE INDEX ix_patient_name ON patient (name)",
    """
    CREATE TABLE person (
        id TEXT NOT NULL,
        name TEXT NOT NULL,
        roles TEXT[] NOT NULL,
        departments TEXT[] NOT NULL,
        language TEXT NOT NULL,
        disabled BOOLEAN NOT NULL,
        origin TEXT NOT NULL,
        practitioner TEXT,
        password_hash TEXT,
        CONSTRAINT pk_person PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE resource (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        patient TEXT,
        encounter TEXT,
        department TEXT,
        at TIMESTAMP WITH TIME ZONE,
        origin TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        digest TEXT NOT NULL,
        stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_resource PRIMARY KEY (type, id)
    )
    """,
    "CREATE INDEX ix_resource_origin ON resource (origin)",
    "CREATE INDEX ix_resource_patient_type ON resource (patient, type)",
    """
    CREATE TABLE resource_history (
        type TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        body TEXT NOT NULL,
        digest TEXT NOT NULL,
        stored_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_resource_history PRIMARY KEY (type, id, version)
    )
    """,
    """
    CREATE TABLE session (
        token_hash TEXT NOT NULL,
        person TEXT NOT NULL,
        channel TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_session PRIMARY KEY (token_hash),
        CONSTRAINT fk_session_person FOREIGN KEY(person) REFERENCES person (id)
    )
    """,
    "CREATE INDEX ix_session_person ON session (person)",
)

APPEND_ONLY = ("audit_event", "audit_checkpoint", "sign_off", "signed_record", "draft_version")
APPEND_ONLY_GENERAL = ("resource_history",)

REFUSE = """
    CREATE FUNCTION suwen_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""


def upgrade() -> None:
    general = context.config.attributes["partition"] == "general"
    for statement in BOTH + (GENERAL if general else ()):
        op.execute(statement)
    op.execute(REFUSE)
    for table in APPEND_ONLY + (APPEND_ONLY_GENERAL if general else ()):
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed")
