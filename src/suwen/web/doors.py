"""The doors of the platform: how each family of addresses signs its caller in, and its manners.

The guard reads this table before any route is reached. An address that no line names is a page,
which only a signed-in person opens. To add a door, add its line here; one that signs its callers
in by something of its own also names its ``SignIn`` and gives the guard a verifier for it
(``create_app``). Without a verifier such a door stays shut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from suwen.core.identity import Channel

MEBIBYTE: Final = 1024 * 1024
PAGE_BODY_LIMIT: Final = 2 * MEBIBYTE
API_BODY_LIMIT: Final = 32 * MEBIBYTE
"""A run may carry a patient's whole record; everything else is small."""

CDS_BODY_LIMIT: Final = 8 * MEBIBYTE
"""A call of CDS Hooks may bring a patient's record along."""

UPLOAD_LIMIT: Final = 64 * MEBIBYTE
"""Files for the library; larger ones are imported at the machine itself."""

ANY_METHOD: Final[frozenset[str]] = frozenset()


class SignIn(StrEnum):
    """By what a door knows its caller.

    ``NOBODY`` asks nobody (our own scripts and styles). ``PUBLIC`` answers anybody, and knows who
    is signed in where somebody is. ``PERSON`` wants a person: the session of the screen, or the
    person's bearer token. ``CLIENT`` wants a program of the hospital by its key ``sk-suwen-…``.
    ``CLIENT_OR_PERSON`` takes such a key or a person's bearer token, never a browser's session.
    ``SIGNED_CALL`` wants a clinical system by a JWT that it signed for this very call.
    """

    NOBODY = "nobody"
    PUBLIC = "public"
    PERSON = "person"
    CLIENT = "client"
    CLIENT_OR_PERSON = "client_or_person"
    SIGNED_CALL = "signed_call"


class ErrorForm(StrEnum):
    """In what form a door tells what did not go.

    ``PAGE`` shows people a page and tells programs that ask for it JSON; ``JSON`` always answers
    ``{"code", "message", "field"?}``. A standard's own form (an OperationOutcome) is one more
    member here and one more line in ``errors.FORMS``.
    """

    PAGE = "page"
    JSON = "json"
    FHIR = "fhir"


@dataclass(frozen=True, slots=True)
class Door:
    """One address or family of addresses.

    Attributes:
        path: the address; ``*`` stands for one part of it, and one that ends in ``/`` for
            everything below it.
        methods: methods that the line holds for; empty for all. ``HEAD`` counts as ``GET``.
        channel: how the audit names this door, for callers that come by a bearer token or key.
        body_limit: largest body of a request, in bytes.
    """

    path: str
    sign_in: SignIn
    methods: frozenset[str] = ANY_METHOD
    errors: ErrorForm = ErrorForm.PAGE
    channel: Channel = Channel.API
    body_limit: int = PAGE_BODY_LIMIT

    def leads_to(self, method: str, path: str) -> bool:
        """Whether a request comes to this door."""
        if self.methods and method.replace("HEAD", "GET") not in self.methods:
            return False
        return _pattern(self.path).fullmatch(path) is not None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    below = ".*" if path.endswith("/") else ""
    return re.compile(re.escape(path).replace(r"\*", "[^/]+") + below, re.DOTALL)


_GET: Final = frozenset({"GET"})
_POST: Final = frozenset({"POST"})

DOORS: Final[tuple[Door, ...]] = (
    Door("/", SignIn.PERSON),
    Door("/static/", SignIn.NOBODY),
    Door("/sign-in", SignIn.PUBLIC, frozenset({"GET", "POST"})),
    Door("/sign-in/code", SignIn.PUBLIC, _POST),
    Door("/sign-in/set-up", SignIn.PUBLIC, _POST),
    Door("/sign-in/oidc", SignIn.PUBLIC, _GET),
    Door("/sign-in/oidc/callback", SignIn.PUBLIC, _GET),
    Door("/sign-out/oidc", SignIn.PUBLIC, _POST, ErrorForm.JSON),
    Door("/launch/", SignIn.PUBLIC, _GET, channel=Channel.LAUNCH),
    Door("/api/v1/launches", SignIn.CLIENT, _POST, ErrorForm.JSON, Channel.LAUNCH),
    Door("/healthz", SignIn.PUBLIC, _GET),
    Door("/readyz", SignIn.PUBLIC, _GET),
    Door("/metrics", SignIn.PUBLIC, _GET),
    # What the compliance office published for patients and the public.
    Door("/facts", SignIn.PUBLIC, _GET),
    Door("/facts/", SignIn.PUBLIC, _GET),
    Door("/api/", SignIn.PERSON, errors=ErrorForm.JSON, body_limit=API_BODY_LIMIT),
    Door("/api/openapi.json", SignIn.PUBLIC, _GET, ErrorForm.JSON),
    Door("/api/v1/token", SignIn.PUBLIC, _POST, ErrorForm.JSON),
    Door("/mcp", SignIn.CLIENT_OR_PERSON, errors=ErrorForm.JSON, channel=Channel.MCP),
    # Answered in a lane of its own in front of the guard (``openai.lane``).
    Door("/v1/", SignIn.CLIENT, errors=ErrorForm.JSON, channel=Channel.OPENAI),
    Door("/smart/", SignIn.PUBLIC, _GET, channel=Channel.LAUNCH),
    Door("/fhir/", SignIn.PERSON, errors=ErrorForm.FHIR, channel=Channel.FHIR),
    Door("/fhir/metadata", SignIn.PUBLIC, _GET, ErrorForm.FHIR),
    Door("/fhir-notifications/*", SignIn.NOBODY, _POST, ErrorForm.FHIR),
    Door("/cds-services", SignIn.NOBODY, _GET, ErrorForm.JSON, Channel.CDS_HOOKS),
    Door(
        "/cds-services/",
        SignIn.SIGNED_CALL,
        ANY_METHOD,
        ErrorForm.JSON,
        Channel.CDS_HOOKS,
        CDS_BODY_LIMIT,
    ),
    Door("/library/install", SignIn.PERSON, body_limit=UPLOAD_LIMIT),
    Door("/library/*/import", SignIn.PERSON, body_limit=UPLOAD_LIMIT),
    Door("/rules/files", SignIn.PERSON, body_limit=UPLOAD_LIMIT),
)


def door_of(method: str, path: str) -> Door:
    """The door that a request comes to: of the lines that lead there the most exact one."""
    return max(
        (door for door in DOORS if door.leads_to(method, path)),
        key=lambda door: (not door.path.endswith("/"), len(door.path)),
    )
