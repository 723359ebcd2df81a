"""Writes the folder of a new application that works as it is: the start of ``suwen app new``."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from suwen.appkit.discover import roots
from suwen.core.errors import ConflictError, InputError
from suwen.core.language import Bilingual

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 40

_FILES = {
    "manifest.toml": "manifest.toml",
    "app.py": "app.py",
    "schema.py": "schema.py",
    "rules.py": "rules.py",
    "prompts_system.zh.md": "prompts/system.zh.md",
    "prompts_system.en.md": "prompts/system.en.md",
    "evaluation_suite.toml": "evaluation/suite.toml",
    "evaluation_cases.jsonl": "evaluation/cases.jsonl",
    "evaluation_README.md": "evaluation/README.md",
    "tests_init.py": "tests/__init__.py",
    "tests_test_rules.py": "tests/test_rules.py",
    "README.md": "README.md",
}


def write_application(name: str, parent: Path | None = None) -> Path:
    """Writes a whole, working application.

    Args:
        name: its id, in snake_case.
        parent: where the folder goes; the package ``suwen.apps`` when not given.

    Returns:
        The new folder.

    Raises:
        InputError: ``application_name``.
        ConflictError: ``application_exists``; nothing is overwritten.
    """
    if not _NAME.fullmatch(name) or not 3 <= len(name) <= _LONGEST:
        raise InputError(
            "application_name",
            Bilingual(
                zh="名称用小写字母、数字和下划线，3 至 40 个字符，例如 bed_handover。",
                en="A name has 3 to 40 lower-case letters, digits and underscores, for example "
                "bed_handover.",
            ),
            field="name",
        )
    folder = (parent or Path(roots()[0])) / name
    try:
        folder.mkdir()
    except FileExistsError:
        raise ConflictError(
            "application_exists",
            Bilingual(zh=f"已有名为 {name} 的应用。", en=f"There is an application {name}."),
            field="name",
        ) from None
    words = {
        "id": name,
        "ID": name.upper().replace("_", "-"),
        "class": "".join(part.capitalize() for part in name.split("_")),
        "title": name.replace("_", " ").capitalize(),
    }
    template = files(__package__) / "template"
    for source, target in _FILES.items():
        text = (template / f"{source}.template").read_text(encoding="utf-8")
        path = folder / target
        path.parent.mkdir(exist_ok=True)
        path.write_text(_filled(text, words), encoding="utf-8")
    (folder / "__init__.py").write_text(f'"""{words["title"]}."""\n', encoding="utf-8")
    return folder


def _filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"@@(\w+)@@", lambda match: words[match.group(1)], text)
