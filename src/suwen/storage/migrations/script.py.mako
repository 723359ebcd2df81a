"""${message}."""

from __future__ import annotations

from alembic import context, op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    partition = context.config.attributes["partition"]
    ${upgrades if upgrades else 'op.execute("SELECT 1")'}
