"""What the program says and with which status, for every way in which a command can end."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from suwen.bootstrap import settings as settings_module
from suwen.cli import acting
from suwen.cli.output import printable
from suwen.core.errors import (
    ERROR_MEANINGS,
    AccessError,
    AuditError,
    ConfigurationError,
    ConflictError,
    InferenceError,
    InputError,
    SuwenError,
    UnavailableError,
)
from suwen.core.language import Bilingual
from tests.support.command_line import Terminal

SAID = Bilingual(zh="不行。", en="It cannot be.")
ENDINGS = [
    (InputError("wrong", SAID), 2, "wrong"),
    (ConfigurationError("wrong", SAID), 2, "wrong"),
    (ConflictError("changed", SAID), 2, "changed"),
    (AccessError("not_permitted", SAID), 3, "not_permitted"),
    (UnavailableError("gone", SAID), 4, "gone"),
    (InferenceError("engine", SAID), 4, "engine"),
    (AuditError("audit", SAID), 4, "audit"),
    (SuwenError("defect_of_ours", SAID), 70, "defect_of_ours"),
    (ZeroDivisionError("patient text"), 70, "defect"),
    (AssertionError("patient text"), 70, "defect"),
    (RecursionError(), 70, "defect"),
    (FileNotFoundError(errno.ENOENT, "No such file", "/x"), 2, "file_unusable"),
    (PermissionError(errno.EACCES, "Permission denied", "/x"), 2, "file_unusable"),
    (IsADirectoryError(errno.EISDIR, "Is a directory", "/x"), 2, "file_unusable"),
    (OSError(errno.ENAMETOOLONG, "File name too long", "x"), 2, "file_unusable"),
    (OSError(errno.ENOSPC, "No space left on device"), 4, "operating_system"),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), 4, "operating_system"),
]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal at a state directory that is not there yet."""
    return Terminal(tmp_path / "home", tmp_path)


def ends_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Lets the next command end with this error, as if its work had raised it."""

    def fail(*_given: object) -> None:
        raise error

    monkeypatch.setattr(acting, "read_settings", fail)


@pytest.mark.parametrize(("error", "status", "code"), ENDINGS, ids=lambda v: type(v).__name__)
def test_status_and_code_of_every_kind_of_error(
    terminal: Terminal,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    code: str,
) -> None:
    ends_with(monkeypatch, error)
    assert terminal.refused("model", "list") == (status, code)
    spoken = terminal.run("model", "list")
    assert (spoken.status, spoken.out) == (status, "")
    assert spoken.err.startswith("suwen: ")
    assert spoken.err.count("\n") == 1
    assert f"({code})" in spoken.err
    assert "patient text" not in spoken.err


def test_the_stack_of_a_defect_is_shown_only_when_asked(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ends_with(monkeypatch, ZeroDivisionError("the text"))
    terminal.run("model", "list")
    assert caplog.text == ""
    terminal.run("model", "list", SUWEN_DEBUG="1")
    assert "ZeroDivisionError: the text" in caplog.text


def test_interrupted_and_ended_commands_say_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for error, status in ((KeyboardInterrupt(), 130), (EOFError(), 130)):
        ends_with(monkeypatch, error)
        ended = terminal.run("model", "list")
        assert (ended.status, ended.out, ended.err) == (status, "", "")


def test_every_category_of_errors_has_a_status_of_the_contract() -> None:
    assert {m.exit_status for m in ERROR_MEANINGS.values()} <= {2, 3, 4, 70}


def test_a_check_that_finds_something_has_status_1(terminal: Terminal) -> None:
    ended = terminal.run("model", "verify", "--json")
    assert ended.status == 1
    assert ended.json == {"model": "smollm2-135m", "state": "absent"}
    assert ended.err == ""


def test_the_language_of_the_terminal(terminal: Terminal) -> None:
    line = ("model", "list")
    assert terminal.run(*line).out.startswith("Model")
    assert terminal.run(*line, LANG="zh_CN.UTF-8").out.startswith("模型")
    assert terminal.run(*line, LANG="zh_CN.UTF-8", SUWEN_LANGUAGE="en").out.startswith("Model")
    assert terminal.run(*line, LANG="C").out.startswith("Model")


def test_one_command_leaves_nothing_behind_for_the_next(terminal: Terminal) -> None:
    assert terminal.run("model", "list", "--json", LANG="zh_CN").json
    assert terminal.run("model", "list").out.startswith("Model")


def test_nothing_printed_can_command_a_terminal() -> None:
    assert printable("a\x1b[2Jb\x07c\x9bd\u202e\r") == "a�[2Jb�c�d��"
    assert printable("两行\n一表\t　宽格") == "两行\n一表\t　宽格"


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/x", "~nobody-of-this-name/x"])
def test_a_state_directory_that_cannot_be_is_refused(terminal: Terminal, home: str) -> None:
    assert terminal.refused("model", "list", SUWEN_HOME=home) == (2, "home_unusable")


def test_wrong_settings_are_refused_by_every_command_that_reads_them(terminal: Terminal) -> None:
    terminal.home.mkdir()
    (terminal.home / settings_module.SETTINGS_FILE).write_text("[web]\nport = 'x'\n")
    for line in (("model", "list"), ("up",), ("serve",), ("app", "list"), ("login", "x")):
        ended = terminal.run(*line, "--json", stdin="some password\n")
        assert (ended.status, ended.error["field"]) == (2, "web.port"), line
    assert [p.name for p in terminal.home.iterdir()] == [settings_module.SETTINGS_FILE]
