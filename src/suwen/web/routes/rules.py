"""The hospital's rows: the list, one row, what waits for a second person, versions and returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.rules.desk import Asked, RuleDesk
from suwen.bootstrap.rules.sets import PRESCRIPTION, rule_set_of, rule_sets
from suwen.clinical.medicines.rows import RuleRow
from suwen.clinical.prescription_review.examples import example_of
from suwen.clinical.row_changes import ChangeKind, RowChange
from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.core.finding import Severity
from suwen.core.language import Bilingual
from suwen.storage.rule_proposals import ProposalState, RuleProposal
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, person_names, web_of
from suwen.web.views.rules import (
    ORDERS,
    STATES,
    RuleWish,
    classes_of,
    fields_of,
    keys_in_order,
    names_of,
    proposals_about,
    read_list,
    refused_own,
    severity_of,
    state_of,
    subject_of,
    words_of,
)

_LONGEST = 4000
_PREFIX = "value:"


async def show_rules(request: Request) -> Response:
    """The rows of one set of tables, by state, severity and how often they spoke."""
    web, principal = web_of(request), visitor_of(request).principal
    _desk(request).require_reading(principal)
    wish = _wish(request)
    found = await read_list(web.platform, principal, wish, web.texts(request).language)
    context = {
        "found": found,
        "wish": wish,
        "sets": tuple(rule_sets()),
        "states": STATES,
        "orders": ORDERS,
        "severities": tuple(Severity),
        "may_change": _desk(request).may_change(principal, wish.rule_set),
        "query": _query(wish),
        "tab": "rows",
    }
    return await page(request, "rules.html", context)


async def show_row(request: Request) -> Response:
    """One row with its source, its examples and everything that was ever decided on it."""
    return await _row(request, None, None)


async def change_row(request: Request) -> Response:
    """Proposes a decision on a row."""
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    form = await read_form(request)
    table, row = form.needed("table"), form.needed("row", longest=120)
    try:
        kind = form.choice("change", ChangeKind)
        present = None if kind is ChangeKind.ADD else await desk.row(principal, table, row)
        change = _change_of(form, kind, present)
        asked = Asked(
            rule_set_of(table).id, [change], change.reason, wanted_from=_moment(request, form)
        )
        made = await desk.propose(principal, asked)
    except InputError as error:
        return await _row(request, form, error)
    following = form.text("next", longest=300)
    if following:
        return RedirectResponse(f"/rules/row?{following}", 303)
    return RedirectResponse(f"/rules/changes/{made[0].number}", 303)


async def _row(request: Request, form: Form | None, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    table, name = _named(request, form)
    tables = rule_set_of(table)
    adds = not name or (form is not None and form.text("change") == ChangeKind.ADD)
    present = None if adds else await desk.row(principal, table, name)
    waiting = await desk.waiting(principal)
    proposed = {key for one in waiting for key in one.rows}
    neighbours = await _neighbours(request, table, name)
    history = proposals_about(await desk.history(principal, tables.id), table, name)
    context = {
        "table": table,
        "rule_set": tables.id,
        "row": present,
        "name": name,
        "fields": fields_of(present, table),
        "given": form,
        "state": None if present is None else state_of(present, proposed),
        "severity": "" if present is None else severity_of(present),
        "example": await _example(request, present),
        "history": history,
        "person": await _people(request, history),
        "may_change": desk.may_change(principal, tables.id),
        "kinds": _kinds(present),
        "problem": problem,
        "tab": "rows",
        **neighbours,
    }
    context |= await _subject(request, present)
    return await page(request, "rules_row.html", context, _status(problem))


async def show_changes(request: Request) -> Response:
    """What waits for a second person, and what was decided."""
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    rule_set = _set(request)
    waiting = await desk.waiting(principal)
    decided = [
        one
        for one in await desk.history(principal, rule_set)
        if one.decided_at is not None or one.state is not ProposalState.WAITING
    ][:200]
    context = {
        "waiting": waiting,
        "decided": decided,
        "refused": (refused := await refused_own(desk, principal, web_of(request).now())),
        "person": await _people(request, [*waiting, *decided, *refused]),
        "rule_set": rule_set,
        "sets": tuple(rule_sets()),
        "may_change": desk.may_change(principal, rule_set),
        "me": principal.id,
        "tab": "changes",
    }
    return await page(request, "rules_changes.html", context)


async def show_change(request: Request) -> Response:
    """One proposal, row by row before and after."""
    return await _change_page(request, None)


async def decide(request: Request) -> Response:
    """Agrees to a proposal, refuses it, or withdraws one's own."""
    desk, principal = _desk(request), visitor_of(request).principal
    number, form = int(request.path_params["number"]), await read_form(request)
    try:
        if form.text("act") == "withdraw":
            await desk.withdraw(principal, number)
        else:
            agreed = form.text("act") == "agree"
            await desk.decide(principal, number, agreed=agreed, note=form.text("note", longest=400))
    except SuwenError as error:
        return await _change_page(request, error)
    waiting = [w for w in await desk.waiting(principal) if w.made_by != principal.id]
    following = next((w.number for w in waiting if w.number > number), None)
    there = f"/rules/changes/{following}" if following else "/rules/changes"
    return RedirectResponse(there, 303)


