"""Renders the device partition's pages: nothing of the general platform is needed or reached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from suwen.bootstrap.device.chats import ChatDesk
from suwen.bootstrap.device.department_models import ModelDesk
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.bootstrap.device.staff import StaffSessions
from suwen.bootstrap.device.staff_desk import StaffDesk
from suwen.bootstrap.device.tables import TableDesk
from suwen.core.language import Language
from suwen.web import formats
from suwen.web.static_files import StaticFiles
from suwen.web.texts import Texts

LANGUAGE_COOKIE: Final = "suwen_language"
SIZE_COOKIE: Final = "suwen_text_size"
LARGE: Final = "large"
HTMX_CONFIG: Final = json.dumps(
    {
        "historyEnabled": False,
        "historyCacheSize": 0,
        "includeIndicatorStyles": False,
        "allowEval": False,
        "selfRequestsOnly": True,
        "scrollBehavior": "auto",
    }
)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("suwen.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@dataclass(frozen=True)
class PatientWeb:
    """What every route of the device partition needs."""

    platform: DevicePlatform
    chats: ChatDesk
    desk: StaffDesk
    staff: StaffSessions
    tables: TableDesk
    models: ModelDesk
    assets: StaticFiles = field(default_factory=StaticFiles)
    environment: Environment = field(default_factory=_environment)

    def html(self, template: str, request: Request, context: Mapping[str, Any]) -> str:
        """A rendered template."""
        language, settings = language_of(request), self.platform.settings
        site = settings.site
        return self.environment.get_template(template).render(
            {
                "t": Texts(language),
                "language": language.value,
                "large": request.cookies.get(SIZE_COOKIE) == LARGE,
                "hospital": site.name_zh if language is Language.ZH else site.name_en,
                "asset": self.assets.url,
                "htmx_config": HTMX_CONFIG,
                "here": request.url.path,
                "keep_hours": settings.device.chat_hours,
                "clock": lambda at: formats.moment(at, settings.zone),
                **context,
            }
        )


def patient_web_of(request: Request) -> PatientWeb:
    """The parts, from any request."""
    web: PatientWeb = request.app.state.web
    return web


def language_of(request: Request) -> Language:
    """Language of the screen: as chosen, else as the browser asks, else the site's."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    if chosen in (Language.ZH, Language.EN):
        return Language(chosen)
    asked = request.headers.get("accept-language", "")[:2].lower()
    if asked in (Language.ZH, Language.EN):
        return Language(asked)
    return Language(patient_web_of(request).platform.settings.site.language)


def show(
    request: Request, template: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """A page, or a part of one."""
    return HTMLResponse(patient_web_of(request).html(template, request, context), status)
