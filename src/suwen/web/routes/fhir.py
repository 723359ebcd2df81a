"""The read-only FHIR R4 endpoint: what was signed here, for the hospital's other systems; and the
door where a FHIR server tells that it has something new."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.bootstrap.connections.notifications import NotificationBoard
from suwen.bootstrap.signed_fhir import Found, SignedFhir
from suwen.core.connection import ConnectionKind
from suwen.core.errors import AuthenticationError, InputError, NotFoundError, SuwenError
from suwen.core.exact_json import write_exact
from suwen.core.language import Bilingual
from suwen.integration.fhir.asking import check_format
from suwen.integration.fhir.capability import operation_outcome
from suwen.storage.connections import ConnectionStore
from suwen.storage.encryption import field_cipher
from suwen.web.guard import bearer_of, caller_of, language_of
from suwen.web.pages import web_of
from suwen.web.routes.session import public_url

FHIR_JSON = "application/fhir+json; fhirVersion=4.0"
_LONGEST_QUERY = 4096

Handler = Callable[[Request], Awaitable[Response]]


def _answering(handler: Handler) -> Handler:
    """What a caller asked wrongly is a 400 here, as FHIR wants it, and never a 422."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except SuwenError as error:
            if error.category != "input" or isinstance(error, NotFoundError):
                raise
            status = 406 if error.code == "format_not_supported" else 400
            return _as_fhir(operation_outcome(error, language_of(request)), status)

    return answer


async def show_capabilities(request: Request) -> Response:
    """What the endpoint offers; for everybody."""
    _check_form(request)
    return _as_fhir(_endpoint(request).capabilities())


async def search(request: Request) -> Response:
    """A page of resources of one type."""
    _check_form(request)
    pairs = list(request.query_params.multi_items())
    kind = request.path_params["type"]
    found = await _endpoint(request).search(caller_of(request), kind, pairs)
    return _as_fhir(_bundle(request, kind, found))


async def read(request: Request) -> Response:
    """One resource."""
    _check_form(request)
    names = request.path_params
    resource = await _endpoint(request).read(caller_of(request), names["type"], names["id"])
    return _as_fhir(resource, headers={"ETag": 'W/"1"'})


async def hear_notification(request: Request) -> Response:
    """A FHIR server says that something changed; the next look comes at once.

    What it sends is not read: the resources come from the server itself.
    """
    web = web_of(request)
    platform = web.platform
    store = ConnectionStore(platform.database, field_cipher(platform.settings.home))
    name = request.path_params["connection"]
    known: str | None = None
    try:
        connection = await store.read(name)
        if connection.kind is ConnectionKind.FHIR_SOURCE and connection.enabled:
            known = connection.secrets.get("notification_secret")
    except NotFoundError:
        known = None
    given = bearer_of(request) or ""
    # One answer for a connection that is not there and for a wrong secret.
    if not known or not hmac.compare_digest(known.encode(), given.encode("utf-8", "replace")):
        raise AuthenticationError(
            "notification_not_known",
            Bilingual(
                zh="通知未携带此连接的凭证。",
                en="The notification does not carry this connection's secret.",
            ),
        )
    await NotificationBoard(platform.database, name).tell()
    return Response(status_code=200)


def _endpoint(request: Request) -> SignedFhir:
    return SignedFhir(web_of(request).platform, f"{public_url(request)}/fhir")


def _check_form(request: Request) -> None:
    if len(request.url.query) > _LONGEST_QUERY:
        raise InputError(
            "search_parameter_wrong",
            Bilingual(zh="查询参数过长。", en="The query is too long."),
            field="query",
        )
    check_format(request.query_params.get("_format"), request.headers.get("accept", ""))


def _bundle(request: Request, kind: str, found: Found) -> dict[str, Any]:
    base = f"{public_url(request)}/fhir"
    query = f"?{request.url.query}" if request.url.query else ""
    links = [{"relation": "self", "url": f"{base}/{kind}{query}"}]
    if found.next is not None:
        links.append({"relation": "next", "url": f"{base}/{kind}?{found.next}"})
    bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "link": links}
    if found.total is not None:
        bundle["total"] = found.total
    entries = [
        {
            "fullUrl": f"{base}/{kind}/{resource['id']}",
            "resource": resource,
            "search": {"mode": "match"},
        }
        for resource in found.resources
    ]
    # R4 has no empty lists.
    return {**bundle, "entry": entries} if entries else bundle


def _as_fhir(
    body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        write_exact(body).encode(), status, media_type=FHIR_JSON, headers=dict(headers or {})
    )


ROUTES = [
    Route("/fhir/metadata", _answering(show_capabilities), methods=["GET"]),
    Route("/fhir/{type}", _answering(search), methods=["GET"]),
    Route("/fhir/{type}/{id}", _answering(read), methods=["GET"]),
    Route("/fhir-notifications/{connection}", hear_notification, methods=["POST"]),
]
