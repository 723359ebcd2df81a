"""How many identifiers of annotated notes are masked whole, and how many masks are right."""
