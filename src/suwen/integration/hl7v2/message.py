"""A message, read lazily: a segment is split when it is asked for, a field when it is read.

Places are named as the standard names them: ``PID-3``, ``PID-3.4``, and ``OBX[2]-5`` for the second
OBX. Source: HL7 v2.5.1, 2.5 (message construction rules).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from suwen.integration.hl7v2.delimiters import STANDARD, Delimiters, read_delimiters
from suwen.integration.hl7v2.refusal import MessageRefusedError, damaged, wrong_form

#: What two quotation marks alone mean: the sender says that there is no value any more.
NULL = '""'

MAX_SEGMENTS = 50_000
MAX_REPETITIONS = 1000

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_LINE_FEED_AT_SEGMENT = re.compile(r"\n(?=[A-Z][A-Z0-9]{2}(?:[^A-Za-z0-9\s]|$))")
_WELL_FORMED = re.compile(
    r"(?:[A-Z][A-Z0-9]{2}(?:\|[^\r\0-\x08\x0b\x0c\x0e-\x1f\x7f\x85]*+)?(?:\r|$))++"
)
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x85]")
_BEFORE = "\x0b\ufeff \t\r\n"
_AFTER = "\x1c\r\n \t"


class Segment:
    """One segment; fields are numbered as in the standard, for MSH too.

    Attributes:
        name: for example ``OBX``.
        occurrence: 1 for the first segment of this name.
        fields: raw fields; index 0 is the name.
    """

    __slots__ = ("delimiters", "fields", "name", "occurrence")

    def __init__(self, line: str, occurrence: int, delimiters: Delimiters) -> None:
        self.name = line[:3]
        self.occurrence = occurrence
        self.delimiters = delimiters
        self.fields = line.split(delimiters.field)
        if self.name == "MSH":
            self.fields.insert(1, delimiters.field)

    def where(self, number: int | None = None, component: int | None = None) -> str:
        """How the standard names a place in this segment."""
        name = self.name if self.occurrence == 1 else f"{self.name}[{self.occurrence}]"
        if number is None:
            return name
        return f"{name}-{number}" if component is None else f"{name}-{number}.{component}"

    def raw(self, number: int) -> str:
        """The field as it is written, with its repetitions; empty when absent."""
        fields = self.fields
        return fields[number] if number < len(fields) else ""

    def is_empty(self, number: int) -> bool:
        """Whether nothing is written in the field."""
        fields = self.fields
        return number >= len(fields) or not fields[number]

    def has(self, number: int) -> bool:
        """Whether the field holds a value; two quotation marks are none."""
        fields = self.fields
        return number < len(fields) and fields[number] not in ("", NULL)

    def is_null(self, number: int) -> bool:
        """Whether the sender says that the value is to be removed."""
        return self.raw(number) == NULL

    def text(self, number: int, component: int = 1, subcomponent: int = 1) -> str:
        """Unescaped text of a place in the first repetition; empty when absent or null."""
        fields = self.fields
        if number >= len(fields):
            return ""
        value = fields[number]
        if not value:
            return value
        if value.isalnum():
            # Most values: no character of them can be a delimiter.
            return value if component == 1 == subcomponent else ""
        marks = self.delimiters
        if marks.repetition in value:
            if number == 2 and self.name == "MSH":
                return value
            value = value.split(marks.repetition, 1)[0]
        return part(value, component, subcomponent, marks)

    def whole(self, number: int) -> str:
        """The field as one text without structure, as ST and TX are read."""
        value = self.raw(number)
        return "" if value == NULL else self.delimiters.unescape(value)

    def repetitions(self, number: int) -> list[list[str]]:
        """Raw components of each repetition that holds something.

        Raises:
            MessageRefusedError: ``hl7_data_type`` when there are far too many.
        """
        fields = self.fields
        if number >= len(fields):
            return []
        value = fields[number]
        if not value or value == NULL:
            return []
        marks = self.delimiters
        if marks.repetition not in value:
            return [value.split(marks.component)]
        if value.count(marks.repetition) >= MAX_REPETITIONS:
            raise wrong_form(
                self.where(number),
                f"至多 {MAX_REPETITIONS} 次重复",
                f"at most {MAX_REPETITIONS} repetitions",
            )
        return [
            one.split(marks.component)
            for one in value.split(marks.repetition)
            if one and one != NULL
        ]

    def components(self, number: int) -> list[str]:
        """Raw components of the first repetition; empty when absent or null."""
        found = self.repetitions(number)
        return found[0] if found else []


def part(value: str, component: int, subcomponent: int, marks: Delimiters) -> str:
    """Unescaped text of one component (or sub-component) of one repetition."""
    if marks.component in value:
        pieces = value.split(marks.component, component)
        value = pieces[component - 1] if component <= len(pieces) else ""
    elif component != 1:
        return ""
    if marks.subcomponent in value:
        pieces = value.split(marks.subcomponent, subcomponent)
        value = pieces[subcomponent - 1] if subcomponent <= len(pieces) else ""
    elif subcomponent != 1:
        return ""
    if value == NULL:
        return ""
    return (marks.unescape(value) if marks.escape in value else value).strip()


class Message:
    """One HL7 v2 message.

    Attributes:
        lines: its segments as they are written, in order.
        delimiters: what separates its parts.
    """

    __slots__ = ("_places", "delimiters", "lines")

    def __init__(self, lines: list[str], delimiters: Delimiters) -> None:
        self.lines = lines
        self.delimiters = delimiters
        self._places: dict[str, list[int]] | None = None

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return Segment(self.lines[0], 1, self.delimiters)

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        for line in self.lines:
            if line.startswith(name):
                return Segment(line, 1, self.delimiters)
        return None

    def all(self, name: str) -> list[Segment]:
        """All segments of a name, in order."""
        places = self._index().get(name, [])
        return [Segment(self.lines[p], n, self.delimiters) for n, p in enumerate(places, start=1)]

    def count(self, name: str) -> int:
        """How many segments of a name there are."""
        return len(self._index().get(name, ()))

    def segments(self) -> Iterator[Segment]:
        """All segments in order, each split when it is reached."""
        seen: dict[str, int] = {}
        marks = self.delimiters
        for line in self.lines:
            name = line[:3]
            occurrence = seen[name] = seen.get(name, 0) + 1
            yield Segment(line, occurrence, marks)

    def _index(self) -> dict[str, list[int]]:
        if self._places is None:
            places: dict[str, list[int]] = {}
            for number, line in enumerate(self.lines):
                places.setdefault(line[:3], []).append(number)
            self._places = places
        return self._places


def read_message(text: str, codec: str = "utf-8") -> Message:
    """The message that a text holds; segments end with CR, LF or CRLF.

    Where CR ends the segments, a line feed that no segment follows belongs to the text around it.

    Args:
        codec: Python codec of the message's character set, for ``\\Xhh\\``.

    Raises:
        MessageRefusedError: ``hl7_not_a_message`` with the segment at fault.
    """
    text = text.strip(_AFTER) if text[:1] == "M" else text.lstrip(_BEFORE).rstrip(_AFTER)
    if text[:3] != "MSH":
        name = text[:3]
        raise damaged(
            name if _NAME.fullmatch(name) else "MSH",
            "消息必须以 MSH 段开头（一次一条消息，不接受批文件）。",
            "A message starts with the segment MSH (one message at a time, no batch file).",
        )
    text = _with_one_ending(text)
    lines = text.split("\r")
    if "\n" in text:
        lines = [line.strip("\n") for line in lines]
    if "" in lines:
        lines = [line for line in lines if line]
    if len(lines) > MAX_SEGMENTS:
        raise damaged(
            "MSH",
            f"消息超过 {MAX_SEGMENTS} 段。",
            f"The message has more than {MAX_SEGMENTS} segments.",
        )
    usual = text[3:9] == "|^~\\&|" and codec == "utf-8"
    marks = STANDARD if usual else read_delimiters(lines[0], codec)
    if marks.field != "|" or not _WELL_FORMED.fullmatch(text):
        # Control characters mean nothing in a text and may stand in no FHIR string.
        lines = [_CONTROL.sub(" ", line) for line in lines]
        _check_lines(lines, marks.field)
    if "\rMSH" in text and any(line[:3] == "MSH" for line in lines[1:]):
        raise damaged("MSH[2]", "一次只能有一条消息。", "Only one message at a time.")
    return Message(lines, marks)


def with_segment_ends(text: str) -> str:
    """A text with line feeds, as people edit it, with CR after each segment."""
    return _LINE_FEED_AT_SEGMENT.sub("\r", text.strip("\n")) + "\r"


def _with_one_ending(text: str) -> str:
    """The text with CR, and nothing else, after each segment."""
    if "\n" not in text:
        return text
    if "\r" not in text:
        return text.replace("\n", "\r")
    return _LINE_FEED_AT_SEGMENT.sub("\r", text.replace("\r\n", "\r"))


def _check_lines(lines: list[str], separator: str) -> None:
    for number, line in enumerate(lines, start=1):
        if line[3:4] not in (separator, "") or not _NAME.match(line):
            raise _no_segment(number, line)
        if "\0" in line:
            field = line[: line.index("\0")].count(separator) + (line[:3] == "MSH")
            raise damaged(
                f"{line[:3]}-{field}",
                "含有 NUL 字符，无法保存。",
                "It holds a NUL character, which cannot be stored.",
            )


def _no_segment(number: int, line: str) -> MessageRefusedError:
    name = line[:3]
    place = name if _NAME.fullmatch(name) else f"segment {number}"
    return damaged(
        place,
        f"第 {number} 行不是 HL7 段（三个字母数字的段名后接分隔符）。",
        f"Line {number} is no segment (a name of three letters or digits, then the separator).",
    )
