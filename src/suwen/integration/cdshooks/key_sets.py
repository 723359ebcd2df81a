"""The public keys of the clients: read from files, or fetched from the one configured address."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from suwen.core.errors import ConfigurationError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.integration.cdshooks.clients import CdsClient

PublicKey = ECKey | RSAKey | OKPKey

_MOST_BYTES: Final = 256 * 1024
_MOST_KEYS: Final = 100
_SHORTEST_RSA_BITS: Final = 2048
_FETCH_S: Final = 2.0
_FRESH_S: Final = 3600.0
_AGAIN_AFTER_S: Final = 30.0
_FILE_LOOKED_AT_EVERY_S: Final = 2.0


@dataclass(slots=True)
class _Held:
    """The keys of one client, by ``kid``, and when they were looked at."""

    keys: dict[str, PublicKey]
    read_at: float
    file_time: float = 0.0


class KeySets:
    """Finds the key that a token names.

    Args:
        seconds: a clock that never goes back, for tests.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._held: dict[str, _Held] = {}
        self._reading = asyncio.Lock()

    async def key(self, client: CdsClient, kid: str) -> PublicKey | None:
        """The client's key of that id; ``None`` when it has none.

        Raises:
            ConfigurationError: ``cds_keys_unusable`` when the configured set cannot be used.
            UnavailableError: ``cds_keys_unreachable`` when it cannot be fetched and none is held.
        """
        held = self._held.get(client.name)
        if held is None or self._is_stale(held, client) or self._may_have_come(held, client, kid):
            held = await self._renew(client, held)
        return held.keys.get(kid)

    def _is_stale(self, held: _Held, client: CdsClient) -> bool:
        age = self._seconds() - held.read_at
        if client.key_file is None:
            return age > _FRESH_S
        return age > _FILE_LOOKED_AT_EVERY_S and _changed_at(client.key_file) != held.file_time

    def _may_have_come(self, held: _Held, client: CdsClient, kid: str) -> bool:
        """Whether a key that is not known may be new; asked for at most twice a minute."""
        if kid in held.keys or client.key_file is not None:
            return False
        return self._seconds() - held.read_at > _AGAIN_AFTER_S

    async def _renew(self, client: CdsClient, former: _Held | None) -> _Held:
        async with self._reading:
            held = self._held.get(client.name)
            if held is not None and held is not former:
                return held
            try:
                if client.key_file is not None:
                    changed = _changed_at(client.key_file)
                    text = await asyncio.to_thread(_read_file, client.key_file)
                else:
                    changed, text = 0.0, await _fetch(client.key_url or "")
                found = _Held(_keys(text), self._seconds(), changed)
            except UnavailableError:
                if former is None:
                    raise
                # The keys held go on to count; the address is asked again after a while.
                found = _Held(former.keys, self._seconds(), former.file_time)
            self._held[client.name] = found
            return found


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return -1.0


def _read_file(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _unusable()
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise _unusable() from None


async def _fetch(url: str) -> str:
    """The text at an address; no redirects, bounded in size and time."""
    # Loaded here: an installation that is never called does not wait for it.
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_FETCH_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(
                url, allow_redirects=False, headers={"Accept": "application/json"}
            ) as answer,
        ):
            if answer.status != 200:
                raise _unreachable(answer.status)
            body = await answer.content.read(_MOST_BYTES + 1)
            while len(body) <= _MOST_BYTES and (more := await answer.content.read(_MOST_BYTES)):
                body += more
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise _unreachable(0) from None
    if len(body) > _MOST_BYTES:
        raise _unusable()
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise _unusable() from None


def _keys(text: str) -> dict[str, PublicKey]:
    """The signing keys of a JWK Set, by id.

    Raises:
        ConfigurationError: ``cds_keys_unusable``: no JWK Set, a private or symmetric key in it,
            a key without an id, two of one id, or a weak one.
    """
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise _unusable() from None
    listed = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_KEYS:
        raise _unusable()
    found: dict[str, PublicKey] = {}
    for given in listed:
        if not isinstance(given, dict) or given.get("use", "sig") != "sig":
            continue
        kid = given.get("kid")
        if not isinstance(kid, str) or not kid or kid in found:
            raise _unusable()
        found[kid] = _key(given)
    return found


def _key(given: dict[str, Any]) -> PublicKey:
    kind = given.get("kty")
    weak = kind == "RSA" and len(str(given.get("n", ""))) * 6 < _SHORTEST_RSA_BITS
    if weak or kind not in ("EC", "RSA", "OKP"):
        raise _unusable()
    try:
        [key] = KeySet.import_key_set({"keys": [given]}).keys
    except (JoseError, ValueError, TypeError, KeyError):
        raise _unusable() from None
    if not isinstance(key, ECKey | RSAKey | OKPKey) or key.is_private:
        raise _unusable()
    if isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_RSA_BITS:
        raise _unusable()
    return key


def _unusable() -> SuwenError:
    return ConfigurationError(
        "cds_keys_unusable",
        Bilingual(
            zh="CDS 客户端的 JWK Set 不可用：须为公钥（EC、RSA≥2048 位或 OKP），每个带唯一 kid。",
            en="The JWK Set of a CDS client cannot be used: it must hold public keys (EC, RSA of "
            "at least 2048 bits, or OKP), each with a kid of its own.",
        ),
        field="cds_hooks.clients",
    )


def _unreachable(status: int) -> UnavailableError:
    return UnavailableError(
        "cds_keys_unreachable",
        Bilingual(
            zh="无法取得 CDS 客户端的公钥，请检查 key_url 与网络。",
            en="The public keys of a CDS client cannot be fetched: check key_url and the network.",
        ),
        detail={"status": status},
    )
