"""Tables of the objects that came by DICOM, in the general database."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.tables import INSTANT, general_only

dicom_instance = Table(
    "dicom_instance",
    general_only,
    Column("sop_instance_uid", Text, primary_key=True),
    Column("sop_class_uid", Text, nullable=False),
    Column("transfer_syntax_uid", Text, nullable=False),
    Column("study_uid", Text, nullable=False),
    Column("series_uid", Text, nullable=False),
    Column("patient_number", Text),
    Column("patient_issuer", Text),
    # What the header says besides; JSON of one release's InstanceHeader.
    Column("header", JSON, nullable=False),
    # Number, issuer and header where they are sealed by their study's key.
    Column("sealed", Text),
    # SHA-256 of the file as it was received, and the name under which it is kept.
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("connection", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("mapped", Boolean, nullable=False),
    # Whether the file is sealed by a key of its study, as far as is known.
    Column("file_sealed", Boolean, nullable=False),
    Index("ix_dicom_instance_study_uid", "study_uid", "series_uid"),
    Index(
        "ix_dicom_instance_not_mapped",
        "study_uid",
        "received_at",
        postgresql_where=text("NOT mapped"),
    ),
    Index(
        "ix_dicom_instance_file_not_sealed",
        "sop_instance_uid",
        postgresql_where=text("NOT file_sealed"),
    ),
)

dicom_study = Table(
    "dicom_study",
    general_only,
    Column("study_uid", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    Column("synthetic", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("patient", Text),
    Column("resource", Text),
    Column("started", Text),
    Column("modalities", ARRAY(Text), nullable=False),
    Column("instances", Integer, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", INSTANT),
    Index("ix_dicom_study_patient", "patient", "started"),
    Index(
        "ix_dicom_study_waiting",
        "connection",
        "changed_at",
        postgresql_where=text("state = 'waiting'"),
    ),
)

dicom_commitment = Table(
    "dicom_commitment",
    general_only,
    Column("transaction_uid", Text, primary_key=True),
    Column("connection", Text, nullable=False),
    # Whether the other system asked us, or we asked it.
    Column("asked_by_peer", Boolean, nullable=False),
    Column("peer", Text, nullable=False),
    Column("instances", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("failed", JSON, nullable=False),
    Column("requested_at", INSTANT, nullable=False),
    Column("answered_at", INSTANT),
    Column("attempts", Integer, nullable=False),
    Index(
        "ix_dicom_commitment_waiting",
        "connection",
        "requested_at",
        postgresql_where=text("state = 'waiting'"),
    ),
)
