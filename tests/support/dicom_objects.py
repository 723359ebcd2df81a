"""DICOM objects of invented patients, and the sample files that others made."""

from __future__ import annotations

import itertools
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from tests.support.shared_data import shared_data

ROOT = "1.2.826.0.1.3680043.8.498.7"
_numbers = itertools.count(1)
BUNDLED = Path(pydicom.__file__).parent / "data"


def uid(*parts: object) -> str:
    """A UID of these tests."""
    return ".".join((ROOT, *(str(part) for part in parts)))


def ct_object(
    number: int | None = None,
    *,
    study: int = 1,
    series: int = 1,
    rows: int = 16,
    **values: Any,
) -> bytes:
    """A CT image of an invented patient; ``values`` are set last, ``None`` takes one away."""
    number = next(_numbers) if number is None else number
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = CTImageStorage
    made.SOPInstanceUID = uid(study, series, number)
    made.StudyInstanceUID = uid(study)
    made.SeriesInstanceUID = uid(study, series)
    made.StudyDate, made.StudyTime = "20260315", "101500"
    made.Modality = "CT"
    made.AccessionNumber = f"A{study:05d}"
    made.PatientName = "Wang^Xiaoming=王^小明"
    made.PatientID = "P0000001"
    made.PatientBirthDate = "19600203"
    made.PatientSex = "M"
    made.StudyDescription = "胸部CT平扫"
    made.SeriesDescription = "肺窗"
    made.SeriesNumber, made.InstanceNumber = series, number
    made.BodyPartExamined = "CHEST"
    made.Rows = made.Columns = rows
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit = 16, 12, 11
    made.PixelRepresentation = 0
    made.WindowCenter, made.WindowWidth = 40, 400
    made.RescaleIntercept, made.RescaleSlope = -1024, 1
    ramp = (np.arange(rows * rows, dtype=np.uint16) * 8 + number) % 4096
    made.PixelData = ramp.astype("<u2").tobytes()
    for name, value in values.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    return written(made)


def written(made: Dataset) -> bytes:
    """A data set as a file."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = made.get("SOPClassUID", CTImageStorage)
    made.file_meta.MediaStorageSOPInstanceUID = made.get("SOPInstanceUID", uid(0))
    out = BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def sample_files() -> list[Path]:
    """The sample files of the evaluation data."""
    return sorted(shared_data("dicom_samples").glob("*.dcm"))


def bundled_files() -> list[Path]:
    """The test files that come with pydicom."""
    return sorted(BUNDLED.glob("test_files/*.dcm")) + sorted(BUNDLED.glob("charset_files/*.dcm"))
