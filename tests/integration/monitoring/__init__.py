"""Watching applications over stored days, on PostgreSQL."""
