"""The form of a rule, and looking for many rules in one pass over a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import re2

_OPTIONS: Final = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.log_errors = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording that decides.

    Attributes:
        id: name of the rule; several lines may share one.
        pattern: in RE2's language, whatever the case of letters.
        unless: a wording anywhere in the text that takes the rule back; ``None`` where none does.
    """

    id: str
    pattern: str
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a rule was met: code points of the text, end exclusive."""

    rule: str
    start: int
    end: int


class RuleTable:
    """Rules that are looked for together; RE2 takes time in proportion to the text, whatever it
    holds."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules as given."""
        return self._rules

    @cached_property
    def _compiled(self) -> tuple[Any, list[tuple[Any, Any]]]:
        """All at once and each by itself; at the first text, since every start would wait."""
        together = re2.Set.SearchSet(_OPTIONS)
        single: list[tuple[Any, Any]] = []
        for rule in self._rules:
            together.Add(rule.pattern)
            unless = None if rule.unless is None else re2.compile(rule.unless, _OPTIONS)
            single.append((re2.compile(rule.pattern, _OPTIONS), unless))
        together.Compile()
        return together, single

    def hits(self, text: str) -> Iterator[Hit]:
        """The first place of each rule that is met, in the order of the table."""
        together, single = self._compiled
        for number in sorted(together.Match(text) or ()):
            pattern, unless = single[number]
            if unless is not None and unless.search(text):
                continue
            match = pattern.search(text)
            if match is not None:
                yield Hit(self._rules[number].id, match.start(), match.end())
