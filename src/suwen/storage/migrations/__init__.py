"""Append-only versions of both databases; a released version is never edited."""
