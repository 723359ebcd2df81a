"""The review page and everything that a person may do with a draft."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.exports import ExportForm, export_draft
from suwen.control.access.authentication import Proof
from suwen.control.gateway.sign_off_types import SignRequest
from suwen.control.governance.first_opinion import FIRST_OPINION_NEEDED
from suwen.core.draft import RejectReason
from suwen.core.errors import InputError, NotFoundError, PreconditionError
from suwen.core.identity import AppId, DraftId
from suwen.core.language import Bilingual
from suwen.web.forms import Form, read_json
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, person_names, web_of
from suwen.web.routes.disagreements import opinion_page
from suwen.web.views.banner import read_banner
from suwen.web.views.draft import DraftPage, read_draft_page
from suwen.web.views.versions import read_reasoning, read_versions_page

LONGEST_COMMENT = 2000


async def show_draft(request: Request) -> Response:
    """The review page; before it the own view where that comes first, and after it what a planted
    check was."""
    web, visitor = web_of(request), visitor_of(request)
    desks, draft = web.platform.accountability, DraftId(request.path_params["draft"])
    try:
        view = await _view(request)
    except PreconditionError as error:
        if error.code != FIRST_OPINION_NEEDED:
            raise
        return await opinion_page(request, Form({}), None)
    except NotFoundError:
        answered = await desks.checks.answered_draft(draft, visitor.principal)
        if answered is None:
            raise
        return RedirectResponse(f"/checks/{answered.id}", 303)
    context = {
        "view": view,
        "reasons": [r.value for r in RejectReason],
        "disagreements": await desks.disagreements.of_draft(visitor.principal, draft),
        "editor": (await person_names(request, [view.updated_by]))(view.updated_by),
        "first_opinion": web.platform.applications[AppId(view.app)].manifest.first_opinion,
    }
    return await page(request, "draft.html", context)


async def save_draft(request: Request) -> Response:
    """Stores an edit durably, or says that it was not; ``If-Match`` carries the version."""
    web, visitor = web_of(request), visitor_of(request)
    body = await read_json(request)
    sections = body.get("sections")
    if not isinstance(sections, dict) or not all(isinstance(t, str) for t in sections.values()):
        raise _wrong("sections")
    draft = DraftId(request.path_params["draft"])
    version = expected_version(request)
    await web.platform.sign_off.save(visitor.principal, draft, version, sections)
    view = await _view(request)
    return JSONResponse(await _saved(request, view))


async def current_texts(request: Request) -> Response:
    """The draft's texts as stored, to be set beside one's own after a conflict."""
    view = await _view(request)
    return JSONResponse(await _saved(request, view))


async def sign_draft(request: Request) -> Response:
    """Signs exactly the version and hash that were shown, with the signer's password."""
    web, visitor = web_of(request), visitor_of(request)
    wanted = sign_request(request.path_params["draft"], await read_json(request))
    await web.platform.sign_off.sign(visitor.principal, wanted)
    return JSONResponse({"status": (await _view(request)).status})


async def cosign_draft(request: Request) -> Response:
    """The superior's signature."""
    web, visitor = web_of(request), visitor_of(request)
    wanted = sign_request(request.path_params["draft"], await read_json(request))
    await web.platform.sign_off.cosign(visitor.principal, wanted)
    return JSONResponse({"status": (await _view(request)).status})


async def reject_draft(request: Request) -> Response:
    """Rejects with a coded reason."""
    web, visitor = web_of(request), visitor_of(request)
    form = _form(await read_json(request))
    decided = await web.platform.sign_off.reject(
        visitor.principal,
        DraftId(request.path_params["draft"]),
        form.whole("version", 1, 10**9),
        form.choice("reason", RejectReason),
        form.text("comment", longest=LONGEST_COMMENT) or None,
    )
    return JSONResponse({"status": decided.status.value})


async def escalate_draft(request: Request) -> Response:
    """Hands the draft to a superior."""
    web, visitor = web_of(request), visitor_of(request)
    form = _form(await read_json(request))
    decided = await web.platform.sign_off.escalate(
        visitor.principal,
        DraftId(request.path_params["draft"]),
        form.whole("version", 1, 10**9),
        form.text("comment", longest=LONGEST_COMMENT),
    )
    return JSONResponse({"status": decided.status.value})


async def amend_draft(request: Request) -> Response:
    """Opens a signed document for an amendment; the signed one stays."""
    web, visitor = web_of(request), visitor_of(request)
    form = _form(await read_json(request))
    decided = await web.platform.sign_off.amend(
        visitor.principal,
        DraftId(request.path_params["draft"]),
        form.whole("version", 1, 10**9),
    )
    return JSONResponse({"status": decided.status.value})


async def copy_draft(request: Request) -> Response:
    """The text with its AI label, for the hospital's own record system; audited."""
    web, visitor = web_of(request), visitor_of(request)
    copied = await web.platform.sign_off.copy_text(
        visitor.principal, DraftId(request.path_params["draft"])
    )
    return JSONResponse({"text": copied.text, "signed": copied.signed})


async def download_pdf(request: Request) -> Response:
    """The document as PDF: a draft with its watermark, a signed one with its signatures."""
    body = await _exported(request, ExportForm.PDF)
    return Response(body, media_type="application/pdf", headers=_named(request, "inline", "pdf"))


async def download_fhir(request: Request) -> Response:
    """The signed document as a FHIR document Bundle."""
    body = await _exported(request, ExportForm.FHIR)
    headers = _named(request, "attachment", "json")
    return Response(body, media_type="application/fhir+json", headers=headers)


