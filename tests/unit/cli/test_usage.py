"""Wrong command lines: one readable sentence or one JSON object, and status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.cli.register import COMMANDS
from tests.support.command_line import Terminal

WRONG = [
    ((), "usage_command"),
    (("nosuch",), "usage_command"),
    (("app",), "usage_command"),
    (("app", "lst"), "usage_command"),
    (("app", "show"), "usage_missing"),
    (("app", "run", "record_writer"), "usage_missing"),
    (("app", "run", "x", "--input", "a", "--output", "b", "c"), "bad_usage"),
    (("app", "list", "--frob"), "usage_option"),
    (("app", "disable", "x", "--reason"), "bad_usage"),
    (("audit", "show", "--last", "0"), "usage_value"),
    (("audit", "show", "--last", "many"), "usage_value"),
    (("draft", "list", "--status", "nope"), "usage_value"),
    (("draft", "export", "x", "--format", "docx"), "usage_value"),
    (("draft", "reject", "x", "--reason", "because"), "usage_value"),
    (("endpoint", "add", "x", "--url", "u", "--model", "m", "--ceiling", "9"), "usage_value"),
    (("endpoint", "add", "x", "--url", "u", "--model", "m", "--partition", "moon"), "usage_value"),
    (("user", "add", "x", "--full-name", "y", "--role", "king"), "usage_value"),
    (("record", "list", "--limit", "-1"), "usage_value"),
    (("evaluate", "grounding", "--falsehoods", "3"), "usage_value"),
    (("evaluate", "retrieval", "--data", ".", "--set", "nonsense"), "usage_value"),
    (("evaluate", "retrieval", "--data", ".", "--documents", "6000"), "usage_value"),
]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal whose state directory no command comes as far as to touch."""
    return Terminal(tmp_path / "never", tmp_path)


@pytest.mark.parametrize(("line", "code"), WRONG, ids=lambda v: " ".join(v) if v != str(v) else v)
def test_wrong_usage_has_status_2_and_its_code(
    terminal: Terminal, line: tuple[str, ...], code: str
) -> None:
    assert terminal.refused(*line) == (2, code)
    assert not terminal.home.exists()


def test_json_may_stand_before_within_or_after_the_command(terminal: Terminal) -> None:
    lines = [("--json", "app", "show"), ("app", "--json", "show"), ("app", "show", "--json")]
    told = [terminal.run(*line).error for line in lines]
    assert (
        told[0]
        == told[1]
        == told[2]
        == {
            "code": "usage_missing",
            "message": "APP is missing.",
            "field": "APP",
        }
    )


def test_after_two_dashes_everything_is_a_value(terminal: Terminal) -> None:
    ended = terminal.run("app", "check", "--", "--json")
    assert ended.status == 2
    assert "--json" in ended.err
    assert "no_such_application" in ended.err


def test_a_sentence_in_the_language_of_the_terminal(terminal: Terminal) -> None:
    english = terminal.run("audit", "show", "--last", "0")
    chinese = terminal.run("audit", "show", "--last", "0", LANG="zh_CN.UTF-8")
    wished = terminal.run("audit", "show", "--last", "0", SUWEN_LANGUAGE="zh")
    assert english.err == (
        "suwen: --last must be a number from 1 to 10000. [--last] (usage_value)\n"
    )
    assert chinese.err == "suwen: --last 须为 1 至 10000 的数。 [--last] (usage_value)\n"
    assert wished.err == chinese.err
    assert english.out == chinese.out == ""


def test_a_near_miss_is_named(terminal: Terminal) -> None:
    assert "did you mean draft" in terminal.run("drafts").err
    assert "是否指 list" in terminal.run("app", "lst", LANG="zh_CN").err


def test_a_hostile_name_cannot_command_the_terminal_or_flood_it(terminal: Terminal) -> None:
    ended = terminal.run("\x1b[2J\x1b]0;owned\x07" + "x" * 1_000_000)
    assert ended.status == 2
    assert "\x1b" not in ended.err
    assert "\x07" not in ended.err
    assert len(ended.err) < 400


def test_help_lists_every_command_and_loads_none(terminal: Terminal) -> None:
    ended = terminal.run("--help")
    assert ended.status == 0
    assert all(f"  {name} " in ended.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(terminal: Terminal, name: str) -> None:
    ended = terminal.run(name, "--help")
    assert ended.status == 0
    assert ended.out.startswith(f"Usage: suwen {name}")
