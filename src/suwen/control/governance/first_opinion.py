"""The clinician's own view before the output, and what became of it afterwards.

Whoever sees an answer first tends to agree with it. Where a manifest says ``first_opinion``, the
output is held back from a clinician until they have written what they think themselves; both stay
with the draft.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from suwen.core.errors import InputError, PreconditionError
from suwen.core.language import Bilingual
from suwen.core.manifest import Manifest

FIRST_OPINION_NEEDED: Final = "first_opinion_needed"
SHORTEST: Final = 5
LONGEST: Final = 4000
_SPACES = re.compile(r"\s+")


class Agrees(StrEnum):
    """How far the output says what the clinician thought."""

    AGREES = "agrees"
    PARTLY = "partly"
    DIFFERS = "differs"


class Kept(StrEnum):
    """Which view the clinician holds now."""

    OWN = "own"
    OUTPUT = "output"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class OpinionLine:
    """One line of the clinician's view, and whether the output has the same words."""

    text: str
    in_output: bool


@dataclass(frozen=True, slots=True)
class OpinionRates:
    """What comparisons show of one application.

    Attributes:
        compared: how many opinions were compared at all.
        differed: where the output said something else, at least in part.
        switched: of these, where the clinician took the output's view.
    """

    written: int
    compared: int
    differed: int
    switched: int


def opinion_wanted(manifest: Manifest) -> PreconditionError:
    """What a clinician hears to whom the output is not shown yet."""
    return PreconditionError(
        FIRST_OPINION_NEEDED,
        Bilingual(
            f"“{manifest.title.zh}”要求先写下您自己的判断，再显示输出。",
            f"'{manifest.title.en}' shows its output once you have written your own view.",
        ),
        field="first_opinion",
    )


def check_opinion(opinion: str) -> str:
    """A view that says something.

    Raises:
        InputError: ``first_opinion_too_short`` or ``field_too_long``.
    """
    text = opinion.strip()
    if len(text) < SHORTEST:
        raise InputError(
            "first_opinion_too_short",
            Bilingual(
                f"请至少写 {SHORTEST} 个字符的判断。",
                f"Write your view in at least {SHORTEST} characters.",
            ),
            field="first_opinion",
        )
    if len(text) > LONGEST:
        raise InputError(
            "field_too_long",
            Bilingual(f"最多 {LONGEST} 个字符。", f"At most {LONGEST} characters."),
            field="first_opinion",
        )
    return text


def compare_lines(opinion: str, output: str) -> tuple[OpinionLine, ...]:
    """Each line of an opinion, and whether its words stand in the output as they are.

    Same words, not the same meaning: what is told apart here is for the clinician to judge.
    """
    known = _plain(output)
    lines = [line.strip() for line in opinion.splitlines() if line.strip()]
    return tuple(OpinionLine(line, _plain(line) in known) for line in lines)


def opinion_rates(compared: Iterable[tuple[str, str] | None]) -> OpinionRates:
    """Counts over opinions: pairs of ``Agrees`` and ``Kept``, ``None`` where not compared."""
    found = list(compared)
    pairs = [pair for pair in found if pair is not None]
    differed = [pair for pair in pairs if pair[0] != Agrees.AGREES.value]
    switched = sum(kept == Kept.OUTPUT.value for _, kept in differed)
    return OpinionRates(len(found), len(pairs), len(differed), switched)


def _plain(text: str) -> str:
    """Letters and digits as they are told apart by people: case, width and blanks do not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACES.sub("", folded).strip("。.;；,，、")
