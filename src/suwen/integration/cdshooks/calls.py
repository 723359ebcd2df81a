"""One call of a CDS service as it was sent, checked element by element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.integration.cdshooks.catalogue import HookService
from suwen.integration.cdshooks.parsing import (
    as_object,
    fhir_id,
    http_url,
    missing,
    optional_text,
    refused,
    required_object,
    required_text,
    uuid_text,
    wrong,
)

MOST_PREFETCH_KEYS: Final = 50
MOST_SELECTIONS: Final = 200
STAFF: Final = frozenset({"Practitioner", "PractitionerRole"})
_USER: Final = re.compile(
    r"(Practitioner|PractitionerRole|Patient|RelatedPerson)/([A-Za-z0-9\-.]{1,64})"
)
_SELECTION: Final = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}")


@dataclass(frozen=True, slots=True)
class FhirAccess:
    """The access to the caller's FHIR server that was granted for this one call.

    Attributes:
        patient: the one patient that the access is restricted to, where it is.
    """

    token: str = field(repr=False)
    scope: str
    patient: str | None


@dataclass(frozen=True, slots=True)
class HookCall:
    """A call.

    Attributes:
        hook_instance: the caller's own number of this call.
        user: resource type and id of whoever works in the other system.
        selections: ``Type/id`` of the orders that were just selected; empty at other hooks.
        draft_orders: the Bundle of orders in the making, as sent; ``None`` at other hooks.
        fhir_server: base address that the call names; only a configured one is ever asked.
        prefetch: by key, as sent; a key with ``None`` says that there are no such data.
    """

    service: HookService
    hook_instance: str
    user: tuple[str, str]
    patient: str
    encounter: str | None
    selections: frozenset[str] = frozenset()
    draft_orders: Mapping[str, Any] | None = field(default=None, repr=False)
    fhir_server: str | None = None
    access: FhirAccess | None = None
    prefetch: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict, repr=False)


def read_call(body: object, service: HookService) -> HookCall:
    """The call of a service.

    Args:
        body: the parsed JSON of the request.

    Raises:
        InputError: ``cds_element_missing``, ``cds_element_wrong``, ``cds_hook_mismatch``,
            ``cds_patient_mismatch`` or ``text_not_storable``, with the element's path.
    """
    call = as_object(body, "body")
    hook = required_text(call, "hook", "")
    if hook != service.hook.value:
        raise refused(
            "cds_hook_mismatch",
            "hook",
            f"此地址的服务用于 {service.hook.value}。",
            f"The service at this address is for {service.hook.value}.",
        )
    instance = uuid_text(required_text(call, "hookInstance", ""), "hookInstance")
    context = required_object(call, "context", "")
    patient = fhir_id(required_text(context, "patientId", "context"), "context.patientId")
    server = optional_text(call, "fhirServer", "")
    access = _access(call, patient)
    if access is not None and server is None:
        raise missing("fhirServer")
    return HookCall(
        service=service,
        hook_instance=instance,
        user=_user(context),
        patient=patient,
        encounter=_encounter(context),
        selections=_selections(context, service),
        draft_orders=_draft_orders(context, service),
        fhir_server=None if server is None else http_url(server, "fhirServer"),
        access=access,
        prefetch=_prefetch(call, service),
    )


def _user(context: Mapping[str, Any]) -> tuple[str, str]:
    found = _USER.fullmatch(required_text(context, "userId", "context"))
    if found is None:
        raise wrong(
            "context.userId",
            "形如 Practitioner/abc 的引用",
            "a reference such as Practitioner/abc",
        )
    return found[1], found[2]


def _encounter(context: Mapping[str, Any]) -> str | None:
    """The encounter, where one is named; a hook that requires one is answered without it too, and
    the answer says so."""
    found = optional_text(context, "encounterId", "context")
    return None if found is None else fhir_id(found, "context.encounterId")


def _selections(context: Mapping[str, Any], service: HookService) -> frozenset[str]:
    if service.hook.value != "order-select":
        return frozenset()
    value = context.get("selections")
    if value is None:
        raise missing("context.selections")
    if not isinstance(value, list) or not 0 < len(value) <= MOST_SELECTIONS:
        raise wrong(
            "context.selections",
            f"1 至 {MOST_SELECTIONS} 项的数组",
            f"an array of 1 to {MOST_SELECTIONS} references",
        )
    for number, reference in enumerate(value):
        if not isinstance(reference, str) or not _SELECTION.fullmatch(reference):
            raise wrong(
                f"context.selections[{number}]",
                "形如 MedicationRequest/103 的引用",
                "a reference such as MedicationRequest/103",
            )
    return frozenset(value)


def _draft_orders(context: Mapping[str, Any], service: HookService) -> Mapping[str, Any] | None:
    if not service.brings_orders:
        return None
    bundle = required_object(context, "draftOrders", "context")
    if bundle.get("resourceType") != "Bundle":
        raise wrong("context.draftOrders.resourceType", " Bundle", "Bundle")
    return bundle


def _access(call: Mapping[str, Any], patient: str) -> FhirAccess | None:
    if call.get("fhirAuthorization") is None:
        return None
    path = "fhirAuthorization"
    given = as_object(call[path], path)
    token = required_text(given, "access_token", path, 16_384)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise wrong(f"{path}.access_token", "可打印的令牌", "a printable token")
    if required_text(given, "token_type", path) != "Bearer":
        raise wrong(f"{path}.token_type", " Bearer", "Bearer")
    lasts = given.get("expires_in")
    if lasts is None:
        raise missing(f"{path}.expires_in")
    if isinstance(lasts, bool) or not isinstance(lasts, int) or lasts < 0:
        raise wrong(f"{path}.expires_in", "非负整数", "a whole number, not negative")
    scope = required_text(given, "scope", path, 8192)
    required_text(given, "subject", path)
    only = optional_text(given, "patient", path)
    if only is not None and only != patient:
        raise refused(
            "cds_patient_mismatch",
            f"{path}.patient",
            "访问令牌限于另一位患者。",
            "The access is restricted to another patient.",
        )
    return FhirAccess(token=token, scope=scope, patient=only)


def _prefetch(
    call: Mapping[str, Any], service: HookService
) -> Mapping[str, Mapping[str, Any] | None]:
    """The data that we asked for; what we did not ask for is not looked at."""
    if call.get("prefetch") is None:
        return {}
    given = as_object(call["prefetch"], "prefetch")
    if len(given) > MOST_PREFETCH_KEYS:
        raise wrong("prefetch", f"不超过 {MOST_PREFETCH_KEYS} 个键的对象", "an object of few keys")
    found: dict[str, Mapping[str, Any] | None] = {}
    for key in service.wanted:
        if key in given:
            value = given[key]
            found[key] = None if value is None else as_object(value, f"prefetch.{key}")
    return found
