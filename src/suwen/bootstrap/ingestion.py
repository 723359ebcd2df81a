"""Imports and builds of the library as durable jobs: started here, done by a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from suwen.bootstrap.given_files import MOST_NAMED, gather, safe_name
from suwen.bootstrap.jobs import Jobs
from suwen.bootstrap.library.parts import LibraryParts
from suwen.core.identity import Principal
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile, JobId, JobRequest

IMPORT = "library_import"
BUILD = "library_build"
VECTORS = "library_vectors"
KINDS = (IMPORT, BUILD, VECTORS)


def vectors_request(collection: str) -> JobRequest:
    """The job that makes the vectors of a collection; at most one is unfinished."""
    return JobRequest(
        VECTORS,
        Bilingual(zh=f"计算 {collection} 的向量", en=f"Making the vectors of {collection}"),
        {"collection": collection},
        background=True,
        unique=f"{VECTORS}:{collection}",
    )


class Ingestion:
    """The desk of imports and builds. Whoever starts one must keep the library."""

    def __init__(self, parts: LibraryParts, jobs: Jobs) -> None:
        self._parts = parts
        self._jobs = jobs

    async def import_paths(
        self, collection: str, paths: Sequence[Path], principal: Principal
    ) -> JobId:
        """Takes files and folders of this machine on; they are kept before this returns.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
            InputError: ``file_not_found``, ``no_file_given``, ``file_names_collide``.
        """
        found = gather(paths)
        arguments = {
            "collection": collection,
            "outside": found.outside[:MOST_NAMED],
            "unreadable": found.unreadable[:MOST_NAMED],
            "misnamed": found.misnamed[:MOST_NAMED],
        }
        return await self._import(collection, found.files, principal, arguments)

    async def import_files(
        self, collection: str, files: Sequence[GivenFile], principal: Principal
    ) -> JobId:
        """Takes files on that came through a door; they are kept before this returns.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
            InputError: ``file_name_unusable``.
        """
        named = [GivenFile(safe_name(file.name), file.content) for file in files]
        return await self._import(collection, named, principal, {"collection": collection})

    async def build(
        self,
        collection: str,
        principal: Principal,
        *,
        with_vectors: bool = True,
        activate: bool = True,
    ) -> JobId:
        """Takes on the building of an edition of what the collection then holds.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
        """
        await self._require(collection, principal)
        request = JobRequest(
            BUILD,
            Bilingual(zh=f"构建 {collection} 的版本", en=f"Building an edition of {collection}"),
            {"collection": collection, "with_vectors": with_vectors, "activate": activate},
        )
        return await self._jobs.start(request, principal)

    async def make_vectors(self, collection: str, principal: Principal) -> JobId:
        """Takes on the vectors of a collection, behind everything else, and then an edition.

        Asked again before it is done, it is the same job.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``collection_not_found``.
        """
        await self._require(collection, principal)
        return await self._jobs.start(vectors_request(collection), principal)

    async def _import(
        self,
        collection: str,
        files: Sequence[GivenFile],
        principal: Principal,
        arguments: Mapping[str, object],
    ) -> JobId:
        await self._require(collection, principal)
        count = len(files)
        title = Bilingual(
            zh=f"导入 {collection}（{count} 个文件）",
            en=f"Importing {count} files into {collection}",
        )
        return await self._jobs.start(JobRequest(IMPORT, title, arguments, files), principal)

    async def _require(self, collection: str, principal: Principal) -> None:
        self._parts.require_keeping(principal)
        await self._parts.kept_collection(principal, collection)
