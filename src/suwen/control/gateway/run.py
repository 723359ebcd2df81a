"""One run of an application, in the order in which it happens.

Read ``Gateway._pass_stages``: those are the twelve stages, nothing else composes them, and an
application cannot go around them. Privacy, guardrails and audit fail closed: when they cannot do
their work, the run ends. A language model that is absent, not admitted or broken is no reason to
end: the deterministic part is delivered, and the output says what is missing and why.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from suwen.control.access.decision import Action, ApplicationTarget
from suwen.control.gateway import admission, disclosure, generation, output_guard, verification
from suwen.control.gateway.draft_content import draft_content, draft_record
from suwen.control.gateway.events import stream_of
from suwen.control.gateway.parts import GatewayParts
from suwen.control.gateway.reading import read_stored
from suwen.control.gateway.record_texts import record_texts
from suwen.control.gateway.run_audit import RunAudit
from suwen.control.gateway.run_state import Run, StageNote, hash_of
from suwen.control.gateway.run_types import (
    PassagesEvent,
    RunEvent,
    RunOptions,
    RunResult,
    SectionEvent,
)
from suwen.control.gateway.shadowing import ShadowRuns
from suwen.control.gateway.stages import TraceLog
from suwen.control.governance.gate import chosen, nearest_reason, shadows_of
from suwen.control.governance.releases import pinned_editions, require_active
from suwen.control.guardrails.screening import (
    needs_person,
    passage_findings,
    record_findings,
    screen_user_texts,
)
from suwen.control.privacy.data_class import (
    check_ceiling,
    check_client_ceiling,
    effective_class,
)
from suwen.control.privacy.run_mask import RunMask
from suwen.control.routing.choice import NoEligible, rank_endpoints
from suwen.core.application import Plan
from suwen.core.audience import Audience
from suwen.core.document_form import section_as_json
from suwen.core.errors import InferenceError
from suwen.core.faults import fault_point
from suwen.core.finding import Finding
from suwen.core.identity import AppId, Principal, TraceId
from suwen.integration.fhir.record import read_record

_DEFAULTS = RunOptions()


class Gateway:
    """The only road from an application to a record or a model."""

    def __init__(self, parts: GatewayParts) -> None:
        self._parts = parts
        self.shadows = ShadowRuns(parts)

    @property
    def parts(self) -> GatewayParts:
        """What it is built from."""
        return self._parts

    async def run(
        self,
        principal: Principal,
        app: AppId,
        request: Mapping[str, Any],
        options: RunOptions = _DEFAULTS,
    ) -> RunResult:
        """Runs an application to its end.

        Raises:
            SuwenError: whatever ended the run; audit and trace say the same.
        """
        return await self.pass_through(Run(new_trace(), principal, app, request, options))

    def stream(
        self,
        principal: Principal,
        app: AppId,
        request: Mapping[str, Any],
        options: RunOptions = _DEFAULTS,
    ) -> AsyncIterator[RunEvent]:
        """As ``run``, telling what happens meanwhile; closing the iterator ends the run and
        cancels its engine call."""
        run = Run(new_trace(), principal, app, request, options)
        return stream_of(run, self.pass_through)

    async def pass_through(self, run: Run) -> RunResult:
        """Takes a run through the stages and closes audit and trace with how it truly ended."""
        started = time.perf_counter()
        trace = TraceLog(self._parts.traces, self._parts.clock)
        audit = RunAudit(self._parts.audit, trace)
        try:
            await self._pass_stages(run, trace)
        except BaseException as error:
            await asyncio.shield(audit.close_without_result(run, error))
            raise
        await asyncio.shield(audit.close_done(run))
        self.shadows.begin(run)
        return run.result(self._parts.partition, (time.perf_counter() - started) * 1000)

    async def _pass_stages(self, run: Run, trace: TraceLog) -> None:
        """The twelve stages."""
        await trace.stage(run, "admit", self._admit)
        await trace.stage(run, "audit", self._open_audit)
        await trace.open(run)
        await trace.stage(run, "read", self._read)
        await trace.stage(run, "minimise", self._minimise)
        await trace.stage(run, "guard_input", self._guard_input)
        await trace.stage(run, "retrieve", self._retrieve)
        await trace.stage(run, "core", self._core)
        await trace.stage(run, "generate", self._generate)
        await trace.stage(run, "verify", self._verify)
        await trace.stage(run, "guard_output", self._guard_output)
        await trace.stage(run, "disclose", self._disclose)
        await trace.stage(run, "draft", self._store_draft)

    async def _admit(self, run: Run, note: StageNote) -> None:
        """1. Who asks, as what, for which purpose, about whom; and may this application run."""
        await self._parts.renew()
        run.request_hash = hash_of(run.raw_request)
        note.inputs(run.app, run.principal.id, sorted(run.principal.roles), run.request_hash)
        installed = run.installed = admission.find_application(self._parts.applications, run.app)
        run.release = await require_active(self._parts.releases, installed, self._parts.clock.now())
        run.editions = pinned_editions(run.release)
        target = ApplicationTarget(installed.manifest, self._parts.partition.value)
        self._parts.access.require(run.principal, Action.RUN_APPLICATION, target)
        await admission.admit_user(run, self._parts)
        run.request = installed.application.parse(run.raw_request)
        run.plan = installed.application.plan(run.request)
        admission.check_plan(run.plan, installed.manifest)
        await admission.admit_patient(run, self._parts)
        note.result.update(release=run.admitted_release, origin=run.origin)

    async def _open_audit(self, run: Run, note: StageNote) -> None:
        """2. The run is durably on record before anything happens. No audit, no run."""
        note.inputs(run.admitted_release, run.request_hash, run.patient)
        await RunAudit.open(self._parts.audit, run)
        await admission.keep_view(run, self._parts)
        fault_point("run.after_audit_open")

    async def _read(self, run: Run, note: StageNote) -> None:
        """3. What the manifest says it reads, nothing else; what is missing stays missing."""
        read = run.admitted_plan.read
        if read is None:
            return note.skip("nothing_to_read")
        note.inputs(run.patient, read.resource_types, run.origin)
        if read.patient_id is not None:
            run.resources = await read_stored(self._parts.records, read, read.patient_id)
        else:
            run.resources = [r for r in run.given if r["resourceType"] in read.resource_types]
        run.record = await asyncio.to_thread(read_record, run.resources)
        run.record_hash = await asyncio.to_thread(hash_of, run.resources)
        note.result.update(
            resources=len(run.resources),
            not_declared=len(run.given) - len(run.resources) if run.given else 0,
            record=run.record_hash,
        )
        return None

    async def _minimise(self, run: Run, note: StageNote) -> None:
        """4. How sensitive the data are, where they may go, and no name on the way."""
        manifest = run.admitted.manifest
        note.inputs(run.record_hash, manifest.data_class)
        run.data_class = effective_class(manifest, run.resources)
        check_client_ceiling(run.data_class, run.principal)
        run.mask = RunMask.for_run(
            self._parts.surrogate_secret,
            run.patient,
            run.resources,
            run.admitted_plan.user_texts,
            self._parts.names,
        )
        note.result["data_class"] = run.data_class
        if run.options.without_model:
            return run.skip_model("not_wanted")
        if manifest.model_profile is None:
            return run.skip_model("no_model_part")
        ranked = rank_endpoints(
            manifest.model_profile,
            run.data_class,
            self._parts.partition,
            await self._parts.endpoints.list(),
        )
        if isinstance(ranked, NoEligible):
            return run.skip_model(ranked.reason.value)
        verdicts = await self._parts.model_gate.verdicts(
            run.admitted_release,
            run.admitted,
            ranked,
            run.principal.departments,
            self._parts.clock.now(),
        )
        run.shadows = shadows_of(verdicts)
        answering = chosen(verdicts)
        if answering is None:
            return run.skip_model(nearest_reason(verdicts).value)
        run.endpoint = answering.endpoint
        note.result["identifiers"] = run.mask.known
        note.result["endpoint"] = answering.endpoint.name
        note.result["model_part"] = answering.binding.id if answering.binding else None
        return None

    async def _guard_input(self, run: Run, note: StageNote) -> None:
        """5. Attacks and orders: refused in what the user wrote, reported in what was read."""
        user_texts = run.admitted_plan.user_texts
        note.inputs(user_texts, run.record_hash)
        urgent = self._urgent(run.admitted_plan)
        if urgent:
            # A person answers, not a model.
            run.findings.extend(urgent)
            run.endpoint, run.shadows = None, ()
            run.skip_model("needs_person")
        texts = record_texts(run.resources, run.record)
        found = await asyncio.to_thread(record_findings, texts)
        run.findings.extend(found)
        note.result.update(texts=len(texts), instruction_like=len(found), needs_person=len(urgent))

    def _urgent(self, plan: Plan) -> tuple[Finding, ...]:
        """Red flags before anything else: what may be an emergency is never refused."""
        oldest_first = (*plan.user_texts[1:], *plan.user_texts[:1])
        if plan.audience is Audience.PATIENT and self._parts.red_flags(oldest_first):
            return (needs_person(),)
        return screen_user_texts(plan.user_texts, plan.audience)

    async def _retrieve(self, run: Run, note: StageNote) -> None:
        """6. Passages that this reader may see; orders in them are reported too."""
        queries = run.admitted_plan.queries
        if not queries:
            return note.skip("nothing_to_retrieve")
        note.inputs(queries, run.editions)
        if self._parts.retriever is None:
            run.limits.append(disclosure.NO_KNOWLEDGE)
            return note.skip("no_knowledge")
        retriever = self._parts.retriever
        answers = await retriever.retrieve(queries, run.principal, run.editions)
        run.passages = tuple(passage for answer in answers for passage in answer.passages)
        # Before they are looked through: the reader may read them, an order in one is for a model.
        run.emit(PassagesEvent(run.passages))
        texts = [(passage.id, passage.text) for passage in run.passages]
        found = await asyncio.to_thread(passage_findings, texts)
        run.findings.extend(found)
        note.result.update(
            passages=len(run.passages),
            instruction_like=len(found),
            editions={query.collection: run.editions.get(query.collection) for query in queries},
        )
        return None

    async def _core(self, run: Run, note: StageNote) -> None:
        """7. The deterministic part; it must be right without any model."""
        note.inputs(run.request_hash, run.record_hash, [p.id for p in run.passages])
        application = run.admitted.application
        run.core = await asyncio.to_thread(application.core, run.request, run.record, run.passages)
        draft = run.core.draft
        note.result["findings"] = len(draft.findings)
        if draft.document is not None:
            for section in draft.document.sections:
                run.emit(SectionEvent(section_as_json(section, draft.document.language)))

    async def _generate(self, run: Run, note: StageNote) -> None:
        """8. The model's part, from an endpoint that may have the data and passed its gate."""
        application, core = run.admitted.application, run.core_result
        if run.endpoint is not None or run.shadows:
            run.prompt = application.ask(run.request, core)
            if run.prompt is None:
                run.skip_model("nothing_to_ask")
        prompt = run.prompt
        if run.endpoint is not None and prompt is not None:
            check_ceiling(run.data_class, run.endpoint)
            note.inputs(prompt.system, prompt.user, run.endpoint.name)
            try:
                run.answer = await generation.ask(run, self._parts.model(run.endpoint.name), prompt)
                run.draft = application.merge(run.request, core, run.answer)
                note.result.update(run.usage, concealed=run.known_mask.concealed)
                return
            except InferenceError as error:
                run.answer = None
                run.skip_model(error.code)
        note.skip(run.model_reason_code or "nothing_to_ask")
        run.draft = application.merge(run.request, core, None)

    async def _verify(self, run: Run, note: StageNote) -> None:
        """9. Every statement against the evidence; only here it becomes supported or not."""
        draft = run.merged
        if draft.document is None:
            return note.skip("no_statements")
        base = verification.evidence_base(run.record, run.passages, draft.document)
        note.inputs(run.record_hash, [s.text for s in draft.document.statements])
        document = await asyncio.to_thread(
            verification.verify_document, draft.document, self._parts.checker, base
        )
        run.draft = dataclasses.replace(draft, document=document)
        note.result.update(verification.counts(document))
        for event in verification.statement_events(document):
            run.emit(event)
        return None

    async def _guard_output(self, run: Run, note: StageNote) -> None:
        """10. Nothing of another patient, no orders left over from what the model read."""
        note.inputs(run.core_result.draft, run.draft)
        guarded = await asyncio.to_thread(output_guard.guard, run.merged, run)
        run.draft = guarded.draft
        run.findings.extend(guarded.findings)
        note.result.update(removed=guarded.removed)

    async def _disclose(self, run: Run, note: StageNote) -> None:
        """11. What is missing, how old it is, what it is not for, and that a machine wrote it."""
        note.inputs(run.draft, run.model_reason_code)
        draft = run.merged
        run.draft = dataclasses.replace(
            draft,
            findings=(*draft.findings, *run.findings),
            limits=disclosure.limits(run, self._parts.clock.now()),
        )
        sign_off = run.admitted.manifest.sign_off
        run.label = disclosure.label(run.model, self._parts.provider, run.content_id, sign_off)
        run.output = run.admitted.application.output(run.draft)
        run.content = draft_content(run)
        note.result.update(limits=len(run.draft.limits), content_id=run.content_id)

    async def _store_draft(self, run: Run, note: StageNote) -> None:
        """12. The draft waits for a person to answer for it; only what is signed may leave."""
        if not run.options.store:
            return note.skip("not_to_be_stored")
        record = draft_record(run, self._parts.partition, self._parts.clock.now())
        note.inputs(record.content_hash)
        await require_active(self._parts.releases, run.admitted, self._parts.clock.now())
        fault_point("run.before_draft_stored")
        await self._parts.drafts.create(record)
        run.draft_id = record.id
        note.result.update(draft=record.id, content_hash=record.content_hash)
        return None


def new_trace() -> TraceId:
    """A name for a run that no other has."""
    return TraceId(str(uuid.uuid4()))
