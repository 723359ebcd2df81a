"""What a model reads of a run: nobody is named in it, and its answer is turned back for the reader.

The surrogates of a patient follow from a secret of the installation, so that every run gives the
same person the same surrogates and moves the dates by the same days. Nothing of it is stored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from suwen.control.privacy.fhir_resources import (
    stated_identifiers,
    stated_names,
    stated_terms,
)
from suwen.control.privacy.masking import (
    DEFAULT_ACTIONS,
    RestoredStream,
    Restoring,
    deidentify,
)
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.core.ports import NameFinder
from suwen.language.identifiers import IdentifierSpan, IdentifierType, find_identifiers
from suwen.language.identifiers.overlaps import resolve
from suwen.language.identifiers.spans import KNOWN_NAME

SecretOf = Callable[[str], bytes]
"""32 bytes for a patient's surrogates, the same at every call, that no other installation makes."""

_STATED: Final = "stated"
_OF_ONE_PERSON: Final = frozenset(
    {
        IdentifierType.NAME,
        IdentifierType.ID_NUMBER,
        IdentifierType.PHONE,
        IdentifierType.MEDICAL_RECORD_NUMBER,
        IdentifierType.INSURANCE_NUMBER,
        IdentifierType.EMAIL,
        IdentifierType.BANK_CARD,
        IdentifierType.LICENCE_PLATE,
    }
)
"""What is hidden of a question about nobody: its days and places are what is asked."""


class RunMask:
    """Conceals who a run is about, and restores the answer.

    Args:
        secret: of the patient's surrogates, 32 bytes.
        resources: of the record; names and numbers that they state are concealed wherever they
            stand, also where no recogniser would take them for one.
        asked: what somebody wrote; where there is no record, only what identifies a person in
            there is concealed.
        names: finds unknown Chinese names; ``None`` where only known ones and cues count.

    What the record's codes are called (medicines, findings) is never taken for an unknown name.
    """

    def __init__(
        self,
        secret: bytes,
        resources: Sequence[Mapping[str, Any]] = (),
        asked: Sequence[str] = (),
        names: NameFinder | None = None,
    ) -> None:
        self._map = SurrogateMap(secret)
        self._names = names
        self._resources = resources
        self._asked = tuple(asked)

    # A record is looked through when the first text is concealed: most runs ask no model.

    @cached_property
    def _known(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for r in self._resources for name in stated_names(r)))

    @cached_property
    def _stated(self) -> Mapping[str, IdentifierType]:
        pairs = [pair for r in self._resources for pair in stated_identifiers(r)]
        return {wording: kind for kind, wording in pairs}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return _alternatives(self._stated)

    @cached_property
    def _terms(self) -> str:
        return "\n".join(term.casefold() for r in self._resources for term in stated_terms(r))

    @classmethod
    def for_run(
        cls,
        secret_of: SecretOf,
        patient: str | None,
        resources: Sequence[Mapping[str, Any]],
        asked: Sequence[str],
        names: NameFinder | None,
    ) -> RunMask:
        """The mask of one run; of a patient who is not stored the surrogates are of this run."""
        secret = secret_of(patient) if patient is not None else os.urandom(32)
        return cls(secret, resources, asked, names)

    @property
    def known(self) -> int:
        """How many wordings are known to say who the run is about."""
        return len(self._known) + len(self._stated)

    @property
    def concealed(self) -> int:
        """How many different identifiers were concealed so far."""
        return len(self._map.originals())

    def conceal(self, text: str) -> str:
        """The text with a surrogate in place of each identifier, dates moved."""
        return deidentify(text, self._spans(text), DEFAULT_ACTIONS, self._map)[0]

    def restoring(self) -> Restoring:
        """Turns back what was concealed so far."""
        return Restoring(self._map)

    def stream(self) -> RestoredStream:
        """Turns back a text that comes in pieces."""
        return RestoredStream(self.restoring())

    def _spans(self, text: str) -> tuple[IdentifierSpan, ...]:
        if self._resources:
            found = find_identifiers(text, known_names=self._known, names=self._names)
            people = [span for span in found if not self._is_term(span, text)]
            return resolve(text, [*people, *self._stated_in(text)])
        wordings: dict[str, IdentifierType] = {}
        for asked in self._asked:
            for span in find_identifiers(asked, names=self._names):
                if span.type in _OF_ONE_PERSON:
                    wordings[asked[span.start : span.end]] = span.type
        return tuple(_places(text, _alternatives(wordings), wordings))

    def _is_term(self, span: IdentifierSpan, text: str) -> bool:
        """Whether a guessed name is a word of the record's codes: a medicine is nobody."""
        return (
            span.type is IdentifierType.NAME
            and span.recogniser != KNOWN_NAME
            and text[span.start : span.end].casefold() in self._terms
        )

    def _stated_in(self, text: str) -> Iterator[IdentifierSpan]:
        yield from _places(text, self._pattern, self._stated)


def _alternatives(wordings: Mapping[str, IdentifierType]) -> re.Pattern[str] | None:
    """A pattern for any of the wordings; a Latin one only where it stands as a word."""
    if not wordings:
        return None
    return re.compile(
        "|".join(
            rf"(?<![A-Za-z0-9]){re.escape(wording)}(?![A-Za-z0-9])"
            if wording[0].isascii() or wording[-1].isascii()
            else re.escape(wording)
            for wording in sorted(wordings, key=len, reverse=True)
        )
    )


def _places(
    text: str, pattern: re.Pattern[str] | None, kinds: Mapping[str, IdentifierType]
) -> Iterator[IdentifierSpan]:
    if pattern is None:
        return
    for match in pattern.finditer(text):
        yield IdentifierSpan(match.start(), match.end(), kinds[match.group()], _STATED, 1.0)