async def _exported(request: Request, form: ExportForm) -> bytes:
    web, visitor = web_of(request), visitor_of(request)
    draft = DraftId(request.path_params["draft"])
    return await export_draft(web.platform, visitor.principal, draft, form)


async def show_versions(request: Request) -> Response:
    """Every version with its differences, and every decision."""
    web = web_of(request)
    visitor, texts = visitor_of(request), web.texts(request)
    view = await read_versions_page(
        web.platform,
        visitor,
        request.path_params["draft"],
        request.query_params.get("from"),
        request.query_params.get("to"),
    )
    banner = await read_banner(web.platform, visitor, view.patient, texts) if view.patient else None
    name = await person_names(request, (one.saved_by for one in view.versions))
    return await page(request, "versions.html", {"view": view, "banner": banner, "name": name})


async def show_reasoning(request: Request) -> Response:
    """The model's reasoning, for checking; never part of the document."""
    web = web_of(request)
    reasoning = await read_reasoning(
        web.platform, visitor_of(request), request.path_params["draft"]
    )
    return fragment(request, "reasoning_fragment.html", {"reasoning": reasoning})


def expected_version(request: Request) -> int:
    """The version that the writer started from, out of ``If-Match``.

    Raises:
        InputError: ``if_match_missing``.
    """
    stated = request.headers.get("if-match", "").strip().strip('"')
    if not stated.isascii() or not stated.isdigit():
        raise InputError(
            "if_match_missing",
            Bilingual(
                zh="请在 If-Match 头中给出您所修改的版本号。",
                en="State in the header If-Match which version you changed.",
            ),
            field="If-Match",
        )
    return int(stated)


def sign_request(draft: str, body: dict[str, Any]) -> SignRequest:
    """What a signer sends: version, hash, password, what was acknowledged.

    Raises:
        InputError: ``field_wrong``.
    """
    version, digest = body.get("version"), body.get("content_hash")
    acknowledged = body.get("acknowledged", [])
    if not isinstance(version, int) or isinstance(version, bool):
        raise _wrong("version")
    if not isinstance(digest, str):
        raise _wrong("content_hash")
    if not isinstance(acknowledged, list) or not all(isinstance(i, str) for i in acknowledged):
        raise _wrong("acknowledged")
    password, statement = body.get("password"), body.get("statement")
    if isinstance(statement, str) and statement:
        proof = Proof(statement=statement[:4096])
    elif isinstance(password, str) and password:
        proof = Proof(password=password[:1024])
    else:
        raise _wrong("password")
    comment = body.get("comment")
    return SignRequest(
        draft=DraftId(draft),
        version=version,
        content_hash=digest,
        proof=proof,
        acknowledged=frozenset(acknowledged),
        comment=comment[:LONGEST_COMMENT] if isinstance(comment, str) and comment else None,
        cosign_wanted=body.get("cosign_wanted") is True,
    )


async def _view(request: Request) -> DraftPage:
    web = web_of(request)
    return await read_draft_page(
        web.platform, visitor_of(request), request.path_params["draft"], web.texts(request)
    )


async def _saved(request: Request, view: DraftPage) -> dict[str, Any]:
    """What the editor needs to know of the stored state, and the panels beside it."""
    web = web_of(request)
    texts, name = web.texts(request), await person_names(request, [view.updated_by])
    context = {"view": view}
    return {
        "version": view.version,
        "content_hash": view.content_hash,
        "status": view.status,
        "saved_at": view.updated_at.astimezone(web.platform.settings.zone).strftime("%H:%M"),
        "by_name": name(view.updated_by),
        "changes": view.changes,
        "sections": [asdict(section) for section in view.sections],
        "panel": web.html("draft_panel_fragment.html", texts, context),
        "open": web.html("draft_open_fragment.html", texts, context),
        "print": web.html("draft_print_fragment.html", texts, context),
    }


def _form(body: dict[str, Any]) -> Form:
    return Form({name: str(value) for name, value in body.items() if value is not None})


def _named(request: Request, how: str, suffix: str) -> dict[str, str]:
    """Ids have no character that would need quoting."""
    name = f"{request.path_params['draft']}.{suffix}"
    return {"Content-Disposition": f'{how}; filename="{name}"'}


def _wrong(field: str) -> InputError:
    return InputError(
        "field_wrong",
        Bilingual(zh="缺少此项或格式不对。", en="Missing, or not in the right form."),
        field=field,
    )


ROUTES = [
    Route("/drafts/{draft}", show_draft, methods=["GET"]),
    Route("/drafts/{draft}", save_draft, methods=["PUT"]),
    Route("/drafts/{draft}/texts", current_texts, methods=["GET"]),
    Route("/drafts/{draft}/sign", sign_draft, methods=["POST"]),
    Route("/drafts/{draft}/cosign", cosign_draft, methods=["POST"]),
    Route("/drafts/{draft}/reject", reject_draft, methods=["POST"]),
    Route("/drafts/{draft}/escalate", escalate_draft, methods=["POST"]),
    Route("/drafts/{draft}/amend", amend_draft, methods=["POST"]),
    Route("/drafts/{draft}/copy", copy_draft, methods=["POST"]),
    Route("/drafts/{draft}/pdf", download_pdf, methods=["GET"]),
    Route("/drafts/{draft}/fhir", download_fhir, methods=["GET"]),
    Route("/drafts/{draft}/versions", show_versions, methods=["GET"]),
    Route("/drafts/{draft}/reasoning", show_reasoning, methods=["GET"]),
]
