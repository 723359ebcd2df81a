"""Tests of this application."""
