"""What a resource that we type must satisfy before it is read; others are kept as they are.

Source: HL7 FHIR R4 (4.0.1), cardinalities and required bindings of the elements that are used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from suwen.integration.fhir import codes as c
from suwen.integration.fhir import shapes as s
from suwen.integration.fhir.problems import refused
from suwen.integration.fhir.shapes import Check, code, many, shape


class Choice:
    """An element that R4 allows in one of several types.

    Attributes:
        variants: names of the element with its type, for example ``valueQuantity``.
    """

    __slots__ = ("required", "stem", "variants")

    def __init__(self, stem: str, types: str, *, required: bool = False) -> None:
        self.stem = stem
        self.variants = frozenset(stem + one for one in types.split())
        self.required = required


_MANY_CONCEPTS = s.concepts
_DOSAGE = shape(
    text=s.string,
    route=s.concept,
    timing=shape(code=s.concept, repeat=s.mapping),
    asNeededBoolean=s.boolean,
    doseAndRate=many(shape(doseQuantity=s.quantity, rateQuantity=s.quantity)),
)
_MEDICATION = shape(
    (),
    code=s.concept,
    ingredient=many(
        shape(
            itemCodeableConcept=s.concept,
            itemReference=s.reference,
            strength=shape(numerator=s.quantity, denominator=s.quantity),
        )
    ),
)
_CONTAINED = many(s.of_type("Medication", _MEDICATION))
_OBSERVED: dict[str, Check] = {
    "valueQuantity": s.quantity,
    "valueCodeableConcept": s.concept,
    "valueString": s.string,
    "valueBoolean": s.boolean,
    "valueInteger": s.whole,
    "interpretation": _MANY_CONCEPTS,
    "referenceRange": s.ranges,
}

_CHECKS: Mapping[str, Check] = {
    "Patient": shape(
        (),
        gender=c.GENDER,
        birthDate=s.day,
        deceasedBoolean=s.boolean,
        deceasedDateTime=s.date_time,
        identifier=many(s.identifier),
        name=many(shape(family=s.string, given=many(s.string), text=s.string, use=s.string)),
    ),
    "Encounter": shape(
        ("status", "class"),
        status=c.ENCOUNTER_STATUS,
        class_=s.coding,
        type=_MANY_CONCEPTS,
        serviceType=s.concept,
        subject=s.reference,
        period=s.period_in_order,
        reasonCode=_MANY_CONCEPTS,
        reasonReference=many(s.reference),
        participant=many(shape(type=_MANY_CONCEPTS, individual=s.reference)),
        hospitalization=shape(dischargeDisposition=s.concept, admitSource=s.concept),
        location=many(shape(("location",), location=s.reference, physicalType=s.concept)),
        serviceProvider=s.reference,
        partOf=s.reference,
    ),
    "Condition": shape(
        ("subject",),
        clinicalStatus=s.concept,
        verificationStatus=s.concept,
        code=s.concept,
        subject=s.reference,
        encounter=s.reference,
        onsetDateTime=s.date_time,
        abatementDateTime=s.date_time,
        recordedDate=s.date_time,
        bodySite=_MANY_CONCEPTS,
    ),
    "Observation": shape(
        ("status", "code"),
        status=c.OBSERVATION_STATUS,
        category=_MANY_CONCEPTS,
        code=s.concept,
        subject=s.reference,
        encounter=s.reference,
        effectiveDateTime=s.date_time,
        effectivePeriod=s.period,
        effectiveInstant=s.instant,
        issued=s.instant,
        component=many(shape(("code",), code=s.concept, **_OBSERVED)),
        **_OBSERVED,
    ),
    "DiagnosticReport": shape(
        ("status", "code"),
        status=c.REPORT_STATUS,
        category=_MANY_CONCEPTS,
        code=s.concept,
        subject=s.reference,
        encounter=s.reference,
        effectiveDateTime=s.date_time,
        effectivePeriod=s.period,
        issued=s.instant,
        result=many(s.reference),
        conclusion=s.string,
        conclusionCode=_MANY_CONCEPTS,
    ),
    "MedicationRequest": shape(
        ("status", "intent", "subject"),
        status=c.REQUEST_STATUS,
        intent=c.MEDICATION_INTENT,
        category=_MANY_CONCEPTS,
        contained=_CONTAINED,
        medicationCodeableConcept=s.concept,
        medicationReference=s.reference,
        subject=s.reference,
        encounter=s.reference,
        authoredOn=s.date_time,
        reasonCode=_MANY_CONCEPTS,
        dosageInstruction=many(_DOSAGE),
    ),
    "MedicationStatement": shape(
        ("status", "subject"),
        status=c.STATEMENT_STATUS,
        category=s.concept,
        contained=_CONTAINED,
        medicationCodeableConcept=s.concept,
        medicationReference=s.reference,
        subject=s.reference,
        context=s.reference,
        effectiveDateTime=s.date_time,
        effectivePeriod=s.period,
        dateAsserted=s.date_time,
        dosage=many(_DOSAGE),
    ),
    "AllergyIntolerance": shape(
        ("patient",),
        clinicalStatus=s.concept,
        verificationStatus=s.concept,
        criticality=c.CRITICALITY,
        code=s.concept,
        patient=s.reference,
        encounter=s.reference,
        onsetDateTime=s.date_time,
        recordedDate=s.date_time,
        reaction=many(shape(("manifestation",), manifestation=many(s.concept, 1))),
    ),
    "Procedure": shape(
        ("status", "subject"),
        status=c.EVENT_STATUS,
        code=s.concept,
        subject=s.reference,
        encounter=s.reference,
        performedDateTime=s.date_time,
        performedPeriod=s.period_in_order,
        bodySite=_MANY_CONCEPTS,
        outcome=s.concept,
    ),
    "ImagingStudy": shape(
        ("status", "subject"),
        status=c.IMAGING_STATUS,
        subject=s.reference,
        encounter=s.reference,
        started=s.date_time,
        description=s.string,
        modality=many(s.coding),
        procedureCode=_MANY_CONCEPTS,
        series=many(shape(("uid", "modality"), uid=s.string, modality=s.coding, bodySite=s.coding)),
    ),
    "Immunization": shape(
        ("status", "vaccineCode", "patient"),
        status=c.IMMUNIZATION_STATUS,
        vaccineCode=s.concept,
        patient=s.reference,
        encounter=s.reference,
        occurrenceDateTime=s.date_time,
        occurrenceString=s.string,
    ),
    "FamilyMemberHistory": shape(
        ("status", "patient", "relationship"),
        status=c.FAMILY_STATUS,
        patient=s.reference,
        date=s.date_time,
        relationship=s.concept,
        condition=many(shape(("code",), code=s.concept, outcome=s.concept)),
    ),
    "CarePlan": shape(
        ("status", "intent", "subject"),
        status=c.PLAN_STATUS,
        intent=c.PLAN_INTENT,
        category=_MANY_CONCEPTS,
        title=s.string,
        description=s.string,
        subject=s.reference,
        encounter=s.reference,
        period=s.period_in_order,
        activity=many(shape(detail=shape(code=s.concept, description=s.string))),
    ),
    "Appointment": shape(
        ("status", "participant"),
        status=c.APPOINTMENT_STATUS,
        serviceType=_MANY_CONCEPTS,
        reasonCode=_MANY_CONCEPTS,
        description=s.string,
        start=s.instant,
        end=s.instant,
        participant=many(shape(actor=s.reference), 1),
    ),
    "ServiceRequest": shape(
        ("status", "intent", "subject"),
        status=c.PLAN_STATUS,
        intent=c.SERVICE_INTENT,
        category=_MANY_CONCEPTS,
        code=s.concept,
        subject=s.reference,
        encounter=s.reference,
        authoredOn=s.date_time,
        occurrenceDateTime=s.date_time,
        occurrencePeriod=s.period,
    ),
    "DocumentReference": shape(
        ("status", "content"),
        status=c.DOCUMENT_STATUS,
        docStatus=c.COMPOSITION_STATUS,
        type=s.concept,
        subject=s.reference,
        date=s.instant,
        author=many(s.reference),
        authenticator=s.reference,
        content=many(shape(("attachment",), attachment=s.attachment), 1),
        context=shape(encounter=many(s.reference)),
    ),
    "Composition": shape(
        ("status", "type", "date", "author", "title"),
        status=c.COMPOSITION_STATUS,
        type=s.concept,
        subject=s.reference,
        encounter=s.reference,
        date=s.date_time,
        author=many(s.reference, 1),
        title=s.string,
        section=many(s.mapping),
    ),
    "Medication": _MEDICATION,
    "Practitioner": shape(
        (), name=many(shape(family=s.string, given=many(s.string), text=s.string))
    ),
    "Organization": shape((), name=s.string),
}

_CHOICES: Mapping[str, Choice] = {
    "Observation": Choice(
        "value",
        "Quantity CodeableConcept String Boolean Integer Range Ratio SampledData Time DateTime "
        "Period",
    ),
    "MedicationRequest": Choice("medication", "CodeableConcept Reference", required=True),
    "MedicationStatement": Choice("medication", "CodeableConcept Reference", required=True),
    "Immunization": Choice("occurrence", "DateTime String", required=True),
}
#: Shapes of other FHIR releases: (type, element, how it looks there).
_FOREIGN_SHAPES: tuple[tuple[str, str, type, str], ...] = (
    ("Encounter", "class", list, "R5"),
    ("Encounter", "class", str, "DSTU2"),
    ("Condition", "clinicalStatus", str, "STU3"),
    ("AllergyIntolerance", "clinicalStatus", str, "STU3"),
    ("MedicationRequest", "medication", dict, "R5"),
    ("MedicationStatement", "medication", dict, "R5"),
)

TYPED_RESOURCES = frozenset(_CHECKS)
_WITH_STATUS_CONCEPTS = frozenset({"Condition", "AllergyIntolerance"})
_STATUS_CONCEPTS = (("clinicalStatus", c.CLINICAL), ("verificationStatus", c.VERIFICATION))


def check_resource(resource: Mapping[str, Any], path: str) -> None:
    """Checks what R4 requires of the elements we use; a type that we do not use passes.

    Raises:
        InputError: ``element_missing``, ``element_type``, ``code_not_allowed``,
            ``choice_repeated``, ``period_reversed`` or ``not_r4``, with the element's path.
    """
    if passes(resource):
        return
    explain(resource, path)


def passes(resource: Mapping[str, Any]) -> bool:
    """Whether a resource is right, at a fraction of the cost of ``explain``; may doubt one that
    is, and never lets one pass that ``explain`` would refuse."""
    check = _QUICK.get(resource["resourceType"])
    if check is None:
        return True
    try:
        return check(resource)
    except TypeError:
        return False


def explain(resource: Mapping[str, Any], path: str) -> None:
    """As ``check_resource``, always by the exact form that names the path."""
    resource_type = resource["resourceType"]
    for foreign_type, element, form, release in _FOREIGN_SHAPES:
        if foreign_type == resource_type and isinstance(resource.get(element), form):
            raise refused(
                "not_r4",
                f"{path}.{element}",
                f"这是 FHIR {release} 的写法；请导出为 R4（4.0.1）。",
                f"This is how FHIR {release} writes it; export as R4 (4.0.1).",
            )
    check = _CHECKS.get(resource_type)
    if check is None:
        return
    check.explain(resource, path)
    _check_choice(resource, resource_type, path)
    if resource_type in _WITH_STATUS_CONCEPTS:
        _check_status_concepts(resource, path)


def _quick(resource_type: str, shaped: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """The shape of a type and what R4 asks of it besides."""
    choice = _CHOICES.get(resource_type)
    if choice is not None:
        stem, required, intersection = choice.stem, choice.required, choice.variants.intersection

        def one_of(resource: Any) -> bool:
            count = len(intersection(resource))
            wrong = count > 1 or stem in resource or (required and count == 0)
            return not wrong and shaped(resource)

        return one_of
    if resource_type in _WITH_STATUS_CONCEPTS:
        return lambda resource: shaped(resource) and _status_concepts_pass(resource)
    return shaped


def _status_concepts_pass(resource: Mapping[str, Any]) -> bool:
    for element, codes in _STATUS_CONCEPTS:
        concept = resource.get(element)
        if concept is not None:
            for coding in concept.get("coding", ()):
                if coding.get("code") not in codes:
                    return False
    return True


def _check_choice(resource: Mapping[str, Any], resource_type: str, path: str) -> None:
    choice = _CHOICES.get(resource_type)
    if choice is None:
        return
    count = len(choice.variants.intersection(resource))
    if count > 1:
        raise refused(
            "choice_repeated",
            f"{path}.{choice.stem}[x]",
            "只能有一种取值类型，现有多种。",
            "Only one kind of value may be given, there are several.",
        )
    if choice.required and not count:
        raise s.missing(f"{path}.{choice.stem}[x]")


def _check_status_concepts(resource: Mapping[str, Any], path: str) -> None:
    for element, codes in _STATUS_CONCEPTS:
        for index, coding in enumerate((resource.get(element) or {}).get("coding", [])):
            if str(coding.get("system", "")).startswith("http://terminology.hl7.org/"):
                place = f"{path}.{element}.coding[{index}].code"
                code(codes).explain(coding.get("code"), place)


_QUICK = {kind: _quick(kind, check.passes) for kind, check in _CHECKS.items()}
