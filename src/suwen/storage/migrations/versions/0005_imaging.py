"""Objects received by DICOM, their studies, and what was promised to be kept; general only."""

from __future__ import annotations

from alembic import context, op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

GENERAL = (
    """
    CREATE TABLE dicom_instance (
        sop_instance_uid TEXT NOT NULL,
        sop_class_uid TEXT NOT NULL,
        transfer_syntax_uid TEXT NOT NULL,
        study_uid TEXT NOT NULL,
        series_uid TEXT NOT NULL,
        patient_number TEXT,
        patient_issuer TEXT,
        header JSON NOT NULL,
        digest TEXT NOT NULL,
        size BIGINT NOT NULL,
        connection TEXT NOT NULL,
        synthetic BOOLEAN NOT NULL,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        mapped BOOLEAN NOT NULL,
        CONSTRAINT pk_dicom_instance PRIMARY KEY (sop_instance_uid)
    )
    """,
    "CREATE INDEX ix_dicom_instance_study_uid ON dicom_instance (study_uid, series_uid)",
    """
    CREATE INDEX ix_dicom_instance_not_mapped ON dicom_instance (study_uid, received_at)
        WHERE NOT mapped
    """,
    """
    CREATE TABLE dicom_study (
        study_uid TEXT NOT NULL,
        connection TEXT NOT NULL,
        synthetic BOOLEAN NOT NULL,
        state TEXT NOT NULL,
        reason TEXT,
        patient TEXT,
        resource TEXT,
        started TEXT,
        modalities TEXT[] NOT NULL,
        instances INTEGER NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        decided_by TEXT,
        decided_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_dicom_study PRIMARY KEY (study_uid)
    )
    """,
    "CREATE INDEX ix_dicom_study_patient ON dicom_study (patient, started)",
    """
    CREATE INDEX ix_dicom_study_waiting ON dicom_study (connection, changed_at)
        WHERE state = 'waiting'
    """,
    """
    CREATE TABLE dicom_commitment (
        transaction_uid TEXT NOT NULL,
        connection TEXT NOT NULL,
        asked_by_peer BOOLEAN NOT NULL,
        peer TEXT NOT NULL,
        instances JSON NOT NULL,
        state TEXT NOT NULL,
        failed JSON NOT NULL,
        requested_at TIMESTAMP WITH TIME ZONE NOT NULL,
        answered_at TIMESTAMP WITH TIME ZONE,
        attempts INTEGER NOT NULL,
        CONSTRAINT pk_dicom_commitment PRIMARY KEY (transaction_uid)
    )
    """,
    """
    CREATE INDEX ix_dicom_commitment_waiting ON dicom_commitment (connection, requested_at)
        WHERE state = 'waiting'
    """,
)


def upgrade() -> None:
    if context.config.attributes["partition"] != "general":
        return
    for statement in GENERAL:
        op.execute(statement)
