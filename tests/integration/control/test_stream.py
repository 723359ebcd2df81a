"""A run as a stream: sections, statements and reasoning as they come; leaving it cancels it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from suwen.control.gateway.run_types import (
    ReasoningEvent,
    ResultEvent,
    SectionEvent,
    StageEvent,
    StatementEvent,
)
from suwen.control.privacy.run_mask import RunMask
from suwen.core.audit import AuditOutcome
from suwen.core.errors import AccessError
from tests.support.applications import (
    NOTE_WRITER,
    PATIENT,
    Site,
    patient_resources,
    person,
    surrogate_secret,
)

ASK = {"patient_id": "p1"}


async def test_events_come_in_the_order_of_the_work(site: Site) -> None:
    await site.pass_gate()
    site.model.reasoning = "first think then write"
    site.model.sentences = ["Potassium was 5.1 mmol/L."]
    events = [event async for event in site.gateway.stream(person(), NOTE_WRITER, ASK)]

    kinds = [event.kind for event in events if not isinstance(event, StageEvent)]
    # So much of the reasoning is held back as a name may need; this one comes at its end.
    assert kinds == ["section"] * 2 + ["reasoning"] + ["statement"] * 2 + ["result"]
    names = [e.name for e in events if isinstance(e, StageEvent) and e.status != "running"]
    assert len(names) == 12
    reasoning = "".join(e.text for e in events if isinstance(e, ReasoningEvent))
    assert reasoning.split() == ["first", "think", "then", "write"]
    sections = [e.section["id"] for e in events if isinstance(e, SectionEvent)]
    assert sections == ["patient", "results"]
    statements = [e.statement for e in events if isinstance(e, StatementEvent)]
    assert [s["supported"] for s in statements] == [True, True]
    assert isinstance(events[-1], ResultEvent)
    assert "first think" not in str(events[-1].result.content), "reasoning is never filed"


async def test_reasoning_names_the_patient_for_the_reader_alone(site: Site) -> None:
    await site.pass_gate()
    mask = RunMask(surrogate_secret(PATIENT), patient_resources())
    told = f"Of {mask.conceal('Zhang Wei')} the potassium is high. " * 6
    site.model.reasoning = told
    events = [event async for event in site.gateway.stream(person(), NOTE_WRITER, ASK)]

    pieces = [e.text for e in events if isinstance(e, ReasoningEvent)]
    assert len(pieces) > 3, "it is told while it comes"
    assert "".join(pieces).split() == ("Of Zhang Wei the potassium is high. " * 6).split()
    assert "Zhang Wei" not in site.model.asked[0].messages[1].text


async def test_closing_the_stream_cancels_the_engine_and_closes_the_audit(site: Site) -> None:
    await site.pass_gate()
    site.model.hang = True
    stream: Any = site.gateway.stream(person(), NOTE_WRITER, ASK)
    async with aclosing(stream) as events:
        async for event in events:
            if isinstance(event, StageEvent) and event.name == "generate":
                await site.model.began.wait()
                break
    assert site.model.cancelled
    assert site.audit.told[-1] == ("run.close", AuditOutcome.FAILED)
    assert site.audit.events[-1].entry.detail["code"] == "cancelled"
    assert await site.parts.traces.still_open() == ()


async def test_a_refusal_comes_out_of_the_stream(site: Site) -> None:
    stranger = person("dr.wu", departments=["surgery"])
    seen = []
    with pytest.raises(AccessError):
        async for event in site.gateway.stream(stranger, NOTE_WRITER, ASK):
            seen.append(event.as_json())
    assert seen[-1]["status"] == "refused"


async def test_runs_do_not_wait_for_one_another(site: Site) -> None:
    await site.pass_gate()
    site.model.hang = True
    hanging = asyncio.create_task(site.gateway.run(person(), NOTE_WRITER, ASK))
    await asyncio.wait_for(site.model.began.wait(), 20)
    site.model.hang = False
    assert (await site.gateway.run(person(), NOTE_WRITER, ASK)).model == "used"
    hanging.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hanging
