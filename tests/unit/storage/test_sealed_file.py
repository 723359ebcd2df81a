from __future__ import annotations

import io

import pytest

from suwen.core.errors import InputError
from suwen.storage import sealed_file
from suwen.storage.sealed_file import SealedReader, SealedWriter

PASSPHRASE = "correct horse battery"


def _sealed(content: bytes, passphrase: str = PASSPHRASE) -> bytes:
    stream = io.BytesIO()
    writer = SealedWriter(stream, passphrase)
    for start in range(0, len(content), 37):
        writer.write(content[start : start + 37])
    writer.finish()
    return stream.getvalue()


def _opened(sealed: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return SealedReader(io.BytesIO(sealed), passphrase).read()


def _refusal(sealed: bytes, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(InputError) as caught:
        _opened(sealed, passphrase)
    return caught.value.code


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sealed_file, "_CHUNK", 100)
    monkeypatch.setattr(sealed_file, "_SCRYPT_N", 1 << 4)
    return 100


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 200, 950])
def test_what_was_sealed_is_read_whatever_its_size(small_chunks: int, size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    sealed = _sealed(content)
    assert _opened(sealed) == content
    reader = SealedReader(io.BytesIO(sealed), PASSPHRASE)
    pieces = []
    while piece := reader.read(7):
        pieces.append(piece)
    assert b"".join(pieces) == content
    assert all(len(piece) == 7 for piece in pieces[:-1])


def test_any_cut_is_found(small_chunks: int) -> None:
    sealed = _sealed(b"x" * 350)
    whole_chunk = small_chunks + 16
    header = len(sealed) - 3 * whole_chunk - (50 + 16)
    for length in (header, header + whole_chunk, header + 2 * whole_chunk, len(sealed) - 1, 3):
        assert _refusal(sealed[:length]) in ("backup_damaged", "backup_not_a_backup")


def test_any_changed_byte_is_found(small_chunks: int) -> None:
    sealed = _sealed(b"x" * 250)
    for position in range(0, len(sealed), 11):
        altered = bytearray(sealed)
        altered[position] ^= 1
        assert _refusal(bytes(altered)).startswith("backup_")


def test_chunks_in_another_order_or_of_another_file_are_found(small_chunks: int) -> None:
    one, two = _sealed(b"x" * 350), _sealed(b"y" * 350)
    chunk = small_chunks + 16
    header = len(one) - 3 * chunk - (50 + 16)
    first, second = one[header : header + chunk], one[header + chunk : header + 2 * chunk]
    swapped = one[:header] + second + first + one[header + 2 * chunk :]
    foreign = one[:header] + two[header : header + chunk] + one[header + chunk :]
    longer = one + one[-66:]
    for sealed in (swapped, foreign, longer):
        assert _refusal(sealed) == "backup_damaged"


def test_another_passphrase_is_told_from_damage() -> None:
    assert _refusal(_sealed(b"content"), "another passphrase") == "backup_wrong_passphrase"


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        SealedWriter(io.BytesIO(), "short")
    assert caught.value.code == "backup_passphrase_too_short"


def test_what_is_no_sealed_file_is_said_so() -> None:
    for content in (b"", b"SUWEN", b"PK\x03\x04" + b"x" * 100):
        assert _refusal(content) == "backup_not_a_backup"
    assert _refusal(sealed_file.MAGIC + b"\xff\xff\xff\xff{}") == "backup_damaged"


def test_the_content_is_not_readable_in_the_file() -> None:
    assert b"patient" not in _sealed(b"patient " * 1000)
