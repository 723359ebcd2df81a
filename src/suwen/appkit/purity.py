"""What the code of an application may not do, read from its syntax without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

# What an application may import: pure parts of the standard library, pydantic for its schema,
# and those packages of ours that do no input or output.
_STANDARD = frozenset(
    {
        *("__future__", "abc", "bisect", "calendar", "collections", "dataclasses", "datetime"),
        *("decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "itertools"),
        *("json", "math", "operator", "pathlib", "re", "statistics", "string", "textwrap"),
        *("types", "typing", "unicodedata", "zoneinfo", "tomllib", "contextlib", "copy"),
    }
)
_OTHERS = frozenset({"pydantic", "pydantic_core"})
_OURS = ("suwen.appkit", "suwen.clinical", "suwen.language", "suwen.core")
_CALLS = frozenset(
    {"open", "eval", "exec", "compile", "__import__", "input", "print", "breakpoint", "globals"}
)
_METHODS = frozenset(
    {
        *("write_text", "write_bytes", "unlink", "mkdir", "rmdir", "rename", "touch", "chmod"),
        *("now", "today", "utcnow"),
    }
)


def impurities(path: Path, app: str) -> Iterator[tuple[int, str]]:
    """Line and name of everything in a file that an application may not use."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if not _may_import(alias.name, app):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level or not _may_import(module, app):
                yield node.lineno, module or "a relative import"
        elif isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                yield node.lineno, f"{node.func.id}()"
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
                yield node.lineno, f".{node.func.attr}()"


def sources_missing(path: Path) -> Iterator[int]:
    """Lines at which a ``Source`` is stated without a title or an edition."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.Call) and _name(node.func) == "Source":
            stated = [*node.args[:2]]
            stated.extend(k.value for k in node.keywords if k.arg in ("title", "edition"))
            empty = any(isinstance(a, ast.Constant) and not a.value for a in stated)
            starred = any(isinstance(a, ast.Starred) for a in node.args)
            if empty or (len(stated) < 2 and not starred):
                yield node.lineno
        elif isinstance(node, ast.Call) and _name(node.func) in ("Finding", "Rule"):
            for keyword in node.keywords:
                value = keyword.value
                if keyword.arg == "source" and isinstance(value, ast.Constant):
                    yield node.lineno


def strict_models(path: Path) -> Iterator[tuple[str, bool]]:
    """Name of each pydantic model of a file, and whether it refuses unknown fields."""
    for node in ast.walk(_parsed(path)):
        if isinstance(node, ast.ClassDef) and any(_name(b) == "BaseModel" for b in node.bases):
            yield node.name, any(_forbids(statement) for statement in node.body)


def _forbids(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return False
    named = any(isinstance(t, ast.Name) and t.id == "model_config" for t in statement.targets)
    return named and any(
        k.arg == "extra" and isinstance(k.value, ast.Constant) and k.value.value == "forbid"
        for k in statement.value.keywords
    )


def _may_import(module: str, app: str) -> bool:
    if module.startswith("suwen"):
        own = (*_OURS, f"suwen.apps.{app}")
        return any(module == allowed or module.startswith(f"{allowed}.") for allowed in own)
    return module.partition(".")[0] in _STANDARD | _OTHERS


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=path.name)
