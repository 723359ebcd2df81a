"""What the body of a stored resource is bound to when it is sealed."""

from __future__ import annotations


def resource_place(resource_type: str, resource_id: str, version: int) -> str:
    """The place of a resource's version, the same in the store and in its history."""
    return f"resource/{resource_type}/{resource_id}/{version}"
