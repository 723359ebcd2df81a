"""Attempts by programs: engines, agents, cards and launches, each with a key for something else."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from suwen.control.access.clients import (
    ASK_ENGINES,
    EMBED,
    LAUNCH,
    READ_DRAFTS,
    READ_RECORDS,
    SEARCH_EVIDENCE,
)
from suwen.control.access.launch_types import signature_of
from tests.leaks.asking import LAUNCHED, Ask, by_token, in_browser
from tests.leaks.attempts import Attempt, Maker
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import CLINICIANS, CLOSED_SHELF, CLOSED_TEXT, Ground, Patient, a_uuid
from tests.leaks.of_records import absent_of
from tests.support import cds_emr

DATA_CLASS = "X-Suwen-Data-Class"
QUESTION = [{"role": "user", "content": "合并药房的决议何时完成？"}]
OTHER_SCOPES = (EMBED, SEARCH_EVIDENCE, READ_RECORDS, READ_DRAFTS, LAUNCH)


def _engine(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    if str(interface) == "GET /v1/models":
        return _models(ground, interface)
    if interface.method == "GET":
        return _model(ground, interface, chance)
    if interface.path.endswith("/embeddings"):
        return _embedding(ground, interface, chance)
    return chance.choice((_scope, _class, _assistant))(ground, interface, chance)


def _scope(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A key for something else, or a person's own token."""
    someone = chance.choice((*OTHER_SCOPES, "dr.lin"))
    wrong = ground.token("dr.lin") if someone == "dr.lin" else ground.keys[someone]
    asks = [
        by_token(key, "POST", interface.path, {"model": model, "messages": QUESTION})
        for key, model in (
            (wrong, "ward"),
            (ground.keys[ASK_ENGINES], "ward"),
            (wrong, "wrad"),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], ("ward", "wrad"))


