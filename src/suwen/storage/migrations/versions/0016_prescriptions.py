"""The pharmacists' queue: prescriptions, their findings and decisions, and what rules were told."""

from __future__ import annotations

from alembic import context, op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE prescription (
        id TEXT NOT NULL,
        origin TEXT NOT NULL,
        origin_key TEXT NOT NULL,
        patient TEXT,
        encounter TEXT,
        department TEXT,
        prescriber TEXT,
        orders TEXT[] NOT NULL,
        setting TEXT NOT NULL,
        state TEXT NOT NULL,
        version INTEGER NOT NULL,
        round INTEGER NOT NULL,
        decision TEXT NOT NULL,
        urgency INTEGER NOT NULL,
        written_at TIMESTAMP WITH TIME ZONE NOT NULL,
        submitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        taken_at TIMESTAMP WITH TIME ZONE,
        content BYTEA NOT NULL,
        CONSTRAINT pk_prescription PRIMARY KEY (id),
        CONSTRAINT uq_prescription_origin_key UNIQUE (origin_key)
    )
    """,
    "CREATE INDEX ix_prescription_queue ON prescription (state, urgency, submitted_at)",
    "CREATE INDEX ix_prescription_patient ON prescription (patient)",
    "CREATE INDEX ix_prescription_prescriber ON prescription (prescriber, state)",
    "CREATE INDEX ix_prescription_written ON prescription (written_at)",
    """
    CREATE TABLE prescription_finding (
        prescription TEXT NOT NULL,
        round INTEGER NOT NULL,
        n INTEGER NOT NULL,
        rule TEXT NOT NULL,
        matter TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        category TEXT NOT NULL,
        asked TEXT NOT NULL,
        outcome TEXT,
        reason TEXT,
        CONSTRAINT pk_prescription_finding PRIMARY KEY (prescription, round, n),
        CONSTRAINT fk_prescription_finding_prescription_prescription FOREIGN KEY (prescription)
            REFERENCES prescription (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_prescription_finding_rule ON prescription_finding (rule)",
    """
    CREATE TABLE prescription_step (
        prescription TEXT NOT NULL,
        step INTEGER NOT NULL,
        act TEXT NOT NULL,
        state TEXT NOT NULL,
        by TEXT NOT NULL,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        reason TEXT,
        comment BYTEA,
        CONSTRAINT pk_prescription_step PRIMARY KEY (prescription, step),
        CONSTRAINT fk_prescription_step_prescription_prescription FOREIGN KEY (prescription)
            REFERENCES prescription (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE prescription_arrival (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        key TEXT NOT NULL,
        origin TEXT NOT NULL,
        patient TEXT NOT NULL,
        orders TEXT[] NOT NULL,
        content BYTEA,
        arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
        attempts INTEGER NOT NULL,
        done_at TIMESTAMP WITH TIME ZONE,
        failed TEXT,
        CONSTRAINT pk_prescription_arrival PRIMARY KEY (number),
        CONSTRAINT uq_prescription_arrival_key UNIQUE (key)
    )
    """,
    "CREATE INDEX ix_prescription_arrival_waiting ON prescription_arrival (number) "
    "WHERE done_at IS NULL",
    """
    CREATE TABLE rule_answer (
        number BIGINT GENERATED ALWAYS AS IDENTITY,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        door TEXT NOT NULL,
        patient TEXT NOT NULL,
        encounter TEXT NOT NULL,
        rule TEXT NOT NULL,
        matter TEXT NOT NULL,
        outcome TEXT NOT NULL,
        reason TEXT,
        by TEXT NOT NULL,
        prescription TEXT,
        undone BOOLEAN NOT NULL,
        CONSTRAINT pk_rule_answer PRIMARY KEY (number),
        CONSTRAINT fk_rule_answer_prescription_prescription FOREIGN KEY (prescription)
            REFERENCES prescription (id) ON DELETE CASCADE
    )
    """,
    "CREATE INDEX ix_rule_answer_episode ON rule_answer (patient, encounter)",
    "CREATE INDEX ix_rule_answer_rule ON rule_answer (rule, at)",
    """
    CREATE TABLE rule_suppression (
        id TEXT NOT NULL,
        rule TEXT NOT NULL,
        reason TEXT NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        proposed_by TEXT NOT NULL,
        proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        approved BOOLEAN,
        ended_by TEXT,
        ended_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_rule_suppression PRIMARY KEY (id),
        CONSTRAINT ck_rule_suppression_two_people CHECK (decided_by <> proposed_by)
    )
    """,
)

# Whoever removes a patient, by an erasure, removes the prescriptions and what was said to them.
FORGET = """
    CREATE FUNCTION suwen_forget_prescriptions() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        DELETE FROM rule_answer WHERE patient = OLD.id;
        DELETE FROM prescription WHERE patient = OLD.id;
        DELETE FROM prescription_arrival WHERE patient = OLD.id;
        RETURN NULL;
    END
    $$
"""


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for statement in TABLES:
        op.execute(statement)
    op.execute(FORGET)
    op.execute("REVOKE ALL ON FUNCTION suwen_forget_prescriptions FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER forget_prescriptions AFTER DELETE ON patient "
        "FOR EACH ROW EXECUTE FUNCTION suwen_forget_prescriptions()"
    )
