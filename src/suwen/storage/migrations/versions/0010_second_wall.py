"""Row-level security on patients' tables, and erasures that reach images and messages too."""

from __future__ import annotations

from alembic import context, op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Whose rows a transaction was opened for, as ids; NULL where it was opened for everybody.
SCOPE = """
    CREATE FUNCTION suwen_scope() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    DECLARE
        scope text := coalesce(current_setting('suwen.scope', true), '');
        ids text[];
    BEGIN
        IF scope = 'all' THEN
            RETURN NULL;
        ELSIF scope = 'patients' THEN
            ids := current_setting('suwen.patients')::text[];
        ELSIF scope = 'care' THEN
            SELECT array_agg(DISTINCT stay.patient) INTO ids FROM care_encounter AS stay
                WHERE (
                    (stay.status IN ('arrived', 'triaged', 'in-progress', 'onleave')
                        AND stay.ended_at IS NULL)
                    OR (stay.status NOT IN ('cancelled', 'entered-in-error', 'planned')
                        AND stay.ended_at >= current_setting('suwen.since')::timestamptz)
                ) AND (
                    stay.department = ANY(current_setting('suwen.departments')::text[])
                    OR (SELECT practitioner FROM person
                        WHERE id = current_setting('suwen.principal')) = ANY(stay.participants)
                );
        END IF;
        -- Nobody's id is empty: what belongs to no patient compares as unknown with it.
        IF coalesce(cardinality(ids), 0) = 0 THEN
            RETURN ARRAY[''];
        END IF;
        IF EXISTS (
            SELECT FROM patient_link
                WHERE linked AND (prior = ANY(ids) OR surviving = ANY(ids))
        ) THEN
            SELECT array_agg(DISTINCT one) INTO ids
                FROM unnest(ids) AS given, unnest(suwen_united(given)) AS one;
        END IF;
        RETURN ids;
    END
    $$
"""

# Asked once for each statement, not for each row. Nothing is compared where it was opened for
# everybody, and what belongs to no patient is everybody's.
WHOSE = {"resource": "patient", "patient": "id", "care_encounter": "patient"}
SEEN = "coalesce({column} = ANY((SELECT suwen_scope())::text[]), true)"
# History is kept, and read by nobody but the work on all patients.
SEEN_HISTORY = "(SELECT suwen_scope()) IS NULL"

# The marks stand beside the rows, so that finding by them is not hidden behind the wall; it gives
# ids, and whose rows are seen is decided by the wall.
MARKED = """
    CREATE FUNCTION suwen_marked(wanted bigint[]) RETURNS SETOF text LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT id FROM patient WHERE search @> wanted
    $$
"""

ERASE = """
    CREATE OR REPLACE FUNCTION suwen_erase(wanted text, at timestamp with time zone)
    RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        ids text[];
        destroyed text[];
    BEGIN
        SELECT suwen_united(patient) INTO ids FROM erasure
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
        ) THEN
            RAISE EXCEPTION 'not everything is sealed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        WITH gone AS (
            UPDATE data_key SET wrapped = NULL, current = false, destroyed_at = at
                WHERE owner = ANY(ids) AND wrapped IS NOT NULL RETURNING id
        ) SELECT coalesce(array_agg(id), '{}') INTO destroyed FROM gone;
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
        UPDATE erasure SET done_at = at WHERE id = wanted;
        RETURN destroyed;
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for function in (SCOPE, MARKED, ERASE):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION suwen_marked FROM PUBLIC")
    seen = {table: SEEN.format(column=column) for table, column in WHOSE.items()}
    for table, condition in {**seen, "resource_history": SEEN_HISTORY}.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY whose_rows ON {table} USING ({condition}) WITH CHECK ({condition})"
        )
