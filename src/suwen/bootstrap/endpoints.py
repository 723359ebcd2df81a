"""Changing the engines of a site, with the audit before the effect."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from suwen.bootstrap.audited import act_of, audited
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform
    from suwen.bootstrap.platform import Platform

MODEL = re.compile(r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,199}")
KEY = re.compile(r"[!-~]+")
WEIGHTS = re.compile(r"[0-9a-f]{64}")
KNOWN_CAPABILITIES = frozenset(
    {"chat", "json_schema", "reasoning", "vision", "tools", "embedding", "rerank"}
)
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


async def add_endpoint(
    platform: Platform | DevicePlatform, endpoint: Endpoint, acting: Principal
) -> None:
    """Adds an engine of this partition or changes the one of this name.

    Raises:
        InputError: ``endpoint_of_the_other_partition``: each partition has a list of its own.
        InputError: ``endpoint_name_wrong``, ``endpoint_url_wrong``, ``endpoint_model_wrong``,
            ``endpoint_capability_unknown``, ``endpoint_weights_wrong``,
            ``endpoint_quantisation_wrong``, ``endpoint_key_wrong``.
        ConfigurationError: when its address or key cannot be used safely.
    """
    if endpoint.partition is not platform.parts.partition:
        raise InputError(
            "endpoint_of_the_other_partition",
            Bilingual(
                zh="器械分区的模型服务用命令行添加：suwen endpoint add … --partition device。",
                en="An engine of the device partition is added on the command line: "
                "suwen endpoint add … --partition device.",
            ),
            field="partition",
        )
    _check(endpoint)
    known = {one.name: one for one in await platform.endpoints.list()}
    former = known.get(endpoint.name)
    if former is not None and (former.url, former.model) == (endpoint.url, endpoint.model):
        # What it said of itself stays known until it says something else.
        endpoint = replace(endpoint, served=former.served)
    act = act_of(acting, "endpoint.put", subject=f"Endpoint/{endpoint.name}")
    async with audited(platform.audit, act):
        await platform.models.put(endpoint)
        await platform.endpoints.put(endpoint)


def _check(endpoint: Endpoint) -> None:
    if not NAME.fullmatch(endpoint.name) or endpoint.name == "embedded":
        raise InputError(
            "endpoint_name_wrong",
            Bilingual(
                zh="名称须为小写字母、数字、点、横线；embedded 由平台自用。",
                en="A name has lower-case letters, digits, dots and dashes; embedded is ours.",
            ),
            field="name",
        )
    if not _looks_like_address(endpoint.url):
        raise InputError(
            "endpoint_url_wrong",
            Bilingual(
                zh="地址须形如 http://主机:端口/v1，不含用户名、密码和查询参数。",
                en="The address must look like http://host:port/v1, without user, password or "
                "query.",
            ),
            field="url",
        )
    if not MODEL.fullmatch(endpoint.model):
        raise InputError(
            "endpoint_model_wrong",
            Bilingual(
                zh="模型名不能为空，也不能含控制字符。",
                en="The model's name may not be empty or hold control characters.",
            ),
            field="model",
        )
    _check_engine(endpoint)


def _check_engine(endpoint: Endpoint) -> None:
    """What is declared of the engine itself."""
    if endpoint.weights is not None and not WEIGHTS.fullmatch(endpoint.weights):
        raise InputError(
            "endpoint_weights_wrong",
            Bilingual(
                zh="模型权重的校验值须为 64 位十六进制的 SHA-256。",
                en="The hash of the weights is a SHA-256: 64 hexadecimal digits.",
            ),
            field="weights",
        )
    if endpoint.quantisation is not None and not MODEL.fullmatch(endpoint.quantisation):
        raise InputError(
            "endpoint_quantisation_wrong",
            Bilingual(
                zh="量化方式最多 200 个字符，不能含控制字符。",
                en="The quantisation has at most 200 characters and no control characters.",
            ),
            field="quantisation",
        )
    if endpoint.key is not None and not KEY.fullmatch(endpoint.key):
        raise InputError(
            "endpoint_key_wrong",
            Bilingual(
                zh="密钥只能是可见的半角字符，不含空格和换行；请重新复制。",
                en="A key has visible ASCII characters only, no space and no line break; copy it "
                "again.",
            ),
            field="key",
        )
    unknown = sorted(endpoint.capabilities - KNOWN_CAPABILITIES)
    if unknown:
        known = ", ".join(sorted(KNOWN_CAPABILITIES))
        raise InputError(
            "endpoint_capability_unknown",
            Bilingual(zh=f"能力须取自：{known}。", en=f"A capability is one of: {known}."),
            field="capability",
        )


def _looks_like_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        with_more = parts.query or parts.fragment or parts.username or parts.password
        with_port = parts.port is None or parts.port > 0
        web = parts.scheme in ("http", "https")
        return web and bool(parts.hostname) and with_port and not with_more
    except ValueError:
        return False


async def remove_endpoint(
    platform: Platform | DevicePlatform, name: str, acting: Principal
) -> None:
    """Forgets an engine.

    Raises:
        NotFoundError: when there is none of this name.
    """
    await platform.endpoints.read(name)
    act = act_of(acting, "endpoint.remove", subject=f"Endpoint/{name}")
    async with audited(platform.audit, act):
        await platform.endpoints.remove(name)
        await platform.models.remove(name)
