"""The laboratory's tables of a hospital: agreed by two, in use wherever a number is judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from suwen.appkit.discover import discover
from suwen.bootstrap.hospital_rules import refuse_rule_files
from suwen.bootstrap.rules.desk import Asked, RuleDesk
from suwen.bootstrap.rules.files import CHANGES, read_file
from suwen.bootstrap.rules.in_use import RulesOfSite, open_rules
from suwen.bootstrap.rules.of_site import laboratory_of_site
from suwen.bootstrap.rules.sets import rule_set_of
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.verification import verify_line
from suwen.clinical.laboratory.rows import INTERVALS, LIMITS
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.control.cards import platform_sources
from suwen.control.cards.critical_results import limit_reached
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.run import Gateway
from suwen.control.governance.releases import register_releases, release_of
from suwen.core.cards import CardTopic, Hook
from suwen.core.errors import AccessError, ConfigurationError
from suwen.core.grounding import EvidenceBase
from suwen.core.identity import AppId, Principal, Purpose, Role
from suwen.storage.database import Database
from suwen.storage.rule_proposals import ProposalState, RuleProposal
from suwen.storage.urls import DatabaseUrls
from tests.conformance.cards.cases import case_of, result
from tests.support.applications import Site, build_site, person

HEAD = person("dr.sun", Role.CHIEF_PHYSICIAN)
OFFICER = replace(person("quality.xu", Role.QUALITY_OFFICER), purpose=Purpose.QUALITY)
QUALITY, WRITER, REVIEW = (
    AppId(name) for name in ("record_quality", "record_writer", "prescription_review")
)
HYPOKALAEMIA = "RQ-C09"


@dataclass
class Laboratory:
    """Parts of the general partition, and the desk of the laboratory's tables."""

    site: Site
    parts: GatewayParts
    rules: RulesOfSite
    desk: RuleDesk

    async def propose(
        self, kind: ChangeKind, table: str, row: str, /, by: Principal = HEAD, **values: str
    ) -> RuleProposal:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        change = RowChange(table, row, kind, "本院目录", "2026", "", at, "评审", values)
        asked = Asked(rule_set_of(table).id, [change], "评审")
        (made,) = await self.desk.propose(by, asked)
        return made

    async def agree(self, waiting: RuleProposal, by: Principal = OFFICER) -> None:
        await self.desk.decide(by, waiting.number, agreed=True)

    def told(self, value: str, age_y: int = 60) -> tuple[bool, bool]:
        """Whether a potassium is called critical, and whether something was left unchecked."""
        given = {"loinc": "2823-3", "value": value, "unit": "mmol/L"}
        case = case_of(Hook.PATIENT_VIEW, [result(0, given)], age_y=age_y, drafts=())
        (item,) = case.record.observations
        listed = limit_reached(item, age_y, self.parts.laboratory()) is not None
        answer = platform_sources(self.parts.laboratory, self.parts.rule_book)[0].cards(case)
        critical = [c for c in answer.cards if c.topic is CardTopic.CRITICAL_RESULT]
        assert listed is bool(critical)
        return bool(critical), any(
            "K" in u.what.en or "2823" in u.what.en for u in answer.unchecked
        )

    def cites(self, statement: str) -> bool:
        checker = self.parts.checker(EvidenceBase())
        return checker.check_statement(statement).supported

    async def disproves(self) -> bool:
        """Whether the quality office hears of a hypokalaemia at 3.45 mmol/L."""
        request = _stay()
        run = await Gateway(self.parts).run(OFFICER, QUALITY, request)
        return HYPOKALAEMIA in {f["rule"] for f in run.output["findings"]}


