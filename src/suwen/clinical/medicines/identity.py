"""Which medicine a name means: exactly, by salt or form, or as a bounded misspelling; or nothing.

Look-alike medicines are never guessed between: a misspelling is read only where exactly one
medicine is near, and another Chinese character only where it sounds or looks alike. A name
that several medicines go by means none of them until a hospital's dictionary says which.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from suwen.clinical.medicines.medicine import Medicine, Product, medicines
from suwen.clinical.medicines.misspelling import (
    LOOKS,
    one_slip_apart,
    shorter_names,
    slips_between,
    sound_of,
    spelling_of,
)
from suwen.clinical.medicines.wording import (
    Strength,
    folded_name,
    form_words,
    parts_counted_up,
    piece_as_grown,
    plainer_names,
    release_of,
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
_NO_PARTS: Final[frozenset[str]] = frozenset()


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
        self._kept: dict[str, Identity | None] = {}
        by_id = {medicine.id: medicine for medicine in known}
        self._exact, self._ambiguous = _told_apart(by_id)
        self._products = _by_name(products, by_id)
        self._patents = _patents(by_id.values(), self._exact)
        self._combinations = _combinations(by_id.values())
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

    def meanings(self, written: str) -> tuple[Identity, ...]:
        """What a written name may mean; nothing where it means one medicine or none."""
        folded = folded_name(written)
        if len(written) > _LONGEST_NAME or self.identify(written) is not None:
            return ()
        for name in (folded, *plainer_names(without_strength(folded))):
            if (several := self._ambiguous.get(name)) is not None:
                how, strength = _how(name, folded), strength_in(folded)
                release = release_of(folded)
                return tuple(Identity(one, how, name, strength, release) for one in several)
        return ()

    def _identify(self, written: str) -> Identity | None:
        if len(written) > _LONGEST_NAME:
            return None
        folded = folded_name(written)
        if (product := self._products.get(folded)) is not None:
            return product
        strength, release = strength_in(folded), release_of(folded)
        if (medicine := self._exact.get(folded)) is not None:
            return Identity(medicine, "exact", folded, strength, release)
        name = without_strength(folded)
        candidates = plainer_names(name)
        for candidate in candidates:
            if (medicine := self._exact.get(candidate)) is not None:
                how = _how(candidate, folded)
                return Identity(medicine, how, candidate, strength, release)
            if candidate in self._ambiguous:
                return None
        if (medicine := self._other_form(name, candidates)) is not None:
            return Identity(medicine, "salt", name, strength, release)
        bare = without_bare_strength(name)
        barer = () if bare is None else plainer_names(bare)
        for candidate in barer:
            medicine = self._exact.get(candidate)
            # 30 or 30/70 behind an insulin is the mixture, which is another medicine.
            if medicine is not None and "insulin" not in medicine.classes:
                return Identity(medicine, "salt", candidate, strength, release)
        if (medicine := self._combination((*candidates, *barer))) is not None:
            return Identity(medicine, "salt", name, strength, release)
        for candidate in candidates:
            if (generic := self._behind_a_brand(candidate)) is not None:
                return Identity(self._exact[generic], "salt", generic, strength, release)
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

    def _combination(self, names: Iterable[str]) -> Medicine | None:
        """The one medicine that holds just the parts that a name counts up, in any order."""
        for name in names:
            parts = self._parts_in(name)
            if len(parts) > 1 and (medicine := self._combinations.get(parts)) is not None:
                return medicine
        return None

    def _behind_a_brand(self, name: str) -> str | None:
        """The generic name behind a brand of what it holds: 泰诺酚麻美敏, 立普妥阿托伐他汀."""
        for cut in range(2, len(name) - 1):
            behind = name[cut:].strip()
            before = self._known(name[:cut].strip())
            medicine = self._exact.get(behind)
            if medicine is None or not before:
                continue
            if any(one.substances & medicine.substances for one in before):
                return behind
        return None

    def _known(self, name: str) -> tuple[Medicine, ...]:
        medicine = self._exact.get(name)
        return self._ambiguous.get(name, ()) if medicine is None else (medicine,)

    def _parts_in(self, name: str) -> frozenset[str]:
        found = []
        for word in parts_counted_up(name):
            position = 0
            while position < len(word):
                length = self._length_at(word, position)
                if not length:
                    return _NO_PARTS
                found.append(self._exact[word[position : position + length]].id)
                position += length
        return frozenset(found) if len(set(found)) == len(found) else _NO_PARTS

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
            spelt = self._by_spelling().get(spelling_of(name), set())
            return self._only(spelt) or self._one_slip(name) or self._two_slips(name)
        if len(name) < 3:
            return None
        sounding = self._by_sound().get(sound_of(name) or "", set())
        if found := self._only(sounding):
            return found
        if sounding:
            return None
        looking = self._by_look().get(name.translate(LOOKS), set())
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
                    self._spellings[spelling_of(name)].add(name)
        return self._spellings

    def _one_slip(self, name: str) -> str | None:
        """A name with one slip; one before it makes another medicine of it."""
        index = self._by_shortened()
        near = {known for short in (name, *shorter_names(name)) for known in index.get(short, ())}
        latin = name.isascii()
        near = {
            known
            for known in near
            if known.isascii() == latin
            and one_slip_apart(name, known)
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
            if abs(len(known) - len(name)) <= 2 and slips_between(name, known) <= 2
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
                if len(name) >= 3 and not name.isascii() and (sound := sound_of(name)):
                    self._sounds[sound].add(name)
        return self._sounds

    def _by_look(self) -> Mapping[str, set[str]]:
        if self._looks is None:
            self._looks = defaultdict(set)
            for name in self._exact:
                if len(name) >= 3 and not name.isascii():
                    self._looks[name.translate(LOOKS)].add(name)
        return self._looks

    def _by_shortened(self) -> Mapping[str, set[str]]:
        if self._shortened is None:
            self._shortened = defaultdict(set)
            for name in self._exact:
                least = _SHORTEST_LATIN if name.isascii() else _SHORTEST_CHINESE_SLIP
                if len(name) >= least - 1:
                    for short in (name, *shorter_names(name)):
                        self._shortened[short].add(name)
        return self._shortened


def _told_apart(
    known: Mapping[str, Medicine],
) -> tuple[dict[str, Medicine], dict[str, tuple[Medicine, ...]]]:
    """What each name means, and which names mean several; a generic name means its own."""
    meant: dict[str, list[Medicine]] = {}
    for medicine in known.values():
        for name in dict.fromkeys(map(folded_name, medicine.names)):
            meant.setdefault(name, []).append(medicine)
    meant.update((folded_name(name), [medicine]) for name, medicine in known.items())
    one = {name: several[0] for name, several in meant.items() if len(several) == 1}
    return one, {name: tuple(several) for name, several in meant.items() if len(several) > 1}


def _how(read_as: str, folded: str) -> str:
    """A compound that no list names is not simply what it is named after: that is said."""
    if read_as == folded:
        return "exact"
    return "misspelt" if "复方" in folded and "复方" not in read_as else "salt"


def _patents(known: Iterable[Medicine], exact: Mapping[str, Medicine]) -> Mapping[str, Medicine]:
    """Names of Chinese patent medicines without their form, where they mean one formula only."""
    found: dict[str, Medicine | None] = {}
    for medicine in known:
        if "tcm_patent" not in medicine.classes:
            continue
        for name in map(folded_name, medicine.names):
            bare = without_form(name)
            if bare != name and bare not in exact:
                first = found.setdefault(bare, medicine)
                if first is None or not _one_formula(first, medicine):
                    found[bare] = None
    return {bare: medicine for bare, medicine in found.items() if medicine is not None}


def _one_formula(first: Medicine, other: Medicine) -> bool:
    """Whether rows that share a name differ in their form only."""
    return first.classes == other.classes and first.contents == other.contents


def _combinations(known: Iterable[Medicine]) -> Mapping[frozenset[str], Medicine]:
    """Combinations by what they hold, where one medicine only holds just that."""
    found: dict[frozenset[str], Medicine | None] = {}
    for medicine in known:
        if len(medicine.contents) > 1 and "tcm_patent" not in medicine.classes:
            parts = frozenset(name for name, _ in medicine.contents)
            found[parts] = None if parts in found else medicine
    return {parts: medicine for parts, medicine in found.items() if medicine is not None}


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


@cache
def shipped_names() -> MedicineNames:
    """The names of the shipped medicines."""
    return MedicineNames(medicines().values())
