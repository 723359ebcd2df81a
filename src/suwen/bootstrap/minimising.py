"""What the gateway needs to conceal who a model reads of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TypedDict

from suwen.control.privacy.run_mask import SecretOf
from suwen.core.ports import NameFinder
from suwen.storage.derived_secrets import derived_secret

_PURPOSE = "surrogates of patients"


class Minimising(TypedDict):
    """The gateway's parts for it."""

    surrogate_secret: SecretOf
    names: NameFinder


class _Names:
    """The finder of unknown Chinese names, loaded when a text is first looked through."""

    def names(self, text: str) -> Sequence[tuple[int, int]]:
        """Start and end of each name, in code points, in order."""
        from suwen.bootstrap.deidentification import name_finder

        return name_finder().names(text)


def minimising(home: Path) -> Minimising:
    """Surrogates that follow from the installation's own key, and the finder of names."""

    @cache
    def installation() -> bytes:
        return derived_secret(home, _PURPOSE)

    def secret_of(patient: str) -> bytes:
        return hmac.new(installation(), patient.encode(), hashlib.sha256).digest()

    return Minimising(surrogate_secret=secret_of, names=_Names())
