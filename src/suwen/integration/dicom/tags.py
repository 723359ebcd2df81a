"""The attributes that are read of every object, by tag.

Source: DICOM PS3.6 (Data Dictionary), 2024b.
"""

from __future__ import annotations

from typing import Final

TRANSFER_SYNTAX_UID: Final = 0x00020010
MEDIA_STORAGE_SOP_CLASS_UID: Final = 0x00020002
MEDIA_STORAGE_SOP_INSTANCE_UID: Final = 0x00020003
SPECIFIC_CHARACTER_SET: Final = 0x00080005
SOP_CLASS_UID: Final = 0x00080016
SOP_INSTANCE_UID: Final = 0x00080018
STUDY_DATE: Final = 0x00080020
STUDY_TIME: Final = 0x00080030
ACCESSION_NUMBER: Final = 0x00080050
MODALITY: Final = 0x00080060
TIMEZONE_OFFSET_FROM_UTC: Final = 0x00080201
STUDY_DESCRIPTION: Final = 0x00081030
SERIES_DESCRIPTION: Final = 0x0008103E
PATIENT_NAME: Final = 0x00100010
PATIENT_ID: Final = 0x00100020
ISSUER_OF_PATIENT_ID: Final = 0x00100021
PATIENT_BIRTH_DATE: Final = 0x00100030
PATIENT_SEX: Final = 0x00100040
PATIENT_IDENTITY_REMOVED: Final = 0x00120062
BODY_PART_EXAMINED: Final = 0x00180015
STUDY_INSTANCE_UID: Final = 0x0020000D
SERIES_INSTANCE_UID: Final = 0x0020000E
STUDY_ID: Final = 0x00200010
SERIES_NUMBER: Final = 0x00200011
INSTANCE_NUMBER: Final = 0x00200013
NUMBER_OF_FRAMES: Final = 0x00280008
ROWS: Final = 0x00280010
COLUMNS: Final = 0x00280011
BURNED_IN_ANNOTATION: Final = 0x00280301
EVIDENCE_SEQUENCE: Final = 0x0040A375
CONCEPT_NAME_CODE_SEQUENCE: Final = 0x0040A043
CODE_VALUE: Final = 0x00080100
REFERENCED_SOP_INSTANCE_UID: Final = 0x00081155
ENCAPSULATED_DOCUMENT: Final = 0x00420011
CONTENT_SEQUENCE: Final = 0x0040A730
PIXEL_DATA: Final = 0x7FE00010
FLOAT_PIXEL_DATA: Final = 0x7FE00008
DOUBLE_FLOAT_PIXEL_DATA: Final = 0x7FE00009

KEYWORDS: Final = {
    TRANSFER_SYNTAX_UID: "TransferSyntaxUID",
    MEDIA_STORAGE_SOP_CLASS_UID: "MediaStorageSOPClassUID",
    MEDIA_STORAGE_SOP_INSTANCE_UID: "MediaStorageSOPInstanceUID",
    SPECIFIC_CHARACTER_SET: "SpecificCharacterSet",
    SOP_CLASS_UID: "SOPClassUID",
    SOP_INSTANCE_UID: "SOPInstanceUID",
    STUDY_DATE: "StudyDate",
    STUDY_TIME: "StudyTime",
    ACCESSION_NUMBER: "AccessionNumber",
    MODALITY: "Modality",
    TIMEZONE_OFFSET_FROM_UTC: "TimezoneOffsetFromUTC",
    STUDY_DESCRIPTION: "StudyDescription",
    SERIES_DESCRIPTION: "SeriesDescription",
    PATIENT_NAME: "PatientName",
    PATIENT_ID: "PatientID",
    ISSUER_OF_PATIENT_ID: "IssuerOfPatientID",
    PATIENT_BIRTH_DATE: "PatientBirthDate",
    PATIENT_SEX: "PatientSex",
    PATIENT_IDENTITY_REMOVED: "PatientIdentityRemoved",
    BODY_PART_EXAMINED: "BodyPartExamined",
    STUDY_INSTANCE_UID: "StudyInstanceUID",
    SERIES_INSTANCE_UID: "SeriesInstanceUID",
    STUDY_ID: "StudyID",
    SERIES_NUMBER: "SeriesNumber",
    INSTANCE_NUMBER: "InstanceNumber",
    NUMBER_OF_FRAMES: "NumberOfFrames",
    ROWS: "Rows",
    COLUMNS: "Columns",
    BURNED_IN_ANNOTATION: "BurnedInAnnotation",
    EVIDENCE_SEQUENCE: "CurrentRequestedProcedureEvidenceSequence",
    CONCEPT_NAME_CODE_SEQUENCE: "ConceptNameCodeSequence",
    CODE_VALUE: "CodeValue",
    REFERENCED_SOP_INSTANCE_UID: "ReferencedSOPInstanceUID",
    ENCAPSULATED_DOCUMENT: "EncapsulatedDocument",
    CONTENT_SEQUENCE: "ContentSequence",
    PIXEL_DATA: "PixelData",
    FLOAT_PIXEL_DATA: "FloatPixelData",
    DOUBLE_FLOAT_PIXEL_DATA: "DoubleFloatPixelData",
}


def written(tag: int) -> str:
    """A tag as the standard writes it, with its keyword where it is one of ours."""
    number = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return f"{number} {KEYWORDS[tag]}" if tag in KEYWORDS else number
