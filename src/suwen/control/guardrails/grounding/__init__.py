"""Whether statements rest on their evidence: a record, a dialogue, passages."""

from suwen.control.guardrails.grounding.check import build_checker

__all__ = ["build_checker"]
