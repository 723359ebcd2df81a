from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from suwen.storage.server_account import ServerAccount
from suwen.storage.socket_folder import choose_socket_folder

ACCOUNT = ServerAccount(os.geteuid(), os.getegid(), switch=False)


@pytest.fixture
def base(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sw") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield Path(folder)


def test_the_folder_is_short_private_and_the_same_next_time(base: Path, tmp_path: Path) -> None:
    home = tmp_path / ("long" * 30)
    home.mkdir()
    chosen = choose_socket_folder(home, ACCOUNT, home / "remembered")
    assert chosen.parent == base
    assert len(str(chosen)) < 80
    assert chosen.stat().st_mode & 0o777 == 0o700
    assert choose_socket_folder(home, ACCOUNT, home / "remembered") == chosen


def test_a_folder_that_others_may_enter_is_passed_over(base: Path, tmp_path: Path) -> None:
    first = choose_socket_folder(tmp_path, ACCOUNT, tmp_path / "remembered")
    first.chmod(0o755)
    second = choose_socket_folder(tmp_path, ACCOUNT, tmp_path / "remembered")
    assert second != first
    assert choose_socket_folder(tmp_path, ACCOUNT, tmp_path / "remembered") == second


def test_a_link_put_there_first_is_passed_over(base: Path, tmp_path: Path) -> None:
    first = choose_socket_folder(tmp_path, ACCOUNT, tmp_path / "remembered")
    first.rmdir()
    (base / "elsewhere").mkdir(mode=0o700)
    first.symlink_to(base / "elsewhere")
    assert choose_socket_folder(tmp_path, ACCOUNT, tmp_path / "remembered") != first


def test_another_environment_agrees_and_a_copied_home_does_not(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, copy = tmp_path / "home", tmp_path / "copy"
    home.mkdir()
    copy.mkdir()
    chosen = choose_socket_folder(home, ACCOUNT, home / "remembered")
    (copy / "remembered").write_text((home / "remembered").read_text())
    other = base / "run"
    other.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(other))
    assert choose_socket_folder(home, ACCOUNT, home / "remembered") == chosen
    assert choose_socket_folder(copy, ACCOUNT, copy / "remembered") != chosen
