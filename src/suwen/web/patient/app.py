"""The web application of the device partition: its own routes, nothing of the general one's."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from suwen.bootstrap.device.chats import ChatDesk
from suwen.bootstrap.device.department_models import ModelDesk
from suwen.bootstrap.device.place import PUBLIC_KEYS
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.bootstrap.device.staff import StaffSessions
from suwen.bootstrap.device.staff_desk import StaffDesk
from suwen.bootstrap.device.tables import TableDesk
from suwen.core.errors import SuwenError
from suwen.web.defects import Edge
from suwen.web.patient import chat, desk, learned, tables, ways
from suwen.web.patient.edge import OwnPages, answer_error
from suwen.web.patient.health import HEALTH
from suwen.web.patient.rendering import PatientWeb
from suwen.web.security import SecurityHeaders
from suwen.web.static_files import PREFIX

GZIP_FROM_BYTES = 1024


def create_patient_app(platform: DevicePlatform) -> Starlette:
    """The application that answers at the device partition's own port."""
    chats = ChatDesk(platform)
    keys = Path(platform.site_settings.home) / "secrets" / "signing" / PUBLIC_KEYS
    web = PatientWeb(
        platform=platform,
        chats=chats,
        desk=StaffDesk(platform, chats),
        staff=StaffSessions(keys, platform.clock, platform.trainings.bars),
        tables=TableDesk(platform),
        models=ModelDesk(platform),
    )
    app = Starlette(
        routes=[
            *HEALTH,
            *chat.ROUTES,
            *ways.ROUTES,
            *desk.ROUTES,
            *tables.ROUTES,
            *learned.ROUTES,
            Route(PREFIX + "{name:path}", web.assets.serve, methods=["GET"]),
        ],
        middleware=[
            Middleware(SecurityHeaders, frame_ancestors=()),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES),
            Middleware(Edge, answer=answer_error),
            Middleware(OwnPages),
        ],
        exception_handlers={SuwenError: answer_error, HTTPException: answer_error},
    )
    app.state.web = web
    return app
