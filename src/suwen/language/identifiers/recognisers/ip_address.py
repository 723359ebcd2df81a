"""Network addresses: IPv4, IPv6 and hardware addresses. Source: RFC 791, RFC 4291, IEEE 802."""

from __future__ import annotations

import ipaddress

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, ScannedText, by_patterns
from suwen.language.identifiers.spans import IdentifierType


def _is_address(wording: str) -> float | None:
    try:
        ipaddress.ip_address(wording)
    except ValueError:
        return None
    return 0.95


def _has_separator(scanned: ScannedText) -> bool:
    return scanned.has_digit and ("." in scanned.text or ":" in scanned.text)


_BESIDE = WORD | frozenset(".:")

RECOGNISER = Recogniser(
    "ip_address",
    IdentifierType.IP,
    by_patterns(
        Pattern(r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}", 0.95, 0, _BESIDE, WORD, _is_address),
        Pattern(
            r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}", 0.95, 0, _BESIDE, _BESIDE, _is_address
        ),
        Pattern(r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}", 0.8, 0, _BESIDE, _BESIDE),
        needs=_has_separator,
    ),
)
