"""How sensitive a run is, where it may be sent, and what stands in for a name on the way."""
