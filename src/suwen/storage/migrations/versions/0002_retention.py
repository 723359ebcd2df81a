"""Retention: when a session was last used, and drafts that nobody signed may be removed."""

from __future__ import annotations

from alembic import context, op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Which drafts may go is decided here and not by who asks: the service's role may only call it.
REMOVE_DRAFT = """
    CREATE FUNCTION suwen_remove_draft(wanted text, untouched_since timestamp with time zone)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM FROM draft
            WHERE id = wanted AND updated_at < untouched_since
                AND status IN ('draft', 'rejected', 'escalated')
            FOR UPDATE;
        IF NOT FOUND OR suwen_was_signed(wanted) THEN
            RETURN false;
        END IF;
        PERFORM set_config('suwen.removed_draft', wanted, true);
        DELETE FROM sign_off WHERE draft = wanted;
        DELETE FROM draft_version WHERE draft = wanted;
        DELETE FROM draft WHERE id = wanted;
        PERFORM set_config('suwen.removed_draft', '', true);
        RETURN true;
    END
    $$
"""

WAS_SIGNED = """
    CREATE FUNCTION suwen_was_signed(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (SELECT FROM signed_record WHERE draft = wanted)
            OR EXISTS (
                SELECT FROM sign_off
                WHERE draft = wanted AND decision IN ('accept', 'amend', 'cosign')
            )
    $$
"""

# Statements first, as before: a change, and a removal that names no draft, are refused outright.
REFUSE_STATEMENT = """
    CREATE FUNCTION suwen_refuse_change_but_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND coalesce(current_setting('suwen.removed_draft', true), '') <> ''
        THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

REFUSE_ROW = """
    CREATE FUNCTION suwen_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('suwen.removed_draft', true) IS NOT DISTINCT FROM OLD.draft
            AND NOT suwen_was_signed(OLD.draft)
        THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'what was signed is never removed from %', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

FUNCTIONS = (WAS_SIGNED, REMOVE_DRAFT, REFUSE_STATEMENT, REFUSE_ROW)
OF_DRAFTS = ("draft_version", "sign_off")

GENERAL = (
    "ALTER TABLE session ADD COLUMN seen_at TIMESTAMP WITH TIME ZONE",
    "UPDATE session SET seen_at = created_at",
    "ALTER TABLE session ALTER COLUMN seen_at SET NOT NULL",
    "CREATE INDEX ix_session_expires_at ON session (expires_at)",
)


def upgrade() -> None:
    for function in FUNCTIONS:
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION suwen_remove_draft FROM PUBLIC")
    for table in OF_DRAFTS:
        op.execute(f"DROP TRIGGER never_changed ON {table}")
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change_but_removal()"
        )
        op.execute(
            f"CREATE TRIGGER never_removed BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION suwen_refuse_removal()"
        )
        for trigger in ("never_changed", "never_removed"):
            op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}")
    if context.config.attributes["partition"] == "general":
        for statement in GENERAL:
            op.execute(statement)
