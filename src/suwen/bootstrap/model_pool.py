"""The models of one partition, kept in step with the endpoints that its database names."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

from suwen.bootstrap.releases.watching import keep_watching
from suwen.bootstrap.settings import Settings
from suwen.core.errors import SuwenError
from suwen.core.inference import Endpoint
from suwen.core.ports import AuditSink
from suwen.inference.pool import ModelPool
from suwen.storage.endpoints import EndpointStore

ENDPOINTS_EVERY_S = 2.0


async def open_models(
    settings: Settings, endpoints: EndpointStore, closing: AsyncExitStack, audit: AuditSink
) -> ModelPool:
    """The models that can be asked, following changes that other processes and engines make."""
    ca_file = Path(settings.endpoints.ca_file) if settings.endpoints.ca_file is not None else None
    models = ModelPool(ca_file=ca_file)
    closing.push_async_callback(models.close)
    await refresh_models(models, endpoints)
    closing.push_async_callback(_end, asyncio.create_task(_keep_fresh(models, endpoints)))
    watching = keep_watching(endpoints, audit, partial(asked_what_it_serves, ca_file))
    closing.push_async_callback(_end, asyncio.create_task(watching))
    return models


async def refresh_models(models: ModelPool, endpoints: EndpointStore) -> None:
    """Makes a pool agree with the stored endpoints."""
    wanted = await endpoints.list()
    for endpoint in wanted:
        await models.put(endpoint)
    names = {endpoint.name for endpoint in wanted}
    for endpoint in models.endpoints():
        if endpoint.name not in names:
            await models.remove(endpoint.name)


async def _keep_fresh(models: ModelPool, endpoints: EndpointStore) -> None:
    while True:
        await asyncio.sleep(ENDPOINTS_EVERY_S)
        with contextlib.suppress(SuwenError):
            await refresh_models(models, endpoints)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def asked_what_it_serves(ca_file: Path | None, endpoint: Endpoint) -> str | None:
    """What an engine says that it serves; what asks it is loaded when it is first needed."""
    from suwen.inference.served import served_as

    return await served_as(endpoint, ca_file)
