"""How a class of medicines is called; the classes themselves are codes in the tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from suwen.core.language import Bilingual


@cache
def class_names() -> Mapping[str, Bilingual]:
    """The name of each class that the shipped tables use, by its code.

    Names to read by, in the words of the trade; no rule rests on them.
    """
    path = files("suwen.clinical") / "data" / "class_names.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    found = {row["id"]: Bilingual(zh=row["zh"], en=row["en"]) for row in csv.DictReader(lines)}
    return MappingProxyType(found)
