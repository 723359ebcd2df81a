"""What suwen needs to know of a DICOM object, read from its header and checked.

Identity is never guessed: an attribute that identifies and cannot be read refuses the object; one
that only describes is left out, and named among ``unreadable``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone, tzinfo
from typing import Final

from suwen.integration.dicom import tags
from suwen.integration.dicom.character_sets import codecs_of, decoded
from suwen.integration.dicom.elements import RawHeader, read_raw
from suwen.integration.dicom.problems import DicomObjectError, refused

_UID: Final = re.compile(r"[0-9]+(\.[0-9]+)+")
_CODE: Final = re.compile(r"[A-Z0-9_ ]{1,16}")
_DAY: Final = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME: Final = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d{1,6})?")
_OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})")
_LONGEST_UID: Final = 64
_WANTED: Final = frozenset(tags.KEYWORDS) - {
    tags.PIXEL_DATA,
    tags.FLOAT_PIXEL_DATA,
    tags.DOUBLE_FLOAT_PIXEL_DATA,
    tags.ENCAPSULATED_DOCUMENT,
    tags.CONTENT_SEQUENCE,
    tags.EVIDENCE_SEQUENCE,
    tags.CONCEPT_NAME_CODE_SEQUENCE,
    tags.REFERENCED_SOP_INSTANCE_UID,
    tags.CODE_VALUE,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the text and times of a sender's objects are to be read.

    Attributes:
        undeclared_codec: codec of text in objects that state no character set. The standard says
            ASCII; many senders in China write GB18030 without saying so.
        zone: time zone of times in objects that state none.
    """

    zone: tzinfo
    undeclared_codec: str = "ascii"


@dataclass(frozen=True, slots=True)
class InstanceHeader:
    """One object (SOP instance); ``None`` means that the object does not say.

    Attributes:
        patient_number: (0010,0020); ``patient_issuer`` who gave it, (0010,0021).
        patient_name: as received, component groups and carets included.
        study_started: date, or time with zone, in the form of a FHIR dateTime.
        burned_in: (0028,0301), whether the pixels show who the patient is.
        references: SOP instances that a key object selection or report points to.
        document_codes: code of a document's title, for example why images were selected.
        unreadable: attributes that were there and could not be read, as ``(gggg,eeee) Keyword``.
    """

    sop_instance_uid: str
    sop_class_uid: str
    study_uid: str
    series_uid: str
    transfer_syntax_uid: str
    modality: str
    patient_number: str | None = field(repr=False)
    patient_issuer: str | None = field(repr=False)
    patient_name: str | None = field(repr=False)
    patient_birth_date: date | None = field(repr=False)
    patient_sex: str | None = field(repr=False)
    accession_number: str | None = field(repr=False)
    study_id: str | None = field(repr=False)
    study_started: str | None
    study_description: str | None = field(repr=False)
    series_description: str | None = field(repr=False)
    series_number: int | None
    instance_number: int | None
    body_part: str | None
    frames: int | None
    rows: int | None
    columns: int | None
    pixels: bool
    burned_in: bool | None
    references: tuple[str, ...]
    document_codes: tuple[str, ...]
    unreadable: tuple[str, ...]


