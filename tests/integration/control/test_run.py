"""The twelve stages over a real database: what each lets pass, and what it stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.applications import NOTE_WRITER, Site, build_site, person

from suwen.storage.database import Database


@pytest.fixture
async def site(database: Database, tmp_path: Path) -> Site:
    return await build_site(database, tmp_path)


async def test_a_run_delivers_a_verified_document(site: Site) -> None:
    result = await site.gateway.run(person(), NOTE_WRITER, {"patient_id": "p1"})
    print(result.content)
    trace = await site.parts.traces.read(result.trace)
    for s in trace.stages:
        print(s)
    print(site.audit.told)
