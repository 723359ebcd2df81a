"""Evaluations: runs, the one result of each case, and a hospital's own suites; general only."""

from __future__ import annotations

from alembic import context, op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE evaluation_run (
        id TEXT NOT NULL,
        batch TEXT NOT NULL,
        suite TEXT NOT NULL,
        suite_hash TEXT NOT NULL,
        cases_hash TEXT NOT NULL,
        app TEXT,
        release TEXT,
        endpoint TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        recorded JSONB NOT NULL,
        total INTEGER NOT NULL,
        started_by TEXT NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        passed BOOLEAN,
        summary JSONB,
        CONSTRAINT pk_evaluation_run PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_evaluation_run_created_at ON evaluation_run (created_at)",
    "CREATE INDEX ix_evaluation_run_batch ON evaluation_run (batch)",
    "CREATE INDEX ix_evaluation_run_suite ON evaluation_run (suite, endpoint, ended_at)",
    """
    CREATE TABLE evaluation_case (
        run TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        content BYTEA NOT NULL,
        tries INTEGER NOT NULL,
        status TEXT,
        value DOUBLE PRECISION,
        reason TEXT,
        result BYTEA,
        done_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_evaluation_case PRIMARY KEY (run, ordinal),
        CONSTRAINT fk_evaluation_case_run_evaluation_run
            FOREIGN KEY (run) REFERENCES evaluation_run (id)
    )
    """,
    "CREATE INDEX ix_evaluation_case_waiting ON evaluation_case (run, ordinal) "
    "WHERE status IS NULL",
    """
    CREATE TABLE evaluation_suite (
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        cases INTEGER NOT NULL,
        data_class INTEGER NOT NULL,
        suite_hash TEXT NOT NULL,
        content BYTEA NOT NULL,
        written_by TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_evaluation_suite PRIMARY KEY (id, version)
    )
    """,
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in STATEMENTS:
            op.execute(statement)
