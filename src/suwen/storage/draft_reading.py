"""Stored documents as they are read: sealed content is opened, and checked against its hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Select, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.draft import DraftRecord, SignedRecord
from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import DraftId
from suwen.core.language import Bilingual
from suwen.storage import tables
from suwen.storage.draft_rows import draft_record, signed_record_of
from suwen.storage.vault import (
    Unsealed,
    Vault,
    erased,
    is_sealed,
    opened_texts,
    sealed_texts,
)


def version_place(draft: str, version: int) -> str:
    """What the content of a draft's version is bound to."""
    return f"draft/{draft}/{version}"


def signed_place(record: str) -> str:
    """What the content of a signed record is bound to."""
    return f"signed_record/{record}"


def comment_place(decision: Mapping[str, Any] | RowMapping) -> str:
    """What the comment of a decision is bound to, in its own row and in a signed record."""
    of = (decision[name] for name in ("draft", "version", "signer", "decision"))
    return "sign_off/" + "/".join(map(str, of))


async def with_sealed_comments(
    vault: Vault | None,
    connection: AsyncConnection,
    patient: str | None,
    decisions: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """Decisions as they are stored: a person's note is the patient's, as the document is."""
    said = [one for one in decisions if one["comment"] is not None]
    sealed = await sealed_texts(
        vault, connection, [Unsealed(patient, one["comment"], comment_place(one)) for one in said]
    )
    texts = iter(sealed)
    return [
        {**one, "comment": next(texts) if one["comment"] is not None else None} for one in decisions
    ]


async def with_comments(
    vault: Vault | None,
    connection: AsyncConnection,
    decisions: Sequence[Mapping[str, Any] | RowMapping],
) -> list[dict[str, Any]]:
    """Decisions as they were made; without their comment where its key was destroyed."""
    kept = [one for one in decisions if one["comment"] is not None and is_sealed(one["comment"])]
    opened = await opened_texts(
        vault, connection, [(one["comment"], comment_place(one)) for one in kept]
    )
    texts = {id(one): said for one, said in zip(kept, opened, strict=True)}
    return [{**one, "comment": texts.get(id(one), one["comment"])} for one in decisions]


async def sealed_record(
    vault: Vault | None, connection: AsyncConnection, patient: str | None, row: Mapping[str, Any]
) -> dict[str, Any]:
    """The row of a signed record as it is stored."""
    place = signed_place(row["id"])
    return {
        **row,
        "content": await sealed_content(vault, connection, patient, row["content"], place),
        "sign_offs": await with_sealed_comments(vault, connection, patient, row["sign_offs"]),
    }


async def sealed_content(
    vault: Vault | None, connection: AsyncConnection, patient: str | None, content: str, place: str
) -> str:
    """A document's content as it is stored."""
    return (await sealed_texts(vault, connection, [Unsealed(patient, content, place)]))[0]


async def read_draft(
    connection: AsyncConnection, draft: DraftId, vault: Vault | None
) -> DraftRecord:
    """The draft in its present version.

    Raises:
        NotFoundError: ``no_such_draft``, ``record_erased``.
    """
    found = await connection.execute(with_content().where(tables.draft.c.id == draft))
    row = found.mappings().one_or_none()
    if row is None:
        raise no_such_draft()
    records = await drafts_of(vault, connection, [row])
    if not records:
        raise erased()
    return records[0]


async def drafts_of(
    vault: Vault | None, connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[DraftRecord]:
    """Drafts of rows of ``with_content``, without those of erased patients."""
    places = [version_place(row["id"], row["version"]) for row in rows]
    contents = await _contents(vault, connection, rows, places)
    return [
        draft_record(row, content)
        for row, content in zip(rows, contents, strict=True)
        if content is not None
    ]


async def signed_of(
    vault: Vault | None, connection: AsyncConnection, rows: Sequence[RowMapping]
) -> list[SignedRecord | None]:
    """Signed records of their rows, in their order; ``None`` for one of an erased patient."""
    contents = await _contents(vault, connection, rows, [signed_place(row["id"]) for row in rows])
    decisions = [decision for row in rows for decision in row["sign_offs"]]
    said = iter(await with_comments(vault, connection, decisions))
    whole = [{**row, "sign_offs": [next(said) for _ in row["sign_offs"]]} for row in rows]
    return [
        signed_record_of(row, content) if content is not None else None
        for row, content in zip(whole, contents, strict=True)
    ]


async def _contents(
    vault: Vault | None,
    connection: AsyncConnection,
    rows: Sequence[Mapping[str, Any] | RowMapping],
    places: Sequence[str],
) -> list[str | None]:
    stored = [(str(row["content"]), place) for row, place in zip(rows, places, strict=True)]
    return await opened_texts(vault, connection, stored)


def with_content() -> Select[Any]:
    """Drafts with the content of their present version."""
    present = and_(
        tables.draft_version.c.draft == tables.draft.c.id,
        tables.draft_version.c.version == tables.draft.c.version,
    )
    return select(tables.draft, tables.draft_version.c.content).join(tables.draft_version, present)


def no_such_draft() -> NotFoundError:
    """The answer about a draft that is not there."""
    return NotFoundError(
        "no_such_draft", Bilingual(zh="没有这份草稿。", en="There is no such draft.")
    )


def draft_changed(version: int, status: str) -> ConflictError:
    """The refusal of an act on a state that is no longer so; ``detail`` says what is."""
    return ConflictError(
        "draft_changed",
        Bilingual(
            zh="此文书已被他人修改或处理，您的操作未生效。请重新打开后再试。",
            en="Somebody changed or decided this document meanwhile; your action was not carried "
            "out. Open it again.",
        ),
        detail={"version": version, "status": str(status)},
    )
