"""Names in English text: behind titles and labels, of the lists, and capitals that are no word.

A capitalised word that no dictionary knows is taken for a name: too much is masked rather than
too little. Eponyms of diseases, countries, months and medicines are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from suwen.language.identifiers.countries import COUNTRY
from suwen.language.identifiers.data_files import word_set
from suwen.language.identifiers.english_words import fold_latin, kind_of
from suwen.language.identifiers.scanning import (
    Found,
    Recogniser,
    ScannedText,
    compiled_pattern,
)
from suwen.language.identifiers.spans import IdentifierType

_LETTER = r"A-Za-z\u00c0-\u024f\u0370-\u04ff\u1e00-\u1eff"
_TOKEN = re.compile(rf"[{_LETTER}]+(?:['\u0300-\u036f-]+[{_LETTER}]+)*")
"""Classes that share no character, so that the standard engine is linear here, and faster."""

_TITLE = word_set("titles")
_PARTICLES = word_set("name particles")
_LABEL_BEFORE = tuple(
    (  # noqa: SIM905 - a list would have a line for each
        "name:|name is|names:|patient:|physician:|attending:|surgeon:|provider:|called|signed by|"
        "seen by|by:|dear|i'm|i am|named|name|mother:|father:|contact:|kin:|cc:|from:|to:|"
        "nurse:|under|calls me|says"
    ).split("|")
)
_BEHIND_EPONYM = word_set("behind eponyms")


_NEVER_NAMED = word_set("never named")
_SHORT_TITLE = 4
"""Letters of a title that counts as a part of the name."""
_SURE_TITLE = frozenset(("dr", "mr", "mrs", "ms", "prof"))
_SUFFIX = compiled_pattern(
    r"^,? (?:(?:Jr|Sr|MD|M\.D|PhD|DDS|DVM|RN|DO|Esq|II|III|IV)\b\.?(?:,? )?)+"
)
_INITIAL_BEHIND = compiled_pattern(r"^(?:, (?:\p{Lu}\.){1,2}| \p{Lu}\.(?:[ ,;)\n]|$))")
_INITIALS_BEFORE = compiled_pattern(
    r"(?:^|[^\p{L}.])((?:(?:\p{Lu}\. ?){1,3})|(?:[\"“]\p{Lu}\p{Ll}{1,11}[\"”] ))$"
)
_GREEK = re.compile("[\u0370-\u03ff\u00b5]")
_ASCII_LETTER = re.compile("[A-Za-z]")
_BEHIND_EPONYM_ZH = (
    "分型",
    "分期",
    "分级",
    "评分",
    "综合征",
    "综合症",
    "征",
    "病",
    "氏",
    "反射",
    "试验",
    "分类",
)
_COUNTRY = frozenset({"none"})
_CONTRACTIONS = frozenset(("s", "m", "d", "ll", "ve", "re", "t"))


_NAME_FOLLOWS = (
    "says",
    "name is",
    "names:",
    "calls me",
    "maiden name is",
    "my name is",
    "name? user:",
    "'s your name?",
)


class _Token(NamedTuple):
    start: int
    end: int
    word: str
    folded: str
    kind: frozenset[str]


def _find(scanned: ScannedText) -> Iterator[Found]:
    if not scanned.has_english:
        return
    text = scanned.text
    tokens = []
    countries = {i for span in scanned.matches(COUNTRY) for i in range(*span)}
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        word = match.group()
        base, mark, ending = word.rpartition("'")
        if mark and ending.lower() in _CONTRACTIONS:
            word, end = base, start + len(base)
        if (start and (text[start - 1].isdigit() or text[start - 1] in "@/_\\")) or (
            end < len(text) and (text[end] in "@_" or text[end].isdigit())
        ):
            continue
        folded = fold_latin(word)
        kind = _COUNTRY if start in countries else kind_of(folded)
        tokens.append(_Token(start, end, word, folded, kind))
    shouting = sum(t.word.isupper() for t in tokens if len(t.word) > 1) > 0.6 * max(
        1, sum(len(t.word) > 1 for t in tokens)
    )
    at = 0
    while at < len(tokens):
        if _is_plain(tokens, at):
            at += 1
            continue
        run = _run(tokens, at, text)
        if not run:
            at += 1
            continue
        for start, end, score in _judged(run, tokens, at, text, shouting):
            yield _with_initials(text, start), _with_suffix(text, end), score
        at += len(run)


def _is_plain(tokens: list[_Token], at: int) -> bool:
    """Whether an ordinary word in small letters stands there that nothing makes a name."""
    token = tokens[at]
    if not ("word" in token.kind and token.word[0].islower()):
        return False
    before = tokens[at - 1].folded if at else ""
    return before != "is" and before not in _SURE_TITLE


def _with_suffix(text: str, end: int) -> int:
    """Where a name ends with the title or the initial that stands behind it."""
    if text[end : end + 1] not in (",", " "):
        return end
    match = _SUFFIX.match(text[end : end + 24])
    if match is None and "." in text[end + 2 : end + 4]:
        match = _INITIAL_BEHIND.match(text[end : end + 8])
    return end if match is None else end + len(match.group().rstrip(" ,"))


def _with_initials(text: str, start: int) -> int:
    """Where a name begins with the initials or the nickname in quotes before it."""
    if start < 2 or not (text[start - 1] == "." or text[start - 2] in '."”'):
        return start
    match = _INITIALS_BEFORE.search(text[max(0, start - 16) : start])
    return start if match is None else start - len(match.group(1))


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
            and (run[-1].folded not in _TITLE or run[-1].word == "MS" or len(run[-1].word) > 4)
            and run[-1].folded != "st"
        ):
            break
        if run and token.folded in _NEVER_NAMED and text[run[-1].end : token.start] == ". ":
            break
        run.append(token)
    while run and run[-1].folded in _PARTICLES and not run[-1].word[0].isupper():
        run.pop()
    return run or _lower_run(tokens, at, text)


def _lower_run(tokens: list[_Token], at: int, text: str) -> list[_Token]:
    """A name in small letters: a given name that is no word, or what follows a title."""
    token = tokens[at]
    titled = (
        at > 0
        and tokens[at - 1].folded in _SURE_TITLE
        and _is_title(tokens[at - 1], text[tokens[at - 1].end : token.start], token)
    )
    named = at > 1 and (tokens[at - 2].folded, tokens[at - 1].folded) == ("name", "is")
    if not _lower_name(token) and not (
        (titled or named)
        and len(token.word) > 2
        and (_unusual(token) or {"given", "family"} & token.kind)
    ):
        return []
    run = [token]
    for follower in tokens[at + 1 : at + 3]:
        joined = _beside(run[-1], follower, text)
        if not joined or not (
            (len(follower.word) > 2 and _unusual(follower)) or _is_initial(follower, text)
        ):
            break
        run.append(follower)
    while len(run[-1].word) == 1:
        run.pop()
    return run


def _unusual(token: _Token) -> bool:
    """Whether it is no ordinary word and no medical one."""
    return "word" not in token.kind and "none" not in token.kind


def _is_initial(token: _Token, text: str) -> bool:
    return len(token.word) == 1 and text[token.end : token.end + 1] in (".", " ")


def _beside(first: _Token, second: _Token, text: str) -> bool:
    return text[first.end : second.start] in (" ", ". ", ".")


def _is_title(title: _Token, gap: str, behind: _Token) -> bool:
    """Whether a word before a name is its title; MS is a disease, and a sentence may end there."""
    if title.word == "MS" and not behind.word.isupper():
        return False
    return gap == " " or (gap in (". ", ".") and len(title.word) <= 4)


def _lower_name(token: _Token) -> bool:
    """Whether a word in small letters is a name all the same."""
    if len(token.word) < 4 or "word" in token.kind or "none" in token.kind:
        return False
    if _GREEK.search(token.word) and _ASCII_LETTER.search(token.word):
        # A unit or a protein: μmol, β-catenin.
        return False
    return "given" in token.kind or not token.word.isascii()


def _judged(
    run: list[_Token], tokens: list[_Token], at: int, text: str, shouting: bool
) -> Iterator[Found]:
    before = tokens[at - 1].folded if at else ""
    gap = text[tokens[at - 1].end : run[0].start] if at else ""
    titled = before in _TITLE and _is_title(tokens[at - 1], gap, run[0])
    first_start = tokens[at - 1].start if titled and len(before) <= _SHORT_TITLE else run[0].start
    behind = tokens[at + len(run)].folded if at + len(run) < len(tokens) else ""
    while run and run[0].folded in _TITLE and len(run) > 1 and _is_title(run[0], " ", run[1]):
        titled, run = True, run[1:]
    lead = text[max(0, run[0].start - 16) : run[0].start].lower().rstrip()
    labelled = lead.endswith(_LABEL_BEFORE)
    if titled:
        yield first_start, run[-1].end, 0.85
        return
    if behind in _BEHIND_EPONYM and not labelled:
        return
    if text.startswith(_BEHIND_EPONYM_ZH, run[-1].end):
        return
    listed = [bool({"given", "family"} & t.kind) and "none" not in t.kind for t in run]
    plain = ["word" in t.kind or "none" in t.kind for t in run]
    if (
        labelled
        and len(run[0].word) > 1
        and (not all(plain) or (lead.endswith(_NAME_FOLLOWS) and run[0].word[0].isupper()))
    ):
        yield run[0].start, run[-1].end, 0.75
        return
    if len(run) == 2 and _eponymous_pair(run):
        yield run[0].start, run[1].end, 0.6
        return
    begins = _begins_sentence(text, run[0].start)
    if len(run) == 1 and begins and plain[0] and listed[0] and _acts(run[0], behind, text):
        yield run[0].start, run[0].end, 0.55
        return
    yield from _names_in(run, listed, plain, begins, shouting)


_EPONYMS_OF_TWO = word_set("eponyms of two")


def _eponymous_pair(run: list[_Token]) -> bool:
    """Whether two names that are eponyms too stand together as one person's: David Simpson."""
    first, second = run
    return (
        {"given", "none"} <= first.kind
        and {"family"} <= second.kind
        and not {"word", "common"} & (first.kind | second.kind)
        and not (first.word.isupper() or second.word.isupper())
        and f"{first.folded} {second.folded}" not in _EPONYMS_OF_TWO
    )


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
        if number and first is not None and len(run) == 2 and _follows_given(run[0], token):
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


