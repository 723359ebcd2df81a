"""Prescription review: rules over a prescription before it is released, and after the fact."""
