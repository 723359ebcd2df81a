"""Who lies in the demonstration hospital, who has just left it and who came to a clinic."""

from __future__ import annotations

from suwen.bootstrap.demonstration.patients_medical import MEDICAL_PATIENTS
from suwen.bootstrap.demonstration.patients_other import OTHER_PATIENTS
from suwen.bootstrap.demonstration.plans import PatientPlan

PATIENTS: tuple[PatientPlan, ...] = (*MEDICAL_PATIENTS, *OTHER_PATIENTS)