def _class(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Data of a class above what the key, or the engine, is cleared for."""
    body = {"model": "ward", "messages": QUESTION}
    stated = str(chance.randrange(3, 6))
    if chance.random() < 0.5:
        wrong = by_token(ground.keys["low"], "POST", interface.path, body, **{DATA_CLASS: stated})
        twin = by_token(ground.keys["high"], "POST", interface.path, body, **{DATA_CLASS: stated})
        return Attempt(interface, wrong, twin)
    plain, key = {**body, "model": "plain"}, ground.keys["high"]
    asks = [
        by_token(key, "POST", interface.path, plain, **{DATA_CLASS: one}) for one in (stated, "2")
    ]
    return Attempt(interface, asks[0], asks[1])


def _assistant(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """An assistant of a collection that programs are not cleared for."""
    key = ground.keys[chance.choice((SEARCH_EVIDENCE, READ_RECORDS, ASK_ENGINES))]
    asks = [
        by_token(
            one,
            "POST",
            interface.path,
            {"model": f"suwen/evidence:{shelf}", "messages": QUESTION},
        )
        for one, shelf in (
            (key, CLOSED_SHELF),
            (ground.keys[SEARCH_EVIDENCE], "chest"),
            (key, "baord"),
        )
    ]
    names = (CLOSED_SHELF, "baord")
    return Attempt(interface, asks[0], asks[1], asks[2], names, (CLOSED_TEXT,))


def _embedding(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    wrong = ground.keys[chance.choice((ASK_ENGINES, SEARCH_EVIDENCE, READ_RECORDS, LAUNCH))]
    asks = [
        by_token(key, "POST", interface.path, {"model": model, "input": ["text"]})
        for key, model in (
            (wrong, "vectors"),
            (ground.keys[EMBED], "vectors"),
            (wrong, "vecrots"),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], ("vectors", "vecrots"))


def _models(ground: Ground, interface: Interface) -> Attempt:
    """The list names what a key opens, and nothing else."""
    wrong, right = (
        by_token(ground.keys[scope], "GET", interface.path) for scope in (EMBED, ASK_ENGINES)
    )
    return Attempt(interface, wrong, right, secrets=('"ward"',), shut=False)


def _model(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    key = ground.keys[chance.choice(OTHER_SCOPES)]
    asks = [
        by_token(one, "GET", interface.path + model)
        for one, model in ((key, "ward"), (ground.keys[ASK_ENGINES], "ward"), (key, "wrad"))
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], ("ward", "wrad"))


def _agent(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    if interface.method != "POST":
        # A stream that stays open, and the end of a session that there is none of.
        wrong, right = (
            by_token(token, interface.method, "/mcp", **AGENT)
            for token in (ground.token("dr.lin")[:-2] + "xx", ground.keys[READ_RECORDS])
        )
        return Attempt(interface, wrong, Ask(right.method, "/mcp", right.headers, b"", True))
    makers = (_summary, _summary_of_low_class, _drafts_of_another, _shelf_by_tool, _no_such_tool)
    return chance.choice(makers)(ground, interface, chance)


AGENT = {"Accept": "application/json, text/event-stream"}


def tool(token: str, name: str, **arguments: Any) -> Ask:
    """A call of a tool by an agent."""
    body = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": name, "arguments": arguments},
    }
    return by_token(token, "POST", "/mcp", body, **AGENT)


def _summary(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Another department's patient, by a key or by a person."""
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    other = chance.choice([one for one in CLINICIANS if one != patient.right])
    by_key = chance.random() < 0.7
    wrong = ground.keys[other] if by_key else ground.token(other)
    right = ground.keys[patient.right] if by_key else ground.token(patient.right)
    asks = [
        tool(token, "read_patient_summary", patient_id=number)
        for token, number in ((wrong, patient.id), (right, patient.id), (wrong, absent))
    ]
    # Decision 12: treating staff are told that the record is there; programs are not.
    nothing = asks[2] if by_key else None
    return Attempt(interface, asks[0], asks[1], nothing, (patient.id, absent), patient.facts)


def _summary_of_low_class(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    patient = chance.choice(ground.of(CLINICIANS[0]))
    absent = absent_of(patient.id, chance)
    low, high = ground.keys["low"], ground.keys["high"]
    asks = [
        tool(token, "read_patient_summary", patient_id=number)
        for token, number in ((low, patient.id), (high, patient.id), (low, absent))
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (patient.id, absent), patient.facts)


def _drafts_of_another(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    draft, right = chance.choice(sorted(ground.drafts.items()))
    other = chance.choice([one for one in CLINICIANS if one != right])
    asks = [tool(ground.keys[one], "list_drafts", limit=100) for one in (other, right)]
    return Attempt(interface, asks[0], asks[1], secrets=(draft,), shut=False)


def _shelf_by_tool(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    wrong = ground.token(chance.choice(("dr.lin", "nurse.zhao", "quality.xu")))
    asks = [
        tool(token, "search_evidence", query="合并药房的决议", collection=shelf)
        for token, shelf in (
            (wrong, CLOSED_SHELF),
            (ground.token("dr.sun"), CLOSED_SHELF),
            (wrong, "baord"),
        )
    ]
    names = (CLOSED_SHELF, "baord")
    return Attempt(interface, asks[0], asks[1], asks[2], names, (CLOSED_TEXT,))


def _no_such_tool(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A tool that the key does not open is no tool at all."""
    key = ground.keys[chance.choice((ASK_ENGINES, EMBED, LAUNCH, SEARCH_EVIDENCE))]
    patient = chance.choice(ground.patients)
    asks = [
        tool(token, name, patient_id=patient.id)
        for token, name in (
            (key, "read_patient_summary"),
            (ground.keys[patient.right], "read_patient_summary"),
            (key, "read_patient_sumamry"),
        )
    ]
    names = ("read_patient_summary", "read_patient_sumamry")
    return Attempt(interface, asks[0], asks[1], asks[2], names, patient.facts)


def _cards(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    if interface.path.endswith("/feedback"):
        return _feedback(ground, interface, chance)
    if chance.random() < 0.3:
        return _forged_call(ground, interface, chance)
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    other = chance.choice([one for one in CLINICIANS if one != patient.right])
    asks = [
        _call(ground, one, number)
        for one, number in ((other, patient.id), (patient.right, patient.id), (other, absent))
    ]
    # Nothing of the patient is obtained, whether there is one or not.
    return Attempt(interface, asks[0], asks[1], asks[2], (patient.id, absent), patient.facts)


def _call(ground: Ground, account: str, patient: str, emr: str = "emr") -> Ask:
    body = cds_emr.call(
        "patient-view",
        patient_id=patient,
        user=f"Practitioner/{ground.practitioners[account]}",
        encounter=None,
    )
    return _signed_call(ground, "/cds-services/patient-view", body, emr)


def _signed_call(ground: Ground, path: str, body: Any, emr: str) -> Ask:
    headers = dict(ground.emrs[emr].headers(path))
    token = headers.pop("Authorization").removeprefix("Bearer ")
    return by_token(token, "POST", path, body, **headers)


def _forged_call(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A call with a person's token, a program's key, or a token for another service."""
    patient = chance.choice(ground.patients)
    twin = _call(ground, patient.right, patient.id)
    elsewhere = ground.emrs["emr"].token("/cds-services/order-sign")
    token = chance.choice((ground.token("dr.lin"), ground.keys[READ_RECORDS], elsewhere))
    wrong = Ask("POST", twin.path, {**twin.headers, "Authorization": f"Bearer {token}"}, twin.body)
    return Attempt(interface, wrong, twin, secrets=patient.facts)


def _feedback(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """What became of a card that another system was given."""
    path = "/cds-services/order-sign/feedback"
    item = {"outcome": "accepted", "outcomeTimestamp": "2026-01-01T00:00:00Z"}
    absent = a_uuid(chance)
    bodies = [
        {"feedback": [{**item, "card": card, "acceptedSuggestions": [{"id": ground.card}]}]}
        for card in (ground.card, absent)
    ]
    wrong, nothing = (_signed_call(ground, path, body, "other") for body in bodies)
    twin = _signed_call(ground, path, bodies[0], "emr")
    return Attempt(interface, wrong, twin, nothing, (ground.card, absent))


def _launch(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    if interface.method == "POST":
        return _issued(ground, interface, chance)
    if interface.path == "/launch/signed":
        return _signed_address(ground, interface, chance)
    return chance.choice((_launched_elsewhere, _guessed))(ground, interface, chance)


def _issued(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A key for something else has no patient opened."""
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    someone = chance.choice((ASK_ENGINES, EMBED, SEARCH_EVIDENCE, READ_RECORDS, READ_DRAFTS))
    asks = [
        by_token(
            ground.keys[key], "POST", interface.path, {"patient": number, "account": patient.right}
        )
        for key, number in ((someone, patient.id), (LAUNCH, patient.id), (someone, absent))
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (patient.id, absent), patient.facts)


def _opened(ground: Ground, patient: Patient) -> str:
    """The address that opens a patient for the patient's physician, once."""
    body = {"patient": patient.id, "account": patient.right}
    made = ground.ask(by_token(ground.keys[LAUNCH], "POST", "/api/v1/launches", body))
    assert made.status == 201, made.text
    return "/launch/" + str(made.json["url"]).rpartition("/")[2]


def _guessed(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A link that was opened, and one that nobody made."""
    patient = chance.choice(ground.patients)
    used, fresh = _opened(ground, patient), _opened(ground, patient)
    ground.ask(Ask("GET", used, {"Accept": "text/html"}))
    nobodys = used[:-4] + "".join(chance.choice("abcdef") for _ in range(4))
    asks = [Ask("GET", path, {"Accept": "text/html"}) for path in (used, fresh, nobodys)]
    return Attempt(interface, asks[0], asks[1], asks[2], (used, nobodys), patient.facts)


def _launched_elsewhere(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """The session of one patient reaches no other, of whom the person takes care as well."""
    right = chance.choice([one for one in CLINICIANS if len(ground.of(one)) > 1])
    opened, other = chance.sample(ground.of(right), 2)
    answer = ground.ask(Ask("GET", _opened(ground, opened), {"Accept": "text/html"}))
    [cookie] = [line for line in answer.set_cookies if line.startswith(LAUNCHED)]
    token = cookie.partition("=")[2].partition(";")[0]
    wrong, twin = (
        in_browser(token, "GET", f"/patients/{one.id}", cookie=LAUNCHED) for one in (other, opened)
    )
    return Attempt(interface, wrong, twin, secrets=other.facts)


def _signed_address(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """An address that nobody signed, about a patient who is there and one who is not."""
    patient = chance.choice(ground.patients)
    absent = absent_of(patient.id, chance)
    query = {
        "client": ground.signer,
        "account": patient.right,
        "timestamp": str(int(time.time())),
        "nonce": f"{chance.getrandbits(96):024x}",
    }
    asked, forged, nothing = (
        _address(ground, {**query, "patient": number}, forged)
        for number, forged in ((patient.id, False), (patient.id, True), (absent, True))
    )
    return Attempt(interface, forged, asked, nothing, (patient.id, absent), patient.facts)


def _address(ground: Ground, query: dict[str, str], forged: bool) -> Ask:
    signature = signature_of(ground.launch_secret, query)
    if forged:
        signature = signature[::-1]
    path = f"/launch/signed?{urlencode({**query, 'signature': signature})}"
    return Ask("GET", path, {"Accept": "text/html"})


MAKERS: Mapping[Closed, Maker] = {
    Closed.ENGINE: _engine,
    Closed.AGENT: _agent,
    Closed.CARDS: _cards,
    Closed.LAUNCH: _launch,
}
