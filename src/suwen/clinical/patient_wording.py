"""What a patient typed, made comparable: width, case, likeness in sound, misspelt English words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

_DROPPED = frozenset("'’`´‘\u200b\ufeff")
_TONED = re.compile(r"[\u0300\u0301\u0304\u030c]")
_ALIKE = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))
# Traditional characters, and what dialects write for "not", as the tables have them.
AS_WRITTEN_IN_TABLES = str.maketrans(
    "氣頭腦嚨沒說話燒發熱腫脹暈嘔臉腳無裡邊個來過還著媽爺兒藥壓這點觸電燙傷紅斷讓時幾歲孫後產經唔勿冇",
    "气头脑咙没说话烧发热肿胀晕呕脸脚无里边个来过还着妈爷儿药压这点触电烫伤红断让时几岁孙后产经不不没",
)
_FIRST_CODE = 0xF0000
_WORD = re.compile(r"[a-z]{5,}")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile("[a-z]|10/10")
# Ordinary words one letter away from a word of the tables.
_NOT_MISSPELT = frozenset(
    files("suwen.clinical").joinpath("data/ordinary_words.txt").read_text("utf-8").split()
)


@dataclass(frozen=True)
class PatientWording:
    """A text to be searched; the three forms have one character for another.

    Attributes:
        typed: as the patient typed it.
        plain: folded in width and case, misspelt English words set right.
        sound: ``plain`` with each Chinese character replaced by a code for its sound.
        origin: place in ``typed`` of every character of ``plain``, and its length at the end.
    """

    typed: str
    plain: str
    sound: str
    origin: tuple[int, ...]

    @cached_property
    def han(self) -> bool:
        """Whether there is a Chinese character in it."""
        return _HAN.search(self.plain) is not None

    @cached_property
    def latin(self) -> bool:
        """Whether there is a word of letters in it, or a pain of ten out of ten."""
        return _LATIN.search(self.plain) is not None

    def quote(self, start: int, end: int) -> str:
        """The words of the patient at a place in ``plain``."""
        return self.typed[self.origin[start] : self.origin[end - 1] + 1]


def read_wording(
    text: str, vocabulary: frozenset[str], stands: Callable[[str], bool]
) -> PatientWording:
    """Prepares a text for the tables.

    Args:
        text: what was typed.
        vocabulary: English words of the tables, lower case, to which misspelt ones are led.
        stands: whether a word is one of the tables' in another form, and no slip.
    """
    letters, origin = _fold(text)
    plain, places = _set_right("".join(letters), origin, vocabulary, stands)
    return PatientWording(text, plain, sound_of(plain), (*places, len(text)))


def _fold(text: str) -> tuple[list[str], list[int]]:
    letters: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        if character in _DROPPED:
            continue
        if character.isspace() and letters and (letters[-1] == " " or _is_han(letters[-1])):
            continue
        for letter in _folded(character):
            if letters and letters[-1] == " " and _is_han(letter):
                letters.pop()
                origin.pop()
            letters.append(" " if letter.isspace() and letter != "\n" else letter)
            origin.append(place)
    return letters, origin


def _folded(character: str) -> str:
    """One character in the width, case and variant of the tables."""
    return unicodedata.normalize("NFKC", character).lower().translate(AS_WRITTEN_IN_TABLES)


def _is_han(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"


def _set_right(
    text: str, origin: list[int], vocabulary: frozenset[str], stands: Callable[[str], bool]
) -> tuple[str, tuple[int, ...]]:
    pieces: list[str] = []
    places: list[int] = []
    at = 0
    for match in _WORD.finditer(text):
        word = match.group()
        better = _meant(word, vocabulary)
        if better is None or stands(word):
            continue
        start, end = match.span()
        pieces += (text[at:start], better)
        places += origin[at:start]
        places += [origin[min(start + i, end - 1)] for i in range(len(better))]
        if len(better) < len(word):
            places[-1] = origin[end - 1]
        at = end
    pieces.append(text[at:])
    places += origin[at:]
    return "".join(pieces), tuple(places)


@lru_cache(maxsize=2)
def _by_first_letter(vocabulary: frozenset[str]) -> Mapping[str, tuple[str, ...]]:
    words = sorted(vocabulary)
    return {one[0]: tuple(w for w in words if w[0] == one[0]) for one in words}


@lru_cache(maxsize=4096)
def _meant(word: str, vocabulary: frozenset[str]) -> str | None:
    """The word of the tables that a misspelt one stands for; ``None`` where it stands as it is."""
    if word in vocabulary or word in _NOT_MISSPELT:
        return None
    for known in _by_first_letter(vocabulary).get(word[0], ()):
        if abs(len(known) - len(word)) > 2:
            continue
        allowed = 2 if len(known) >= 8 else 1
        if len(known) >= 5 and _differ_at_most(word, known, allowed) and not _inflects(word, known):
            return known
    return None


def _inflects(word: str, known: str) -> bool:
    """Whether one only adds an ending to the other: a form of its own and no slip."""
    return word.startswith(known) or known.startswith(word)


def _differ_at_most(a: str, b: str, most: int) -> bool:
    """Whether the edit distance (with transpositions) is within ``most``."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, start=1):
        before, last = row, before
        row = [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return False
    return row[-1] <= most


_codes: dict[str, str] = {}


@lru_cache(maxsize=30_000)
def _sound(character: str) -> str:
    # Here, since its load takes a quarter of a second of every start.
    from pypinyin.pinyin_dict import pinyin_dict

    readings = pinyin_dict.get(ord(character))
    if readings is None:
        return character
    spelt = _TONED.sub("", unicodedata.normalize("NFD", readings.split(",")[0]))
    for nice, merged in _ALIKE:
        spelt = spelt.replace(nice, merged)
    return _codes.setdefault(spelt, chr(_FIRST_CODE + len(_codes)))


def sound_of(text: str) -> str:
    """The text with every Chinese character replaced by a code for its sound, without tones.

    Sounds that dialects and input methods mix (zh/z, ch/c, sh/s, ng/n) have one code.
    """
    return "".join(_sound(c) if _is_han(c) else c for c in text)
