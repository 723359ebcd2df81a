"""Noun-verb commands."""
