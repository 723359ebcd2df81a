"""CDS Hooks 2.0 for the hospital's EMR: discovery, the services, and feedback on their cards."""

from __future__ import annotations

from time import monotonic

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.bootstrap.cds_hooks import CdsHooks
from suwen.control.gateway.cards import principal_of
from suwen.core.errors import InputError
from suwen.core.identity import Principal
from suwen.core.language import Bilingual, Language
from suwen.integration.cdshooks.catalogue import discovery
from suwen.integration.cdshooks.clients import CdsClient
from suwen.web.answers import ExactJson
from suwen.web.doors import Door
from suwen.web.guard import Verifier, bearer_of
from suwen.web.pages import web_of


def token_verifier(cds_hooks: CdsHooks) -> Verifier:
    """How the door knows its callers: by a JWT made for exactly the address that is called."""

    async def by_token(request: Request, door: Door) -> Principal:
        request.state.arrived = monotonic()
        client = await cds_hooks.tokens.verify(bearer_of(request), request.url.path)
        request.state.cds_client = client
        return principal_of(client)

    return by_token


async def show_services(request: Request) -> Response:
    """The services that there are; they are no secret, and hold nothing about patients."""
    asked = request.headers.get("accept-language", "")[:2].lower()
    known = asked in (Language.ZH, Language.EN)
    language = Language(asked) if known else _parts(request).language
    return ExactJson(discovery(language))


async def answer_hook(request: Request) -> Response:
    """The cards of one call."""
    _require_json(request)
    client: CdsClient = request.state.cds_client
    answer = await _parts(request).desk.answer(
        client, request.path_params["service"], await request.body(), request.state.arrived
    )
    return ExactJson(answer)


async def take_feedback(request: Request) -> Response:
    """What became of cards; all of it is kept, or none."""
    _require_json(request)
    client: CdsClient = request.state.cds_client
    kept = await _parts(request).feedback.keep(
        client, request.path_params["service"], await request.body()
    )
    return ExactJson({"kept": kept})


def _parts(request: Request) -> CdsHooks:
    return web_of(request).platform.cds_hooks


def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "application/fhir+json"):
        raise InputError(
            "cds_content_type",
            Bilingual(
                zh="Content-Type 须为 application/json。",
                en="The Content-Type must be application/json.",
            ),
            field="Content-Type",
        )


ROUTES = [
    Route("/cds-services", show_services, methods=["GET"]),
    Route("/cds-services/{service}", answer_hook, methods=["POST"]),
    Route("/cds-services/{service}/feedback", take_feedback, methods=["POST"]),
]
