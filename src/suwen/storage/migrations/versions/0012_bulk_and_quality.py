"""Runs of an application over many records, and the findings of the quality office."""

from __future__ import annotations

from alembic import context, op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE bulk_run (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        title TEXT NOT NULL,
        selection TEXT NOT NULL,
        options JSONB NOT NULL,
        parts INTEGER NOT NULL,
        total INTEGER NOT NULL,
        started_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_bulk_run PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_bulk_run_created_at ON bulk_run (created_at)",
    """
    CREATE TABLE bulk_item (
        run TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        part INTEGER NOT NULL,
        patient TEXT,
        request BYTEA NOT NULL,
        tries INTEGER NOT NULL,
        status TEXT,
        code TEXT,
        result BYTEA,
        model TEXT,
        took_ms DOUBLE PRECISION,
        done_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_bulk_item PRIMARY KEY (run, ordinal),
        CONSTRAINT fk_bulk_item_run_bulk_run FOREIGN KEY (run) REFERENCES bulk_run (id)
    )
    """,
    "CREATE INDEX ix_bulk_item_waiting ON bulk_item (run, part, ordinal) WHERE status IS NULL",
    "CREATE INDEX ix_bulk_item_patient ON bulk_item (patient)",
    """
    CREATE TABLE quality_stay (
        run TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        patient TEXT,
        department TEXT,
        month TEXT,
        score DOUBLE PRECISION NOT NULL,
        grade TEXT NOT NULL,
        findings INTEGER NOT NULL,
        judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_quality_stay PRIMARY KEY (run, ordinal)
    )
    """,
    "CREATE INDEX ix_quality_stay_month ON quality_stay (month, department)",
    "CREATE INDEX ix_quality_stay_patient ON quality_stay (patient)",
    """
    CREATE TABLE quality_finding (
        run TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        n INTEGER NOT NULL,
        patient TEXT,
        department TEXT,
        author TEXT,
        month TEXT,
        document_type TEXT,
        rule TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        deduction DOUBLE PRECISION NOT NULL,
        state TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        content BYTEA NOT NULL,
        CONSTRAINT pk_quality_finding PRIMARY KEY (run, ordinal, n)
    )
    """,
    "CREATE INDEX ix_quality_finding_state ON quality_finding (state, changed_at)",
    "CREATE INDEX ix_quality_finding_author ON quality_finding (author, state)",
    "CREATE INDEX ix_quality_finding_patient ON quality_finding (patient)",
    """
    CREATE TABLE quality_step (
        run TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        n INTEGER NOT NULL,
        step INTEGER NOT NULL,
        state TEXT NOT NULL,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        comment BYTEA,
        CONSTRAINT pk_quality_step PRIMARY KEY (run, ordinal, n, step),
        CONSTRAINT fk_quality_step_run_quality_finding FOREIGN KEY (run, ordinal, n)
            REFERENCES quality_finding (run, ordinal, n) ON DELETE CASCADE
    )
    """,
)

# Whoever removes a patient, by an erasure, removes what was found in the patient's records.
FORGET = """
    CREATE FUNCTION suwen_forget_quality() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        DELETE FROM quality_finding WHERE patient = OLD.id;
        DELETE FROM quality_stay WHERE patient = OLD.id;
        DELETE FROM bulk_item WHERE patient = OLD.id;
        RETURN NULL;
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for statement in TABLES:
        op.execute(statement)
    op.execute(FORGET)
    op.execute("REVOKE ALL ON FUNCTION suwen_forget_quality FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER forget_quality AFTER DELETE ON patient "
        "FOR EACH ROW EXECUTE FUNCTION suwen_forget_quality()"
    )
