"""A hospital's changes of the clinical tables, from proposal to version; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE rule_proposal (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        rule_set TEXT NOT NULL,
        state TEXT NOT NULL,
        origin TEXT NOT NULL,
        base INTEGER NOT NULL,
        changes JSONB NOT NULL,
        reason TEXT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        made_by TEXT NOT NULL,
        returns_to INTEGER,
        wanted_from TIMESTAMP WITH TIME ZONE,
        decided_at TIMESTAMP WITH TIME ZONE,
        decided_by TEXT,
        note TEXT NOT NULL,
        version INTEGER,
        works_from TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_rule_proposal PRIMARY KEY (number),
        CONSTRAINT uq_rule_proposal_rule_set_version UNIQUE (rule_set, version),
        CONSTRAINT ck_rule_proposal_another_decides
            CHECK (state = 'withdrawn' OR decided_by IS NULL OR decided_by <> made_by),
        CONSTRAINT ck_rule_proposal_in_force_is_numbered
            CHECK ((state = 'in_force') = (version IS NOT NULL AND works_from IS NOT NULL))
    )
    """,
    "CREATE INDEX ix_rule_proposal_rule_set_number ON rule_proposal (rule_set, number)",
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in STATEMENTS:
            op.execute(statement)
