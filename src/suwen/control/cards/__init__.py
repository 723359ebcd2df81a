"""What the platform itself says at a hook: pure rules over a patient's record and draft orders."""

from collections.abc import Callable

from suwen.clinical.laboratory.book import LaboratoryBook
from suwen.clinical.prescription_review.rulebook import RuleBook
from suwen.control.cards.chart import ChartReminders
from suwen.control.cards.discharge import DischargeChecks
from suwen.control.cards.orders import OrderChecks
from suwen.core.cards import CardSource


def platform_sources(
    laboratory: Callable[[], LaboratoryBook], book: Callable[[], RuleBook]
) -> tuple[CardSource, ...]:
    """The platform's own sources; applications bring theirs besides.

    Args:
        laboratory: the tables of the hospital's laboratory as they work now.
        book: the rows of prescription review, with its dictionary, as they work now.
    """
    return (ChartReminders(laboratory), DischargeChecks(laboratory), OrderChecks(book))


__all__ = ["ChartReminders", "DischargeChecks", "OrderChecks", "platform_sources"]
