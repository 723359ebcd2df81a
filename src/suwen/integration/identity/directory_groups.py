"""Groups of a person in a directory, with the groups that these are in, however deep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from suwen.integration.identity.directory_connection import (
    DirectoryConnection,
    DirectoryError,
    LDAPException,
    escape_filter_chars,
    parse_dn,
)

IN_CHAIN: Final = "1.2.840.113556.1.4.1941"
"""LDAP_MATCHING_RULE_IN_CHAIN: Active Directory itself follows the groups of groups.
Source: Microsoft, [MS-ADTS] 3.1.1.3.4.4."""

MOST_GROUPS: Final = 1000
DEEPEST: Final = 16
_AT_ONCE: Final = 40


class GroupSearch(StrEnum):
    """How the groups of groups are found: by asking level after level (any directory), or by the
    server's own rule (Active Directory)."""

    LEVELS = "levels"
    IN_CHAIN = "in_chain"


def groups_of(
    connection: DirectoryConnection, base: str, how: GroupSearch, dn: str, uid: str | None
) -> frozenset[str]:
    """Names (normalised) of all groups under ``base`` that the person is in, directly or not.

    Args:
        uid: account name, for groups that list names instead of entries (posixGroup).

    Raises:
        DirectoryError: also when there are more groups, or deeper ones, than can be right.
    """
    if how is GroupSearch.IN_CHAIN:
        found = connection.search(base, in_chain_filter(dn), ["1.1"], most=MOST_GROUPS)
        return _bounded({entry.dn for entry in found})
    known: set[str] = set()
    wanted = _direct_filter([dn], uid)
    for _ in range(DEEPEST):
        fresh: list[str] = []
        for query in wanted:
            for entry in connection.search(base, query, ["1.1"], most=MOST_GROUPS):
                name = normalised(entry.dn)
                if name not in known:
                    known.add(name)
                    fresh.append(entry.dn)
        _bounded(known)
        if not fresh:
            return frozenset(known)
        wanted = _direct_filter(fresh, None)
    raise DirectoryError("groups nested too deep")


def in_chain_filter(dn: str) -> str:
    """The filter by which Active Directory finds the groups of a person and their groups."""
    return f"(member:{IN_CHAIN}:={escape_filter_chars(dn)})"


def normalised(dn: str) -> str:
    """A name in the form in which two spellings of it are equal: case and blanks left out.

    A text that is no name is returned in lower case; it equals no name.
    """
    try:
        parts = parse_dn(dn, strip=True)
    except (LDAPException, ValueError, IndexError):
        return dn.strip().lower()
    return ",".join(
        f"{key.strip().lower()}={' '.join(value.lower().split())}" for key, value, _ in parts
    )


def _direct_filter(names: Sequence[str], uid: str | None) -> list[str]:
    """Filters for the groups that list any of these members, a bounded number in each."""
    queries = []
    for start in range(0, len(names), _AT_ONCE):
        parts = []
        for name in names[start : start + _AT_ONCE]:
            escaped = escape_filter_chars(name)
            parts += [f"(member={escaped})", f"(uniqueMember={escaped})"]
        if uid is not None:
            parts.append(f"(memberUid={escape_filter_chars(uid)})")
        queries.append(f"(|{''.join(parts)})")
    return queries


def _bounded(names: Iterable[str]) -> frozenset[str]:
    found = frozenset(normalised(name) for name in names)
    if len(found) > MOST_GROUPS:
        raise DirectoryError("too many groups")
    return found
