"""Who answers for a system, disagreements, first opinions, planted checks, training, disclosure.

General database only. That the second reader, the trainer and the publisher are other people than
the first is kept by the tables themselves, and that a planted check is about an invented patient
and is never signed, by their triggers.
"""

from __future__ import annotations

from alembic import context, op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE answerable (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        system TEXT NOT NULL,
        release TEXT,
        duty TEXT NOT NULL,
        person TEXT,
        name TEXT,
        role TEXT,
        since DATE NOT NULL,
        written_by TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_answerable PRIMARY KEY (number)
    )
    """,
    "CREATE INDEX ix_answerable_system ON answerable (system)",
    """
    CREATE TABLE disagreement (
        id TEXT NOT NULL,
        draft TEXT NOT NULL,
        version INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        patient TEXT,
        item TEXT,
        code TEXT NOT NULL,
        view TEXT NOT NULL,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        second_person TEXT,
        second_name TEXT,
        second_role TEXT,
        second_at TIMESTAMP WITH TIME ZONE,
        outcome TEXT,
        second_view TEXT,
        CONSTRAINT pk_disagreement PRIMARY KEY (id),
        CONSTRAINT ck_disagreement_another_reads CHECK (second_person <> person),
        CONSTRAINT ck_disagreement_read_whole CHECK (
            (second_person IS NULL) = (outcome IS NULL)
            AND (second_person IS NULL) = (second_at IS NULL)
        )
    )
    """,
    "CREATE INDEX ix_disagreement_draft ON disagreement (draft)",
    "CREATE INDEX ix_disagreement_at ON disagreement (at)",
    """
    CREATE TABLE first_opinion (
        draft TEXT NOT NULL,
        person TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        patient TEXT,
        opinion TEXT NOT NULL,
        opinion_hash TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_first_opinion PRIMARY KEY (draft, person)
    )
    """,
    """
    CREATE TABLE opinion_comparison (
        draft TEXT NOT NULL,
        person TEXT NOT NULL,
        agrees TEXT NOT NULL,
        kept TEXT NOT NULL,
        compared_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_opinion_comparison PRIMARY KEY (draft, person),
        CONSTRAINT fk_opinion_comparison_draft_person FOREIGN KEY (draft, person)
            REFERENCES first_opinion (draft, person)
    )
    """,
    """
    CREATE TABLE planted_check (
        id TEXT NOT NULL,
        draft TEXT NOT NULL,
        source_draft TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        patient TEXT NOT NULL,
        section TEXT NOT NULL,
        statement TEXT NOT NULL,
        kind TEXT NOT NULL,
        original TEXT NOT NULL,
        planted TEXT NOT NULL,
        planted_by TEXT NOT NULL,
        planted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        answered_by TEXT,
        answered_name TEXT,
        answered_at TIMESTAMP WITH TIME ZONE,
        found BOOLEAN,
        how TEXT,
        CONSTRAINT pk_planted_check PRIMARY KEY (id),
        CONSTRAINT uq_planted_check_draft UNIQUE (draft),
        CONSTRAINT ck_planted_check_another_answers CHECK (answered_by <> planted_by),
        CONSTRAINT ck_planted_check_answered_whole CHECK (
            (answered_by IS NULL) = (found IS NULL) AND (found IS NULL) = (how IS NULL)
        )
    )
    """,
    "CREATE INDEX ix_planted_check_answered_by ON planted_check (answered_by)",
    """
    CREATE TABLE training_record (
        id TEXT NOT NULL,
        person TEXT NOT NULL,
        app TEXT NOT NULL,
        subject TEXT NOT NULL,
        competent BOOLEAN NOT NULL,
        trainer TEXT NOT NULL,
        trained_on DATE NOT NULL,
        expires_on DATE NOT NULL,
        recorded_by TEXT NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
        revoked_by TEXT,
        revoked_at TIMESTAMP WITH TIME ZONE,
        revoked_reason TEXT,
        CONSTRAINT pk_training_record PRIMARY KEY (id),
        CONSTRAINT ck_training_record_another_trains CHECK (trainer <> person),
        CONSTRAINT ck_training_record_another_records CHECK (recorded_by <> person),
        CONSTRAINT ck_training_record_ends CHECK (expires_on > trained_on),
        CONSTRAINT ck_training_record_revoked_whole CHECK (
            (revoked_by IS NULL) = (revoked_at IS NULL)
        )
    )
    """,
    "CREATE INDEX ix_training_record_person_app ON training_record (person, app)",
    """
    CREATE TABLE disclosure (
        app TEXT NOT NULL,
        audience TEXT NOT NULL,
        number INTEGER NOT NULL,
        sheet TEXT NOT NULL,
        sheet_hash TEXT NOT NULL,
        proposed_by TEXT NOT NULL,
        proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        published BOOLEAN,
        signature TEXT,
        key_id TEXT,
        pdf_zh BYTEA,
        pdf_en BYTEA,
        withdrawn_by TEXT,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_disclosure PRIMARY KEY (app, audience, number),
        CONSTRAINT ck_disclosure_another_decides CHECK (decided_by <> proposed_by),
        CONSTRAINT ck_disclosure_published_whole CHECK (
            published IS NOT TRUE OR (
                signature IS NOT NULL AND pdf_zh IS NOT NULL AND pdf_en IS NOT NULL
                AND decided_by IS NOT NULL
            )
        )
    )
    """,
)
APPEND_ONLY = ("answerable", "first_opinion", "opinion_comparison")

# A record that is real is never planted on, and what was planted is never signed.
ONLY_INVENTED = """
    CREATE FUNCTION suwen_only_invented() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM resource
            WHERE type = 'Patient' AND id = NEW.patient AND origin = 'synthetic'
        ) THEN
            RAISE EXCEPTION 'a check is planted on an invented patient only'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""
NEVER_SIGNED = """
    CREATE FUNCTION suwen_planted_is_never_signed() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM planted_check WHERE draft = NEW.draft) THEN
            RAISE EXCEPTION 'a planted check is never signed'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for statement in (*TABLES, ONLY_INVENTED, NEVER_SIGNED):
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed")
    op.execute(
        "CREATE TRIGGER only_invented BEFORE INSERT OR UPDATE OF patient, draft ON planted_check "
        "FOR EACH ROW EXECUTE FUNCTION suwen_only_invented()"
    )
    op.execute("ALTER TABLE planted_check ENABLE ALWAYS TRIGGER only_invented")
    op.execute(
        "CREATE TRIGGER never_of_planted BEFORE INSERT ON signed_record "
        "FOR EACH ROW EXECUTE FUNCTION suwen_planted_is_never_signed()"
    )
    op.execute("ALTER TABLE signed_record ENABLE ALWAYS TRIGGER never_of_planted")
