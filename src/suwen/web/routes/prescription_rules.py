"""How rules did, which are quiet, and prescription comments by the national categories."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, time
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.prescriptions.acts import OVERRIDE_REASONS, QUERY_REASONS
from suwen.bootstrap.prescriptions.comments import CommentDesk, SampleRule, period
from suwen.bootstrap.prescriptions.rule_desk import QuietRulesDesk
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import ConflictError, InputError, SuwenError
from suwen.core.language import Bilingual
from suwen.storage.prescription_comments import CommentScope
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, person_names, web_of
from suwen.web.spreadsheets import csv_answer
from suwen.web.views.rules import names_of, subject_of

_HERE: Final = InstallationTarget()
_CLASSES: Final = ("IRR", "INA", "EXC")


def _may(request: Request, action: Action) -> bool:
    access = web_of(request).platform.access
    return access.decide(visitor_of(request).principal, action, _HERE).allowed


async def show_rules(request: Request) -> Response:
    """Each rule's figures in a period, and what is quiet."""
    return await _rules(request, None)


async def _rules(request: Request, error: SuwenError | None, given: Form | None = None) -> Response:
    platform, principal = web_of(request).platform, visitor_of(request).principal
    desk = QuietRulesDesk(platform)
    begin, until, first, last = _period(request)
    may_decide = _may(request, Action.CONFIRM_SUPPRESSIONS)
    figures = await desk.figures(begin, until, principal) if _may_comment(request) else []
    standing = await desk.suppressions(principal) if may_decide else []
    context = {
        "rules": figures,
        "about": _about(request, {figure.rule for figure in figures}),
        "suppressions": standing,
        "name": await person_names(
            request, {who for one in standing for who in (one.proposed_by, one.decided_by) if who}
        ),
        "given": {name: _kept(given, name) for name in ("rule", "until", "reason")},
        "may_propose": _may(request, Action.SUPPRESS_RULES),
        "may_decide": may_decide,
        "account": principal.id,
        "now": web_of(request).now(),
        "first": first,
        "last": last,
        "reasons": OVERRIDE_REASONS,
        "refused": error.safe_message if error is not None else None,
        "pharmacist": True,
    }
    if not (_may_comment(request) or may_decide):
        platform.access.require(principal, Action.COMMENT_PRESCRIPTIONS, _HERE)
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return await page(request, "prescription_rules.html", context, status=status)


def _kept(form: Form | None, name: str) -> str:
    """What was typed, so that a refused form comes back as it was; nothing of what is too long."""
    try:
        return "" if form is None else form.text(name, longest=300)
    except InputError:
        return ""


def _about(request: Request, wanted: Set[str]) -> dict[str, str]:
    """What each of these rules is about; nothing for one that the tables no longer have."""
    web = web_of(request)
    rows = web.platform.rules.in_use.book().rows()
    names = names_of(rows, web.texts(request).language)
    return {row.id: subject_of(row, names) for row in rows if row.id in wanted}


async def propose_suppression(request: Request) -> Response:
    """Proposes that a rule is quiet until a day."""
    platform, form = web_of(request).platform, await read_form(request)
    zone = platform.settings.zone
    try:
        try:
            until = datetime.combine(
                datetime.fromisoformat(form.needed("until", longest=10)).date(), time(23, 59), zone
            )
        except ValueError:
            raise InputError(
                "field_wrong",
                Bilingual(zh="日期须为 YYYY-MM-DD。", en="A day is written YYYY-MM-DD."),
                field="until",
            ) from None
        await QuietRulesDesk(platform).propose(
            form.needed("rule", longest=120),
            form.needed("reason", longest=300),
            until,
            visitor_of(request).principal,
        )
    except (InputError, ConflictError) as error:
        return await _rules(request, error, form)
    return RedirectResponse("/prescriptions/rules", 303)


async def decide_suppression(request: Request) -> Response:
    """The second person agrees or refuses, or somebody lets the rule ask again."""
    desk, principal = QuietRulesDesk(web_of(request).platform), visitor_of(request).principal
    wanted, act = request.path_params["suppression"], request.path_params["act"]
    if act not in ("approve", "refuse", "end"):
        raise HTTPException(404)
    try:
        if act == "end":
            await desk.end(wanted, principal)
        else:
            await desk.decide(wanted, principal, approved=act == "approve")
    except ConflictError as error:
        return await _rules(request, error)
    return RedirectResponse("/prescriptions/rules", 303)


async def export_rules(request: Request) -> Response:
    """The figures of rules for other programs."""
    desk, principal = QuietRulesDesk(web_of(request).platform), visitor_of(request).principal
    begin, until, first, last = _period(request)
    head = [
        *("rule", "fired", "interrupted", "overridden", "acted_on", "cards_overridden"),
        *("cards_accepted", "accepted_share", "reasons"),
    ]
    lines = (
        [
            f.rule,
            f.fired,
            f.interrupted,
            f.overridden,
            f.upheld,
            f.cards_overridden,
            f.cards_accepted,
            "" if f.accepted_share is None else round(f.accepted_share, 3),
            " ".join(f"{reason}:{n}" for reason, n in sorted(f.reasons.items())),
        ]
        for f in await desk.figures(begin, until, principal)
    )
    return csv_answer(f"rules-{first}-{last}.csv", head, lines)


