"""What a patient says: which concepts of the table, affirmed or clearly denied or over."""

from __future__ import annotations

import os
import re
import tomllib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.resources import files
from itertools import combinations, product
from threading import Lock
from typing import Final

from suwen.clinical.patient_wording import (
    AS_WRITTEN_IN_TABLES,
    PatientWording,
    read_wording,
    sound_of,
)

_PUNCTUATION: Final = "，。！？；,.!?;\\n"
_GAP: Final = f"[^{_PUNCTUATION}]"
_STRETCH: Final = (
    "(?:(?!没|无|未|不是|\\b(?:no|not|never|without)\\b|[。！？!?;；\\n]|\\.\\s)(?s:.)){0,24}?"
)
"""What may stand between two signs told in several clauses: nothing that denies, and no end of a
sentence."""
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_LATIN_WORD: Final = re.compile(r"(?<!\\)[a-z]{2}")
_COMMONEST: Final = frozenset(
    "我你他她的了是在有和就都也很不没吗呢吧啊这那个一二三两几要会想能好多来去说看吃喝疼痛着过还又再把被给让"
    "对从到上下里天年月日点分次大小人家老更后前时得太最先才只但做用跟为可走坐站睡问见听带拿放"
    "像皮包条个件种每块些曾因而且如何谁呀哦嗯啦哪咋俺咱您它此该由于与及或并将已正总常刚再另其某各多少半全整几"
    "号周岁秒米斤片粒颗支瓶盒袋杯碗层楼店班课题词书字笔歌戏球车票钱卡证单备低提次叫"
    "完挺久剩涨检验买装防碰搓穿练夹辅妈劲约查换修订退续补毒"
)
"""Letters that mostly stand alone, and are hardly ever a slip."""
_MOST_SLIPS: Final = 2
_MOST_BETWEEN: Final = 2
"""Letters between those of a phrase from which a likeness in sound is chance, and no slip."""
_PLAINLY_MEANT: Final = re.compile("怎么(?:治|办|看|挂)|能治|可以治|治(?:吗|好|疗|一下)")
"""Phrases of one who asks, whose letters are no slips."""
_LEAST_WHOLE: Final = 4
"""Letters of an English word from which it is taken for a form of a word of the table."""
_LITTLE: Final = frozenset(
    "了下进到掉着在的得地去来上出过不没个一有是很就还都也这那又想要会能好多我你他她说看吃喝"
)
"""Letters that stand in most sentences: that they are right says little."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a concept is said; ``start`` and ``end`` are places in the plain wording."""

    concept: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SoundPattern:
    """A Chinese pattern as it sounds, with the spelt one that a slip of the keyboard missed."""

    sounding: re.Pattern[str]
    spelt: re.Pattern[str]
    alike: Mapping[str, str]
    """The pattern's letters by their sound."""

    def slips(self, wording: PatientWording, may: frozenset[int]) -> Iterator[tuple[int, int]]:
        """Places that sound as the pattern and are it but for one or two letters, at least one of
        which is where the keyboard may have slipped."""
        for match in self.sounding.finditer(wording.sound):
            start, end = match.span()
            if end > start and self._is_slip(wording, start, end, may):
                yield start, end

    def _is_slip(self, wording: PatientWording, start: int, end: int, may: frozenset[int]) -> bool:
        said, sound = wording.plain[start:end], wording.sound[start:end]
        others = [
            (place, self.alike[code])
            for place, code in enumerate(sound)
            if code in self.alike and said[place] not in self.alike[code]
        ]
        for number in range(1, _MOST_SLIPS + 1):
            for slipped in combinations(others, number):
                if any(start + place in may for place, _ in slipped) and self._is_meant(
                    said, slipped
                ):
                    return True
        return False

    def _is_meant(self, said: str, slipped: Sequence[tuple[int, str]]) -> bool:
        """Whether these letters set right make the pattern, and enough of it was right before."""
        places = {place for place, _ in slipped}
        own = {letter for letters in self.alike.values() for letter in letters}
        kept = sum(
            c in own and c not in _LITTLE and n not in places
            for n, c in enumerate(said)
            if _HAN.match(c)
        )
        between = sum(c not in own and n not in places for n, c in enumerate(said))
        if between > _MOST_BETWEEN or kept < len(slipped) + (between > 0):
            return False
        for letters in product(*(letters for _, letters in slipped)):
            meant = list(said)
            for (place, _), letter in zip(slipped, letters, strict=True):
                meant[place] = letter
            if self.spelt.fullmatch("".join(meant)):
                return True
        return False


@dataclass(frozen=True, slots=True)
class Concept:
    """One concept with its patterns, as they are spelt and as they sound."""

    name: str
    chinese: tuple[re.Pattern[str], ...]
    latin: tuple[re.Pattern[str], ...]
    both: tuple[re.Pattern[str], ...]
    sounding: tuple[SoundPattern, ...]
    letters: frozenset[str]

    @property
    def spelt(self) -> tuple[re.Pattern[str], ...]:
        """All patterns as they are spelt."""
        return (*self.chinese, *self.latin, *self.both)

    def first_mentions(self, wording: PatientWording, slips: frozenset[int]) -> list[Mention]:
        """Where the concept is said; ``slips`` are the places where it may be misspelt."""
        plain = wording.plain
        found = [
            Mention(self.name, *match.span())
            for pattern in self._that_fit(wording)
            for match in pattern.finditer(plain)
            if match.end() > match.start()
        ]
        for pattern in self.sounding if slips else ():
            found += [Mention(self.name, *place) for place in pattern.slips(wording, slips)]
        return found

    def _that_fit(self, wording: PatientWording) -> tuple[re.Pattern[str], ...]:
        """The patterns in the scripts that the text is written in."""
        if not wording.latin:
            return self.both + self.chinese
        return self.spelt if wording.han else self.both + self.latin


