"""Which option an answer names: read strictly, so that doubt is never counted as an answer.

An answer names an option by a letter that stands for itself: alone, before a delimiter at the very
beginning, in a box, or after words such as "the answer is". Two different letters named in the
same way, a list of several options, or a letter that is only a word of a sentence ("A patient …")
name none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

NO_LETTER: Final = "no_letter"
SEVERAL_LETTERS: Final = "several_letters"
NOT_AN_OPTION: Final = "not_an_option"
EMPTY: Final = "empty"

_BOXED = re.compile(r"\\boxed\{\s*(?:\\text\{)?\s*([A-Z])\s*\}")
# "the answer is B", "correct option: (B)", "答案是B", "选 B", "I choose B".
_TOLD = re.compile(
    r"(?:\b(?:answer|option|choice|letter|choose|select|pick|go with)\b"
    r"(?:\s+(?:is|would be|should be|option|answer|letter|here|to (?:the|this) question))*"
    r"|答案(?:应该?)?|正确(?:的)?(?:选项|答案)|应选(?:择)?|选择?|选项)"
    r"\s*(?:是|为|應為|应为)?\s*[:：=]?\s*(?:option\s+|选项\s*)?[\"'“‘「【《\[(（*_\s]*"
    r"([A-Z])(?![A-Za-z0-9'’])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"[\"'“‘「【\[(（*_`\s]*([A-Z])[\"'”’」】\])）*_`\s.。:：,，、;；!！]*")
# "B. text", "B) text", "(B) text", "**B**: text", "B、…", "B\ntext" at the very beginning.
_LEADING = re.compile(
    r"[\"'“‘「【\[(（*_`\s]*([A-Z])(?:[\"'”’」】\])）*_`]*\s*(?:[.:)）、，。：．]|\n)|[\])）】*]+\s)"
)
_LISTED = re.compile(r"(?:^|\n)\s*[(（*]*([A-Z])[*]*[.):）、：．]")
# "A and B", "A、C", "BD": more than one option at once.
_JOINED = re.compile(
    r"(?<![A-Za-z])([A-Z])\s*(?:,|、|，|/|&|\+|and|or|和|或|与|及)\s*([A-Z])(?![A-Za-z'’])"
)
_RUN = re.compile(r"\s*[A-Z]{2,6}[.。\s]*")


@dataclass(frozen=True, slots=True)
class NamedOption:
    """The option that an answer names.

    Attributes:
        letter: ``None`` where it names none or more than one.
        reason: why there is none, one of this module's constants.
    """

    letter: str | None
    reason: str | None = None


def named_option(output: str, letters: Sequence[str]) -> NamedOption:
    """The option that an answer names, out of the letters that were offered."""
    text = normalize("NFKC", output).strip()
    if not text:
        return NamedOption(None, EMPTY)
    found = _named(text)
    if found is None:
        return NamedOption(None, NO_LETTER)
    named = {letter.upper() for letter in found}
    if len(named) > 1:
        return NamedOption(None, SEVERAL_LETTERS)
    letter = named.pop()
    return NamedOption(letter) if letter in letters else NamedOption(None, NOT_AN_OPTION)


def _named(text: str) -> set[str] | None:
    """Every letter that the answer names in its strongest way; ``None`` where it names none."""
    boxed = _BOXED.findall(text)
    if boxed:
        return set(boxed)
    if _RUN.fullmatch(text):
        return set(text.strip(" .。\n"))
    alone = _ALONE.fullmatch(text)
    if alone:
        return {alone[1]}
    told = [match for match in _TOLD.finditer(text) if _is_letter(match, text)]
    joined = {letter for pair in _JOINED.findall(text) for letter in pair}
    if told:
        letters = {match[1].upper() for match in told}
        return letters | joined if letters & joined else letters
    leading = _LEADING.match(text)
    if leading is None:
        return joined if _JOINED.match(text) else None
    if joined and leading[1] in joined and text.find(leading[1]) < 3:
        return joined
    listed = set(_LISTED.findall(text))
    return listed | {leading[1]}


def _is_letter(match: re.Match[str], text: str) -> bool:
    """Whether what follows "answer" is an option's letter and not a word such as the article."""
    letter = match[1]
    if not letter.isupper():
        return False
    after = text[match.end(1) : match.end(1) + 2]
    return not (letter in "AI" and re.match(r" [a-z]", after))
