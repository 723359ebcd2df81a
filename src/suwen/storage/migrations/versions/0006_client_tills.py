"""What a client has taken of its minute and of its day; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TILL = """
    CREATE TABLE api_client_till (
        client TEXT NOT NULL,
        minute TIMESTAMP WITH TIME ZONE NOT NULL,
        minute_requests INTEGER NOT NULL,
        day DATE NOT NULL,
        day_tokens BIGINT NOT NULL,
        CONSTRAINT pk_api_client_till PRIMARY KEY (client),
        CONSTRAINT fk_api_client_till_client FOREIGN KEY(client) REFERENCES api_client (id)
    )
"""


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        op.execute(TILL)
