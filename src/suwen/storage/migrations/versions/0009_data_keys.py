"""Keys of patients, sealed records with an index to find them, legal holds and erasures."""

from __future__ import annotations

from alembic import context, op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BOTH = (
    """
    CREATE TABLE data_key (
        id TEXT NOT NULL,
        owner TEXT NOT NULL,
        current BOOLEAN NOT NULL,
        wrapped BYTEA,
        made_at TIMESTAMP WITH TIME ZONE NOT NULL,
        destroyed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_data_key PRIMARY KEY (id),
        CONSTRAINT ck_data_key_destroyed
            CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
        CONSTRAINT ck_data_key_current CHECK (NOT current OR wrapped IS NOT NULL)
    )
    """,
    "CREATE UNIQUE INDEX uq_data_key_owner_current ON data_key (owner) WHERE current",
    "CREATE INDEX ix_data_key_owner ON data_key (owner)",
    """
    CREATE TABLE legal_hold (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        patient TEXT,
        reason TEXT NOT NULL,
        placed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        placed_by TEXT NOT NULL,
        released_at TIMESTAMP WITH TIME ZONE,
        released_by TEXT,
        release_reason TEXT,
        CONSTRAINT pk_legal_hold PRIMARY KEY (number),
        CONSTRAINT ck_legal_hold_another_releases CHECK (released_by <> placed_by)
    )
    """,
    "CREATE INDEX ix_legal_hold_standing ON legal_hold (patient) WHERE released_at IS NULL",
    """
    CREATE TABLE erasure (
        id TEXT NOT NULL,
        patient TEXT NOT NULL,
        basis TEXT NOT NULL,
        reason TEXT NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
        requested_by TEXT NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE,
        decided_by TEXT,
        approved BOOLEAN,
        done_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_erasure PRIMARY KEY (id),
        CONSTRAINT ck_erasure_another_decides CHECK (decided_by <> requested_by),
        CONSTRAINT ck_erasure_done_is_approved CHECK (done_at IS NULL OR approved)
    )
    """,
    "CREATE INDEX ix_erasure_patient ON erasure (patient)",
)

GENERAL = (
    "ALTER TABLE patient ADD COLUMN sealed TEXT",
    "ALTER TABLE patient ADD COLUMN search BIGINT[]",
    "CREATE INDEX ix_patient_search ON patient USING gin (search)",
)

HELD = """
    CREATE FUNCTION suwen_held(wanted text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT EXISTS (
            SELECT FROM legal_hold
            WHERE released_at IS NULL AND (patient IS NULL OR {of_patient})
        )
    $$
"""

# A key is destroyed by an erasure that two people stand for, of a patient who is not held; a
# destroyed one never comes back, and none is removed.
GUARD_KEY = """
    CREATE FUNCTION suwen_guard_key() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a data key is destroyed, never removed'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF OLD.id <> NEW.id OR OLD.owner <> NEW.owner OR OLD.wrapped IS NULL THEN
            RAISE EXCEPTION 'a data key stays its owner''s, and destroyed where it is'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NEW.wrapped IS NULL AND (
            suwen_held(OLD.owner) OR NOT EXISTS (
                SELECT FROM erasure
                WHERE {of_erasure} AND approved AND decided_by <> requested_by
                    AND done_at IS NULL
            )
        ) THEN
            RAISE EXCEPTION 'no erasure that two people stand for, or a legal hold'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""

# As before, and nothing of a patient who is held.
REMOVE_DRAFT = """
    CREATE OR REPLACE FUNCTION suwen_remove_draft(
        wanted text, untouched_since timestamp with time zone
    )
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM FROM draft
            WHERE id = wanted AND updated_at < untouched_since
                AND status IN ('draft', 'rejected', 'escalated')
                AND NOT suwen_held(coalesce(patient, ''))
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

# As before; while anybody is held, a message that may be about a held patient stays.
REMOVE_MESSAGES = """
    CREATE OR REPLACE FUNCTION suwen_remove_messages(
        finished_before timestamp with time zone, most integer
    )
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        chosen bigint[];
        removed bigint;
        sent bigint := 0;
        any_held boolean := EXISTS (SELECT FROM legal_hold WHERE released_at IS NULL);
    BEGIN
        chosen := ARRAY(
            SELECT id FROM inbound_message
                WHERE state IN ('processed', 'set_aside') AND finished_at < finished_before
                    AND (NOT any_held
                        OR (patient_key IS NOT NULL AND NOT suwen_held(patient_key)))
                ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
        );
        DELETE FROM inbound_edit WHERE message = ANY(chosen);
        DELETE FROM inbound_message WHERE id = ANY(chosen);
        GET DIAGNOSTICS removed = ROW_COUNT;
        IF NOT any_held THEN
            DELETE FROM outbound_message WHERE id IN (
                SELECT id FROM outbound_message
                    WHERE state IN ('delivered', 'set_aside') AND finished_at < finished_before
                    ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED
            );
            GET DIAGNOSTICS sent = ROW_COUNT;
        END IF;
        RETURN removed + sent;
    END
    $$
"""

