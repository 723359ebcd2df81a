"""Every text of the screens in both languages, by key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from suwen.core.language import Bilingual, Language


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """All texts of one language."""
    source = files("suwen.web") / "i18n" / f"{language.value}.json"
    texts: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return texts


class Texts:
    """The texts of one language; callable as ``t("key", name=value)`` in templates."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key.

        Raises:
            KeyError: for a key that does not exist; a screen never shows a key.
        """
        text = self._texts[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is a text for a code that comes from elsewhere."""
        return key in self._texts

    def of(self, both: Bilingual) -> str:
        """The text of a message that exists in both languages."""
        return both.in_language(self.language)

    def coded(self, prefix: str, code: str | None) -> str:
        """The text of a coded value; the code itself where there is no text for it."""
        if code is None:
            return self("unknown")
        key = f"{prefix}.{code}"
        return self._texts.get(key, code)
