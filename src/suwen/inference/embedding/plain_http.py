"""One question to a server over HTTP from a thread: verified TLS, no redirect, no proxy."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from suwen.core.errors import InferenceError
from suwen.core.inference import Endpoint
from suwen.inference.connection import check_endpoint, headers
from suwen.inference.failures import endpoint_misconfigured, inference_error
from suwen.inference.wire import WireError, refusal

_MOST_ANSWER_BYTES: Final = 64 * 1024 * 1024
_MOST_ERROR_BYTES: Final = 64 * 1024


class PlainClient:
    """Asks one endpoint, one connection a question; usable from several threads at once.

    Args:
        endpoint: which server and model.
        ca_file: certificate authority of the hospital, instead of the system's.

    Raises:
        ConfigurationError: address, key or CA file cannot be used safely.
    """

    def __init__(self, endpoint: Endpoint, ca_file: Path | None = None) -> None:
        check_endpoint(endpoint)
        self.endpoint = endpoint
        parts = urlsplit(endpoint.url)
        self._host, self._port = str(parts.hostname), parts.port
        self._base = parts.path.rstrip("/")
        self._tls = _tls_context(endpoint, ca_file) if parts.scheme == "https" else None

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON that the server answers.

        Raises:
            InferenceError: ``engine_unreachable``, ``engine_timeout``, ``engine_refused``,
                ``engine_busy``, ``engine_answer_malformed``, ``context_exceeded``.
        """
        sent = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        connection = self._connect()
        try:
            connection.request(
                "POST",
                f"{self._base}{path}",
                sent,
                {**headers(self.endpoint), "Content-Type": "application/json"},
            )
            response = connection.getresponse()
            if response.status != 200:
                raise refusal(response.status, response.read(_MOST_ERROR_BYTES))
            answer = response.read(_MOST_ANSWER_BYTES + 1)
        except WireError as error:
            raise self.failure(error.code, **error.detail) from None
        except TimeoutError:
            raise self.failure("engine_timeout") from None
        except (OSError, http.client.HTTPException) as error:
            raise self.failure("engine_unreachable", at=type(error).__name__) from error
        finally:
            connection.close()
        if len(answer) > _MOST_ANSWER_BYTES:
            raise self.failure("engine_answer_malformed", reason="endless")
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise self.failure("engine_answer_malformed", reason="json") from None

    def failure(self, code: str, **detail: str | int) -> InferenceError:
        """The error of this code at this endpoint."""
        return inference_error(code, self.endpoint, **detail)

    def _connect(self) -> http.client.HTTPConnection:
        timeout = self.endpoint.timeout_s
        if self._tls is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=timeout, context=self._tls
        )


def _tls_context(endpoint: Endpoint, ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise endpoint_misconfigured(
            "endpoint_ca_unreadable",
            endpoint,
            zh="无法读取证书颁发机构文件。",
            en="The certificate authority's file cannot be read.",
        ) from error