async def _change_page(request: Request, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    one = await desk.proposal(principal, int(request.path_params["number"]))
    rows = await desk.changed_rows(principal, one)
    context = {
        "one": one,
        "person": await _people(request, [one]),
        "rows": rows[:500],
        "more": max(0, len(rows) - 500),
        "may_change": desk.may_change(principal, one.rule_set),
        "own": one.made_by == principal.id,
        "open": one.decided_at is None,
        "problem": problem,
        "tab": "changes",
        "rule_set": one.rule_set,
    }
    return await page(request, "rules_change.html", context, _status(problem))


async def show_versions(request: Request) -> Response:
    """Every version of a set, and the way back to one."""
    _desk(request).require_reading(visitor_of(request).principal)
    return await _versions(request, _set(request), None)


async def return_to(request: Request) -> Response:
    """Asks for the tables as they were at a version."""
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    form = await read_form(request)
    rule_set = form.text("set") or PRESCRIPTION
    try:
        version = form.whole("version", 0, 1_000_000)
        made = await desk.propose_return(
            principal, rule_set, version, form.text("reason", longest=400)
        )
    except InputError as error:
        return await _versions(request, rule_set, error)
    return RedirectResponse(f"/rules/changes/{made.number}", 303)


async def _versions(request: Request, rule_set: str, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    found = [one for one in await desk.history(principal, rule_set) if one.version is not None]
    context = {
        "versions": sorted(found, key=lambda one: -(one.version or 0)),
        "person": await _people(request, found),
        "rule_set": rule_set,
        "sets": tuple(rule_sets()),
        "may_change": desk.may_change(principal, rule_set),
        "now": web_of(request).now(),
        "problem": problem,
        "tab": "versions",
    }
    return await page(request, "rules_versions.html", context, _status(problem))


async def _people(request: Request, proposals: Iterable[RuleProposal]) -> Callable[[str], str]:
    """How those who proposed and decided are called."""
    return await person_names(
        request, [by for one in proposals for by in (one.made_by, one.decided_by) if by]
    )


def _desk(request: Request) -> RuleDesk:
    return web_of(request).platform.rule_desk


def _set(request: Request) -> str:
    wanted = request.query_params.get("set") or PRESCRIPTION
    if wanted not in rule_sets():
        raise NotFoundError(
            "no_such_rule_set",
            Bilingual(zh="没有这组规则表。", en="There is no such set of tables."),
            field="set",
        )
    return wanted


def _wish(request: Request) -> RuleWish:
    given = request.query_params
    start = given.get("start", "")
    return RuleWish(
        rule_set=_set(request),
        table=given.get("table", "")[:40],
        state=given.get("state", "")[:20],
        severity=given.get("severity", "")[:20],
        query=given.get("q", "")[:100],
        order=given.get("order", "fired")[:20],
        start=int(start) if start.isascii() and start.isdigit() and len(start) < 7 else 0,
    )


def _query(wish: RuleWish, **more: object) -> str:
    """The wish as the query of an address."""
    known = {
        "set": wish.rule_set, "table": wish.table, "state": wish.state,
        "severity": wish.severity, "q": wish.query, "order": wish.order,
    }  # fmt: skip
    return urlencode({name: value for name, value in {**known, **more}.items() if value})


async def _neighbours(request: Request, table: str, row: str) -> dict[str, Any]:
    """The rows before and after in the list that somebody came from."""
    wish = _wish(request)
    context: dict[str, Any] = {"query": _query(wish), "before": None, "after": None}
    if "from" not in request.query_params or not row:
        return context
    web = web_of(request)
    found = await read_list(
        web.platform, visitor_of(request).principal, wish, web.texts(request).language
    )
    keys = keys_in_order(found)
    if (table, row) in keys:
        at = keys.index((table, row))
        for name, place in (("before", at - 1), ("after", at + 1)):
            if 0 <= place < len(keys):
                of, other = keys[place]
                context[name] = _query(
                    wish, **{"of": of, "row": other, "from": "list", "start": wish.start}
                )
    return context


def _named(request: Request, form: Form | None) -> tuple[str, str]:
    """The table and row of a page; the table of a row is ``of`` beside the list's filters."""
    if form is not None:
        return form.text("table"), form.text("row", longest=120)
    given = request.query_params
    return given.get("of", "")[:40], given.get("row", "")[:120]


def _change_of(form: Form, kind: ChangeKind, present: RuleRow | None) -> RowChange:
    table, row = form.needed("table"), form.needed("row", longest=120)
    values: dict[str, str] = {}
    if kind in (ChangeKind.ADD, ChangeKind.OVERRIDE):
        for name in rule_set_of(table).columns(table):
            value = form.text(f"{_PREFIX}{name}", longest=_LONGEST)
            before = "" if present is None else present.text(name)
            if value != before:
                values[name] = value
    source, edition = form.text("source", longest=400), form.text("edition", longest=400)
    if present is not None and kind in (ChangeKind.DISABLE, ChangeKind.ENABLE) and not source:
        source, edition = present.source.title, present.source.edition
    return RowChange(
        table, row, kind, source, edition, "", datetime.now(UTC),
        form.text("reason", longest=400), values,
    )  # fmt: skip


def _moment(request: Request, form: Form) -> datetime | None:
    """When a change shall begin, in the hospital's zone; ``None`` as soon as it may."""
    written = form.text("wanted_from", longest=30)
    if not written:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise InputError(
            "field_wrong",
            Bilingual(zh="须为日期和时间。", en="Must be a date and time."),
            field="wanted_from",
        ) from None
    return moment.replace(tzinfo=web_of(request).platform.settings.zone)


def _kinds(present: RuleRow | None) -> tuple[ChangeKind, ...]:
    if present is None:
        return (ChangeKind.ADD,)
    switch = ChangeKind.DISABLE if present.enabled else ChangeKind.ENABLE
    return (ChangeKind.CONFIRM, ChangeKind.OVERRIDE, switch)


async def _subject(request: Request, present: RuleRow | None) -> dict[str, Any]:
    """What a row is about, what it says, and which medicines its classes hold."""
    if present is None:
        return {"subject": "", "words": "", "classes": []}
    rows = await _desk(request).rows(visitor_of(request).principal, rule_set_of(present.table).id)
    names = names_of(rows, web_of(request).texts(request).language)
    return {
        "subject": subject_of(present, names),
        "words": words_of(present, names),
        "classes": classes_of(present, rows, names),
    }


async def _example(request: Request, present: RuleRow | None) -> Mapping[str, Any] | None:
    if present is None or rule_set_of(present.table).id != PRESCRIPTION:
        return None
    rules = web_of(request).platform.rules
    try:
        found = example_of(present, rules.in_use.book())
    except (LookupError, StopIteration, ValueError):
        # A hospital's own row may speak of what no example can be made of.
        return None
    return None if found is None else {"fires": found.fires, "silent": found.silent}


def _status(problem: SuwenError | None) -> int:
    return meaning_of(problem).http_status if problem else 200


ROUTES = [
    Route("/rules", show_rules, methods=["GET"]),
    Route("/rules/row", show_row, methods=["GET"]),
    Route("/rules/row", change_row, methods=["POST"]),
    Route("/rules/changes", show_changes, methods=["GET"]),
    Route("/rules/changes/{number:int}", show_change, methods=["GET"]),
    Route("/rules/changes/{number:int}", decide, methods=["POST"]),
    Route("/rules/versions", show_versions, methods=["GET"]),
    Route("/rules/versions", return_to, methods=["POST"]),
]
