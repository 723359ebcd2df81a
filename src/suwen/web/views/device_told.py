"""What the device partition told of itself, for pages about Releases and monitoring.

Who may is decided by the page that shows it.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from suwen.bootstrap.device.told import read_told
from suwen.web.pages import person_names, web_of


async def told_here(request: Request) -> dict[str, object]:
    """The last word of the device partition, and whether it is an old one."""
    web = web_of(request)
    told = await asyncio.to_thread(read_told, web.platform.settings)
    language = web.texts(request).language.value
    actors = {app["suspended"]["by"] for app in told.applications if app["suspended"]}
    actors |= {one["by"] for app in told.applications for one in app["log"] if one["by"]}
    return {
        "name": await person_names(request, actors),
        "told": told,
        "told_is_old": told.is_old(web.platform.clock.now()),
        "device_titles": {one["app"]: one["title"][language] for one in told.applications},
    }
