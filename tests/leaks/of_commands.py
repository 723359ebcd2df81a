"""Attempts on the command line: the same people, at the machine's own shell."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.leaks.asking import Line
from tests.leaks.attempts import Attempt, Maker
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import (
    CLINICIANS,
    CLOSED_DOCUMENT,
    CLOSED_SHELF,
    CLOSED_TEXT,
    Ground,
    a_uuid,
)
from tests.leaks.of_offices import WITHOUT_OFFICE
from tests.leaks.of_records import absent_of, wrong_one

ZEROS = "0" * 64
OPENED_BY_BOTH = frozenset(
    {"access readers", "retention holds", "retention due", "erasure list", "erasure request"}
)
"""What the patient office may do too."""

NO_SETTINGS = str(Path(__file__).with_name("no_settings.json"))

MORE: Mapping[str, tuple[str, ...]] = {
    "record export": ("--output", "/dev/null"),
    "bulk results": ("--output", "-"),
    "draft export": ("--format", "json"),
    "draft reject": ("--reason", "incomplete"),
    "job throttle": ("--per-minute", "600"),
    "access readers": ("demo-p01",),
    "access explain": ("audit.bai", "read_audit"),
    "keys rotate": ("--master-only",),
    "keys move": ("--url", "none", "--token-file", "/dev/null"),
    "retention hold": ("nobody-at-all", "--reason", "tried to"),
    "retention release": ("1", "--reason", "tried to"),
    "erasure request": ("nobody-at-all", "--basis", "consent_withdrawn", "--reason", "tried to"),
    "erasure approve": ("1",),
    "erasure refuse": ("1",),
    "register show": ("record_writer",),
    "register export": ("/dev/null",),
    "register answers": ("record_writer",),
    "register answer": ("record_writer", "--duty", "none", "--since", "2026-01-01"),
    "claim export": ("none", "--output", "/dev/null", "--ground", "regulator", "--case", "1"),
    "training record": (
        *("nobody", "record_writer", "--trainer", "no.one", "--subject", "tried to"),
        *("--on", "2026-01-01"),
    ),
    "training revoke": ("none", "--reason", "tried to"),
    "disclosure preview": ("record_writer",),
    "disclosure propose": ("record_writer", "--for", "staff"),
    "disclosure publish": ("record_writer", "--for", "public", "--number", "99"),
    "disclosure turn-down": ("record_writer", "--for", "public", "--number", "99"),
    "disclosure withdraw": ("record_writer", "--for", "public", "--number", "99"),
    "disclosure export": (
        *("record_writer", "--for", "public", "--number", "99", "--format", "json"),
    ),
    "disclosure take-certificate": ("/dev/null", "/dev/null"),
    "monitor export": ("/dev/null",),
    "monitor rule": ("record_writer", "failed", "--limit", "6"),
    "monitor answer": ("none", "tried"),
    "rules import": ("/dev/null", "--reason", "tried to"),
    "rules interactions": ("/dev/null", "--source", "tried to"),
    "drugs import": ("/dev/null", "--source", "tried to"),
    "rules export": ("/dev/null",),
    "rules diff": ("999999",),
    "rules approve": ("999999",),
    "rules refuse": ("999999", "--reason", "tried to"),
    "rules return": ("99999", "--reason", "tried to"),
    "register law": ("2022-09", "2099-01"),
    "evaluate run": ("judge", "--endpoint", "none"),
    "evaluate show": ("none",),
    "evaluate resume": ("none",),
    "evaluate compare": ("none", "none"),
    "evaluate cases": ("none", "--output", "/dev/null"),
    "evaluate import": ("/dev/null", "--id", "x1", "--title", "x", "--data-class", "1"),
    # One that no attempt asks at a door, because both may be a while apart.
    "app disable": ("record_quality", "--reason", "tried"),
    "app enable": ("record_quality",),
    "connection show": ("his",),
    "connection add": ("new", "--kind", "hl7v2_sender", "--synthetic", "--settings", NO_SETTINGS),
    "connection change": ("his", "--settings", NO_SETTINGS),
    "connection test": ("his",),
    "connection pause": ("his",),
    "connection resume": ("his",),
    "connection remove": ("none",),
    "connection samples": ("his",),
    "connection messages": ("his",),
    "connection replay": ("his",),
    "connection dry-run": ("his",),
    "imaging open": ("1.2.3", "--reason", "tried to"),
    "imaging link": ("1.2.3", "demo-p01"),
    "imaging set-aside": ("1.2.3", "--reason", "tried to"),
    "imaging find": ("pacs", "--patient-number", "1"),
    "imaging worklist": ("pacs",),
    "imaging fetch": ("pacs", "1.2.3"),
    "imaging send": ("pacs", "1.2.3"),
    "knowledge import": ("/dev/null",),
    "knowledge delete": ("none",),
    "knowledge erase": ("chest", "none", "--reason", "tried to"),
    "knowledge restore": ("none",),
    "knowledge release": ("none", "--version", "1"),
    "knowledge reject": ("none", "--version", "1"),
    "knowledge review": ("none", "--version", "1"),
    "knowledge rights": ("none", "--sensitivity", "1"),
    "knowledge life": ("none", "--owner", "x"),
    "knowledge activate": (ZEROS,),
    "knowledge retire": (ZEROS,),
    "release propose": ("record_writer", "--endpoint", "none"),
    "release approve": (ZEROS,),
    "release activate": (ZEROS,),
    "release rollout": (ZEROS, "--stage", "all"),
    "release return": ("record_writer",),
    "release suspend": (ZEROS, "--reason", "tried to"),
    "release resume": (ZEROS, "--reason", "tried to"),
    "release retire": (ZEROS, "--reason", "tried to"),
}
"""What a command needs besides what the attempt is at."""


def _of(command: str, account: str, *asked: str, stdin: str = "") -> Line:
    return Line((*command.split(" "), *asked, *MORE.get(command, ()), "--as", account), stdin)


def _patient(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    wrong, hidden = wrong_one(chance, patient.right)

    def line(account: str, number: str) -> Line:
        if interface.path != "app run":
            return _of(interface.path, account, number)
        request = {"patient_id": number, "document_type": "admission_record", "language": "zh"}
        given = json.dumps({"id": "1", "request": request}) + "\n"
        asked = ("record_writer", "--input", "-", "--output", "-", "--without-model", "--strict")
        return _of(interface.path, account, *asked, stdin=given)

    return Attempt(
        interface,
        line(wrong, patient.id),
        line(patient.right, patient.id),
        line(wrong, absent) if hidden else None,
        (patient.id, absent),
        patient.facts,
    )


def _draft(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    draft, right = chance.choice(sorted(ground.drafts.items()))
    wrong, hidden = wrong_one(chance, right)
    absent = a_uuid(chance)
    lines = [
        _of(interface.path, account, number)
        for account, number in ((wrong, draft), (right, draft), (wrong, absent))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2] if hidden else None, (draft, absent))


def _job(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    job, right = chance.choice(sorted(ground.jobs.items()))
    wrong, absent = chance.choice(WITHOUT_OFFICE), a_uuid(chance)
    lines = [
        _of(interface.path, account, number)
        for account, number in ((wrong, job), (right, job), (wrong, absent))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2], (job, absent))


def _bulk(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A run over many records is known to whoever started it, and its results are theirs alone."""
    wrong = chance.choice((*(one for one in CLINICIANS if one != "dr.lin"), "service.tao"))
    if interface.path == "bulk start":
        start = ground.bulk_start
        lines = [Line((*start, "--as", one)) for one in ("service.tao", "dr.lin")]
        return Attempt(interface, lines[0], lines[1])
    run, right = chance.choice(sorted(ground.bulk.items()))
    if interface.path == "bulk list":
        lines = [_of(interface.path, one) for one in (wrong, right)]
        return Attempt(interface, lines[0], lines[1], secrets=(run,), shut=False)
    absent = f"{chance.getrandbits(64):016x}"
    lines = [
        _of(interface.path, account, number)
        for account, number in ((wrong, run), (right, run), (wrong, absent))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2], (run, absent))


