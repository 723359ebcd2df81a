"""Where something is in the hospital, for whoever asks for the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from suwen.appkit import Bilingual, Language
from suwen.apps.triage.tables import TriageTables
from suwen.clinical.departments import GENERAL_PRACTICE, rank_departments
from suwen.clinical.indoor_routes import HospitalMap, Place

_ASKS_WAY: Final = re.compile(
    r"怎么(?:走|去|过去|到)|在(?:哪|几楼|几层|什么地方|何处)|(?:哪|几)(?:一)?(?:楼|层)|往哪|"
    r"\bwhere (?:is|are|s|can i find)\b|wheres\b|where's|how (?:do|can) (?:i|we) (?:get to|find)|"
    r"which floor|what floor|\b(?:the )?way to\b|directions to",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(r"[，。！？；,.!?;\n]+")
_GENERAL: Final = re.compile(r"[/()（）与]|医学|内科|外科|门诊|中心|科$|临床")
_LEAST_SHARED: Final = 2
_SHORT: Final = re.compile(r"[\u4e00-\u9fff]{2,6}科")
_WORD: Final = re.compile(r"[a-z]{3,}")
_NO_NAME: Final = frozenset(["the", "and", "floor", "corridor", "clinic", "department", "health"])

_MEANT: Final = Bilingual("您要找的是：{place}。", "You are looking for: {place}.")
_THERE: Final = Bilingual("在{floor}。", "It is on {floor}.")
_ON_MAP: Final = Bilingual(
    "请按指示牌走，也可看院内地图（“怎么走”）；找不到请问导诊台。",
    "Follow the signs or look at the map ('How to get there'); ask at the information desk if you "
    "cannot find it.",
)


def asked_place(said: Sequence[str], tables: TriageTables) -> Place | None:
    """The place whose way the last message asks for; ``None`` where it asks for none, or for one
    that the map does not have."""
    if not said:
        return None
    clauses = [part for part in _CLAUSE.split(said[-1]) if part.strip()]
    asking = next((n for n, part in enumerate(clauses) if _ASKS_WAY.search(part)), None)
    if asking is None:
        return None
    # "骨科，怎么走": the name may stand before the pause.
    for part in (clauses[asking], clauses[asking - 1] if asking else ""):
        named = _ASKS_WAY.sub(" ", part).lower()
        place = _named(named, tables.plan) or _by_words(named, tables)
        if place is not None:
            return place
    return None


def _named(clause: str, plan: HospitalMap) -> Place | None:
    """The place whose name shares most with a clause, above a common ending."""
    best: tuple[int, Place] | None = None
    for place in plan.places.values():
        if place.kind == "crossing":
            continue
        shared = _shared(clause, place.name)
        if shared and (best is None or shared > best[0]):
            best = (shared, place)
    return best[1] if best else None


def _shared(clause: str, name: Bilingual) -> int:
    """How many letters of a name are in the clause: the whole of it, or its own part."""
    if name.zh in clause:
        return 100 + len(name.zh)
    words = [word for word in _WORD.findall(name.en.lower()) if word not in _NO_NAME]
    if words and all(re.search(rf"\b{word}\b", clause) for word in words):
        return 50 + len(words)
    for part in _GENERAL.split(name.zh):
        if len(part) >= _LEAST_SHARED and part in clause:
            # "神经外科" is nearer to "神经外科" than to "神经内科".
            return len(part) + sum(kind in clause and kind in name.zh for kind in ("内", "外"))
    return max((len(short) for short in _shortened(clause) if _is_of(short, name.zh)), default=0)


def _shortened(clause: str) -> list[str]:
    """What may be a department's name as people shorten it: "心内科"."""
    return [
        match.group()[start:]
        for match in _SHORT.finditer(clause)
        for start in range(len(match.group()) - _LEAST_SHARED)
    ]


def _is_of(short: str, name: str) -> bool:
    """Whether the letters are those of the name, in their order."""
    left = iter(name)
    return all(letter in left for letter in short)


def _by_words(clause: str, tables: TriageTables) -> Place | None:
    first = rank_departments((clause,), table=tables.departments)[0].department.code
    return None if first == GENERAL_PRACTICE else tables.plan.place_of(first)


def way_to(place: Place, plan: HospitalMap, language: Language) -> str:
    """Where a place is, in words; of a map that is only an example no floor is told."""
    told = [_MEANT.in_language(language).format(place=place.name.in_language(language))]
    if not plan.example:
        floor = plan.floors[place.floor].name.in_language(language)
        told.append(_THERE.in_language(language).format(floor=floor))
    told.append(_ON_MAP.in_language(language))
    return ("" if language is Language.ZH else " ").join(told)
