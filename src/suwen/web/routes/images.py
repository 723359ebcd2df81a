"""Images beside a draft, and the studies of which nobody knows yet whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.key_images import FULL, THUMBNAIL, KeyImages
from suwen.core.errors import InputError
from suwen.core.identity import DraftId
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, web_of

if TYPE_CHECKING:
    from suwen.bootstrap.imaging_desk import ImagingDesk, OpenedStudy

PAGE_SIZE = 50


async def show_strip(request: Request) -> Response:
    """The strip of images; nothing at all where there is none."""
    draft = request.path_params["draft"]
    images = await _images(request).strip(visitor_of(request).principal, DraftId(draft))
    return fragment(request, "images_fragment.html", {"draft": draft, "images": images})


async def show_image(request: Request) -> Response:
    """One image as PNG; who may see it is decided and audited for each request."""
    width = FULL if request.query_params.get("size") == "full" else THUMBNAIL
    digest, png = await _images(request).image(
        visitor_of(request).principal,
        DraftId(request.path_params["draft"]),
        request.path_params["image"],
        width,
    )
    # A browser asks each time whether it may still show what it has.
    tag = f'"{digest[:32]}-{width}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(png, media_type="image/png", headers=headers)


async def show_waiting(request: Request) -> Response:
    """Studies that wait for a person to say whose they are."""
    return await _waiting(request)


async def open_study(request: Request) -> Response:
    """A waiting study with what its header says of the patient; audited before."""
    form = await read_form(request)
    try:
        opened = await _desk(request).open(
            visitor_of(request).principal,
            request.path_params["study"],
            form.text("reason", longest=200),
        )
    except InputError as error:
        return await _waiting(request, problem=error)
    return await _waiting(request, opened=opened)


async def link_study(request: Request) -> Response:
    """Links a study to the patient whom a person chose."""
    form = await read_form(request)
    try:
        await _desk(request).link(
            visitor_of(request).principal,
            request.path_params["study"],
            form.text("patient", longest=200),
        )
    except InputError as error:
        return await _waiting(request, problem=error)
    return RedirectResponse("/imaging/waiting?done=linked", 303)


async def set_study_aside(request: Request) -> Response:
    """Takes a study out of the queue, with a reason."""
    form = await read_form(request)
    try:
        await _desk(request).set_aside(
            visitor_of(request).principal,
            request.path_params["study"],
            form.text("reason", longest=200),
        )
    except InputError as error:
        return await _waiting(request, problem=error)
    return RedirectResponse("/imaging/waiting?done=set_aside", 303)


async def _waiting(
    request: Request, problem: InputError | None = None, opened: OpenedStudy | None = None
) -> Response:
    studies = await _desk(request).waiting(visitor_of(request).principal, PAGE_SIZE)
    context: dict[str, Any] = {
        "studies": studies,
        "done": request.query_params.get("done", ""),
        "problem": problem,
        "opened": opened,
    }
    return await page(request, "imaging_waiting.html", context, 422 if problem else 200)


def _images(request: Request) -> KeyImages:
    """Kept with the application, so that what was drawn is drawn once."""
    state = request.app.state
    if not hasattr(state, "key_images"):
        state.key_images = KeyImages(web_of(request).platform)
    images: KeyImages = state.key_images
    return images


def _desk(request: Request) -> ImagingDesk:
    # What speaks DICOM takes half a second to load; most services are never asked.
    from suwen.bootstrap.imaging_desk import ImagingDesk

    return ImagingDesk(web_of(request).platform)


ROUTES = [
    Route("/drafts/{draft}/images", show_strip, methods=["GET"]),
    Route("/drafts/{draft}/images/{image}", show_image, methods=["GET"]),
    Route("/imaging/waiting", show_waiting, methods=["GET"]),
    Route("/imaging/studies/{study}/open", open_study, methods=["POST"]),
    Route("/imaging/studies/{study}/link", link_study, methods=["POST"]),
    Route("/imaging/studies/{study}/set-aside", set_study_aside, methods=["POST"]),
]
