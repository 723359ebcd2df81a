"""The quality office: findings, their way to the authors and back, and how it looks over time."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.quality import VIEWS, QualityDesk
from suwen.core.errors import InputError
from suwen.storage.patient_summary import PatientSummary
from suwen.storage.quality import OPEN, STEPS, FindingKey, QualityFinding
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, patient_names, person_names, web_of
from suwen.web.spreadsheets import csv_answer
from suwen.web.texts import Texts
from suwen.web.views.quality_evidence import Papers

MOST_SHOWN = 100


def _desk(request: Request) -> QualityDesk:
    return QualityDesk(web_of(request).platform)


async def show_worklist(request: Request) -> Response:
    """All open findings for the officer; authors are led to their own."""
    desk, principal = _desk(request), visitor_of(request).principal
    if not desk.is_officer(principal):
        desk.require_reader(principal)
        return RedirectResponse("/quality/mine", 303)
    web, department = web_of(request), _department(request)
    found = await desk.worklist(
        principal,
        states=_states(request),
        department=department,
        limit=MOST_SHOWN,
        offset=_offset(request),
    )
    context = {
        "findings": found,
        "states": list(STEPS),
        "chosen": request.query_params.get("state", ""),
        "officer": True,
        "department": department,
        "places": await web.platform.departments.listed(web.texts(request).language),
        "query": _query(request),
        "place": await department_names(request, (f.department for f in found)),
        "patient": await patient_names(request, (f.patient for f in found)),
        "next": _offset(request) + MOST_SHOWN if len(found) == MOST_SHOWN else None,
    }
    return await page(request, "quality.html", context)


async def show_mine(request: Request) -> Response:
    """What was sent to this author."""
    desk, principal = _desk(request), visitor_of(request).principal
    found = await desk.mine(principal)
    context = {
        "findings": found,
        "place": await department_names(request, (f.department for f in found)),
        "patient": await patient_names(request, (f.patient for f in found)),
        "states": [],
        "chosen": "",
        "officer": False,
        "department": None,
        "places": [],
        "query": "",
        "next": None,
    }
    return await page(request, "quality.html", context)


async def show_finding(request: Request) -> Response:
    """One finding: the words, what they stand against, its way so far, and what comes next."""
    return await _finding(request, None)


async def move_finding(request: Request) -> Response:
    """Takes a finding one step on."""
    desk, principal = _desk(request), visitor_of(request).principal
    key = FindingKey.read(request.path_params["finding"])
    form = await read_form(request)
    try:
        await desk.move(
            key, request.path_params["step"], principal, form.text("comment", longest=500)
        )
    except InputError as error:
        return await _finding(request, error)
    return RedirectResponse(f"/quality/findings/{quote(str(key))}", 303)


async def _finding(request: Request, error: InputError | None) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    key = FindingKey.read(request.path_params["finding"])
    found, steps = await desk.read(key, principal)
    web = web_of(request)
    judged = await desk.papers(found, principal)
    papers = Papers(judged, web.texts(request), web.platform.settings.zone)
    context = {
        "finding": found,
        "document": papers.name(found.content["document_id"]),
        "evidence": [papers.row(one) for one in found.content["evidence"]],
        "place": await department_names(request, (found.department,)),
        "patient": await patient_names(request, [found.patient]),
        "name": await person_names(request, (step.by for step in steps)),
        "steps": steps,
        "next_steps": desk.next_steps(found, principal),
        "officer": desk.is_officer(principal),
        "refused": error.safe_message if error is not None else None,
    }
    status = 422 if error is not None else 200
    return await page(request, "quality_finding.html", context, status=status)


async def show_overview(request: Request) -> Response:
    """Scores, grades and open findings by department, author or month."""
    by = _view(request)
    rows = await _desk(request).totals(by, visitor_of(request).principal)
    most = max((row.findings for row in rows), default=0)
    place = await department_names(request, (row.name for row in rows if by == "department"))
    context = {"rows": rows, "by": by, "views": VIEWS, "most": most, "place": place}
    return await page(request, "quality_overview.html", context)


async def export_overview(request: Request) -> Response:
    """The overview as a table for other programs."""
    by = _view(request)
    rows = await _desk(request).totals(by, visitor_of(request).principal)
    named = by == "department"
    place = await department_names(request, (row.name for row in rows if named))
    head = [by, *(["department_name"] if named else []), "stays", "mean_score", "grades"]
    lines = (
        [
            *((row.name or "", place(row.name)) if named else (row.name or "",)),
            row.stays,
            "" if row.score is None else row.score,
            " ".join(f"{grade}:{n}" for grade, n in row.grades.items()),
            row.findings,
            row.open,
        ]
        for row in rows
    )
    return csv_answer(f"quality-by-{by}.csv", [*head, "findings", "open"], lines)


async def export_findings(request: Request) -> Response:
    """The findings of the worklist as a table for other programs."""
    desk, principal = _desk(request), visitor_of(request).principal
    found = await desk.worklist(
        principal, states=_states(request), department=_department(request), limit=100_000
    )
    texts = web_of(request).texts(request)
    place = await department_names(request, (f.department for f in found))
    people = await web_of(request).platform.charts.listed(
        principal, {f.patient for f in found if f.patient}
    )
    return csv_answer(
        "quality-findings.csv",
        _COLUMNS,
        (_line(f, texts, place, people.get(f.patient or "")) for f in found),
    )


_COLUMNS = [
    *("finding", "patient", "patient_name", "record_number", "department", "department_name"),
    *("author", "month", "document_type", "rule", "kind"),
    *("severity", "deduction", "state", "changed_at", "message", "source"),
]


def _line(
    found: QualityFinding, texts: Texts, place: DepartmentName, who: PatientSummary | None
) -> list[object]:
    message = found.content[f"message_{texts.language.value}"]
    return [
        str(found.key),
        found.patient or "",
        (who.name or "") if who else "",
        (who.identifier or "") if who else "",
        found.department or "",
        place(found.department),
        found.author or "",
        found.month or "",
        found.document_type or "",
        found.rule,
        found.kind,
        found.severity,
        found.deduction,
        found.state,
        found.changed_at.isoformat(),
        message,
        found.content["source"],
    ]


def _states(request: Request) -> tuple[str, ...]:
    chosen = request.query_params.get("state", "")
    return (chosen,) if chosen in STEPS else OPEN


def _department(request: Request) -> str | None:
    return request.query_params.get("department", "")[:64] or None


def _query(request: Request) -> str:
    """The filters as the query of an address."""
    given = {name: request.query_params.get(name, "")[:64] for name in ("state", "department")}
    return urlencode({name: value for name, value in given.items() if value})


def _view(request: Request) -> str:
    by = request.query_params.get("by", VIEWS[0])
    if by not in VIEWS:
        raise HTTPException(404)
    return by


def _offset(request: Request) -> int:
    wanted = request.query_params.get("from", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else 0


ROUTES = [
    Route("/quality", show_worklist, methods=["GET"]),
    Route("/quality/mine", show_mine, methods=["GET"]),
    Route("/quality/findings.csv", export_findings, methods=["GET"]),
    Route("/quality/overview", show_overview, methods=["GET"]),
    Route("/quality/overview.csv", export_overview, methods=["GET"]),
    Route("/quality/findings/{finding}", show_finding, methods=["GET"]),
    Route("/quality/findings/{finding}/{step}", move_finding, methods=["POST"]),
]
