"""Vocabulary, value types and ports; pure, imports nothing of ours."""
