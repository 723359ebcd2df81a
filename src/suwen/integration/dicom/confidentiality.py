"""Headers without the patient: what is done to each attribute before an object leaves.

The Basic Application Level Confidentiality Profile, and stricter where it leaves a gap: every
person name, date and time goes, and what the dictionary does not know goes. Objects that say who
the patient is in their pixels or in their text do not leave at all.

Source: DICOM PS3.15 2024b annex E, table E.1-1 (``basic_profile.tsv``).
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any, Final

from pydicom import Dataset, dcmread
from pydicom.datadict import dictionary_has_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from suwen.integration.dicom import tags
from suwen.integration.dicom.problems import DicomObjectError, refused
from suwen.integration.dicom.sop_classes import ENCAPSULATED, STRUCTURED_REPORTS

REMOVE: Final = "X"
EMPTY: Final = "Z"
DUMMY: Final = "D"
NEW_UID: Final = "U"
_RESOLVED: Final[Mapping[str, str]] = {
    # Where the profile leaves a choice to the object's definition: what is valid in all of them.
    "X": REMOVE,
    "Z": EMPTY,
    "D": DUMMY,
    "U": NEW_UID,
    "Z/D": DUMMY,
    "X/Z": EMPTY,
    "X/D": DUMMY,
    "X/Z/D": DUMMY,
    "X/Z/U*": NEW_UID,
}
_WHEN: Final = frozenset({"DA", "TM", "DT"})
_DUMMIES: Final[Mapping[str, Any]] = {
    "AE": "ANONYMOUS",
    "AS": "000Y",
    "CS": "ANONYMOUS",
    "DA": "19000101",
    "DS": "0",
    "DT": "19000101000000",
    "IS": "0",
    "LO": "Anonymous",
    "LT": "Anonymous",
    "PN": "Anonymous",
    "SH": "Anonymous",
    "ST": "Anonymous",
    "TM": "000000",
    "UC": "Anonymous",
    "UR": "urn:anonymous",
    "UT": "Anonymous",
}
_MAY_SHOW_TEXT: Final = frozenset(
    {"US", "SC", "OT", "ES", "XC", "GM", "DOC", "HC", "DG", "OP", "ECG", "EPS", "HD", "BI"}
)
"""Modalities whose images often carry burned-in text, so that silence about it is not a no."""

_SILENCE: Final = threading.Lock()
"""Filters of warnings belong to the whole process: one thread at a time changes them."""

_UID_ROOT: Final = "2.25."
_METHOD: Final = "suwen; DICOM PS3.15 2024b Basic Profile"


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a person answered for before objects leave.

    Attributes:
        pixels_checked: somebody looked at the images: they show no name, though the objects of
            their kind do not say so themselves. Never lets one pass that says it shows one.
    """

    pixels_checked: bool = False


UNCHECKED: Final = Clearance()


class Deidentifier:
    """Takes the patient out of objects; the same UID always becomes the same new one.

    Args:
        secret: of the installation, 32 bytes; nobody without it can tell which UID became which.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the secret needs 32 bytes")
        self._secret = secret

    def uid(self, original: str) -> str:
        """The new UID of an original one."""
        digest = hmac.new(self._secret, original.encode(), hashlib.sha256).digest()
        return f"{_UID_ROOT}{int.from_bytes(digest[:16], 'big')}"

    def cleaned(self, content: bytes, clearance: Clearance = UNCHECKED) -> bytes:
        """A DICOM file without the patient; pixels are not changed.

        Raises:
            DicomObjectError: ``dicom_burned_in`` when the pixels show who it is, or nobody knows;
                ``dicom_text_inside`` when the content is text or a document;
                ``dicom_unreadable`` when the file cannot be read whole.
        """
        with _SILENCE, warnings.catch_warnings():
            # The library repeats values in its warnings.
            warnings.simplefilter("ignore")
            return self._cleaned(content, clearance)

    def _cleaned(self, content: bytes, clearance: Clearance) -> bytes:
        original = _read(content)
        _refuse_text(original)
        _refuse_pixels(original, clearance)
        try:
            return self._rewritten(original)
        except Exception as error:
            # Whatever the library meets in a damaged file.
            raise _unreadable() from error

    def _rewritten(self, original: Dataset) -> bytes:
        kept = self._data_set(original)
        kept.PatientIdentityRemoved = "YES"
        kept.DeidentificationMethod = _METHOD
        kept.DeidentificationMethodCodeSequence = [_method_code()]
        kept.LongitudinalTemporalInformationModified = "REMOVED"
        kept.file_meta = _file_meta(original, kept)
        kept.preamble = b"\x00" * 128
        out = BytesIO()
        kept.save_as(out, enforce_file_format=True)
        return out.getvalue()

    def _data_set(self, original: Dataset) -> Dataset:
        kept = Dataset()
        for element in original:
            done = self._element(element)
            if done is not None:
                kept[done.tag] = done
        return kept

    def _element(self, element: DataElement) -> DataElement | None:
        """What becomes of one attribute; ``None`` when it goes."""
        tag = int(element.tag)
        action = _action(tag, element.VR)
        if action == REMOVE:
            return None
        if element.VR == "SQ":
            items = [] if action in (EMPTY, DUMMY) else element.value or []
            return DataElement(tag, "SQ", [self._data_set(item) for item in items])
        if action == EMPTY:
            return DataElement(tag, element.VR, None)
        if action == DUMMY:
            return DataElement(tag, element.VR, _DUMMIES.get(element.VR))
        if element.VR == "UI":
            return DataElement(tag, "UI", self._uids(element.value, action == NEW_UID))
        return element

    def _uids(self, value: Any, always: bool) -> Any:
        """New ones for UIDs that name something of the patient's; well-known ones stay."""
        if not value:
            return None
        many = [value] if isinstance(value, str) else list(value)
        done = [self.uid(u) if always or not _well_known(u) else u for u in many]
        return done[0] if len(done) == 1 else done


