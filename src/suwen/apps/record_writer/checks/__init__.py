"""The deterministic checks behind the application's findings, one file a subject."""
