"""A synthetic hospital to try everything with: patients, staff and cases worth showing."""

from suwen.bootstrap.demonstration.generator import build_demonstration_hospital
from suwen.bootstrap.demonstration.model import DemonstrationHospital, ShowCase, StaffMember

__all__ = [
    "DemonstrationHospital",
    "ShowCase",
    "StaffMember",
    "build_demonstration_hospital",
]
