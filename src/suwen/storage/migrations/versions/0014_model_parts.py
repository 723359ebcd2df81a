"""Model parts: an engine bound to a Release, each step of it, and what a shadow would have said."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE endpoint ADD COLUMN weights TEXT",
    "ALTER TABLE endpoint ADD COLUMN quantisation TEXT",
    "ALTER TABLE endpoint ADD COLUMN served TEXT",
    "ALTER TABLE release DROP COLUMN model_gate_passed",
    "ALTER TABLE gate_result ADD COLUMN suite TEXT NOT NULL DEFAULT 'model_part'",
    "ALTER TABLE gate_result ALTER COLUMN suite DROP DEFAULT",
    # A result of before was held against thresholds that nobody noted: it counts for none.
    "ALTER TABLE gate_result ADD COLUMN suite_hash TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE gate_result ALTER COLUMN suite_hash DROP DEFAULT",
    """
    CREATE TABLE model_binding (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        parts JSON NOT NULL,
        state TEXT NOT NULL,
        stage TEXT,
        departments TEXT[] NOT NULL,
        evaluated_as TEXT NOT NULL,
        approved_as TEXT NOT NULL,
        round INTEGER NOT NULL,
        version INTEGER NOT NULL,
        proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        proposed_by TEXT NOT NULL,
        predecessor TEXT,
        change TEXT,
        CONSTRAINT pk_model_binding PRIMARY KEY (id),
        CONSTRAINT uq_model_binding_release UNIQUE (release, endpoint, fingerprint),
        CONSTRAINT fk_model_binding_release_release FOREIGN KEY (release) REFERENCES release (hash),
        CONSTRAINT ck_model_binding_active_has_a_stage
            CHECK ((state = 'active') <= (stage IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_model_binding_app_proposed_at ON model_binding (app, proposed_at)",
    """
    CREATE TABLE release_act (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        binding TEXT NOT NULL,
        app TEXT NOT NULL,
        step TEXT NOT NULL,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        round INTEGER NOT NULL,
        role TEXT,
        reason TEXT NOT NULL,
        detail JSON NOT NULL,
        signature TEXT,
        key_id TEXT,
        CONSTRAINT pk_release_act PRIMARY KEY (number),
        CONSTRAINT fk_release_act_binding_model_binding
            FOREIGN KEY (binding) REFERENCES model_binding (id),
        CONSTRAINT ck_release_act_approvals_are_signed
            CHECK ((step = 'approve') = (role IS NOT NULL AND signature IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_release_act_binding_number ON release_act (binding, number)",
    "CREATE INDEX ix_release_act_app_number ON release_act (app, number)",
    """
    CREATE UNIQUE INDEX uq_release_act_approval ON release_act (binding, round, by)
        WHERE step = 'approve'
    """,
    """
    CREATE TABLE shadow_case (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        binding TEXT NOT NULL,
        trace TEXT NOT NULL,
        draft TEXT,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        failure TEXT,
        counts JSON NOT NULL,
        took_ms DOUBLE PRECISION NOT NULL,
        content TEXT,
        CONSTRAINT pk_shadow_case PRIMARY KEY (number),
        CONSTRAINT fk_shadow_case_binding_model_binding
            FOREIGN KEY (binding) REFERENCES model_binding (id)
    )
    """,
    "CREATE INDEX ix_shadow_case_binding_number ON shadow_case (binding, number)",
    "CREATE INDEX ix_shadow_case_at ON shadow_case (at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
