"""Tables of patients' keys, of legal holds and of erasures, as the stores use them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Identity, Index, LargeBinary, Table, Text

from suwen.storage.tables import INSTANT, both

data_key = Table(
    "data_key",
    both,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("current", Boolean, nullable=False),
    # NULL once it was destroyed.
    Column("wrapped", LargeBinary),
    Column("made_at", INSTANT, nullable=False),
    Column("destroyed_at", INSTANT),
    Index(
        "uq_data_key_owner_current",
        "owner",
        unique=True,
        postgresql_where=Column("current"),
    ),
    Index(None, "owner"),
)

legal_hold = Table(
    "legal_hold",
    both,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    # NULL holds every patient's records.
    Column("patient", Text),
    Column("reason", Text, nullable=False),
    Column("placed_at", INSTANT, nullable=False),
    Column("placed_by", Text, nullable=False),
    Column("released_at", INSTANT),
    Column("released_by", Text),
    Column("release_reason", Text),
    Index("ix_legal_hold_standing", "patient", postgresql_where=Column("released_at").is_(None)),
)

erasure = Table(
    "erasure",
    both,
    Column("id", Text, primary_key=True),
    Column("patient", Text, nullable=False),
    Column("basis", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("requested_at", INSTANT, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("decided_at", INSTANT),
    Column("decided_by", Text),
    Column("approved", Boolean),
    Column("done_at", INSTANT),
    Index(None, "patient"),
)
