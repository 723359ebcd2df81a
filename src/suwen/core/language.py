"""Languages of the platform and texts that exist in each of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """Language of a document or of a person's screen."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Bilingual:
    """One text in both languages of the platform."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        """Which of the two texts a reader of this language gets."""
        return self.zh if language is Language.ZH else self.en
