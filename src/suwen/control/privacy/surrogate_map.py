"""Which surrogate stands for what, for one patient: the same identifier, the same surrogate.

Surrogates follow from a secret of the map, so that two processes that meet the same identifier at
once give it the same surrogate. The map itself is a patient's secret: it is kept encrypted.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from suwen.control.privacy.date_shift import shifted
from suwen.control.privacy.surrogate_values import Dice, stand_in
from suwen.language.identifiers import IdentifierType

_MOST_TRIES = 200
_LEAST_DAYS, _MOST_DAYS = 31, 365


class SurrogateMap:
    """The surrogates of one patient.

    Args:
        secret: of this map alone, 32 bytes.
        originals: surrogate and type to original, as ``as_json`` gave it; empty for a new map.
    """

    def __init__(self, secret: bytes, originals: Mapping[str, Mapping[str, str]] | None = None):
        if len(secret) < 32:
            raise ValueError("the secret needs 32 bytes")
        self._secret = secret
        self._original_of: dict[str, tuple[IdentifierType, str]] = {
            surrogate: (IdentifierType(kept["type"]), kept["text"])
            for surrogate, kept in (originals or {}).items()
        }
        self._surrogate_of = {kept: s for s, kept in self._original_of.items()}

    @property
    def days(self) -> int:
        """By how many days this patient's dates are moved; secret, never 0."""
        dice = Dice(self._secret, "days")
        size = _LEAST_DAYS + dice.below(_MOST_DAYS - _LEAST_DAYS)
        return size if dice.below(2) else -size

    def surrogate(self, kind: IdentifierType, wording: str, text: str = "") -> str:
        """What stands in for an identifier.

        Args:
            text: the text that it will stand in; a surrogate is never a wording of the text.
        """
        held = self._surrogate_of.get((kind, wording))
        if held is not None:
            return held
        made = self._made(kind, wording, text)
        self._surrogate_of[kind, wording] = made
        self._original_of.setdefault(made, (kind, wording))
        return made

    def originals(self) -> Mapping[str, tuple[IdentifierType, str]]:
        """The original of each surrogate."""
        return dict(self._original_of)

    def as_json(self) -> dict[str, Any]:
        """The map to be kept; whoever reads it knows the patient."""
        return {
            surrogate: {"type": kind.value, "text": wording}
            for surrogate, (kind, wording) in self._original_of.items()
        }

    def _made(self, kind: IdentifierType, wording: str, text: str) -> str:
        if kind is IdentifierType.DATE:
            moved = shifted(wording, self.days)
            if moved is not None:
                return moved
        elif kind is IdentifierType.AGE_OVER_89:
            return stand_in(kind, wording, Dice(self._secret))
        else:
            for attempt in range(_MOST_TRIES):
                made = stand_in(
                    kind, wording, Dice(self._secret, kind.value, wording, str(attempt))
                )
                if made != wording and made not in self._original_of and made not in text:
                    return made
        number = 1 + sum(k is kind for k, _ in self._original_of.values())
        while f"[{kind.value}-{number}]" in self._original_of:
            number += 1
        return f"[{kind.value}-{number}]"


def map_secret(site_secret: bytes, map_id: str) -> bytes:
    """The secret of one map, out of the installation's."""
    return hmac.new(site_secret, b"surrogates/" + map_id.encode(), hashlib.sha256).digest()
