"""Signing in by programs that we did not write."""
