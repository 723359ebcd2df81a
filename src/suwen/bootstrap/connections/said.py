"""What is wrong with several settings of a connection together, in both languages."""

from __future__ import annotations

from suwen.core.language import Bilingual


class SettingsFaultError(ValueError):
    """A rule of a form that a value breaks; the form's checker turns it into a field's fault."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = Bilingual(zh=zh, en=en)
