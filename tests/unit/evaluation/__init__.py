"""Evaluation, without a site."""
