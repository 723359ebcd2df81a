"""Standardised medical records written from the patient's structured record."""
