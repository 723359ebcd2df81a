"""Sizes, names and words that keep the repository readable."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCE = REPOSITORY / "src" / "suwen"
MODULE_LINES = 400
FUNCTION_LINES = 50
BANNED_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "managers",
    "manager",
    "services",
    "misc",
}
MODULES = sorted(SOURCE.rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the function without its docstring."""
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_a_module_stays_within_its_budget(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES
    for node in functions(ast.parse(text)):
        assert body_lines(node) <= FUNCTION_LINES, f"{node.name} is too long"


def test_no_module_hides_behind_an_empty_name() -> None:
    named = [p for p in SOURCE.rglob("*") if p.stem.lower() in BANNED_NAMES]
    assert named == []


def test_every_package_says_what_it_is() -> None:
    silent = [
        p for p in SOURCE.rglob("__init__.py") if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert silent == []


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return [REPOSITORY / name for name in listed if name and (REPOSITORY / name).is_file()]


def test_no_address_of_a_package_index_and_no_path_of_one_machine() -> None:
    forbidden = re.compile(
        r"pypi\.o(?:rg)|pythonh(?:osted)|registry\.n(?:pmjs)|deb\.d(?:ebian)|/home/[a-z]+/|/r(?:oot)/"
    )
    found = []
    for path in tracked_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if forbidden.search(text):
            found.append(str(path.relative_to(REPOSITORY)))
    assert found == []


def test_unfinished_work_is_not_left_in_the_source() -> None:
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        str(p.relative_to(SOURCE)) for p in MODULES if marks.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []
