"""Which medicine a name means: exactly, by salt or form, or as a bounded misspelling; or nothing.

Look-alike medicines are never guessed between: a misspelling is read only where exactly one
medicine is near, and another Chinese character only where it sounds or looks alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from suwen.clinical.medicines.medicine import Medicine, Product, medicines
from suwen.clinical.medicines.wording import (
    Strength,
    folded_name,
    form_words,
    piece_as_grown,
    plainer_names,
    strength_in,
    without_bare_strength,
    without_form,
    without_strength,
)

_KEPT: Final = 65_536
_SHORTEST_LATIN: Final = 6
_SHORTEST_TWO_SLIPS: Final = 9
_SHORTEST_CHINESE_SLIP: Final = 5
_SHORTEST_CHINESE_WRITTEN: Final = 4
_LONGEST_NAME: Final = 200
_SYLLABLE_ENDS = re.compile(r"(?<=[aeiou])ng$")
# One character for another that looks alike but sounds different.
_SAME_LOOK: Final = {
    "汀": "丁",
    "叮": "丁",
    "苄": "卞",
    "颉": "缬",
    "坐": "唑",
    "佗": "他",
    "晴": "腈",
}
# The same in names that nothing sounds like; the characters of a group count as one.
_LOOK_ALIKE: Final = (
    "汀丁叮", "苄卞", "颉缬", "坐唑挫", "佗他", "晴腈", "坦但担袒", "胍孤", "萘荼", "呋味", "肟污",
    "普晋", "莫英", "辛幸", "瑞端", "匹四", "厄危", "贝见", "孟盂", "诺若", "吡此", "砜枫",
    "呤玲", "泼拨", "戊戌", "昔惜借", "平乎", "氮氨", "特持待", "素索", "泮半", "司可", "啶淀",
    "伐代", "嘧密", "噻赛",
    "脲泥", "酮铜", "肼井", "膦磷", "孢胞", "霉梅", "利刹", "米来", "尔示", "洛格", "沙少", "西酉",
    "柳卯",
)  # fmt: skip
_SPELT: Final = (("ph", "f"), ("th", "t"), ("y", "i"), ("ck", "c"), ("k", "c"), ("z", "s"))
_DOUBLED: Final = re.compile(r"([a-z])\1")
_LOOKS: Final = str.maketrans({c: group[0] for group in _LOOK_ALIKE for c in group})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a written name means.

    Attributes:
        how: ``exact``, ``salt`` (salt, form or strength taken away) or ``misspelt``.
        read_as: the name of the list that it was read as.
        release: ``modified`` or ``enteric`` where the name says so.
        form: the form that the hospital's dictionary states; ``None`` where it states none.
    """

    medicine: Medicine
    how: str
    read_as: str
    strength: Strength | None
    release: frozenset[str]
    form: str | None = None


