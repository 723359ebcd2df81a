"""Suites put to engines, end to end on PostgreSQL and in the evaluating process."""
