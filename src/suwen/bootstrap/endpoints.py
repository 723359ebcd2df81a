"""Changing the engines of a site, with the audit before the effect."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from suwen.bootstrap.platform import Platform
from suwen.core.audit import AuditEntry, AuditOutcome
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


async def add_endpoint(platform: Platform, endpoint: Endpoint, acting: Principal) -> None:
    """Adds an engine or changes the one of this name.

    Raises:
        InputError: ``endpoint_name_wrong``, ``endpoint_url_wrong``.
        ConfigurationError: when its address or key cannot be used safely.
    """
    if not NAME.fullmatch(endpoint.name) or endpoint.name == "embedded":
        raise InputError(
            "endpoint_name_wrong",
            Bilingual(
                zh="名称须为小写字母、数字、点、横线；embedded 由平台自用。",
                en="A name has lower-case letters, digits, dots and dashes; embedded is ours.",
            ),
            field="name",
        )
    parts = urlsplit(endpoint.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            "endpoint_url_wrong",
            Bilingual(
                zh="地址须形如 http://主机:端口/v1。",
                en="The address must look like http://host:port/v1.",
            ),
            field="url",
        )
    await platform.models.put(endpoint)
    await _audit(platform, acting, "endpoint.put", endpoint.name)
    await platform.endpoints.put(endpoint)


async def remove_endpoint(platform: Platform, name: str, acting: Principal) -> None:
    """Forgets an engine.

    Raises:
        NotFoundError: when there is none of this name.
    """
    await platform.endpoints.read(name)
    await _audit(platform, acting, "endpoint.remove", name)
    await platform.endpoints.remove(name)
    await platform.models.remove(name)


async def _audit(platform: Platform, acting: Principal, action: str, name: str) -> None:
    await platform.audit.append(
        AuditEntry(
            action=action,
            actor=acting.id,
            channel=acting.channel.value,
            outcome=AuditOutcome.DONE,
            subject=f"Endpoint/{name}",
            detail={"operating_user": acting.operating_user or ""},
        )
    )