@cache
def profile() -> Mapping[int, str]:
    """The action of the Basic Profile by tag: ``X`` remove, ``Z`` empty, ``D`` dummy, ``U`` new
    UID."""
    text = (files(__package__) / "basic_profile.tsv").read_text(encoding="utf-8")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            tag, action, _keyword = line.split("\t")
            found[int(tag.replace(",", ""), 16)] = _RESOLVED[action]
    return found


def _action(tag: int, vr: str) -> str:
    """What is done to an attribute; empty when it stays as it is."""
    group, number = tag >> 16, tag & 0xFFFF
    if group % 2 or number == 0:
        return REMOVE
    if 0x5000 <= group <= 0x50FF or (0x6000 <= group <= 0x60FF and number in (0x3000, 0x4000)):
        return REMOVE
    stated = profile().get(tag)
    if stated is not None:
        return stated
    if not dictionary_has_tag(tag) or vr == "UN":
        return REMOVE
    if vr == "PN" or vr in _WHEN:
        return EMPTY
    return ""


def _well_known(uid: str) -> bool:
    """Whether a UID is the standard's own: a class, a syntax, a coding scheme."""
    return uid.startswith("1.2.840.10008.")


def _refuse_text(original: Dataset) -> None:
    sop_class = str(original.get("SOPClassUID", ""))
    if sop_class.startswith((STRUCTURED_REPORTS, ENCAPSULATED)):
        tag = (
            tags.ENCAPSULATED_DOCUMENT
            if sop_class.startswith(ENCAPSULATED)
            else tags.CONTENT_SEQUENCE
        )
        raise refused(
            "dicom_text_inside",
            tag,
            "报告与文档的正文可能含有患者信息，不能以去标识方式送出。",
            "The text of a report or document may name the patient; it never leaves without "
            "identity.",
        )


def _refuse_pixels(original: Dataset, clearance: Clearance) -> None:
    if "PixelData" not in original:
        return
    stated = str(original.get("BurnedInAnnotation", "")).strip().upper()
    if stated == "NO":
        return
    silent = stated != "YES"
    likely = str(original.get("Modality", "")).strip().upper() in _MAY_SHOW_TEXT
    if silent and (clearance.pixels_checked or not likely):
        return
    raise refused(
        "dicom_burned_in",
        tags.BURNED_IN_ANNOTATION,
        "图像像素中可能含有患者信息，未送出。"
        if silent
        else "图像像素中含有患者信息（Burned In Annotation = YES），未送出。",
        "The pixels may show who the patient is; it was not sent. Have the images looked at first."
        if silent
        else "The pixels show who the patient is (Burned In Annotation = YES); it was not sent.",
    )


def _read(content: bytes) -> Dataset:
    try:
        found: Dataset = dcmread(BytesIO(content))
        # Reading is lazy: damage is met here and not half-way through.
        for _ in found.iterall():
            pass
    except Exception as error:
        raise _unreadable() from error
    return found


def _file_meta(original: Dataset, kept: Dataset) -> Any:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = kept.SOPClassUID
    meta.MediaStorageSOPInstanceUID = kept.SOPInstanceUID
    meta.TransferSyntaxUID = UID(original.file_meta.TransferSyntaxUID)
    return meta


def _method_code() -> Dataset:
    code = Dataset()
    code.CodeValue = "113100"
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    return code


def _unreadable() -> DicomObjectError:
    return refused(
        "dicom_unreadable",
        None,
        "文件无法完整读取，未送出。",
        "The file cannot be read whole; it was not sent.",
    )
