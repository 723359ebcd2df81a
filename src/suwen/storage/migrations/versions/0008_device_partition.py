"""Each database takes only its own partition's drafts and engines; chats and tables of the device
database."""

from __future__ import annotations

from alembic import context, op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DEVICE = (
    """
    CREATE TABLE patient_chat (
        id TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        emergency BOOLEAN NOT NULL,
        opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        waiting_since TIMESTAMP WITH TIME ZONE,
        taken_by TEXT,
        closed_at TIMESTAMP WITH TIME ZONE,
        content BYTEA NOT NULL,
        CONSTRAINT pk_patient_chat PRIMARY KEY (id),
        CONSTRAINT uq_patient_chat_token_hash UNIQUE (token_hash)
    )
    """,
    "CREATE INDEX ix_patient_chat_state_waiting_since ON patient_chat (state, waiting_since)",
    "CREATE INDEX ix_patient_chat_seen_at ON patient_chat (seen_at)",
    """
    CREATE TABLE table_edition (
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        base INTEGER NOT NULL,
        content TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        changes JSON NOT NULL,
        reason TEXT NOT NULL,
        state TEXT NOT NULL,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        made_by TEXT NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE,
        decided_by TEXT,
        CONSTRAINT pk_table_edition PRIMARY KEY (kind, number),
        CONSTRAINT ck_table_edition_another_decides CHECK (decided_by <> made_by)
    )
    """,
    "CREATE INDEX ix_table_edition_kind_state ON table_edition (kind, state)",
)


def upgrade() -> None:
    partition = context.config.attributes["partition"]
    # The general service was never allowed to ask such an engine; it is set up again in device.
    op.execute(f"DELETE FROM endpoint WHERE partition <> '{partition}'")  # noqa: S608 - ours
    for table in ("draft", "endpoint"):
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_of_this_partition "
            f"CHECK (partition = '{partition}')"
        )
    if partition == "device":
        for statement in DEVICE:
            op.execute(statement)
