"""How those who act are called on a screen."""

from __future__ import annotations

from suwen.bootstrap.platform import Platform
from suwen.core.errors import NotFoundError
from suwen.core.identity import PrincipalId
from suwen.web.texts import Texts


async def name_of(
    platform: Platform, account: str, texts: Texts, *, with_roles: bool = False
) -> str:
    """A person by the name, a part of the platform by its text, and whoever is neither, such as a
    program of the hospital, by the account.

    Args:
        with_roles: whether a person's roles stand behind the name.
    """
    if texts.has(f"actor.{account}"):
        return texts(f"actor.{account}")
    try:
        person = await platform.people.read(PrincipalId(account))
    except NotFoundError:
        return account
    roles = sorted(role.value for role in person.roles) if with_roles else []
    told = texts("list.comma").join(texts(f"role.{role}") for role in roles)
    return texts("person.with_roles", name=person.name, roles=told) if told else person.name