class MedicineNames:
    """Every name of some medicines, for looking up."""

    def __init__(self, known: Iterable[Medicine], products: Iterable[Product] = ()) -> None:
        self._exact: dict[str, Medicine] = {}
        self._kept: dict[str, Identity | None] = {}
        by_id: dict[str, Medicine] = {}
        for medicine in known:
            by_id[medicine.id] = medicine
            for name in (medicine.id, *medicine.names):
                self._exact.setdefault(folded_name(name), medicine)
        self._products = _by_name(products, by_id)
        self._patents = _patents(by_id.values(), self._exact)
        self._longest = max((len(name) for name in self._exact), default=0)
        self._sounds: dict[str, set[str]] | None = None
        self._shortened: dict[str, set[str]] | None = None
        self._beginnings: dict[str, list[str]] | None = None
        self._looks: dict[str, set[str]] | None = None
        self._spellings: dict[str, set[str]] | None = None

    def identify(self, written: str) -> Identity | None:
        """The medicine that a written name means, ``None`` when that is not certain."""
        try:
            return self._kept[written]
        except KeyError:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            found = self._kept[written] = self._identify(written)
            return found

    def _identify(self, written: str) -> Identity | None:
        if len(written) > _LONGEST_NAME:
            return None
        folded = folded_name(written)
        if (product := self._products.get(folded)) is not None:
            return product
        strength, release = strength_in(folded), form_words(folded)
        if (medicine := self._exact.get(folded)) is not None:
            return Identity(medicine, "exact", folded, strength, release)
        name = without_strength(folded)
        candidates = plainer_names(name)
        for candidate in candidates:
            if (medicine := self._exact.get(candidate)) is not None:
                how = "exact" if candidate == folded else "salt"
                return Identity(medicine, how, candidate, strength, release)
        if (medicine := self._other_form(name, candidates)) is not None:
            return Identity(medicine, "salt", name, strength, release)
        bare = without_bare_strength(name)
        for candidate in () if bare is None else plainer_names(bare):
            medicine = self._exact.get(candidate)
            # 30 or 30/70 behind an insulin is the mixture, which is another medicine.
            if medicine is not None and "insulin" not in medicine.classes:
                return Identity(medicine, "salt", candidate, strength, release)
        for candidate in candidates:
            if (read_as := self._near(candidate)) is not None:
                return Identity(self._exact[read_as], "misspelt", read_as, strength, release)
        return None

    def _other_form(self, name: str, candidates: Iterable[str]) -> Medicine | None:
        """A Chinese medicine in a form, or a piece made in a way, that the list does not name."""
        for candidate in candidates:
            if (medicine := self._patents.get(candidate)) is not None:
                return medicine
        grown = piece_as_grown(name)
        medicine = None if grown is None else self._exact.get(grown)
        return medicine if medicine is not None and "tcm_piece" in medicine.classes else None

    def named_in(self, text: str) -> Iterator[tuple[str, Medicine]]:
        """Medicines that a text names, the longest name first at each place."""
        words = folded_name(text)
        position = 0
        while position < len(words):
            length = self._length_at(words, position)
            if length:
                name = words[position : position + length]
                yield name, self._exact[name]
            position += length or 1

    def _length_at(self, words: str, position: int) -> int:
        if position and _joined(words[position - 1], words[position]):
            return 0
        for length in range(min(self._longest, len(words) - position), 1, -1):
            end = position + length
            if words[position:end] in self._exact and not (
                end < len(words) and _joined(words[end - 1], words[end])
            ):
                return length
        return 0

    def _near(self, name: str) -> str | None:
        if name.isascii():
            if len(name) < _SHORTEST_LATIN:
                return None
            spelt = self._by_spelling().get(_spelling(name), set())
            return self._only(spelt) or self._one_slip(name) or self._two_slips(name)
        if len(name) < 3:
            return None
        sounding = self._by_sound().get(_sound(name) or "", set())
        if found := self._only(sounding):
            return found
        if sounding:
            return None
        looking = self._by_look().get(name.translate(_LOOKS), set())
        looking = looking or self._doubled_or_exchanged(name)
        if looking or len(name) < _SHORTEST_CHINESE_WRITTEN:
            return self._only(looking)
        return self._one_slip(name)

    def _only(self, names: set[str]) -> str | None:
        """A name if all names mean the same medicine."""
        if len({self._exact[name].id for name in names}) != 1:
            return None
        return min(names)

    def _doubled_or_exchanged(self, name: str) -> set[str]:
        """Names of which one character was written twice, or two neighbours the other way round."""
        found = set()
        for at in range(len(name) - 1):
            if name[at] == name[at + 1]:
                found.add(name[:at] + name[at + 1 :])
            else:
                found.add(name[:at] + name[at + 1] + name[at] + name[at + 2 :])
        return {one for one in found if len(one) >= 3 and one in self._exact}

    def _by_spelling(self) -> Mapping[str, set[str]]:
        if self._spellings is None:
            self._spellings = defaultdict(set)
            for name in self._exact:
                if name.isascii() and len(name) >= _SHORTEST_LATIN:
                    self._spellings[_spelling(name)].add(name)
        return self._spellings

    def _one_slip(self, name: str) -> str | None:
        """A name with one slip; one before it makes another medicine of it."""
        index = self._by_shortened()
        near = {known for short in (name, *_shorter(name)) for known in index.get(short, ())}
        latin = name.isascii()
        near = {
            known
            for known in near
            if known.isascii() == latin
            and _one(name, known)
            and (latin or len(known) != len(name) or sorted(known) == sorted(name))
            and (latin or len(name) >= _SHORTEST_CHINESE_SLIP or len(known) >= len(name))
            and not (name[1:] == known or known[1:] == name)
        }
        return self._only(near) if near else None

    def _two_slips(self, name: str) -> str | None:
        """A long Latin name with two slips, where no other medicine is as near."""
        if len(name) < _SHORTEST_TWO_SLIPS or not name.isalpha():
            return None
        found = {
            known
            for known in self._by_beginning().get(name[:2], ())
            if abs(len(known) - len(name)) <= 2 and _slips(name, known) <= 2
        }
        return self._only(found) if found else None

    def _by_beginning(self) -> Mapping[str, list[str]]:
        if self._beginnings is None:
            self._beginnings = defaultdict(list)
            for name in self._exact:
                if name.isascii() and name.isalpha() and len(name) >= _SHORTEST_TWO_SLIPS:
                    self._beginnings[name[:2]].append(name)
        return self._beginnings

    def _by_sound(self) -> Mapping[str, set[str]]:
        if self._sounds is None:
            self._sounds = defaultdict(set)
            for name in self._exact:
                if len(name) >= 3 and not name.isascii() and (sound := _sound(name)):
                    self._sounds[sound].add(name)
        return self._sounds

    def _by_look(self) -> Mapping[str, set[str]]:
        if self._looks is None:
            self._looks = defaultdict(set)
            for name in self._exact:
                if len(name) >= 3 and not name.isascii():
                    self._looks[name.translate(_LOOKS)].add(name)
        return self._looks

    def _by_shortened(self) -> Mapping[str, set[str]]:
        if self._shortened is None:
            self._shortened = defaultdict(set)
            for name in self._exact:
                least = _SHORTEST_LATIN if name.isascii() else _SHORTEST_CHINESE_SLIP
                if len(name) >= least - 1:
                    for short in (name, *_shorter(name)):
                        self._shortened[short].add(name)
        return self._shortened


