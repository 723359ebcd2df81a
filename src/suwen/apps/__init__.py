"""One folder per application, each alone."""
