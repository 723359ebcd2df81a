"""Prompts come in both languages, and their placeholders are those that are declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.appkit.prompts import load_prompts
from suwen.core.errors import ConfigurationError
from suwen.core.language import Language


def write(folder: Path, name: str, text: str) -> Path:
    (folder / "prompts").mkdir(exist_ok=True)
    (folder / "prompts" / name).write_text(text, encoding="utf-8")
    return folder


def test_a_prompt_is_filled_in_one_pass(tmp_path: Path) -> None:
    write(tmp_path, "system.zh.md", "<!-- placeholders: ward, name -->\n{{ward}}：{{ name }}")
    prompt = load_prompts(tmp_path)[("system", Language.ZH)]
    assert prompt.fill(ward="{{name}}", name="林") == "{{name}}：林"


def test_values_must_be_those_of_the_placeholders(tmp_path: Path) -> None:
    write(tmp_path, "system.en.md", "<!-- placeholders: ward -->\n{{ward}}")
    prompt = load_prompts(tmp_path)[("system", Language.EN)]
    for values in ({}, {"ward": "4", "bed": "2"}):
        with pytest.raises(ConfigurationError):
            prompt.fill(**values)


@pytest.mark.parametrize("text", ["{{ward}}", "<!-- placeholders: ward -->\nno placeholder"])
def test_a_placeholder_that_is_not_declared_or_not_used_is_refused(
    tmp_path: Path, text: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_prompts(write(tmp_path, "system.en.md", text))
    assert refused.value.code == "prompt_placeholders"
    assert "ward" in refused.value.safe_message.zh


@pytest.mark.parametrize("name", ["system.md", "System.zh.md", "system.fr.md", "note.txt"])
def test_a_file_with_another_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError):
        load_prompts(write(tmp_path, name, "x"))


def test_no_folder_means_no_prompts(tmp_path: Path) -> None:
    assert load_prompts(tmp_path) == {}