def read_header(content: bytes, reading: Reading) -> InstanceHeader:
    """The checked header of a whole DICOM file.

    Raises:
        DicomObjectError: as ``read_raw``; ``dicom_missing``, ``dicom_uid_malformed``,
            ``dicom_uid_mismatch``, ``dicom_value_malformed``, ``dicom_character_set`` or
            ``dicom_text_undecodable``, each with the attribute at fault.
    """
    raw = read_raw(content, _WANTED)
    values = _Values(raw, reading)
    sop_class, sop_instance = values.uid(tags.SOP_CLASS_UID), values.uid(tags.SOP_INSTANCE_UID)
    _same(raw, tags.MEDIA_STORAGE_SOP_CLASS_UID, sop_class)
    _same(raw, tags.MEDIA_STORAGE_SOP_INSTANCE_UID, sop_instance)
    if raw.values.get(tags.ROWS) and not raw.pixels:
        # An image cut off between two elements.
        raise _missing(tags.PIXEL_DATA)
    return InstanceHeader(
        sop_instance_uid=sop_instance,
        sop_class_uid=sop_class,
        study_uid=values.uid(tags.STUDY_INSTANCE_UID),
        series_uid=values.uid(tags.SERIES_INSTANCE_UID),
        transfer_syntax_uid=raw.transfer_syntax,
        modality=values.code(tags.MODALITY),
        patient_number=values.identity(tags.PATIENT_ID),
        patient_issuer=values.identity(tags.ISSUER_OF_PATIENT_ID),
        patient_name=values.identity(tags.PATIENT_NAME),
        patient_birth_date=values.day(tags.PATIENT_BIRTH_DATE),
        patient_sex=values.one_of(tags.PATIENT_SEX, ("M", "F", "O")),
        accession_number=values.identity(tags.ACCESSION_NUMBER),
        study_id=values.text(tags.STUDY_ID),
        study_started=values.started(),
        study_description=values.text(tags.STUDY_DESCRIPTION),
        series_description=values.text(tags.SERIES_DESCRIPTION),
        series_number=values.whole(tags.SERIES_NUMBER),
        instance_number=values.whole(tags.INSTANCE_NUMBER),
        body_part=values.text(tags.BODY_PART_EXAMINED),
        frames=values.whole(tags.NUMBER_OF_FRAMES),
        rows=values.short(tags.ROWS),
        columns=values.short(tags.COLUMNS),
        pixels=raw.pixels,
        burned_in=values.yes_no(tags.BURNED_IN_ANNOTATION),
        references=_nested(raw, tags.EVIDENCE_SEQUENCE),
        document_codes=_nested(raw, tags.CONCEPT_NAME_CODE_SEQUENCE),
        unreadable=tuple(dict.fromkeys(values.unreadable)),
    )


def shown_name(name: str | None) -> str | None:
    """A person name for people to read: the ideographic group where there is one."""
    if name is None:
        return None
    groups = [group.replace("^", " ").strip() for group in name.split("=")]
    if len(groups) > 1 and groups[1]:
        return " ".join(groups[1].split())
    return " ".join(groups[0].split()) or None


