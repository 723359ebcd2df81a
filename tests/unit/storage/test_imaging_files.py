"""Files of images: kept once, under what they hold; leftovers of a crash go, nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suwen.core.errors import SuwenError, UnavailableError
from suwen.storage.encryption import FieldCipher
from suwen.storage.imaging_files import ImagingFiles

NOW = 2_000_000_000.0


@pytest.fixture
def files(tmp_path: Path) -> ImagingFiles:
    made = ImagingFiles(tmp_path, FieldCipher(b"k" * 32))
    made.prepare(NOW)
    return made


def test_the_same_content_is_one_file_that_others_cannot_read(
    files: ImagingFiles, tmp_path: Path
) -> None:
    digest = files.put(b"image")
    assert files.put(b"image") == digest and files.read(digest) == b"image"
    [file] = [f for f in (tmp_path / "imaging").rglob("*") if f.is_file()]
    assert file.name == digest and b"image" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0 and file.parent.stat().st_mode & 0o077 == 0


def test_a_file_moved_under_another_name_is_not_read(files: ImagingFiles) -> None:
    one, other = files.put(b"one"), files.put(b"other")
    files.path(other).write_bytes(files.path(one).read_bytes())
    with pytest.raises(SuwenError, match="field_not_readable"):
        files.read(other)
    assert files.put(b"other") == other and files.read(other) == b"other"


def test_what_is_no_digest_is_no_name(files: ImagingFiles) -> None:
    for name in ("../../etc/passwd", "A" * 64, "", "0" * 63):
        with pytest.raises(ValueError, match="SHA-256"):
            files.path(name)
    with pytest.raises(SuwenError, match="imaging_file_lost"):
        files.read("0" * 64)


def test_leftovers_of_a_crash_are_removed_and_what_is_being_written_stays(
    files: ImagingFiles, tmp_path: Path
) -> None:
    incoming = tmp_path / "imaging" / "incoming"
    for name, age in (("old", 90_000), ("young", 60)):
        (incoming / name).write_bytes(b"half")
        os.utime(incoming / name, (NOW - age, NOW - age))
    digest = files.put(b"image")
    files.prepare(NOW)
    assert [f.name for f in incoming.iterdir()] == ["young"] and files.has(digest)


def test_a_disk_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "imaging").write_text("a file where the folder should be")
    with pytest.raises(UnavailableError, match="imaging_disk"):
        ImagingFiles(tmp_path, FieldCipher(b"k" * 32)).prepare(NOW)
