"""The web application of one platform: routes, guards, and nothing that a page may do wrong."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, Route

from suwen.bootstrap.platform import Platform
from suwen.core.errors import SuwenError
from suwen.web.defects import Edge
from suwen.web.doors import SignIn
from suwen.web.errors import answer_error
from suwen.web.guard import Guard
from suwen.web.keys import key_verifiers
from suwen.web.mcp import door as mcp_door
from suwen.web.metrics import Measure, Metrics
from suwen.web.openai.lane import ModelLane
from suwen.web.openai.routes import HANDLERS
from suwen.web.pages import Web, make_environment
from suwen.web.routes import (
    account,
    administration,
    api,
    api_answers,
    audit,
    bench,
    bulk,
    bulk_api,
    cds_hooks,
    clients,
    connection_forms,
    connections,
    curation,
    disagreements,
    disclosures,
    documents,
    drafts,
    dry_run,
    editions,
    emergency,
    evaluations,
    evidence,
    fhir,
    health,
    images,
    importing,
    incidents,
    jobs,
    keeping,
    launch,
    message_queue,
    monitoring,
    oidc,
    oversight,
    patient_matches,
    patients,
    patients_desk,
    prescription_api,
    prescription_rules,
    prescriptions,
    quality,
    quality_api,
    register,
    releases,
    reliance,
    rule_files,
    rules,
    runs,
    second_readings,
    second_step,
    session,
    smart,
    training,
    worklist,
)
from suwen.web.security import SecurityHeaders
from suwen.web.static_files import PREFIX, StaticFiles

GZIP_FROM_BYTES = 1024


def governance_routes() -> Sequence[BaseRoute]:
    """Those of the AI committee and the offices that watch."""
    return [
        *register.ROUTES,
        *releases.ROUTES,
        *evaluations.ROUTES,
        *training.ROUTES,
        *reliance.ROUTES,
        *disclosures.ROUTES,
        *monitoring.ROUTES,
        *second_readings.ROUTES,
        *incidents.ROUTES,
    ]


def page_routes(assets: StaticFiles) -> Sequence[BaseRoute]:
    """The routes of the pages, for people."""
    return [
        *health.ROUTES,
        *session.ROUTES,
        *second_step.ROUTES,
        *account.ROUTES,
        *oidc.ROUTES,
        *launch.ROUTES,
        *smart.ROUTES,
        *fhir.ROUTES,
        *worklist.ROUTES,
        *patients.ROUTES,
        *patients_desk.ROUTES,
        *emergency.ROUTES,
        *oversight.ROUTES,
        *keeping.ROUTES,
        *runs.ROUTES,
        *disagreements.ROUTES,
        *drafts.ROUTES,
        *images.ROUTES,
        *evidence.ROUTES,
        *editions.ROUTES,
        *importing.ROUTES,
        *bench.ROUTES,
        *documents.ROUTES,
        *curation.ROUTES,
        *jobs.ROUTES,
        *bulk.ROUTES,
        *prescription_rules.ROUTES,
        *prescriptions.ROUTES,
        *quality.ROUTES,
        *connections.ROUTES,
        *connection_forms.ROUTES,
        *patient_matches.ROUTES,
        *dry_run.ROUTES,
        *message_queue.ROUTES,
        *administration.ROUTES,
        *audit.ROUTES,
        *clients.ROUTES,
        *governance_routes(),
        *rules.ROUTES,
        *rule_files.ROUTES,
        *mcp_door.ROUTES,
        *cds_hooks.ROUTES,
        Route(PREFIX + "{name:path}", assets.serve, methods=["GET"]),
    ]


def create_app(platform: Platform) -> FastAPI:
    """The application that answers at every HTTP door of this platform."""
    settings = platform.settings
    assets, metrics = StaticFiles(), Metrics()
    app = FastAPI(
        title="suwen",
        version="1",
        description="The hospital's own language-model platform.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(ModelLane, platform=platform, metrics=metrics, handlers=HANDLERS),
            Middleware(Measure, metrics=metrics),
            Middleware(SecurityHeaders, frame_ancestors=settings.web.frame_ancestors),
            Middleware(GZipMiddleware, minimum_size=GZIP_FROM_BYTES),
            Middleware(Edge, answer=answer_error),
            Middleware(
                Guard,
                authenticator=platform.authentication,
                settings=settings,
                verifiers={
                    **key_verifiers(platform.clients, platform.authentication),
                    SignIn.SIGNED_CALL: cds_hooks.token_verifier(platform.cds_hooks),
                },
            ),
        ],
        exception_handlers={
            SuwenError: answer_error,
            HTTPException: answer_error,
            RequestValidationError: answer_error,
        },
    )
    app.state.web = Web(platform, assets, make_environment())
    app.state.metrics = metrics
    app.router.routes.extend(page_routes(assets))
    app.include_router(api.router)
    app.include_router(api_answers.router)
    app.include_router(prescription_api.router)
    app.include_router(quality_api.router)
    app.include_router(bulk_api.router)
    return app
