"""The pharmacists' queue on the screen, one prescription, and the prescriber's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.prescriptions.acts import OVERRIDE_REASONS, QUERY_REASONS
from suwen.bootstrap.prescriptions.desk import PrescriptionDesk
from suwen.bootstrap.prescriptions.shown import Deed, PrescriptionView, QueueView
from suwen.control.access.decision import Action
from suwen.core.errors import ConflictError, InputError, SuwenError
from suwen.storage.prescription_rows import no_such_prescription
from suwen.storage.prescription_types import (
    QUEUE,
    PrescriptionAct,
    PrescriptionState,
    StoredPrescription,
)
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, page, person_names, web_of
from suwen.web.routes.administration import require
from suwen.web.texts import Texts

MOST_SHOWN: Final = 100
_MOST_FIELDS: Final = 400
_ANSWERS: Final = frozenset(
    {PrescriptionAct.CHANGE, PrescriptionAct.JUSTIFY, PrescriptionAct.WITHDRAW}
)
_LISTED: Final = (
    PrescriptionState.QUERIED,
    PrescriptionState.ACCEPTED,
    PrescriptionState.REJECTED,
    PrescriptionState.WITHDRAWN,
    PrescriptionState.SUPERSEDED,
)
_LINE: Final = ("drug", "dose", "unit", "route", "frequency", "days", "form")
_NUMBERS: Final = frozenset({"dose", "days"})


def _desk(request: Request) -> PrescriptionDesk:
    return web_of(request).platform.prescriptions


async def show_queue(request: Request) -> Response:
    """What waits for a pharmacist; prescribers are led to their own."""
    desk, principal = _desk(request), visitor_of(request).principal
    if not desk.is_pharmacist(principal):
        require(request, Action.SUBMIT_PRESCRIPTIONS)
        return RedirectResponse("/prescriptions/mine", 303)
    chosen = request.query_params.get("state", "")
    department = request.query_params.get("department", "")[:64]
    states = (PrescriptionState(chosen),) if chosen in _LISTED else QUEUE
    view = await desk.queue(
        principal,
        states=states,
        department=department or None,
        limit=MOST_SHOWN,
        offset=_offset(request),
    )
    more = len(view.prescriptions) == MOST_SHOWN
    context = {
        "view": view,
        "listed": [state.value for state in _LISTED],
        "chosen": chosen if chosen in _LISTED else "",
        "department": department,
        "place": await _places(request, view),
        "minutes": _minutes(request, view.prescriptions),
        "target": web_of(request).platform.settings.pharmacy.target_minutes,
        "next": _offset(request) + MOST_SHOWN if more else None,
        "pharmacist": True,
    }
    return await page(request, "prescriptions.html", context)


async def show_mine(request: Request) -> Response:
    """What this prescriber was asked, what was refused, and what still waits."""
    view = await _desk(request).mine(visitor_of(request).principal)
    context = {
        "view": view,
        "listed": [],
        "chosen": "",
        "department": "",
        "place": await _places(request, view),
        "minutes": _minutes(request, view.prescriptions),
        "target": None,
        "next": None,
        "pharmacist": False,
    }
    return await page(request, "prescriptions.html", context)


async def show_prescription(request: Request) -> Response:
    """One prescription: its lines, what each was taken for, and what was found."""
    return await _prescription(request, None)


async def act_on_prescription(request: Request) -> Response:
    """A pharmacist's decision, the prescriber's answer, or taking a decision back."""
    desk, principal = _desk(request), visitor_of(request).principal
    wanted = request.path_params["prescription"]
    async with form_of(request, fields=_MOST_FIELDS) as sent:
        values = {name: value for name, value in sent.items() if isinstance(value, str)}
    try:
        deed = _deed(request.path_params["act"], values)
        if deed.act is PrescriptionAct.UNDO:
            await desk.undo(wanted, deed.version, principal)
        elif deed.act in _ANSWERS:
            changed = None
            if deed.act is PrescriptionAct.CHANGE:
                known = await desk.open(wanted, principal)
                changed = _changed(known.prescription.content["result"]["reviewed"], values)
            await desk.answer(wanted, deed, principal, changed)
        else:
            await desk.decide(wanted, deed, principal)
    except (InputError, ConflictError) as error:
        return await _prescription(request, error, values)
    # After a decision the next one is opened by hand: the last can still be taken back here.
    return RedirectResponse(f"/prescriptions/{quote(wanted)}", 303)


async def _prescription(
    request: Request, error: SuwenError | None, given: Mapping[str, str] | None = None
) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    view = await desk.open(request.path_params["prescription"], principal)
    status = 200
    if error is not None:
        status = 409 if isinstance(error, ConflictError) else 422
    context = {
        "view": view,
        "p": view.prescription,
        "reviewed": view.prescription.content["result"]["reviewed"],
        "findings": _findings(view),
        "lines": _lines(view, web_of(request).texts(request)),
        "acts": [act.value for act in view.acts],
        "given": given or {},
        "refused": error.safe_message if error is not None else None,
        "override_reasons": OVERRIDE_REASONS,
        "query_reasons": _suited(view),
        "pharmacist": desk.is_pharmacist(principal),
        "own": view.prescription.prescriber == principal.id,
        "place": await department_names(request, (view.prescription.department,)),
        "name": await person_names(request, (step.by for step in view.steps)),
    }
    return await page(request, "prescription.html", context, status=status)


async def _places(request: Request, view: QueueView) -> DepartmentName:
    listed = (one.department for one in view.prescriptions)
    return await department_names(request, (*view.departments, *listed))


def _findings(view: PrescriptionView) -> list[dict[str, Any]]:
    """Findings by the one that speaks for them, with what was decided on each."""
    result = view.prescription.content["result"]
    outcomes = {row.matter: row for row in view.rows}
    heads: dict[str, dict[str, Any]] = {}
    rest = []
    for finding in result["findings"]:
        row = outcomes.get(finding["matter"])
        said = {
            **finding,
            "outcome": row.outcome if row else None,
            "reason": row.reason if row else None,
            "alternatives": result.get("alternatives", {}).get(finding["key"], ()),
            "others": [],
        }
        if finding["grouped_under"] is None:
            heads[finding["key"]] = said
        else:
            rest.append(said)
    for said in rest:
        head = heads.get(said["grouped_under"])
        if head is None:
            heads[said["key"]] = said
        else:
            head["others"].append(said)
    return list(heads.values())


def _lines(view: PrescriptionView, texts: Texts) -> list[dict[str, Any]]:
    """The lines as written, with what each was taken for; orders first."""
    result = view.prescription.content["result"]
    read = {line["reference"]: line for line in result["lines"]}
    reviewed = result["reviewed"]
    asked = {
        reference: finding["action"]
        for finding in reversed(result["findings"])
        for reference in finding["lines"]
    }
    return [
        {
            **line,
            "current": current,
            "frequency": _frequency(line.get("frequency")),
            "often": often(line.get("frequency"), texts),
            "read": read.get(line.get("reference")),
            "asks": asked.get(line.get("reference"), "pass"),
        }
        for current, lines in ((False, reviewed["orders"]), (True, reviewed["current_medications"]))
        for line in lines
    ]


def _frequency(value: object) -> str:
    """As written; a FHIR Timing in the shortest words that say it."""
    if isinstance(value, Mapping):
        repeat = value.get("repeat", value)
        often, period = repeat.get("frequency", 1), repeat.get("period", 1)
        return f"{often:g}×/{'' if period == 1 else f'{period:g} '}{repeat.get('periodUnit', '')}"
    return str(value) if value is not None else ""


def often(value: object, texts: Texts) -> str:
    """How often, in words for a reader; what is no FHIR Timing as it is written."""
    repeat = value.get("repeat", value) if isinstance(value, Mapping) else {}
    unit = f"rx_unit.{repeat.get('periodUnit')}"
    if not isinstance(value, Mapping) or not texts.has(unit):
        return _frequency(value)
    times, period = f"{repeat.get('frequency', 1):g}", f"{repeat.get('period', 1):g}"
    if period == "1":
        return texts("rx.each", often=times, unit=texts(unit))
    return texts("rx.every", often=times, period=period, unit=texts(unit))


def _suited(view: PrescriptionView) -> dict[str, Any]:
    """Coded reasons, those of the findings first."""
    found = [row.category for row in view.rows if row.asked != "pass" and row.category]
    first = {code: QUERY_REASONS[code] for code in dict.fromkeys(found) if code in QUERY_REASONS}
    return {**first, **QUERY_REASONS}


def _deed(act: str, values: Mapping[str, str]) -> Deed:
    form = Form(values)
    try:
        wanted = PrescriptionAct(act)
    except ValueError:
        raise no_such_prescription() from None
    overridden = {
        name.removeprefix("override."): value
        for name, value in values.items()
        if name.startswith("override.") and value
    }
    return Deed(
        act=wanted,
        version=form.whole("version", 1, 1_000_000),
        reason=form.text("reason", longest=20) or None,
        comment=form.text("comment", longest=500),
        overridden=overridden,
    )


def _changed(reviewed: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The prescription with the lines as the form has them; a line without a drug is taken out."""
    orders = []
    for number, line in enumerate(reviewed["orders"]):
        given = {name: values.get(f"{name}.{number}", "").strip() for name in _LINE}
        if not given["drug"]:
            continue
        written = {name: value for name, value in given.items() if value}
        if given["frequency"] == _frequency(line.get("frequency")) and given["frequency"]:
            written["frequency"] = line["frequency"]
        orders.append({name: _value(name, value) for name, value in written.items()})
    return {**reviewed, "orders": orders}


def _value(name: str, value: Any) -> Any:
    if name not in _NUMBERS:
        return value
    try:
        return float(value)
    except ValueError:
        # Refused by the application, which names the field.
        return value


def _minutes(request: Request, found: Sequence[StoredPrescription]) -> dict[str, int]:
    """How long each waits, in minutes."""
    now = web_of(request).now()
    return {p.id: max(0, int((now - p.submitted_at).total_seconds() // 60)) for p in found}


def _offset(request: Request) -> int:
    wanted = request.query_params.get("from", "")
    return int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else 0


ROUTES = [
    Route("/prescriptions", show_queue, methods=["GET"]),
    Route("/prescriptions/mine", show_mine, methods=["GET"]),
    Route("/prescriptions/{prescription}", show_prescription, methods=["GET"]),
    Route("/prescriptions/{prescription}/{act}", act_on_prescription, methods=["POST"]),
]
