"""Reads settings, builds everything, refuses to start when unsafe."""
