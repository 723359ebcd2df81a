"""Attempts to reach what is somebody else's, each beside its twin by the right person."""

from __future__ import annotations

import itertools
import json
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.leaks.catalogue import Closed, Interface, interfaces
from tests.support.web_library import fill_library
from tests.support.web_site import Answer, WebSite

NEVER_READ = ("it.cao", "security.dong", "audit.bai", "compliance.yuan", "service.tao")
"""People whose roles open no record: they get one answer, whether a record is there or not."""

CLINICIANS = ("dr.lin", "dr.qiu", "dr.wei", "dr.shen", "dr.gu")
"""One physician of each ward."""

CHIEF_OF = dict(zip(CLINICIANS, ("dr.sun", "dr.xie", "dr.kong", "dr.nie", "dr.lu"), strict=True))

REFUSED = (401, 403, 404)
CHANGING = frozenset({"date", "x-request-id", "server-timing", "etag"})
FORM = "application/x-www-form-urlencoded"
NO_SUCH_VERSION = 999
"""Of every draft: what the right person asks for is admitted and then changes nothing."""

BODY: dict[str, Any] = {
    "version": NO_SUCH_VERSION,
    "content_hash": "0" * 64,
    "reason": "incomplete",
    "comment": "x",
    "sections": {},
}
FIELDS: dict[str, tuple[str, ...]] = {
    "sign": ("version", "content_hash", "password"),
    "cosign": ("version", "content_hash", "password"),
    "reject": ("version", "reason"),
    "escalate": ("version", "comment"),
    "amend": ("version",),
}


@dataclass(frozen=True)
class Attempt:
    """One request for somebody else's thing, the same for a thing that is not there, and its twin.

    Attributes:
        hidden: whether the answer must not tell that the thing is there.
        absent: the same address of a thing that does not exist.
        right: whose request of the same is admitted.
    """

    interface: Interface
    wrong: str
    right: str
    path: str
    absent: str
    body: Any = None
    absent_body: Any = None
    hidden: bool = True

    @property
    def has_an_absent_one(self) -> bool:
        """Whether the same can be asked of a thing that does not exist."""
        return (self.path, self.body) != (self.absent, self.absent_body)

    def __str__(self) -> str:
        return f"{self.wrong}: {self.interface}"


@dataclass
class Things:
    """What lies on the site and whose it is."""

    site: WebSite
    patients: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def ask(self, account: str, method: str, path: str, body: Any = None) -> Answer:
        """A request by a person's token."""
        if account not in self.tokens:
            self.tokens[account] = self.site.token(account)
        sent = {"Accept": "application/json", "Authorization": f"Bearer {self.tokens[account]}"}
        data = None
        if path.startswith(("/api/", "/drafts/")):
            sent |= {"Content-Type": "application/json", "If-Match": f'"{NO_SUCH_VERSION}"'}
            data = None if body is None else json.dumps(body).encode()
        elif body is not None:
            sent["Content-Type"] = FORM
            data = urlencode(body).encode()
        return self.site.stranger().request(method, path, data, sent)


def lay_out(site: WebSite) -> Things:
    """Each ward's physician with the patients of that ward alone, and drafts of theirs."""
    things = Things(site)
    site.run(fill_library(site.platform))
    seen: dict[str, list[str]] = {}
    for account in CLINICIANS:
        told = things.ask(account, "GET", "/api/v1/patients?limit=200").json
        for patient in told["patients"]:
            seen.setdefault(patient["id"], []).append(account)
    things.patients = {one: whose[0] for one, whose in seen.items() if len(whose) == 1}
    for account in CLINICIANS:
        own = [one for one, whose in things.patients.items() if whose == account]
        for patient in own:
            request = {"patient_id": patient, "document_type": "admission_record", "language": "zh"}
            made = things.ask(
                account, "POST", "/api/v1/apps/record_writer/run", {"request": request}
            )
            if made.status == 200:
                things.drafts[made.json["run"]["draft_id"]] = account
                things.runs[made.json["run"]["trace_id"]] = account
            if sum(whose == account for whose in things.drafts.values()) == 2:
                break
    return things


def every_attempt(things: Things, seed: int) -> Iterator[Attempt]:
    """All attempts without end, in a mixed order: the interfaces take turns."""
    chance = random.Random(seed)
    makers: dict[Closed, Callable[[Things, Interface, random.Random], Attempt | None]] = {
        Closed.PATIENT: _patient,
        Closed.DRAFT: _draft,
        Closed.RUN: _run,
        Closed.OFFICE: _office,
        Closed.COLLECTION: _collection,
    }
    tried = [one for one in interfaces() if one.rule and one.rule.closed in makers]
    for interface in itertools.cycle(tried):
        assert interface.rule is not None
        attempt = makers[interface.rule.closed](things, interface, chance)
        if attempt is not None:
            yield attempt


def _wrong(chance: random.Random, right: str) -> tuple[str, bool]:
    """Somebody whose it is not, and whether that person may not even know that it is there."""
    others = [one for one in CLINICIANS if one != right]
    wrong = chance.choice([*NEVER_READ, *others])
    # Treating staff are told that a record is there which they have no care relationship with.
    return wrong, wrong in NEVER_READ


def _absent_patient(patient: str, chance: random.Random) -> str:
    return patient[:-2] + f"{chance.choice('xyz')}{chance.choice('0123456789')}"


