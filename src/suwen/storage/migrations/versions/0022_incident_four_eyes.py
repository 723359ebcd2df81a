"""Who closes an incident is another than who proposed it: the column has a name that PL/pgSQL keeps
for itself, and is quoted."""

from __future__ import annotations

from alembic import context, op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

FOUR_EYES = """
    CREATE OR REPLACE FUNCTION suwen_incident_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.act = 'close' AND NOT EXISTS (
            SELECT FROM incident_entry AS former
            WHERE former.incident = NEW.incident AND former.n = NEW.n - 1
                AND former.act = 'propose_closing' AND former."by" <> NEW."by"
        ) THEN
            RAISE EXCEPTION 'an incident is closed by another than who proposed it'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        op.execute(FOUR_EYES)
