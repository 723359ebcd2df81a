"""One encrypted file with everything that a site cannot make anew, and the way back from it."""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from suwen.core.errors import ConfigurationError, InputError, SuwenError
from suwen.core.faults import fault_point
from suwen.core.language import Bilingual
from suwen.core.manifest import Partition
from suwen.storage.backup_editions import PREFIX as EDITIONS
from suwen.storage.backup_editions import file_of, take_edition_file, write_editions
from suwen.storage.backup_files import put_small_file, small_files
from suwen.storage.database_dump import ChainState, Snapshot, TableContent, TableShape, content_of
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.imaging_resealing import files_at_rest
from suwen.storage.keyring import ring_held
from suwen.storage.migrate import known_revisions, migrate
from suwen.storage.revision import revision
from suwen.storage.sealed_file import SealedReader, SealedWriter, damaged
from suwen.storage.secret_files import sync_folder
from suwen.storage.urls import DatabaseUrls

_FORMAT = 1
_PART = 8 << 20
_MANIFEST = "manifest.json"
_FILES = "files/"
_TABLES = "tables/"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds, or what was restored and found equal.

    Attributes:
        rows: number of rows by partition and table, as ``general/draft``.
        chains: state of each partition's audit chain.
    """

    made_at: datetime
    revision: str
    rows: dict[str, int]
    chains: dict[str, ChainState]
    files: tuple[str, ...]


def create(urls: DatabaseUrls, home: Path, target: Path, passphrase: str) -> BackupReport:
    """Writes a backup of both databases, the site's secrets and the editions in use.

    Each database is taken at one moment, so no half document is in it; work may go on meanwhile.

    Args:
        home: the state directory.
        target: the file to make; it appears only when it is whole.
        passphrase: opens the backup; nobody can open it without.

    Raises:
        InputError: ``backup_file_exists``, ``backup_passphrase_too_short`` or
            ``backup_folder_missing``.
        UnavailableError: when a database cannot be reached.
    """
    if target.exists():
        raise InputError(
            "backup_file_exists",
            Bilingual(
                zh="目标文件已存在，不会覆盖。请换一个文件名。",
                en="The target file exists and is not overwritten. Take another name.",
            ),
            field="file",
        )
    with _new_file(target) as stream:
        writer = SealedWriter(stream, passphrase)
        with tarfile.open(fileobj=cast(BinaryIO, writer), mode="w|gz") as archive:
            manifest = _write_all(archive, urls, home)
        writer.finish()
    return _report(manifest)


def restore(
    source: Path, home: Path, passphrase: str, urls: DatabaseUrls | None = None
) -> BackupReport:
    """Makes a site from a backup and compares everything with what was backed up.

    The whole file is verified before anything is made. When what was made does not compare equal,
    the state directory is emptied again; an outside database must then be made anew.

    Args:
        home: the state directory to make; must be empty or not there.
        urls: an outside PostgreSQL with empty databases; ``None`` makes the embedded one.

    Raises:
        InputError: ``state_directory_not_empty``, ``database_not_empty``, ``backup_not_a_backup``,
            ``backup_wrong_passphrase``, ``backup_damaged``.
        ConfigurationError: ``backup_newer_than_program``.
        SuwenError: ``restored_not_equal``.
    """
    if home.exists() and any(home.iterdir()):
        raise InputError(
            "state_directory_not_empty",
            Bilingual(
                zh="状态目录不为空，不会覆盖已有数据。请将 SUWEN_HOME 设为空目录。",
                en="The state directory is not empty and is not overwritten. Set SUWEN_HOME to an "
                "empty one.",
            ),
            field="SUWEN_HOME",
        )
    manifest = _verified_manifest(source, passphrase)
    _refuse_newer(manifest)
    home.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(home) if urls is None else None
    try:
        at = urls or (server.attach() if server else None)
        if at is None:
            raise AssertionError("either an outside or the embedded server is restored into")
        _refuse_used(at)
        migrate(at, manifest["revision"])
        _load(source, passphrase, manifest, home, at)
        _compare(manifest, at)
        migrate(at)
    except BaseException:
        if server is not None:
            server.detach()
        _clear(home)
        raise
    if server is not None:
        server.detach()
    return _report(manifest)


def _write_all(archive: tarfile.TarFile, urls: DatabaseUrls, home: Path) -> dict[str, Any]:
    tables: dict[str, list[dict[str, Any]]] = {}
    chains: dict[str, dict[str, Any]] = {}
    with ExitStack() as opened:
        # Keys and rows of one moment: a rotation in between would seal rows by a key that the
        # backup does not hold.
        opened.enter_context(files_at_rest(urls.migration))
        with ring_held(home), ring_held(home / "device"):
            general = opened.enter_context(Snapshot(urls.migration))
            device = opened.enter_context(Snapshot(urls.device_migration))
            fault_point("backup.snapshots_taken")
            files = {name: file.read_bytes() for name, file in small_files(home)}
        for name, content in files.items():
            _add(archive, f"{_FILES}{name}", content)
        editions = write_editions(general, home, partial(_add, archive))
        for partition, snapshot in ((Partition.GENERAL, general), (Partition.DEVICE, device)):
            tables[partition.value] = [
                asdict(_write_table(archive, partition, snapshot, shape))
                for shape in snapshot.shapes()
            ]
            chains[partition.value] = asdict(snapshot.chain())
    manifest = {
        "format": _FORMAT,
        "made_at": datetime.now(UTC).isoformat(),
        "revision": revision(urls.migration),
        "tables": tables,
        "chains": chains,
        "files": sorted(files),
        "editions": editions,
    }
    _add(archive, _MANIFEST, json.dumps(manifest).encode())
    return cast(dict[str, Any], json.loads(json.dumps(manifest)))


def _write_table(
    archive: tarfile.TarFile, partition: Partition, snapshot: Snapshot, shape: TableShape
) -> TableContent:
    waiting = bytearray()
    number = 0

    def put_out() -> None:
        nonlocal number
        name = f"{_TABLES}{partition.value}/{shape.name}/{number:08d}"
        _add(archive, name, bytes(waiting))
        waiting.clear()
        number += 1

    def take(part: bytes) -> None:
        waiting.extend(part)
        if len(waiting) >= _PART:
            put_out()

    content = snapshot.read(shape, take)
    put_out()
    return content


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    if not target.parent.is_dir():
        raise InputError(
            "backup_folder_missing",
            Bilingual(zh="目标目录不存在。", en="The target's folder does not exist."),
            field="file",
        )
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.rename(target)
        sync_folder(target.parent)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def _opened(source: Path, passphrase: str) -> Iterator[Iterator[tuple[str, bytes]]]:
    try:
        stream = source.open("rb")
    except OSError as error:
        raise InputError(
            "backup_file_unreadable",
            Bilingual(zh="无法读取备份文件。", en="The backup file cannot be read."),
            field="file",
        ) from error
    with stream:
        reader = SealedReader(stream, passphrase)
        yield _members(reader)


def _members(reader: SealedReader) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(fileobj=cast(BinaryIO, reader), mode="r|gz") as archive:
            for member in archive:
                content = archive.extractfile(member)
                yield member.name, content.read() if content is not None else b""
    except (tarfile.TarError, EOFError, OSError) as error:
        raise damaged() from error
    # What is after the archive's end belongs to the file too and must verify.
    while reader.read(_PART):
        pass


def _verified_manifest(source: Path, passphrase: str) -> dict[str, Any]:
    manifest: dict[str, Any] | None = None
    with _opened(source, passphrase) as members:
        for name, content in members:
            if name == _MANIFEST:
                manifest = json.loads(content)
    if manifest is None or manifest["format"] != _FORMAT:
        raise damaged()
    return manifest


def _load(
    source: Path, passphrase: str, manifest: dict[str, Any], home: Path, urls: DatabaseUrls
) -> None:
    contents = {
        (partition, facts["name"]): content_of(facts)
        for partition, tables in manifest["tables"].items()
        for facts in tables
    }
    with (
        _opened(source, passphrase) as members,
        Snapshot(urls.migration) as general,
        Snapshot(urls.device_migration) as device,
    ):
        into = {"general": general, "device": device}
        waiting = _Ahead(members)
        while (name := waiting.name()) is not None:
            if name.startswith(_TABLES):
                _, partition, table, _ = name.split("/")
                prefix = f"{_TABLES}{partition}/{table}/"
                into[partition].write(contents[partition, table], waiting.take_all(prefix))
            elif name.startswith(EDITIONS):
                file = file_of(name)
                parts = waiting.take_all(f"{EDITIONS}{file}/")
                if file in manifest["editions"]:
                    take_edition_file(home, file, parts)
                else:
                    list(parts)
            else:
                content = b"".join(waiting.take_all(name))
                if name.startswith(_FILES) and name.removeprefix(_FILES) in manifest["files"]:
                    put_small_file(home, name.removeprefix(_FILES), content)


class _Ahead:
    """Members one ahead, so that the parts of one table can be taken together."""

    def __init__(self, members: Iterator[tuple[str, bytes]]) -> None:
        self._members = members
        self._next = next(members, None)

    def name(self) -> str | None:
        return self._next[0] if self._next else None

    def take_all(self, prefix: str) -> Iterator[bytes]:
        while self._next is not None and self._next[0].startswith(prefix):
            content = self._next[1]
            self._next = next(self._members, None)
            yield content


def _compare(manifest: dict[str, Any], urls: DatabaseUrls) -> None:
    for partition in Partition:
        with Snapshot(urls.owner(partition)) as snapshot:
            there = {shape.name: shape for shape in snapshot.shapes()}
            expected = [content_of(facts) for facts in manifest["tables"][partition.value]]
            found = [
                snapshot.read(TableShape(e.name, e.columns, e.key), lambda _: None)
                for e in expected
                if e.name in there
            ]
            chain = asdict(snapshot.chain())
            if found != expected or chain != manifest["chains"][partition.value]:
                raise SuwenError(
                    "restored_not_equal",
                    Bilingual(
                        zh="恢复后的数据与备份不一致，已撤销恢复。请使用另一份备份。",
                        en="What was restored does not equal the backup; it was removed again. Use "
                        "another copy.",
                    ),
                    detail={"partition": partition.value},
                )


def _refuse_newer(manifest: dict[str, Any]) -> None:
    if manifest["revision"] not in known_revisions():
        raise ConfigurationError(
            "backup_newer_than_program",
            Bilingual(
                zh="该备份由更新版本的 suwen 生成。请安装该版本或更高版本后再恢复。",
                en="A later suwen than this one made the backup. Install that version or a later "
                "one, then restore.",
            ),
        )


def _refuse_used(urls: DatabaseUrls) -> None:
    for partition in Partition:
        with Snapshot(urls.owner(partition)) as snapshot:
            if not snapshot.is_empty():
                raise InputError(
                    "database_not_empty",
                    Bilingual(
                        zh="目标数据库已有数据，不会覆盖。请使用空数据库。",
                        en="The target database is in use and is not overwritten. Take empty ones.",
                    ),
                    detail={"partition": partition.value},
                )


def _clear(home: Path) -> None:
    for entry in home.iterdir():
        with suppress(OSError):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def _report(manifest: dict[str, Any]) -> BackupReport:
    return BackupReport(
        made_at=datetime.fromisoformat(manifest["made_at"]),
        revision=manifest["revision"],
        rows={
            f"{partition}/{facts['name']}": facts["rows"]
            for partition, tables in manifest["tables"].items()
            for facts in tables
        },
        chains={name: ChainState(**facts) for name, facts in manifest["chains"].items()},
        files=tuple(manifest["files"]),
    )
