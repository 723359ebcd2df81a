"""Renders pages: one environment, strict about what is undefined, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from suwen.bootstrap.departments import DepartmentName
from suwen.bootstrap.ingestion import Ingestion
from suwen.bootstrap.page_images import PageImages
from suwen.bootstrap.platform import Platform
from suwen.web import formats
from suwen.web.guard import Visitor, language_of, visitor_of
from suwen.web.static_files import StaticFiles
from suwen.web.texts import Texts
from suwen.web.views.draft import Mark
from suwen.web.views.names import name_of
from suwen.web.views.shell import shell_for

HTMX_CONFIG = json.dumps(
    {
        # The history cache would keep patient lists in the browser's storage.
        "historyEnabled": False,
        "historyCacheSize": 0,
        # Both need what the content security policy forbids.
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
        "scrollBehavior": "auto",
        "responseHandling": [
            {"code": "204", "swap": False},
            {"code": "[23]..", "swap": True},
            {"code": "[45]..", "swap": True, "error": True},
        ],
    }
)


@dataclass(frozen=True)
class Web:
    """What every route needs: the platform, the templates, the static files, drawn pages."""

    platform: Platform
    assets: StaticFiles
    environment: Environment
    page_images: PageImages = field(default_factory=PageImages)

    def texts(self, request: Request) -> Texts:
        """The texts in the language of this request's screen."""
        return Texts(language_of(request))

    @property
    def ingestion(self) -> Ingestion:
        """Imports and builds of the library."""
        return Ingestion(self.platform.library.parts, self.platform.jobs)

    def now(self) -> datetime:
        """The present instant."""
        return self.platform.clock.now()

    def today(self) -> date:
        """The day in the wards' time zone."""
        return self.now().astimezone(self.platform.settings.zone).date()

    def html(self, template: str, texts: Texts, context: Mapping[str, Any]) -> str:
        """A rendered template without a response."""
        zone = self.platform.settings.zone
        return self.environment.get_template(template).render(
            {
                "t": texts,
                "language": texts.language.value,
                "asset": self.assets.url,
                "htmx_config": HTMX_CONFIG,
                "moment": lambda at: formats.moment(at, zone),
                "day": lambda at: formats.day(at, zone),
                "second": lambda at: formats.second(at, zone),
                **context,
            }
        )


def web_of(request: Request) -> Web:
    """The application's parts, from any request."""
    web: Web = request.app.state.web
    return web


def is_fragment(request: Request) -> bool:
    """Whether only a part of the page was asked for."""
    return "hx-request" in request.headers and "hx-boosted" not in request.headers


def fragment(
    request: Request, template: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A part of a page."""
    web = web_of(request)
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    filled = {"csrf": visitor.csrf if visitor else "", **context}
    return HTMLResponse(web.html(template, web.texts(request), filled), status)


async def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    status: int = 200,
    part: str | None = None,
) -> HTMLResponse:
    """A whole page for a signed-in person.

    Args:
        part: template of the part that is sent instead where htmx asks; the page includes it.
    """
    web, visitor = web_of(request), visitor_of(request)
    texts = web.texts(request)
    if part is not None and is_fragment(request):
        return fragment(request, part, context)
    shell = await shell_for(web.platform, visitor, texts.language)
    filled = {
        "shell": shell,
        "csrf": visitor.csrf,
        "here": request.url.path,
        **context,
    }
    return HTMLResponse(web.html(template, texts, filled), status)


async def department_names(request: Request, codes: Iterable[str | None]) -> DepartmentName:
    """How these departments are called in the language of this request's screen."""
    web = web_of(request)
    return await web.platform.departments.naming(codes, web.texts(request).language)


async def person_names(request: Request, accounts: Iterable[str]) -> Callable[[str], str]:
    """How these actors are called on this request's screen.

    A person by the name, a part of the platform by its text, and whoever is neither, such as a
    program of the hospital, by the account.
    """
    web, texts = web_of(request), web_of(request).texts(request)
    names = {one: await name_of(web.platform, one, texts) for one in set(accounts)}
    return lambda account: names.get(account, account)


async def patient_names(
    request: Request, patients: Iterable[str | None]
) -> Callable[[str | None], str]:
    """How these patients are called on a screen that may name them: name and record number.

    Whoever has left the record store is called by the id.
    """
    records, names = web_of(request).platform.records, {}
    for patient in {one for one in patients if one}:
        summary = await records.read_summary(patient)
        known = (summary.name, summary.identifier) if summary is not None else ()
        names[patient] = " ".join(part for part in known if part) or patient
    return lambda patient: names.get(patient or "", patient or "")


def make_environment() -> Environment:
    """The template environment."""
    environment = Environment(
        loader=PackageLoader("suwen.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["marks_json"] = _marks_json
    return environment


def _marks_json(marks: Sequence[Mark]) -> str:
    """What the editor's script reads of a section's marks; escaped like any other text."""
    return json.dumps([asdict(mark) for mark in marks], ensure_ascii=False)
