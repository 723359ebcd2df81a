"""What tells who somebody is and was in the clear: room for it sealed, and for sealing it later."""

from __future__ import annotations

from alembic import context, op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# As before, and the decisions on drafts beside the drafts themselves.
REFUSE_BUT_RESEALING = """
    CREATE OR REPLACE FUNCTION suwen_refuse_change_but_resealing() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND coalesce(current_setting('suwen.resealing', true), '') = 'on'
            OR TG_OP = 'DELETE' AND TG_TABLE_NAME IN ('draft_version', 'sign_off')
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

# Of a signed record the content and the comments in its decisions may be sealed, nothing else.
ONLY_RESEALED_RECORD = """
    CREATE FUNCTION suwen_only_resealed_record() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF to_jsonb(NEW) - ARRAY['content', 'sign_offs']
                = to_jsonb(OLD) - ARRAY['content', 'sign_offs']
            AND (NEW.content = OLD.content OR NEW.content LIKE '~%')
            AND json_array_length(NEW.sign_offs) = json_array_length(OLD.sign_offs)
            AND NOT EXISTS (
                SELECT FROM json_array_elements(OLD.sign_offs) WITH ORDINALITY AS former(said, n)
                    JOIN json_array_elements(NEW.sign_offs) WITH ORDINALITY AS anew(said, n)
                        USING (n)
                    WHERE former.said::jsonb - 'comment' <> anew.said::jsonb - 'comment'
                        OR (
                            former.said ->> 'comment' IS DISTINCT FROM anew.said ->> 'comment'
                            AND coalesce(anew.said ->> 'comment', '') NOT LIKE '~%'
                        )
            )
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

RESEAL = """
    CREATE OR REPLACE FUNCTION suwen_reseal(
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
        ELSIF of_table = 'sign_off' THEN
            UPDATE sign_off SET comment = anew
                WHERE number = of_id::bigint AND comment = former;
        ELSIF of_table = 'signed_decision' THEN
            UPDATE signed_record SET sign_offs = (
                    SELECT json_agg(
                        CASE WHEN n = of_version
                            THEN (said::jsonb || jsonb_build_object('comment', anew))::json
                            ELSE said
                        END ORDER BY n
                    ) FROM json_array_elements(sign_offs) WITH ORDINALITY AS one(said, n)
                )
                WHERE id = of_id AND sign_offs -> (of_version - 1) ->> 'comment' = former;
        END IF;
        changed := FOUND;
        PERFORM set_config('suwen.resealing', '', true);
        RETURN changed;
    END
    $$
"""

GENERAL_COLUMNS = (
    "ALTER TABLE dicom_instance ADD COLUMN sealed TEXT",
    "ALTER TABLE patient_number ADD COLUMN sealed TEXT",
)

# Whose a key is: a patient's, or that of a study whose patient may not be known yet.
PATIENT_OF_KEY = """
    CREATE FUNCTION suwen_patient_of_key(owner text) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT CASE WHEN owner LIKE 'study/%'
            THEN (SELECT patient FROM dicom_study WHERE study_uid = substr(owner, 7))
            ELSE owner
        END
    $$
"""

GUARD_KEY = """
    CREATE OR REPLACE FUNCTION suwen_guard_key() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        whose text;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a data key is destroyed, never removed'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF OLD.id <> NEW.id OR OLD.owner <> NEW.owner OR OLD.wrapped IS NULL THEN
            RAISE EXCEPTION 'a data key stays its owner''s, and destroyed where it is'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF NEW.wrapped IS NULL THEN
            whose := suwen_patient_of_key(OLD.owner);
            IF whose IS NULL OR suwen_held(whose) OR NOT EXISTS (
                SELECT FROM erasure
                WHERE whose = ANY(suwen_united(patient)) AND approved
                    AND decided_by <> requested_by AND done_at IS NULL
            ) THEN
                RAISE EXCEPTION 'no erasure that two people stand for, or a legal hold'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
        END IF;
        RETURN NEW;
    END
    $$
"""

