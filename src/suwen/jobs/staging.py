"""The files of a job, kept in the database of jobs: any host's worker can read them."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from suwen.core.errors import NotFoundError, SuwenError
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile, JobId, StagedFile
from suwen.jobs.tables import staged_file, staged_part
from suwen.storage.database import Database

PART_BYTES = 1024 * 1024


async def stage(connection: AsyncConnection, job: JobId, files: Sequence[GivenFile]) -> None:
    """Keeps files with their job, inside the transaction that makes the job.

    Raises:
        OSError: when a file cannot be read; then there is no job either.
    """
    for ordinal, file in enumerate(files):
        digest, size = hashlib.sha256(), 0
        # The row of the file comes first, because its parts refer to the job alone.
        for number, part in enumerate(_parts(file)):
            digest.update(part)
            size += len(part)
            await connection.execute(
                insert(staged_part).values(job=job, ordinal=ordinal, part=number, data=part)
            )
        await connection.execute(
            insert(staged_file).values(
                job=job, ordinal=ordinal, name=file.name, size=size, sha256=digest.hexdigest()
            )
        )


async def unstage(connection: AsyncConnection, job: JobId) -> None:
    """Removes the files of a job that has ended."""
    for table in (staged_part, staged_file):
        await connection.execute(delete(table).where(table.c.job == job))


def _parts(file: GivenFile) -> Iterator[bytes]:
    if isinstance(file.content, bytes):
        for start in range(0, len(file.content), PART_BYTES):
            yield file.content[start : start + PART_BYTES]
        return
    with file.content.open("rb") as opened:
        while part := opened.read(PART_BYTES):
            yield part


class JobFiles:
    """The files of one job."""

    def __init__(self, database: Database, job: JobId) -> None:
        self._database = database
        self._job = job
        self._listed: list[StagedFile] | None = None

    async def list(self) -> Sequence[StagedFile]:
        """All of them, in the order given; read once, because they never change."""
        if self._listed is None:
            async with self._database.transaction() as connection:
                rows = await connection.execute(
                    select(staged_file)
                    .where(staged_file.c.job == self._job)
                    .order_by(staged_file.c.ordinal)
                )
                self._listed = [StagedFile(r.ordinal, r.name, r.size, r.sha256) for r in rows]
        return self._listed

    async def read(self, ordinal: int) -> bytes:
        """A whole file, checked against its hash."""
        return b"".join([part async for part in self.parts(ordinal)])

    async def parts(self, ordinal: int) -> AsyncIterator[bytes]:
        """A file piece by piece; its end is reached only when its hash agrees.

        Raises:
            NotFoundError: ``no_such_staged_file``.
            SuwenError: ``staged_file_damaged``.
        """
        listed = await self.list()
        if not 0 <= ordinal < len(listed):
            raise NotFoundError(
                "no_such_staged_file",
                Bilingual(zh="任务中没有这个文件。", en="The job has no such file."),
            )
        digest, number, left = hashlib.sha256(), 0, listed[ordinal].size
        while left > 0 and (part := await self._part(ordinal, number)):
            digest.update(part)
            left -= len(part)
            number += 1
            yield part
        if digest.hexdigest() != listed[ordinal].sha256:
            raise SuwenError(
                "staged_file_damaged",
                Bilingual(
                    zh="任务暂存的文件已损坏，请重新导入。",
                    en="A file kept with the job is damaged; start the job anew.",
                ),
            )

    async def _part(self, ordinal: int, number: int) -> bytes | None:
        # Each part in a transaction of its own: none stays open while the reader works.
        async with self._database.transaction() as connection:
            found = await connection.execute(
                select(staged_part.c.data).where(
                    staged_part.c.job == self._job,
                    staged_part.c.ordinal == ordinal,
                    staged_part.c.part == number,
                )
            )
            return found.scalar()
