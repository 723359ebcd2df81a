"""Seals image files by their study's present key, little by little: those that came before studies
had keys, and those of studies whose key was renewed.

That a file waits is noted with the row that its header is sealed in, whenever that is sealed anew.
A backup copies files after it fixed the rows that it holds; while one is made, no file changes the
key that it is sealed by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.engine import make_url

from suwen.core.errors import SuwenError
from suwen.core.faults import fault_point
from suwen.storage.database import Database, translated
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_files import ImagingFiles
from suwen.storage.imaging_tables import dicom_instance

AT_ONCE: Final = 50
_TURN: Final = 0x5357_494D_4746
_TRY: Final = text("SELECT pg_try_advisory_xact_lock(:turn)").bindparams(turn=_TURN)

log = logging.getLogger(__name__)


class ImageResealing:
    """The image files of the general database."""

    def __init__(self, database: Database, files: ImagingFiles) -> None:
        self._database, self._files = database, files
        self._store = ImagingStore(database)

    async def waiting(self) -> int:
        """How many files are known not to be sealed by their study's present key."""
        query = select(func.count()).where(~dicom_instance.c.file_sealed)
        async with self._database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def some(self) -> int:
        """Seals some files anew; 0 once nothing waits, or while a backup is made."""
        columns = dicom_instance.c
        query = (
            select(columns.sop_instance_uid, columns.study_uid, columns.digest, columns.sealed)
            .where(~columns.file_sealed)
            .order_by(columns.sop_instance_uid)
            .limit(AT_ONCE)
        )
        async with self._database.transaction() as connection:
            rows = (await connection.execute(query)).all()
        # Durable before a file is sealed by them.
        keys = {uid: await self._store.study_keys(uid) for uid in {row.study_uid for row in rows}}
        if not rows:
            return 0
        async with self._database.transaction() as connection:
            if not (await connection.execute(_TRY)).scalar_one():
                return 0
            for row in rows:
                of_study = keys[row.study_uid]
                if of_study is None:
                    raise ValueError("there are no keys to seal by")
                try:
                    await asyncio.to_thread(self._files.seal_anew, row.digest, of_study)
                except SuwenError as error:
                    # What is lost or damaged cannot be sealed; who asks for it is told.
                    log.warning("an image file was not sealed anew: %s", error.code)
                fault_point("keys.image_resealed")
            # A row that was sealed anew meanwhile waits on: its study has another key by now.
            await connection.execute(
                update(dicom_instance)
                .where(
                    columns.sop_instance_uid == bindparam("uid"),
                    columns.sealed.is_not_distinct_from(bindparam("former")),
                )
                .values(file_sealed=True),
                [{"uid": row.sop_instance_uid, "former": row.sealed} for row in rows],
            )
        return len(rows)


@contextmanager
def files_at_rest(url: str) -> Iterator[None]:
    """While the block lasts no image file is sealed anew.

    Args:
        url: of the general database's owner.

    Raises:
        UnavailableError: when the database cannot be reached.
    """
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.Error as error:
        raise translated(error) from None
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_TURN])
        yield
