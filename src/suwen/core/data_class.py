"""How sensitive data are (1 to 5), and the one check at every door that they leave through.

Source of the five levels: GB/T 39725-2020 (wording from memory): 1 public, 2 no individual is
told, 3 partly de-identified, 4 a named person's health data, 5 special diseases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from suwen.core.errors import PrivacyError
from suwen.core.language import Bilingual

PUBLIC: Final = 1
DEIDENTIFIED: Final = 3
"""Of a person who is not named any more. Source: GB/T 39725-2020, level 3 (from memory)."""

IDENTIFIABLE: Final = 4
"""A named person's health data. Source: GB/T 39725-2020, level 4 (wording from memory)."""

SPECIAL: Final = 5
"""Diseases whose disclosure does severe harm. Source: GB/T 39725-2020, level 5 (from memory)."""

_CONFIDENTIALITY: Final = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
_SENSITIVITY: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# Source: HL7 v3 ActCode, value set InformationSensitivityPolicy.
_SENSITIVE_CODES: Final = frozenset(
    {"HIV", "STD", "PSY", "PSYTHPN", "ETH", "SUD", "SDV", "SEX", "GDIS", "BH", "DV", "OPIOIDUD"}
)
# Source: ICD-10, A50-A64 sexually transmitted infections, B20-B24 HIV disease, Z21 HIV infection.
_SPECIAL_ICD10: Final = (
    *(f"A{number}" for number in range(50, 65)),
    *(f"B{number}" for number in range(20, 25)),
    "Z21",
)
_ICD10_SYSTEMS: Final = ("http://hl7.org/fhir/sid/icd-10", "http://hl7.org/fhir/sid/icd-10-cm")
_DEEPEST: Final = 8


class Door(StrEnum):
    """Where the installation writes about its own work, for whoever runs it, and where it keeps
    something besides the record so that it is quicker."""

    LOG = "log"
    CRASH_REPORT = "crash_report"
    TRACE = "trace"
    CACHE = "cache"
    VECTOR = "vector"


CEILINGS: Final[Mapping[Door, int]] = {
    Door.LOG: 2,
    Door.CRASH_REPORT: 2,
    Door.TRACE: 2,
    # In this process's memory alone, and gone with it.
    Door.CACHE: 4,
    # Kept unsealed, and what a text said can be guessed from its vector.
    Door.VECTOR: 3,
}
"""Highest class that passes a door that is the same for everybody; engines, programs and
connections have ceilings of their own."""


def may_pass(data_class: int, ceiling: int) -> bool:
    """Whether data of a class pass a door that is cleared up to a ceiling: the one check."""
    return data_class <= ceiling


def check_connection_ceiling(data_class: int, ceiling: int, where: str) -> None:
    """Lets data of this class leave to another system, or does not.

    Args:
        where: the connection's name.

    Raises:
        PrivacyError: ``above_connection_ceiling`` when the connection is cleared for less.
    """
    if not may_pass(data_class, ceiling):
        raise PrivacyError(
            "above_connection_ceiling",
            Bilingual(
                zh=f"数据级别为 {data_class} 级，接口“{where}”只允许 {ceiling} 级，内容未发送。"
                "如对方确可接收，请在该接口的设置中提高 ceiling 后重新发送。",
                en=f"The data are class {data_class}; connection '{where}' is cleared for class "
                f"{ceiling}. Nothing was sent. Where the other side may have them, raise the "
                "connection's setting ceiling and send again.",
            ),
            detail={"data_class": data_class, "ceiling": ceiling},
        )


def passes(content: object, door: Door) -> bool:
    """Whether content passes a door that has one ceiling for everybody."""
    return class_passes(class_of_content(content), door)


def class_passes(data_class: int, door: Door) -> bool:
    """Whether what is known to be of a class passes a door that has one ceiling for everybody."""
    return may_pass(data_class, CEILINGS[door])


def withheld(data_class: int) -> str:
    """What stands in place of content that did not pass."""
    return f"[class {data_class} data withheld]"


def class_of_item(item: Mapping[str, Any]) -> int:
    """The data class of one resource: 4 for any item of a person's record, 5 when it is marked
    as very restricted or sensitive, or codes a disease of the highest class."""
    for label in _security_labels(item):
        system, code = label.get("system"), label.get("code")
        if system == _CONFIDENTIALITY and code in ("R", "V"):
            return SPECIAL
        if system == _SENSITIVITY and code in _SENSITIVE_CODES:
            return SPECIAL
    return SPECIAL if _codes_special_disease(item) else IDENTIFIABLE


def class_of_content(content: object, depth: int = 0) -> int:
    """The highest data class of the resources in anything: in a mapping, a sequence, an exception.

    Returns:
        1 where there is no resource; what is nested deeper than eight levels counts as 4.
    """
    if depth > _DEEPEST:
        return IDENTIFIABLE
    if isinstance(content, Mapping):
        if "resourceType" in content:
            return class_of_item(content)
        inner: Sequence[object] = list(content.values())
    elif isinstance(content, list | tuple | set | frozenset):
        inner = list(content)
    elif isinstance(content, BaseException):
        inner = [content.args, content.__cause__, content.__context__]
    else:
        return PUBLIC
    return max((class_of_content(one, depth + 1) for one in inner), default=PUBLIC)


def _security_labels(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    meta = item.get("meta")
    labels = meta.get("security", []) if isinstance(meta, Mapping) else []
    return [label for label in labels if isinstance(label, Mapping)]


def _codes_special_disease(item: Mapping[str, Any]) -> bool:
    concept = item.get("code")
    codings = concept.get("coding", []) if isinstance(concept, Mapping) else []
    return any(
        coding.get("system") in _ICD10_SYSTEMS
        and str(coding.get("code", "")).startswith(_SPECIAL_ICD10)
        for coding in codings
        if isinstance(coding, Mapping)
    )
