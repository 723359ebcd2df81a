"""What reading a resource as a record item needs of the others, and what all items have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from suwen.core.record import Resource, When
from suwen.integration.fhir import elements as e


@dataclass(frozen=True, slots=True)
class ItemContext:
    """The other resources of the unit, by ``Type/id``, to follow references into."""

    by_reference: Mapping[str, Resource] = field(repr=False)

    def follow(self, element: Mapping[str, Any] | None) -> Resource | None:
        """The resource that a Reference names, where the unit holds it."""
        reference = e.reference_text(element)
        return self.by_reference.get(reference) if reference else None

    def name(self, element: Mapping[str, Any] | None) -> str | None:
        """Name of the person or organization that a Reference names."""
        if element and element.get("display"):
            return str(element["display"])
        target = self.follow(element)
        if target is None:
            return None
        if isinstance(target.get("name"), str):
            return str(target["name"])
        return e.human_name(target.get("name"))


def based(resource: Resource, encounter: str | None, moment: When | None) -> dict[str, Any]:
    """What every item has, of an encounter that was found already."""
    return {
        "reference": f"{resource['resourceType']}/{resource['id']}",
        "status": resource.get("status"),
        "encounter": encounter,
        "when": moment,
        "resource": resource,
    }


def linked(resource: Resource, moment: When | None, element: str = "encounter") -> dict[str, Any]:
    """What every item has, of the encounter that an element names."""
    return based(resource, e.reference_text(resource.get(element)), moment)
