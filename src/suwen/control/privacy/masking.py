"""Identifiers in a text masked, replaced by surrogates, moved or kept, and put back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

import re2

from suwen.control.privacy.date_shift import read_day, shifted
from suwen.control.privacy.surrogate_map import SurrogateMap
from suwen.language.identifiers import IdentifierSpan, IdentifierType, find_identifiers


class MaskingAction(StrEnum):
    """What is done to an identifier."""

    MASK = "mask"
    SURROGATE = "surrogate"
    SHIFT = "shift"
    KEEP = "keep"


_MOST_MEMORY: Final = 256 * 1024 * 1024
_AROUND: Final = 60
"""Characters on both sides of a place within which a date or a name that crosses it is seen."""
_LEAST_HELD_BACK: Final = 24
_BETWEEN: Final = r"[\s·.,_/:@()\[\]-]{0,3}"

DEFAULT_ACTIONS: Final[Mapping[IdentifierType, MaskingAction]] = {
    **dict.fromkeys(IdentifierType, MaskingAction.SURROGATE),
    IdentifierType.DATE: MaskingAction.SHIFT,
}
MASK_ALL: Final[Mapping[IdentifierType, MaskingAction]] = dict.fromkeys(
    IdentifierType, MaskingAction.MASK
)


def mask(text: str, spans: Sequence[IdentifierSpan]) -> str:
    """The text with ``[TYPE]`` in place of each identifier."""
    return _replaced(text, spans, lambda span: f"[{span.type.value}]")[0]


def deidentify(
    text: str,
    spans: Sequence[IdentifierSpan],
    actions: Mapping[IdentifierType, MaskingAction],
    surrogates: SurrogateMap,
) -> tuple[str, tuple[IdentifierSpan, ...]]:
    """The text with each identifier treated as its type demands, and where what was put stands.

    Args:
        spans: in order, none overlapping, as ``find_identifiers`` gives them.
        actions: by type; a type that is not named is masked.
        surrogates: of the patient whom the text is about.
    """

    def treated(span: IdentifierSpan) -> str:
        wording = text[span.start : span.end]
        action = actions.get(span.type, MaskingAction.MASK)
        if action is MaskingAction.KEEP:
            return wording
        if action is MaskingAction.MASK:
            return f"[{span.type.value}]"
        return surrogates.surrogate(span.type, wording, text)

    return _replaced(text, spans, treated)


def _replaced(
    text: str, spans: Sequence[IdentifierSpan], treated: Callable[[IdentifierSpan], str]
) -> tuple[str, tuple[IdentifierSpan, ...]]:
    said: list[str] = []
    placed: list[IdentifierSpan] = []
    at = length = 0
    for span in spans:
        before, put = text[at : span.start], treated(span)
        length += len(before)
        placed.append(replace(span, start=length, end=length + len(put)))
        length += len(put)
        said += (before, put)
        at = span.end
    return "".join([*said, text[at:]]), tuple(placed)


def reidentify(text: str, surrogates: SurrogateMap) -> str:
    """A text with its surrogates turned back, also where spacing, hyphens or case differ.

    Names in parts (a family name with a title) and dates written in another way are restored
    where it is certain whose they are.
    """
    return Restoring(surrogates).text(text)


class Restoring:
    """Turns the surrogates of a map back, in as many texts as there are; see ``reidentify``.

    Args:
        surrogates: as it is now; what is added to it later is not known here.
    """

    def __init__(self, surrogates: SurrogateMap) -> None:
        self._surrogates = surrogates
        originals = surrogates.originals()
        table: dict[str, str] = {}
        for surrogate, (kind, wording) in originals.items():
            if kind is IdentifierType.AGE_OVER_89 and _ambiguous_age(surrogates, surrogate):
                continue
            table[_packed(surrogate)] = _without_same_edges(surrogate, wording)
        table |= {k: v for k, v in _parts_of_names(originals).items() if k not in table}
        tokens = {_packed(s) for s in originals if s.startswith("[")}
        self._table = table
        self._pattern = _pattern(sorted(table, key=len, reverse=True), tokens)
        self.longest = max((len(surrogate) for surrogate in originals), default=0)

    def text(self, text: str) -> str:
        """A text with its surrogates turned back."""
        said: list[str] = []
        at = 0
        for start, end, original in self._found(text):
            said += (text[at:start], original)
            at = end
        return _dates_back("".join([*said, text[at:]]), self._surrogates)

    def value(self, value: Any) -> Any:
        """A JSON-ready value with the surrogates in its texts turned back."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return value

    def border(self, text: str, wanted: int) -> int:
        """The last place up to the wanted one that no surrogate reaches over."""
        border = wanted
        for start, end, _ in self._found(text):
            if start < border < end:
                border = start
        for span in find_identifiers(text[max(0, border - _AROUND) : border + _AROUND]):
            start = max(0, border - _AROUND) + span.start
            if start < border < start + span.end - span.start:
                border = start
        return border

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        if self._pattern is None:
            return
        for match in self._pattern.finditer(text):
            start, end = match.span(1)
            original = self._table.get(_packed(match.group(1)))
            if original is not None and _stands_alone(text, start, end):
                yield start, end, original


