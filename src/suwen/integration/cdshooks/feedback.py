"""What became of cards, as the system that showed them reports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from suwen.integration.cdshooks.parsing import (
    as_object,
    missing,
    optional_text,
    refused,
    required_text,
    uuid_text,
    wrong,
)

MOST_ITEMS: Final = 200
MOST_SUGGESTIONS: Final = 50
LONGEST_COMMENT: Final = 2000
ACCEPTED: Final = "accepted"
OVERRIDDEN: Final = "overridden"
_CLOCKS_DIFFER_BY: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class CardOutcome:
    """What was done with one card.

    Attributes:
        outcome: ``accepted`` or ``overridden``.
        suggestions: uuids of the accepted suggestions.
        reason: system and code of the override reason, where one was chosen.
        comment: what the clinician wrote besides; may hold patient text.
        at: when it was done.
    """

    card: str
    outcome: str
    at: datetime
    suggestions: tuple[str, ...] = ()
    reason: tuple[str, str] | None = None
    comment: str | None = field(default=None, repr=False)


def read_feedback(body: object, now: datetime) -> tuple[CardOutcome, ...]:
    """The outcomes of a feedback call, all of them right, or none is taken.

    Raises:
        InputError: ``cds_element_missing``, ``cds_element_wrong`` or ``text_not_storable``, with
            the element's path.
    """
    items = as_object(body, "body").get("feedback")
    if items is None:
        raise missing("feedback")
    if not isinstance(items, list) or not 0 < len(items) <= MOST_ITEMS:
        raise wrong("feedback", f"1 至 {MOST_ITEMS} 项的数组", f"an array of 1 to {MOST_ITEMS}")
    return tuple(_outcome(item, f"feedback[{n}]", now) for n, item in enumerate(items))


def _outcome(value: object, path: str, now: datetime) -> CardOutcome:
    item = as_object(value, path)
    card = uuid_text(required_text(item, "card", path), f"{path}.card")
    outcome = required_text(item, "outcome", path)
    if outcome not in (ACCEPTED, OVERRIDDEN):
        raise wrong(f"{path}.outcome", " accepted 或 overridden", "accepted or overridden")
    suggestions = _suggestions(item, path)
    if outcome == ACCEPTED and not suggestions:
        raise missing(f"{path}.acceptedSuggestions")
    if outcome == OVERRIDDEN and suggestions:
        raise refused(
            "cds_element_wrong",
            f"{path}.acceptedSuggestions",
            "已忽略的卡片没有被接受的建议。",
            "An overridden card has no accepted suggestions.",
        )
    reason, comment = _override(item, path, outcome)
    at = _instant(required_text(item, "outcomeTimestamp", path, 40), f"{path}.outcomeTimestamp")
    if at > now + _CLOCKS_DIFFER_BY:
        raise wrong(f"{path}.outcomeTimestamp", "不晚于现在的时间", "a time that is not to come")
    return CardOutcome(card, outcome, at, suggestions, reason, comment)


def _suggestions(item: Mapping[str, Any], path: str) -> tuple[str, ...]:
    value = item.get("acceptedSuggestions")
    if value is None:
        return ()
    place = f"{path}.acceptedSuggestions"
    if not isinstance(value, list) or not 0 < len(value) <= MOST_SUGGESTIONS:
        raise wrong(place, "非空数组", "an array that is not empty")
    found = []
    for number, given in enumerate(value):
        here = f"{place}[{number}]"
        found.append(uuid_text(required_text(as_object(given, here), "id", here), f"{here}.id"))
    return tuple(dict.fromkeys(found))


def _override(
    item: Mapping[str, Any], path: str, outcome: str
) -> tuple[tuple[str, str] | None, str | None]:
    if item.get("overrideReason") is None:
        return None, None
    place = f"{path}.overrideReason"
    if outcome != OVERRIDDEN:
        raise refused(
            "cds_element_wrong",
            place,
            "只有被忽略的卡片才有忽略理由。",
            "Only an overridden card has a reason.",
        )
    given = as_object(item["overrideReason"], place)
    comment = optional_text(given, "userComment", place, LONGEST_COMMENT)
    if given.get("reason") is None:
        return None, comment
    here = f"{place}.reason"
    coding = as_object(given["reason"], here)
    system, code = (
        required_text(coding, "system", here, 200),
        required_text(coding, "code", here, 64),
    )
    if not code.isprintable() or not system.isprintable():
        raise wrong(here, "可打印的代码", "a printable code")
    return (system, code), comment


def _instant(text: str, path: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise wrong(
            path,
            "带时区的时间（RFC 3339），如 2026-03-10T08:00:00Z",
            "a time with its zone (RFC 3339), such as 2026-03-10T08:00:00Z",
        )
    return found.astimezone(UTC)