class _Values:
    """The wanted values of one object, each read as what it is."""

    def __init__(self, raw: RawHeader, reading: Reading) -> None:
        self._raw = raw
        self._zone = reading.zone
        self._codecs = codecs_of(
            raw.values.get(tags.SPECIFIC_CHARACTER_SET), reading.undeclared_codec
        )
        self.unreadable: list[str] = []

    def uid(self, tag: int) -> str:
        """A UID that must be there."""
        value = self._raw.values.get(tag)
        text = _uid_text(value) if value is not None else ""
        if not text:
            raise _missing(tag)
        if len(text) > _LONGEST_UID or not _UID.fullmatch(text):
            raise refused(
                "dicom_uid_malformed",
                tag,
                "不是合法的 UID（只能是数字和点，最长 64 个字符）。",
                "Not a UID: digits and dots only, at most 64 characters.",
            )
        return text

    def code(self, tag: int) -> str:
        """A coded string that must be there."""
        text = self._raw.values.get(tag, b"").strip(b" \x00").decode("ascii", errors="replace")
        if not text:
            raise _missing(tag)
        if not _CODE.fullmatch(text):
            raise _malformed(tag)
        return text

    def identity(self, tag: int) -> str | None:
        """A text that identifies; one that cannot be read refuses the object."""
        value = self._raw.values.get(tag)
        if value is None:
            return None
        text = decoded(value, self._codecs)
        if text is None:
            raise refused(
                "dicom_text_undecodable",
                tag,
                "不能按所声明的字符集 (0008,0005) 解码。若发送方未声明字符集，请在连接设置中指定。",
                "Not text of the character set that (0008,0005) states. Where the sender states "
                "none, set it in the connection.",
            )
        return text or None

    def text(self, tag: int) -> str | None:
        """A text that describes."""
        value = self._raw.values.get(tag)
        if value is None:
            return None
        text = decoded(value, self._codecs)
        if text is None:
            self._leave(tag)
        return text or None

    def one_of(self, tag: int, codes: tuple[str, ...]) -> str | None:
        """One of some codes."""
        text = self._ascii(tag)
        if text and text not in codes:
            self._leave(tag)
            return None
        return text

    def yes_no(self, tag: int) -> bool | None:
        """YES or NO."""
        text = self.one_of(tag, ("YES", "NO"))
        return text == "YES" if text else None

    def whole(self, tag: int) -> int | None:
        """A whole number as text (IS)."""
        text = self._ascii(tag)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?\d{1,11}", text):
            self._leave(tag)
            return None
        return int(text)

    def short(self, tag: int) -> int | None:
        """A binary number of two bytes (US)."""
        value = self._raw.values.get(tag)
        if not value:
            return None
        if len(value) != 2:
            self._leave(tag)
            return None
        return int.from_bytes(value, "little" if self._raw.little_endian else "big")

    def day(self, tag: int) -> date | None:
        """A date that exists."""
        text = self._ascii(tag)
        if not text:
            return None
        match = _DAY.fullmatch(text)
        try:
            if match is not None:
                return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
        self._leave(tag)
        return None

    def started(self) -> str | None:
        """When the study started, as FHIR writes it."""
        day = self.day(tags.STUDY_DATE)
        if day is None:
            return None
        text = self._ascii(tags.STUDY_TIME)
        match = _TIME.fullmatch(text) if text else None
        if text and match is None:
            self._leave(tags.STUDY_TIME)
        if match is None or match[2] is None:
            return day.isoformat()
        try:
            at = datetime(
                day.year,
                day.month,
                day.day,
                int(match[1]),
                int(match[2]),
                int(match[3] or 0),
                tzinfo=self._offset() or self._zone,
            )
        except ValueError:
            self._leave(tags.STUDY_TIME)
            return day.isoformat()
        return at.isoformat()

    def _offset(self) -> tzinfo | None:
        text = self._ascii(tags.TIMEZONE_OFFSET_FROM_UTC)
        match = _OFFSET.fullmatch(text) if text else None
        if match is None or int(match[2]) > 14 or int(match[3]) > 59:
            if text:
                self._leave(tags.TIMEZONE_OFFSET_FROM_UTC)
            return None
        away = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return timezone(-away if match[1] == "-" else away)

    def _ascii(self, tag: int) -> str | None:
        value = self._raw.values.get(tag)
        if value is None:
            return None
        return value.strip(b" \x00").decode("ascii", errors="replace")

    def _leave(self, tag: int) -> None:
        self.unreadable.append(tags.written(tag))


def _uid_text(value: bytes) -> str:
    return value.strip(b"\x00 ").decode("ascii", errors="replace")


def _nested(raw: RawHeader, sequence: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_uid_text(value) for value in raw.nested.get(sequence, ())))


def _same(raw: RawHeader, meta_tag: int, uid: str) -> None:
    stated = raw.meta.get(meta_tag)
    if stated is not None and _uid_text(stated) != uid:
        raise refused(
            "dicom_uid_mismatch",
            meta_tag,
            "文件头与数据集中的 UID 不一致。",
            "The UID of the file's head is not the one of the data set.",
        )


def _missing(tag: int) -> DicomObjectError:
    return refused("dicom_missing", tag, "缺失或为空。", "Missing or empty.")


def _malformed(tag: int) -> DicomObjectError:
    return refused(
        "dicom_value_malformed", tag, "格式不合法。", "Not in the form that it must have."
    )
