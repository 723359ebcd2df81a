"""Editing red flags, departments and map on the staff's desk, row by row or as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.apps.triage.tables import (
    DEPARTMENTS,
    KINDS,
    RED_FLAGS,
    SCORES,
    Table,
    rows_of,
    with_row,
)
from suwen.bootstrap.device.tables import Preview
from suwen.clinical.red_flag_rules import Urgency
from suwen.core.errors import InputError, NotFoundError
from suwen.core.language import Bilingual
from suwen.storage.table_editions import EditionState
from suwen.web.patient.desk import changed_by, session_of
from suwen.web.patient.rendering import patient_web_of, show

_OWN = "entered at the patients' desk"


async def overview(request: Request) -> Response:
    """The three tables and what waits for a second person."""
    web, session = patient_web_of(request), session_of(request)
    web.tables.require(session.principal)
    kinds = []
    for kind in KINDS:
        number, table = await web.tables.table(kind)
        editions = await web.tables.store.list(kind)
        waiting = sum(one.state is EditionState.WAITING for one in editions)
        kinds.append((kind, number, len(rows_of(kind, table)), waiting))
    return show(request, "patient/tables.html", {"session": session, "kinds": kinds})


async def table(request: Request) -> Response:
    """The rows of one table and its editions."""
    web, session, kind = patient_web_of(request), session_of(request), _kind(request)
    web.tables.require(session.principal)
    number, content = await web.tables.table(kind)
    context = {
        "session": session,
        "kind": kind,
        "number": number,
        "rows": rows_of(kind, content),
        "editions": await web.tables.store.list(kind),
        "text": json.dumps(content, ensure_ascii=False, indent=1),
    }
    return show(request, "patient/table.html", context)


async def row(request: Request) -> Response:
    """One row as a form; an empty one for a new row."""
    web, session, kind = patient_web_of(request), session_of(request), _kind(request)
    web.tables.require(session.principal)
    _, content = await web.tables.table(kind)
    name = request.path_params.get("row", "")
    found = rows_of(kind, content).get(name)
    if name and found is None:
        raise NotFoundError(
            "no_such_row", Bilingual(zh="没有这一行。", en="There is no such row."), field="row"
        )
    return _row_page(request, name, _as_fields(kind, found or {}), None)


async def change_row(request: Request) -> Response:
    """Previews, saves or takes out a row."""
    web, kind = patient_web_of(request), _kind(request)
    session, fields = await changed_by(request)
    # Before what is wrong with a row is told, or what a change would come to.
    web.tables.require(session.principal)
    _, content = await web.tables.table(kind)
    name = request.path_params.get("row") or fields.get("name", "").strip()
    if fields.get("act") == "preview":
        changed = with_row(kind, content, name, _row_of(kind, name, fields, content))
        preview = await web.tables.preview(kind, changed)
        return _row_page(request, name, fields, preview)
    wanted = None if fields.get("act") == "remove" else _row_of(kind, name, fields, content)
    reason = fields.get("reason", "")
    await web.tables.propose_row(session.principal, kind, name, wanted, reason)
    return RedirectResponse(f"/desk/tables/{kind}", 303)


async def change_table(request: Request) -> Response:
    """Takes a whole table."""
    session, fields = await changed_by(request)
    kind = _kind(request)
    await patient_web_of(request).tables.propose_table(
        session.principal, kind, fields.get("table", ""), fields.get("reason", "")
    )
    return RedirectResponse(f"/desk/tables/{kind}", 303)


async def decide(request: Request) -> Response:
    """Approves or refuses an edition that waits, or goes back to an earlier one."""
    session, fields = await changed_by(request)
    kind, number = _kind(request), int(request.path_params["number"])
    tables = patient_web_of(request).tables
    if fields.get("act") == "undo":
        await tables.undo(session.principal, kind, number, fields.get("reason", ""))
    else:
        approve = fields.get("act") == "approve"
        await tables.decide(session.principal, kind, number, approve=approve)
    return RedirectResponse(f"/desk/tables/{kind}", 303)


def _row_page(
    request: Request, name: str, fields: Mapping[str, str], preview: Preview | None
) -> Response:
    context = {
        "session": session_of(request),
        "kind": _kind(request),
        "row": name,
        "new": "row" not in request.path_params,
        "fields": fields,
        "urgencies": [urgency.value for urgency in Urgency],
        "preview": preview,
    }
    return show(request, "patient/table_row.html", context)


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in KINDS:
        raise NotFoundError(
            "no_such_table",
            Bilingual(zh="没有这个表。", en="There is no such table."),
            field="kind",
        )
    return kind


def _as_fields(kind: str, found: Table) -> dict[str, str]:
    name, do_now = found.get("name", {}), found.get("do_now", {})
    fields = {"name_zh": name.get("zh", ""), "name_en": name.get("en", "")}
    if kind == RED_FLAGS:
        return {
            **fields,
            "urgency": found.get("urgency", ""),
            "do_now_zh": do_now.get("zh", ""),
            "do_now_en": do_now.get("en", ""),
            "phrases": "\n".join(found.get("phrases", ())),
            "combinations": str(len(found.get("when", ()))),
            **{score: str(found[score]) for score in SCORES if score in found},
        }
    if kind == DEPARTMENTS:
        return {**fields, "words": found.get("words", "").replace(" ", "\n")}
    return {
        **fields,
        "departments": " ".join(found.get("departments", ())),
        "floor": found.get("floor", ""),
        "kind": found.get("kind", "clinic"),
        "x": str(found.get("x", "")),
        "y": str(found.get("y", "")),
    }


def _row_of(kind: str, name: str, fields: Mapping[str, str], table: Table) -> dict[str, Any]:
    """The row that a form describes; what the form does not have stays as it was.

    Raises:
        InputError: ``row_incomplete``.
    """
    old = rows_of(kind, table).get(name, {})
    needed = [name, fields.get("name_zh", ""), fields.get("name_en", "")]
    changed: dict[str, Any] = {
        "name": {"zh": fields.get("name_zh", ""), "en": fields.get("name_en", "")}
    }
    if kind == RED_FLAGS:
        needed += [fields.get(f, "") for f in ("urgency", "do_now_zh", "do_now_en")]
        changed["urgency"] = fields.get("urgency", "")
        changed["do_now"] = {
            "zh": fields.get("do_now_zh", ""),
            "en": fields.get("do_now_en", ""),
        }
        changed |= {score: _score(fields, score) for score in SCORES if score in old}
        phrases = [line.strip() for line in fields.get("phrases", "").splitlines() if line.strip()]
        if phrases or "phrases" in old:
            changed["phrases"] = phrases
        first: dict[str, Any] = {
            "id": name,
            "criterion": _OWN,
            "source": _OWN,
            "confidence": "from_memory",
            "when": [],
        }
    elif kind == DEPARTMENTS:
        changed["words"] = " ".join(fields.get("words", "").split())
        first = {"code": name, "source": _OWN, "confidence": "from_memory"}
    else:
        needed += [fields.get("floor", "")]
        changed |= {"floor": fields.get("floor", ""), "kind": fields.get("kind", "")}
        changed |= {"x": _metres(fields, "x"), "y": _metres(fields, "y")}
        changed["departments"] = fields.get("departments", "").split()
        first = {"id": name}
    if not all(needed):
        raise InputError(
            "row_incomplete",
            Bilingual(zh="名称等各项都要填写。", en="Fill in the name and everything else."),
            field="row",
        )
    return {**first, **old, **changed}


def _score(fields: Mapping[str, str], name: str) -> float:
    try:
        return float(fields.get(name, ""))
    except ValueError:
        raise InputError(
            "row_incomplete",
            Bilingual(zh="分数须为 0 到 1 之间的数字。", en="A score is a number of 0 to 1."),
            field=name,
        ) from None


def _metres(fields: Mapping[str, str], name: str) -> float:
    try:
        return float(fields.get(name, ""))
    except ValueError:
        raise InputError(
            "row_incomplete",
            Bilingual(zh="位置须为数字（米）。", en="The place is a number of metres."),
            field=name,
        ) from None


ROUTES = [
    Route("/desk/tables", overview, methods=["GET"]),
    Route("/desk/tables/{kind}", table, methods=["GET"]),
    Route("/desk/tables/{kind}", change_table, methods=["POST"]),
    Route("/desk/tables/{kind}/new", row, methods=["GET"]),
    Route("/desk/tables/{kind}/new", change_row, methods=["POST"]),
    Route("/desk/tables/{kind}/rows/{row}", row, methods=["GET"]),
    Route("/desk/tables/{kind}/rows/{row}", change_row, methods=["POST"]),
    Route("/desk/tables/{kind}/editions/{number:int}", decide, methods=["POST"]),
]
