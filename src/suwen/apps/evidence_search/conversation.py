"""A question in its conversation: what it means after the ones before, and what may come next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from suwen.appkit import Language, Passage
from suwen.apps.evidence_search.words import words_of
from suwen.language.width import fold

MOST_FOLLOW_UPS = 3
_POINTS_BACK = re.compile(
    r"^(?:那么?|它|这|该|此|其|上述|还有|如果|若|另外)|"
    r"^(?:and|what about|how about|what if|if so|it|its|this|that|these|those|then|also)\b"
)
_FEW_WORDS = 4
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def language_of(query: str) -> Language:
    """The language of a question."""
    return Language.ZH if _CHINESE.search(query) else Language.EN


def searched_for(query: str, earlier: Sequence[str]) -> str:
    """What to search for: a follow-up that leaves its subject out takes it from the question
    before."""
    if not earlier:
        return query
    short = len(words_of(query)) <= _FEW_WORDS
    if short or _POINTS_BACK.search(fold(query).strip()):
        return f"{earlier[-1]} {query}"
    return query


def follow_ups(
    query: str, passages: Sequence[Passage], cited: Sequence[str], language: Language
) -> list[str]:
    """Questions that the same sources could answer next: their sections not yet cited."""
    asked = words_of(query)
    found: dict[str, None] = {}
    for passage in passages:
        if passage.id in cited or not passage.section:
            continue
        heading = passage.section[-1].strip()
        if not 2 <= len(heading) <= 40 or words_of(heading) <= asked:
            continue
        if language is Language.ZH:
            found[f"《{passage.title}》中关于“{heading}”怎么说？"] = None
        else:
            found[f"What does '{passage.title}' say about {heading}?"] = None
    return list(found)[:MOST_FOLLOW_UPS]
