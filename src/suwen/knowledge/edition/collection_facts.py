"""The collection that an edition is of, as another site would have to make it."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from suwen.core.identity import Role
from suwen.core.knowledge import CollectionKind, Rights
from suwen.core.language import Bilingual


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """What a collection is besides its documents.

    Attributes:
        rights: bind every document of it, besides the document's own.
    """

    id: str
    title: Bilingual
    kind: CollectionKind = CollectionKind.DOCUMENTS
    rights: Rights = field(default_factory=Rights)


def write_facts(facts: CollectionFacts) -> bytes:
    """The facts as JSON."""
    return orjson.dumps(
        {
            "id": facts.id,
            "title": {"zh": facts.title.zh, "en": facts.title.en},
            "kind": facts.kind.value,
            "departments": sorted(facts.rights.departments),
            "roles": sorted(role.value for role in facts.rights.roles),
            "sensitivity": facts.rights.sensitivity,
        },
        option=orjson.OPT_SORT_KEYS,
    )


def read_facts(raw: bytes) -> CollectionFacts:
    """The facts that ``write_facts`` wrote.

    Raises:
        KeyError, ValueError, TypeError: when they are not.
    """
    row = orjson.loads(raw)
    return CollectionFacts(
        row["id"],
        Bilingual(zh=row["title"]["zh"], en=row["title"]["en"]),
        CollectionKind(row["kind"]),
        Rights(
            frozenset(row["departments"]),
            frozenset(Role(role) for role in row["roles"]),
            row["sensitivity"],
        ),
    )
