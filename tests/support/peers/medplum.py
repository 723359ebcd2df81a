"""Medplum's FHIR R4 server in memory, as a peer that we did not write."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PEERS = Path(__file__).parents[2] / "peers"
_START_S = 60.0


@dataclass(frozen=True)
class MedplumServer:
    """A running server: ``base`` is its FHIR base address."""

    base: str


@contextmanager
def medplum_server(token: str | None = None) -> Iterator[MedplumServer]:
    """An empty server on a free port, for as long as the block lasts.

    Args:
        token: bearer token without which it admits nobody.
    """
    need_node_package("@medplum/fhir-router")
    with node_program("fhir_server.mjs", {"FHIR_TOKEN": token or ""}) as told:
        yield MedplumServer(f"http://127.0.0.1:{told['port']}/fhir")


def need_node_package(name: str) -> None:
    """Skips the test where the package is not installed; in CI that is a failure."""
    if (PEERS / "node_modules" / name / "package.json").exists():
        return
    problem = f"the npm package {name} is not installed in tests/peers (run make)"
    if os.environ.get("CI"):
        pytest.fail(problem)
    pytest.skip(problem)


@contextmanager
def node_program(script: str, more: dict[str, str] | None = None) -> Iterator[dict[str, object]]:
    """A script of ``tests/peers``; yields the JSON of its first line. It ends with the block."""
    process = subprocess.Popen(
        ["node", script],
        cwd=PEERS,
        env={**os.environ, **(more or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], _START_S)
        assert ready, f"{script} did not start in {_START_S:.0f} s"
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=10)
        process.stdout.close()
