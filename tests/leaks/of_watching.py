"""Attempts at incidents that somebody else told, and at drafts that wait for another reader."""

from __future__ import annotations

import random
from collections.abc import Mapping
from urllib.parse import quote

from suwen.storage.second_reviews import ReviewCase, SecondReviewStore
from tests.leaks.asking import Ask
from tests.leaks.attempts import Attempt, Maker, filled
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import CLINICIANS, Ground
from tests.leaks.of_offices import WITHOUT_OFFICE
from tests.leaks.of_records import sent

OFFICER = "quality.xu"
TOLD = "剂量写成十倍"
ABSENT = "20990101-ffffff"
NO_CASE = "f" * 20


def lay_out_watching(ground: Ground) -> None:
    """One incident of each clinician about a patient of theirs, and a case of each draft."""
    for patient in ground.patients:
        if patient.right not in ground.incidents.values():
            given = {
                "from": f"/patients/{patient.id}",
                "kind": "near_miss",
                "problem": "wrong_dose",
                "harm": "mild",
                "happened_at": "2026-01-02T03:04",
                "words": f"{TOLD}：{patient.name}",
            }
            told = ground.ask(ground.page(patient.right, "POST", "/incidents", given))
            assert told.status == 303, told.text
            number = str(told.headers["location"]).rpartition("/")[2].partition("?")[0]
            ground.incidents[number] = patient.right
    platform = ground.site.platform
    now = platform.clock.now()
    for n, (draft, account) in enumerate(sorted(ground.drafts.items())):
        case = ReviewCase(
            id=f"{n:020x}",
            draft=draft,
            decision=n,
            app="record_writer",
            release="",
            department="",
            patient=None,
            first_reader=account,
            first_verdict="as_built",
            decided_at=now,
            drawn_at=now,
            seed="leaks",
            share=1.0,
        )
        ground.site.run(SecondReviewStore(platform.database).draw([case]))
        ground.readings[case.id] = account


def _incident(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Who told it reads it, and the offices; only they take it on."""
    number, right = chance.choice(sorted(ground.incidents.items()))
    wrong = chance.choice([*(one for one in CLINICIANS if one != right), *WITHOUT_OFFICE])
    how = sent(ground, chance, interface)
    if interface.path == "/incidents":
        asks = [
            sender(who, "GET", "/incidents") for sender, who in ((how, wrong), (ground.by, right))
        ]
        return Attempt(interface, asks[0], asks[1], secrets=(number,), shut=False)
    if interface.path == "/incidents/new":
        patient = chance.choice(ground.patients)
        stranger = chance.choice([one for one in CLINICIANS if one != patient.right])
        path = f"/incidents/new?from={quote(f'/patients/{patient.id}')}"
        asks = [how(stranger, "GET", path), ground.by(patient.right, "GET", path)]
        told = (f"<code>{patient.id}</code>",)
        return Attempt(interface, asks[0], asks[1], secrets=told, shut=False)
    moves = interface.method == "POST"
    body = {"words": "tried", "seen": "1"} if moves else None

    def ask(sender: object, who: str, name: str) -> Ask:
        path = filled(interface.path, {"incident": name, "act": "note", "law": "cn"})
        made: Ask = sender(who, interface.method, path, body)  # type: ignore[operator]
        return made

    return Attempt(
        interface,
        ask(how, wrong, number),
        ask(ground.by, OFFICER if moves else right, number),
        ask(how, wrong, ABSENT),
        (number, ABSENT),
        () if moves else (TOLD,),
    )


def _reading(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A drawn draft is for another than who decided on it, with a role that may sign it."""
    case, first = chance.choice(sorted(ground.readings.items()))
    wrong = chance.choice([first, *WITHOUT_OFFICE, "nurse.zhao"])
    how = sent(ground, chance, interface)
    if interface.path == "/second-readings":
        asks = [
            sender(who, "GET", "/second-readings")
            for sender, who in ((how, "nurse.zhao"), (ground.by, OFFICER))
        ]
        return Attempt(interface, asks[0], asks[1], secrets=(case,), shut=False)
    # The right one is told that a verdict is wanted, and nothing is kept.
    body: Mapping[str, str] | None = {"verdict": "x"} if interface.method == "POST" else None
    asks = [
        sender(who, interface.method, filled(interface.path, {"review": name}), body)
        for sender, who, name in (
            (how, wrong, case),
            (ground.by, OFFICER, case),
            (how, wrong, NO_CASE),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (case, NO_CASE))


MAKERS: Mapping[Closed, Maker] = {Closed.INCIDENT: _incident, Closed.READING: _reading}
