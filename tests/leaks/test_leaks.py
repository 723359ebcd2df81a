"""Nobody reaches what is somebody else's, at any registered interface."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.routing import Route

from suwen.inference.embedding.scripted import ScriptedVectorServer, serving_vectors
from suwen.inference.scripted import ScriptedEngine, serving_in_thread
from suwen.web.routes import health
from tests.leaks import (
    catalogue,
    of_commands,
    of_offices,
    of_patients,
    of_programs,
    of_records,
    of_watching,
)
from tests.leaks.asking import Ask, Line, Shell
from tests.leaks.attempts import Attempt, Maker, leaks, shut_out, tells
from tests.leaks.catalogue import SHELL, TRIED, Closed, Interface, interfaces
from tests.leaks.ground import Ground, lay_out, sections
from tests.support.cds_emr import Emr
from tests.support.database import TestServer
from tests.support.web_site import Answer, serving

pytestmark = pytest.mark.timeout(280)

FEW, MANY, A_SITE = 1_000, 10_000, 500
SEED = 20261122
AT_ONCE = 8
OFTENER = {Closed.AGENT: 6, Closed.ENGINE: 2, Closed.CARDS: 2, Closed.LAUNCH: 2, Closed.PATIENT: 2}
"""Interfaces behind which there are several, or what matters most: tried more than once a turn."""

AT_DOORS: dict[Closed, Maker] = {
    **of_records.MAKERS,
    **of_offices.MAKERS,
    **of_programs.MAKERS,
    **of_watching.MAKERS,
}
AT_SHELL: Mapping[Closed, Maker] = of_commands.MAKERS


@pytest.fixture(scope="module")
def ground(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    with _ground(postgres_server, tmp_path_factory.mktemp("leaks")) as found:
        yield found


@contextmanager
def _ground(postgres_server: TestServer, folder: Path) -> Iterator[Ground]:
    """A whole site on which nothing was tried yet."""
    home = folder / "home"
    home.mkdir()
    emrs = {"emr": Emr(), "other": Emr(issuer="https://other.test/oauth")}
    with (
        postgres_server.copies() as urls,
        serving(urls, home, sections(folder, emrs)) as site,
        serving_in_thread(ScriptedEngine()) as engine,
        serving_vectors(ScriptedVectorServer()) as vectors,
    ):
        found = Ground(site, Shell(site, home, folder), emrs)
        lay_out(found, engine, vectors)
        of_watching.lay_out_watching(found)
        patients = found.doors.run(of_patients.open_patients(found, urls))
        of_patients.begin_chats(patients)
        AT_DOORS.update(of_patients.makers(patients))
        yield found
        found.doors.run(patients.closing.aclose())


def test_somebody_said_whose_every_interface_is() -> None:
    assert catalogue.unknown() == []
    closed = Counter(one.rule.closed for one in interfaces() if one.rule is not None)
    assert set(closed) == set(Closed)
    patients = {Closed.CHAT, Closed.DESK, Closed.TABLES}
    assert {*AT_DOORS, *AT_SHELL} | patients == TRIED


def test_an_interface_that_nobody_spoke_for_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = catalogue.unknown()
    routes = [*health.ROUTES, Route("/whole-database", lambda request: None, methods=["GET"])]
    monkeypatch.setattr(health, "ROUTES", routes)
    monkeypatch.setattr(catalogue, "COMMANDS", catalogue.COMMANDS[1:])
    noticed = [one for one in catalogue.unknown() if one not in before]
    assert noticed == ["GET /whole-database", "suwen record show"]


def _closed(interface: Interface) -> Closed:
    assert interface.rule is not None
    return interface.rule.closed


def _maker(interface: Interface) -> Maker:
    makers = AT_SHELL if interface.method == SHELL else AT_DOORS
    return makers[_closed(interface)]


def every_attempt(ground: Ground, seed: int, begin: int = 0) -> Iterator[Attempt]:
    """All attempts without end: the interfaces take turns, beginning with the one given."""
    chance = random.Random(seed)
    tried = [one for one in interfaces() if one.rule and one.rule.closed in TRIED]
    turn = [one for one in tried for _ in range(OFTENER.get(_closed(one), 1))]
    begin %= len(turn)
    for interface in itertools.cycle(turn[begin:] + turn[:begin]):
        attempt = _maker(interface)(ground, interface, chance)
        if attempt is not None:
            yield attempt


class Findings:
    """What attempts came to: each must be refused, tell nothing, and have a twin that comes in."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.tried = 0
        self.leaked, self.told, self.shut = Counter[str](), Counter[str](), Counter[str]()
        self.twins = Counter[str]()

    def try_all(self, attempts: list[Attempt], *, every_twin: bool) -> None:
        """Makes attempts, at doors several at once."""
        at_doors = [one for one in attempts if not isinstance(one.wrong, Line)]
        for start in range(0, len(at_doors), AT_ONCE):
            some = at_doors[start : start + AT_ONCE]
            asks = [ask for one in some for ask in (one.wrong, one.absent) if ask is not None]
            answers = iter(self._answers(asks))
            for one in some:
                wrong = next(answers)
                self._judge(one, wrong, next(answers) if one.absent else None, every_twin)
        for one in attempts:
            if isinstance(one.wrong, Line):
                absent = self._answer(one.absent) if one.absent is not None else None
                self._judge(one, self._answer(one.wrong), absent, every_twin)

    def _answers(self, asks: list[Ask | Line]) -> list[Answer]:
        doors = self._ground.doors

        async def ask_all() -> list[Answer]:
            return await asyncio.gather(*(doors.ask(one) for one in asks if isinstance(one, Ask)))

        found: list[Answer] = doors.run(ask_all())
        return found

    def _answer(self, ask: Ask | Line) -> Answer:
        return self._ground.shell.ask(ask) if isinstance(ask, Line) else self._ground.ask(ask)

    def _judge(
        self, attempt: Attempt, wrong: Answer, absent: Answer | None, every_twin: bool
    ) -> None:
        self.tried += 1
        name = str(attempt.interface)
        leaked = leaks(attempt, wrong)
        if leaked is not None:
            self.leaked[f"{name}: {attempt.wrong}: {leaked}"] += 1
        told = tells(attempt, wrong, absent) if absent is not None else None
        if told is not None:
            self.told[f"{name}: {attempt.wrong}: {told}"] += 1
        if every_twin or not self.twins[name]:
            kept_out = shut_out(attempt, self._answer(attempt.twin), wrong)
            if kept_out is not None:
                self.shut[f"{name}: {attempt.twin}: {kept_out}"] += 1
            else:
                self.twins[name] += 1


