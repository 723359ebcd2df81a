"""Suites, scorers, figures and comparisons."""
