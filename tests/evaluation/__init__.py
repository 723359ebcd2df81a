"""Judges of what we ship: planted falsehoods and an oracle that reads records by itself."""