def _stay() -> dict[str, Any]:
    file = Path(__file__).parents[3] / "src/suwen/apps/record_quality/evaluation/cases.jsonl"
    lines = (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
    request: dict[str, Any] = next(c for c in lines if c["id"] == f"{HYPOKALAEMIA}.silent")[
        "request"
    ]
    request["bundle"]["entry"][0]["resource"]["valueQuantity"]["value"] = 3.45
    return request


@pytest.fixture
async def laboratory(database: Database, tmp_path: Path) -> Laboratory:
    site = await build_site(database, tmp_path)
    found = discover()
    given = replace(site.parts, applications={app: found[app] for app in (QUALITY, WRITER, REVIEW)})
    parts, rules = await open_rules(database, given)

    async def register() -> None:
        site.clock.forward(timedelta(seconds=1))
        await register_releases(parts.releases, parts.applications.values(), parts.clock.now())

    await register()
    rules.on_change(register)
    return Laboratory(site, parts, rules, RuleDesk(parts, rules))


async def test_a_wider_critical_limit_waits_and_a_narrower_one_works_at_once(
    laboratory: Laboratory,
) -> None:
    assert laboratory.told("6.3") == (True, False)
    wider = await laboratory.propose(ChangeKind.OVERRIDE, LIMITS, "CV-K", upper="6.5")
    assert wider.state is ProposalState.WAITING
    assert laboratory.told("6.3") == (True, False)
    with pytest.raises(AccessError) as refused:
        await laboratory.agree(wider, HEAD)
    assert refused.value.code == "own_change"
    await laboratory.agree(wider)
    assert laboratory.told("6.3") == (False, False)
    sooner = await laboratory.propose(ChangeKind.OVERRIDE, LIMITS, "CV-K", upper="6.0")
    assert sooner.state is ProposalState.IN_FORCE
    assert laboratory.told("6.1") == (True, False)
    back = await laboratory.desk.propose_return(OFFICER, "laboratory", 0, "误改")
    await laboratory.agree(back, HEAD)
    assert (laboratory.told("6.1"), laboratory.told("6.3")) == ((False, False), (True, False))


async def test_an_added_row_warns_at_once_and_reassures_when_a_second_person_saw_it(
    laboratory: Laboratory,
) -> None:
    assert laboratory.told("7.2", age_y=3) == laboratory.told("5.0", age_y=3) == (False, True)
    added = await laboratory.propose(
        ChangeKind.ADD, LIMITS, "child-K", analyte="K", unit="mmol/L", age_min_y="0",
        age_max_y="17", lower="2.5", upper="7.0",
    )  # fmt: skip
    assert added.state is ProposalState.IN_FORCE
    assert laboratory.told("7.2", age_y=3) == (True, False)
    assert laboratory.told("5.0", age_y=3) == (False, True)
    await laboratory.agree(added)
    assert laboratory.told("5.0", age_y=3) == (False, False)
    assert laboratory.told("6.3") == (True, False)


async def test_an_interval_is_the_hospitals_in_statements_and_in_record_quality(
    laboratory: Laboratory,
) -> None:
    own, shipped = "血钾参考区间为3.4-5.3 mmol/L。", "血钾参考区间为3.5-5.3 mmol/L。"
    assert not laboratory.cites(own)
    assert laboratory.cites(shipped)
    assert not await laboratory.disproves()
    waiting = await laboratory.propose(ChangeKind.OVERRIDE, INTERVALS, "RI-K", lower="3.4")
    assert waiting.state is ProposalState.WAITING
    assert not laboratory.cites(own)
    await laboratory.agree(waiting)
    assert laboratory.cites(own)
    assert not laboratory.cites(shipped)
    assert await laboratory.disproves()


async def test_the_releases_that_depend_on_it_change_and_no_other(laboratory: Laboratory) -> None:
    apps = laboratory.parts.applications
    now = laboratory.parts.clock.now()
    before = {app: release_of(one, now).hash for app, one in apps.items()}
    waiting = await laboratory.propose(ChangeKind.CONFIRM, LIMITS, "CV-K")
    assert {app: release_of(one, now).hash for app, one in apps.items()} == before
    await laboratory.agree(waiting)
    changed = {app for app, one in apps.items() if release_of(one, now).hash != before[app]}
    assert changed == {QUALITY, WRITER}
    assert all("rules:laboratory" in apps[app].parts for app in changed)
    current = await laboratory.parts.releases.current(WRITER)
    assert current is not None and "rules:laboratory" in current.parts


async def test_who_does_not_answer_for_the_laboratory_changes_nothing(
    laboratory: Laboratory,
) -> None:
    for somebody in (person("ph.he", Role.PHARMACIST), person("dr.lin")):
        with pytest.raises(AccessError):
            await laboratory.propose(ChangeKind.CONFIRM, LIMITS, "CV-K", by=somebody)
    confirmed = await laboratory.propose(ChangeKind.CONFIRM, LIMITS, "CV-K", by=OFFICER)
    await laboratory.agree(confirmed, HEAD)
    row = await laboratory.desk.row(HEAD, LIMITS, "CV-K")
    assert row.reviewer is not None and "quality.xu" in row.reviewer


async def test_a_file_is_read_and_waits_for_a_second_person(laboratory: Laboratory) -> None:
    text = (
        "table,row,change,source,edition,reason,value:lower,value:upper\n"
        "critical_values,CV-K,override,检验科,2026,本院目录,2.5,6.5\n"
        "critical_values,CV-NA,override,检验科,2026,本院目录,,high\n"
    )
    found = await read_file(laboratory.desk, HEAD, CHANGES, text, {"set": "laboratory"})
    assert [(p.line, p.column) for p in found.problems] == [(3, "upper")]
    good = text.rsplit("\n", 2)[0] + "\n"
    found = await read_file(laboratory.desk, HEAD, CHANGES, good, {"set": "laboratory"})
    (made,) = await laboratory.desk.propose(HEAD, Asked("laboratory", found.changes, "年度评审"))
    assert laboratory.told("6.3") == (True, False)
    await laboratory.agree(made)
    assert laboratory.told("6.3") == (False, False)
    (limit,) = laboratory.parts.laboratory().limits_of("K")
    assert limit.low == Decimal("2.5")


async def test_a_file_beside_the_settings_is_refused_and_two_people_do_the_same(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    refuse_rule_files(tmp_path)
    file = tmp_path / "rules" / "record_quality.toml"
    file.parent.mkdir()
    file.write_text('source = "本院规定"\nreviewed_by = "质控科"\ndisabled = ["RQ-C09"]\n')
    with pytest.raises(ConfigurationError) as refused:
        refuse_rule_files(tmp_path)
    assert refused.value.code == "rules_need_two_people"
    off = await laboratory.propose(ChangeKind.DISABLE, "quality_rules", "RQ-C09")
    own = await laboratory.propose(ChangeKind.OVERRIDE, INTERVALS, "RI-K", lower="3.4")
    await laboratory.agree(own)
    assert await laboratory.disproves()
    await laboratory.agree(off)
    assert not await laboratory.disproves()


async def test_the_command_line_checks_by_the_intervals_of_the_site(
    laboratory: Laboratory, fresh_database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    site, now = Settings(home=tmp_path), laboratory.parts.clock.now
    own = {"text": "血钾参考区间为3.4-5.3 mmol/L。", "passages": []}
    here = site.model_copy(update={"outside_databases": fresh_database_urls})
    waiting = await laboratory.propose(ChangeKind.OVERRIDE, INTERVALS, "RI-K", lower="3.4")
    assert await laboratory_of_site(here, now()) is None
    await laboratory.agree(waiting)
    book = await laboratory_of_site(here, now())
    assert book is not None and verify_line(own, book)["statements"][0]["supported"]
    assert await laboratory_of_site(site, now()) is None, "there is no site at all"
    assert not verify_line(own)["statements"][0]["supported"]
