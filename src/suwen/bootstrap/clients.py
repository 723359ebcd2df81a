"""Programs of the hospital: their keys, what they may use, and the road to the engines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.own_embeddings import OwnEmbeddings
from suwen.control.access.authentication import token_hash
from suwen.control.access.clients import (
    ClientDirectory,
    KnownClient,
    check_client,
    new_key,
)
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.access.quotas import ClientQuotas
from suwen.control.guardrails.model_traffic import HarmGuard, OrderGuard
from suwen.core.identity import Principal
from suwen.storage.api_clients import ApiClient, ApiClientStore, ClientUsage
from suwen.storage.client_tills import ClientTills
from suwen.storage.database import Database

if TYPE_CHECKING:
    from suwen.bootstrap.library.parts import Engines
    from suwen.bootstrap.settings import Settings
    from suwen.control.gateway.model_requests import ModelRequests
    from suwen.control.gateway.parts import GatewayParts
    from suwen.inference.pool import ModelPool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown this once."""

    client: ApiClient
    key: str = field(repr=False)


class Clients:
    """What doors and operators do with programs of the hospital.

    Attributes:
        quotas: whether a key has a request left.
    """

    def __init__(
        self,
        parts: GatewayParts,
        store: ApiClientStore,
        tills: ClientTills,
        quotas: ClientQuotas,
        models: ModelPool,
        own_embeddings: OwnEmbeddings,
    ) -> None:
        self._parts = parts
        self._own_embeddings = own_embeddings
        self._store = store
        self._tills = tills
        self._models = models
        self.quotas = quotas

    @cached_property
    def requests(self) -> ModelRequests:
        """The road to the engines."""
        # Loaded here: most processes never ask an engine for a program.
        from suwen.control.gateway.model_requests import ModelRequests

        models, own = self._models, self._own_embeddings
        return ModelRequests(
            self._parts,
            self.quotas,
            lambda: (*models.endpoints(), own.endpoint),
            lambda name: own if name == own.endpoint.name else models.model(name),
            (OrderGuard(), HarmGuard()),
        )

    async def find(self, key: str | None) -> KnownClient:
        """The client with this key, as it was known; nothing is counted.

        Raises:
            AuthenticationError: ``key_missing``, ``key_wrong``.
        """
        return await self.quotas.directory.find(key)

    async def admitted(self, key: str | None, tokens: int = 0) -> KnownClient:
        """The client with this key, its request counted.

        Raises:
            AuthenticationError: ``key_missing``, ``key_wrong``.
            QuotaError: when the key has none left.
        """
        place = await self.quotas.take(await self.find(key), tokens)
        self.quotas.settle(place, 0, 0)
        return place.client

    async def list(self, acting: Principal) -> Sequence[ApiClient]:
        """All clients, by id.

        Raises:
            AccessError: for whoever may not manage them.
        """
        self._require(acting)
        return await self._store.list()

    async def usage(self, client: str, acting: Principal) -> ClientUsage:
        """What a client used today; raises as ``list``."""
        self._require(acting)
        return await self._store.usage(client, self.quotas.today())

    async def add(self, wanted: ApiClient, acting: Principal) -> NewKey:
        """Adds a client and hands over its key, which is shown only here.

        Args:
            wanted: its ``key_hash`` is left out of account.

        Raises:
            AccessError: for whoever may not manage clients.
            InputError: ``client_wrong`` with the field at fault.
            ConflictError: ``client_exists``.
        """
        self._require(acting)
        check_client(wanted)
        key = new_key()
        client = replace(wanted, key_hash=token_hash(key))
        act = act_of(
            acting,
            "client.add",
            subject=_name(client.id),
            scopes=sorted(client.scopes),
            ceiling=client.ceiling,
            departments=sorted(client.departments),
        )
        async with audited(self._parts.audit, act):
            await self._store.put(client)
        return NewKey(client, key)

    async def disable(self, client: str, acting: Principal) -> None:
        """Bars a client at once, in every process.

        Raises:
            AccessError: for whoever may not manage clients.
            NotFoundError: ``no_such_client``.
        """
        self._require(acting)
        found = await self._store.read(client)
        async with audited(
            self._parts.audit, act_of(acting, "client.disable", subject=_name(found.id))
        ):
            await self._store.disable(found.id)

    async def rotate(self, client: str, acting: Principal) -> NewKey:
        """Gives a client a new key, shown only here; the one before opens nothing any more.

        Raises:
            AccessError, NotFoundError: as ``disable``.
        """
        self._require(acting)
        found = await self._store.read(client)
        key = new_key()
        async with audited(
            self._parts.audit, act_of(acting, "client.rotate", subject=_name(found.id))
        ):
            await self._tills.replace_key(found.id, token_hash(key))
        return NewKey(replace(found, key_hash=token_hash(key)), key)

    def now(self) -> datetime:
        """The present instant."""
        return self._parts.clock.now()

    def _require(self, acting: Principal) -> None:
        self._parts.access.require(acting, Action.MANAGE_CLIENTS, InstallationTarget())


async def open_clients(
    settings: Settings,
    url: str,
    parts: GatewayParts,
    models: ModelPool,
    engines: Engines,
    closing: AsyncExitStack,
) -> Clients:
    """The clients of a site, counted until ``closing`` ends."""
    # The till waits for nobody: it has a connection of its own.
    counting = Database(url, pool_size=1)
    closing.push_async_callback(counting.close)
    tills, store = ClientTills(counting), ApiClientStore(counting)
    directory = ClientDirectory(tills, parts.clock)
    quotas = ClientQuotas(directory, tills, store, parts.clock, settings.zone)
    await quotas.start()
    closing.push_async_callback(quotas.stop)
    return Clients(parts, store, tills, quotas, models, OwnEmbeddings(engines))


def _name(client: str) -> str:
    return f"Client/{client}"
