"""The last check before anything leaves as FHIR: valid R4, required codes, references whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from suwen.core.errors import IntegrationError
from suwen.core.language import Bilingual

#: Required bindings of R4 for the codes that we write: (resource type, path, codes).
_BINDINGS: tuple[tuple[str, tuple[str, ...], frozenset[str]], ...] = (
    ("Bundle", ("type",), frozenset({"document"})),
    (
        "Composition",
        ("status",),
        frozenset({"preliminary", "final", "amended", "entered-in-error"}),
    ),
    (
        "Composition",
        ("attester", "mode"),
        frozenset({"personal", "professional", "legal", "official"}),
    ),
    (
        "Composition",
        ("relatesTo", "code"),
        frozenset({"replaces", "transforms", "signs", "appends"}),
    ),
    (
        "Provenance",
        ("entity", "role"),
        frozenset({"derivation", "revision", "quotation", "source", "removal"}),
    ),
    ("DocumentReference", ("status",), frozenset({"current", "superseded", "entered-in-error"})),
    (
        "DocumentReference",
        ("docStatus",),
        frozenset({"preliminary", "final", "amended", "entered-in-error"}),
    ),
    (
        "DetectedIssue",
        ("status",),
        frozenset(
            {
                "registered",
                "preliminary",
                "final",
                "amended",
                "corrected",
                "cancelled",
                "entered-in-error",
                "unknown",
            }
        ),
    ),
    ("DetectedIssue", ("severity",), frozenset({"high", "moderate", "low"})),
    (
        "GuidanceResponse",
        ("status",),
        frozenset(
            {
                "success",
                "data-requested",
                "data-required",
                "in-progress",
                "failure",
                "entered-in-error",
            }
        ),
    ),
    ("AuditEvent", ("outcome",), frozenset({"0", "4", "8", "12"})),
    ("AuditEvent", ("action",), frozenset("CRUDE")),
    ("Patient", ("gender",), frozenset({"male", "female", "other", "unknown"})),
    ("Composition", ("text", "status"), frozenset({"generated", "extensions", "additional"})),
    ("Composition", ("section", "text", "status"), frozenset({"generated", "additional"})),
    (
        "Device",
        ("deviceName", "type"),
        frozenset(
            {
                "udi-label-name",
                "user-friendly-name",
                "patient-reported-name",
                "manufacturer-name",
                "model-name",
                "other",
            }
        ),
    ),
)


def check_leaving(bundle: Mapping[str, Any]) -> None:
    """Refuses a document Bundle that is not valid R4.

    Structure and data types by fhir.resources (R4B, identical to R4 for these resources); the
    required code bindings, which it does not check, by our own table; every ``urn:uuid``
    reference must be in the Bundle.

    Raises:
        IntegrationError: ``fhir_invalid`` with the path; never a value of the record.
    """
    # Imported on first use: it takes 0.7 s that no start-up should pay.
    from fhir.resources.R4B.bundle import Bundle

    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _invalid(".".join(str(part) for part in first["loc"])) from None
    for path in _wrong_codes(bundle):
        raise _invalid(path)
    held = {entry["fullUrl"] for entry in bundle["entry"]}
    for reference in _references(bundle):
        if reference.startswith("urn:uuid:") and reference not in held:
            raise _invalid("Reference.reference")


def check_resource_leaving(resource: Mapping[str, Any]) -> None:
    """Refuses a single resource that is not valid R4, as ``check_leaving`` does a Bundle.

    Raises:
        IntegrationError: ``fhir_invalid`` with the path; never a value of the record.
    """
    from fhir.resources.R4B import get_fhir_model_class

    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        raise _invalid(".".join(str(part) for part in first["loc"])) from None
    for path in _wrong_codes_of([resource, *(resource.get("contained") or ())]):
        raise _invalid(path)


def _wrong_codes(bundle: Mapping[str, Any]) -> Iterator[str]:
    return _wrong_codes_of([bundle, *(entry["resource"] for entry in bundle["entry"])])


def _wrong_codes_of(resources: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for resource in resources:
        for kind, path, codes in _BINDINGS:
            if resource["resourceType"] == kind:
                for value in _values(resource, path):
                    if value not in codes:
                        yield f"{kind}.{'.'.join(path)}"


def _values(element: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield element
        return
    for item in element if isinstance(element, list) else [element]:
        if path[0] in item:
            yield from _values(item[path[0]], path[1:])


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        reference = value.get("reference")
        if isinstance(reference, str):
            yield reference
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _invalid(path: str) -> IntegrationError:
    return IntegrationError(
        "fhir_invalid",
        Bilingual(
            zh=f"文书无法写成有效的 FHIR R4（{path}），未导出。",
            en=f"The document cannot be stated as valid FHIR R4 ({path}); nothing left.",
        ),
        detail={"path": path},
    )
