"""How sensitive a run is (1 to 5), and whether an endpoint is cleared for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suwen.core.errors import PrivacyError
from suwen.core.identity import Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.record import Resource

IDENTIFIABLE = 4
"""A named person's health data. Source: GB/T 39725-2020, level 4 (wording from memory)."""

SPECIAL = 5
"""Diseases whose disclosure does severe harm. Source: GB/T 39725-2020, level 5 (from memory)."""

_CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_SENSITIVITY = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# Source: HL7 v3 ActCode, value set InformationSensitivityPolicy.
_SENSITIVE_CODES = frozenset(
    {"HIV", "STD", "PSY", "PSYTHPN", "ETH", "SUD", "SDV", "SEX", "GDIS", "BH", "DV", "OPIOIDUD"}
)
# Source: ICD-10, A50-A64 sexually transmitted infections, B20-B24 HIV disease, Z21 HIV infection.
_SPECIAL_ICD10 = (
    *(f"A{number}" for number in range(50, 65)),
    *(f"B{number}" for number in range(20, 25)),
    "Z21",
)
_ICD10_SYSTEMS = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm")


def effective_class(manifest: Manifest, items: Iterable[Resource]) -> int:
    """The data class of a run: the higher of the manifest's and of every item's.

    A synthetic record has the class that a real one with the same content would have.

    Returns:
        1 (public) to 5 (most sensitive).
    """
    return max([manifest.data_class, *(class_of_item(item) for item in items)])


def class_of_item(item: Resource) -> int:
    """The data class of one resource: 4 for any item of a person's record, 5 when it is marked
    as very restricted or sensitive, or codes a disease of the highest class."""
    for label in _security_labels(item):
        system, code = label.get("system"), label.get("code")
        if system == _CONFIDENTIALITY and code in ("R", "V"):
            return SPECIAL
        if system == _SENSITIVITY and code in _SENSITIVE_CODES:
            return SPECIAL
    return SPECIAL if _codes_special_disease(item) else IDENTIFIABLE


def check_ceiling(data_class: int, endpoint: Endpoint) -> None:
    """Lets data of this class pass to the endpoint, or does not.

    Raises:
        PrivacyError: ``above_route_ceiling`` when the endpoint is cleared for less.
    """
    if data_class > endpoint.ceiling:
        raise PrivacyError(
            "above_route_ceiling",
            Bilingual(
                zh=f"数据级别为 {data_class} 级，端点“{endpoint.name}”只允许"
                f" {endpoint.ceiling} 级，内容未发送。",
                en=f"The data are class {data_class}; endpoint '{endpoint.name}' is cleared for "
                f"class {endpoint.ceiling}. Nothing was sent.",
            ),
            detail={"data_class": data_class, "ceiling": endpoint.ceiling},
        )


def check_client_ceiling(data_class: int, principal: Principal) -> None:
    """Lets data of this class pass to and from a caller; a person's own rights decide elsewhere.

    Raises:
        PrivacyError: ``above_client_ceiling`` when a program's key is cleared for less.
    """
    if principal.client is not None and data_class > principal.client.ceiling:
        ceiling = principal.client.ceiling
        raise PrivacyError(
            "above_client_ceiling",
            Bilingual(
                zh=f"数据级别为 {data_class} 级，此密钥只允许 {ceiling} 级，内容未处理。",
                en=f"The data are class {data_class}; this key is cleared for class {ceiling}. "
                "Nothing was processed.",
            ),
            detail={"data_class": data_class, "ceiling": ceiling},
        )


def _security_labels(item: Resource) -> list[Mapping[str, Any]]:
    meta = item.get("meta")
    labels = meta.get("security", []) if isinstance(meta, Mapping) else []
    return [label for label in labels if isinstance(label, Mapping)]


def _codes_special_disease(item: Resource) -> bool:
    concept = item.get("code")
    codings = concept.get("coding", []) if isinstance(concept, Mapping) else []
    return any(
        coding.get("system") in _ICD10_SYSTEMS
        and str(coding.get("code", "")).startswith(_SPECIAL_ICD10)
        for coding in codings
        if isinstance(coding, Mapping)
    )
