"""Renders pages: one environment, strict about what is undefined, everything escaped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from suwen.bootstrap.platform import Platform
from suwen.web import formats
from suwen.web.guard import Visitor, language_of, visitor_of
from suwen.web.static_files import StaticFiles
from suwen.web.texts import Texts
from suwen.web.views.shell import shell_for

HTMX_CONFIG = json.dumps(
    {
        # The history cache would keep patient lists in the browser's storage.
        "historyCacheSize": 0,
        "refreshOnHistoryMiss": True,
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
    """What every route needs: the platform, the templates and the static files."""

    platform: Platform
    assets: StaticFiles
    environment: Environment

    def texts(self, request: Request) -> Texts:
        """The texts in the language of this request's screen."""
        return Texts(language_of(request))

    def now(self) -> datetime:
        """The present instant."""
        return self.platform.clock.now()

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
    request: Request, template: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A whole page for a signed-in person, or its fragment where htmx asks for a part.

    The fragment of ``name.html`` is ``name_fragment.html``, which the page includes.
    """
    web, visitor = web_of(request), visitor_of(request)
    texts = web.texts(request)
    if is_fragment(request) and status < 400:
        return fragment(request, template.replace(".html", "_fragment.html"), context)
    shell = await shell_for(web.platform, visitor, texts.language)
    filled = {
        "shell": shell,
        "csrf": visitor.csrf,
        "here": request.url.path,
        **context,
    }
    return HTMLResponse(web.html(template, texts, filled), status)


def make_environment() -> Environment:
    """The template environment."""
    return Environment(
        loader=PackageLoader("suwen.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
