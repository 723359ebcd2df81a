"""Runs over many records, end to end on PostgreSQL."""