def _follows_given(given: _Token, token: _Token) -> bool:
    """Whether a word with a capital behind a given name that is no word is the family name."""
    return (
        "given" in given.kind
        and not {"word", "none"} & given.kind
        and not {"none", "common"} & token.kind
        and not token.word.isupper()
    )


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
    if "none" in token.kind or len(token.word) < 3 or _is_term(token.word):
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


_OF_FAMILIES = (
    "Mc", "Mac", "De", "Di", "Da", "La", "Le", "Van", "Von", "Fitz", "O'", "D'", "Du", "St",
)  # fmt: skip


@lru_cache(maxsize=20_000)
def _is_term(word: str) -> bool:
    """Whether a word is an abbreviation, a brand or a compound: IgM, CyberKnife, Rh-positive."""
    if not word.isascii() or word.isupper():
        return False
    _, hyphen, last = word.rpartition("-")
    if hyphen and last.islower() and "word" in kind_of(last):
        return True
    inner = [n for n, c in enumerate(word) if n and c.isupper() and word[n - 1] not in "-'"]
    return bool(inner) and not word.startswith(_OF_FAMILIES)


def _begins_sentence(text: str, at: int) -> bool:
    before = text[max(0, at - 4) : at].rstrip(" \t")
    return not before or before[-1] in ".!?:;\n\"'([-•*>,/"


RECOGNISER = Recogniser("english_name", IdentifierType.NAME, _find)
