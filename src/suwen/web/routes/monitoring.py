"""Watching the applications: shares, charts, drift, groups, alarms, rules, benefit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.monitoring.benefit import FIGURES, BenefitDesk
from suwen.bootstrap.monitoring.desk import EXPORTED, PERIODS, MonitoringDesk, Reading, export_rows
from suwen.bootstrap.monitoring.watch_work import monitoring_request
from suwen.bootstrap.monitoring.wishes import Wishes
from suwen.control.access.decision import Action
from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.core.manifest import SignOffRule
from suwen.evaluation.monitoring.buckets import LATENCY_MS, MINUTES, Quantile, quantile
from suwen.evaluation.monitoring.measures import (
    DECIDED,
    Adverse,
    Cells,
    Measure,
    by_key,
    cases_and_events,
    sums_by_key,
)
from suwen.evaluation.monitoring.watching import WatchRule, charts_for
from suwen.storage.monitoring import Slice
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, web_of
from suwen.web.spreadsheets import csv_answer
from suwen.web.views.control_charts import chart_of, last_point, shares_of
from suwen.web.views.device_told import told_here

CODED = (
    (Measure.REJECT, "reason"),
    (Measure.REFUSED, "code"),
    (Measure.UNSUPPORTED, "unsupported"),
    (Measure.CARD_REASON, "code"),
    (Measure.FINDING, "severity"),
)
"""Measures that are told key by key, and the prefix of their keys' texts."""

_OF_DECISIONS = (Adverse.UNSAFE, Adverse.REJECTED, Adverse.CHANGED)


def _desk(request: Request) -> MonitoringDesk:
    return MonitoringDesk(web_of(request).platform)


def _chosen(request: Request) -> Slice:
    """The part of the counts that the address names."""
    query = request.query_params
    days = query.get("days", "")
    wanted = int(days) if days in {str(one) for one in PERIODS} else PERIODS[1]
    narrowed = {name: query.get(name) for name in ("app", "release", "department")}
    desk = _desk(request)
    desk.require(visitor_of(request).principal)
    if narrowed["app"] and narrowed["app"] not in desk.wishes.apps():
        raise NotFoundError(
            "no_such_application",
            Bilingual(
                zh="本分区没有这个应用。", en="There is no such application in this partition."
            ),
        )
    return desk.period(wanted, **narrowed)


def _weeks(request: Request) -> bool:
    return request.query_params.get("by") == "week"


async def show_monitoring(request: Request) -> Response:
    """All applications, or one of them with everything that is counted of it."""
    principal = visitor_of(request).principal
    desk, chosen = _desk(request), _chosen(request)
    if chosen.app is None:
        lines = await desk.overview(chosen, principal)
        context: dict[str, object] = {"lines": lines, "chosen": chosen, "reading": None}
        places: Sequence[str] = ()
    else:
        reading = await desk.read(chosen, principal, weeks=_weeks(request))
        context = {"lines": (), "chosen": chosen, "reading": reading, **_told(reading)}
        places = reading.choices["department"]
    context |= {
        "place": await department_names(request, places),
        "days": (chosen.until - chosen.since).days + 1,
        "periods": PERIODS,
        "weeks": _weeks(request),
        "measures": tuple(Adverse),
        "counted": await desk.counted_at(),
        "alarms": await desk.alarms(principal, chosen.app, only_open=True),
        "titles": _titles(request),
        "may_manage": desk.may_manage(principal),
        "query": str(request.query_params),
        **await told_here(request),
    }
    return await page(request, "monitoring.html", context)


def _told(reading: Reading) -> dict[str, object]:
    """What the page shows of a reading."""
    cells = reading.cells
    charts = [(watched, chart_of(watched), last_point(watched)) for watched in reading.charts]
    return {
        "plots": [
            drawing
            for name, days in reading.series.items()
            if (drawing := shares_of(name, days)) is not None
        ],
        "charts": charts,
        "decisions": {
            key: by_key(cells, Measure.DECISION).get(key, 0) for key in (*DECIDED, "escalate")
        },
        "shares": {one: cases_and_events(cells, one) for one in Adverse},
        "times": {
            "latency": _middle(cells, Measure.LATENCY, LATENCY_MS),
            "sign_time": _middle(cells, Measure.SIGN_TIME, MINUTES),
            "at_draft": _middle(cells, Measure.AT_DRAFT, MINUTES),
        },
        "engine": sums_by_key(cells, Measure.ENGINE),
        "runs": sum(by_key(cells, Measure.OUTCOME).values()),
        "coded": [
            (one.value, prefix, sorted(found.items(), key=lambda item: -item[1]))
            for one, prefix in CODED
            if (found := by_key(cells, one))
        ],
    }


