"""Which transfer syntaxes are drawn here, and what the others are called.

Source: DICOM PS3.6 table A-1 (UID values); a test holds it against the decoders that are installed.
"""

from __future__ import annotations

from typing import Final

_DRAWN: Final = frozenset(
    {
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.57",
        "1.2.840.10008.1.2.4.70",
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.90",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.5",
    }
)
_NAMES: Final = {
    "1.2.840.10008.1.2.4.92": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.93": "JPEG 2000 Part 2",
    "1.2.840.10008.1.2.4.94": "JPIP",
    "1.2.840.10008.1.2.4.95": "JPIP",
    "1.2.840.10008.1.2.4.100": "MPEG-2",
    "1.2.840.10008.1.2.4.101": "MPEG-2",
    "1.2.840.10008.1.2.4.102": "MPEG-4 H.264",
    "1.2.840.10008.1.2.4.103": "MPEG-4 H.264",
    "1.2.840.10008.1.2.4.104": "MPEG-4 H.264",
    "1.2.840.10008.1.2.4.105": "MPEG-4 H.264",
    "1.2.840.10008.1.2.4.106": "MPEG-4 H.264",
    "1.2.840.10008.1.2.4.107": "HEVC H.265",
    "1.2.840.10008.1.2.4.108": "HEVC H.265",
    "1.2.840.10008.1.2.4.110": "JPEG XL",
    "1.2.840.10008.1.2.4.111": "JPEG XL",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
    "1.2.840.10008.1.2.4.201": "HTJ2K",
    "1.2.840.10008.1.2.4.202": "HTJ2K",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
}


def not_drawn(transfer_syntax_uid: str) -> str | None:
    """What a compression is called that cannot be drawn here, its UID where it has no name of
    ours; ``None`` for one that can."""
    if transfer_syntax_uid in _DRAWN:
        return None
    return _NAMES.get(transfer_syntax_uid, transfer_syntax_uid)
