"""The embedded engine as a part of the site: started beside the service, known as an endpoint."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from suwen.bootstrap.settings import Settings
from suwen.core.errors import SuwenError
from suwen.inference.embedded.engine import EmbeddedEngine
from suwen.inference.embedded.engine import EngineSettings as EngineProcessSettings
from suwen.inference.model_store import ModelState, ModelStore
from suwen.storage.endpoints import EndpointStore

EMBEDDED = "embedded"

log = logging.getLogger(__name__)


class EnginePart:
    """Starts the engine without holding up the site, and lists it among the endpoints.

    A site without the model, or whose engine does not start, works all the same: the deterministic
    part of every application needs no model.
    """

    def __init__(self, settings: Settings, endpoints: EndpointStore) -> None:
        self._settings = settings
        self._endpoints = endpoints
        self._engine: EmbeddedEngine | None = None
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to start the engine; returns at once."""
        self._starting = asyncio.create_task(self._start(), name="engine start")

    async def _start(self) -> None:
        wish = self._settings.engine
        found = await ModelStore(self._settings.home).verify(wish.model)
        file = found.file if wish.enabled and found.state is ModelState.PRESENT else None
        if file is None:
            await self._forget()
            return
        process = EngineProcessSettings(
            model_file=file,
            model=wish.model,
            threads=wish.threads,
            context_tokens=wish.context_tokens,
        )
        engine = EmbeddedEngine(process, name=EMBEDDED)
        try:
            await engine.start()
        except SuwenError as error:
            log.warning("the embedded engine did not start: %s", error.code)
            await self._forget()
            return
        self._engine = engine
        # The file was hashed just now: these are the weights that answer.
        measured = replace(
            engine.endpoint(), weights=found.model.sha256, quantisation=found.model.quantisation
        )
        await self._endpoints.put(measured)

    async def _forget(self) -> None:
        """Takes away the endpoint of a run that ended without saying so."""
        if any(e.name == EMBEDDED for e in await self._endpoints.list()):
            await self._endpoints.remove(EMBEDDED)

    async def stop(self) -> None:
        """Ends the engine; returns when its process is gone."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._engine is not None:
            await self._engine.stop()
