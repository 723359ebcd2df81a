from __future__ import annotations

import os
from pathlib import Path

import pytest

from suwen.core.errors import ConfigurationError
from suwen.storage import server_account as module
from suwen.storage.server_account import ServerAccount, server_account


def test_an_ordinary_account_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1235)
    assert server_account() == ServerAccount(1234, 1235, switch=False)


def test_as_root_a_missing_account_that_cannot_be_made_is_said_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(module, "ACCOUNT", "suwen-no-such")
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ConfigurationError) as caught:
        server_account()
    assert caught.value.code == "database_account_missing"
    assert "suwen-no-such" in caught.value.safe_message.zh


def test_the_way_to_a_path_is_opened_for_walking_only(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    (closed / "inner").mkdir(parents=True)
    closed.chmod(0o700)
    account = ServerAccount(os.geteuid(), os.getegid(), switch=False)
    account.make_reachable(closed / "inner")
    assert closed.stat().st_mode & 0o777 == 0o700
    if os.geteuid() == 0:
        ServerAccount(65534, 65534, switch=True).make_reachable(closed / "inner")
        assert closed.stat().st_mode & 0o777 == 0o701
