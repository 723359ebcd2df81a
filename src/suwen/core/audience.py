"""For whom a text is, or who wrote it."""

from __future__ import annotations

from enum import StrEnum


class Audience(StrEnum):
    """Who writes to the platform, or who is to read what it writes."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    STAFF = "staff"
