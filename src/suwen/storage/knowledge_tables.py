"""The tables of the hospital's library, in the general database.

PostgreSQL is the source of truth of every collection; an edition on disk is made from it.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from suwen.storage.tables import INSTANT, general_only

collection = Table(
    "knowledge_collection",
    general_only,
    Column("id", Text, primary_key=True),
    Column("title_zh", Text, nullable=False),
    Column("title_en", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner", Text),
    Column("departments", ARRAY(Text), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("sensitivity", SmallInteger, nullable=False),
    # Counts every change of documents or rights, so that what is cached of them knows its age.
    Column("change", BigInteger, nullable=False),
    Column("current_edition", Text),
    Column("created_at", INSTANT, nullable=False),
    Column("created_by", Text, nullable=False),
)

blob = Table(
    "knowledge_blob",
    general_only,
    Column("hash", Text, primary_key=True),
    Column("bytes", LargeBinary, nullable=False),
)

document = Table(
    "knowledge_document",
    general_only,
    Column("collection", Text, ForeignKey("knowledge_collection.id"), primary_key=True),
    Column("id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("issuer", Text),
    Column("grade", Text),
    Column("study_type", Text),
    Column("issued", Date),
    Column("effective", Date),
    Column("expires", Date),
    Column("supersedes", Text),
    Column("owner", Text),
    Column("next_review", Date),
    Column("departments", ARRAY(Text), nullable=False),
    Column("roles", ARRAY(Text), nullable=False),
    Column("sensitivity", SmallInteger, nullable=False),
    # What the last import said about rights and life: the same again leaves a curator's word be.
    Column("stated_rights", Text, nullable=False),
    Column("stated_life", Text, nullable=False),
    Column("trust", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("state_reason", Text),
    Column("findings", JSON, nullable=False),
    Column("reviewed_at", INSTANT),
    Column("reviewed_by", Text),
    Column("source", Text),
    Column("media_type", Text),
    Column("original", Text, ForeignKey("knowledge_blob.hash")),
    Column("boxes", JSON, nullable=False),
    Column("near_duplicate_of", Text),
    Column("imported_at", INSTANT, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("changed_at", INSTANT, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("change", BigInteger, nullable=False),
    Index(None, "collection", "change"),
    Index(None, "collection", "supersedes"),
    Index(None, "next_review"),
    Index(None, "expires"),
)

document_version = Table(
    "knowledge_document_version",
    general_only,
    Column("collection", Text, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("title", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("source", Text),
    Column("media_type", Text),
    Column("original", Text, ForeignKey("knowledge_blob.hash")),
    Column("boxes", JSON, nullable=False),
    Column("imported_at", INSTANT, nullable=False),
    Column("imported_by", Text, nullable=False),
    Column("replaced_at", INSTANT, nullable=False),
    Column("replaced_by", Text, nullable=False),
    ForeignKeyConstraint(
        ["collection", "document"], ["knowledge_document.collection", "knowledge_document.id"]
    ),
)

passage = Table(
    "knowledge_passage",
    general_only,
    Column("collection", Text, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("start_offset", Integer, nullable=False),
    Column("end_offset", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("section", ARRAY(Text), nullable=False),
    Column("table_header", Text),
    Column("page", Integer),
    Column("text_hash", Text, nullable=False),
    ForeignKeyConstraint(
        ["collection", "document"], ["knowledge_document.collection", "knowledge_document.id"]
    ),
)

vector = Table(
    "knowledge_vector",
    general_only,
    Column("text_hash", Text, primary_key=True),
    Column("embedding", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

edition = Table(
    "knowledge_edition",
    general_only,
    Column("collection", Text, ForeignKey("knowledge_collection.id"), primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("origin", Text, nullable=False),
    # State of the collection that the edition was made from.
    Column("change", BigInteger, nullable=False),
    Column("built_at", INSTANT, nullable=False),
    Column("built_by", Text, nullable=False),
    Column("documents", Integer, nullable=False),
    Column("passages", Integer, nullable=False),
    Column("vectors", Integer, nullable=False),
    Column("embedding", Text),
    Column("previous", Text),
    Column("key_id", Text, nullable=False),
    Column("added_at", INSTANT, nullable=False),
    Index(None, "collection", "added_at"),
)
