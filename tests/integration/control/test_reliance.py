"""The guards against over-reliance: training, the own view first, second walls of the database."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from suwen.control.gateway.opinions import OpinionDesk
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.reliance import Reliance
from suwen.control.gateway.run_types import RunOptions
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.control.governance.first_opinion import Agrees, Kept
from suwen.core.errors import ConflictError, SuwenError
from suwen.core.identity import DraftId, PatientId, Principal, PrincipalId, Purpose, Role
from suwen.storage.database import Database
from suwen.storage.disagreements import Disagreement, DisagreementStore, SecondReading
from suwen.storage.first_opinions import FirstOpinionStore
from suwen.storage.planted_checks import PlantedCheck, PlantedCheckStore
from suwen.storage.training import TrainingRecord, TrainingStore
from tests.integration.control.conftest import Build
from tests.support.applications import (
    MANIFEST,
    NOTE_WRITER,
    NOW,
    PATIENT,
    Site,
    patient_resources,
    person,
    stored,
)

FIRST = dataclasses.replace(MANIFEST, first_opinion=True)
REQUEST = {"patient_id": PATIENT, "language": "zh"}
VIEW = "血钾升高\n考虑肾功能不全"


def guarded(database: Database) -> Callable[[GatewayParts], GatewayParts]:
    def change(parts: GatewayParts) -> GatewayParts:
        stores = TrainingStore(database), FirstOpinionStore(database), PlantedCheckStore(database)
        return dataclasses.replace(parts, reliance=Reliance(*stores, parts.clock))

    return change


@pytest.fixture
async def first(build: Build, database: Database) -> Site:
    """A site whose application asks for the own view first."""
    return await build(change=guarded(database), manifest=FIRST)


def desk_of(site: Site) -> tuple[SignOffDesk, OpinionDesk]:
    assert site.parts.reliance is not None
    sign_off = SignOffDesk(site.parts, None, lambda _person: None)  # type: ignore[arg-type, return-value]
    return sign_off, OpinionDesk(site.parts, site.parts.reliance)


async def code_of(work: Any) -> str:
    with pytest.raises(SuwenError) as caught:
        await work
    return caught.value.code


async def test_a_run_is_held_back_until_the_clinician_wrote_their_view(first: Site) -> None:
    lin = person("dr.lin")
    run = first.gateway.run
    kept = RunOptions(store=True)
    assert await code_of(run(lin, NOTE_WRITER, REQUEST, kept)) == "first_opinion_needed"
    short = RunOptions(store=True, first_opinion="  血 ")
    assert await code_of(run(lin, NOTE_WRITER, REQUEST, short)) == "first_opinion_too_short"
    result = await run(lin, NOTE_WRITER, REQUEST, RunOptions(store=True, first_opinion=VIEW))
    [opinion] = await FirstOpinionStore(_database(first)).of_draft(DraftId(str(result.draft_id)))
    assert (opinion.person, opinion.opinion, opinion.comparison) == ("dr.lin", VIEW, None)


async def test_an_application_that_does_not_ask_is_not_held_back(
    build: Build, database: Database
) -> None:
    site = await build(change=guarded(database))
    result = await site.gateway.run(person("dr.lin"), NOTE_WRITER, REQUEST, RunOptions(store=True))
    sign_off, _ = desk_of(site)
    assert await sign_off.open_draft(person("dr.zhou"), DraftId(str(result.draft_id)))


async def test_without_a_store_of_views_nothing_is_shown(build: Build) -> None:
    site = await build(manifest=FIRST)
    options = RunOptions(store=True, first_opinion=VIEW)
    run = site.gateway.run(person("dr.lin"), NOTE_WRITER, REQUEST, options)
    assert await code_of(run) == "first_opinion_needed"


async def test_each_reader_writes_their_own_view_and_compares_it(first: Site) -> None:
    options = RunOptions(store=True, first_opinion=VIEW)
    result = await first.gateway.run(person("dr.lin"), NOTE_WRITER, REQUEST, options)
    draft = DraftId(str(result.draft_id))
    sign_off, opinions = desk_of(first)
    zhou, quality = person("dr.zhou"), _quality()
    for held in (
        sign_off.open_draft(zhou, draft),
        sign_off.history(zhou, draft),
        sign_off.copy_text(zhou, draft),
        sign_off.save(zhou, draft, 1, {}),
        opinions.own(zhou, draft),
    ):
        assert await code_of(held) == "first_opinion_needed"
    # The office that looks back is not asked; whoever may not read the draft may not write either.
    assert await sign_off.open_draft(quality, draft)
    outsider = person("dr.wu", departments=("surgery",))
    assert await code_of(opinions.write(outsider, draft, VIEW)) == "no_care_relationship"
    text = await _a_line_of(first, draft)
    await opinions.write(zhou, draft, f"{text}\n完全不同的看法")
    with pytest.raises(ConflictError, match="first_opinion_written"):
        await opinions.write(zhou, draft, "现在我也这么想")
    own = await opinions.own(zhou, draft)
    assert own is not None
    assert [line.in_output for line in own.lines] == [True, False]
    await opinions.compare(zhou, draft, Agrees.DIFFERS, Kept.OUTPUT)
    with pytest.raises(ConflictError, match="opinion_compared"):
        await opinions.compare(zhou, draft, Agrees.AGREES, Kept.OWN)
    [_, kept] = await FirstOpinionStore(_database(first)).of_draft(draft)
    assert kept.comparison is not None and kept.comparison.kept == "output"


async def test_nobody_plants_on_a_real_patient_and_nothing_planted_is_signed(
    site: Site, database: Database
) -> None:
    store = PlantedCheckStore(database)
    real = _check(PATIENT)
    assert await code_of(store.put(real)) == "database_refused"
    invented = stored(patient_resources("p9"), origin="synthetic")
    await site.parts.records.import_unit(invented)
    result = await site.gateway.run(
        person("dr.lin"), NOTE_WRITER, {**REQUEST, "patient_id": "p9"}, RunOptions(store=True)
    )
    draft = await site.parts.drafts.read(DraftId(str(result.draft_id)))
    await store.put(dataclasses.replace(_check("p9"), draft=draft.id))
    # Whatever the desk does, the database keeps a planted draft from becoming a record.
    from sqlalchemy import text

    async def sign() -> None:
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    "INSERT INTO signed_record (id, draft, number, content, content_hash, "
                    "sign_offs, signed_at) VALUES ('r', :draft, 1, '{}', '', '[]', now())"
                ),
                {"draft": draft.id},
            )

    assert await code_of(sign()) == "database_refused"


async def test_the_database_wants_another_person(database: Database) -> None:
    training = TrainingRecord(
        id="t1",
        person=PrincipalId("dr.lin"),
        app=NOTE_WRITER,
        subject="x",
        competent=True,
        trainer=PrincipalId("dr.lin"),
        trained_on=date(2026, 1, 1),
        expires_on=date(2027, 1, 1),
        recorded_by=PrincipalId("com.yu"),
        recorded_at=NOW,
    )
    store = TrainingStore(database)
    assert await code_of(store.put(training)) == "database_refused"
    by_oneself = dataclasses.replace(
        training, trainer=PrincipalId("chief.he"), recorded_by=PrincipalId("dr.lin")
    )
    assert await code_of(store.put(by_oneself)) == "database_refused"
    await store.put(dataclasses.replace(training, trainer=PrincipalId("chief.he")))
    disagreements = DisagreementStore(database)
    one = Disagreement(
        id="g1",
        draft=DraftId("d1"),
        version=1,
        content_hash="0" * 64,
        app=NOTE_WRITER,
        release="r",  # type: ignore[arg-type]
        patient=PatientId(PATIENT),
        item=None,
        code="unsafe",
        view="should not",
        person=PrincipalId("dr.lin"),
        name="dr.lin",
        role="physician",
        at=NOW,
    )
    await disagreements.put(one)
    own = SecondReading(PrincipalId("dr.lin"), "x", "physician", NOW, "clinician_right", "y")
    with pytest.raises(ConflictError, match="disagreement_settled"):
        await disagreements.settle(one, own)
    await disagreements.settle(one, dataclasses.replace(own, person=PrincipalId("chief.he")))
    assert (await disagreements.read("g1")).second is not None


def _check(patient: str) -> PlantedCheck:
    return PlantedCheck(
        id=f"c-{patient}",
        draft=DraftId(f"d-{patient}"),
        source_draft=DraftId("s"),
        app=NOTE_WRITER,
        release="r",  # type: ignore[arg-type]
        patient=PatientId(patient),
        section="s",
        statement="s.1",
        kind="number",
        original="5.1",
        planted="1.5",
        planted_by=PrincipalId("q.tang"),
        planted_at=NOW,
    )


def _quality() -> Principal:
    return person("q.tang", Role.QUALITY_OFFICER, purpose=Purpose.QUALITY)


def _database(site: Site) -> Database:
    assert site.parts.reliance is not None
    return site.parts.reliance.opinions._database


async def _a_line_of(site: Site, draft: DraftId) -> str:
    found = await site.parts.drafts.read(draft)
    return str(found.content["result"]["document"]["sections"][0]["text"]).splitlines()[0]
