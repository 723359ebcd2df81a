"""Reading sections of a mapping file strictly: every fault names file, line and key."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from suwen.core.errors import ConfigurationError
from suwen.core.language import Bilingual
from suwen.core.plain_text import is_plain
from suwen.core.resource_elements import nearest
from suwen.core.toml_lines import Path, line_of

LONGEST_NAME = 128


def mapping_wrong(file: str, line: int, key: str, zh: str, en: str) -> ConfigurationError:
    """The refusal of a mapping file at one place."""
    return ConfigurationError(
        "mapping_wrong",
        Bilingual(
            zh=f"映射文件 {file} 第 {line} 行 {key}：{zh}",
            en=f"Mapping file {file}, line {line}, {key}: {en}",
        ),
        field=key,
        detail={"line": line, "file": file},
    )


class Section:
    """One table of a mapping file, whose keys are taken one by one.

    Args:
        file: the file's name, for messages.
        values: the table's content.
        path: where it stands.
        lines: line numbers of the whole file.
    """

    def __init__(
        self, file: str, values: Mapping[str, Any], path: Path, lines: Mapping[Path, int]
    ) -> None:
        self.values = values
        self.path = path
        self._file = file
        self._lines = lines

    def line(self, key: str | int | None = None) -> int:
        """The line of a key, or of the table itself."""
        return line_of(self._lines, self.path if key is None else (*self.path, key))

    def wrong(self, key: str | int | None, zh: str, en: str) -> ConfigurationError:
        """The refusal of a key of this table, or of the table."""
        path = self.path if key is None else (*self.path, key)
        return mapping_wrong(self._file, self.line(key), _written(path), zh, en)

    def only(self, allowed: Collection[str]) -> None:
        """Refuses keys that mean nothing here; ``default`` with the reason why there is none."""
        for key in self.values:
            if key in allowed:
                continue
            if key in ("default", "defaults", "else", "fallback"):
                raise self.wrong(
                    key,
                    "映射不设默认值：来源没有给出的，在资源中就是缺失。",
                    "A mapping has no defaults: what the source does not give is absent.",
                )
            near = nearest(key, tuple(allowed))
            raise self.wrong(
                key,
                f"没有这个设置{f'，是否指 {near}' if near else ''}。"
                f"可用：{'、'.join(sorted(allowed))}。",
                f"There is no such key{f'; did you mean {near}' if near else ''}. "
                f"Known: {', '.join(sorted(allowed))}.",
            )

    def text(self, key: str) -> str | None:
        """A text that is not empty, or ``None`` where the key is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not is_plain(value):
            raise self.wrong(key, "须为非空文本。", "It must be a text that is not empty.")
        return value

    def needed_text(self, key: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if value is None:
            raise self.wrong(None, f"缺少 {key}。", f"{key} is missing.")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts without repetition; one text stands for a list of one."""
        value = self.values.get(key, ())
        listed = [value] if isinstance(value, str) else value
        fits = isinstance(listed, list | tuple) and all(isinstance(v, str) and v for v in listed)
        if not fits or len(set(listed)) != len(listed):
            raise self.wrong(
                key, "须为不重复的文本列表。", "It must be a list of texts without repetition."
            )
        return tuple(listed)

    def whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number within bounds, or ``None`` where the key is not there."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.wrong(
                key, f"须为 {low}–{high} 的整数。", f"It must be a whole number {low}–{high}."
            )
        return value

    def yes(self, key: str) -> bool:
        """true or false; false where the key is not there."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(key, "须为 true 或 false。", "It must be true or false.")
        return value

    def choice(self, key: str, allowed: Collection[str]) -> str | None:
        """One of a closed set, or ``None`` where the key is not there."""
        value = self.text(key)
        if value is not None and value not in allowed:
            raise self.wrong(
                key,
                f"须为以下之一：{'、'.join(sorted(allowed))}。",
                f"It must be one of: {', '.join(sorted(allowed))}.",
            )
        return value

    def table(self, key: str) -> Section:
        """A table, empty where the key is not there."""
        value = self.values.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, "须为一节（[…]）。", "It must be a table ([…]).")
        return self.inline(key, value)

    def inline(self, key: str, values: Mapping[str, Any]) -> Section:
        """A table that stands, or could stand, at a key."""
        return Section(self._file, values, (*self.path, key), self._lines)

    def tables(self, key: str) -> list[Section]:
        """An array of tables, empty where the key is not there."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, Mapping) for v in value):
            raise self.wrong(key, "须为多节（[[…]]）。", "It must be tables ([[…]]).")
        return [
            Section(self._file, item, (*self.path, key, number), self._lines)
            for number, item in enumerate(value)
        ]


def _written(path: Path) -> str:
    """A path as a person would write it: ``rows[2].elements."name[0].text"``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part + 1}]"
        else:
            plain = part.replace("_", "").replace("-", "").isalnum()
            text += f"{'.' if text else ''}{part if plain else chr(34) + part + chr(34)}"
    return text or "·"
