"""What people write on the register of AI systems; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    CREATE TABLE register_entry (
        system TEXT NOT NULL,
        version INTEGER NOT NULL,
        body JSONB NOT NULL,
        written_by TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_register_entry PRIMARY KEY (system, version)
    )
    """,
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in STATEMENTS:
            op.execute(statement)
