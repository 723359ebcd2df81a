"""Our own scripts and styles under names that change with their content, cached for ever."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

PREFIX = "/static/"
IMMUTABLE = "public, max-age=31536000, immutable"
TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
    }
)
_IMPORT = re.compile(r'((?:from|import)\s+")(\./[A-Za-z0-9_./-]+\.js)(")')


class StaticFiles:
    """All files of ``static/``, read once; a script's imports point to the hashed names too."""

    def __init__(self) -> None:
        self._sources: dict[str, bytes] = {}
        self._collect(files("suwen.web") / "static", "")
        self._names: dict[str, str] = {}
        self._served: dict[str, bytes] = {}
        for name in sorted(self._sources):
            self._publish(name)

    def url(self, name: str) -> str:
        """Address of a file by its plain name, for example ``el/hotkeys.js``.

        Raises:
            KeyError: when there is no such file.
        """
        return PREFIX + self._names[name]

    async def serve(self, request: Request) -> Response:
        """Answers a hashed name; an old or unknown one is not found."""
        name = request.path_params["name"]
        body = self._served.get(name)
        if body is None:
            return PlainTextResponse("not found", status_code=404)
        suffix = name[name.rindex(".") :]
        return Response(body, media_type=TYPES[suffix], headers={"Cache-Control": IMMUTABLE})

    def _collect(self, folder: Traversable, prefix: str) -> None:
        for entry in folder.iterdir():
            name = f"{prefix}{entry.name}"
            if entry.is_dir():
                self._collect(entry, f"{name}/")
            elif any(name.endswith(suffix) for suffix in TYPES):
                self._sources[name] = entry.read_bytes()

    def _publish(self, name: str) -> str:
        if name in self._names:
            return self._names[name]
        body = self._sources[name]
        if name.endswith(".js") and not name.startswith("vendor/"):
            folder = name.rpartition("/")[0]

            def hashed(found: re.Match[str]) -> str:
                target = f"{folder}/{found[2][2:]}" if folder else found[2][2:]
                published = self._publish(target).rpartition("/")[2]
                return f"{found[1]}./{published}{found[3]}"

            body = _IMPORT.sub(hashed, body.decode()).encode()
        stem, _, suffix = name.rpartition(".")
        published = f"{stem}.{hashlib.sha256(body).hexdigest()[:12]}.{suffix}"
        self._names[name] = published
        self._served[published] = body
        return published
