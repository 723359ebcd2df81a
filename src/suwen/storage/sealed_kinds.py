"""What of a database is sealed, table by table: how its rows are found and changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import TextClause, text

from suwen.storage.draft_reading import comment_place, signed_place, version_place
from suwen.storage.imaging_rows import instance_place
from suwen.storage.number_marks import number_place
from suwen.storage.patient_index import place_of_patient
from suwen.storage.resource_place import resource_place

# The first 13 characters of a sealed text are its mark, method and key: what is sealed by another
# key than the owner's present one, or not at all, is found by them.
_PRESENT: Final = (
    "CASE WHEN {owner} IS NULL THEN :common ELSE :mark || encode(:method || decode(key.id, 'hex'), "
    "'base64') END"
)
_STALE: Final = (
    "({column} NOT LIKE '~%' OR left({column}, 13) IS DISTINCT FROM " + _PRESENT + ") "
    # What a destroyed key sealed stays as it is, and so does the mark of what was erased.
    "AND {column} <> :mark "
    "AND NOT EXISTS (SELECT FROM data_key AS gone WHERE gone.wrapped IS NULL AND "
    "left({column}, 13) = :mark || encode(:method || decode(gone.id, 'hex'), 'base64'))"
)
_KEY: Final = "LEFT JOIN data_key AS key ON key.owner = {owner} AND key.current"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A kind of rows that are sealed.

    Attributes:
        rows: what to join, with the row's owner as ``owner``.
        put: changes one row, if it is still as it was read.
        place: what a row's sealed text is bound to.
        of_person: whether a person wrote it, so that it may begin as a sealed text does.
    """

    name: str
    columns: str
    rows: str
    column: str
    owner: str
    put: TextClause
    place: Callable[[Mapping[str, Any]], str]
    of_person: bool = False

    def stale(self, what: str, tail: str) -> TextClause:
        """A query for the rows that are not sealed by the present key."""
        found = _STALE.format(column=self.column, owner=self.owner)
        joined = _KEY.format(owner=self.owner)
        return text(f"SELECT {what} FROM {self.rows} {joined} WHERE {found} {tail}")  # noqa: S608


_RESEAL: Final = "SELECT suwen_reseal('{table}', :id, :version, :former, :anew)"
DOCUMENTS: Final = (
    Sealed(
        "draft_version",
        "row.draft AS id, row.version, row.content AS former, draft.patient AS owner",
        "draft_version AS row JOIN draft ON draft.id = row.draft",
        "row.content",
        "draft.patient",
        text(_RESEAL.format(table="draft_version")),
        lambda row: version_place(row["id"], row["version"]),
    ),
    Sealed(
        "signed_record",
        "row.id, 0 AS version, row.content AS former, draft.patient AS owner",
        "signed_record AS row JOIN draft ON draft.id = row.draft",
        "row.content",
        "draft.patient",
        text(_RESEAL.format(table="signed_record")),
        lambda row: signed_place(row["id"]),
    ),
    Sealed(
        "sign_off",
        "row.number::text AS id, row.version, row.draft, row.signer, row.decision, "
        "row.comment AS former, draft.patient AS owner",
        "(SELECT * FROM sign_off WHERE comment IS NOT NULL) AS row "
        "JOIN draft ON draft.id = row.draft",
        "row.comment",
        "draft.patient",
        text(_RESEAL.format(table="sign_off")),
        comment_place,
        of_person=True,
    ),
    # The same decisions, as a signed record holds them.
    Sealed(
        "signed_decision",
        "row.id, row.n::integer AS version, row.said ->> 'comment' AS former, "
        "row.said ->> 'draft' AS draft, row.said ->> 'version' AS said_version, "
        "row.said ->> 'signer' AS signer, row.said ->> 'decision' AS decision, "
        "draft.patient AS owner",
        "(SELECT record.id, record.draft AS of_draft, one.n, one.said FROM signed_record AS record "
        "CROSS JOIN LATERAL json_array_elements(record.sign_offs) WITH ORDINALITY AS one(said, n) "
        "WHERE one.said ->> 'comment' IS NOT NULL) AS row JOIN draft ON draft.id = row.of_draft",
        "(row.said ->> 'comment')",
        "draft.patient",
        text(_RESEAL.format(table="signed_decision")),
        lambda row: comment_place({**row, "version": row["said_version"]}),
        of_person=True,
    ),
)


def _resource_place(row: Mapping[str, Any]) -> str:
    return resource_place(row["type"], row["id"], row["version"])


RECORDS: Final = (
    Sealed(
        "resource",
        "row.type, row.id, row.version, row.body AS former, row.patient AS owner",
        "resource AS row",
        "row.body",
        "row.patient",
        text(
            "UPDATE resource SET body = :anew WHERE type = :type AND id = :id "
            "AND version = :version AND body = :former"
        ),
        _resource_place,
    ),
    Sealed(
        "resource_history",
        "row.type, row.id, row.version, row.body AS former, present.patient AS owner",
        "resource_history AS row JOIN resource AS present USING (type, id)",
        "row.body",
        "present.patient",
        text("SELECT suwen_reseal_history(:type, :id, :version, :former, :anew)"),
        _resource_place,
    ),
    Sealed(
        "matched_number",
        "row.numbering, row.value, row.patient, row.sealed AS former, row.patient AS owner",
        "(SELECT * FROM patient_number WHERE sealed IS NOT NULL) AS row",
        "row.sealed",
        "row.patient",
        text(
            "UPDATE patient_number SET sealed = :anew WHERE numbering = :numbering "
            "AND value = :value AND patient = :patient AND sealed = :former"
        ),
        lambda row: number_place(row["patient"], row["numbering"], row["value"]),
    ),
)
PATIENTS: Final = Sealed(
    "patient",
    "row.*, row.sealed AS former",
    "patient AS row",
    "coalesce(row.sealed, '')",
    "row.id",
    text(
        "UPDATE patient SET sealed = :anew, search = :search, name = NULL, birth_date = NULL, "
        "identifier = NULL WHERE id = :id AND sealed IS NOT DISTINCT FROM :former "
        "AND name IS NOT DISTINCT FROM :name AND identifier IS NOT DISTINCT FROM :identifier "
        "AND birth_date IS NOT DISTINCT FROM :birth_date"
    ),
    lambda row: place_of_patient(row["id"]),
)
INSTANCES: Final = Sealed(
    "dicom_instance",
    "row.sop_instance_uid, row.study_uid, row.patient_number, row.patient_issuer, row.header, "
    "row.sealed, row.sealed AS former",
    "dicom_instance AS row",
    "coalesce(row.sealed, '')",
    "'study/' || row.study_uid",
    # A row whose key is not the present one any more has a file of which the same holds.
    text(
        "UPDATE dicom_instance SET sealed = :anew, patient_number = NULL, patient_issuer = NULL, "
        "header = '{}', file_sealed = false WHERE sop_instance_uid = :sop_instance_uid "
        "AND sealed IS NOT DISTINCT FROM :former"
    ),
    lambda row: instance_place(row["sop_instance_uid"]),
)
