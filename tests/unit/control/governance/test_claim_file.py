"""A claim file is whole, or it is shown which file is not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from suwen.control.governance.claim_file import ClaimFault, check, pack, read_file
from suwen.core.errors import InputError
from tests.integration.control.conftest import TestSigner

FILES = {"a.json": b'{"one": 1}', "b/c.txt": "依据".encode(), "empty": b""}


@pytest.fixture
def signer() -> TestSigner:
    return TestSigner()


@pytest.fixture
def file(tmp_path: Path, signer: TestSigner) -> Path:
    path = tmp_path / "claim.zip"
    path.write_bytes(pack(FILES, {"draft": "d1"}, signer))
    return path


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The archive with other files, its directory made anew."""
    with zipfile.ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    file.write_bytes(out.getvalue())


def test_a_whole_file_is_whole(file: Path, signer: TestSigner) -> None:
    report = check(file, signer.verify)
    assert (report.ok, report.files, report.facts["draft"]) == (True, 3, "d1")
    assert read_file(file, "b/c.txt") == "依据".encode()
    assert not check(file, lambda _payload, _signature, _key: False).ok


def test_the_same_files_make_the_same_archive(signer: TestSigner) -> None:
    one, two = (pack(FILES, {}, signer) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("change", "fault", "name"),
    [
        (lambda f: f.update({"a.json": b'{"one": 2}'}), ClaimFault.CHANGED, "a.json"),
        (lambda f: f.pop("b/c.txt"), ClaimFault.MISSING, "b/c.txt"),
        (lambda f: f.update({"more": b""}), ClaimFault.ADDED, "more"),
        (lambda f: f.update({"MANIFEST.json": f["MANIFEST.json"].replace(b"d1", b"d2")}),
         ClaimFault.SIGNATURE, "MANIFEST.json"),
        (lambda f: None, ClaimFault.CONTAINER, "claim.zip"),
    ],
)  # fmt: skip
def test_what_was_changed_is_named(
    file: Path,
    signer: TestSigner,
    change: Callable[[dict[str, bytes]], None],
    fault: ClaimFault,
    name: str,
) -> None:
    rewritten(file, change)
    report = check(file, signer.verify)
    assert (report.ok, report.fault, report.file) == (False, fault, name)


def test_every_flipped_byte_is_found(file: Path, signer: TestSigner) -> None:
    content = bytearray(file.read_bytes())
    for place in range(len(content)):
        content[place] ^= 1
        file.write_bytes(content)
        content[place] ^= 1
        try:
            assert not check(file, signer.verify).ok, place
        except InputError as error:
            assert error.code == "not_a_claim_file", place


def test_what_is_no_claim_file_is_told(tmp_path: Path, signer: TestSigner) -> None:
    other = tmp_path / "other.zip"
    for content in (b"", b"PK", b"text", b"PK\x05\x06" + b"\0" * 18):
        other.write_bytes(content)
        with pytest.raises(InputError, match="not_a_claim_file"):
            check(other, signer.verify)