def _incident(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Who told it sees it, and the offices."""
    number, right = chance.choice(sorted(ground.incidents.items()))
    wrong = chance.choice([one for one in CLINICIANS if one != right])
    if interface.path == "incident list":
        lines = [_of(interface.path, one) for one in (wrong, right)]
        return Attempt(interface, lines[0], lines[1], secrets=(number,), shut=False)
    absent = "20990101-ffffff"
    lines = [
        _of(interface.path, account, one)
        for account, one in ((wrong, number), (right, number), (wrong, absent))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2], (number, absent))


def _office(_ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    assert interface.rule is not None
    shared = interface.path in OPENED_BY_BOTH
    without = WITHOUT_OFFICE[1:] if shared else WITHOUT_OFFICE
    wrong, right = chance.choice(without), interface.rule.right[0]
    return Attempt(interface, _of(interface.path, wrong), _of(interface.path, right))


def _collection(_ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    assert interface.rule is not None
    wrong, right = chance.choice(("security.dong", "service.tao")), interface.rule.right[0]
    if interface.path == "knowledge install":
        lines = [_of(interface.path, one, "/dev/null") for one in (wrong, right)]
        return Attempt(interface, lines[0], lines[1])
    after = ("/dev/shm/none.edition",) if interface.path == "knowledge export" else ()
    lines = [
        _of(interface.path, account, name, *after)
        for account, name in ((wrong, "chest"), (right, "chest"), (wrong, "chesu"))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2], ("chest", "chesu"))


def _document(_ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A document, or a whole collection, of a class above what the reader is cleared for."""
    wrong = chance.choice(("dr.lin", "nurse.zhao", "quality.xu", "service.tao"))
    searches = interface.path == "knowledge search"
    query = json.dumps({"id": "1", "query": "合并药房的决议"}) + "\n"

    def line(account: str, shelf: str) -> Line:
        if searches:
            asked = (shelf, "--queries", "-", "--output", "-", "--strict")
            return _of(interface.path, account, *asked, stdin=query)
        return _of(interface.path, account, shelf, CLOSED_DOCUMENT)

    lines = [
        line(account, shelf)
        for account, shelf in ((wrong, CLOSED_SHELF), ("dr.sun", CLOSED_SHELF), (wrong, "baord"))
    ]
    names = (CLOSED_SHELF, "baord")
    return Attempt(interface, lines[0], lines[1], lines[2], names, (CLOSED_TEXT,))


def _emergency(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    access, declared = chance.choice(sorted(ground.emergencies.items()))
    others = [one for one in CLINICIANS if one != declared]
    wrong, absent = chance.choice([*others, "it.cao", "security.dong"]), a_uuid(chance)
    # No comment: the right one is told what is missing, and nothing is decided.
    lines = [
        Line(("access", "review", number, "not_justified", "--comment", "", "--as", account))
        for account, number in ((wrong, access), ("compliance.yuan", access), (wrong, absent))
    ]
    return Attempt(interface, lines[0], lines[1], lines[2], (access, absent))


def _surrogates(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    told, right = chance.choice(sorted(ground.surrogates.items()))
    kept = json.loads(told)
    wrong, absent = (
        chance.choice(("dr.qiu", "it.cao", "security.dong", "audit.bai")),
        a_uuid(chance),
    )

    def line(account: str, number: str) -> Line:
        given = json.dumps({"id": "1", "text": kept["text"], "map_id": number}) + "\n"
        asked = ("--input", "-", "--output", "-", "--strict")
        return _of(interface.path, account, *asked, stdin=given)

    lines = [
        line(account, number)
        for account, number in ((wrong, kept["map_id"]), (right, kept["map_id"]), (wrong, absent))
    ]
    names = (kept["map_id"], absent)
    return Attempt(interface, lines[0], lines[1], lines[2], names, ("欧阳映雪", "13912345678"))


def _listing(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    patient = chance.choice(ground.patients)
    wrong = chance.choice([one for one in CLINICIANS if one != patient.right])
    drafts = tuple(sorted(d for d, whose in ground.drafts.items() if whose == patient.right))
    lists: Mapping[str, Callable[[], tuple[str, str, tuple[str, ...]]]] = {
        "record list": lambda: (wrong, patient.right, patient.facts),
        "draft list": lambda: (wrong, patient.right, drafts),
        "job list": lambda: ("service.tao", "it.cao", tuple(ground.jobs)),
        "knowledge list": lambda: (wrong, "dr.sun", (CLOSED_SHELF,)),
    }
    wrong, right, secrets = lists[interface.path]()
    lines = [_of(interface.path, account) for account in (wrong, right)]
    return Attempt(interface, lines[0], lines[1], secrets=secrets, shut=False)


MAKERS: Mapping[Closed, Maker] = {
    Closed.PATIENT: _patient,
    Closed.DRAFT: _draft,
    Closed.JOB: _job,
    Closed.BULK: _bulk,
    Closed.OFFICE: _office,
    Closed.COLLECTION: _collection,
    Closed.DOCUMENT: _document,
    Closed.EMERGENCY: _emergency,
    Closed.SURROGATES: _surrogates,
    Closed.LISTING: _listing,
    Closed.INCIDENT: _incident,
}
