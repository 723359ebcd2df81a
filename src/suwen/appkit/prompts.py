"""Prompt texts of an application's folder, with placeholders that are declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual, Language

FOLDER = "prompts"
_NAME = re.compile(r"([a-z][a-z0-9_]*)\.(zh|en)\.md")
_DECLARED = re.compile(r"\A<!--\s*placeholders:\s*([a-z0-9_,\s]*)-->\n?")
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt text in one language.

    The file may begin with ``<!-- placeholders: a, b -->``; a placeholder stands in the text as
    ``{{a}}``.
    """

    name: str
    language: Language
    text: str = field(repr=False)
    declared: frozenset[str]

    @property
    def used(self) -> frozenset[str]:
        """Placeholders that stand in the text."""
        return frozenset(_PLACEHOLDER.findall(self.text))

    def fill(self, **values: str) -> str:
        """The text with each placeholder replaced, in one pass: a value is never read again.

        Raises:
            ConfigurationError: ``prompt_placeholders`` when values and placeholders differ.
        """
        if set(values) != self.used:
            raise _wrong(self.name, self.language, self.used ^ set(values))
        return _PLACEHOLDER.sub(lambda match: values[match.group(1)], self.text)


def load_prompts(folder: Path) -> Mapping[tuple[str, Language], Prompt]:
    """All prompts of an application's folder, by name and language.

    Args:
        folder: the application's folder, which holds ``prompts/NAME.LANGUAGE.md``.

    Raises:
        ConfigurationError: ``prompt_file_name`` or ``prompt_placeholders``.
    """
    found: dict[tuple[str, Language], Prompt] = {}
    for path in sorted((folder / FOLDER).glob("*")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise ConfigurationError(
                "prompt_file_name",
                Bilingual(
                    zh=f"提示词文件名应为 名称.zh.md 或 名称.en.md：{path.name}",
                    en=f"A prompt file is NAME.zh.md or NAME.en.md: {path.name}",
                ),
            )
        prompt = _read(path.read_text(encoding="utf-8"), match.group(1), Language(match.group(2)))
        found[(prompt.name, prompt.language)] = prompt
    return found


def _read(raw: str, name: str, language: Language) -> Prompt:
    header = _DECLARED.match(raw)
    names = header.group(1).split(",") if header else []
    declared = frozenset(part.strip() for part in names if part.strip())
    prompt = Prompt(name, language, raw[header.end() :] if header else raw, declared)
    if prompt.used != prompt.declared:
        raise _wrong(name, language, prompt.used ^ prompt.declared)
    return prompt


def _wrong(name: str, language: Language, names: set[str] | frozenset[str]) -> ConfigurationError:
    listed = ", ".join(sorted(names))
    return ConfigurationError(
        "prompt_placeholders",
        Bilingual(
            zh=f"提示词 {name}.{language.value}.md 的占位符与声明不符：{listed}",
            en=f"Placeholders of prompt {name}.{language.value}.md are not as declared: {listed}",
        ),
    )
