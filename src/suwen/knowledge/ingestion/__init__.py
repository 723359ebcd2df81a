"""Files become documents with passages; what hides or commands is found on the way."""