# What is never changed may be sealed where it was not, or sealed anew: nothing but that column.
REFUSE_BUT_RESEALING = """
    CREATE FUNCTION suwen_refuse_change_but_resealing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND coalesce(current_setting('suwen.resealing', true), '') = 'on'
            OR TG_OP = 'DELETE' AND TG_TABLE_NAME = 'draft_version'
                AND coalesce(current_setting('suwen.removed_draft', true), '') <> ''
            OR TG_OP = 'DELETE' AND TG_TABLE_NAME = 'resource_history'
                AND coalesce(current_setting('suwen.erasing', true), '') = 'on'
        THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

ONLY_RESEALED = """
    CREATE FUNCTION suwen_only_resealed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF to_jsonb(NEW) - TG_ARGV[0] = to_jsonb(OLD) - TG_ARGV[0]
            AND to_jsonb(NEW) ->> TG_ARGV[0] LIKE '~%'
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

RESEAL_BOTH = """
    CREATE FUNCTION suwen_reseal(
        of_table text, of_id text, of_version integer, former text, anew text
    )
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        changed boolean;
    BEGIN
        PERFORM set_config('suwen.resealing', 'on', true);
        IF of_table = 'draft_version' THEN
            UPDATE draft_version SET content = anew
                WHERE draft = of_id AND version = of_version AND content = former;
        ELSIF of_table = 'signed_record' THEN
            UPDATE signed_record SET content = anew WHERE id = of_id AND content = former;
        END IF;
        changed := FOUND;
        PERFORM set_config('suwen.resealing', '', true);
        RETURN changed;
    END
    $$
"""

RESEAL_GENERAL = """
    CREATE FUNCTION suwen_reseal_history(
        of_type text, of_id text, of_version integer, former text, anew text
    )
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        changed boolean;
    BEGIN
        PERFORM set_config('suwen.resealing', 'on', true);
        UPDATE resource_history SET body = anew
            WHERE type = of_type AND id = of_id AND version = of_version AND body = former;
        changed := FOUND;
        PERFORM set_config('suwen.resealing', '', true);
        RETURN changed;
    END
    $$
"""

# The database's part of an erasure: what is still legible is refused, keys are destroyed, and the
# rows by which the person would be found go.
ERASE = """
    CREATE FUNCTION suwen_erase(wanted text, at timestamp with time zone)
    RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        ids text[];
        destroyed text[];
    BEGIN
        SELECT {members} INTO ids FROM erasure
            WHERE id = wanted AND approved AND done_at IS NULL FOR UPDATE;
        IF ids IS NULL THEN
            RAISE EXCEPTION 'no approved erasure' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF EXISTS (
            SELECT FROM draft_version JOIN draft ON draft.id = draft_version.draft
                WHERE draft.patient = ANY(ids) AND content NOT LIKE '~%'
            UNION ALL
            SELECT FROM signed_record JOIN draft ON draft.id = signed_record.draft
                WHERE draft.patient = ANY(ids) AND content NOT LIKE '~%'
        ) THEN
            RAISE EXCEPTION 'not everything is sealed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        WITH gone AS (
            UPDATE data_key SET wrapped = NULL, current = false, destroyed_at = at
                WHERE owner = ANY(ids) AND wrapped IS NOT NULL RETURNING id
        ) SELECT coalesce(array_agg(id), '{{}}') INTO destroyed FROM gone;
        {rows}
        UPDATE erasure SET done_at = at WHERE id = wanted;
        RETURN destroyed;
    END
    $$
"""
ROWS_GENERAL = """
        PERFORM set_config('suwen.erasing', 'on', true);
        DELETE FROM resource_history AS h USING resource AS r
            WHERE r.type = h.type AND r.id = h.id AND r.patient = ANY(ids);
        PERFORM set_config('suwen.erasing', '', true);
        DELETE FROM patient WHERE id = ANY(ids);
        DELETE FROM care_encounter WHERE patient = ANY(ids);
        DELETE FROM resource WHERE patient = ANY(ids);
"""


def upgrade() -> None:
    general = context.config.attributes["partition"] == "general"
    for statement in BOTH + (GENERAL if general else ()):
        op.execute(statement)
    op.execute(
        HELD.format(
            of_patient="patient = ANY(suwen_united(wanted))" if general else "patient = wanted"
        )
    )
    op.execute(
        GUARD_KEY.format(
            of_erasure="OLD.owner = ANY(suwen_united(patient))"
            if general
            else "patient = OLD.owner"
        )
    )
    op.execute(
        ERASE.format(
            members="suwen_united(patient)" if general else "ARRAY[patient]",
            rows=ROWS_GENERAL if general else "",
        )
    )
    functions = [REMOVE_DRAFT, REFUSE_BUT_RESEALING, ONLY_RESEALED, RESEAL_BOTH]
    for function in functions + ([REMOVE_MESSAGES, RESEAL_GENERAL] if general else []):
        op.execute(function)
    op.execute(
        "CREATE TRIGGER guarded BEFORE UPDATE OR DELETE ON data_key "
        "FOR EACH ROW EXECUTE FUNCTION suwen_guard_key()"
    )
    op.execute("ALTER TABLE data_key ENABLE ALWAYS TRIGGER guarded")
    sealed = {"draft_version": "content", "signed_record": "content"}
    if general:
        sealed["resource_history"] = "body"
        op.execute("REVOKE ALL ON FUNCTION suwen_reseal_history FROM PUBLIC")
    for table, column in sealed.items():
        op.execute(f"DROP TRIGGER never_changed ON {table}")
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change_but_resealing()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed")
        op.execute(
            f"CREATE TRIGGER only_resealed BEFORE UPDATE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION suwen_only_resealed('{column}')"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER only_resealed")
    for function in ("suwen_reseal", "suwen_erase"):
        op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
