"""From the bytes of a frame to text: by MSH-18, by the channel, and never by guessing.

Source: HL7 v2.5.1, 2.15.9.18 (MSH-18) and table 0211 (alternate character sets).
"""

from __future__ import annotations

import re

from suwen.core.language import Bilingual
from suwen.integration.hl7v2.refusal import Condition, MessageRefusedError

#: Codec by name of table 0211 and by the names that senders really use, without spaces and marks.
_CODECS = {
    "ASCII": "ascii",
    "88591": "iso8859-1",
    "88592": "iso8859-2",
    "88595": "iso8859-5",
    "885915": "iso8859-15",
    "ISOIR6": "ascii",
    "ISOIR100": "iso8859-1",
    "GB180302000": "gb18030",
    "GB180302005": "gb18030",
    "GB180302022": "gb18030",
    "GB18030": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "CP936": "gb18030",
    "BIG5": "big5",
    "UTF8": "utf-8",
    "UNICODEUTF8": "utf-8",
    "ISOIR192": "utf-8",
    "UNICODE": "utf-8",
}
UTF_8 = "utf-8"
_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")


def codec_of(name: str) -> str | None:
    """Python codec of a character set's name; ``None`` for one that is not supported."""
    key = "".join(letter for letter in name.upper() if letter.isalnum())
    return _CODECS.get(key.removeprefix("ISO") if key.startswith("ISO8859") else key)


def decode(frame: bytes, channel_codec: str = UTF_8, trust_header: bool = True) -> tuple[str, str]:
    """Text of a frame and the codec it was read by.

    Args:
        channel_codec: what holds where MSH-18 is empty.
        trust_header: false for a sender that is known to declare the wrong set.

    Raises:
        MessageRefusedError: ``hl7_character_set`` at MSH-18 for a set that is not supported, or
            with the segment at fault for bytes that are no text in the declared set.
    """
    frame = frame.removeprefix(b"\xef\xbb\xbf")
    codec = channel_codec
    if trust_header:
        declared = _declared(frame)
        if declared:
            found = codec_of(declared)
            if found is None:
                raise _unsupported()
            codec = found
    try:
        return frame.decode(codec), codec
    except UnicodeDecodeError as error:
        raise _undecodable(frame, error.start) from None


def _declared(frame: bytes) -> str:
    """First repetition of MSH-18; read from bytes, as every supported set writes it in ASCII."""
    header = frame.split(b"\r", 1)[0].split(b"\n", 1)[0]
    start = header.find(b"MSH")
    if start < 0 or len(header) < start + 5:
        return ""
    # A second byte of GB18030 may look like a separator; dropping whole pairs keeps the count.
    clean = _without_wide(header[start:])
    if len(clean) < 4:
        return ""
    fields = clean.split(clean[3:4])
    if len(fields) <= 17:
        return ""
    repetition = clean[5:6] or b"~"
    return fields[17].split(repetition, 1)[0].decode("ascii", "replace").strip()


def _without_wide(header: bytes) -> bytes:
    if header.isascii():
        return header
    try:
        return header.decode("utf-8").encode("ascii", "ignore")
    except UnicodeDecodeError:
        return header.decode("gb18030", "replace").encode("ascii", "ignore")


def _unsupported() -> MessageRefusedError:
    return MessageRefusedError(
        "hl7_character_set",
        Bilingual(
            zh="MSH-18：不支持所声明的字符集；可用 UNICODE UTF-8、GB 18030-2000、ASCII、8859/1。",
            en="MSH-18: the declared character set is not supported; use UNICODE UTF-8, "
            "GB 18030-2000, ASCII or 8859/1.",
        ),
        "MSH-18",
        Condition.TABLE_VALUE,
        rejected=True,
    )


def _undecodable(frame: bytes, at: int) -> MessageRefusedError:
    line = frame[:at].replace(b"\n", b"\r").rsplit(b"\r", 1)[-1]
    name = line[:3].decode("ascii", "replace")
    number = line.count(b"|") + (name == "MSH")
    place = f"{name}-{number}" if _NAME.fullmatch(name) and number else "MSH-18"
    return MessageRefusedError(
        "hl7_character_set",
        Bilingual(
            zh=f"{place}：第 {at} 字节不属于所声明的字符集（MSH-18 或通道设置），请更正其一。",
            en=f"{place}: byte {at} is no text in the declared character set (MSH-18 or the "
            "channel's setting); correct one of them.",
        ),
        place,
        Condition.DATA_TYPE,
        rejected=True,
    )
