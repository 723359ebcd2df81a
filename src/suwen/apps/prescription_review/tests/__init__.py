"""Tests of prescription_review."""
