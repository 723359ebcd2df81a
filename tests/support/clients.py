"""Programs of the hospital under test: clients with keys, engines that say what they are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from suwen.control.access.clients import ASK_ENGINES, EMBED, SEARCH_EVIDENCE
from suwen.core.identity import Principal, batch_principal
from suwen.core.inference import Endpoint
from suwen.inference.scripted import ScriptedEngine, always
from suwen.storage.api_clients import ApiClient
from tests.support.web_site import WebSite

OPERATOR: Principal = batch_principal("tester")
EVERYTHING = frozenset({ASK_ENGINES, EMBED, SEARCH_EVIDENCE})


def client(name: str, **facts: object) -> ApiClient:
    """A client as an administrator describes it; everything that is not said is generous."""
    values: dict[str, object] = {
        "id": name,
        "name": name,
        "key_hash": "",
        "scopes": EVERYTHING,
        "ceiling": 5,
        "requests_per_minute": 100_000,
        "tokens_per_day": 10**9,
        "departments": frozenset(),
        "owner": "security.dong",
        "expires_at": None,
        "disabled": False,
        "created_at": datetime.now(UTC),
    }
    return ApiClient(**{**values, **facts})  # type: ignore[arg-type]


@dataclass
class Programs:
    """What programs find at a served platform: engines, and keys for themselves."""

    site: WebSite
    engine: ScriptedEngine
    _number: int = field(default=0)

    @property
    def url(self) -> str:
        """The base address for OpenAI's clients."""
        return f"http://{self.site.host}/v1"

    def key(self, **facts: object) -> str:
        """The key of a new client."""
        self._number += 1
        wanted = client(f"program-{self._number}", **facts)
        made = self.site.run(self.site.platform.clients.add(wanted, OPERATOR))
        return str(made.key)

    def put(self, endpoint: Endpoint) -> None:
        """Makes an engine known at once."""
        self.site.run(self.site.platform.endpoints.put(endpoint))
        self.site.run(self.site.platform.models.put(endpoint))

    def told(self, text: str = "ready", **how: object) -> None:
        """What the engine says from now on."""
        self.engine.requests.clear()
        self.engine.respond = always(text, **how)

    def audited(self) -> list[object]:
        """The latest audit entries of requests to engines, oldest first."""
        events = self.site.run(self.site.platform.audit_store.latest(50, action="model.request"))
        return [event.entry for event in reversed(events)]
