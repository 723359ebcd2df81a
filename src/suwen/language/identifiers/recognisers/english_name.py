"""Names in English text: behind titles and labels, of the lists, and capitals that are no word.

A capitalised word that no dictionary knows is taken for a name: too much is masked rather than
too little. Eponyms of diseases, countries, months and medicines are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
)
from suwen.language.identifiers.spans import IdentifierType

_LETTER = r"A-Za-z\u00c0-\u024f\u0370-\u04ff"
_TOKEN = re.compile(rf"[{_LETTER}]+(?:['\u0300-\u036f-]+[{_LETTER}]+)*")
"""Classes that share no character, so that the standard engine is linear here, and faster."""

_TITLE = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "miss",
        "prof",
        "professor",
        "doctor",
        "sir",
        "madam",
        "nurse",
        "sister",
        "rev",
        "fr",
        "capt",
        "captain",
        "judge",
        "mx",
    ]
)
_PARTICLES = frozenset(
    [
        "van",
        "der",
        "den",
        "de",
        "da",
        "di",
        "do",
        "dos",
        "del",
        "della",
        "la",
        "le",
        "von",
        "zu",
        "bin",
        "ibn",
        "al",
        "el",
        "ter",
        "ten",
        "st",
        "y",
        "und",
        "af",
    ]
)
_LABEL_BEFORE = (
    "name:",
    "name is",
    "names:",
    "patient:",
    "physician:",
    "attending:",
    "surgeon:",
    "provider:",
    "called",
    "signed by",
    "seen by",
    "by:",
    "dear",
    "i'm",
    "i am",
    "named",
    "name",
    "mother:",
    "father:",
    "contact:",
    "kin:",
    "cc:",
    "from:",
    "to:",
    "nurse:",
    "under",
)
_BEHIND_EPONYM = frozenset(
    [
        "disease",
        "syndrome",
        "sign",
        "test",
        "score",
        "scale",
        "criteria",
        "classification",
        "stage",
        "reflex",
        "phenomenon",
        "palsy",
        "lymphoma",
        "sarcoma",
        "tumor",
        "tumour",
        "catheter",
        "tube",
        "procedure",
        "operation",
        "fracture",
        "cyst",
        "gland",
        "node",
        "nodes",
        "contracture",
        "chorea",
        "ataxia",
        "stain",
        "agar",
        "solution",
        "index",
        "maneuver",
        "manoeuvre",
        "law",
        "position",
        "incision",
        "repair",
        "needle",
        "hernia",
        "lesion",
        "esophagus",
        "oesophagus",
        "thyroiditis",
    ]
)


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    folded: str
    kind: frozenset[str]


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_latin:
        return
    text = scanned.text
    tokens = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        word = match.group()
        if word.endswith("'s"):
            word, end = word[:-2], end - 2
        if (start and (text[start - 1].isdigit() or text[start - 1] in "@/_\\")) or (
            end < len(text) and (text[end] in "@_" or text[end].isdigit())
        ):
            continue
        folded = fold_latin(word)
        tokens.append(_Token(start, end, word, folded, kind_of(folded)))
    shouting = sum(t.word.isupper() for t in tokens if len(t.word) > 1) > 0.6 * max(
        1, sum(len(t.word) > 1 for t in tokens)
    )
    at = 0
    while at < len(tokens):
        run = _run(tokens, at, text)
        if not run:
            at += 1
            continue
        yield from _judged(run, tokens, at, text, shouting)
        at += len(run)


def _run(tokens: list[_Token], at: int, text: str) -> list[_Token]:
    """Capitalised words beside each other, with the particles between them."""
    run: list[_Token] = []
    for token in tokens[at:]:
        if run and text[run[-1].end : token.start] not in (" ", "-", ". ", "'", "  "):
            break
        capital = token.word[0].isupper()
        if not capital and not (run and token.folded in _PARTICLES):
            break
        if (
            run
            and text[run[-1].end : token.start] == ". "
            and len(run[-1].word) > 1
            and run[-1].folded not in _TITLE
            and run[-1].folded != "st"
        ):
            break
        run.append(token)
    while run and run[-1].folded in _PARTICLES and not run[-1].word[0].isupper():
        run.pop()
    return run or ([tokens[at]] if _lower_name(tokens[at]) else [])


def _lower_name(token: _Token) -> bool:
    """Whether a word in small letters is a name all the same."""
    if len(token.word) < 4 or "word" in token.kind or "none" in token.kind:
        return False
    return "given" in token.kind or not token.word.isascii()


def _judged(
    run: list[_Token], tokens: list[_Token], at: int, text: str, shouting: bool
) -> Iterator[Found]:
    before = tokens[at - 1].folded if at else ""
    gap = text[tokens[at - 1].end : run[0].start] if at else ""
    titled = before in _TITLE and gap in (" ", ". ", ".")
    first_start = tokens[at - 1].start if titled else run[0].start
    behind = tokens[at + len(run)].folded if at + len(run) < len(tokens) else ""
    while run and run[0].folded in _TITLE and len(run) > 1:
        titled, run = True, run[1:]
    lead = text[max(0, run[0].start - 16) : run[0].start].lower().rstrip()
    labelled = lead.endswith(_LABEL_BEFORE)
    if titled:
        yield first_start, run[-1].end, 0.85
        return
    if behind in _BEHIND_EPONYM and not labelled:
        return
    listed = [bool({"given", "family"} & t.kind) and "none" not in t.kind for t in run]
    plain = ["word" in t.kind or "none" in t.kind for t in run]
    if labelled and not all(plain):
        yield run[0].start, run[-1].end, 0.75
        return
    begins = _begins_sentence(text, run[0].start)
    if len(run) == 1 and begins and plain[0] and listed[0] and _acts(run[0], behind, text):
        yield run[0].start, run[0].end, 0.55
        return
    yield from _names_in(run, listed, plain, begins, shouting)


def _names_in(
    run: list[_Token], listed: list[bool], plain: list[bool], begins: bool, shouting: bool
) -> Iterator[Found]:
    """The stretches of a run of capitalised words that are names."""
    first: int | None = None
    for number, token in enumerate(run):
        opens = begins and number == 0
        if (
            _is_name(token, listed[number], plain[number], opens, shouting)
            or (first is not None and listed[number] and not plain[number])
            or (len(token.word) == 1 and first is not None and number + 1 < len(run))
        ):
            first = number if first is None else first
            continue
        if (
            listed[number]
            and number + 1 < len(run)
            and {"given", "family"} & run[number + 1].kind
            and "given" in token.kind
            and "none" not in token.kind
        ) or (first is not None and "family" in token.kind):
            first = number if first is None else first
            continue
        if first is not None and token.folded in _PARTICLES:
            continue
        if first is not None:
            yield run[first].start, run[number - 1].end, _score(run[first:number])
            first = None
    if first is not None:
        yield run[first].start, run[-1].end, _score(run[first:])


_ACTS = frozenset(
    ("is", "was", "has", "had", "said", "says", "lives", "lived", "from", "and")
) | frozenset(("shouted", "spent", "asked", "told", "began"))


def _acts(token: _Token, behind: str, text: str) -> bool:
    """Whether an ordinary word that is a given name too, at the head of a sentence, is a person."""
    if "given" not in token.kind or "common" in token.kind or len(token.word) < 4:
        return False
    return (
        text[token.end : token.end + 1] in (",", ":")
        or behind in _ACTS
        or (text.startswith(("'s ", "’s "), token.end))
    )


def _score(part: list[_Token]) -> float:
    """How sure a name is: more so where a given and a family name of the lists stand together."""
    given = any("given" in token.kind for token in part[:-1])
    return 0.75 if given and "family" in part[-1].kind else 0.6


def _is_name(token: _Token, listed: bool, plain: bool, opens: bool, shouting: bool) -> bool:
    if "none" in token.kind or len(token.word) < 3:
        return False
    if token.word.isupper() and len(token.word) <= 5 and token.word.isascii():
        return listed and shouting and not plain and len(token.word) > 2
    if plain:
        return (
            listed
            and not opens
            and "given" in token.kind
            and "common" not in token.kind
            and not shouting
        )
    if token.word.isupper() and token.word.isascii() and not listed:
        return len(token.word) > 6 and not shouting
    return True


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 4) : at].rstrip(" \t")
    return not before or before[-1] in ".!?:;\n\"'([-•*>,/"


RECOGNISER = Recogniser("english_name", IdentifierType.NAME, _find)
