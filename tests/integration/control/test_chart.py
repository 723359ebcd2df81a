"""The door to records for people: lists and charts, admitted and audited before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suwen.control.gateway.chart import ChartDesk
from suwen.control.privacy import data_class as classes
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError, AuditError, NotFoundError, PrivacyError
from suwen.core.identity import (
    Channel,
    ClientRights,
    Principal,
    PrincipalId,
    Role,
    batch_principal,
)
from suwen.storage.record_import import IMPORTED, StoredResource
from tests.integration.control.conftest import Ward

RESTRICTED = StoredResource(
    "Condition",
    "c-special",
    "p1",
    None,
    None,
    None,
    IMPORTED,
    {
        "resourceType": "Condition",
        "id": "c-special",
        "meta": {
            "security": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
                    "code": "R",
                }
            ]
        },
    },
)


@pytest.fixture
def chart(ward: Ward) -> ChartDesk:
    return ChartDesk(ward.site.parts)


async def test_everybody_finds_their_own_patients(ward: Ward, chart: ChartDesk) -> None:
    async def found(account: str, **narrowed: str) -> list[str]:
        rows = await chart.list_patients(ward.principals[account], **narrowed)
        return sorted(row.id for row in rows)

    assert await found("dr.lin") == ["p1"]
    assert await found("n.qian") == ["p1"]
    assert await found("dr.wu") == ["p2"]
    assert await found("q.tang") == ["p1", "p2"]
    assert await found("dr.lin", department="surgery") == []
    assert await found("dr.lin", query="Zhang") == ["p1"]
    assert await found("dr.lin", query="Li Na") == []


async def test_administrators_and_services_find_nobody(ward: Ward, chart: ChartDesk) -> None:
    for principal in (ward.principals["it.sun"], batch_principal("root")):
        with pytest.raises(AccessError):
            await chart.list_patients(principal)
        assert ward.site.audit.told[-1] == ("patient.list", AuditOutcome.REFUSED)


async def test_a_chart_opens_to_who_cares_for_the_patient(ward: Ward, chart: ChartDesk) -> None:
    record = await chart.open_chart(ward.principals["n.qian"], "p1")
    assert record.patient.name == "Zhang Wei"
    assert ward.site.audit.told == [("record.read", AuditOutcome.DONE)]
    assert ward.site.audit.events[0].entry.patient == "p1"
    with pytest.raises(AccessError) as refused:
        await chart.open_chart(ward.principals["dr.wu"], "p1")
    assert refused.value.code == "no_care_relationship"
    assert ward.site.audit.told[-1] == ("record.read", AuditOutcome.REFUSED)
    with pytest.raises(NotFoundError):
        await chart.open_chart(ward.principals["dr.lin"], "nobody")


async def test_who_reads_no_records_does_not_learn_which_there_are(
    ward: Ward, chart: ChartDesk
) -> None:
    for patient in ("p1", "nobody"):
        with pytest.raises(AccessError) as refused:
            await chart.open_chart(ward.principals["it.sun"], patient)
        assert refused.value.code == "not_permitted"
        with pytest.raises(NotFoundError) as missing:
            await chart.open_chart(batch_principal("root"), patient)
        assert missing.value.code == "patient_not_found"
    told = [event.entry for event in ward.site.audit.events]
    assert [(entry.actor, entry.patient, entry.outcome) for entry in told] == [
        ("it.sun", "p1", AuditOutcome.REFUSED),
        ("batch", "p1", AuditOutcome.REFUSED),
        ("it.sun", "nobody", AuditOutcome.REFUSED),
    ]


async def test_without_an_audit_no_chart_opens(ward: Ward, chart: ChartDesk) -> None:
    ward.site.audit.broken_after = 0
    with pytest.raises(AuditError):
        await chart.open_chart(ward.principals["dr.lin"], "p1")
    with pytest.raises(AuditError):
        await chart.list_patients(ward.principals["dr.lin"])
    ward.site.audit.broken_after = None
    assert (await chart.read_summary(ward.principals["dr.lin"], "p1")).id == "p1"


@pytest.mark.parametrize("door", ["open_chart", "read_all", "read_summary"])
async def test_a_program_is_given_no_record_above_its_ceiling(
    ward: Ward, chart: ChartDesk, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ward.site.parts.records.import_unit([RESTRICTED])

    def program(ceiling: int) -> Principal:
        return replace(
            ward.principals["dr.lin"],
            roles=frozenset({Role.SERVICE}),
            channel=Channel.API,
            client=ClientRights(frozenset({"records.read"}), ceiling),
        )

    read = getattr(chart, door)
    assert await read(program(5), "p1")
    # A summary holds nothing of the condition; whole records do.
    too_low = (3,) if door == "read_summary" else (3, 4)
    for ceiling in too_low:
        with pytest.raises(PrivacyError) as caught:
            await read(program(ceiling), "p1")
        assert caught.value.code == "above_client_ceiling"
    monkeypatch.setattr(classes, "may_pass", lambda *_: True)
    for ceiling in too_low:
        assert await read(program(ceiling), "p1")


async def test_a_program_is_given_no_draft_above_its_ceiling(ward: Ward) -> None:
    draft = await ward.draft()
    program = replace(
        ward.principals["dr.lin"],
        id=PrincipalId("his"),
        roles=frozenset({Role.SERVICE}),
        channel=Channel.API,
        client=ClientRights(frozenset({"drafts.read", "records.read"}), draft.data_class),
    )
    lower = replace(program, client=ClientRights(frozenset({"drafts.read", "records.read"}), 3))
    assert (await ward.desk.open_draft(program, draft.id)).id == draft.id
    assert [one.id for one in await ward.desk.list(program)] == [draft.id]
    with pytest.raises(PrivacyError) as caught:
        await ward.desk.open_draft(lower, draft.id)
    assert caught.value.code == "above_client_ceiling"
    assert await ward.desk.list(lower) == []
