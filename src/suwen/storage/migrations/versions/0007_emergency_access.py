"""Emergency access, the second factor, where somebody is signed in; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE emergency_access (
        id TEXT NOT NULL,
        person TEXT NOT NULL,
        departments TEXT[] NOT NULL,
        patient TEXT NOT NULL,
        reason TEXT NOT NULL,
        comment BYTEA NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ended_at TIMESTAMP WITH TIME ZONE,
        ended_by TEXT,
        reviewed_at TIMESTAMP WITH TIME ZONE,
        reviewed_by TEXT,
        outcome TEXT,
        review_comment BYTEA,
        CONSTRAINT pk_emergency_access PRIMARY KEY (id),
        CONSTRAINT fk_emergency_access_person FOREIGN KEY(person) REFERENCES person (id),
        CONSTRAINT ck_emergency_access_another_reviews CHECK (reviewed_by <> person),
        CONSTRAINT ck_emergency_access_ends CHECK (expires_at > opened_at)
    )
    """,
    """
    CREATE INDEX ix_emergency_access_person_expires_at
        ON emergency_access (person, expires_at)
    """,
    "CREATE INDEX ix_emergency_access_opened_at ON emergency_access (opened_at)",
    """
    CREATE TABLE second_factor (
        person TEXT NOT NULL,
        secret BYTEA NOT NULL,
        begun_at TIMESTAMP WITH TIME ZONE NOT NULL,
        confirmed_at TIMESTAMP WITH TIME ZONE,
        last_step BIGINT NOT NULL,
        CONSTRAINT pk_second_factor PRIMARY KEY (person),
        CONSTRAINT fk_second_factor_person FOREIGN KEY(person) REFERENCES person (id)
    )
    """,
    """
    CREATE TABLE recovery_code (
        person TEXT NOT NULL,
        code_hash TEXT NOT NULL,
        used_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_recovery_code PRIMARY KEY (person, code_hash),
        CONSTRAINT fk_recovery_code_person FOREIGN KEY(person) REFERENCES person (id)
    )
    """,
    "ALTER TABLE session ADD COLUMN device TEXT",
    "ALTER TABLE session ADD COLUMN address TEXT",
    "ALTER TABLE login_failure ADD COLUMN address TEXT",
    "CREATE INDEX ix_login_failure_address_at ON login_failure (address, at)",
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in STATEMENTS:
            op.execute(statement)
