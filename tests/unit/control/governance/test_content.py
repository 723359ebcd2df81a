"""A Release is what it contains: any change of a file is another hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.control.governance.content import hash_of_folders, platform_parts, release_hash
from suwen.control.governance.model_parts import endpoint_fingerprint
from tests.support.applications import endpoint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables" / "deep").mkdir(parents=True)
    (tmp_path / "tables" / "a.json").write_text("1")
    (tmp_path / "tables" / "deep" / "b.json").write_text("2")
    return tmp_path / "tables"


def test_every_file_and_its_name_count(folder: Path) -> None:
    hashes = {hash_of_folders(folder)}
    (folder / "a.json").write_text("2")
    hashes.add(hash_of_folders(folder))
    (folder / "deep" / "b.json").rename(folder / "deep" / "c.json")
    hashes.add(hash_of_folders(folder))
    (folder / "new.json").write_text("")
    hashes.add(hash_of_folders(folder))
    assert len(hashes) == 4


def test_compiled_files_do_not_count(folder: Path) -> None:
    before = hash_of_folders(folder)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "a.pyc").write_text("x")
    (folder / "a.pyc").write_text("x")
    assert hash_of_folders(folder) == before


def test_a_release_is_named_by_its_parts() -> None:
    assert release_hash({"a": "1", "b": "2"}) == release_hash({"b": "2", "a": "1"})
    assert release_hash({"a": "1"}) != release_hash({"a": "2"})
    assert set(platform_parts()) == {"platform", "shared_tables", "guardrails", "decoding"}


def test_a_gate_result_is_about_the_engine_not_its_name_or_key() -> None:
    known = endpoint_fingerprint(endpoint())
    assert endpoint_fingerprint(endpoint("other", key="secret")) == known
    for change in ({"model": "m"}, {"url": "http://127.0.0.1:1/v1"}, {"context_tokens": 9000}):
        assert endpoint_fingerprint(endpoint(**change)) != known
