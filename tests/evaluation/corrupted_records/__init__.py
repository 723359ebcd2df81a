"""Encounters with planted defects, and sound ones, that judge the quality control of records."""
