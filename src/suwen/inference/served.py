"""What an engine says that it serves, as one text that changes when the engine does."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from suwen.core.errors import InferenceError
from suwen.core.inference import Endpoint
from suwen.inference.connection import TimeLimits, check_endpoint, headers, open_session

_MOST_BYTES: Final = 1024 * 1024
_LONGEST: Final = 300
_PASSING: Final = frozenset({"created", "permission", "object", "loaded", "status", "state"})
"""What differs between two starts of the same engine, or says nothing."""


async def served_as(endpoint: Endpoint, ca_file: Path | None = None) -> str | None:
    """What the engine's list of models says of the endpoint's model.

    Returns:
        The entry in canonical form, or its SHA-256 where it is long; ``None`` where the engine
        does not answer, offers no list or does not name the model: then nothing was learnt.
    """
    if endpoint.embedded:
        return None
    import aiohttp

    check_endpoint(endpoint)
    limits = TimeLimits.of(endpoint)
    url = f"{endpoint.url.rstrip('/')}/models"
    try:
        session = open_session(endpoint, limits, ca_file)
        async with (
            session,
            session.get(url, headers=headers(endpoint), allow_redirects=False) as response,
        ):
            if response.status != 200:
                return None
            body = await response.content.read(_MOST_BYTES)
            return served_text(body, endpoint.model)
    except (aiohttp.ClientError, TimeoutError, InferenceError):
        return None


def served_text(body: bytes, model: str) -> str | None:
    """The entry of a model in a list of models, in canonical form; ``None`` where it is not."""
    try:
        listed: list[dict[str, Any]] = json.loads(body)["data"]
        entry = next((one for one in listed if one.get("id") == model), None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if entry is None:
        return None
    lasting = {name: value for name, value in sorted(entry.items()) if name not in _PASSING}
    text = json.dumps(lasting, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(text) > _LONGEST:
        return hashlib.sha256(text.encode()).hexdigest()
    return text
