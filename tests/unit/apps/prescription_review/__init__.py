"""Tests of prescription_review beside its own."""
