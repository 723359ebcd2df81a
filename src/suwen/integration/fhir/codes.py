"""Codes of the required bindings of the resources that we read.

Source: HL7 FHIR R4 (4.0.1), required bindings of status, intent, gender and criticality.
"""

from __future__ import annotations

from suwen.integration.fhir.shapes import Check, code


def _codes(text: str) -> Check:
    return code(frozenset(text.split()))


GENDER = _codes("male female other unknown")
ENCOUNTER_STATUS = _codes(
    "planned arrived triaged in-progress onleave finished cancelled entered-in-error unknown"
)
OBSERVATION_STATUS = _codes(
    "registered preliminary final amended corrected cancelled entered-in-error unknown"
)
REPORT_STATUS = _codes(
    "registered partial preliminary final amended corrected appended cancelled "
    "entered-in-error unknown"
)
REQUEST_STATUS = _codes("active on-hold cancelled completed entered-in-error stopped draft unknown")
STATEMENT_STATUS = _codes(
    "active completed entered-in-error intended stopped on-hold unknown not-taken"
)
MEDICATION_INTENT = _codes(
    "proposal plan order original-order reflex-order filler-order instance-order option"
)
EVENT_STATUS = _codes(
    "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
)
IMAGING_STATUS = _codes("registered available cancelled entered-in-error unknown")
IMMUNIZATION_STATUS = _codes("completed entered-in-error not-done")
FAMILY_STATUS = _codes("partial completed entered-in-error health-unknown")
PLAN_STATUS = _codes("draft active on-hold revoked completed entered-in-error unknown")
PLAN_INTENT = _codes("proposal plan order option")
SERVICE_INTENT = _codes(
    "proposal plan directive order original-order reflex-order filler-order instance-order option"
)
APPOINTMENT_STATUS = _codes(
    "proposed pending booked arrived fulfilled cancelled noshow entered-in-error checked-in "
    "waitlist"
)
DOCUMENT_STATUS = _codes("current superseded entered-in-error")
COMPOSITION_STATUS = _codes("preliminary final amended entered-in-error")
CRITICALITY = _codes("low high unable-to-assess")
CLINICAL = frozenset(["active", "recurrence", "relapse", "inactive", "remission", "resolved"])
VERIFICATION = frozenset(
    {
        "unconfirmed",
        "provisional",
        "differential",
        "confirmed",
        "refuted",
        "entered-in-error",
        "presumed",
    }
)
