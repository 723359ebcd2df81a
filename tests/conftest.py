"""Rules for every test: no connection leaves the loopback interface, and little is waited for."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from suwen.core.garbage import OBJECTS_BETWEEN_COLLECTIONS

pytest_plugins = (
    "tests.support.browser",
    "tests.support.database",
    "tests.support.prepared_homes",
)

MARK_OF_BROWSER = "mark.browser"
"""How tools/run_tests.py knows the files that need the browser."""

LOOPBACK = ("127.", "::1", "localhost")


def pytest_configure() -> None:
    """As in a process of ours, Python looks for unneeded circles of objects seldom."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


def pytest_collection_finish() -> None:
    """What was made so far, all tests among it, stays: it is not looked through again."""
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole sites first: they take longest, and beside them the rest fills the other cores.

    Raises:
        pytest.UsageError: for a test of the browser whose file tools/run_tests.py does not find.
    """
    for path in {item.path for item in items if item.get_closest_marker("browser")}:
        if MARK_OF_BROWSER not in path.read_text(encoding="utf-8"):
            raise pytest.UsageError(f"{path} must itself set pytest.{MARK_OF_BROWSER}")
    items.sort(key=lambda item: item.get_closest_marker("site") is None)


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Refuses any connection that would leave this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        outside = self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK)
        if outside:
            pytest.fail(f"a test tried to connect to {address!r}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield
