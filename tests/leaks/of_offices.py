"""Attempts at what an office opens, the library, jobs, emergencies and one's own account."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from tests.leaks.asking import in_browser
from tests.leaks.attempts import Attempt, Maker, filled
from tests.leaks.catalogue import Closed, Interface
from tests.leaks.ground import (
    CLINICIANS,
    CLOSED_DOCUMENT,
    CLOSED_SHELF,
    CLOSED_TEXT,
    Ground,
    a_uuid,
)
from tests.leaks.of_records import sent

WITHOUT_OFFICE = ("service.tao", "research.whitfield")
OPENED_BY_BOTH = frozenset(
    {"/readers", "/patients-desk", "/retention", "/retention/due", "/retention/erasures"}
)
"""Pages that the patient office opens too."""

NAMES = {
    "name": "his",
    "account": "nobody",
    "client": "none",
    "app": "record_writer",
    "way": "in",
    "act": "pause",
    "switch": "enable",
    "binding": "0" * 64,
    "case": "1",
}
ASKED = {"rows": "5", "patient": "nobody-at-all", "reason": "tried to"}
"""What forms of offices ask for; about nobody."""

TITLES = {"title_zh": "x", "title_en": "x", "sensitivity": "2"}


def _office(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Office work is about no patient: that a name is there is no secret."""
    assert interface.rule is not None
    right = interface.rule.right[0]
    without = WITHOUT_OFFICE[1:] if interface.path in OPENED_BY_BOTH else WITHOUT_OFFICE
    wrong = chance.choice(without)
    path = filled(interface.path, NAMES)
    body = ASKED if interface.method == "POST" else None
    how = sent(ground, chance, interface)
    wrong_ask, twin = (
        sender(account, interface.method, path, body)
        for sender, account in ((how, wrong), (ground.by, right))
    )
    return Attempt(interface, wrong_ask, twin)


def _collection(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    assert interface.rule is not None
    wrong, right = chance.choice(("security.dong", "service.tao")), interface.rule.right[0]
    given = {"document": f"d{chance.randrange(9)}", "edition": "0" * 64}
    body: dict[str, str] | None = None
    if interface.method == "POST":
        body = TITLES if interface.path.endswith("/settings") else {}
    how = sent(ground, chance, interface)
    asks = [
        sender(
            account, interface.method, filled(interface.path, {**given, "collection": name}), body
        )
        for sender, account, name in (
            (how, wrong, "chest"),
            (ground.by, right, "chest"),
            (how, wrong, "chesu"),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], ("chest", "chesu"))


def _document(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A document of a class above what the reader is cleared for."""
    wrong = chance.choice([*CLINICIANS, "it.cao", "service.tao", "nurse.zhao", "quality.xu"])
    there = {"collection": CLOSED_SHELF, "document": CLOSED_DOCUMENT}
    absent = {"collection": "baord", "document": CLOSED_DOCUMENT}
    page = "?page=1" if "page-images" in interface.path else ""
    how = sent(ground, chance, interface)
    asks = [
        sender(account, interface.method, filled(interface.path, names) + page)
        for sender, account, names in (
            (how, wrong, there),
            (ground.by, "dr.sun", there),
            (how, wrong, absent),
        )
    ]
    names = (CLOSED_SHELF, "baord")
    # It has no pages: the right one is told that, and the wrong one that there is no document.
    secrets = () if "page-images" in interface.path else (CLOSED_TEXT,)
    return Attempt(interface, asks[0], asks[1], asks[2], names, secrets)


def _job(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    job, right = chance.choice(sorted(ground.jobs.items()))
    wrong, absent = chance.choice(WITHOUT_OFFICE), a_uuid(chance)
    how = sent(ground, chance, interface)
    body: dict[str, str] | None = {} if interface.method == "POST" else None
    there, nothing = (
        filled(interface.path, {"job": number, "act": "pause"}) for number in (job, absent)
    )
    asks = [
        sender(account, interface.method, path, body)
        for sender, account, path in (
            (how, wrong, there),
            (ground.by, right, there),
            (how, wrong, nothing),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (job, absent))


def _emergency(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """Whoever declared it ends it; whoever answers for the department, or for all, reviews it."""
    access, declared = chance.choice(sorted(ground.emergencies.items()))
    others = [one for one in CLINICIANS if one != declared]
    wrong, absent = (
        chance.choice([*others, "it.cao", "security.dong", "service.tao"]),
        a_uuid(chance),
    )
    ends = interface.path.endswith("/end")
    # The right one is told that the comment is too short, and nothing is decided.
    body: dict[str, str] = {} if ends else {"outcome": "justified", "comment": "x"}
    right = declared if ends else "compliance.yuan"
    how = sent(ground, chance, interface)
    asks = [
        sender(account, interface.method, filled(interface.path, {"access": number}), body)
        for sender, account, number in (
            (how, wrong, access),
            (ground.by, right, access),
            (how, wrong, absent),
        )
    ]
    return Attempt(interface, asks[0], asks[1], asks[2], (access, absent))


def _own_account(ground: Ground, interface: Interface, chance: random.Random) -> Attempt:
    """A program that carries somebody's token changes nothing of the account."""
    account = chance.choice(CLINICIANS)
    path = filled(interface.path, {"name": "0" * 16})
    body: dict[str, Any] | None = None
    if interface.method == "POST":
        # Neither changes the password nor wears out the attempts that it allows.
        body = {"password": ground.site.passwords[account], "new": "one", "again": "another"}
    wrong = ground.by(account, interface.method, path, body)
    if path.endswith("/sessions/end"):
        return Attempt(interface, wrong, in_browser(ground.site.token("nurse.qin"), "POST", path))
    return Attempt(interface, wrong, ground.page("nurse.ren", interface.method, path, body))


MAKERS: Mapping[Closed, Maker] = {
    Closed.OFFICE: _office,
    Closed.COLLECTION: _collection,
    Closed.DOCUMENT: _document,
    Closed.JOB: _job,
    Closed.EMERGENCY: _emergency,
    Closed.OWN_ACCOUNT: _own_account,
}
