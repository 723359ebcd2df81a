from __future__ import annotations

import stat
from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError
from suwen.storage.secret_files import (
    read_or_create_password,
    read_secret,
    secrets_folder,
    write_secret,
)


def test_a_new_password_is_long_private_and_stays(tmp_path: Path) -> None:
    file = secrets_folder(tmp_path) / "database_general"
    password = read_or_create_password(file)
    assert len(password) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert read_or_create_password(file) == password


def test_two_passwords_differ(tmp_path: Path) -> None:
    assert read_or_create_password(tmp_path / "a") != read_or_create_password(tmp_path / "b")


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    write_secret(file, b"x" * 32)
    assert read_secret(file) == b"x" * 32
    file.chmod(0o640)
    with pytest.raises(ConfigurationError) as caught:
        read_secret(file)
    assert caught.value.code == "secret_file_readable_by_others"


def test_an_empty_secret_is_refused(tmp_path: Path) -> None:
    write_secret(tmp_path / "password", b" \n")
    with pytest.raises(ConfigurationError) as caught:
        read_or_create_password(tmp_path / "password")
    assert caught.value.code == "secret_file_empty"


def test_writing_again_replaces_the_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_secret(tmp_path / "key", b"a long former secret")
    write_secret(tmp_path / "key", b"new")
    assert read_secret(tmp_path / "key") == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["key"]
