"""Inpatient stays as strange hands write them, each with the defects that were planted in it."""
