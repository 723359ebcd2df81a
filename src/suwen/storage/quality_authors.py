"""Which account wrote a document: by the staff identifier of its record, else by an only name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.tables import person


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a document names as its author.

    Attributes:
        name: as written; ``None`` where only a number is there.
        ids: id of the Practitioner resource, else staff numbers; empty where only a name is there.
    """

    name: str | None
    ids: tuple[str, ...] = ()


def author_of(document: Mapping[str, Any]) -> Author | None:
    """The author of a document of a judged stay; ``None`` where nobody is named."""
    name, ids = document.get("author"), tuple(document.get("author_ids") or ())
    return Author(name, ids) if name or ids else None


async def accounts_of(
    connection: AsyncConnection, authors: Collection[Author]
) -> dict[Author, str]:
    """The account in use of each author who is surely known; the others are left out."""
    ids = {one for author in authors for one in author.ids}
    names = {author.name for author in authors if author.name}
    query = select(person.c.id, person.c.name, person.c.practitioner).where(
        ~person.c.disabled, or_(person.c.practitioner.in_(ids), person.c.name.in_(names))
    )
    people = [(r.id, r.name, r.practitioner) for r in await connection.execute(query)]
    found = {author: account_of(author, people) for author in authors}
    return {author: account for author, account in found.items() if account is not None}


def account_of(author: Author, people: Collection[tuple[str, str, str | None]]) -> str | None:
    """The account of an author among people in use (account, name, practitioner); ``None`` where
    nobody or several may be meant."""
    numbered = {account for account, _, number in people if number in author.ids}
    if numbered:
        return numbered.pop() if len(numbered) == 1 else None
    named = {
        account
        for account, name, number in people
        # Whose number is another one is a namesake.
        if name == author.name and not (author.ids and number is not None)
    }
    return named.pop() if len(named) == 1 else None
