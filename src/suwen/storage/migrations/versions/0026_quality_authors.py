"""Findings of the quality office are asked of an account, not of whoever bears the name."""

from __future__ import annotations

from alembic import context, op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE quality_finding ADD COLUMN author_account TEXT",
    """
    UPDATE quality_finding SET author_account = (
        SELECT min(person.id) FROM person
        WHERE person.name = quality_finding.author AND NOT person.disabled
        HAVING count(*) = 1
    ) WHERE author IS NOT NULL
    """,
    "CREATE INDEX ix_quality_finding_author_account ON quality_finding (author_account, state)",
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in STATEMENTS:
            op.execute(statement)
