"""Attempts at records, drafts, signed documents, runs and lists by people of the hospital."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from tests.leaks.asking import Ask
from tests.leaks.attempts import Attempt, Maker, filled
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import (
    CHIEF_OF,
    CLINICIANS,
    CLOSED_SHELF,
    NEVER_READ,
    Ground,
    Patient,
    a_uuid,
)

NO_SUCH_VERSION = 999
"""Of every draft: what the right person asks for is admitted and then changes nothing."""

FIELDS: dict[str, tuple[str, ...]] = {
    "sign": ("version", "content_hash", "password"),
    "cosign": ("version", "content_hash", "password"),
    "reject": ("version", "reason"),
    "escalate": ("version", "comment"),
    "amend": ("version",),
    "first-opinion": ("first_opinion",),
    "disagreements": ("version", "content_hash", "code", "view"),
}
SERVED = ("Composition", "DocumentReference", "Bundle", "Provenance")


def wrong_one(chance: random.Random, right: str) -> tuple[str, bool]:
    """Somebody whose it is not, and whether that person may not even know that it is there."""
    others = [one for one in CLINICIANS if one != right]
    wrong = chance.choice([*NEVER_READ, *others])
    # Treating staff are told that a record is there which they have no care relationship with.
    return wrong, wrong in NEVER_READ


def absent_of(patient: str, chance: random.Random) -> str:
    """The number of nobody, as long as a patient's."""
    return patient[:-2] + f"{chance.choice('xyz')}{chance.choice('0123456789')}"


def sent(ground: Ground, chance: random.Random, interface: Interface) -> Any:
    """How this attempt's requests are sent: as a program does, or as a browser does."""
    pages = not interface.path.startswith(("/api/", "/fhir/")) and interface.method != "PUT"
    return ground.page if pages and chance.random() < 0.3 else ground.by


