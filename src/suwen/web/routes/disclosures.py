"""Facts sheets: for staff every version and its way to publication; published ones for anybody."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.accountability.claims import LONGEST, WantedClaim
from suwen.bootstrap.accountability.disclosing import Sheet
from suwen.control.access.decision import (
    Action,
    DraftTarget,
    InstallationTarget,
    RecordOrigin,
)
from suwen.control.governance.claim_file import ClaimGround
from suwen.control.governance.disclosure.sheet import Readers
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.identity import DraftId
from suwen.core.language import Language
from suwen.storage.disclosures import unknown_disclosure
from suwen.web.answers import file_answer
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, person_names, web_of


async def show_disclosures(request: Request) -> Response:
    """Every version, the latest of each system first."""
    return await _disclosures(request, None)


async def _disclosures(request: Request, problem: SuwenError | None) -> Response:
    web, visitor = web_of(request), visitor_of(request)
    desk = web.platform.accountability.disclosures
    rows = await web.platform.register.rows(visitor.principal)
    versions = await desk.versions(visitor.principal)
    accounts = (by for one in versions for by in (one.proposed_by, one.decided_by) if by)
    context = {
        "versions": versions,
        "person": await person_names(request, accounts),
        "titles": {row.id: row.texts.get("title") for row in rows},
        "readers": tuple(Readers),
        "may_propose": _may(request, Action.PROPOSE_DISCLOSURE),
        "certificate": await desk.certificate(visitor.principal),
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "disclosures.html", context, status)


async def propose(request: Request) -> Response:
    """Freezes a sheet as it is now."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        system = form.needed("system", longest=64)
        readers = form.choice("readers", Readers)
        desk = web.platform.accountability.disclosures
        made = await desk.propose(system, readers, visitor.principal)
    except InputError as error:
        return await _disclosures(request, error)
    return RedirectResponse(f"/disclosures/{made.app}/{made.audience}/{made.number}", 303)


async def show_version(request: Request) -> Response:
    """One version as its readers see it, and what may be done with it."""
    return await _version(request, None)


async def _version(request: Request, problem: SuwenError | None) -> Response:
    sheet = await _opened(request)
    mine = sheet.disclosed.proposed_by == visitor_of(request).principal.id
    may = _may(request, Action.PUBLISH_DISCLOSURE)
    context = {
        "sheet": sheet,
        "content": sheet.content,
        "own": mine and may,
        "may_decide": may and not mine and sheet.disclosed.published is None,
        "may_withdraw": may and sheet.disclosed.stands,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "disclosure.html", context, status)


async def decide(request: Request) -> Response:
    """Publishes, turns down, or takes away."""
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    sheet = await _opened(request)
    desk = web.platform.accountability.disclosures
    try:
        if form.text("do") == "withdraw":
            await desk.withdraw(sheet.disclosed, visitor.principal)
        else:
            publish = form.text("do") == "publish"
            await desk.decide(sheet.disclosed, visitor.principal, publish=publish)
    except InputError as error:
        return await _version(request, error)
    return RedirectResponse(request.url.path, 303)


async def version_file(request: Request) -> Response:
    """A version as its signed text, or as signed PDF."""
    sheet = await _opened(request)
    return await _file(request, sheet, request.path_params["form"])


async def show_facts(request: Request) -> Response:
    """What is published for everybody; asks nobody who they are."""
    web = web_of(request)
    desk = web.platform.accountability.disclosures
    sheets = [await desk.published_sheet(one.app, one.audience) for one in await desk.published()]
    told = [(sheet, sheet.content) for sheet in sheets]
    return _public(request, "facts.html", {"sheets": told})


async def show_fact_sheet(request: Request) -> Response:
    """One published sheet."""
    sheet = await _published(request)
    return _public(request, "fact_sheet.html", {"sheet": sheet, "content": sheet.content})


async def fact_sheet_file(request: Request) -> Response:
    """One published sheet as its signed text, or as signed PDF."""
    return await _file(request, await _published(request), request.path_params["form"])


