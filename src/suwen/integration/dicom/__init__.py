"""DICOM: objects received, found, fetched, sent back and made anonymous."""