def _patents(known: Iterable[Medicine], exact: Mapping[str, Medicine]) -> Mapping[str, Medicine]:
    """Names of Chinese patent medicines without their form, where one medicine only has each."""
    found: dict[str, Medicine | None] = {}
    for medicine in known:
        if "tcm_patent" not in medicine.classes:
            continue
        for name in map(folded_name, medicine.names):
            bare = without_form(name)
            if bare != name and bare not in exact:
                same = found.get(bare, medicine) is medicine
                found[bare] = medicine if same else None
    return {bare: medicine for bare, medicine in found.items() if medicine is not None}


def _by_name(products: Iterable[Product], known: Mapping[str, Medicine]) -> Mapping[str, Identity]:
    """What each code and name of a hospital's dictionary means.

    Packs that share a name and differ in strength leave the strength open.
    """
    found: dict[str, Identity] = {}
    for product in products:
        medicine = known.get(product.medicine)
        if medicine is None:
            continue
        for written in (product.code, *product.names):
            name = folded_name(written)
            stated = f"{name} {folded_name(product.strength)} {folded_name(product.form)}"
            strength = strength_in(name) or strength_in(folded_name(product.strength))
            one = Identity(
                medicine, "exact", name, strength, form_words(stated), product.form or None
            )
            earlier = found.get(name, one)
            same = earlier.strength == one.strength and earlier.release == one.release
            found[name] = one if same else replace(one, strength=None, form=None)
    return found


def _joined(first: str, second: str) -> bool:
    """Whether two characters belong to one Latin word or number."""
    return first.isascii() and second.isascii() and first.isalnum() and second.isalnum()


def _shorter(name: str) -> Iterator[str]:
    for position in range(len(name)):
        yield name[:position] + name[position + 1 :]


def _one(first: str, second: str) -> bool:
    """Whether two names differ by one character more, less, other or two exchanged."""
    if len(first) > len(second):
        first, second = second, first
    start = 0
    while start < len(first) and first[start] == second[start]:
        start += 1
    if len(second) - len(first) == 1:
        return first[start:] == second[start + 1 :]
    if len(first) != len(second):
        return False
    return first[start + 1 :] == second[start + 1 :] or (
        first[start : start + 2] == second[start : start + 2][::-1]
        and first[start + 2 :] == second[start + 2 :]
    )


def _spelling(name: str) -> str:
    """A Latin name with what languages spell in different ways made one: ph and f, y and i …"""
    for written, one in _SPELT:
        name = name.replace(written, one)
    return _DOUBLED.sub(r"\1", name).removesuffix("e")


def _slips(first: str, second: str) -> int:
    """How many letters more, less, other or exchanged with the next lead from one to the other."""
    before: list[int] = []
    present = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        earlier, before, present = before, present, [row]
        for column, other in enumerate(second, start=1):
            cost = before[column - 1] + (letter != other)
            cost = min(cost, before[column] + 1, present[column - 1] + 1)
            swapped = (
                row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other
            )
            if swapped:
                cost = min(cost, earlier[column - 2] + 1)
            present.append(cost)
    return present[-1]


@cache
def _syllables() -> Mapping[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # heavy, and needed for misspelt names only

    found: dict[int, str] = {}
    for code, readings in pinyin_dict.items():
        plain = unicodedata.normalize("NFD", readings.split(",")[0])
        letters = "".join(c for c in plain if c.isalpha() and c.isascii())
        for long, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
            letters = letters.replace(long, short)
        found[code] = _SYLLABLE_ENDS.sub("n", letters)
    return found


def _sound(name: str) -> str | None:
    """How a Chinese name sounds, without tones and with the usual confusions made one."""
    table = _syllables()
    sounds = []
    for character in name:
        read = _SAME_LOOK.get(character, character)
        if read.isascii():
            sounds.append(read)
        elif (syllable := table.get(ord(read))) is not None:
            sounds.append(syllable)
        else:
            return None
    return " ".join(sounds)


@cache
def shipped_names() -> MedicineNames:
    """The names of the shipped medicines."""
    return MedicineNames(medicines().values())
