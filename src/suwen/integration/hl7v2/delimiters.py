"""The five characters that structure a message, and the escapes that stand for them in text.

Source: HL7 v2.5.1, 2.5.4 (message delimiters) and 2.7 (use of escape sequences in text fields).
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from suwen.integration.hl7v2.refusal import damaged

_FORMATTING = {".br": "\n", ".sp": "\n", ".ce": "\n", ".fi": "", ".nf": "", "H": "", "N": ""}


@dataclass(frozen=True, slots=True)
class Delimiters:
    """Separators of one message.

    Attributes:
        codec: Python codec of the message's character set; ``\\Xhh\\`` is read by it.
    """

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    codec: str = "utf-8"
    _sequence: re.Pattern[str] = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mark = re.escape(self.escape)
        object.__setattr__(self, "_sequence", re.compile(f"{mark}([^{mark}]*){mark}"))

    def unescape(self, text: str) -> str:
        """The text that was meant; what is no escape of the standard stays as it is written."""
        if self.escape not in text:
            return text
        return self._sequence.sub(self._meant, text)

    def escaped(self, text: str) -> str:
        """The text as it may stand in a field; line breaks become ``\\.br\\``."""
        mark = self.escape
        written = text.replace(mark, f"{mark}E{mark}")
        for character, name in (
            (self.field, "F"),
            (self.component, "S"),
            (self.subcomponent, "T"),
            (self.repetition, "R"),
        ):
            written = written.replace(character, f"{mark}{name}{mark}")
        for ending in ("\r\n", "\r", "\n"):
            written = written.replace(ending, f"{mark}.br{mark}")
        return written

    def _meant(self, found: re.Match[str]) -> str:
        sequence = found[1]
        if sequence in ("F", "S", "T", "R", "E"):
            return {
                "F": self.field,
                "S": self.component,
                "T": self.subcomponent,
                "R": self.repetition,
                "E": self.escape,
            }[sequence]
        if sequence[:1] == "X":
            return self._hexadecimal(sequence[1:]) or found[0]
        if sequence[:1] == ".":
            return self._formatted(sequence) if sequence[:3] in _FORMATTING else found[0]
        return _FORMATTING.get(sequence, found[0])

    def _formatted(self, sequence: str) -> str:
        lines = sequence[3:].lstrip("+")
        if sequence[:3] == ".sp" and lines.isdigit() and len(lines) <= 2:
            return "\n" * max(int(lines), 1)
        return _FORMATTING[sequence[:3]]

    def _hexadecimal(self, digits: str) -> str | None:
        try:
            return bytes.fromhex(digits).decode(self.codec)
        except (ValueError, UnicodeDecodeError):
            return None


STANDARD = Delimiters("|", "^", "~", "\\", "&")


def read_delimiters(header: str, codec: str = "utf-8") -> Delimiters:
    """The delimiters that a header segment declares.

    Args:
        header: the first segment, from ``MSH`` on.

    Raises:
        MessageRefusedError: ``hl7_not_a_message`` when they are missing, alike, or letters or
            digits.
    """
    separator = header[3:4]
    if not separator or separator.isalnum() or separator.isspace():
        raise damaged(
            "MSH-1", "第四个字符必须是字段分隔符。", "The fourth character is the field separator."
        )
    declared = header[4 : header.find(separator, 4)] if separator in header[4:] else header[4:]
    if header[:8] == "MSH|^~\\&" and declared == "^~\\&" and codec == "utf-8":
        return STANDARD
    # A site without sub-components or escapes may leave the last ones out; they get the usual ones.
    usable = declared + "^~\\&"[len(declared) :]
    marks = [separator, *usable[:4]]
    if (
        not declared
        or len(declared) > 5
        or len(set(marks + list(usable[4:]))) != len(marks) + len(usable[4:])
        or any(mark.isalnum() or mark.isspace() or not mark.isprintable() for mark in usable)
    ):
        raise damaged(
            "MSH-2",
            "编码字符必须互不相同，且不能是字母、数字或空白（通常为 ^~\\&）。",
            "The encoding characters must differ from each other and be no letter, digit or "
            "space (usually ^~\\&).",
        )
    return Delimiters(separator, usable[0], usable[1], usable[2], usable[3], codec)