def places_of_slips(text: str) -> frozenset[int]:
    """Where the keyboard may have slipped: Chinese letters that stand alone, where a dictionary of
    the language knows no word around them, and that are none of the commonest."""
    # Here, since its dictionary takes a fifth of a second of every start.
    import rjieba

    meant = {n for match in _PLAINLY_MEANT.finditer(text) for n in range(*match.span())}
    alone = set()
    at = 0
    for word in rjieba.cut(text, False):
        if len(word) == 1 and _HAN.match(word) and word not in _COMMONEST:
            alone.add(at)
        at += len(word)
    return frozenset(alone - meant)


def _pattern(source: str) -> re.Pattern[str]:
    if _HAN.search(source) or any(ord(c) >= 0xF0000 for c in source):
        body = source.replace("≈", _STRETCH)
        body = body.replace("⋯", _GAP).replace("…", f"{_GAP}{{0,5}}?")
        body = body.replace("~", f"{_GAP}{{0,14}}?")
        return re.compile(f"(?:{body})")
    gap = f"(?:{_GAP}{{0,28}}?(?<![a-z])|)"
    body = source.replace("≈", f"(?:{_STRETCH}(?<![a-z])|)")
    body = body.replace("…", gap).replace("~", gap)
    return re.compile(f"(?<![a-z])(?:{body})")


def _sound_pattern(source: str) -> SoundPattern:
    alike: dict[str, str] = {}
    for letter in dict.fromkeys(_HAN.findall(source)):
        code = sound_of(letter)
        alike[code] = alike.get(code, "") + letter
    return SoundPattern(_pattern(sound_of(source)), _pattern(source), alike)


@cache
def concepts() -> Mapping[str, Concept]:
    """The table of concepts by name."""
    text = files("suwen.clinical").joinpath("data/patient_concepts.toml").read_text("utf-8")
    rows: dict[str, list[str]] = tomllib.loads(text)["concepts"]
    table = {}
    for name, written in rows.items():
        sources = [s.translate(AS_WRITTEN_IN_TABLES) for s in written]
        chinese = [s for s in sources if _HAN.search(s)]
        table[name] = Concept(
            name,
            tuple(_pattern(s) for s in chinese if not _LATIN_WORD.search(s)),
            tuple(_pattern(s) for s in sources if not _HAN.search(s)),
            tuple(_pattern(s) for s in chinese if _LATIN_WORD.search(s)),
            tuple(_sound_pattern(s) for s in chinese),
            frozenset(c for s in chinese for c in s if _HAN.match(c)),
        )
    return table


@cache
def vocabulary() -> frozenset[str]:
    """English words of the table, to which misspelt ones are led."""
    return frozenset(
        word
        for concept in concepts().values()
        for pattern in concept.spelt
        for word in re.findall(r"[a-z]{5,}", pattern.pattern)
    )


def as_one_text(messages: Sequence[str]) -> str:
    """The messages with the end of a sentence after each, so that no word reaches over two."""
    return "".join(f"{message}\u3002\n" for message in messages)


def read_patient(text: str) -> PatientWording:
    """A patient's text prepared for the table."""
    return read_wording(text, vocabulary(), _is_in_the_table)


@lru_cache(maxsize=8192)
def _is_in_the_table(word: str) -> bool:
    """Whether an English word is, in this very form, one of the table's."""
    return any(
        match is not None and match.end() - match.start() >= _LEAST_WHOLE
        for concept in concepts().values()
        for pattern in concept.spelt
        if (match := pattern.match(word))
    )


def find_mentions(wording: PatientWording) -> Mapping[str, list[Mention]]:
    """Every concept that is said, also what is denied or over, with its places.

    No pattern reaches over the end of a line, and what a line says is known from the last time: a
    chat is read again with each message, and a message several times.
    """
    found: dict[str, list[Mention]] = {}
    begin = 0
    for line in wording.plain.split("\n"):
        for name, start, end in _READ.places(line):
            found.setdefault(name, []).append(Mention(name, begin + start, begin + end))
        begin += len(line) + 1
    return found


Places = tuple[tuple[str, int, int], ...]


class _LinesRead:
    """What was found in lines that were read before.

    Kept are names of concepts and places by a hash with a key that ends with the process; never a
    word.
    """

    _MOST: Final = 10_000

    def __init__(self) -> None:
        self._key = os.urandom(32)
        self._known: OrderedDict[bytes, Places] = OrderedDict()
        self._lock = Lock()

    def places(self, line: str) -> Places:
        """Concept, start and end of each mention in a folded line."""
        words = line.encode("utf-8", "surrogatepass")
        name = blake2b(words, key=self._key, digest_size=16).digest()
        with self._lock:
            known = self._known.get(name)
            if known is not None:
                self._known.move_to_end(name)
                return known
        found = _read_line(line)
        with self._lock:
            self._known[name] = found
            while len(self._known) > self._MOST:
                self._known.popitem(last=False)
        return found


_READ: Final = _LinesRead()


def _read_line(line: str) -> Places:
    wording = PatientWording(line, line, sound_of(line), ())
    slips = places_of_slips(line)
    return tuple(
        (one.concept, one.start, one.end)
        for concept in concepts().values()
        for one in concept.first_mentions(wording, slips)
    )
