"""The hospital's key service over HTTP: the transit interface of Vault and OpenBao.

Source: HashiCorp Vault, HTTP API, transit secrets engine (encrypt, decrypt, rotate).
"""

from __future__ import annotations

import base64
import binascii
import http.client
import json
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from suwen.core.errors import ConfigurationError, UnavailableError
from suwen.core.language import Bilingual
from suwen.storage.data_keys import not_readable
from suwen.storage.key_providers import TRANSIT
from suwen.storage.secret_files import read_secret

_TIMEOUT_S: Final = 10.0
_LONGEST_ANSWER: Final = 1 << 16
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class TransitAddress:
    """Where the key service answers.

    Attributes:
        url: for example ``https://vault.hospital.example:8200/v1/transit``.
        key: name of the key in the service.
        token_file: file (0600) with the token that may encrypt and decrypt by this key.
        ca_file: PEM of the authority that issued its certificate; ``None`` takes the system's.
    """

    url: str
    key: str
    token_file: str
    ca_file: str | None = None


class TransitProvider:
    """A master key that never leaves the hospital's key service.

    Raises:
        ConfigurationError: ``key_service_address`` for anything but https, or http to this machine.
    """

    def __init__(self, address: TransitAddress) -> None:
        self._address = address
        parts = urlsplit(address.url)
        safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not safe or not parts.hostname:
            raise ConfigurationError(
                "key_service_address",
                Bilingual(
                    zh="密钥服务的地址必须是 https（仅本机可用 http）。",
                    en="The key service's address must be https (http only to this machine).",
                ),
                field="url",
            )

    @property
    def facts(self) -> Mapping[str, Any]:
        """See ``KeyProvider``."""
        return {"provider": TRANSIT, **asdict(self._address)}

    def wrap(self, secret: bytes, place: str) -> bytes:
        """See ``KeyProvider``."""
        said = self._ask("encrypt", {"plaintext": _text(secret), "associated_data": _text(place)})
        ciphertext = said.get("ciphertext")
        if not isinstance(ciphertext, str):
            raise _unavailable("answer")
        return ciphertext.encode()

    def unwrap(self, wrapped: bytes, place: str) -> bytes:
        """See ``KeyProvider``."""
        said = self._ask(
            "decrypt",
            {"ciphertext": wrapped.decode("ascii", "replace"), "associated_data": _text(place)},
        )
        try:
            return base64.b64decode(said["plaintext"], validate=True)
        except (KeyError, TypeError, binascii.Error) as error:
            raise not_readable(place) from error

    def successor(self) -> TransitProvider:
        """See ``KeyProvider``; the service keeps the former version of the key for reading."""
        self._ask("rotate", {}, prefix="keys")
        return TransitProvider(self._address)

    def retire(self) -> None:
        """The service's own rules say when a version of its key goes."""

    def _ask(self, verb: str, body: Mapping[str, str], prefix: str = "") -> dict[str, Any]:
        parts = urlsplit(self._address.url)
        key = self._address.key
        path = f"{parts.path}/{prefix}/{key}/{verb}" if prefix else f"{parts.path}/{verb}/{key}"
        token = read_secret(Path(self._address.token_file)).decode().strip()
        connection = self._connection()
        try:
            connection.request(
                "POST",
                path,
                json.dumps(body).encode(),
                {"X-Vault-Token": token, "Content-Type": "application/json"},
            )
            answer = connection.getresponse()
            said = answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise _unavailable(type(error).__name__) from error
        finally:
            connection.close()
        if answer.status == http.client.BAD_REQUEST and verb == "decrypt":
            raise not_readable("master")
        if answer.status not in (http.client.OK, http.client.NO_CONTENT):
            raise _unavailable(str(answer.status))
        try:
            data = json.loads(said)["data"] if said else {}
        except (ValueError, KeyError, TypeError) as error:
            raise _unavailable("answer") from error
        return data if isinstance(data, dict) else {}

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self._address.url)
        host = str(parts.hostname)
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_S)
        context = ssl.create_default_context(cafile=self._address.ca_file)
        return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_S, context=context)


def _text(content: bytes | str) -> str:
    return base64.b64encode(content.encode() if isinstance(content, str) else content).decode()


def _unavailable(why: str) -> UnavailableError:
    return UnavailableError(
        "key_service_unavailable",
        Bilingual(
            zh="密钥服务没有正常应答，加密的数据暂时无法读写。请检查密钥服务与令牌。",
            en="The key service does not answer as it should, so sealed data cannot be read or "
            "written now. Check the key service and its token.",
        ),
        detail={"why": why},
    )