def _patient(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    wrong, hidden = wrong_one(chance, patient.right)
    how = sent(ground, chance, interface)

    def ask(sender: Any, account: str, number: str) -> Ask:
        body: dict[str, Any] | None = None
        if interface.method == "POST":
            body = {"document_type": "admission_record", "language": "zh"}
        if "/apps/" in interface.path:
            body = {"request": {**(body or {}), "patient_id": number}}
        names = {"patient": number, "type": "Patient", "item": number, "app": "record_writer"}
        request: Ask = sender(account, interface.method, filled(interface.path, names), body)
        return request

    return Attempt(
        interface,
        ask(how, wrong, patient.id),
        ask(ground.by, patient.right, patient.id),
        ask(how, wrong, absent) if hidden else None,
        (patient.id, absent),
        patient.facts,
    )


def _draft(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    draft, right = chance.choice(sorted(ground.drafts.items()))
    wrong, hidden = wrong_one(chance, right)
    absent = a_uuid(chance)
    verb = interface.path.rpartition("/")[2]
    by_right = CHIEF_OF[right] if verb == "cosign" else right
    headers = {"If-Match": f'"{NO_SUCH_VERSION}"'}

    def ask(account: str, number: str) -> Ask:
        path = filled(interface.path, {"draft": number, "image": "1"})
        query = "?form=pdf" if verb == "export" else ""
        body: dict[str, Any] | None = {"sections": {}} if interface.method == "PUT" else None
        if interface.method == "POST":
            # With the password that all demonstration accounts have: it is never the password
            # that keeps somebody out here.
            known = {**BODY, "password": ground.site.passwords[account]}
            body = {name: known[name] for name in FIELDS.get(verb, ())}
        return ground.by(account, interface.method, path + query, body, **headers)

    return Attempt(
        interface,
        ask(wrong, draft),
        ask(by_right, draft),
        ask(wrong, absent) if hidden else None,
        (draft, absent),
    )


BODY: dict[str, Any] = {
    "version": NO_SUCH_VERSION,
    "content_hash": "0" * 64,
    "reason": "incomplete",
    # Too short: the right one is told so, and nothing is kept.
    "first_opinion": "x",
    "code": "other",
    "view": "tried to",
    "comment": "x",
}


def _signed(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    record, right = chance.choice(sorted(ground.signed.items()))
    wrong, hidden = wrong_one(chance, right)
    kind = chance.choice(SERVED)
    if interface.path.endswith("{id}"):
        absent = a_uuid(chance)
        asks = [
            ground.by(account, "GET", f"/fhir/{kind}/{number}")
            for account, number in ((wrong, record), (right, record), (wrong, absent))
        ]
        return Attempt(interface, asks[0], asks[1], asks[2] if hidden else None, (record, absent))
    patient = chance.choice(ground.of(right))
    absent = absent_of(patient.id, chance)
    kind = chance.choice(SERVED[:2])
    asks = [
        ground.by(account, "GET", f"/fhir/{kind}?patient={number}")
        for account, number in ((wrong, patient.id), (right, patient.id), (wrong, absent))
    ]
    names = (patient.id, absent)
    return Attempt(interface, asks[0], asks[1], asks[2] if hidden else None, names, patient.facts)


def _run(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    trace, right = chance.choice(sorted(ground.runs.items()))
    wrong = chance.choice(("it.cao", "security.dong", "service.tao"))
    absent = a_uuid(chance)
    # Of a run that ended everybody is told the same who stops it: also whoever began it.
    stops = interface.path.endswith("/stop")
    how = ground.by if stops else sent(ground, chance, interface)
    asks = [
        sender(account, interface.method, filled(interface.path, {"trace": number}))
        for sender, account, number in (
            (how, wrong, trace),
            (ground.by, right, trace),
            (how, wrong, absent),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (trace, absent), shut=not stops)


def _own_run(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    trace, right = chance.choice(sorted(ground.questions.items()))
    wrong = chance.choice([*NEVER_READ, *(one for one in CLINICIANS if one != right)])
    absent = a_uuid(chance)
    how = sent(ground, chance, interface)
    asks = [
        sender(account, interface.method, filled(interface.path, {"trace": number}))
        for sender, account, number in (
            (how, wrong, trace),
            (ground.by, right, trace),
            (how, wrong, absent),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (trace, absent), ("抗菌药物",))


def _listing(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A list shows the wrong one nothing of a patient, and nothing that a name would not."""
    patient = chance.choice(ground.patients)
    right = LISTED_FOR.get(str(interface), patient.right)
    wrong = chance.choice([one for one in CLINICIANS if one not in (patient.right, right)])
    nobody = "".join(chance.choice("龘靐齉爩籲") for _ in patient.name)
    made = LISTED[str(interface)]
    path, body, secrets = made(ground, patient, patient.name)
    absent_path, absent_body, _ = made(ground, patient, nobody)
    how = sent(ground, chance, interface)
    return Attempt(
        interface,
        how("service.tao" if interface.path == "/jobs" else wrong, interface.method, path, body),
        ground.by(right, interface.method, path, body),
        how(wrong, interface.method, absent_path, absent_body) if path != absent_path else None,
        (patient.name, nobody),
        secrets,
        shut=False,
    )


Listed = tuple[str, Mapping[str, str] | None, tuple[str, ...]]
"""Address, form, and what the list must not show."""


def _worklist(_ground: Ground, patient: Patient, _name: str) -> Listed:
    return "/worklist", None, (f'data-patient="{patient.id}"',)


def _searched_worklist(_ground: Ground, patient: Patient, name: str) -> Listed:
    return "/worklist", {"q": name}, (f'data-patient="{patient.id}"',)


def _palette(_ground: Ground, patient: Patient, name: str) -> Listed:
    return "/palette", {"q": name}, (f"/patients/{patient.id}",)


def _worklist_by_api(_ground: Ground, patient: Patient, name: str) -> Listed:
    return f"/api/v1/worklist?q={quote(name)}", None, (f'"{patient.id}"',)


def _patients_by_api(_ground: Ground, patient: Patient, name: str) -> Listed:
    return f"/api/v1/patients?limit=200&q={quote(name)}", None, (f'"{patient.id}"',)


def _drafts_by_api(ground: Ground, patient: Patient, _name: str) -> Listed:
    theirs = sorted(d for d, whose in ground.drafts.items() if whose == patient.right)
    return "/api/v1/drafts?limit=200", None, tuple(theirs)


def _questions(ground: Ground, _patient: Patient, _name: str) -> Listed:
    return "/evidence", None, tuple(ground.questions)


def _own_questions(ground: Ground, _patient: Patient, _name: str) -> Listed:
    return "/evidence/own", None, tuple(ground.questions)


def _jobs(ground: Ground, _patient: Patient, _name: str) -> Listed:
    return "/jobs", None, tuple(ground.jobs)


def _library(_ground: Ground, _patient: Patient, _name: str) -> Listed:
    return "/library", None, (CLOSED_SHELF,)


LISTED: Mapping[str, Callable[[Ground, Patient, str], Listed]] = {
    "GET /worklist": _worklist,
    "POST /worklist": _searched_worklist,
    "POST /palette": _palette,
    "GET /api/v1/worklist": _worklist_by_api,
    "GET /api/v1/patients": _patients_by_api,
    "GET /api/v1/drafts": _drafts_by_api,
    "GET /evidence": _questions,
    "GET /evidence/own": _own_questions,
    "GET /jobs": _jobs,
    "GET /library": _library,
}
LISTED_FOR = {
    "GET /evidence": "dr.lin",
    "GET /evidence/own": "dr.lin",
    "GET /jobs": "it.cao",
    "GET /library": "dr.sun",
}
"""Whose list shows it, where that is not the patient's physician."""


def _follow_up(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A question that goes on from somebody else's."""
    trace, right = chance.choice(sorted(ground.questions.items()))
    wrong, absent = chance.choice([one for one in CLINICIANS if one != right]), a_uuid(chance)
    form = {"query": "疗程多少天", "collection": "chest"}
    asks = [
        ground.by(account, "POST", "/evidence", {**form, "after": number})
        for account, number in ((wrong, trace), (right, trace), (wrong, absent))
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (trace, absent))


MAKERS: Mapping[Closed, Maker] = {
    Closed.PATIENT: _patient,
    Closed.DRAFT: _draft,
    Closed.SIGNED: _signed,
    Closed.RUN: _run,
    Closed.OWN_RUN: _own_run,
    Closed.LISTING: _listing,
    Closed.FOLLOW_UP: _follow_up,
}
