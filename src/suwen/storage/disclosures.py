"""Facts sheets that were proposed, published and withdrawn; every version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, func, insert, select, update

from suwen.core.errors import ConflictError, NotFoundError
from suwen.core.identity import AppId, PrincipalId
from suwen.core.language import Bilingual
from suwen.storage.accountability_tables import disclosure
from suwen.storage.database import Database

_LISTED = tuple(c for c in disclosure.c if c.name not in ("sheet", "pdf_zh", "pdf_en"))


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One version of a facts sheet.

    Attributes:
        audience: ``staff``, ``patient`` or ``public``.
        number: 1 for the first of the application for this audience.
        sheet_hash: SHA-256 of the sheet's text, lower-case hexadecimal.
        published: ``None`` until somebody else than who proposed it decided.
        signature: of the platform's key over the sheet's text, base64.
    """

    app: AppId
    audience: str
    number: int
    sheet_hash: str
    proposed_by: PrincipalId
    proposed_at: datetime
    decided_by: PrincipalId | None = None
    decided_at: datetime | None = None
    published: bool | None = None
    signature: str | None = None
    key_id: str | None = None
    withdrawn_by: PrincipalId | None = None
    withdrawn_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it is published and nobody withdrew it."""
        return self.published is True and self.withdrawn_at is None


@dataclass(frozen=True, slots=True)
class Publication:
    """What a published sheet consists of besides its text."""

    signature: str
    key_id: str
    pdf_zh: bytes = field(repr=False)
    pdf_en: bytes = field(repr=False)


class DisclosureStore:
    """Facts sheets in the general database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(
        self, app: AppId, audience: str, sheet: str, digest: str, by: PrincipalId, at: datetime
    ) -> Disclosed:
        """Keeps the next version, which nobody outside sees yet.

        Raises:
            ConflictError: ``disclosure_changed`` when somebody proposed at the same instant.
        """
        columns = disclosure.c
        newest = select(func.coalesce(func.max(columns.number), 0)).where(
            columns.app == app, columns.audience == audience
        )
        async with self._database.transaction() as connection:
            # Two who propose at once: the second waits here for the first.
            await connection.execute(
                select(func.pg_advisory_xact_lock(func.hashtext(f"disclosure/{app}/{audience}")))
            )
            number = (await connection.execute(newest)).scalar_one() + 1
            values = {
                "app": app,
                "audience": audience,
                "number": number,
                "sheet": sheet,
                "sheet_hash": digest,
                "proposed_by": by,
                "proposed_at": at,
            }
            await connection.execute(insert(disclosure).values(values))
        return Disclosed(app, audience, number, digest, by, at)

    async def decide(
        self, wanted: Disclosed, by: PrincipalId, at: datetime, publication: Publication | None
    ) -> None:
        """Publishes a proposed version, or turns it down where there is no publication.

        Raises:
            ConflictError: ``disclosure_decided`` when somebody decided already, or it is who
                proposed it.
        """
        values = {"decided_by": by, "decided_at": at, "published": publication is not None}
        if publication is not None:
            values |= {n: getattr(publication, n) for n in Publication.__dataclass_fields__}
        statement = (
            update(disclosure)
            .where(
                _is(wanted),
                disclosure.c.decided_at.is_(None),
                disclosure.c.proposed_by != by,
                disclosure.c.sheet_hash == wanted.sheet_hash,
            )
            .values(values)
            .returning(disclosure.c.number)
        )
        async with self._database.transaction() as connection:
            if (await connection.execute(statement)).one_or_none() is None:
                raise ConflictError(
                    "disclosure_decided",
                    Bilingual(
                        "该说明书已有决定，或您就是提出者；须由另一人决定。",
                        "This sheet was decided on, or you proposed it; another person decides.",
                    ),
                )

    async def withdraw(self, wanted: Disclosed, by: PrincipalId, at: datetime) -> bool:
        """Takes a published version away; false when it does not stand."""
        statement = (
            update(disclosure)
            .where(
                _is(wanted),
                disclosure.c.published.is_(True),
                disclosure.c.withdrawn_at.is_(None),
            )
            .values(withdrawn_by=by, withdrawn_at=at)
            .returning(disclosure.c.number)
        )
        async with self._database.transaction() as connection:
            return (await connection.execute(statement)).one_or_none() is not None

    async def read(self, app: AppId, audience: str, number: int) -> Disclosed:
        """One version.

        Raises:
            NotFoundError: ``no_such_disclosure``.
        """
        columns = disclosure.c
        wanted = (columns.app == app) & (columns.audience == audience) & (columns.number == number)
        found = await self._list(wanted)
        if not found:
            raise unknown_disclosure()
        return found[0]

    async def newest(self, app: AppId, audience: str) -> Disclosed | None:
        """The published version that stands, ``None`` where there is none."""
        columns = disclosure.c
        found = await self._list((columns.app == app) & (columns.audience == audience))
        return next((one for one in found if one.stands), None)

    async def all(self) -> Sequence[Disclosed]:
        """Every version, the latest of each application first."""
        return await self._list(None)

    async def sheet(self, wanted: Disclosed) -> str:
        """The sheet's text, exactly as it was hashed and signed."""
        query = select(disclosure.c.sheet).where(_is(wanted))
        async with self._database.reading() as connection:
            return str((await connection.execute(query)).scalar_one())

    async def pdf(self, wanted: Disclosed, language: str) -> bytes | None:
        """The signed PDF in a language, ``None`` where it was never published."""
        column = disclosure.c.pdf_zh if language == "zh" else disclosure.c.pdf_en
        async with self._database.reading() as connection:
            found = (await connection.execute(select(column).where(_is(wanted)))).scalar_one()
        return bytes(found) if found is not None else None

    async def _list(self, wanted: ColumnElement[bool] | None) -> Sequence[Disclosed]:
        columns = disclosure.c
        query = select(*_LISTED).order_by(columns.app, columns.audience, columns.number.desc())
        if wanted is not None:
            query = query.where(wanted)
        async with self._database.reading() as connection:
            return [_of(row) for row in (await connection.execute(query)).mappings()]


def _is(wanted: Disclosed) -> ColumnElement[bool]:
    columns = disclosure.c
    return (
        (columns.app == wanted.app)
        & (columns.audience == wanted.audience)
        & (columns.number == wanted.number)
    )


def _of(row: RowMapping) -> Disclosed:
    return Disclosed(**{n: row[n] for n in Disclosed.__dataclass_fields__})


def unknown_disclosure() -> NotFoundError:
    """The answer about a sheet that is not there, or not for whoever asks."""
    return NotFoundError(
        "no_such_disclosure",
        Bilingual("没有这份说明书。", "There is no such facts sheet."),
    )
