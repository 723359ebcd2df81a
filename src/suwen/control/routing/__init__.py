"""Which endpoint may answer a run."""