# As before; the comments of decisions must be sealed too, and the keys of the patient's studies go.
ERASE = """
    CREATE OR REPLACE FUNCTION suwen_erase(wanted text, at timestamp with time zone)
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
        IF EXISTS (SELECT FROM unnest(ids) AS one WHERE suwen_held(one)) THEN
            RAISE EXCEPTION 'a legal hold stands' USING ERRCODE = 'insufficient_privilege';
        END IF;
        IF EXISTS (
            SELECT FROM draft_version JOIN draft ON draft.id = draft_version.draft
                WHERE draft.patient = ANY(ids) AND content NOT LIKE '~%'
            UNION ALL
            SELECT FROM signed_record JOIN draft ON draft.id = signed_record.draft
                WHERE draft.patient = ANY(ids) AND content NOT LIKE '~%'
            UNION ALL
            SELECT FROM sign_off JOIN draft ON draft.id = sign_off.draft
                WHERE draft.patient = ANY(ids) AND comment NOT LIKE '~%'
            UNION ALL
            SELECT FROM signed_record JOIN draft ON draft.id = signed_record.draft
                CROSS JOIN LATERAL json_array_elements(sign_offs) AS said
                WHERE draft.patient = ANY(ids) AND said ->> 'comment' NOT LIKE '~%'
        ) THEN
            RAISE EXCEPTION 'not everything is sealed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        WITH gone AS (
            UPDATE data_key SET wrapped = NULL, current = false, destroyed_at = at
                WHERE {owned} AND wrapped IS NOT NULL RETURNING id
        ) SELECT coalesce(array_agg(id), '{{}}') INTO destroyed FROM gone;
        {rows}
        UPDATE erasure SET done_at = at WHERE id = wanted;
        RETURN destroyed;
    END
    $$
"""
OWNED_GENERAL = """(
                    owner = ANY(ids) OR owner IN (
                        SELECT 'study/' || study_uid FROM dicom_study WHERE patient = ANY(ids)
                    )
                )"""
ROWS_GENERAL = """
        PERFORM set_config('suwen.erasing', 'on', true);
        DELETE FROM resource_history AS h USING resource AS r
            WHERE r.type = h.type AND r.id = h.id AND r.patient = ANY(ids);
        PERFORM set_config('suwen.erasing', '', true);
        DELETE FROM patient WHERE id = ANY(ids);
        DELETE FROM care_encounter WHERE patient = ANY(ids);
        DELETE FROM resource WHERE patient = ANY(ids);
        DELETE FROM inbound_edit WHERE message IN (
            SELECT id FROM inbound_message WHERE patient_key = ANY(ids)
        );
        DELETE FROM inbound_message WHERE patient_key = ANY(ids);
        DELETE FROM outbound_message WHERE patient = ANY(ids);
        DELETE FROM dicom_instance USING dicom_study
            WHERE dicom_study.study_uid = dicom_instance.study_uid
                AND dicom_study.patient = ANY(ids);
        DELETE FROM dicom_study WHERE patient = ANY(ids);
"""


def _trigger(table: str, name: str, event: str, function: str) -> None:
    op.execute(f"DROP TRIGGER IF EXISTS {name} ON {table}")
    op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {function}")
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def upgrade() -> None:
    general = context.config.attributes["partition"] == "general"
    for function in (REFUSE_BUT_RESEALING, ONLY_RESEALED_RECORD, RESEAL):
        op.execute(function)
    _trigger(
        "sign_off",
        "never_changed",
        "UPDATE OR DELETE OR TRUNCATE",
        "STATEMENT EXECUTE FUNCTION suwen_refuse_change_but_resealing()",
    )
    _trigger(
        "sign_off", "only_resealed", "UPDATE", "ROW EXECUTE FUNCTION suwen_only_resealed('comment')"
    )
    _trigger(
        "signed_record",
        "only_resealed",
        "UPDATE",
        "ROW EXECUTE FUNCTION suwen_only_resealed_record()",
    )
    if general:
        for statement in (*GENERAL_COLUMNS, PATIENT_OF_KEY, GUARD_KEY):
            op.execute(statement)
    op.execute(
        ERASE.format(
            members="suwen_united(patient)" if general else "ARRAY[patient]",
            owned=OWNED_GENERAL if general else "owner = ANY(ids)",
            rows=ROWS_GENERAL if general else "",
        )
    )
