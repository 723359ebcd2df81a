"""How sensitive a run is (1 to 5), and whether an endpoint is cleared for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from suwen.core.data_class import (
    IDENTIFIABLE,
    PUBLIC,
    SPECIAL,
    check_connection_ceiling,
    class_of_item,
    may_pass,
)
from suwen.core.errors import PrivacyError
from suwen.core.identity import Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest
from suwen.core.record import Resource

__all__ = [
    "IDENTIFIABLE",
    "SPECIAL",
    "check_ceiling",
    "check_client_ceiling",
    "check_connection_ceiling",
    "class_of_item",
    "class_of_text",
    "effective_class",
]

# What names one person and nobody else; telephone numbers and places may be the hospital's own.
_OF_ONE_PERSON: Final = frozenset(
    {"ID_NUMBER", "MEDICAL_RECORD_NUMBER", "INSURANCE_NUMBER", "BANK_CARD"}
)
_SURE: Final = 0.8


def effective_class(manifest: Manifest, items: Iterable[Resource]) -> int:
    """The data class of a run: the higher of the manifest's and of every item's.

    A synthetic record has the class that a real one with the same content would have.

    Returns:
        1 (public) to 5 (most sensitive).
    """
    return max([manifest.data_class, *(class_of_item(item) for item in items)])


def class_of_text(text: str) -> int:
    """The data class of a text of no record: 4 where it holds a number that is one person's, 1
    where it does not."""
    # Loaded here: a command that reads no text does not wait for the recognisers.
    from suwen.language.identifiers import find_identifiers

    named = any(
        span.type.value in _OF_ONE_PERSON and span.score >= _SURE for span in find_identifiers(text)
    )
    return IDENTIFIABLE if named else PUBLIC


def check_ceiling(data_class: int, endpoint: Endpoint) -> None:
    """Lets data of this class pass to the endpoint, or does not.

    Raises:
        PrivacyError: ``above_route_ceiling`` when the endpoint is cleared for less.
    """
    if not may_pass(data_class, endpoint.ceiling):
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
    if principal.client is not None and not may_pass(data_class, principal.client.ceiling):
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
