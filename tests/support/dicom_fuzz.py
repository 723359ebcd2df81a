"""Coverage-guided fuzzing of the DICOM reader: ``python -m tests.support.dicom_fuzz SEEDS …``.

Only ``DicomObjectError`` may come out, and never with a word of what the object said.
"""

from __future__ import annotations

import sys
from zoneinfo import ZoneInfo

import atheris

with atheris.instrument_imports(include=["suwen.integration.dicom"]):
    from suwen.integration.dicom.header import Reading, read_header
    from suwen.integration.dicom.multipart import parts_of
    from suwen.integration.dicom.problems import DicomObjectError
    from suwen.integration.dicom.receiving import header_json

from suwen.core.errors import IntegrationError

_READING = Reading(ZoneInfo("Asia/Shanghai"), "gb18030")


def one_input(content: bytes) -> None:
    """Reads bytes as a file, and as the body of a DICOMweb answer."""
    try:
        header = read_header(content, _READING)
    except DicomObjectError as error:
        assert error.field is None or error.field.startswith("(")
    else:
        assert header.sop_instance_uid and header.study_uid and header.modality
        header_json(header)
    try:
        for part in parts_of("multipart/related; boundary=x", content):
            assert len(part) <= len(content)
    except IntegrationError:
        pass


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
