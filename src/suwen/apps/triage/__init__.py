"""Patient navigation and triage."""
