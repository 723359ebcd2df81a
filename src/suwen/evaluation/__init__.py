"""Suites, scorers and reports: how good what we ship really is."""
