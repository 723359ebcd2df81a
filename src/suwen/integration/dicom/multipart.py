"""multipart/related bodies of DICOMweb: parts in and out, within the limits of one answer.

Source: DICOM PS3.18 section 8.6, RFC 2046 section 5.1, RFC 2387.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Sequence
from typing import Final

from suwen.integration.dicom.problems import peer_failed

_BOUNDARY: Final = re.compile(r'boundary="?([^";]{1,70})"?', re.IGNORECASE)


def parts_of(content_type: str, body: bytes) -> Iterator[bytes]:
    """The parts' contents, in order.

    Raises:
        IntegrationError: ``dicomweb_answer_malformed`` when the body is not such a body, or is
            cut off.
    """
    found = _BOUNDARY.search(content_type)
    if not content_type.lower().startswith("multipart/related") or found is None:
        raise _malformed()
    delimiter = b"--" + found[1].encode("latin-1")
    at = body.find(delimiter)
    while True:
        if at < 0:
            raise _malformed()
        at += len(delimiter)
        if body[at : at + 2] == b"--":
            return
        start = body.find(b"\r\n\r\n", at)
        end = body.find(b"\r\n" + delimiter, at)
        if start < 0 or end < 0 or start + 2 > end:
            raise _malformed()
        yield body[start + 4 : end] if start + 4 <= end else b""
        at = end + 2


def joined(parts: Sequence[bytes]) -> tuple[str, bytes]:
    """A multipart/related body of DICOM objects, and its content type."""
    boundary = secrets.token_hex(24)
    pieces = []
    for part in parts:
        pieces.append(f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode())
        pieces.append(part)
        pieces.append(b"\r\n")
    pieces.append(f"--{boundary}--\r\n".encode())
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return kind, b"".join(pieces)


def _malformed() -> Exception:
    return peer_failed(
        "dicomweb_answer_malformed",
        "对方 DICOMweb 服务的应答格式不对或不完整。",
        "The other side's DICOMweb answer is malformed or cut off.",
    )
