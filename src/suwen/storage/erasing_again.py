"""Erases in a restored database what had been erased before it was restored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, text

from suwen.core.manifest import Partition
from suwen.storage.imaging_files import IMAGING_FOLDER
from suwen.storage.imaging_rows import owner_of_study
from suwen.storage.ledger import Tombstone, patient_mark
from suwen.storage.migrate import owner_connection
from suwen.storage.urls import DatabaseUrls
from suwen.storage.vault import SEALED


def apply_ledger(urls: DatabaseUrls, home: Path, stones: Collection[Tombstone]) -> int:
    """Erases again, in a database that was restored, what had been erased; how many patients."""
    erased: set[str] = set()
    for partition in Partition:
        with owner_connection(urls.owner(partition)) as connection:
            wanted = _marked(connection, home, partition, stones)
            for stone, patients in wanted:
                _erase(connection, home, partition, stone, patients)
                erased |= set(patients)
    return len(erased)


def _marked(
    connection: Connection, home: Path, partition: Partition, stones: Collection[Tombstone]
) -> list[tuple[Tombstone, list[str]]]:
    query = "SELECT owner FROM data_key UNION SELECT patient FROM draft WHERE patient IS NOT NULL"
    if partition is Partition.GENERAL:
        query += " UNION SELECT patient FROM resource WHERE patient IS NOT NULL"
        query += " UNION SELECT id FROM patient"
    by_mark = {patient_mark(home, str(one)): str(one) for one in connection.scalars(text(query))}
    found = [
        (stone, [by_mark[mark] for mark in stone.patients if mark in by_mark]) for stone in stones
    ]
    return [(stone, patients) for stone, patients in found if patients]


_GUARDED: Final = ("data_key", "draft_version", "sign_off", "signed_record", "resource_history")
_OF_DRAFTS: Final = (
    "UPDATE draft_version SET content = :nothing FROM draft "
    "WHERE draft.id = draft_version.draft AND draft.patient = ANY(:patients)",
    "UPDATE signed_record SET content = :nothing, sign_offs = ("
    "SELECT json_agg((said::jsonb || CASE WHEN said ->> 'comment' IS NULL THEN '{}'::jsonb "
    "ELSE jsonb_build_object('comment', CAST(:nothing AS text)) END)::json ORDER BY n) "
    "FROM json_array_elements(sign_offs) WITH ORDINALITY AS one(said, n)) FROM draft "
    "WHERE draft.id = signed_record.draft AND draft.patient = ANY(:patients)",
    "UPDATE sign_off SET comment = :nothing FROM draft WHERE comment IS NOT NULL "
    "AND draft.id = sign_off.draft AND draft.patient = ANY(:patients)",
)
_OF_RECORDS: Final = (
    "DELETE FROM resource_history AS h USING resource AS r "
    "WHERE r.type = h.type AND r.id = h.id AND r.patient = ANY(:patients)",
    "DELETE FROM patient WHERE id = ANY(:patients)",
    "DELETE FROM care_encounter WHERE patient = ANY(:patients)",
    "DELETE FROM resource WHERE patient = ANY(:patients)",
    "DELETE FROM inbound_edit WHERE message IN "
    "(SELECT id FROM inbound_message WHERE patient_key = ANY(:patients))",
    "DELETE FROM inbound_message WHERE patient_key = ANY(:patients)",
    "DELETE FROM outbound_message WHERE patient = ANY(:patients)",
)
_DESTROY: Final = (
    "UPDATE data_key SET wrapped = NULL, current = false, destroyed_at = :at "
    "WHERE owner = ANY(:owners) AND wrapped IS NOT NULL"
)
_STUDIES: Final = "SELECT study_uid FROM dicom_study WHERE patient = ANY(:patients)"
_KEEP: Final = (
    "INSERT INTO erasure (id, patient, basis, reason, requested_at, requested_by, decided_at, "
    "decided_by, approved, done_at) VALUES (:id, :patient, :basis, '', :at, :requested_by, :at, "
    ":decided_by, true, :at) ON CONFLICT (id) DO UPDATE SET decided_at = excluded.decided_at, "
    "decided_by = excluded.decided_by, approved = true, done_at = excluded.done_at"
)


def _erase(
    connection: Connection,
    home: Path,
    partition: Partition,
    stone: Tombstone,
    patients: Sequence[str],
) -> None:
    """As ``suwen_erase``, by the owner: a hold that was released since stands in an old backup."""
    records = partition is Partition.GENERAL
    guarded = [table for table in _GUARDED if records or table != "resource_history"]
    triggers = {
        table: list(
            connection.scalars(
                text(
                    "SELECT tgname FROM pg_trigger WHERE tgrelid = CAST(:name AS regclass) "
                    "AND NOT tgisinternal"
                ),
                {"name": table},
            )
        )
        for table in guarded
    }
    _switch(connection, triggers, "DISABLE")
    given: Mapping[str, object] = {"patients": list(patients), "nothing": SEALED}
    for statement in _OF_DRAFTS:
        connection.execute(text(statement), given)
    owners = list(patients)
    if records:
        studies = connection.scalars(text(_STUDIES), given)
        owners += [owner_of_study(str(study)) for study in studies]
        _remove_images(connection, home, patients)
        for statement in _OF_RECORDS:
            connection.execute(text(statement), given)
    at = datetime.fromisoformat(stone.at)
    connection.execute(text(_DESTROY), {"owners": owners, "at": at})
    connection.execute(
        text(_KEEP),
        {
            "id": stone.erasure,
            "patient": patients[0],
            "basis": stone.basis,
            "requested_by": stone.requested_by,
            "decided_by": stone.decided_by,
            "at": at,
        },
    )
    _switch(connection, triggers, "ENABLE ALWAYS")


def _remove_images(connection: Connection, home: Path, patients: Sequence[str]) -> None:
    digests = connection.scalars(
        text(
            "DELETE FROM dicom_instance USING dicom_study "
            "WHERE dicom_study.study_uid = dicom_instance.study_uid "
            "AND dicom_study.patient = ANY(:patients) RETURNING dicom_instance.digest"
        ),
        {"patients": list(patients)},
    )
    for digest in digests:
        (home / IMAGING_FOLDER / digest[:2] / digest).unlink(missing_ok=True)
    connection.execute(
        text("DELETE FROM dicom_study WHERE patient = ANY(:patients)"),
        {"patients": list(patients)},
    )


def _switch(connection: Connection, triggers: Mapping[str, Sequence[str]], how: str) -> None:
    for table, names in triggers.items():
        for name in names:
            connection.execute(text(f"ALTER TABLE {table} {how} TRIGGER {name}"))
