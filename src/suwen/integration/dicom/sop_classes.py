"""SOP classes and well-known instances that we speak of by name.

Source: DICOM PS3.6 table A-1.
"""

from __future__ import annotations

from typing import Final

VERIFICATION: Final = "1.2.840.10008.1.1"
STORAGE_COMMITMENT: Final = "1.2.840.10008.1.20.1"
STORAGE_COMMITMENT_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
STUDY_ROOT_FIND: Final = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_ROOT_MOVE: Final = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET: Final = "1.2.840.10008.5.1.4.1.2.2.3"
MODALITY_WORKLIST_FIND: Final = "1.2.840.10008.5.1.4.31"
KEY_OBJECT_SELECTION: Final = "1.2.840.10008.5.1.4.1.1.88.59"
BASIC_TEXT_SR: Final = "1.2.840.10008.5.1.4.1.1.88.11"
ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"

STRUCTURED_REPORTS: Final = "1.2.840.10008.5.1.4.1.1.88."
"""Beginning of the classes whose content is a document, key object selections included."""

ENCAPSULATED: Final = "1.2.840.10008.5.1.4.1.1.104."
"""Beginning of the classes that hold a file of another format."""

_COMMON: Final = """
    1 1.1 1.1.1 1.2 1.2.1 1.3 1.3.1 2 2.1 2.2 3.1 4 4.1 4.2 4.3 6.1 6.2 7 7.1 7.2 7.3 7.4
    9.1.1 9.1.2 9.1.3 9.2.1 9.3.1 9.4.1 9.5.1 9.6.1 11.1 11.2 11.3 11.4 12.1 12.1.1 12.2
    12.2.1 13.1.1 13.1.2 13.1.3 14.1 14.2 20 30 66 66.1 66.2 66.3 66.4 66.5 67 68.1 68.2
    77.1.1 77.1.1.1 77.1.2 77.1.2.1 77.1.3 77.1.4 77.1.4.1 77.1.5.1 77.1.5.2 77.1.5.3
    77.1.5.4 77.1.6 78.1 78.2 78.3 80.1 88.11 88.22 88.33 88.34 88.35 88.40 88.50 88.59
    88.65 88.67 88.68 88.70 104.1 104.2 104.3 128 128.1 130 131 481.1 481.2 481.3 481.4
    481.5 481.6 481.7 481.8 481.9
"""
COMMON_STORAGE: Final = tuple(f"1.2.840.10008.5.1.4.1.1.{number}" for number in _COMMON.split())
"""What may come by C-GET, where a request has room for 128 kinds."""
