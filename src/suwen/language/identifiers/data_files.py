"""Word lists of the recognisers, read once when first needed."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def lines(name: str) -> tuple[str, ...]:
    """The entries of a list in ``data``, without comments."""
    text = files("suwen.language.identifiers").joinpath(f"data/{name}.txt").read_text("utf-8")
    return tuple(line for line in text.splitlines() if line and not line.startswith("#"))


@cache
def words(name: str) -> frozenset[str]:
    """The entries as a set."""
    return frozenset(lines(name))


@cache
def word_set(name: str) -> frozenset[str]:
    """One set of ``english_sets``, by its name.

    Raises:
        KeyError: when there is no such set.
    """
    found: set[str] = set()
    for line in lines("english_sets"):
        key, _, entries = line.partition(": ")
        if key == name:
            found.update(entries.split("|"))
    if not found:
        raise KeyError(name)
    return frozenset(found)