async def show_claims(request: Request) -> Response:
    """Asks for which draft, and for what ground, a claim file is made."""
    _require_claims(request)
    return await _claims(request, Form({}), None)


async def _claims(request: Request, values: Form, problem: SuwenError | None) -> Response:
    context = {
        "grounds": tuple(ClaimGround),
        "values": values,
        "longest": LONGEST,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "claims.html", context, status)


async def export_claim(request: Request) -> Response:
    """The claim file, audited before it is gathered."""
    _require_claims(request)
    web, visitor, form = web_of(request), visitor_of(request), await read_form(request)
    try:
        wanted = WantedClaim(
            DraftId(form.needed("draft", longest=64)),
            form.choice("ground", ClaimGround),
            form.text("case", longest=LONGEST),
        )
        content = await web.platform.accountability.claims.export(wanted, visitor.principal)
    except InputError as error:
        return await _claims(request, form, error)
    return file_answer(f"claim-{wanted.draft}.zip", content, "application/zip")


def _require_claims(request: Request) -> None:
    """Lets pass who may export claim files at all; the draft itself is asked about later.

    Raises:
        AccessError: ``not_permitted``.
    """
    any_draft = DraftTarget("", RecordOrigin.IMPORTED, care=False, sign_roles=frozenset())
    access = web_of(request).platform.access
    access.require(visitor_of(request).principal, Action.EXPORT_CLAIM, any_draft)


async def _opened(request: Request) -> Sheet:
    web, visitor, wanted = web_of(request), visitor_of(request), request.path_params
    desk = web.platform.accountability.disclosures
    return await desk.open(wanted["system"], wanted["readers"], wanted["number"], visitor.principal)


async def _published(request: Request) -> Sheet:
    desk = web_of(request).platform.accountability.disclosures
    wanted = request.path_params
    return await desk.published_sheet(wanted["system"], wanted["readers"])


async def _file(request: Request, sheet: Sheet, form: str) -> Response:
    web, one = web_of(request), sheet.disclosed
    name = f"{one.app}-{one.audience}-{one.number}"
    if form == "json":
        signed = {"X-Suwen-Key": one.key_id or "", "X-Suwen-Signature": one.signature or ""}
        return Response(sheet.text, media_type="application/json", headers=signed)
    if form != "pdf":
        raise unknown_disclosure()
    asked = request.query_params.get("language", "")
    language = Language(asked) if asked in set(Language) else web.texts(request).language
    content = await web.platform.accountability.disclosures.pdf(one, language)
    disposition = f'inline; filename="{name}-{language.value}.pdf"'
    return Response(
        content, media_type="application/pdf", headers={"Content-Disposition": disposition}
    )


def _public(request: Request, template: str, context: dict[str, Any]) -> HTMLResponse:
    """A page without a person: no menu, no session's token."""
    web = web_of(request)
    texts = web.texts(request)
    site = web.platform.settings.site
    hospital = site.name_zh if texts.language is Language.ZH else site.name_en
    filled = {"shell": None, "csrf": "", "here": "", "hospital": hospital, **context}
    return HTMLResponse(web.html(template, texts, filled))


def _may(request: Request, action: Action) -> bool:
    principal = visitor_of(request).principal
    access = web_of(request).platform.access
    return access.decide(principal, action, InstallationTarget()).allowed


_VERSION = "/disclosures/{system}/{readers}/{number:int}"

ROUTES = [
    Route("/disclosures", show_disclosures, methods=["GET"]),
    Route("/disclosures", propose, methods=["POST"]),
    Route(_VERSION, show_version, methods=["GET"]),
    Route(_VERSION, decide, methods=["POST"]),
    Route(_VERSION + "/{form}", version_file, methods=["GET"]),
    Route("/facts", show_facts, methods=["GET"]),
    Route("/facts/{system}/{readers}", show_fact_sheet, methods=["GET"]),
    Route("/facts/{system}/{readers}/{form}", fact_sheet_file, methods=["GET"]),
    Route("/claims", show_claims, methods=["GET"]),
    Route("/claims", export_claim, methods=["POST"]),
]