def _attempted(ground: Ground, number: int, begin: int = 0, *, every_twin: bool) -> Findings:
    found = Findings(ground)
    attempts = every_attempt(ground, SEED + begin, begin)
    for _ in range(0, number, 250):
        found.try_all(list(itertools.islice(attempts, 250)), every_twin=every_twin)
    for what in (found.leaked, found.told, found.shut):
        assert not what, "\n".join(line[:900] for line in what)
    assert found.tried >= number
    return found


def _are_all(twins: Mapping[str, int]) -> bool:
    """Whether a twin came in at every interface."""
    tried = [str(one) for one in interfaces() if one.rule and one.rule.closed in TRIED]
    return set(tried) == set(twins)


def test_a_thousand_attempts(ground: Ground) -> None:
    assert len(set(ground.drafts.values())) == 5
    assert len({one.right for one in ground.patients}) == 5
    assert _are_all(_attempted(ground, FEW, every_twin=False).twins)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_attempts(postgres_server: TestServer, tmp_path: Path) -> None:
    """On a site of its own every so often: lists show the newest, and twins add to them."""
    began = time.monotonic()
    tried, twins = 0, Counter[str]()
    for begin in range(0, MANY, A_SITE):
        folder = tmp_path / str(begin)
        folder.mkdir()
        with _ground(postgres_server, folder) as ground:
            found = _attempted(ground, A_SITE, begin, every_twin=True)
        assert found.twins.total() == found.tried
        tried += found.tried
        twins += found.twins
    assert _are_all(twins)
    measured = {
        "test": "leaks",
        "attempts": tried,
        "twins_that_came_in": twins.total(),
        "interfaces": len(twins),
        "let_in_or_told": 0,
        "took_s": round(time.monotonic() - began),
    }
    notes = os.environ.get("SUWEN_SOAK_NOTES")
    if notes:
        with Path(notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps(measured) + "\n")
