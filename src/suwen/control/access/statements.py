"""Statements that the hospital's provider has just proved somebody again, for one act only."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import datetime, timedelta
from typing import Final

from suwen.core.errors import ConfigurationError
from suwen.core.identity import PrincipalId
from suwen.core.ports import Clock
from suwen.storage.encryption import FieldCipher

VALID: Final = timedelta(minutes=3)
_PLACE: Final = "proof"
_MOST_CHARACTERS: Final = 2048


class SealedStatements:
    """Makes and checks statements; only this installation can seal one."""

    def __init__(self, cipher: FieldCipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    def state(self, person: PrincipalId, about: str) -> str:
        """A statement that this person has just been proved again, for this act."""
        said = {"person": person, "about": about, "at": self._clock.now().isoformat()}
        return base64.urlsafe_b64encode(self._cipher.seal(json.dumps(said), _PLACE)).decode()

    def holds(self, statement: str, person: PrincipalId, about: str) -> bool:
        """Whether it says so of this person and this act, and is fresh."""
        if len(statement) > _MOST_CHARACTERS:
            return False
        try:
            sealed = base64.urlsafe_b64decode(statement.encode("ascii"))
            said = json.loads(self._cipher.open(sealed, _PLACE))
        except (ConfigurationError, UnicodeEncodeError, binascii.Error):
            return False
        age = self._clock.now() - datetime.fromisoformat(said["at"])
        fresh = timedelta(0) <= age <= VALID
        return bool(fresh and about and said["person"] == person and said["about"] == about)
