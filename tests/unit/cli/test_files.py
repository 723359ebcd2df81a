"""Files that a command writes: read by their owner alone, or none where ``-`` was asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.cli.files import private_or_standard


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    with private_or_standard(tmp_path / "out.jsonl") as output:
        output.write(b"{}\n")
    assert (tmp_path / "out.jsonl").read_bytes() == b"{}\n"
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o077 == 0


def test_a_dash_is_standard_output_and_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    with private_or_standard(Path("-")) as output:
        output.write(b"{}\n")
    assert capfdbinary.readouterr().out == b"{}\n"
    assert list(tmp_path.iterdir()) == []
