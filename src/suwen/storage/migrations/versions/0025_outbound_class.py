"""Each message to another system is kept with its data class; general database only.

What was put in before has the class of its draft, and the highest one where that is not found.
"""

from __future__ import annotations

from alembic import context, op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    op.execute("ALTER TABLE outbound_message ADD COLUMN data_class SMALLINT NOT NULL DEFAULT 5")
    op.execute("ALTER TABLE outbound_message ALTER COLUMN data_class DROP DEFAULT")
    op.execute(
        "ALTER TABLE outbound_message ADD CONSTRAINT ck_outbound_message_data_class "
        "CHECK (data_class BETWEEN 1 AND 5)"
    )
    op.execute(
        "UPDATE outbound_message SET data_class = draft.data_class "
        "FROM signed_record JOIN draft ON draft.id = signed_record.draft "
        "WHERE signed_record.id = "
        "split_part(replace(outbound_message.key, 'SignedRecord/', ''), '/', 1)"
    )
