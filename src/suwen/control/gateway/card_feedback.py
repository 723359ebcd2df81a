"""What clinicians did with cards, kept like a sign-off: who, about which card of which patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from suwen.control.gateway.acts import Act, audited
from suwen.control.gateway.card_data import parsed_body
from suwen.control.gateway.cards import ACTION, principal_of
from suwen.core.audit import AuditEvent, AuditOutcome
from suwen.core.errors import InputError, NotFoundError
from suwen.core.language import Bilingual
from suwen.core.ports import AuditSink, Clock
from suwen.integration.cdshooks.answers import OVERRIDE_REASONS, REASON_SYSTEM, places_of
from suwen.integration.cdshooks.catalogue import service_of
from suwen.integration.cdshooks.clients import CdsClient
from suwen.integration.cdshooks.feedback import CardOutcome, read_feedback
from suwen.storage.audit import AuditStore
from suwen.storage.card_feedback import CardFeedback, CardFeedbackStore
from suwen.storage.prescription_types import RuleAnswer
from suwen.storage.rule_answers import RuleAnswerStore

FEEDBACK_ACTION: Final = "cards.feedback"


class CardFeedbackDesk:
    """Takes feedback on cards that were truly given, to the client that got them.

    Args:
        answers: remembers for the encounter what was overridden; ``None`` remembers nothing.
    """

    def __init__(
        self,
        store: CardFeedbackStore,
        audit: AuditSink,
        given: AuditStore,
        clock: Clock,
        answers: RuleAnswerStore | None = None,
    ) -> None:
        self._answers = answers
        self._store = store
        self._audit = audit
        self._given = given
        self._clock = clock

    async def keep(self, client: CdsClient, service: str, body: bytes) -> int:
        """Keeps a feedback call, all of it or none; how many outcomes were not known before.

        Raises:
            NotFoundError: ``cds_service_not_found``, or ``cds_card_not_found`` for a card that this
                service never gave to this client.
            InputError: with the element's path.
            AuditError: when it cannot be audited; then nothing is kept.
        """
        wanted = service_of(service)
        now = self._clock.now()
        outcomes = read_feedback(parsed_body(body), now)
        act = Act(
            FEEDBACK_ACTION,
            f"Hook/{wanted.id}",
            detail={
                "client": client.name,
                "outcomes": [_noted(outcome) for outcome in outcomes],
            },
        )
        async with audited(self._audit, principal_of(client), act):
            kept, answered = [], []
            for number, outcome in enumerate(outcomes):
                event = await self._event(client, wanted.id, outcome, number)
                answered.extend(_answer(event, outcome))
                kept.append(
                    CardFeedback(
                        client=client.name,
                        service=wanted.id,
                        card=outcome.card,
                        outcome=outcome.outcome,
                        outcome_at=outcome.at,
                        received_at=now,
                        accepted_suggestions=outcome.suggestions,
                        override_system=outcome.reason[0] if outcome.reason else None,
                        override_code=outcome.reason[1] if outcome.reason else None,
                        override_display=_display(outcome),
                        comment=outcome.comment,
                        patient=event.entry.patient,
                        person=str(event.entry.detail["user"]),
                        trace=event.entry.trace,
                    )
                )
            added = await self._store.put(kept)
            # What was sent again is known already.
            if added and self._answers is not None:
                await self._answers.keep(answered, now)
            return added

    async def list(self, service: str | None = None, limit: int = 100) -> list[CardFeedback]:
        """Outcomes, the latest first; their comments may hold patient text."""
        return await self._store.list(service, limit)

    async def _event(
        self, client: CdsClient, service: str, outcome: CardOutcome, number: int
    ) -> AuditEvent:
        """The audited answer that gave the card."""
        path = f"feedback[{number}]"
        call, card, suggestion = places_of(UUID(outcome.card))
        found = await self._given.latest(
            1, action=ACTION, trace=str(call), outcome=AuditOutcome.DONE.value
        )
        detail: Mapping[str, Any] = found[0].entry.detail if found else {}
        known = detail.get("client") == client.name and detail.get("service") == service
        if not known or suggestion or not 0 < card <= len(detail.get("cards", ())):
            raise NotFoundError(
                "cds_card_not_found",
                Bilingual(
                    zh=f"{path}.card：该服务没有向此系统给出过这张卡片。",
                    en=f"{path}.card: this service gave no such card to this system.",
                ),
                field=f"{path}.card",
            )
        for place, given in enumerate(outcome.suggestions):
            if places_of(UUID(given))[:2] != (call, card):
                raise _foreign_suggestion(f"{path}.acceptedSuggestions[{place}].id")
        _check_reason(outcome, path)
        return found[0]


def _answer(event: AuditEvent, outcome: CardOutcome) -> list[RuleAnswer]:
    """What was answered to the rule of a card, where cards of its matter are remembered."""
    detail = event.entry.detail
    card = detail["cards"][places_of(UUID(outcome.card))[1] - 1]
    if event.entry.patient is None or "matter" not in card:
        return []
    return [
        RuleAnswer(
            patient=event.entry.patient,
            encounter=str(detail.get("encounter", "")),
            rule=card["rule"],
            matter=card["matter"],
            outcome=outcome.outcome,
            reason=outcome.reason[1][:64] if outcome.reason is not None else None,
            by=str(detail["user"]),
            door="cds",
        )
    ]


def _check_reason(outcome: CardOutcome, path: str) -> None:
    """Refuses a code of our system that is none of ours; a client's own system is its business."""
    if outcome.reason is None or outcome.reason[0] != REASON_SYSTEM:
        return
    if outcome.reason[1] not in OVERRIDE_REASONS:
        place = f"{path}.overrideReason.reason.code"
        codes = "、".join(OVERRIDE_REASONS)
        raise InputError(
            "cds_reason_unknown",
            Bilingual(
                zh=f"{place}：须为以下之一：{codes}。",
                en=f"{place}: it must be one of {', '.join(OVERRIDE_REASONS)}.",
            ),
            field=place,
        )


def _foreign_suggestion(path: str) -> InputError:
    return InputError(
        "cds_suggestion_unknown",
        Bilingual(zh=f"{path}：不是该卡片的建议。", en=f"{path}: it is no suggestion of the card."),
        field=path,
    )


def _noted(outcome: CardOutcome) -> dict[str, Any]:
    """An outcome as the audit keeps it: never the comment, which may hold patient text."""
    noted: dict[str, Any] = {
        "card": outcome.card,
        "outcome": outcome.outcome,
        "commented": outcome.comment is not None,
    }
    if outcome.reason is not None and outcome.reason[0] == REASON_SYSTEM:
        noted["reason"] = outcome.reason[1][:64]
    return noted


def _display(outcome: CardOutcome) -> str | None:
    if outcome.reason is None or outcome.reason[0] != REASON_SYSTEM:
        return None
    return OVERRIDE_REASONS[outcome.reason[1]].zh
