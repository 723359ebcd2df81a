"""A site keeps its grade, and each property loses it when that one protection is switched off."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from suwen.bootstrap import exports
from suwen.bootstrap.audit_opening import SystemClock
from suwen.bootstrap.conformance import invented
from suwen.bootstrap.conformance.attempts import ORDERS
from suwen.bootstrap.conformance.examination import TRIALS, examine_site
from suwen.bootstrap.conformance.grading import Grade, Graded, Property, conformance_as_json
from suwen.bootstrap.conformance.invented import TRIAL_PATIENT
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import AccessDecider, read_policies
from suwen.control.audit import AuditWriter
from suwen.control.gateway import run as gateway_run
from suwen.control.gateway.chart import ChartDesk
from suwen.control.gateway.run import Gateway
from suwen.control.guardrails import model_traffic, screening
from suwen.control.privacy import data_class
from suwen.control.routing import choice
from suwen.core.errors import NotFoundError
from suwen.storage import backup
from suwen.storage.drafts import DraftStore
from tests.support.database import TestServer
from tests.support.web_site import WebSite, serving

pytestmark = pytest.mark.timeout(200)

STAY = "print(1, flush=True); sys.stdin.read()"
LISTENER = f"import socket, sys; s = socket.create_server(('127.0.0.1', 0)); {STAY}"
LOOSE = f"import socket, sys; s = socket.socket(type=2); s.bind(('0.0.0.0', 0)); {STAY}"


@dataclass
class Examined:
    """A served site with one draft, and what an examination says of it."""

    site: WebSite
    home: Path

    @property
    def platform(self) -> Platform:
        return self.site.platform

    def grade(self, wanted: Property, platform: Platform | None = None) -> Graded:
        """What one property gets."""
        [found] = self.examine([wanted], platform)
        return found

    def examine(
        self, wanted: Collection[Property], platform: Platform | None = None
    ) -> tuple[Graded, ...]:
        url = f"http://{self.site.host}"
        with running(self.home, LISTENER):
            found = self.site.run(examine_site(platform or self.platform, url, wanted))
        graded: tuple[Graded, ...] = found.graded
        return graded


@contextmanager
def running(home: Path, code: str) -> Iterator[None]:
    """A process of this state directory for as long as the block lasts."""
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "SUWEN_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        yield
        child.stdin.close()


@pytest.fixture(scope="module")
def examined(
    postgres_server: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Examined]:
    home = tmp_path_factory.mktemp("conformance") / "home"
    home.mkdir()
    with postgres_server.copies() as urls, serving(urls, home) as site:
        site.draft("dr.lin", "demo-p01", "admission_record")
        yield Examined(site, home)


def test_a_site_as_it_is_keeps_every_promise(examined: Examined) -> None:
    found = {one.property: one for one in examined.examine(list(Property))}
    grades = {name: one.grade for name, one in found.items()}
    assert set(grades.values()) == {Grade.A}, found
    assert set(TRIALS) == set(Property)


def test_a_site_without_drafts_is_tried_with_one_that_is_gone_afterwards(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, drafts = examined.site, examined.platform.drafts
    before = {one.id for one in site.run(drafts.list(limit=10_000))}
    made: list[Any] = []
    create, listed = DraftStore.create, DraftStore.list

    async def noted(self: DraftStore, record: Any) -> None:
        made.append(record)
        await create(self, record)

    async def fresh(self: DraftStore, *more: Any, **wanted: Any) -> Any:
        found = await listed(self, *more, **wanted)
        return [one for one in found if one.id not in before]

    monkeypatch.setattr(DraftStore, "create", noted)
    monkeypatch.setattr(DraftStore, "list", fresh)
    found = examined.grade(Property.SIGNED_OUTPUT)
    assert (found.grade, found.facts["exports_tried"]) == (Grade.A, 1)
    [trial] = made
    assert (trial.patient, trial.content["origin"]) == (TRIAL_PATIENT, "request")
    with pytest.raises(NotFoundError):
        site.run(drafts.read(trial.id))
    # What a killed trial left is removed by the next one, and nobody else's.
    monkeypatch.setattr(invented, "remove_draft", _nothing_removed)
    assert examined.grade(Property.SIGNED_OUTPUT).grade is Grade.B
    monkeypatch.undo()
    assert examined.grade(Property.SIGNED_OUTPUT).grade is Grade.A
    after = {one.id: one for one in site.run(drafts.list(limit=10_000))}
    assert before <= set(after)
    assert not [one for one in after.values() if one.patient == TRIAL_PATIENT]


def test_an_unsigned_draft_that_leaves_costs_the_grade_of_a_site_without_drafts(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(self: DraftStore, *more: Any, **wanted: Any) -> Any:
        return []

    monkeypatch.setattr(DraftStore, "list", none)
    monkeypatch.setattr(exports, "export_draft", _anything)
    found = examined.grade(Property.SIGNED_OUTPUT)
    assert (found.grade, found.facts["left"]) == (Grade.F, 1)


async def _nothing_removed(*_: Any) -> bool:
    return False


def _nothing(*_: Any, **__: Any) -> None:
    return None


async def _anything(*_: Any, **__: Any) -> bytes:
    return b"{}"


Mutation = Callable[[pytest.MonkeyPatch, Platform], Platform]


def _unsigned_leaves(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(exports, "export_draft", _anything)
    return platform


def _audit_forgets(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    append = AuditWriter.append

    async def forgetful(self: AuditWriter, entry: Any) -> Any:
        if entry.action == "conformance.audit":
            return await platform.audit_store.head()
        return await append(self, entry)

    patch.setattr(AuditWriter, "append", forgetful)
    return platform


def _names_are_logged(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    import logging

    run = Gateway.run

    async def talkative(self: Gateway, principal: Any, app: Any, request: Any, *more: Any) -> Any:
        logging.getLogger("suwen.test").debug("request %s", request)
        return await run(self, principal, app, request, *more)

    patch.setattr(Gateway, "run", talkative)
    return platform


def _ceiling_is_not_checked(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(data_class, "check_ceiling", _nothing)
    return platform


def _connections_are_not_bound(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(data_class, "check_connection_ceiling", _nothing)
    return platform


def _route_is_chosen_whatever_the_class(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(choice, "choose_endpoint", lambda *about: about[3][0])
    return platform


def _everybody_may(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    access = AccessDecider("permit (principal, action, resource);")
    return replace(platform, parts=replace(platform.parts, access=access))


def _care_is_not_asked_for(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    wanted = "(context.care || context.break_glass)"
    policies = read_policies()
    assert wanted in policies
    access = AccessDecider(policies.replace(wanted, "true"))
    return replace(platform, parts=replace(platform.parts, access=access))


def _desk_asks_nobody(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(ChartDesk, "open_chart", _anything)
    return platform


def _users_are_not_screened(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(screening, "screen_user_texts", lambda texts, audience: ())
    return platform


def _the_gateway_does_not_screen(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(gateway_run, "screen_user_texts", lambda texts, audience: ())
    return platform


def _programs_are_not_screened(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(model_traffic.OrderGuard, "check_input", _nothing)
    return platform


def _orders_stay_in_records(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    patch.setattr(screening, "neutralise", lambda text: text)
    return platform


def _everything_is_an_attack(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    screened = screening.screen_user_texts
    patch.setattr(
        screening, "screen_user_texts", lambda texts, audience: screened([ORDERS[0]], audience)
    )
    return platform


def _backup_is_cut_off(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    create = backup.create

    def cut(urls: Any, home: Path, target: Path, passphrase: str) -> Any:
        made = create(urls, home, target, passphrase)
        target.write_bytes(target.read_bytes()[:-64])
        return made

    patch.setattr(backup, "create", cut)
    return platform


def _backup_loses_rows(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    create = backup.create

    def poorer(urls: Any, home: Path, target: Path, passphrase: str) -> Any:
        made = create(urls, home, target, passphrase)
        return replace(made, rows={**made.rows, "general/draft": made.rows["general/draft"] + 1})

    patch.setattr(backup, "create", poorer)
    return platform


class LateClock(SystemClock):
    """Five minutes behind."""

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(minutes=5)


def _clock_is_late(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    return replace(platform, clock=LateClock())


def _signature_is_forged(patch: pytest.MonkeyPatch, platform: Platform) -> Platform:
    """A draft that counts as signed and that nobody signed."""
    listed = DraftStore.list

    async def all_signed(self: DraftStore, *more: Any, **wanted: Any) -> Any:
        first = not wanted.get("offset")
        return await listed(self, limit=wanted.get("limit", 100)) if first else []

    patch.setattr(DraftStore, "list", all_signed)
    return platform


MUTATIONS: list[tuple[Property, Mutation]] = [
    (Property.SIGNED_OUTPUT, _unsigned_leaves),
    (Property.SIGNED_OUTPUT, _signature_is_forged),
    (Property.AUDIT, _audit_forgets),
    (Property.MASKS, _names_are_logged),
    (Property.CEILINGS, _ceiling_is_not_checked),
    (Property.CEILINGS, _connections_are_not_bound),
    (Property.CEILINGS, _route_is_chosen_whatever_the_class),
    (Property.RIGHTS, _everybody_may),
    (Property.RIGHTS, _care_is_not_asked_for),
    (Property.RIGHTS, _desk_asks_nobody),
    (Property.INJECTION, _users_are_not_screened),
    (Property.INJECTION, _the_gateway_does_not_screen),
    (Property.INJECTION, _programs_are_not_screened),
    (Property.INJECTION, _orders_stay_in_records),
    (Property.INJECTION, _everything_is_an_attack),
    (Property.BACKUPS, _backup_is_cut_off),
    (Property.BACKUPS, _backup_loses_rows),
    (Property.CLOCKS, _clock_is_late),
]


@pytest.mark.parametrize(
    ("property_", "mutation"), MUTATIONS, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_protection_that_is_switched_off_costs_the_grade(
    examined: Examined,
    monkeypatch: pytest.MonkeyPatch,
    property_: Property,
    mutation: Mutation,
) -> None:
    mutated = mutation(monkeypatch, examined.platform)
    assert examined.grade(property_, mutated).grade is Grade.F


def test_every_property_is_switched_off_somewhere() -> None:
    elsewhere = {Property.EGRESS, Property.PARTITION}
    assert {one for one, _ in MUTATIONS} | elsewhere == set(Property)


def test_a_process_that_may_send_anywhere_costs_the_grade(examined: Examined) -> None:
    with running(examined.home, LOOSE):
        found = examined.grade(Property.EGRESS)
    assert (found.grade, found.facts["outside"]) == (Grade.F, 1)


def test_an_application_of_device_grade_that_runs_here_costs_the_grade(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = examined.platform
    assert examined.grade(Property.PARTITION).facts["applications"] >= 1
    policies = read_policies()
    line = "unless { resource.partition == context.partition };"
    assert line in policies
    access = AccessDecider(policies.replace(line, "unless { true };"))
    opened = replace(platform, parts=replace(platform.parts, access=access))
    assert examined.grade(Property.PARTITION, opened).grade is Grade.F
    # The policies decide rightly, and nobody keeps to it.
    monkeypatch.setattr(AccessDecider, "require", AccessDecider.decide)
    assert examined.grade(Property.PARTITION).grade is Grade.F


def test_what_cannot_be_tried_is_no_proof(
    examined: Examined, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = examined.site.run(
        examine_site(examined.platform, "http://127.0.0.1:1", [Property.RIGHTS, Property.CLOCKS])
    )
    assert [one.grade for one in found.graded] == [Grade.C, Grade.C]
    assert not found.passes(Grade.B)


def test_the_worst_grade_is_the_sites(examined: Examined) -> None:
    found = examined.site.run(
        examine_site(
            replace(examined.platform, clock=LateClock()),
            f"http://{examined.site.host}",
            [Property.CEILINGS, Property.CLOCKS, Property.PARTITION],
        )
    )
    assert found.grade is Grade.F
    told = conformance_as_json(found)
    assert told["grade"] == "F"
    assert [one["grade"] for one in told["properties"]] == ["A", "A", "F"]
