"""Who asks, before any route is reached: sessions, tokens, keys, and forged requests."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from suwen.bootstrap.settings import Settings
from suwen.control.access.authentication import Authenticator
from suwen.core.errors import AuthenticationError
from suwen.core.identity import Channel, Principal
from suwen.core.language import Bilingual, Language
from suwen.core.plain_text import require_plain
from suwen.web.doors import Door, ErrorForm, SignIn, door_of
from suwen.web.form_bodies import form_of
from suwen.web.security import check_origin, forged, read_body, replay

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGE_COOKIE = "suwen_language"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
UPLOADED_FILES = 500
"""Most files of one form."""

_MOST_FIELDS = 10_000
_SECRET = re.compile("password|secret|token|code|key|statement")
_LEAST_WORDS, _MOST_WORDS = 4, 20_000


Verifier = Callable[[Request, Door], Awaitable[Principal]]
"""Tells whose key or statement a request carries; raises AuthenticationError where nobody's."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, signed in.

    Attributes:
        token: the session's or access token.
        by_cookie: whether a browser brought it by itself, so that forgery is possible.
    """

    principal: Principal
    token: str = field(repr=False)
    by_cookie: bool

    @property
    def csrf(self) -> str:
        """What a form of this session must carry; nobody without the session can know it."""
        return hmac.new(self.token.encode(), b"suwen csrf", hashlib.sha256).hexdigest()


def visitor_of(request: Request) -> Visitor:
    """The signed-in person of a request that passed the guard.

    Raises:
        AuthenticationError: ``sign_in_needed`` on a public route without a session.
    """
    found: Visitor | None = getattr(request.state, "visitor", None)
    if found is None:
        raise _sign_in_needed()
    return found


def caller_of(request: Request) -> Principal:
    """Whoever passed the guard, at whatever door: a person, or a program by its key or statement.

    Raises:
        AuthenticationError: ``sign_in_needed`` on a public route without a session.
    """
    found: Principal | None = getattr(request.state, "caller", None)
    return found if found is not None else visitor_of(request).principal


def language_of(request: Request) -> Language:
    """Language of the screen: by its cookie, else what the browser or the site prefers."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in (Language.ZH, Language.EN):
        return Language(chosen)
    default: Language = request.state.default_language
    asked = request.headers.get("accept-language", "")
    for_programs = door_of(request.method, request.url.path).errors is not ErrorForm.PAGE
    if for_programs and asked[:2] in (Language.ZH, Language.EN):
        return Language(asked[:2])
    return default


def session_cookie_name(*, secure: bool) -> str:
    """The cookie's name; browsers hold a ``__Host-`` cookie to this host and to TLS."""
    return "__Host-suwen_session" if secure else "suwen_session"


def launch_cookie_name(*, secure: bool) -> str:
    """The cookie of a session that another system of the hospital opened for one patient."""
    return "__Host-suwen_launch" if secure else "suwen_launch"


def launch_cookie(token: str, *, secure: bool) -> str:
    """The header that sets it; an empty token takes it away.

    In a frame of another site a browser keeps a cookie only with TLS, ``SameSite=None``, and apart
    for that site (``Partitioned``, which Starlette cannot set before Python 3.14). Without TLS the
    frame has to be of the same site, as on this machine's loopback.
    """
    manners = "SameSite=None; Secure; Partitioned" if secure else "SameSite=Lax"
    end = "" if token else "; Max-Age=0"
    return f"{launch_cookie_name(secure=secure)}={token}; Path=/; HttpOnly; {manners}{end}"


def is_secure(request: Request, settings: Settings) -> bool:
    """Whether cookies may be marked Secure: TLS here, or in front of the service."""
    return settings.web.secure_cookies or request.url.scheme == "https"


