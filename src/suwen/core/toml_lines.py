"""On which line of a TOML file a key stands, so that a person finds what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Path = tuple[str | int, ...]

_PART = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""")


def lines_of(text: str) -> Mapping[Path, int]:
    """Line numbers, from 1, of every table and key of a valid TOML text, by path.

    An element of an array of tables is named by its number. Keys inside an inline table or a
    value of several lines have no line of their own; ``line_of`` then gives that of the key above.
    """
    found: dict[Path, int] = {(): 1}
    arrays: dict[Path, int] = {}
    table: Path = ()
    closing: str | None = None
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        if depth == 0:
            header = line.strip()
            if header.startswith("["):
                table = _table(header, arrays)
                found.setdefault(table, number)
                continue
            parts, rest = _parts(line)
            if parts and rest.startswith("="):
                for length in range(1, len(parts) + 1):
                    found.setdefault((*table, *parts[:length]), number)
                line = rest[1:]
            else:
                continue
        closing, depth = _open_end(line, depth)
    return found


def line_of(lines: Mapping[Path, int], path: Sequence[str | int]) -> int:
    """The line of a path, or of the nearest thing above it that has one."""
    wanted = tuple(path)
    while wanted not in lines:
        wanted = wanted[:-1]
    return lines[wanted]


def _table(header: str, arrays: dict[Path, int]) -> Path:
    several = header.startswith("[[")
    names, _ = _parts(header.lstrip("["))
    path: Path = ()
    for position, name in enumerate(names):
        path = (*path, name)
        last = position == len(names) - 1
        if several and last:
            arrays[path] = arrays.get(path, -1) + 1
        if path in arrays:
            path = (*path, arrays[path])
    return path


def _parts(text: str) -> tuple[tuple[str, ...], str]:
    """A dotted key at the start of a text, and what follows it."""
    parts: list[str] = []
    position = 0
    while True:
        part = _PART.match(text, position)
        if part is None:
            return (), text
        parts.append(next(group for group in part.groups() if group is not None))
        position = part.end()
        if position >= len(text) or text[position] != ".":
            return tuple(parts), text[position:]
        position += 1


def _open_end(value: str, depth: int) -> tuple[str | None, int]:
    """Which quotes or how many brackets a value leaves open at the end of its line."""
    position = 0
    while position < len(value):
        three = value[position : position + 3]
        if three in ('"""', "'''"):
            end = value.find(three, position + 3)
            if end < 0:
                return three, depth
            position = end + 3
        elif value[position] in "\"'":
            position = _after_string(value, position)
        elif value[position] == "#":
            break
        else:
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(value[position], 0)
            position += 1
    return None, max(0, depth)


def _after_string(value: str, position: int) -> int:
    quote = value[position]
    position += 1
    while position < len(value) and value[position] != quote:
        position += 2 if quote == '"' and value[position] == "\\" else 1
    return position + 1
