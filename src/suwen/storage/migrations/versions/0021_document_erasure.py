"""Documents of the library may be erased for good; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Former contents are never changed or removed but with a document that is erased whole.
REFUSE = """
    CREATE FUNCTION suwen_refuse_change_but_erasing() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE'
            AND coalesce(current_setting('suwen.erasing_document', true), '') <> ''
        THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
"""

ERASE = """
    CREATE FUNCTION suwen_erase_document(of_collection text, of_document text)
    RETURNS bigint[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        versions bigint;
        files bigint;
    BEGIN
        PERFORM FROM knowledge_document
            WHERE collection = of_collection AND id = of_document
                AND state = 'deleted' AND state_reason = 'erased' AND text = '';
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the document is not erased' USING ERRCODE = 'insufficient_privilege';
        END IF;
        PERFORM set_config('suwen.erasing_document', of_document, true);
        DELETE FROM knowledge_document_version
            WHERE collection = of_collection AND document = of_document;
        GET DIAGNOSTICS versions = ROW_COUNT;
        PERFORM set_config('suwen.erasing_document', '', true);
        DELETE FROM knowledge_blob AS kept
            WHERE NOT EXISTS (SELECT FROM knowledge_document WHERE original = kept.hash)
                AND NOT EXISTS (SELECT FROM knowledge_document_version WHERE original = kept.hash);
        GET DIAGNOSTICS files = ROW_COUNT;
        RETURN ARRAY[versions, files];
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for function in (REFUSE, ERASE):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION suwen_erase_document FROM PUBLIC")
    op.execute("DROP TRIGGER never_changed ON knowledge_document_version")
    op.execute(
        "CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE "
        "ON knowledge_document_version "
        "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change_but_erasing()"
    )
    op.execute("ALTER TABLE knowledge_document_version ENABLE ALWAYS TRIGGER never_changed")
