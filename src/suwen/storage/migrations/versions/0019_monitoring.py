"""Counts of the applications' work, alarms, second reviews, incidents, the hospital's figures."""

from __future__ import annotations

from alembic import context, op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE monitor_cell (
        day DATE NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        department TEXT NOT NULL,
        measure TEXT NOT NULL,
        key TEXT NOT NULL,
        n BIGINT NOT NULL,
        total DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_monitor_cell PRIMARY KEY (day, app, release, department, measure, key)
    )
    """,
    "CREATE INDEX ix_monitor_cell_app ON monitor_cell (app, day)",
    """
    CREATE TABLE monitor_day (
        day DATE NOT NULL,
        counted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_monitor_day PRIMARY KEY (day)
    )
    """,
    """
    CREATE TABLE monitor_alarm (
        id TEXT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        rule TEXT NOT NULL,
        day DATE NOT NULL,
        facts JSONB NOT NULL,
        raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
        suspended BOOLEAN NOT NULL,
        answered_at TIMESTAMP WITH TIME ZONE,
        answered_by TEXT,
        answer TEXT,
        CONSTRAINT pk_monitor_alarm PRIMARY KEY (id),
        CONSTRAINT uq_monitor_alarm_app_release_rule_day UNIQUE (app, release, rule, day)
    )
    """,
    "CREATE INDEX ix_monitor_alarm_raised_at ON monitor_alarm (raised_at)",
    "CREATE UNIQUE INDEX uq_monitor_alarm_open ON monitor_alarm (app, release, rule) "
    "WHERE answered_at IS NULL",
    """
    CREATE TABLE review_case (
        id TEXT NOT NULL,
        draft TEXT NOT NULL,
        decision BIGINT NOT NULL,
        app TEXT NOT NULL,
        release TEXT NOT NULL,
        department TEXT NOT NULL,
        patient TEXT,
        first_reader TEXT NOT NULL,
        first_verdict TEXT NOT NULL,
        decided_at TIMESTAMP WITH TIME ZONE NOT NULL,
        drawn_at TIMESTAMP WITH TIME ZONE NOT NULL,
        seed TEXT NOT NULL,
        share DOUBLE PRECISION NOT NULL,
        CONSTRAINT pk_review_case PRIMARY KEY (id),
        CONSTRAINT uq_review_case_draft UNIQUE (draft)
    )
    """,
    "CREATE INDEX ix_review_case_app ON review_case (app, decided_at)",
    """
    CREATE TABLE review_judgement (
        review TEXT NOT NULL,
        stage TEXT NOT NULL,
        reader TEXT NOT NULL,
        role TEXT NOT NULL,
        verdict TEXT NOT NULL,
        faults JSONB NOT NULL,
        judged_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_review_judgement PRIMARY KEY (review, stage),
        CONSTRAINT uq_review_judgement_review_reader UNIQUE (review, reader),
        CONSTRAINT fk_review_judgement_review_review_case FOREIGN KEY (review)
            REFERENCES review_case (id)
    )
    """,
    """
    CREATE TABLE incident (
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        app TEXT,
        release TEXT,
        trace TEXT,
        draft TEXT,
        draft_version INTEGER,
        patient TEXT,
        department TEXT,
        place TEXT NOT NULL,
        happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        reported_at TIMESTAMP WITH TIME ZONE NOT NULL,
        reported_by TEXT NOT NULL,
        CONSTRAINT pk_incident PRIMARY KEY (id)
    )
    """,
    "CREATE INDEX ix_incident_reported_at ON incident (reported_at)",
    "CREATE INDEX ix_incident_patient ON incident (patient)",
    """
    CREATE TABLE incident_entry (
        incident TEXT NOT NULL,
        n INTEGER NOT NULL,
        act TEXT NOT NULL,
        state TEXT NOT NULL,
        facts JSONB NOT NULL,
        words_hash TEXT,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_incident_entry PRIMARY KEY (incident, n),
        CONSTRAINT fk_incident_entry_incident_incident FOREIGN KEY (incident)
            REFERENCES incident (id)
    )
    """,
    """
    CREATE TABLE incident_words (
        incident TEXT NOT NULL,
        n INTEGER NOT NULL,
        content BYTEA NOT NULL,
        CONSTRAINT pk_incident_words PRIMARY KEY (incident, n)
    )
    """,
    """
    CREATE TABLE hospital_figure (
        figure TEXT NOT NULL,
        app TEXT NOT NULL,
        department TEXT NOT NULL,
        version INTEGER NOT NULL,
        value DOUBLE PRECISION,
        source TEXT NOT NULL,
        written_by TEXT NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_hospital_figure PRIMARY KEY (figure, app, department, version)
    )
    """,
)
APPEND_ONLY = ("incident", "incident_entry", "review_judgement", "hospital_figure")

# Nobody reads their own decision again: the database itself keeps the readers apart.
APART = """
    CREATE FUNCTION suwen_readers_are_apart() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM review_case WHERE id = NEW.review AND first_reader = NEW.reader
        ) THEN
            RAISE EXCEPTION 'the first reader reads no second time'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""

# Who proposed that an incident be closed does not close it.
FOUR_EYES = """
    CREATE FUNCTION suwen_incident_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.act = 'close' AND NOT EXISTS (
            SELECT FROM incident_entry
            WHERE incident = NEW.incident AND n = NEW.n - 1 AND act = 'propose_closing'
                AND by <> NEW.by
        ) THEN
            RAISE EXCEPTION 'an incident is closed by another than who proposed it'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END
    $$
"""

# Whoever removes a patient, by an erasure, removes the words that were written about them; what
# was coded, and that there was an incident, stays.
FORGET = """
    CREATE FUNCTION suwen_forget_incident_words() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        DELETE FROM incident_words
            WHERE incident IN (SELECT id FROM incident WHERE patient = OLD.id);
        RETURN NULL;
    END
    $$
"""


# A day is counted by when its runs ended, its drafts were built, its decisions were taken.
INDEXES = (
    "CREATE INDEX ix_trace_closed_at ON trace (closed_at)",
    "CREATE INDEX ix_draft_created_at ON draft (created_at)",
    "CREATE INDEX ix_sign_off_decided_at ON sign_off (decided_at)",
)


def upgrade() -> None:
    for statement in INDEXES:
        op.execute(statement)
    if context.config.attributes["partition"] != "general":
        return
    for statement in TABLES:
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER never_changed")
    for function in (APART, FOUR_EYES, FORGET):
        op.execute(function)
    op.execute("REVOKE ALL ON FUNCTION suwen_forget_incident_words FROM PUBLIC")
    for trigger, table, moment, function in (
        ("readers_are_apart", "review_judgement", "BEFORE INSERT", "suwen_readers_are_apart"),
        ("four_eyes", "incident_entry", "BEFORE INSERT", "suwen_incident_four_eyes"),
        ("forget_incident_words", "patient", "AFTER DELETE", "suwen_forget_incident_words"),
    ):
        op.execute(
            f"CREATE TRIGGER {trigger} {moment} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