class RestoredStream:
    """A text that comes in pieces, its surrogates turned back also where a piece ends in one.

    So much is held back that a surrogate which has only begun is not told in part.
    """

    def __init__(self, restoring: Restoring) -> None:
        self._restoring = restoring
        self._waiting = ""
        self._held_back = 2 * restoring.longest + _LEAST_HELD_BACK if restoring.longest else 0

    def add(self, piece: str) -> str:
        """What may be told now; empty while it waits for more."""
        self._waiting += piece
        wanted = len(self._waiting) - self._held_back
        if wanted <= 0:
            return ""
        border = self._restoring.border(self._waiting, wanted)
        told, self._waiting = self._waiting[:border], self._waiting[border:]
        return self._restoring.text(told)

    def finish(self) -> str:
        """What is left."""
        told, self._waiting = self._waiting, ""
        return self._restoring.text(told)


def _ambiguous_age(surrogates: SurrogateMap, surrogate: str) -> bool:
    held = {
        wording
        for kind, wording in surrogates.originals().values()
        if kind is IdentifierType.AGE_OVER_89
    }
    return len(held) > 1


def _packed(wording: str) -> str:
    return "".join(c for c in wording.casefold() if c.isalnum())


def _without_same_edges(surrogate: str, wording: str) -> str:
    """The original without the brackets that surrogate and original share at their edges."""
    while surrogate and wording and surrogate[0] == wording[0] and not surrogate[0].isalnum():
        surrogate, wording = surrogate[1:], wording[1:]
    while surrogate and wording and surrogate[-1] == wording[-1] and not surrogate[-1].isalnum():
        surrogate, wording = surrogate[:-1], wording[:-1]
    return wording


def _pattern(packed: Sequence[str], tokens: Set[str]) -> Any:
    """Any of the surrogates, whatever blanks and marks stand between its characters."""
    if not packed:
        return None
    options = re2.Options()
    options.case_sensitive = False
    options.max_mem = _MOST_MEMORY
    choices = []
    for word in filter(None, packed):
        spread = _BETWEEN.join(re2.escape(c) for c in word)
        choices.append(rf"\[?{spread}\]?" if word in tokens else spread)
    return re2.compile(f"({'|'.join(choices)})", options)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether a match is not a piece of a longer word or number."""
    for beside, edge in (
        (text[start - 1 : start], text[start]),
        (text[end : end + 1], text[end - 1]),
    ):
        if beside.isdigit() and edge.isdigit():
            return False
        if beside.isascii() and beside.isalpha() and edge.isascii() and edge.isalpha():
            return False
    return True


_TITLES: Final = (
    "先生",
    "女士",
    "小姐",
    "主任",
    "医生",
    "大夫",
    "教授",
    "护士",
    "老师",
    "阿姨",
    "患者",
)


def _parts_of_names(originals: Mapping[str, tuple[IdentifierType, str]]) -> dict[str, str]:
    """Family names with a title and single English names, where only one surrogate has them."""
    found: dict[str, set[str]] = {}
    for surrogate, (kind, wording) in originals.items():
        if kind is not IdentifierType.NAME:
            continue
        if surrogate.isascii():
            said, meant = surrogate.split(), wording.split()
            if len(said) > 1 and len(meant) > 1:
                found.setdefault(_packed(said[-1]), set()).add(meant[-1])
                found.setdefault(_packed(said[0]), set()).add(meant[0])
        elif len(surrogate) == 3 and len(wording) in (2, 3):
            for title in _TITLES:
                found.setdefault(surrogate[0] + title, set()).add(wording[0] + title)
    return {part: next(iter(meant)) for part, meant in found.items() if len(meant) == 1}


def _dates_back(text: str, surrogates: SurrogateMap) -> str:
    """Dates that are a known one, moved and written in another way, moved back."""
    moved_days = {
        day
        for surrogate, (kind, _) in surrogates.originals().items()
        if kind is IdentifierType.DATE and (day := read_day(surrogate)) is not None
    }
    if not moved_days:
        return text
    originals = {wording for _, wording in surrogates.originals().values()}
    spans = [s for s in find_identifiers(text) if s.type is IdentifierType.DATE]

    def back(span: IdentifierSpan) -> str:
        wording = text[span.start : span.end]
        if wording in originals or read_day(wording) not in moved_days:
            return wording
        return shifted(wording, -surrogates.days) or wording

    return _replaced(text, spans, back)[0]
