"""What keeps an application from being accepted, each beside one that is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import suwen.apps
from suwen.appkit.contract import check_application
from suwen.appkit.discover import application_folders, discover
from suwen.appkit.purity import impurities
from suwen.appkit.scaffold import write_application
from suwen.core.errors import ConfigurationError

NAME = "ward_note"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(suwen.apps, "__path__", [str(tmp_path)])
    yield write_application(NAME, tmp_path)
    for name in [n for n in sys.modules if n.startswith(f"suwen.apps.{NAME}")]:
        del sys.modules[name]
    if hasattr(suwen.apps, NAME):
        delattr(suwen.apps, NAME)


def test_a_scaffolded_application_has_no_problem(folder: Path) -> None:
    assert check_application(folder) == []
    assert list(discover()) == [NAME]


def append(name: str, text: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")

    return change


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (replace("manifest.toml", 'id = "ward_note"', 'id = "other_note"'), "manifest.toml"),
        (replace("manifest.toml", "data_class = 5", "data_class = 9"), "manifest.toml"),
        (replace("manifest.toml", '"Patient", ', ""), "manifest.toml"),
        (append("app.py", "\nimport socket\n"), "app.py:"),
        (append("rules.py", "\nfrom suwen.storage.records import RecordStore\n"), "rules.py:"),
        (append("rules.py", "\nfrom suwen.apps.record_writer import app\n"), "rules.py:"),
        (append("rules.py", "\nfrom . import schema\n"), "rules.py:"),
        (append("rules.py", '\nTABLE = open("x").read()\n'), "rules.py:"),
        (
            append("rules.py", "\nfrom datetime import datetime\nNOW = datetime.now()\n"),
            "rules.py:",
        ),
        (append("rules.py", '\nBAD = Source("", "1")\n'), "rules.py:"),
        (append("rules.py", '\nBAD = Source("title only")\n'), "rules.py:"),
        (replace("app.py", "    def ask(", "    def asks("), "app.py"),
        (replace("app.py", "APP = ", "NOT_APP = "), "app.py"),
        (remove("schema.py"), "schema.py"),
        (replace("schema.py", 'extra="forbid"', 'extra="allow"'), "schema.py"),
        (remove("rules.py"), "rules.py"),
        (remove("prompts/system.zh.md"), "prompts/system.zh.md"),
        (append("prompts/system.en.md", "{{undeclared}}"), "prompts"),
        (remove("evaluation/suite.toml"), "evaluation/suite.toml"),
        (replace("evaluation/suite.toml", "grounding = 0.98", ""), "evaluation/suite.toml"),
        (append("evaluation/suite.toml", "="), "evaluation/suite.toml"),
        (append("evaluation/cases.jsonl", "not json\n"), "evaluation/cases.jsonl:2"),
        (append("evaluation/cases.jsonl", '{"id": "one-result"}\n'), "evaluation/cases.jsonl:2"),
        (remove("evaluation/README.md"), "evaluation/README.md"),
        (remove("tests/test_rules.py"), "tests"),
        (replace("README.md", "## Known failures", "## Notes"), "README.md"),
        (remove("README.md"), "README.md"),
    ],
)
def test_each_shortcoming_is_found_and_placed(
    folder: Path, change: Callable[[Path], None], place: str
) -> None:
    change(folder)
    problems = check_application(folder)
    assert [p for p in problems if p.place.startswith(place)], problems
    assert all(p.problem.zh and p.problem.en for p in problems)


def test_a_broken_application_stops_discovery_by_name(folder: Path) -> None:
    append("app.py", "\nraise ImportError('gone')\n")(folder)
    with pytest.raises(ConfigurationError) as refused:
        discover()
    assert refused.value.detail["app"] == NAME


def test_a_folder_without_a_manifest_is_no_application(folder: Path) -> None:
    (folder.parent / "notes").mkdir()
    assert application_folders() == [folder]


@pytest.mark.parametrize("path", application_folders(), ids=lambda p: p.name)
def test_the_applications_that_ship_are_pure(path: Path) -> None:
    found = {
        str(file): list(impurities(file, path.name))
        for file in path.rglob("*.py")
        if "tests" not in file.parts and "evaluation" not in file.parts
    }
    assert {name: what for name, what in found.items() if what} == {}
