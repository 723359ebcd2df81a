"""Medicines: names, identity, classes, and the tables of rules about them."""

from suwen.clinical.medicines.identity import Identity, MedicineNames, shipped_names
from suwen.clinical.medicines.medicine import Medicine, medicines

__all__ = ["Identity", "Medicine", "MedicineNames", "medicines", "shipped_names"]
