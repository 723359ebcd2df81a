"""One served platform with engines and a small library, for the official clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suwen.inference.embedding.scripted import ScriptedVectorServer, serving_vectors
from suwen.inference.scripted import ScriptedEngine, serving_in_thread
from suwen.knowledge.retrieval import confidence
from suwen.knowledge.retrieval.confidence import Calibration, Weighing
from tests.support.clients import Programs
from tests.support.database import TestServer
from tests.support.web_library import fill_library
from tests.support.web_site import serving

SURE = Weighing(
    topic=(-1.0, 9.0, 0.0), answer=(4.0, 0.0, 0.0, 0.0, 0.0), passage=(0.0, 1.0, 0.0, 0.0, 0.0)
)


@pytest.fixture(scope="package")
def programs(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Programs]:
    """The platform as programs find it: engine ``ward``, vectors ``vectors``, a library."""
    home = tmp_path_factory.mktemp("openai") / "home"
    home.mkdir()
    with (
        pytest.MonkeyPatch.context() as patch,
        postgres_server.copies() as urls,
        serving(urls, home) as site,
        serving_in_thread(ScriptedEngine()) as engine,
        serving_vectors(ScriptedVectorServer()) as vectors,
    ):
        patch.setattr(confidence, "calibration", lambda: Calibration("2026", "none", SURE, {}))
        site.run(fill_library(site.platform))
        found = Programs(site, engine)
        can = frozenset({"chat", "json_schema", "tools"})
        found.put(engine.endpoint("ward", capabilities=can, max_concurrent=64))
        found.put(engine.endpoint("plain", capabilities=frozenset({"chat"}), ceiling=2))
        found.put(vectors.endpoint(name="vectors", capabilities=frozenset({"embedding"})))
        yield found


@pytest.fixture(autouse=True)
def _engine_as_new(programs: Programs) -> None:
    programs.told()
