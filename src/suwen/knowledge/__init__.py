"""The hospital's library: ingestion, editions and retrieval."""
