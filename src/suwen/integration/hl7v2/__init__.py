"""HL7 v2 over MLLP: messages in and out, mapped to and from FHIR R4."""
