"""Nobody reaches what is somebody else's, at any registered interface."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from suwen.web.routes import health
from tests.leaks import catalogue
from tests.leaks.attempts import (
    REFUSED,
    Things,
    every_attempt,
    is_admitted,
    lay_out,
    likeness,
    name_in,
)
from tests.leaks.catalogue import Closed, interfaces
from tests.support.database import TestServer
from tests.support.web_site import serving

pytestmark = pytest.mark.timeout(280)

FEW, MANY = 1_000, 10_000
SEED = 20261122


@pytest.fixture(scope="module")
def things(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Things]:
    home = tmp_path_factory.mktemp("leaks") / "home"
    home.mkdir()
    with postgres_server.copies() as urls, serving(urls, home) as site:
        yield lay_out(site)


def test_somebody_said_whose_every_interface_is() -> None:
    assert catalogue.unknown() == []
    closed = Counter(one.rule.closed for one in interfaces() if one.rule is not None)
    assert closed[Closed.PATIENT] >= 7
    assert closed[Closed.DRAFT] >= 20


def test_an_interface_that_nobody_spoke_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    routes = [*health.ROUTES, Route("/whole-database", lambda request: None, methods=["GET"])]
    monkeypatch.setattr(health, "ROUTES", routes)
    assert "GET /whole-database" in catalogue.unknown()


def _attempted(things: Things, number: int) -> None:
    """Each attempt is refused, tells nothing, and its twin is admitted."""
    leaked, told, shut = Counter[str](), Counter[str](), Counter[str]()
    admitted: set[str] = set()
    for attempt in itertools.islice(every_attempt(things, SEED), number):
        method, key = attempt.interface.method, str(attempt.interface)
        answer = things.ask(attempt.wrong, method, attempt.path, attempt.body)
        if answer.status not in REFUSED:
            leaked[f"{attempt} {answer.status}"] += 1
        if attempt.hidden and attempt.has_an_absent_one:
            absent = things.ask(attempt.wrong, method, attempt.absent, attempt.absent_body)
            there = likeness(answer, name_in(attempt, absent=False))
            nothing = likeness(absent, name_in(attempt, absent=True))
            if there != nothing:
                told[f"{attempt} {there} is not {nothing}"] += 1
        if key not in admitted:
            twin = things.ask(attempt.right, method, attempt.path, attempt.body)
            if not is_admitted(twin, answer):
                shut[f"{key} {attempt.right} {twin.status} {likeness(twin, '')[1]}"] += 1
            else:
                admitted.add(key)
    assert leaked == {}
    assert told == {}
    assert {line for line in shut if " ".join(line.split(" ")[:2]) not in admitted} == set()


def test_a_thousand_attempts(things: Things) -> None:
    assert len(things.drafts) >= 5
    assert len(set(things.patients.values())) >= 4
    _attempted(things, FEW)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_attempts(things: Things) -> None:
    _attempted(things, MANY)
