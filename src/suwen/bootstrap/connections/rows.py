"""What connections that read rows have in common: their mapping file and the way to the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from suwen.bootstrap.connections.numbering import with_numbers
from suwen.bootstrap.connections.parts import origin_of
from suwen.core.connection import Connection
from suwen.core.errors import ConfigurationError, InputError
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.core.row_mapping import RowMapping, RowPlace
from suwen.core.row_mapping_reading import LARGEST_FILE, read_row_mapping
from suwen.core.row_problems import RowProblem
from suwen.core.row_sink import NewResource, SinkCounts
from suwen.integration.fhir.stored import stored_resources
from suwen.integration.fhir.validate import check_resource
from suwen.storage.cursors import CursorStore
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
MAPPING_FILE: Final = (
    "TOML file with the mapping from rows to resources; a relative path is below SUWEN_HOME."
)


def read_mapping_file(path: Path, place: RowPlace) -> RowMapping:
    """The mapping of a file as it stands now; blocking.

    Raises:
        ConfigurationError: ``mapping_unreadable``, ``mapping_malformed`` or ``mapping_wrong``.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise OSError
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            "mapping_unreadable",
            Bilingual(
                zh="映射文件无法读取：请检查路径与权限（UTF-8 编码的 TOML，至多 4 MiB）。",
                en="The mapping file cannot be read: check path and rights (TOML in UTF-8, at most "
                "4 MiB).",
            ),
            field="mapping_file",
        ) from None
    return read_row_mapping(text, place, path.name)


def check_row_resource(resource: Resource) -> RowProblem | None:
    """Why a resource that came of a row is not valid R4; ``None`` where it is."""
    try:
        check_resource(resource, resource["resourceType"])
    except InputError as error:
        return RowProblem(error.code, "", error.field or "", error.safe_message)
    return None


class RecordSink:
    """Stores resources of rows in the record store, each page together with its cursor."""

    def __init__(
        self,
        connection: Connection,
        cursors: CursorStore,
        records: RecordStore,
        numberings: Mapping[str, str] = _NONE,
    ) -> None:
        self._numberings = numberings
        self._name = connection.name
        self._origin = origin_of(connection)
        self._cursors = cursors
        self._records = records

    async def cursor(self, name: str) -> str | None:
        """How far a source was read; ``None`` before the first time."""
        return await self._cursors.read(self._name, name)

    async def store(self, resources: Sequence[NewResource], name: str, cursor: str) -> SinkCounts:
        """Stores resources and moves the cursor, all of it or nothing.

        Raises:
            UnavailableError: nothing was stored, the cursor stands.
        """
        if not resources:
            await self._cursors.advance(self._name, name, cursor)
            return SinkCounts(0)
        unit = [self._stored(one) for one in resources]
        try:
            counts = await self._cursors.import_and_advance([unit], self._name, name, cursor)
        except InputError:
            return await self._store_one_by_one(resources, name, cursor)
        return SinkCounts(counts.stored + counts.replaced)

    async def _store_one_by_one(
        self, resources: Sequence[NewResource], name: str, cursor: str
    ) -> SinkCounts:
        """Stores what can be stored of a page that the store refused whole.

        The cursor moves last: a page that is cut short is gone through again, which changes
        nothing for those that are stored.
        """
        changed, refused = 0, []
        for one in resources:
            try:
                counts = await self._records.import_unit([self._stored(one)])
            except InputError as error:
                refused.append((one.row, _refusal(one.resource, error)))
            else:
                changed += counts.stored + counts.replaced
        await self._cursors.advance(self._name, name, cursor)
        return SinkCounts(changed, refused)

    def _stored(self, one: NewResource) -> StoredResource:
        plain = stored_resources([one.resource], self._origin)
        (stored,) = with_numbers(plain, self._numberings, self._name)
        return dataclasses.replace(stored, source_at=one.state_at)


def _refusal(resource: Resource, error: InputError) -> RowProblem:
    return RowProblem(error.code, "", resource["resourceType"], error.safe_message)
