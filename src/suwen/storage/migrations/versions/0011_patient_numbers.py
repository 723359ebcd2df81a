"""Patients of several systems matched by their numbers; general database only."""

from __future__ import annotations

from alembic import context, op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE matched_patient (
        patient TEXT NOT NULL,
        source TEXT NOT NULL,
        origin TEXT NOT NULL,
        birth_date TEXT,
        sex TEXT,
        CONSTRAINT pk_matched_patient PRIMARY KEY (patient)
    )
    """,
    """
    CREATE TABLE patient_number (
        numbering TEXT NOT NULL,
        value TEXT NOT NULL,
        patient TEXT NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_patient_number PRIMARY KEY (numbering, value, patient)
    )
    """,
    "CREATE INDEX ix_patient_number_patient ON patient_number (patient)",
    """
    CREATE TABLE patient_match (
        one TEXT NOT NULL,
        other TEXT NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        numbering TEXT NOT NULL,
        prior TEXT,
        surviving TEXT,
        at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        audited BOOLEAN NOT NULL,
        CONSTRAINT pk_patient_match PRIMARY KEY (one, other),
        CONSTRAINT ck_patient_match_in_order CHECK (one < other)
    )
    """,
    "CREATE INDEX ix_patient_match_other ON patient_match (other)",
    "CREATE INDEX ix_patient_match_state ON patient_match (state, at)",
    "CREATE INDEX ix_patient_match_not_audited ON patient_match (at) WHERE NOT audited",
)

# Whoever removes a patient, by an erasure, removes what the patient was matched by.
FORGET = """
    CREATE FUNCTION suwen_forget_numbers() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        DELETE FROM patient_number WHERE patient = OLD.id;
        DELETE FROM matched_patient WHERE patient = OLD.id;
        DELETE FROM patient_match WHERE OLD.id IN (one, other);
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
    op.execute("REVOKE ALL ON FUNCTION suwen_forget_numbers FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER forget_numbers AFTER DELETE ON patient "
        "FOR EACH ROW EXECUTE FUNCTION suwen_forget_numbers()"
    )
