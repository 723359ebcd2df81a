"""The way from here to the patients' desk, which is another process at another port.

Nothing of a patient's chat comes through this process: it only signs a ticket that says who is
signed in here, and the browser goes on by itself.
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.audited import act_of, audited
from suwen.bootstrap.device.staff import write_ticket
from suwen.bootstrap.settings import Settings
from suwen.control.access.decision import Action
from suwen.core.errors import UnavailableError
from suwen.core.language import Bilingual
from suwen.web.guard import visitor_of
from suwen.web.pages import web_of
from suwen.web.routes.administration import require


async def go_to_desk(request: Request) -> Response:
    """Sends somebody of the staff to the desk with a ticket for one minute."""
    require(request, Action.HELP_PATIENTS)
    platform, visitor = web_of(request).platform, visitor_of(request)
    address = await asyncio.to_thread(_address, platform.settings, request.url.hostname or "")
    async with audited(platform.audit, act_of(visitor.principal, "desk.ticket")):
        ticket = write_ticket(visitor.principal, platform.signer, platform.clock.now())
    return RedirectResponse(f"{address}/desk/enter?{urlencode({'ticket': ticket})}", 303)


def _address(settings: Settings, host: str) -> str:
    """Where browsers reach the device partition."""
    if settings.device.public_url is not None:
        return settings.device.public_url
    try:
        told = json.loads((settings.run_folder / "up.json").read_text(encoding="utf-8"))
        return f"http://{host}:{told['ports']['patients']}"
    except (OSError, ValueError, KeyError):
        raise UnavailableError(
            "desk_not_running",
            Bilingual(
                zh="导诊台服务没有运行，请联系系统管理员。",
                en="The patients' desk does not run. Tell the system administrator.",
            ),
        ) from None


ROUTES = [Route("/patients-desk", go_to_desk, methods=["GET"])]
