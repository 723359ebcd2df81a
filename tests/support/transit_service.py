"""A key service of its own process that speaks the transit interface; prints its port.

Usage: python -m tests.support.transit_service TOKEN
"""

from __future__ import annotations

import base64
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSIONS: list[bytes] = [os.urandom(32)]


class Service(BaseHTTPRequestHandler):
    """Encrypts and decrypts by keys that never leave this process."""

    token = ""

    def do_POST(self) -> None:
        """Answers one request."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.headers["X-Vault-Token"] != self.token:
            self._answer(403, {"errors": ["permission denied"]})
            return
        try:
            self._answer(200, {"data": self._done(body)})
        except (InvalidTag, ValueError, IndexError):
            self._answer(400, {"errors": ["invalid ciphertext"]})

    def _done(self, body: dict[str, str]) -> dict[str, str]:
        parts = self.path.split("/")
        if parts[-1] == "rotate":
            _VERSIONS.append(os.urandom(32))
            return {}
        bound = base64.b64decode(body["associated_data"])
        if parts[-2] == "encrypt":
            nonce = os.urandom(12)
            sealed = AESGCM(_VERSIONS[-1]).encrypt(
                nonce, base64.b64decode(body["plaintext"]), bound
            )
            return {
                "ciphertext": f"vault:v{len(_VERSIONS)}:{base64.b64encode(nonce + sealed).decode()}"
            }
        _, version, text = body["ciphertext"].split(":")
        sealed = base64.b64decode(text)
        opened = AESGCM(_VERSIONS[int(version[1:]) - 1]).decrypt(sealed[:12], sealed[12:], bound)
        return {"plaintext": base64.b64encode(opened).decode()}

    def _answer(self, status: int, said: dict[str, Any]) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    Service.token = sys.argv[1]
    server = HTTPServer(("127.0.0.1", 0), Service)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
