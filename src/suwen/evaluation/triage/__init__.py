"""How well triage finds emergencies and departments."""
