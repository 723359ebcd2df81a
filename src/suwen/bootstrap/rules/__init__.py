"""A hospital's changes of the clinical tables: proposed, agreed by two, in force, taken back."""
