"""The hospital's library: collections, documents, passages, vectors, editions; general only."""

from __future__ import annotations

from alembic import context, op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

GENERAL = (
    """
    CREATE TABLE knowledge_collection (
        id TEXT NOT NULL,
        title_zh TEXT NOT NULL,
        title_en TEXT NOT NULL,
        kind TEXT NOT NULL,
        owner TEXT,
        departments TEXT[] NOT NULL,
        roles TEXT[] NOT NULL,
        sensitivity SMALLINT NOT NULL,
        change BIGINT NOT NULL,
        current_edition TEXT,
        created_at TIMESTAMP WITH TIME ZONE NOT NULL,
        created_by TEXT NOT NULL,
        CONSTRAINT pk_knowledge_collection PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE knowledge_blob (
        hash TEXT NOT NULL,
        bytes BYTEA NOT NULL,
        CONSTRAINT pk_knowledge_blob PRIMARY KEY (hash)
    )
    """,
    """
    CREATE TABLE knowledge_document (
        collection TEXT NOT NULL,
        id TEXT NOT NULL,
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        language TEXT NOT NULL,
        text TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        passages INTEGER NOT NULL,
        issuer TEXT,
        grade TEXT,
        study_type TEXT,
        issued DATE,
        effective DATE,
        expires DATE,
        supersedes TEXT,
        owner TEXT,
        next_review DATE,
        departments TEXT[] NOT NULL,
        roles TEXT[] NOT NULL,
        sensitivity SMALLINT NOT NULL,
        stated_rights TEXT NOT NULL,
        stated_life TEXT NOT NULL,
        trust TEXT NOT NULL,
        state TEXT NOT NULL,
        state_reason TEXT,
        findings JSON NOT NULL,
        reviewed_at TIMESTAMP WITH TIME ZONE,
        reviewed_by TEXT,
        source TEXT,
        media_type TEXT,
        original TEXT,
        boxes JSON NOT NULL,
        near_duplicate_of TEXT,
        imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
        imported_by TEXT NOT NULL,
        changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        changed_by TEXT NOT NULL,
        change BIGINT NOT NULL,
        CONSTRAINT pk_knowledge_document PRIMARY KEY (collection, id),
        CONSTRAINT fk_knowledge_document_collection FOREIGN KEY(collection)
            REFERENCES knowledge_collection (id),
        CONSTRAINT fk_knowledge_document_original FOREIGN KEY(original)
            REFERENCES knowledge_blob (hash)
    )
    """,
    "CREATE INDEX ix_knowledge_document_next_review ON knowledge_document (next_review)",
    """
    CREATE INDEX ix_knowledge_document_collection_supersedes
        ON knowledge_document (collection, supersedes)
    """,
    """
    CREATE INDEX ix_knowledge_document_collection_change
        ON knowledge_document (collection, change)
    """,
    "CREATE INDEX ix_knowledge_document_expires ON knowledge_document (expires)",
    """
    CREATE TABLE knowledge_document_version (
        collection TEXT NOT NULL,
        document TEXT NOT NULL,
        version INTEGER NOT NULL,
        title TEXT NOT NULL,
        language TEXT NOT NULL,
        text TEXT NOT NULL,
        text_hash TEXT NOT NULL,
        content_hash TEXT NOT NULL,
        source TEXT,
        media_type TEXT,
        original TEXT,
        boxes JSON NOT NULL,
        imported_at TIMESTAMP WITH TIME ZONE NOT NULL,
        imported_by TEXT NOT NULL,
        replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
        replaced_by TEXT NOT NULL,
        CONSTRAINT pk_knowledge_document_version PRIMARY KEY (collection, document, version),
        CONSTRAINT fk_knowledge_document_version_collection_document
            FOREIGN KEY(collection, document) REFERENCES knowledge_document (collection, id),
        CONSTRAINT fk_knowledge_document_version_original FOREIGN KEY(original)
            REFERENCES knowledge_blob (hash)
    )
    """,
    """
    CREATE TABLE knowledge_passage (
        collection TEXT NOT NULL,
        document TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        start_offset INTEGER NOT NULL,
        end_offset INTEGER NOT NULL,
        kind TEXT NOT NULL,
        section TEXT[] NOT NULL,
        table_header TEXT,
        page INTEGER,
        text_hash TEXT NOT NULL,
        CONSTRAINT pk_knowledge_passage PRIMARY KEY (collection, document, ordinal),
        CONSTRAINT fk_knowledge_passage_collection_document FOREIGN KEY(collection, document)
            REFERENCES knowledge_document (collection, id)
    )
    """,
    """
    CREATE TABLE knowledge_vector (
        text_hash TEXT NOT NULL,
        embedding TEXT NOT NULL,
        vector BYTEA NOT NULL,
        CONSTRAINT pk_knowledge_vector PRIMARY KEY (text_hash, embedding)
    )
    """,
    """
    CREATE TABLE knowledge_edition (
        collection TEXT NOT NULL,
        hash TEXT NOT NULL,
        number INTEGER NOT NULL,
        state TEXT NOT NULL,
        origin TEXT NOT NULL,
        change BIGINT NOT NULL,
        built_at TIMESTAMP WITH TIME ZONE NOT NULL,
        built_by TEXT NOT NULL,
        documents INTEGER NOT NULL,
        passages INTEGER NOT NULL,
        vectors INTEGER NOT NULL,
        embedding TEXT,
        previous TEXT,
        key_id TEXT NOT NULL,
        added_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_knowledge_edition PRIMARY KEY (collection, hash),
        CONSTRAINT fk_knowledge_edition_collection FOREIGN KEY(collection)
            REFERENCES knowledge_collection (id)
    )
    """,
    """
    CREATE INDEX ix_knowledge_edition_collection_added_at
        ON knowledge_edition (collection, added_at)
    """,
    # What was once cited stays as it was.
    """
    CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON knowledge_document_version
        FOR EACH STATEMENT EXECUTE FUNCTION suwen_refuse_change()
    """,
    "ALTER TABLE knowledge_document_version ENABLE ALWAYS TRIGGER never_changed",
)


def upgrade() -> None:
    if context.config.attributes["partition"] == "general":
        for statement in GENERAL:
            op.execute(statement)
