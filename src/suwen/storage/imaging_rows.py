"""Rows of DICOM objects: what tells whose they are is sealed by a key of their study.

A study has a key of its own, because it comes before it is known whose it is; an erasure destroys
the keys of a patient's studies with the patient's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.storage.imaging_files import StudyKeys
from suwen.storage.vault import Unsealed, Vault, as_text, opened_texts

OF_STUDY: Final = "study/"
"""How owners of keys begin that are studies; no id of a patient holds a slash."""

IDENTIFYING: Final = ("patient_number", "patient_issuer", "header")
_NOTHING: Final[Mapping[str, Any]] = {"patient_number": None, "patient_issuer": None, "header": {}}


def owner_of_study(study_uid: str) -> str:
    """Whose key seals what came of a study."""
    return OF_STUDY + study_uid


def instance_place(sop_instance_uid: str) -> str:
    """What the sealed part of an object's row is bound to."""
    return f"dicom_instance/{sop_instance_uid}"


def identifying_text(row: Mapping[str, Any] | RowMapping) -> str:
    """The identifying columns of a row as one text."""
    return json.dumps({name: row[name] for name in IDENTIFYING}, ensure_ascii=False)


def sealed_instance(row: Mapping[str, Any], keys: StudyKeys) -> dict[str, Any]:
    """A row as it is stored, by keys of its study that are at hand."""
    place = instance_place(row["sop_instance_uid"])
    sealed = keys.current.seal(identifying_text(row).encode(), place, keys.algorithm)
    return {**row, **_NOTHING, "sealed": as_text(sealed)}


async def sealed_instances(
    connection: AsyncConnection, vault: Vault | None, rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The rows as they are stored."""
    if vault is None:
        return [dict(row) for row in rows]
    sealed = await vault.seal(
        connection,
        [
            Unsealed(
                owner_of_study(row["study_uid"]),
                identifying_text(row),
                instance_place(row["sop_instance_uid"]),
            )
            for row in rows
        ],
    )
    return [{**row, **_NOTHING, "sealed": one} for row, one in zip(rows, sealed, strict=True)]


async def opened_instances(
    connection: AsyncConnection, vault: Vault | None, rows: Sequence[Mapping[str, Any] | RowMapping]
) -> list[dict[str, Any]]:
    """The rows as they were received, without those whose study's key was destroyed."""
    kept = [row for row in rows if row["sealed"] is not None]
    opened = await opened_texts(
        vault,
        connection,
        [(row["sealed"], instance_place(row["sop_instance_uid"])) for row in kept],
    )
    said = {
        row["sop_instance_uid"]: json.loads(text) if text is not None else None
        for row, text in zip(kept, opened, strict=True)
    }
    return [
        {**row, **(said.get(row["sop_instance_uid"]) or {})}
        for row in rows
        if row["sealed"] is None or said[row["sop_instance_uid"]] is not None
    ]
