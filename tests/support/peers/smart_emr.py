"""An EMR that opens apps by SMART App Launch, on panva's oidc-provider."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.peers.medplum import need_node_package, node_program

CLIENT_ID = "suwen"
SECRET = "a secret of the app"


@dataclass(frozen=True)
class SmartEmr:
    """A running EMR: ``origin`` is its address, below it ``/fhir``."""

    origin: str

    @property
    def fhir_base(self) -> str:
        return f"{self.origin}/fhir"

    def put_client(self, base: str) -> None:
        """Registers a site as an app."""
        self._control(
            "client",
            {
                "client_id": CLIENT_ID,
                "client_secret": SECRET,
                "redirect_uris": [f"{base}/smart/callback"],
                "scope": "openid fhirUser launch launch/patient",
            },
        )

    def put_account(self, subject: str, **claims: Any) -> None:
        """A person of the EMR."""
        self._control("account", {"sub": subject, "claims": claims})

    def put_launch(self, launch: str, **context: str) -> None:
        """What the EMR has open, under the mark that it calls the app with."""
        self._control("launch", {"launch": launch, "context": context})

    def choose(self, **context: str) -> None:
        """Which patient a person chooses in a standalone launch."""
        self._control("account", {"sub": "chosen", "claims": context})

    def state(self, **discovery: Any) -> None:
        """Overrides parts of the discovery document."""
        self._control("discovery", discovery)

    def _control(self, what: str, body: Mapping[str, Any]) -> None:
        request = urllib.request.Request(
            f"{self.origin}/control/{what}", json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 200


@contextmanager
def smart_emr() -> Iterator[SmartEmr]:
    """An EMR without apps and accounts on a free port, for as long as the block lasts."""
    need_node_package("oidc-provider")
    with node_program("smart_server.mjs") as told:
        yield SmartEmr(f"http://127.0.0.1:{told['port']}")
