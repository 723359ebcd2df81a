"""Names of people that no list knows, by a small model on this machine."""
