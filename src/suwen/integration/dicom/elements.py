"""The data elements of a DICOM file, walked without decoding: fast, bounded, exact in place.

Values of the wanted attributes are handed out as bytes; everything else is passed over. Nothing
is read beyond the buffer, no length is believed that does not fit, and nesting is limited, so that
a hostile object costs no more than its own size.

Source: DICOM PS3.10 section 7 (file format), PS3.5 sections 7 and A (encoding).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from suwen.integration.dicom import tags
from suwen.integration.dicom.problems import DicomObjectError, refused

IMPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN: Final = "1.2.840.10008.1.2.1"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
RLE_LOSSLESS: Final = "1.2.840.10008.1.2.5"
_COMPRESSED: Final = "1.2.840.10008.1.2.4."

LARGEST_INFLATED: Final = 1 << 30
"""Bytes that a deflated object may have when inflated."""

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_DEEPEST: Final = 32
_LONGEST_WANTED: Final = 1 << 20
NESTED: Final = {
    tags.EVIDENCE_SEQUENCE: tags.REFERENCED_SOP_INSTANCE_UID,
    tags.CONCEPT_NAME_CODE_SEQUENCE: tags.CODE_VALUE,
}
"""What is read inside sequences: which attribute of which."""

_PIXELS: Final = frozenset({tags.PIXEL_DATA, tags.FLOAT_PIXEL_DATA, tags.DOUBLE_FLOAT_PIXEL_DATA})
_LONG_VRS: Final = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT_VRS: Final = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN"}
    | {b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)


@dataclass(frozen=True, slots=True)
class RawHeader:
    """What a file holds of the wanted attributes, undecoded.

    Attributes:
        transfer_syntax: UID of (0002,0010).
        meta: values of the file meta information (group 0002), by tag.
        values: values of the wanted attributes of the data set itself, by tag; absent ones are
            not there, empty ones are ``b""``.
        little_endian: byte order of numbers in ``values``.
        nested: values of ``NESTED`` attributes anywhere inside their sequence, by the sequence's
            tag.
        pixels: whether the object has pixel data.
    """

    transfer_syntax: str
    meta: dict[int, bytes] = field(repr=False)
    values: dict[int, bytes] = field(repr=False)
    little_endian: bool
    nested: dict[int, list[bytes]] = field(repr=False)
    pixels: bool


def read_raw(content: bytes, wanted: Collection[int]) -> RawHeader:
    """The wanted attributes of a whole DICOM file (PS3.10).

    Raises:
        DicomObjectError: ``dicom_not_a_file``, ``dicom_transfer_syntax``, ``dicom_truncated``,
            ``dicom_vr_unknown``, ``dicom_length_wrong``, ``dicom_duplicate``, ``dicom_too_deep``,
            ``dicom_deflate`` or ``dicom_value_too_long``, each with the attribute at fault.
    """
    if content[128:132] != b"DICM":
        raise refused(
            "dicom_not_a_file",
            None,
            "不是 DICOM 文件（第 128 字节处没有 DICM 标记）。",
            "Not a DICOM file: no DICM mark at byte 128.",
        )
    meta, start = _read_meta(content)
    syntax = _uid(meta.get(tags.TRANSFER_SYNTAX_UID))
    if syntax is None or not is_known(syntax):
        raise refused(
            "dicom_transfer_syntax",
            tags.TRANSFER_SYNTAX_UID,
            "缺失，或不是 DICOM 标准的传输语法。",
            "Missing, or not a transfer syntax of the standard.",
        )
    if syntax == DEFLATED:
        content, start = _inflated(content[start:]), 0
    walk = _Walk(
        content,
        start,
        explicit=syntax != IMPLICIT_LITTLE_ENDIAN,
        little_endian=syntax != EXPLICIT_BIG_ENDIAN,
        wanted=frozenset(wanted),
    )
    walk.data_set()
    return RawHeader(syntax, meta, walk.values, walk.little_endian, walk.nested, walk.pixels)


def is_known(transfer_syntax: str) -> bool:
    """Whether a transfer syntax is one whose elements can be walked."""
    return transfer_syntax in (
        IMPLICIT_LITTLE_ENDIAN,
        EXPLICIT_LITTLE_ENDIAN,
        EXPLICIT_BIG_ENDIAN,
        DEFLATED,
        RLE_LOSSLESS,
    ) or transfer_syntax.startswith(_COMPRESSED)


def _uid(value: bytes | None) -> str | None:
    text = (value or b"").rstrip(b"\x00 ").decode("ascii", errors="replace")
    return text or None


def _inflated(deflated: bytes) -> bytes:
    try:
        engine = zlib.decompressobj(-zlib.MAX_WBITS)
        content = engine.decompress(deflated, LARGEST_INFLATED)
    except zlib.error:
        content = b""
        engine = None
    if engine is None or not engine.eof:
        raise refused(
            "dicom_deflate",
            None,
            "压缩（deflate）的数据集已损坏、不完整或过大。",
            "The deflated data set is damaged, cut off or too large.",
        )
    return content


def _read_meta(content: bytes) -> tuple[dict[int, bytes], int]:
    """Values of group 0002, and where the data set begins."""
    walk = _Walk(content, 132, explicit=True, little_endian=True, wanted=frozenset())
    found: dict[int, bytes] = {}
    while walk.left() >= 8 and content[walk.at : walk.at + 2] == b"\x02\x00":
        tag, length, _vr = walk.element()
        if length == _UNDEFINED:
            raise walk.wrong_length(tag)
        if tag in found:
            raise _duplicate(tag)
        found[tag] = walk.value(tag, length)
    return found, walk.at


class _Walk:
    """A place in the bytes that moves from element to element."""

    def __init__(
        self,
        content: bytes,
        at: int,
        *,
        explicit: bool,
        little_endian: bool,
        wanted: frozenset[int],
    ) -> None:
        order = "<" if little_endian else ">"
        self.at = at
        self.little_endian = little_endian
        self.values: dict[int, bytes] = {}
        self.nested: dict[int, list[bytes]] = {}
        self.pixels = False
        self._content = content
        self._end = len(content)
        self._explicit = explicit
        self._wanted = wanted
        self._tag: Callable[[bytes, int], tuple[int, ...]] = struct.Struct(f"{order}HH").unpack_from
        self._short: Callable[[bytes, int], tuple[int, ...]] = struct.Struct(
            f"{order}H"
        ).unpack_from
        self._long: Callable[[bytes, int], tuple[int, ...]] = struct.Struct(f"{order}L").unpack_from
        self._inner: int | None = None
        self._top: int | None = None

    def left(self) -> int:
        """Bytes that remain."""
        return self._end - self.at

    def data_set(self) -> None:
        """Walks the whole data set, collecting wanted values."""
        while self.at < self._end:
            tag, length, vr = self.element()
            self._top = tag
            if tag in _PIXELS:
                self.pixels = True
            if tag in NESTED:
                self._inner = NESTED[tag]
                self._sequence(tag, length, 1)
                self._inner = None
            elif length == _UNDEFINED:
                self._undefined(tag, vr, 1)
            elif tag in self._wanted:
                if tag in self.values:
                    raise _duplicate(tag)
                self.values[tag] = self.value(tag, length)
            else:
                self._skip(tag, length)

    def element(self) -> tuple[int, int, bytes]:
        """Tag, length and VR (empty where implicit) of the element here; stands at its value."""
        content, at = self._content, self.at
        if self._end - at < 8:
            raise self._truncated(None)
        group, number = self._tag(content, at)
        tag = group << 16 | number
        if not self._explicit or group == 0xFFFE:
            self.at = at + 8
            return tag, self._long(content, at + 4)[0], b""
        vr = content[at + 4 : at + 6]
        if vr in _SHORT_VRS:
            self.at = at + 8
            return tag, self._short(content, at + 6)[0], vr
        if vr not in _LONG_VRS:
            raise refused(
                "dicom_vr_unknown",
                tag,
                "值表示（VR）不是标准中的代码，或此处不是数据元素。",
                "Its value representation is none of the standard, or this is no data element.",
            )
        if self._end - at < 12:
            raise self._truncated(tag)
        self.at = at + 12
        return tag, self._long(content, at + 8)[0], vr

    def value(self, tag: int, length: int) -> bytes:
        """The bytes of the value here; moves past it."""
        if length > _LONGEST_WANTED:
            raise refused(
                "dicom_value_too_long", tag, "值过长。", "Its value is longer than any such value."
            )
        start = self.at
        self._skip(tag, length)
        return self._content[start : start + length]

    def wrong_length(self, tag: int) -> DicomObjectError:
        """The refusal of a length that this element cannot have."""
        return refused(
            "dicom_length_wrong",
            tag,
            "长度不合法或与内容不符。",
            "Its length is not one that it can have, or does not fit what follows.",
        )

    def _skip(self, tag: int, length: int) -> None:
        if length == _UNDEFINED:
            raise self.wrong_length(tag)
        if length > self._end - self.at:
            raise self._truncated(tag)
        self.at += length

    def _undefined(self, tag: int, vr: bytes, depth: int) -> None:
        """Passes over a value that ends by a delimiter."""
        if tag in _PIXELS:
            self._fragments(tag)
        elif vr in (b"SQ", b""):
            self._items(tag, self._end, depth, delimited=True)
        elif vr == b"UN":
            # PS3.5 section 6.2.2: such a value is a sequence in implicit VR little endian.
            self._as_implicit(tag, depth)
        else:
            raise self.wrong_length(tag)

    def _as_implicit(self, tag: int, depth: int) -> None:
        if self._explicit and not self.little_endian:
            raise self.wrong_length(tag)
        before, self._explicit = self._explicit, False
        self._items(tag, self._end, depth, delimited=True)
        self._explicit = before

    def _fragments(self, tag: int) -> None:
        """Encapsulated pixel data: fragments of known length, then the delimiter."""
        while True:
            item, length, _vr = self.element()
            if item == _SEQUENCE_END:
                self._skip(tag, length)
                return
            if item != _ITEM:
                raise self.wrong_length(tag)
            self._skip(tag, length)

    def _sequence(self, tag: int, length: int, depth: int) -> None:
        if length == _UNDEFINED:
            self._items(tag, self._end, depth, delimited=True)
            return
        if length > self._end - self.at:
            raise self._truncated(tag)
        self._items(tag, self.at + length, depth, delimited=False)

    def _items(self, tag: int, end: int, depth: int, *, delimited: bool) -> None:
        if depth > _DEEPEST:
            raise refused(
                "dicom_too_deep", tag, "序列嵌套过深。", "Its sequences are nested too deeply."
            )
        while delimited or self.at < end:
            item, length, _vr = self.element()
            if delimited and item == _SEQUENCE_END:
                self._skip(tag, length)
                return
            if item != _ITEM:
                raise self.wrong_length(tag)
            if length != _UNDEFINED and self._inner is None:
                self._skip(tag, length)
            else:
                self._item(tag, length, depth)
        if self.at != end:
            raise self.wrong_length(tag)

    def _item(self, tag: int, length: int, depth: int) -> None:
        """Walks one item; of undefined length up to its delimiter."""
        delimited = length == _UNDEFINED
        end = self._end if delimited else self.at + length
        if end > self._end:
            raise self._truncated(tag)
        while delimited or self.at < end:
            inner, size, vr = self.element()
            if delimited and inner == _ITEM_END:
                self._skip(tag, size)
                return
            if inner == self._inner and self._top is not None:
                self.nested.setdefault(self._top, []).append(self.value(inner, size))
            elif self._inner is not None and self._is_sequence(inner, size, vr):
                self._sequence(inner, size, depth + 1)
            elif size == _UNDEFINED:
                self._undefined(inner, vr, depth + 1)
            else:
                self._skip(inner, size)
        if self.at != end:
            raise self.wrong_length(tag)

    def _is_sequence(self, tag: int, length: int, vr: bytes) -> bool:
        """By its VR; where that is implicit, by the item that its value begins with."""
        if vr:
            return vr == b"SQ"
        if length == 0 or self.left() < 8:
            return False
        group, number = self._tag(self._content, self.at)
        return group << 16 | number == _ITEM

    def _truncated(self, tag: int | None) -> DicomObjectError:
        return refused(
            "dicom_truncated",
            tag if tag is not None else self._top,
            "文件在此处中断，内容不完整。",
            "The file ends inside this element; it is not complete.",
        )


def _duplicate(tag: int) -> DicomObjectError:
    return refused(
        "dicom_duplicate",
        tag,
        "出现两次，无法确定以哪一个为准。",
        "It is there twice, so that nobody can tell which one counts.",
    )
