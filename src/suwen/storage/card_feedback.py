"""What clinicians did with the cards that were shown to them: kept like a sign-off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import RowMapping, select
from sqlalchemy.dialects.postgresql import insert

from suwen.storage.connection_tables import card_feedback
from suwen.storage.database import Database
from suwen.storage.encryption import FieldCipher


@dataclass(frozen=True, slots=True)
class CardFeedback:
    """The outcome of one card.

    Attributes:
        client: the system that showed the card.
        service: id of the CDS service.
        card: the card's ``uuid``.
        outcome: ``accepted`` or ``overridden``.
        accepted_suggestions: ids of the suggestions that were taken.
        comment: what the clinician wrote; may hold patient text and is kept sealed.
        patient: id of the patient, where it is known.
        person: account or name of the clinician as the client states it, where it does.
        trace: the run that made the card, where it is known.
    Source: CDS Hooks 2.0, Feedback.
    """

    client: str
    service: str
    card: str
    outcome: str
    outcome_at: datetime
    received_at: datetime
    accepted_suggestions: tuple[str, ...] = ()
    override_system: str | None = None
    override_code: str | None = None
    override_display: str | None = None
    comment: str | None = field(default=None, repr=False)
    patient: str | None = None
    person: str | None = None
    trace: str | None = None


class CardFeedbackStore:
    """Outcomes of cards in the general database; nothing in it is ever changed."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def put(self, feedback: Sequence[CardFeedback]) -> int:
        """Keeps outcomes, all or none; how many were not known before."""
        statement = insert(card_feedback).on_conflict_do_nothing().returning(card_feedback.c.number)
        added = 0
        async with self._database.transaction() as opened:
            for given in feedback:
                found = await opened.execute(statement.values(self._row(given)))
                added += len(found.all())
        return added

    async def list(
        self, service: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[CardFeedback]:
        """Outcomes, the latest first.

        Args:
            service: of one service only.
            limit: at most so many, >= 1.
        """
        query = select(card_feedback).order_by(card_feedback.c.number.desc())
        if service is not None:
            query = query.where(card_feedback.c.service == service)
        async with self._database.transaction() as opened:
            found = await opened.execute(query.limit(limit).offset(offset))
            return [self._feedback(row) for row in found.mappings()]

    def _row(self, given: CardFeedback) -> dict[str, object]:
        sealed = None
        if given.comment is not None:
            sealed = self._cipher.seal(given.comment, _place(given.client, given.card))
        return {
            "client": given.client,
            "service": given.service,
            "card": given.card,
            "outcome": given.outcome,
            "accepted_suggestions": list(given.accepted_suggestions),
            "override_system": given.override_system,
            "override_code": given.override_code,
            "override_display": given.override_display,
            "comment_sealed": sealed,
            "patient": given.patient,
            "person": given.person,
            "trace": given.trace,
            "outcome_at": given.outcome_at,
            "received_at": given.received_at,
        }

    def _feedback(self, row: RowMapping) -> CardFeedback:
        sealed = row["comment_sealed"]
        comment = None
        if sealed is not None:
            comment = self._cipher.open(sealed, _place(row["client"], row["card"]))
        return CardFeedback(
            client=row["client"],
            service=row["service"],
            card=row["card"],
            outcome=row["outcome"],
            outcome_at=row["outcome_at"],
            received_at=row["received_at"],
            accepted_suggestions=tuple(row["accepted_suggestions"]),
            override_system=row["override_system"],
            override_code=row["override_code"],
            override_display=row["override_display"],
            comment=comment,
            patient=row["patient"],
            person=row["person"],
            trace=row["trace"],
        )


def _place(client: str, card: str) -> str:
    return f"card_feedback/{client}/{card}"
