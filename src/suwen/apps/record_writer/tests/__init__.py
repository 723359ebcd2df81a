"""Tests of record_writer that need nothing but the application itself."""
