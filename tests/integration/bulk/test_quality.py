"""A finding goes to its author and back; who it does not concern sees none of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from suwen.bootstrap.quality import QualityDesk
from suwen.bulk.options import BulkOptions
from suwen.core.errors import AccessError, ConflictError, InputError, NotFoundError
from suwen.core.identity import PrincipalId, Purpose, Role
from suwen.core.language import Language
from suwen.storage.bulk_tables import quality_finding
from suwen.storage.people import Person
from suwen.storage.quality import ACCEPTED, CONTESTED, FOUND, REPAIRED, SENT
from tests.integration.bulk.conftest import OFFICER, BulkSite

AUTHOR = replace(
    OFFICER,
    id=PrincipalId("dr.shen"),
    name="沈安",
    roles=frozenset({Role.PHYSICIAN}),
    departments=frozenset({"cardiology"}),
    purpose=Purpose.TREATMENT,
)
STRANGER = replace(AUTHOR, id=PrincipalId("dr.luo"), name="罗川")
STAY: dict[str, Any] = {
    "encounter": {
        "patient": {"sex": "male", "age_y": 60},
        "events": [{"type": "admission", "at": "2026-03-02T09:00:00+08:00"}],
    },
    "documents": [
        {
            "id": "n1",
            "document_type": "日常病程记录",
            "text": "维生素片QOD口服，外院诊断肺Ca。",
            "written_at": "2026-03-02T12:00:00+08:00",
            "signed_by": "沈安",
        }
    ],
}


@pytest.fixture
async def desk(site: BulkSite) -> QualityDesk:
    """The findings of one judged stay, whose author has an account."""
    account = Person(AUTHOR.id, AUTHOR.name, AUTHOR.roles, frozenset(), Language.ZH, False, "local")
    await site.platform.people.add(account)
    run = await site.desk.start(
        "record_quality", "input:test", [(None, STAY)], BulkOptions(give_way=False), OFFICER
    )
    async with site.jobs.working(site.kind):
        await site.jobs.until((await site.desk.progress(run.id, OFFICER)).parts[0].id, "done")
    return QualityDesk(site.platform)


async def test_the_way_of_a_finding(desk: QualityDesk) -> None:
    found = (await desk.worklist(OFFICER))[0]
    assert (found.state, found.author, found.content["quote"]) == (FOUND, "沈安", "QOD")
    assert await desk.mine(AUTHOR) == []
    with pytest.raises(NotFoundError):
        await desk.read(found.key, STRANGER)
    await desk.move(found.key, SENT, OFFICER)
    assert [f.key for f in await desk.mine(AUTHOR)] == [found.key]
    with pytest.raises(ConflictError):
        await desk.move(found.key, ACCEPTED, AUTHOR)
    with pytest.raises(InputError):
        await desk.move(found.key, CONTESTED, AUTHOR)
    await desk.move(found.key, CONTESTED, AUTHOR, "医嘱系统的固定写法")
    await desk.move(found.key, SENT, OFFICER, "请改为隔日一次")
    await desk.move(found.key, REPAIRED, AUTHOR)
    await desk.move(found.key, ACCEPTED, OFFICER)
    ended, steps = await desk.read(found.key, OFFICER)
    assert ended.state == ACCEPTED and desk.next_steps(ended, OFFICER) == ()
    assert [(s.state, s.comment) for s in steps] == [
        (SENT, ""),
        (CONTESTED, "医嘱系统的固定写法"),
        (SENT, "请改为隔日一次"),
        (REPAIRED, ""),
        (ACCEPTED, ""),
    ]


async def test_nobody_accepts_an_answer_of_their_own(desk: QualityDesk) -> None:
    both = replace(OFFICER, id=AUTHOR.id)
    found = (await desk.worklist(both))[0]
    await desk.move(found.key, SENT, both)
    await desk.move(found.key, REPAIRED, both)
    repaired, _ = await desk.read(found.key, both)
    assert desk.next_steps(repaired, both) == ()
    assert ACCEPTED in desk.next_steps(repaired, OFFICER)


async def test_what_an_account_that_is_gone_wrote_goes_to_the_departments_desk(
    desk: QualityDesk, site: BulkSite
) -> None:
    found = (await desk.worklist(OFFICER))[0]
    await desk.move(found.key, SENT, OFFICER)
    async with site.platform.database.transaction() as connection:
        await connection.execute(update(quality_finding).values(department="cardiology"))
    assert await desk.mine(STRANGER) == []
    await site.platform.people.disable(AUTHOR.id, site.platform.clock.now())
    [asked] = await desk.mine(STRANGER)
    assert (asked.key, asked.author, asked.account) == (found.key, "沈安", None)
    assert await desk.mine(replace(STRANGER, departments=frozenset({"nephrology"}))) == []
    nurse = replace(STRANGER, roles=frozenset({Role.NURSE}))
    assert await desk.mine(nurse) == []
    with pytest.raises(NotFoundError):
        await desk.read(found.key, nurse)
    await desk.move(found.key, REPAIRED, STRANGER)
    assert ACCEPTED in desk.next_steps((await desk.read(found.key, OFFICER))[0], OFFICER)


async def test_the_overview_is_for_the_office(desk: QualityDesk) -> None:
    with pytest.raises(AccessError):
        await desk.totals("month", AUTHOR)
    with pytest.raises(AccessError):
        await desk.worklist(replace(OFFICER, purpose=Purpose.TREATMENT))
    (month,) = await desk.totals("month", OFFICER)
    assert (month.name, month.stays, month.findings, month.open) == ("2026-03", 1, 2, 2)
    assert month.score == 98 and month.grades == {"A": 1}
    (author,) = await desk.totals("author", OFFICER)
    assert (author.name, author.findings) == ("沈安", 2)


async def test_namesakes_are_told_apart_and_one_person_in_two_spellings_is_one(
    desk: QualityDesk, site: BulkSite
) -> None:
    found = [one.key.n for one in await desk.worklist(OFFICER)]
    async with site.platform.database.transaction() as connection:
        other = update(quality_finding).where(quality_finding.c.n == found[0])
        await connection.execute(other.values(author="Shen An"))
    assert [row.name for row in await desk.totals("author", OFFICER)] == ["沈安"]
    namesake = Person(
        PrincipalId("dr.shen2"), "沈安", AUTHOR.roles, frozenset(), Language.ZH, False, "local"
    )
    await site.platform.people.add(namesake)
    async with site.platform.database.transaction() as connection:
        other = update(quality_finding).where(quality_finding.c.n == found[0])
        await connection.execute(other.values(author_account=namesake.id))
    rows = [row.name for row in await desk.totals("author", OFFICER)]
    assert rows == ["沈安 (dr.shen)", "沈安 (dr.shen2)"]
