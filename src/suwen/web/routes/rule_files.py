"""Files of rows: a table as it stands, a hospital's changes, a drug dictionary, interactions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.rules.desk import Asked, RuleDesk
from suwen.bootstrap.rules.files import (
    DICTIONARY,
    INTERACTIONS,
    KINDS,
    ReadFile,
    given_mapping,
    header_of,
    read_file,
    wished_columns,
)
from suwen.bootstrap.rules.sets import PRESCRIPTION, rule_set_of, rule_sets
from suwen.clinical.row_change_files import changes_as_csv, rows_as_csv, text_of_file
from suwen.core.errors import ClinicalDataError, InputError, SuwenError, meaning_of
from suwen.core.language import Bilingual
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of

_LARGEST: Final = 16 * 1024 * 1024
_MOST_FIELDS: Final = 600
_MOST_SHOWN: Final = 300


async def show_files(request: Request) -> Response:
    """What can be taken down, and the form that takes a file in."""
    return await _show(request, Form({}), _Taken("", None), None)


async def take_file(request: Request) -> Response:
    """Checks a file; proposes what it holds where that is asked for and nothing is wrong."""
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    form, taken = await _taken(request)
    try:
        if not taken.text:
            raise InputError(
                "file_missing", Bilingual(zh="请选择文件。", en="Choose a file."), field="file"
            )
        found = await read_file(desk, principal, _kind(form), taken.text, _answers(form))
        taken = _Taken(taken.text, found)
        if form.text("act") == "propose":
            asked = Asked(
                found.rule_set, found.changes, form.text("reason", longest=400), found.kind
            )
            made = await desk.propose(principal, asked)
            return RedirectResponse(f"/rules/changes/{made[-1].number}", 303)
    except (InputError, ClinicalDataError) as error:
        return await _show(request, form, taken, error)
    return await _show(request, form, taken, None)


async def export_table(request: Request) -> Response:
    """One table as it stands, to be filled in and brought back."""
    _desk(request).require_reading(visitor_of(request).principal)
    table = request.path_params["table"]
    tables = rule_set_of(table)
    rows = await _desk(request).rows(visitor_of(request).principal, tables.id)
    of_table = [row for row in rows if row.table == table]
    text = await asyncio.to_thread(rows_as_csv, of_table, tables.columns(table))
    return _csv(f"{table}.csv", text)


async def export_changes(request: Request) -> Response:
    """Every change of a set that works now, in the form in which it can be brought back."""
    rule_set = request.query_params.get("set") or PRESCRIPTION
    desk = _desk(request)
    await desk.rows(visitor_of(request).principal, rule_set)
    return _csv(
        f"{rule_set}-changes.csv", changes_as_csv(desk.site.in_use.changes.get(rule_set, ()))
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    text: str
    found: ReadFile | None


async def _show(
    request: Request, form: Form, taken: _Taken, problem: SuwenError | None
) -> Response:
    desk, principal = _desk(request), visitor_of(request).principal
    desk.require_reading(principal)
    kind = _kind(form)
    context = {
        "kind": kind,
        "kinds": KINDS,
        "sets": {name: one.tables for name, one in rule_sets().items()},
        "rule_set": PRESCRIPTION,
        "text": taken.text,
        "found": taken.found,
        "problems": () if taken.found is None else taken.found.problems[:_MOST_SHOWN],
        "uncertain": () if taken.found is None else taken.found.uncertain[:_MOST_SHOWN],
        "columns": wished_columns(kind),
        "mapping": given_mapping(kind, _answers(form), taken.text),
        "header": header_of(taken.text) if kind in (DICTIONARY, INTERACTIONS) else (),
        "given": form,
        "may_change": any(desk.may_change(principal, one) for one in rule_sets()),
        "problem": problem,
        "tab": "files",
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "rules_files.html", context, status)


async def _taken(request: Request) -> tuple[Form, _Taken]:
    """The fields of the form, and the text of the file: a new one, or the one checked before."""
    async with form_of(request, files=1, fields=_MOST_FIELDS, largest=_LARGEST) as fields:
        form = Form({name: value for name, value in fields.items() if isinstance(value, str)})
        upload = fields.get("file")
        if isinstance(upload, UploadFile) and upload.filename:
            try:
                return form, _Taken(text_of_file(await upload.read()), None)
            except ClinicalDataError as error:
                raise InputError(error.code, error.safe_message, field="file") from None
        return form, _Taken(str(fields.get("text", "")).replace("\r\n", "\n"), None)


def _kind(form: Form) -> str:
    kind = form.text("kind") or KINDS[0]
    if kind not in KINDS:
        raise InputError(
            "field_wrong",
            Bilingual(zh="没有这种文件。", en="There is no such kind of file."),
            field="kind",
        )
    return kind


def _answers(form: Form) -> Mapping[str, str]:
    """What was said about the file: its columns, grades, source and uncertain lines."""
    return {
        name: form.text(name, longest=400)
        for name in form.names()
        if name.startswith(("column:", "grade:", "line:"))
        or name in ("source", "edition", "reason", "set")
    }


def _csv(name: str, text: str) -> Response:
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _desk(request: Request) -> RuleDesk:
    return web_of(request).platform.rule_desk


ROUTES: Sequence[Any] = [
    Route("/rules/files", show_files, methods=["GET"]),
    Route("/rules/files", take_file, methods=["POST"]),
    Route("/rules/changes.csv", export_changes, methods=["GET"]),
    Route("/rules/tables/{table}.csv", export_table, methods=["GET"]),
]
