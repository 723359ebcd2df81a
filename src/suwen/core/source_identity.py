"""Ids of resources that come from systems without FHIR: the same source key, the same id."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def derived_id(namespace: str, resource_type: str, key: Sequence[str]) -> str:
    """Id of the resource that a source system knows by a business key.

    Args:
        namespace: what numbers the key: a connection's name, or the name that several connections
            to one hospital's systems share because they use the same numbers.
        resource_type: R4 resource type.
        key: parts of the business key, each with its own meaning; order matters.

    Returns:
        32 lower-case hexadecimal digits, the same every time.
    """
    # Lengths keep ("ab", "c") apart from ("a", "bc"), whatever characters a key holds.
    parts = "".join(f"{len(part)}:{part}" for part in (namespace, resource_type, *key))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]
