"""Tests of record_quality beside its own."""