class Guard:
    """Lets nobody pass who is not known, and nothing that another site made a browser send.

    Args:
        verifiers: how the doors that know their callers by something of their own do it; such a
            door without a verifier lets nobody in.
    """

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        settings: Settings,
        verifiers: Mapping[SignIn, Verifier],
    ) -> None:
        self._app = app
        self._authenticator = authenticator
        self._settings = settings
        self._verifiers = verifiers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Admits a request, or raises or redirects."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request.state.default_language = Language(self._settings.site.language)
        request.state.visitor = request.state.caller = None
        _check_address(request)
        door = door_of(scope["method"], scope["path"])
        if door.sign_in in (SignIn.PUBLIC, SignIn.PERSON):
            visitor = request.state.visitor = await self._visitor(request, door)
            if visitor is None and door.sign_in is SignIn.PERSON:
                if scope["method"] == "GET" and _wants_page(request):
                    launched = launch_cookie_name(secure=is_secure(request, self._settings))
                    away = f"/sign-in?next={quote(_local(request))}"
                    away = "/launch/over" if request.cookies.get(launched) else away
                    answer = RedirectResponse(away, 303)
                    await answer(scope, receive, send)
                    return
                raise _sign_in_needed()
        elif door.sign_in is not SignIn.NOBODY:
            request.state.caller = await self._caller(request, door)
        if scope["method"] not in SAFE_METHODS:
            body = await read_body(scope, receive, door.body_limit)
            await self._check_not_forged(Request(scope, replay(body, receive)), door)
            receive = replay(body, receive)
        await self._app(scope, receive, send)

    async def _visitor(self, request: Request, door: Door) -> Visitor | None:
        bearer = bearer_of(request)
        if bearer is not None:
            principal = await self._authenticator.principal_of(bearer, door.channel)
            return Visitor(principal, bearer, by_cookie=False)
        secure = is_secure(request, self._settings)
        # One that was launched for a patient comes first: a frame must never act as somebody who
        # happens to be signed in beside it.
        token = request.cookies.get(launch_cookie_name(secure=secure)) or request.cookies.get(
            session_cookie_name(secure=secure)
        )
        if not token:
            return None
        try:
            principal = await self._authenticator.principal_of(token, Channel.WEB)
        except AuthenticationError:
            if door.sign_in is SignIn.PUBLIC or _wants_page(request):
                return None
            raise
        return Visitor(principal, token, by_cookie=True)

    async def _caller(self, request: Request, door: Door) -> Principal:
        verifier = self._verifiers.get(door.sign_in)
        if verifier is None:
            raise _sign_in_needed()
        return await verifier(request, door)

    async def _check_not_forged(self, request: Request, door: Door) -> None:
        """What a browser sends by itself must come from our own page; what carries its caller's
        token or key in a header cannot have been sent by another site's page."""
        visitor: Visitor | None = request.state.visitor
        if request.state.caller is not None:
            return
        if visitor is None or visitor.by_cookie:
            check_origin(request, token_door=request.url.path == "/api/v1/token")
        if visitor is not None and visitor.by_cookie and door.sign_in is SignIn.PERSON:
            await _check_csrf(request, visitor)


def bearer_of(request: Request) -> str | None:
    """The bearer token or key that a request carries; ``None`` without one."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


def _wants_page(request: Request) -> bool:
    """Whether a person follows a link, who is better led to the sign-in than told an error."""
    for_programs = door_of(request.method, request.url.path).errors is not ErrorForm.PAGE
    if for_programs or "hx-request" in request.headers:
        return False
    return "text/html" in request.headers.get("accept", "")


def _local(request: Request) -> str:
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _check_address(request: Request) -> None:
    """Refuses an address with a character that no name of ours can hold."""
    require_plain(request.url.path, "path")
    for name, value in request.query_params.multi_items():
        require_plain(name, "query")
        require_plain(value, name)


async def _check_csrf(request: Request, visitor: Visitor) -> None:
    """Refuses a change whose form does not come from this session's own page."""
    given = request.headers.get(CSRF_HEADER)
    kind = request.headers.get("content-type", "")
    if given is None and kind.startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    ):
        # How much a form may hold is the route's to say; the body's size is limited already.
        async with form_of(
            request, files=UPLOADED_FILES, fields=_MOST_FIELDS, largest=len(await request.body())
        ) as form:
            value = form.get(CSRF_FIELD)
            given = None if isinstance(value, UploadFile) else value
            request.state.typed = _typed(form)
    if given is None or not hmac.compare_digest(given.encode(), visitor.csrf.encode()):
        raise forged("csrf_token_wrong")


def _typed(form: FormData) -> dict[str, str]:
    """The words that a person wrote, to be shown again where a page refuses them whole."""
    return {
        name: value
        for name, value in form.multi_items()
        if isinstance(value, str)
        and not _SECRET.search(name)
        and _LEAST_WORDS <= len(value.strip()) <= _MOST_WORDS
        and (not value.isascii() or any(letter.isspace() for letter in value.strip()))
    }


def _sign_in_needed() -> AuthenticationError:
    return AuthenticationError("sign_in_needed", Bilingual(zh="请先登录。", en="Sign in first."))
