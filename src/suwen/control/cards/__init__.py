"""What the platform itself says at a hook: pure rules over a patient's record and draft orders."""

from suwen.control.cards.chart import ChartReminders
from suwen.control.cards.discharge import DischargeChecks
from suwen.control.cards.orders import OrderChecks
from suwen.core.cards import CardSource

PLATFORM_SOURCES: tuple[CardSource, ...] = (ChartReminders(), DischargeChecks(), OrderChecks())
"""The platform's own sources; applications bring theirs besides."""

__all__ = ["PLATFORM_SOURCES", "ChartReminders", "DischargeChecks", "OrderChecks"]