def _middle(
    cells: Cells, measure: Measure, edges: Sequence[int]
) -> tuple[Quantile | None, Quantile | None]:
    """Median and 95th percentile, as classes."""
    counts = by_key(cells, measure)
    return quantile(counts, edges, 0.5), quantile(counts, edges, 0.95)


async def export_cells(request: Request) -> Response:
    """The counted cells as a table or as JSON."""
    web, principal = web_of(request), visitor_of(request).principal
    rows = await export_rows(web.platform, _chosen(request), principal, weeks=_weeks(request))
    if request.url.path.endswith(".json"):
        body = json.dumps(rows, ensure_ascii=False)
        return file_answer("monitoring.json", body, "application/json")
    place = await department_names(request, ())
    return csv_answer(
        "monitoring.csv",
        [*EXPORTED, "department_name"],
        ([*(row[n] for n in EXPORTED), place(str(row["department"] or ""))] for row in rows),
    )


async def show_alarms(request: Request) -> Response:
    """All alarms, with what stands behind each."""
    return await _alarms(request, None)


async def _alarms(request: Request, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    alarms = await desk.alarms(principal)
    wanted = request.query_params.get("alarm") or request.path_params.get("alarm")
    open_one = next((a for a in alarms if a.id == wanted), None)
    if wanted and open_one is None:
        raise NotFoundError(
            "no_such_alarm", Bilingual(zh="没有这个警报。", en="There is no such alarm.")
        )
    context = {
        "alarms": alarms,
        "alarm": open_one,
        "behind": await desk.behind(open_one, principal) if open_one is not None else (),
        "may_manage": desk.may_manage(principal),
        "titles": _titles(request),
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "monitoring_alarms.html", context, status)


async def answer_alarm(request: Request) -> Response:
    """Keeps what somebody found out about an alarm."""
    form = await read_form(request)
    alarm = request.path_params["alarm"]
    try:
        await _desk(request).answer(
            alarm, form.text("answer", longest=2000), visitor_of(request).principal
        )
    except InputError as error:
        return await _alarms(request, error)
    return RedirectResponse(f"/monitoring/alarms?alarm={alarm}", 303)


async def count_now(request: Request) -> Response:
    """Has the counts brought up to date now."""
    web, principal = web_of(request), visitor_of(request).principal
    _desk(request).require(principal, Action.MANAGE_MONITORING)
    await web.platform.jobs.start(monitoring_request(), principal)
    return RedirectResponse("/monitoring?asked=1", 303)


async def show_rules(request: Request) -> Response:
    """The rules of every application, how often is counted, how many drafts are read twice."""
    return await _rules(request, None)


async def _rules(request: Request, problem: SuwenError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require(principal)
    wishes = await desk.wishes.read()
    manages = desk.may_manage(principal)
    context = {
        "rules": {app: _rules_of(request, wishes, app) for app in desk.wishes.apps()},
        "charts_for": charts_for,
        "wishes": wishes,
        "seed": await desk.wishes.seed() if manages else None,
        "may_manage": manages,
        "titles": _titles(request),
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "monitoring_rules.html", context, status)


def _rules_of(request: Request, wishes: Wishes, app: str) -> Mapping[str, WatchRule]:
    """The rules that fit an application: where nobody signs, nobody rejects."""
    sign_off = web_of(request).platform.applications[AppId(app)].manifest.sign_off
    decides = sign_off is not SignOffRule.NONE
    rules = wishes.rules_of(app)
    return {name: rule for name, rule in rules.items() if decides or name not in _OF_DECISIONS}


async def set_rule(request: Request) -> Response:
    """Changes one rule of an application."""
    desk, principal, form = _desk(request), visitor_of(request).principal, await read_form(request)
    desk.require(principal, Action.MANAGE_MONITORING)
    given: dict[str, object] = {
        name: form.text(name) for name in ("chart", "limit", "worse", "weight", "reference")
    }
    given["suspends"] = form.text("suspends") == "on"
    names = request.path_params
    try:
        await desk.wishes.set_rule(names["app"], names["measure"], given, principal)
    except InputError as error:
        return await _rules(request, error)
    return RedirectResponse(f"/monitoring/rules#{names['app']}", 303)


async def set_pace(request: Request) -> Response:
    """Changes how often is counted, and how many drafts are read twice."""
    desk, principal, form = _desk(request), visitor_of(request).principal, await read_form(request)
    desk.require(principal, Action.MANAGE_MONITORING)
    try:
        minutes = form.whole("every_minutes", 1, 1440)
        percent = _decimal(form, "reviewed_percent")
        await desk.wishes.set_pace(minutes, percent, principal)
    except InputError as error:
        return await _rules(request, error)
    return RedirectResponse("/monitoring/rules", 303)


async def show_benefit(request: Request) -> Response:
    """What the applications are worth, with the method."""
    return await _benefit(request, Form({}), None)


async def _benefit(request: Request, values: Form, problem: SuwenError | None) -> Response:
    web, desk, principal = web_of(request), _desk(request), visitor_of(request).principal
    benefit, chosen = BenefitDesk(web.platform), _chosen(request)
    rows, figures = await benefit.read(chosen, principal), await benefit.figures(principal)
    places = [*(row.department for row in rows), *(one.department for one in figures)]
    context = {
        "rows": rows,
        "figures": figures,
        "place": await department_names(request, places),
        "places": await web.platform.departments.listed(web.texts(request).language),
        "figure_names": FIGURES,
        "apps": desk.wishes.apps(),
        "days": (chosen.until - chosen.since).days + 1,
        "periods": PERIODS,
        "may_manage": desk.may_manage(principal),
        "titles": _titles(request),
        "values": values,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "monitoring_benefit.html", context, status)


async def write_figure(request: Request) -> Response:
    """Keeps a figure of the hospital with its source."""
    web, principal, form = web_of(request), visitor_of(request).principal, await read_form(request)
    names = ("figure", "app", "department", "value", "source")
    try:
        given = {name: form.text(name, longest=300) for name in names}
        await BenefitDesk(web.platform).write(given, principal)
    except InputError as error:
        return await _benefit(request, form, error)
    return RedirectResponse("/monitoring/benefit#figures", 303)


async def export_benefit(request: Request) -> Response:
    """The benefit as a table for other programs."""
    web, principal = web_of(request), visitor_of(request).principal
    rows = await BenefitDesk(web.platform).read(_chosen(request), principal)
    place = await department_names(request, ())
    head = (
        *("app", "department", "department_name", "runs", "signed", "edited_share"),
        *("mean_edit_distance", "timed"),
        *("minutes_with", "minutes_without", "minutes_without_source", "minutes_saved"),
        *("errors_found", "tokens", "engine_seconds", "cost", "cost_per_run"),
    )
    lines = (
        [
            *(row.app, row.department, place(row.department), row.runs, row.signed),
            *(row.edited_share, row.mean_distance, row.timed, row.minutes_with),
            *(
                (row.minutes_without.value, row.minutes_without.source)
                if row.minutes_without is not None
                else (None, None)
            ),
            *(row.saved, row.errors_found, row.tokens, row.engine_seconds),
            *(row.cost, row.cost_per_run),
        ]
        for row in rows
    )
    return csv_answer("benefit.csv", head, lines)


def _titles(request: Request) -> Mapping[str, str]:
    """Titles of the applications that this partition watches."""
    web = web_of(request)
    texts, installed = web.texts(request), web.platform.applications
    apps = _desk(request).wishes.apps()
    return {app: texts.of(installed[AppId(app)].manifest.title) for app in apps}


def _decimal(form: Form, name: str) -> float:
    try:
        return float(form.needed(name))
    except ValueError:
        raise InputError(
            "field_wrong", Bilingual(zh="须为数字。", en="Must be a number."), field=name
        ) from None


ROUTES = [
    Route("/monitoring", show_monitoring, methods=["GET"]),
    Route("/monitoring.csv", export_cells, methods=["GET"]),
    Route("/monitoring.json", export_cells, methods=["GET"]),
    Route("/monitoring/count", count_now, methods=["POST"]),
    Route("/monitoring/alarms", show_alarms, methods=["GET"]),
    Route("/monitoring/alarms/{alarm}/answer", answer_alarm, methods=["POST"]),
    Route("/monitoring/rules", show_rules, methods=["GET"]),
    Route("/monitoring/rules/{app}/{measure}", set_rule, methods=["POST"]),
    Route("/monitoring/pace", set_pace, methods=["POST"]),
    Route("/monitoring/benefit", show_benefit, methods=["GET"]),
    Route("/monitoring/benefit", write_figure, methods=["POST"]),
    Route("/monitoring/benefit.csv", export_benefit, methods=["GET"]),
]
