"""Programs of the hospital at the guard: by the key that they carry, or a person by their token."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from suwen.bootstrap.clients import Clients
from suwen.control.access.authentication import Authenticator
from suwen.control.access.clients import KEY_PREFIX
from suwen.core.identity import Principal
from suwen.web.doors import Door, SignIn
from suwen.web.guard import Verifier, bearer_of


def key_verifiers(clients: Clients, authenticator: Authenticator) -> Mapping[SignIn, Verifier]:
    """How the doors for programs know their callers; every request counts for the key's quota."""

    async def by_key(request: Request, door: Door) -> Principal:
        return (await clients.admitted(bearer_of(request))).principal(door.channel)

    async def by_key_or_token(request: Request, door: Door) -> Principal:
        bearer = bearer_of(request)
        if bearer is None or bearer.startswith(KEY_PREFIX):
            return await by_key(request, door)
        return await authenticator.principal_of(bearer, door.channel)

    return {SignIn.CLIENT: by_key, SignIn.CLIENT_OR_PERSON: by_key_or_token}
