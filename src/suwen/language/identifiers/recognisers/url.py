"""Addresses of pages and files on a network. Source: RFC 3986, the part that is in use."""

from __future__ import annotations

from suwen.language.identifiers.scanning import WORD, Pattern, Recogniser, ScannedText, by_patterns
from suwen.language.identifiers.spans import IdentifierType

_REST = r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*[A-Za-z0-9/_~=#&-]"


def _has_dot(scanned: ScannedText) -> bool:
    return "." in scanned.text and scanned.has_latin


RECOGNISER = Recogniser(
    "url",
    IdentifierType.URL,
    by_patterns(
        Pattern(rf"(?:https?|ftps?|dicom|ldap)://{_REST}", 0.95, 0, WORD, any_case=True),
        Pattern(rf"www\.{_REST}", 0.9, 0, WORD | frozenset("/."), any_case=True),
        Pattern(
            (
                r"[a-z0-9-]{2,40}(?:\.[a-z0-9-]{2,40}){0,3}\.(?:com|cn|org|net|edu|"
                r"gov|ac|co|nhs|io|info|health|care|app|clinic|uk|us|ca|au|de|fr|nz|hk|tw|sg|jp|example)(?:\.[a-z]{2})?(?:/[A-Za-z0-9._~/?#=&%-]{0,300})?"
            ),
            0.7,
            0,
            WORD | frozenset("@/.-"),
            WORD | frozenset("@"),
        ),
        needs=_has_dot,
    ),
)
