"""Tests of the evidence search."""
