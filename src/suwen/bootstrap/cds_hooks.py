"""CDS Hooks of one installation: who may call, the desk that answers, the desk for feedback."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from suwen.bootstrap.cds_settings import CdsClientSettings
from suwen.bootstrap.granted_server import GrantedServer
from suwen.bootstrap.prescriptions.at_signing import AnswersOfEncounter, SignedOrders
from suwen.bootstrap.settings import Settings
from suwen.control.gateway.card_feedback import CardFeedbackDesk
from suwen.control.gateway.cards import CardDesk, CardRules
from suwen.control.gateway.parts import GatewayParts
from suwen.core.identity import AppId
from suwen.core.language import Language
from suwen.integration.cdshooks.clients import CdsClient
from suwen.integration.cdshooks.key_sets import KeySets
from suwen.integration.cdshooks.tokens import ClientTokens, TokenRules
from suwen.storage.audit import AuditStore
from suwen.storage.card_feedback import CardFeedbackStore
from suwen.storage.database import Database
from suwen.storage.encryption import field_cipher
from suwen.storage.launches import SharedTokenStore
from suwen.storage.people import PeopleStore
from suwen.storage.prescription_arrivals import ArrivalStore
from suwen.storage.rule_answers import RuleAnswerStore

REVIEW = AppId("prescription_review")


@dataclass(frozen=True, slots=True)
class CdsHooks:
    """The parts that the door for clinical systems uses."""

    tokens: ClientTokens
    desk: CardDesk
    feedback: CardFeedbackDesk
    language: Language

    def client(self, name: str) -> CdsClient:
        """The registered client of that name, which the door has verified."""
        return self.tokens.clients[name]


def open_cds_hooks(
    settings: Settings,
    database: Database,
    parts: GatewayParts,
    people: PeopleStore,
    closing: AsyncExitStack,
) -> CdsHooks:
    """The CDS Hooks parts of a site."""
    wanted = settings.cds_hooks
    site_language = Language(settings.site.language)
    server = GrantedServer(Path(wanted.ca_file) if wanted.ca_file is not None else None)
    closing.push_async_callback(server.close)
    rules = TokenRules(
        base_url=wanted.base_url or "",
        leeway=timedelta(seconds=wanted.clock_leeway_seconds),
        longest=timedelta(minutes=wanted.longest_token_minutes),
    )
    clients = [_client(client, site_language) for client in wanted.clients]
    # A connection of their own: tokens wait for nobody's commit. It is opened by the first call.
    own = Database(database.engine.url.render_as_string(hide_password=False), pool_size=1)
    closing.push_async_callback(own.close)
    answers, cipher = RuleAnswerStore(database), field_cipher(settings.home)
    reviewed = parts.applications.get(REVIEW)
    here = reviewed is not None and reviewed.manifest.partition is parts.partition
    queued = here and settings.pharmacy.orders_from_signing
    return CdsHooks(
        tokens=ClientTokens(clients, rules, KeySets(), SharedTokenStore(own), parts.clock.now),
        desk=CardDesk(
            parts,
            people,
            CardRules(
                wanted.deadline_ms / 1000,
                wanted.base_url,
                settings.zone,
                AnswersOfEncounter(answers, parts.clock),
                SignedOrders(ArrivalStore(database, cipher), parts.clock) if queued else None,
            ),
            server,
        ),
        feedback=CardFeedbackDesk(
            CardFeedbackStore(database, cipher),
            parts.audit,
            AuditStore(database),
            parts.clock,
            answers,
        ),
        language=site_language,
    )


def _client(given: CdsClientSettings, site_language: Language) -> CdsClient:
    return CdsClient(
        name=given.name,
        issuer=given.issuer,
        key_file=Path(given.key_file) if given.key_file is not None else None,
        key_url=given.key_url,
        stated_key_url=given.stated_key_url,
        algorithms=frozenset(given.algorithms),
        fhir_server=given.fhir_server.rstrip("/") if given.fhir_server is not None else None,
        language=Language(given.language) if given.language is not None else site_language,
        ceiling=given.ceiling,
        smart_launch=given.smart_launch,
    )
