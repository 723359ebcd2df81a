"""HL7 FHIR R4: reading of bundles, typed records, and documents that leave."""

from suwen.integration.fhir.bundle import read_bundle, read_resources
from suwen.integration.fhir.record import patient_of, read_record, referenced_elsewhere
from suwen.integration.fhir.stored import stored_resources

__all__ = [
    "patient_of",
    "read_bundle",
    "read_record",
    "read_resources",
    "referenced_elsewhere",
    "stored_resources",
]
