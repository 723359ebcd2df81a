"""HL7 FHIR R4: reading of bundles, typed records, and documents that leave."""
