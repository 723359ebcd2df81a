"""Prescriptions with labels, written before the rules that they judge."""