def _patient(things: Things, interface: Interface, chance: random.Random) -> Attempt | None:
    patient, right = chance.choice(sorted(things.patients.items()))
    absent = _absent_patient(patient, chance)
    wrong, hidden = _wrong(chance, right)
    if "/apps/" in interface.path:
        path = interface.path.replace("{app}", "record_writer")
        body, absent_body = (
            {"request": {"patient_id": one, "document_type": "admission_record", "language": "zh"}}
            for one in (patient, absent)
        )
        return Attempt(interface, wrong, right, path, path, body, absent_body, hidden)
    more = {"type": "Patient", "item": patient}
    path = _filled(interface.path, {"patient": patient, **more})
    form = {"document_type": "admission_record", "language": "zh"} if _posts(interface) else None
    absent_path = _filled(interface.path, {"patient": absent, "type": "Patient", "item": absent})
    return Attempt(interface, wrong, right, path, absent_path, form, form, hidden)


def _draft(things: Things, interface: Interface, chance: random.Random) -> Attempt | None:
    draft, right = chance.choice(sorted(things.drafts.items()))
    wrong, hidden = _wrong(chance, right)
    path = interface.path.replace("{draft}", draft).replace("{image}", "1")
    absent = interface.path.replace("{draft}", _uuid(chance)).replace("{image}", "1")
    verb = interface.path.rpartition("/")[2]
    body = None
    if _posts(interface):
        # With the password that all demonstration accounts have: it is never the password that
        # keeps somebody out here.
        known = {**BODY, "password": things.site.passwords[right]}
        body = {name: known[name] for name in FIELDS.get(verb, ())}
    right = CHIEF_OF[right] if verb == "cosign" else right
    if interface.method == "PUT":
        body = {"sections": {}}
    query = "?form=pdf" if verb == "export" else ""
    return Attempt(interface, wrong, right, path + query, absent + query, body, body, hidden)


def _run(things: Things, interface: Interface, chance: random.Random) -> Attempt | None:
    # A run that ended is stopped by nobody, and everybody is told the same: ``test_runs`` has more.
    if interface.path.startswith("/evidence") or interface.path.endswith("/stop"):
        return None
    trace, right = chance.choice(sorted(things.runs.items()))
    wrong = chance.choice(("it.cao", "security.dong", "service.tao"))
    path, absent = (interface.path.replace("{trace}", one) for one in (trace, _uuid(chance)))
    return Attempt(interface, wrong, right, path, absent, {} if _posts(interface) else None, {})


def _office(_things: Things, interface: Interface, chance: random.Random) -> Attempt | None:
    assert interface.rule is not None
    right = interface.rule.right[0]
    wrong = chance.choice(("service.tao", "research.whitfield"))
    names = {"name": "his", "account": "nobody", "client": "none", "app": "record_writer"}
    path = _filled(interface.path, {**names, "way": "in", "act": "pause", "switch": "enable"})
    body = {"rows": 5} if _posts(interface) else None
    # Office work is about no person: that a name is there is no secret of a patient.
    return Attempt(interface, wrong, right, path, path, body, body, hidden=True)


def _collection(_things: Things, interface: Interface, chance: random.Random) -> Attempt | None:
    assert interface.rule is not None
    filled = {"document": f"d{chance.randrange(9)}", "edition": "0" * 64}
    path, absent = (
        _filled(interface.path, {**filled, "collection": one}) for one in ("chest", "chesu")
    )
    titles = (
        {"title_zh": "x", "title_en": "x", "sensitivity": 2}
        if interface.path.endswith("/settings")
        else {}
    )
    body = titles if _posts(interface) else None
    wrong = chance.choice(("security.dong", "service.tao"))
    return Attempt(interface, wrong, interface.rule.right[0], path, absent, body, body)


def _posts(interface: Interface) -> bool:
    return interface.method == "POST"


def _uuid(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _filled(path: str, names: dict[str, str]) -> str:
    """The address with its parameters; one that is not named here gets a number."""
    return re.sub(r"\{([a-z]+)(:[a-z]+)?\}", lambda found: names.get(found[1], "1"), path)


def likeness(answer: Answer, name: str) -> tuple[Any, ...]:
    """What an outsider can compare: status, code, length, headers; the name itself taken out."""
    text = answer.body.replace(name.encode(), b"")
    headers = {key: value for key, value in answer.headers.items() if key not in CHANGING}
    headers.pop("content-length", None)
    location = headers.pop("location", "").replace(name, "")
    code = _code(answer)
    return answer.status, code, len(text), tuple(sorted(headers.items())), location


def is_admitted(answer: Answer, refusal: Answer) -> bool:
    """Whether the right person came in: what that person asked for may not be there."""
    if answer.status not in REFUSED:
        return True
    return answer.status == 404 and answer.body != refusal.body


def _code(answer: Answer) -> str | None:
    try:
        told = json.loads(answer.body)
    except ValueError:
        return None
    return told.get("code") if isinstance(told, dict) else None


def name_in(attempt: Attempt, *, absent: bool) -> str:
    """The name that the address asks for: the part in which the two addresses differ."""
    one, other = attempt.path.split("/"), attempt.absent.split("/")
    asked = other if absent else one
    parts = [part for part, first, second in zip(asked, one, other, strict=True) if first != second]
    if parts:
        return parts[0].partition("?")[0]
    body = attempt.absent_body if absent else attempt.body
    return str((body or {}).get("request", {}).get("patient_id", "-no name-"))
