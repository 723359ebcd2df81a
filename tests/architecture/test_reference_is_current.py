"""The generated reference says what the code does now, and misses no error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TOOLS = REPOSITORY / "tools"
PAGES = REPOSITORY / "docs" / "reference"


def generate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOLS / "generate_reference.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_reference_is_current() -> None:
    ended = generate("--check")
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_page_is_there_and_says_where_it_comes_from() -> None:
    pages = sorted(path.name for path in PAGES.glob("*.md"))
    assert {"commands.md", "errors.md", "fault-points.md", "manifest.md", "settings.md"} <= set(
        pages
    )
    for name in ("commands.md", "errors.md", "fault-points.md", "manifest.md", "settings.md"):
        assert "tools/generate_reference.py" in (PAGES / name).read_text("utf-8").split("\n")[0]


SOURCE = """
from suwen.core.errors import InputError, NotFoundError
from suwen.core.language import Bilingual

_SAID = Bilingual(zh="表", en="of a table")
MESSAGES = {"looked_up": _SAID}


def plain(name):
    raise InputError("plain", Bilingual(zh=f"没有 {name}。", en=f"No {name}."))


def _wrong(code, zh, en):
    return NotFoundError(code, Bilingual(zh=f"第 {zh}。", en=f"At {en}."))


def _outer(code, where):
    return _wrong(code, where, "one place")


def made():
    raise _wrong("made", "一处", "one")


def nested():
    raise _outer("nested", "此处")


def either(flag):
    code = "first" if flag else "second"
    raise InputError(code, Bilingual("甲", "a"))


def looked_up(code):
    raise InputError(code, MESSAGES[code])


def by_table():
    raise looked_up("looked_up")


def unreadable(names):
    raise InputError(names[0], _SAID)
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.syspath_prepend(str(TOOLS))
    from error_scan import scan

    package = tmp_path / "package"
    package.mkdir()
    (package / "module.py").write_text(SOURCE, encoding="utf-8")
    return scan(package, {"InputError", "NotFoundError"})


def test_the_scan_follows_every_way_of_building_an_error(found: object) -> None:
    told = {e.code: (e.kind, e.zh, e.en) for e in found.errors}  # type: ignore[attr-defined]
    assert told["plain"] == ("InputError", "没有 …。", "No ….")
    assert told["made"] == ("NotFoundError", "第 一处。", "At one.")
    assert told["nested"] == ("NotFoundError", "第 此处。", "At one place.")
    assert told["first"] == told["second"] == ("InputError", "甲", "a")
    assert told["looked_up"] == ("InputError", "表", "of a table")


def test_the_scan_says_what_it_cannot_read(found: object) -> None:
    (place,) = found.unreadable  # type: ignore[attr-defined]
    assert "names[0]" in place
