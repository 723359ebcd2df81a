"""What an attempt is, and how its answers are judged."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.leaks.asking import Ask, Line
from tests.leaks.catalogue import Interface
from tests.leaks.ground import Ground
from tests.support.web_site import Answer

REFUSED = frozenset({401, 403, 404, 412})
"""The last: a clinical system was told that nothing of the patient was obtained."""

NOT_ALLOWED = 3
"""Exit status of a command that is refused."""

_NOT_THERE_CODE = re.compile("not_found|no_such|not_there|_unknown")
_TITLE = re.compile(b"<title>([^<]*)")
_CLOSED = frozenset({"not_permitted", "no_care_relationship"})

CHANGING = frozenset({"date", "x-request-id", "server-timing", "etag", "content-length"})
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.+Z]+"
    r'|"took_ms":[\d.]+'
)
"""What no two answers share: ids that are made for the answer, moments, and how long it took."""


@dataclass(frozen=True)
class Attempt:
    """One request for somebody else's thing, the same for a thing that is not there, and its twin.

    Attributes:
        wrong: the request by whom it does not concern.
        twin: the same by the right one, who comes in.
        absent: the request of ``wrong`` for what does not exist; ``None`` where whoever asks may
            know that it is there.
        names: what ``wrong`` and ``absent`` ask for; taken out before their answers are compared.
        secrets: what only the right one may be told.
        shut: whether the wrong one is refused; else the answer comes and holds no secret, and the
            twin's holds one, where there are any.
    """

    interface: Interface
    wrong: Ask | Line
    twin: Ask | Line
    absent: Ask | Line | None = None
    names: tuple[str, str] = ("", "")
    secrets: tuple[str, ...] = ()
    shut: bool = True


NOTHING_THERE = frozenset(
    {
        "GET /quality/findings/{finding}",
        "POST /quality/findings/{finding}/{step}",
        "GET /api/v1/quality/findings/{finding}",
        "POST /api/v1/quality/findings/{finding}/steps",
        "GET /prescriptions/{prescription}",
        "POST /prescriptions/{prescription}/{act}",
        "POST /prescriptions/suppressions/{suppression}/{act}",
        "GET /api/v1/prescriptions/{prescription}",
        "POST /api/v1/prescriptions/{prescription}/acts",
        "POST /retention/holds/{number:int}/release",
        "POST /retention/erasures/{erasure}/decide",
        "GET /disagreements/{disagreement}",
        "POST /disagreements/{disagreement}",
        "GET /checks/{check}",
        "POST /training/{record}/revoke",
        "GET /disclosures/{system}/{readers}/{number:int}",
        "POST /disclosures/{system}/{readers}/{number:int}",
        "GET /disclosures/{system}/{readers}/{number:int}/{form}",
        "GET /rules/row",
        "GET /rules/changes/{number:int}",
        "POST /rules/changes/{number:int}",
        "GET /rules/tables/{table}.csv",
        "suwen rules diff",
        "suwen rules approve",
        "suwen rules refuse",
        "suwen rules return",
        "suwen claim export",
        "suwen training record",
        "suwen training revoke",
        "suwen disclosure publish",
        "suwen disclosure turn-down",
        "suwen disclosure withdraw",
        "suwen disclosure export",
        "suwen knowledge erase",
        "suwen erasure approve",
        "suwen erasure refuse",
        "suwen retention release",
    }
)
"""Interfaces to what is not on the site, so that the right one is told that there is nothing; what
is there is tried where it is built (``test_keeping``, ``test_quality``)."""

Maker = Callable[[Ground, Interface, random.Random], Attempt | None]
"""Makes an attempt at an interface; ``None`` where this draw gives none."""


def is_refused(answer: Answer, ask: Ask | Line) -> bool:
    """Whether somebody was kept out."""
    if isinstance(ask, Line):
        code = _code(answer) or ""
        missing = _NOT_THERE_CODE.search(code) is not None
        return answer.status == NOT_ALLOWED or missing or code in _CLOSED
    if ask.path == "/mcp" and answer.status == 200 and answer.body:
        told = answer.json
        return "error" in told or bool(told.get("result", {}).get("isError"))
    return answer.status in REFUSED


def leaks(attempt: Attempt, answer: Answer) -> str | None:
    """What an answer to the wrong one gives away; ``None`` when nothing."""
    if attempt.shut and not is_refused(answer, attempt.wrong):
        return f"let in: {answer.status} {answer.text[:200]}"
    found = [secret for secret in attempt.secrets if secret.encode() in written(answer)]
    return f"told {found[0]}" if found else None


def written(answer: Answer) -> bytes:
    """Everything of an answer that can be read, its headers too; JSON with its letters."""
    head = " ".join(f"{key}: {value}" for key, value in answer.headers.items()).encode()
    try:
        body = json.dumps(json.loads(answer.body), ensure_ascii=False).encode()
    except ValueError:
        body = answer.body
    return head + b"\n" + body


def tells(attempt: Attempt, answer: Answer, absent: Answer) -> str | None:
    """How the answer differs from that to a thing which is not there; ``None`` when in nothing."""
    there, nothing = likeness(answer, attempt.names[0]), likeness(absent, attempt.names[1])
    for part in there:
        if there[part] != nothing[part]:
            one, other = str(there[part]), str(nothing[part])
            pairs = enumerate(zip(one, other, strict=False))
            same = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
            start = max(0, same - 60)
            return f"{part}: {one[start : same + 60]!r} is not {other[start : same + 60]!r}"
    return None


def likeness(answer: Answer, name: str) -> Mapping[str, Any]:
    """What an outsider can compare, with the name that was asked for taken out."""
    headers = {
        key: _without(value, name) for key, value in answer.headers.items() if key not in CHANGING
    }
    return {
        "status": answer.status,
        "headers": headers,
        "body": _without(answer.body.decode("utf-8", "replace"), name),
    }


def _without(text: str, name: str) -> str:
    return _RANDOM.sub("", text.replace(name, "") if name else text)


def shut_out(attempt: Attempt, twin: Answer, wrong: Answer) -> str | None:
    """Why the twin proves nothing; ``None`` when the right one came in.

    What the right one asked for may not be there, or may not be done now; a refusal it is not.
    """
    if not attempt.shut and attempt.secrets:
        told = any(secret.encode() in written(twin) for secret in attempt.secrets)
        return None if told else f"the right one is not told: {twin.status} {twin.text[:200]}"
    if not is_refused(twin, attempt.twin):
        return None
    if str(attempt.interface) in NOTHING_THERE and _NOT_THERE_CODE.search(_code(twin) or ""):
        return None
    came_further = _code(twin) != _code(wrong) and _code(twin) not in _CLOSED
    if isinstance(attempt.twin, Line) or twin.status == 404:
        # What the right one asked for may not be there, or wants one more proof.
        return None if came_further else f"the right one is refused: {twin.text[:200]}"
    if (wrong.status, twin.status) == (403, 401):
        # Asked for one more proof, which the wrong one is not even asked for.
        return None
    return f"the right one is refused: {twin.status} {twin.text[:200]}"


def _code(answer: Answer) -> str | None:
    """Why it was refused: the code, or the title of a page."""
    try:
        told = json.loads(answer.body)
    except ValueError:
        title = _TITLE.search(answer.body)
        return title[1].decode() if title is not None else None
    told = told.get("error", told) if isinstance(told, dict) else {}
    return told.get("code") if isinstance(told, dict) else None


def filled(path: str, names: Mapping[str, str]) -> str:
    """An address with its parameters; one that is not named here gets a number."""
    return re.sub(r"\{([a-z]+)(:[a-z]+)?\}", lambda found: names.get(found[1], "1"), path)
