"""Fewer cards that interrupt: what two sources say is said once, what was answered asks no more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from suwen.core.cards import Card, CardTopic, Indicator, Quieted
from suwen.core.finding import Severity
from suwen.core.identity import AppId
from suwen.core.language import Bilingual

_BOTH_SAY: Final = frozenset({CardTopic.ALLERGY, CardTopic.DUPLICATE})
_ANSWERED: Final = Bilingual(
    zh="本次就诊中已注明理由继续使用，不再拦截。",
    en="It was overridden with a reason in this encounter and does not interrupt again.",
)
_SUPPRESSED: Final = Bilingual(
    zh="本院已将此规则暂时静默。", en="The hospital has made this rule quiet for a while."
)


def said_once(cards: Sequence[tuple[AppId | None, Card]]) -> list[Card]:
    """The cards without those of the platform that an application says of the same orders.

    The platform's own checks go by smaller tables; where the application is silent they speak.
    """
    told = {(card.topic, order) for app, card in cards if app is not None for order in card.orders}
    return [
        card
        for app, card in cards
        if app is not None
        or card.topic not in _BOTH_SAY
        or not card.orders
        or not all((card.topic, order) in told for order in card.orders)
    ]


def quieter(cards: Sequence[Card], quieted: Quieted) -> list[Card]:
    """The cards of which those that were answered, or made quiet, inform and interrupt nobody.

    None is left out. A contraindicated finding is never made quiet by its rule.
    """
    return [_quieter(card, quieted) for card in cards]


def _quieter(card: Card, quieted: Quieted) -> Card:
    if card.matter is None:
        return card
    if card.matter in quieted.matters:
        why = _ANSWERED
    elif (
        card.finding.rule in quieted.rules and card.finding.severity is not Severity.CONTRAINDICATED
    ):
        why = _SUPPRESSED
    else:
        return card
    return replace(card, indicator=Indicator.INFO, overridable=False, details=(why, *card.details))
