"""What an HL7 v2 message says, as FHIR R4 resources."""

from suwen.integration.hl7v2.mapping.assembly import MappedMessage, map_message
from suwen.integration.hl7v2.mapping.context import ChannelFacts, PatientLink

__all__ = ["ChannelFacts", "MappedMessage", "PatientLink", "map_message"]
