"""Documents as files for people: PDF."""
