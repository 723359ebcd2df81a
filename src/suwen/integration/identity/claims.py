"""What the hospital's own sign-in says of a person, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ExternalPerson:
    """A person whom the hospital's provider or directory has just proved.

    Attributes:
        issuer: who says so; with ``subject`` it names the person for ever.
        subject: the person there; never a name or an address, which may change hands.
        account: account name there, ``None`` when it is not told.
        name: name to show, ``None`` when it is not told.
        groups: values that roles are mapped from (claims, or names of groups), as received.
        departments: values that departments are mapped from, as received.
        practitioner: id of the Practitioner resource, ``None`` when it is not told.
    """

    issuer: str
    subject: str
    account: str | None
    name: str | None
    groups: frozenset[str]
    departments: frozenset[str]
    practitioner: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimNames:
    """Under which claims a provider tells what we ask; a dot leads into an object."""

    account: str = "preferred_username"
    name: str = "name"
    roles: str = "roles"
    departments: str = "departments"
    practitioner: str | None = None


@dataclass(frozen=True, slots=True)
class IdToken:
    """What a checked id_token says.

    Attributes:
        session_id: the provider's name of its session, for a logout that it starts.
        raw: the token itself, to be handed back when the person signs out.
    """

    subject: str
    session_id: str | None
    claims: Mapping[str, Any] = field(repr=False)
    raw: str = field(repr=False)


def text_of(claims: Mapping[str, Any], name: str | None) -> str | None:
    """A claim's text without surrounding blanks; ``None`` when absent, empty or no text."""
    value = _value(claims, name)
    if isinstance(value, str) and value.strip():
        return value.strip()
    return None


def texts_of(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """A claim's texts, of a list or of one; anything else in it is left out."""
    value = _value(claims, name)
    listed = value if isinstance(value, list) else [value]
    return frozenset(one.strip() for one in listed if isinstance(one, str) and one.strip())


def person_of(
    issuer: str, token: IdToken, told: Mapping[str, Any], names: ClaimNames
) -> ExternalPerson:
    """The person of a checked id_token.

    Args:
        told: what the userinfo endpoint said besides; the signed token takes precedence.
    """
    claims = {**told, **token.claims}
    return ExternalPerson(
        issuer=issuer,
        subject=token.subject,
        account=text_of(claims, names.account),
        name=text_of(claims, names.name),
        groups=texts_of(claims, names.roles),
        departments=texts_of(claims, names.departments),
        practitioner=text_of(claims, names.practitioner),
    )


def _value(claims: Mapping[str, Any], name: str | None) -> Any:
    """A claim by its whole name, else by its path."""
    if name is None:
        return None
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found
