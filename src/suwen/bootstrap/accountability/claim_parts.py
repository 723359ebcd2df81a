"""The parts of a claim file, each as JSON that stands for itself."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from suwen.bootstrap.register import register_json
from suwen.control.audit.checkpoints import checkpoint_as_json
from suwen.control.audit.export import event_as_json
from suwen.control.gateway.signing import verify_signature
from suwen.core.audit import AuditEvent
from suwen.core.draft import DraftRecord, SignOff
from suwen.core.exact_json import write_exact
from suwen.core.identity import AppId
from suwen.core.language import Language
from suwen.storage.disagreements import DisagreementStore
from suwen.storage.encryption import field_cipher
from suwen.storage.evaluations import EvaluationStore
from suwen.storage.first_opinions import FirstOpinionStore
from suwen.storage.incidents import IncidentStore
from suwen.storage.training import TrainingStore

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform
    from suwen.core.identity import Principal

_MOST_EVENTS = 5000


def as_json(value: Any) -> bytes:
    """A value of ours as JSON for people: dataclasses by their fields, times with their zone."""
    return write_exact(_plain(value)).encode()


async def of_draft(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """The draft as shown in every version, the decisions on it, and what was signed."""
    sign_offs = await platform.drafts.sign_offs(draft.id)
    facts = dataclasses.replace(draft, content={})
    return {
        "draft/draft.json": as_json(facts),
        "draft/versions.json": as_json(await platform.drafts.versions(draft.id)),
        "decisions/sign_offs.json": as_json([_decision(platform, one) for one in sign_offs]),
        "decisions/signed_records.json": as_json(await platform.drafts.signed_versions(draft.id)),
    }


async def of_evidence(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """Every item of the record that the draft names as evidence, as the record holds it now."""
    found = {}
    for reference in sorted(_references(draft.content)):
        kind, _, name = reference.partition("/")
        if kind and name:
            found[reference] = await platform.records.read_resource(kind, name)
    return {"evidence/record_items.json": as_json(found)}


async def of_run(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """The twelve stages of the run, and what it told its reader, as far as that is still kept."""
    trace = await platform.traces.read(draft.trace)
    events = await platform.traces.events_after(draft.trace, 0)
    return {
        "run/trace.json": as_json(trace),
        "run/events.json": as_json(events),
    }


async def of_release(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """The Release with its parts, gate, model parts with their steps, evaluations, manifest."""
    store = platform.releases
    bindings = await store.bindings.of_release(draft.release)
    cipher = field_cipher(platform.settings.home)
    runs = await EvaluationStore(platform.database, cipher).latest(1000)
    engines = {one.endpoint for one in bindings}
    installed = platform.applications.get(draft.app)
    return {
        "release/release.json": as_json(await store.by_hash(draft.release)),
        "release/gates.json": as_json(await store.gates(draft.release)),
        "release/model_parts.json": as_json(
            [{"binding": one, "steps": await store.bindings.acts(one.id)} for one in bindings]
        ),
        "release/suspension.json": as_json(await store.suspension(draft.app)),
        "release/evaluations.json": as_json(
            [
                run
                for run in runs
                if run.release == draft.release or (run.app is None and run.endpoint in engines)
            ]
        ),
        "application/manifest.json": as_json(installed.manifest if installed else None),
    }


async def of_people(platform: Platform, draft: DraftRecord, acting: Principal) -> dict[str, bytes]:
    """Who answers, who disagreed, who thought what before, and who was trained."""
    disagreements = await DisagreementStore(platform.database).of_draft(draft.id)
    row = (await platform.register.read(draft.app, acting)).row
    answers = await platform.accountability.answers.read(draft.app, acting, draft.release)
    opinions = await FirstOpinionStore(platform.database).of_draft(draft.id)
    signers = {one.signer for one in await platform.drafts.sign_offs(draft.id)}
    people = signers | {one.person for one in disagreements}
    training = TrainingStore(platform.database)
    return {
        "answerability/register.json": as_json(register_json([row], Language.EN)),
        "answerability/duties.json": as_json(answers.duties),
        "answerability/training.json": as_json(
            {person: await training.records(person, AppId(draft.app)) for person in sorted(people)}
        ),
        "decisions/disagreements.json": as_json(disagreements),
        "decisions/first_opinions.json": as_json(opinions),
    }


async def of_incidents(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """Incidents and near misses that name the draft or its run."""
    store = IncidentStore(platform.database, field_cipher(platform.settings.home))
    lines = await store.list(limit=5000)
    of_it = [
        line.incident.id
        for line in lines
        if line.incident.draft == draft.id or line.incident.trace == draft.trace
    ]
    told = []
    for incident in of_it:
        found, entries = await store.read(incident)
        told.append({"incident": found, "entries": entries})
    return {"incidents/incidents.json": as_json(told)}


async def of_audit(platform: Platform, draft: DraftRecord) -> dict[str, bytes]:
    """The audit events of the draft and its run, the checkpoints around them, the public keys."""
    store = platform.audit_store
    found = {
        event.sequence: event
        for wanted in ({"subject": f"Draft/{draft.id}"}, {"trace": draft.trace})
        for event in await store.latest(_MOST_EVENTS, **wanted)
    }
    events = [found[number] for number in sorted(found)]
    first = events[0].sequence if events else 0
    checkpoints = [one for one in await store.checkpoints() if one.sequence >= first]
    return {
        "audit/excerpt.jsonl": _lines(events),
        "audit/checkpoints.json": as_json([checkpoint_as_json(one) for one in checkpoints]),
        "keys/public_keys.json": as_json(
            {key: raw.hex() for key, raw in platform.signer.public_keys().items()}
        ),
    }


def _decision(platform: Platform, one: SignOff) -> dict[str, Any]:
    return {**_plain(one), "signature_valid": verify_signature(one, platform.signer)}


def _lines(events: Sequence[AuditEvent]) -> bytes:
    lines = [json.dumps(event_as_json(event), ensure_ascii=False) for event in events]
    return "".join(f"{line}\n" for line in lines).encode()


def _references(node: Any) -> Iterable[str]:
    """References ``Resource/id`` of everything that names evidence."""
    if isinstance(node, Mapping):
        reference = node.get("reference")
        if isinstance(reference, str) and node.get("kind") == "record":
            return {reference.partition("#")[0]}
        return {found for value in node.values() for found in _references(value)}
    if isinstance(node, list | tuple):
        return {found for value in node for found in _references(value)}
    return set()


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(_plain(item)) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
