"""Every class that the tables speak of has a name in both languages."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

from suwen.clinical.medicines.class_names import class_names

TABLES = files("suwen.clinical") / "data" / "prescription"


def classes_in_use() -> set[str]:
    found: set[str] = set()
    for table in TABLES.iterdir():
        if not table.name.endswith(".csv"):
            continue
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found.update(re.findall(r"@([a-z0-9_]+)", " ".join(filter(None, row.values()))))
                if table.name == "medicines.csv":
                    found.update(row["classes"].split())
    return found


def test_every_class_in_use_has_a_name() -> None:
    used = classes_in_use()
    assert len(used) > 200
    assert used - set(class_names()) == set()


def test_a_name_is_in_the_language_that_it_says_and_stands_for_one_class() -> None:
    names = class_names()
    assert all(not re.search(r"[\u4e00-\u9fff]", name.en) for name in names.values())
    assert len({name.zh for name in names.values()}) == len(names)
    assert len({name.en for name in names.values()}) == len(names)
