"""Which elements of R4 resources a row of a hospital's view may fill, and of which type each is.

Not all of R4: the elements that the record reads and a view of a hospital system can know.

Source: HL7 FHIR R4 (4.0.1), resource and data type definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

_Definition = Mapping[str, str]


def _elements(text: str) -> _Definition:
    """``name:Type`` words; ``*`` behind a type marks a list, ``!`` that a resource needs it."""
    return dict(word.split(":", 1) for word in text.split())


#: Data types and parts of resources, by name.
_TYPES: Mapping[str, _Definition] = {
    "Coding": _elements("system:uri version:string code:code display:string"),
    "CodeableConcept": _elements("coding:Coding* text:string"),
    "Identifier": _elements(
        "use:code@identifier-use type:CodeableConcept system:uri value:string period:Period"
    ),
    "Quantity": _elements(
        "value:decimal comparator:code@comparator unit:string system:uri code:code"
    ),
    "Period": _elements("start:dateTime end:dateTime"),
    "HumanName": _elements(
        "use:code@name-use text:string family:string given:string* prefix:string* suffix:string*"
    ),
    "ContactPoint": _elements(
        "system:code@contact-system value:string use:code@contact-use rank:positiveInt"
    ),
    "Address": _elements(
        "use:code@address-use text:string line:string* city:string district:string state:string "
        "postalCode:string country:string"
    ),
    "Reference": _elements("identifier:Identifier display:string"),
    "Attachment": _elements(
        "contentType:code language:code data:base64Binary url:url title:string creation:dateTime"
    ),
    "Annotation": _elements("authorString:string time:dateTime text:markdown"),
    "Timing": _elements("event:dateTime* repeat:Timing.repeat code:CodeableConcept"),
    "Timing.repeat": _elements(
        "boundsPeriod:Period count:positiveInt frequency:positiveInt period:decimal "
        "periodUnit:code@unit-of-time"
    ),
    "Dosage": _elements(
        "text:string patientInstruction:string timing:Timing asNeededBoolean:boolean "
        "site:CodeableConcept route:CodeableConcept method:CodeableConcept "
        "doseAndRate:Dosage.doseAndRate*"
    ),
    "Dosage.doseAndRate": _elements(
        "type:CodeableConcept doseQuantity:Quantity rateQuantity:Quantity"
    ),
    "Encounter.participant": _elements("type:CodeableConcept* period:Period individual:Reference"),
    "Encounter.hospitalization": _elements(
        "admitSource:CodeableConcept dischargeDisposition:CodeableConcept"
    ),
    "Encounter.location": _elements(
        "location:Reference status:code@location-status physicalType:CodeableConcept period:Period"
    ),
    "Encounter.diagnosis": _elements("condition:Reference use:CodeableConcept rank:positiveInt"),
    "Observation.referenceRange": _elements("low:Quantity high:Quantity text:string"),
    "Observation.component": _elements(
        "code:CodeableConcept valueQuantity:Quantity valueCodeableConcept:CodeableConcept "
        "valueString:string valueBoolean:boolean valueInteger:integer "
        "interpretation:CodeableConcept* referenceRange:Observation.referenceRange* "
        "value[x]:result"
    ),
    "MedicationRequest.dispenseRequest": _elements(
        "validityPeriod:Period quantity:Quantity expectedSupplyDuration:Quantity"
    ),
    "AllergyIntolerance.reaction": _elements(
        "substance:CodeableConcept manifestation:CodeableConcept* description:string "
        "onset:dateTime severity:code@reaction-severity"
    ),
    "Procedure.performer": _elements("function:CodeableConcept actor:Reference"),
    "DocumentReference.content": _elements("attachment:Attachment format:Coding"),
    "DocumentReference.context": _elements("encounter:Reference* period:Period"),
    "Patient.contact": _elements(
        "relationship:CodeableConcept* name:HumanName telecom:ContactPoint*"
    ),
    "ImagingStudy.series": _elements("uid:id modality:Coding description:string bodySite:Coding"),
    "Practitioner.qualification": _elements("code:CodeableConcept"),
}

_COMMON = "identifier:Identifier* "
_RESOURCES: Mapping[str, _Definition] = {
    "Patient": _elements(
        _COMMON + "active:boolean name:HumanName* telecom:ContactPoint* "
        "gender:code@gender birthDate:date deceasedBoolean:boolean deceasedDateTime:dateTime "
        "address:Address* maritalStatus:CodeableConcept contact:Patient.contact*"
    ),
    "Practitioner": _elements(
        _COMMON + "active:boolean name:HumanName* gender:code@gender "
        "qualification:Practitioner.qualification*"
    ),
    "Organization": _elements(_COMMON + "active:boolean type:CodeableConcept* name:string"),
    "Encounter": _elements(
        _COMMON + "status:code@encounter-status! class:Coding! type:CodeableConcept* "
        "serviceType:CodeableConcept priority:CodeableConcept subject:Reference! "
        "participant:Encounter.participant* period:Period reasonCode:CodeableConcept* "
        "diagnosis:Encounter.diagnosis* hospitalization:Encounter.hospitalization "
        "location:Encounter.location* serviceProvider:Reference partOf:Reference"
    ),
    "Condition": _elements(
        _COMMON + "clinicalStatus:CodeableConcept@condition-clinical "
        "verificationStatus:CodeableConcept@condition-verification category:CodeableConcept* "
        "severity:CodeableConcept code:CodeableConcept! bodySite:CodeableConcept* "
        "subject:Reference! encounter:Reference onsetDateTime:dateTime onsetString:string "
        "abatementDateTime:dateTime recordedDate:dateTime recorder:Reference asserter:Reference "
        "note:Annotation*"
    ),
    "Observation": _elements(
        _COMMON + "status:code@observation-status! category:CodeableConcept* "
        "code:CodeableConcept! subject:Reference! encounter:Reference "
        "effectiveDateTime:dateTime effectivePeriod:Period issued:instant performer:Reference* "
        "valueQuantity:Quantity valueCodeableConcept:CodeableConcept valueString:string "
        "valueBoolean:boolean valueInteger:integer valueDateTime:dateTime value[x]:result "
        "dataAbsentReason:CodeableConcept interpretation:CodeableConcept* note:Annotation* "
        "bodySite:CodeableConcept method:CodeableConcept "
        "referenceRange:Observation.referenceRange* component:Observation.component*"
    ),
    "MedicationRequest": _elements(
        _COMMON + "status:code@request-status! intent:code@medication-intent! "
        "category:CodeableConcept* priority:code@priority "
        "medicationCodeableConcept:CodeableConcept! subject:Reference! encounter:Reference "
        "authoredOn:dateTime requester:Reference reasonCode:CodeableConcept* note:Annotation* "
        "dosageInstruction:Dosage* dispenseRequest:MedicationRequest.dispenseRequest"
    ),
    "MedicationStatement": _elements(
        _COMMON + "status:code@statement-status! category:CodeableConcept "
        "medicationCodeableConcept:CodeableConcept! subject:Reference! context:Reference "
        "effectiveDateTime:dateTime effectivePeriod:Period dateAsserted:dateTime "
        "reasonCode:CodeableConcept* note:Annotation* dosage:Dosage*"
    ),
    "AllergyIntolerance": _elements(
        _COMMON + "clinicalStatus:CodeableConcept@allergy-clinical "
        "verificationStatus:CodeableConcept@allergy-verification type:code@allergy-type "
        "category:code@allergy-category* criticality:code@criticality code:CodeableConcept! "
        "patient:Reference! encounter:Reference onsetDateTime:dateTime onsetString:string "
        "recordedDate:dateTime recorder:Reference asserter:Reference lastOccurrence:dateTime "
        "note:Annotation* reaction:AllergyIntolerance.reaction*"
    ),
    "Procedure": _elements(
        _COMMON + "status:code@event-status! category:CodeableConcept code:CodeableConcept! "
        "subject:Reference! encounter:Reference performedDateTime:dateTime "
        "performedPeriod:Period recorder:Reference performer:Procedure.performer* "
        "reasonCode:CodeableConcept* bodySite:CodeableConcept* outcome:CodeableConcept "
        "complication:CodeableConcept* note:Annotation*"
    ),
    "DiagnosticReport": _elements(
        _COMMON + "status:code@report-status! category:CodeableConcept* code:CodeableConcept! "
        "subject:Reference! encounter:Reference effectiveDateTime:dateTime "
        "effectivePeriod:Period issued:instant performer:Reference* "
        "resultsInterpreter:Reference* result:Reference* conclusion:string "
        "conclusionCode:CodeableConcept* presentedForm:Attachment*"
    ),
    "DocumentReference": _elements(
        _COMMON + "status:code@document-status! docStatus:code@composition-status "
        "type:CodeableConcept category:CodeableConcept* subject:Reference! date:instant "
        "author:Reference* authenticator:Reference description:string "
        "content:DocumentReference.content*! context:DocumentReference.context"
    ),
    "ServiceRequest": _elements(
        _COMMON + "status:code@request-status-general! intent:code@service-intent! "
        "category:CodeableConcept* priority:code@priority code:CodeableConcept! "
        "subject:Reference! encounter:Reference occurrenceDateTime:dateTime "
        "occurrencePeriod:Period authoredOn:dateTime requester:Reference "
        "reasonCode:CodeableConcept* bodySite:CodeableConcept* note:Annotation*"
    ),
    "ImagingStudy": _elements(
        _COMMON + "status:code@imaging-status! modality:Coding* subject:Reference! "
        "encounter:Reference started:dateTime procedureCode:CodeableConcept* "
        "reasonCode:CodeableConcept* note:Annotation* description:string "
        "series:ImagingStudy.series*"
    ),
}

_CLINICAL = "active recurrence relapse inactive remission resolved"
_VERIFICATION = "unconfirmed provisional differential confirmed refuted entered-in-error"
_EVENT = "preparation in-progress not-done on-hold stopped completed entered-in-error unknown"
_INTENTS = "proposal plan order original-order reflex-order filler-order instance-order option"

#: Codes of required bindings.
BINDINGS: Mapping[str, frozenset[str]] = {
    name: frozenset(codes.split())
    for name, codes in {
        "gender": "male female other unknown",
        "identifier-use": "usual official temp secondary old",
        "name-use": "usual official temp nickname anonymous old maiden",
        "address-use": "home work temp old billing",
        "contact-system": "phone fax email pager url sms other",
        "contact-use": "home work temp old mobile",
        "comparator": "< <= >= >",
        "unit-of-time": "s min h d wk mo a",
        "location-status": "planned active reserved completed",
        "reaction-severity": "mild moderate severe",
        "priority": "routine urgent asap stat",
        "encounter-status": "planned arrived triaged in-progress onleave finished cancelled "
        "entered-in-error unknown",
        "observation-status": "registered preliminary final amended corrected cancelled "
        "entered-in-error unknown",
        "report-status": "registered partial preliminary final amended corrected appended "
        "cancelled entered-in-error unknown",
        "request-status": "active on-hold cancelled completed entered-in-error stopped draft "
        "unknown",
        "request-status-general": "draft active on-hold revoked completed entered-in-error unknown",
        "medication-intent": _INTENTS,
        "service-intent": f"directive {_INTENTS}",
        "statement-status": "active completed entered-in-error intended stopped on-hold unknown "
        "not-taken",
        "event-status": _EVENT,
        "imaging-status": "registered available cancelled entered-in-error unknown",
        "document-status": "current superseded entered-in-error",
        "composition-status": "preliminary final amended entered-in-error",
        "criticality": "low high unable-to-assess",
        "allergy-type": "allergy intolerance",
        "allergy-category": "food medication environment biologic",
        "condition-clinical": _CLINICAL,
        "allergy-clinical": "active inactive resolved",
        "condition-verification": _VERIFICATION,
        "allergy-verification": "unconfirmed confirmed refuted entered-in-error",
    }.items()
}

#: Code systems of the concepts with a required binding.
BOUND_SYSTEMS: Mapping[str, str] = {
    "condition-clinical": "http://terminology.hl7.org/CodeSystem/condition-clinical",
    "condition-verification": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
    "allergy-clinical": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical",
    "allergy-verification": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
}

#: What of an object must be there for it to say anything; without it the object is left out.
ESSENTIAL: Mapping[str, tuple[str, ...]] = {
    "Coding": ("code", "display"),
    "CodeableConcept": ("coding", "text"),
    "Identifier": ("value",),
    "Quantity": ("value",),
    "ContactPoint": ("value",),
    "HumanName": ("text", "family", "given"),
    "Reference": ("reference", "identifier", "display"),
    "Attachment": ("data", "url"),
    "Annotation": ("text",),
}

RESOURCE_TYPES = tuple(_RESOURCES)
SUBJECTS = ("subject", "patient")
"""The elements that say whose record a resource belongs to."""


@dataclass(frozen=True, slots=True)
class ElementType:
    """What an element is.

    Attributes:
        name: data type, or the part of a resource, for example ``Encounter.location``.
        many: whether it repeats.
        needed: whether a resource without it is refused.
        binding: name of its required binding in ``BINDINGS``.
    """

    name: str
    many: bool
    needed: bool
    binding: str | None

    @property
    def is_primitive(self) -> bool:
        """Whether it holds one value and no further elements."""
        return self.name not in _TYPES


def elements_of(type_name: str) -> Mapping[str, ElementType]:
    """The elements of a resource type or data type, empty for a primitive one."""
    definition = _RESOURCES.get(type_name) or _TYPES.get(type_name) or {}
    return {name: _element(text) for name, text in definition.items()}


def needed_of(resource_type: str) -> tuple[str, ...]:
    """The elements that a resource of this type must have when it comes from a row."""
    return tuple(name for name, type_ in elements_of(resource_type).items() if type_.needed)


def nearest(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str | None:
    """The name that was probably meant, ``None`` when none is near."""
    written = {one.casefold(): one for one in known}
    found = get_close_matches(name.casefold(), list(written), 1, 0.6)
    return written[found[0]] if found else None


def _element(text: str) -> ElementType:
    needed, text = text.endswith("!"), text.removesuffix("!")
    many, text = text.endswith("*"), text.removesuffix("*")
    name, _, binding = text.partition("@")
    return ElementType(name, many, needed, binding or None)
