"""One file for each kind of identifier."""
