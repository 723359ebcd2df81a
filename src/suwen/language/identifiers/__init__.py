"""Who and what a text names: identifiers of people, found by rules, lists and check digits."""

from suwen.language.identifiers.finding import find_identifiers
from suwen.language.identifiers.spans import IdentifierSpan, IdentifierType

__all__ = ["IdentifierSpan", "IdentifierType", "find_identifiers"]
