"""The models of one partition, kept in step with the endpoints that its database names."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from pathlib import Path

from suwen.bootstrap.settings import Settings
from suwen.core.errors import SuwenError
from suwen.inference.pool import ModelPool
from suwen.storage.endpoints import EndpointStore

ENDPOINTS_EVERY_S = 2.0


async def open_models(
    settings: Settings, endpoints: EndpointStore, closing: AsyncExitStack
) -> ModelPool:
    """The models that can be asked, following changes that other processes make."""
    ca_file = settings.endpoints.ca_file
    models = ModelPool(ca_file=Path(ca_file) if ca_file is not None else None)
    closing.push_async_callback(models.close)
    await refresh_models(models, endpoints)
    closing.push_async_callback(_end, asyncio.create_task(_keep_fresh(models, endpoints)))
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