async def show_comments(request: Request) -> Response:
    """What was found by category, department and prescriber."""
    return await _comments(request, None)


async def _comments(request: Request, error: InputError | None) -> Response:
    scope, first, last = _scope(request)
    desk, principal = CommentDesk(web_of(request).platform), visitor_of(request).principal
    figures = await desk.figures(scope, principal)
    web = web_of(request)
    context: dict[str, Any] = {
        "figures": figures,
        "place": await department_names(request, (row.name for row in figures.departments)),
        "places": await web.platform.departments.listed(web.texts(request).language),
        "prescriber_name": await person_names(
            request, (row.name for row in figures.prescribers if row.name)
        ),
        "scope": scope,
        "first": first,
        "last": last,
        "classes": _CLASSES,
        "categories": QUERY_REASONS,
        "samples": [rule.value for rule in SampleRule],
        "refused": error.safe_message if error is not None else None,
        "pharmacist": _may(request, Action.REVIEW_PRESCRIPTIONS),
        "query": request.url.query,
    }
    status = 422 if error is not None else 200
    return await page(request, "prescription_comments.html", context, status=status)


async def start_comments(request: Request) -> Response:
    """Draws a sample and has it judged as a bulk run."""
    form = await read_form(request)
    platform = web_of(request).platform
    try:
        begin, until = period(form.text("from", longest=10), form.text("to", longest=10), platform)
        department = form.text("department", longest=64) or None
        run, _ = await CommentDesk(platform).start(
            CommentScope(begin, until, retrospective=True, department=department),
            form.choice("sample", SampleRule),
            visitor_of(request).principal,
        )
    except InputError as error:
        return await _comments(request, error)
    return RedirectResponse(f"/bulk/{run.id}", 303)


async def export_comments(request: Request) -> Response:
    """The prescriptions with a fault for other programs, one line a fault."""
    scope, first, last = _scope(request)
    desk, principal = CommentDesk(web_of(request).platform), visitor_of(request).principal
    figures = await desk.figures(scope, principal)
    texts = web_of(request).texts(request)
    place = await department_names(request, (d.name for d in figures.departments))
    lines: list[list[object]] = [
        ["all", "", figures.total.prescriptions, figures.total.faulty],
        *(
            [code, texts.of(QUERY_REASONS[code]) if code in QUERY_REASONS else "", "", number]
            for code, number in sorted(figures.categories.items())
        ),
        *(
            ["department", place(d.name), d.prescriptions, d.faulty, d.name or ""]
            for d in figures.departments
        ),
        *(["prescriber", d.name or "", d.prescriptions, d.faulty] for d in figures.prescribers),
    ]
    for one, rule, code in await desk.faulty(scope, principal):
        lines.append(["prescription", one, f"{rule} {code}", ""])
    head = ["row", "name", "prescriptions", "with_fault", "code"]
    return csv_answer(f"prescription-comments-{first}-{last}.csv", head, lines)


def _may_comment(request: Request) -> bool:
    return _may(request, Action.COMMENT_PRESCRIPTIONS)


def _period(request: Request) -> tuple[datetime, datetime, str, str]:
    given = request.query_params
    platform = web_of(request).platform
    try:
        begin, until = period(given.get("from", ""), given.get("to", ""), platform)
    except InputError:
        begin, until = period("", "", platform)
    zone = platform.settings.zone
    last = datetime.fromtimestamp(until.timestamp() - 1, zone)
    return begin, until, f"{begin.astimezone(zone):%Y-%m-%d}", f"{last:%Y-%m-%d}"


def _scope(request: Request) -> tuple[CommentScope, str, str]:
    begin, until, first, last = _period(request)
    given = request.query_params
    scope = CommentScope(
        begin,
        until,
        retrospective=given.get("scope") == "retrospective",
        department=given.get("department", "")[:64] or None,
        prescriber=given.get("prescriber", "")[:64] or None,
    )
    return scope, first, last


ROUTES = [
    Route("/prescriptions/rules", show_rules, methods=["GET"]),
    Route("/prescriptions/rules.csv", export_rules, methods=["GET"]),
    Route("/prescriptions/rules/suppress", propose_suppression, methods=["POST"]),
    Route("/prescriptions/suppressions/{suppression}/{act}", decide_suppression, methods=["POST"]),
    Route("/prescriptions/comments", show_comments, methods=["GET"]),
    Route("/prescriptions/comments.csv", export_comments, methods=["GET"]),
    Route("/prescriptions/comments/start", start_comments, methods=["POST"]),
]
