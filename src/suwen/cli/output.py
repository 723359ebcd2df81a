"""How the program speaks: results on standard output, errors on standard error."""

from __future__ import annotations

import json
import locale
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import category

from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual, Language


@dataclass
class OutputStyle:
    """What the person at the terminal wants: JSON or sentences, and in which language."""

    as_json: bool = False
    language: Language = Language.EN


STYLE = OutputStyle()


def choose_language() -> Language:
    """The terminal's language: ``SUWEN_LANGUAGE``, else the locale, else English."""
    wish = os.environ.get("SUWEN_LANGUAGE") or os.environ.get("LANG") or ""
    if not wish:
        wish = locale.getlocale()[0] or ""
    return Language.ZH if wish.lower().startswith("zh") else Language.EN


def say(text: Bilingual) -> str:
    """The wording for this terminal."""
    return text.in_language(STYLE.language)


def show(data: Mapping[str, Any] | list[Any], text: str) -> None:
    """Prints a result: as JSON with ``--json``, else as the given text."""
    print(as_json(data) if STYLE.as_json else printable(text))


def as_json(data: Mapping[str, Any] | list[Any]) -> str:
    """A result as one line of JSON."""
    return json.dumps(data, ensure_ascii=False, default=str)


def printable(text: str) -> str:
    """Text that cannot command a terminal: control characters other than line ends are marked."""
    return "".join(c if _harmless(c) else "�" for c in text)


def _harmless(character: str) -> bool:
    return character in "\n\t" or character.isprintable() or category(character) == "Zs"


def show_rows(
    rows: list[dict[str, Any]], columns: Mapping[str, Bilingual], empty: Bilingual
) -> None:
    """Prints a list: JSON rows, else a table with the given columns, else that it is empty."""
    if STYLE.as_json:
        print(as_json(rows))
        return
    if not rows:
        print(say(empty))
        return
    table = [[say(title) for title in columns.values()]]
    table += [[_cell(row.get(c)) for c in columns] for row in rows]
    widths = [max(_width(line[i]) for line in table) for i in range(len(columns))]
    for line in table:
        cells = (
            text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True)
        )
        print("  ".join(cells).rstrip())


def _cell(value: object) -> str:
    return "" if value is None else " ".join(printable(str(value)).split())


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two."""
    return sum(2 if ord(c) >= 0x1100 else 1 for c in text)


def report(error: SuwenError) -> None:
    """Prints an error as one JSON object with ``--json``, else as one readable sentence."""
    message = say(error.safe_message)
    if STYLE.as_json:
        body: dict[str, Any] = {"code": error.code, "message": message}
        if error.field:
            body["field"] = error.field
        print(json.dumps(body, ensure_ascii=False), file=sys.stderr)
    else:
        where = f" [{error.field}]" if error.field else ""
        print(printable(f"suwen: {message}{where} ({error.code})"), file=sys.stderr)
