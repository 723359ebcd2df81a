"""Dry runs from the command line: what would be read, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.site.cli.conftest import DemonstrationTerminal
from tests.support.rows import FILES

PEOPLE = "pid,name,sex,born\nP77123,某某某,1,1980-02-03\n"


@pytest.fixture
def dropped(demonstration: DemonstrationTerminal, tmp_path: Path) -> Path:
    """A drop folder with one file, as a connection of invented data, switched off."""
    place = tmp_path / "drop"
    place.mkdir()
    (place / "patients.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "mapping.toml").write_text(FILES, encoding="utf-8")
    settings = {"folder": str(place), "mapping_file": str(tmp_path / "mapping.toml")}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    demonstration.sign_in("it.cao")
    added = demonstration.run(
        *("connection", "add", "drop", "--kind", "drop_folder", "--synthetic", "--off"),
        *("--settings", str(tmp_path / "settings.json"), "--as", "it.cao"),
    )
    assert added.status == 0, added.err
    yield place
    demonstration.run("connection", "remove", "drop", "--as", "it.cao")


def test_it_says_what_would_be_read(demonstration: DemonstrationTerminal, dropped: Path) -> None:
    look = ("connection", "dry-run", "drop", "--as", "it.cao")
    assert demonstration.run("connection", "test", "drop", "--as", "it.cao").status == 0
    found = demonstration.run(*look, "--json")
    assert found.status == 0, found.err
    assert found.json["resources"] == {"Patient": 1, "Observation": 0}
    assert "某某某" not in found.out
    told = demonstration.run(*look)
    assert "would be stored" in told.out
    assert (dropped / "patients.csv").exists()

    (dropped / "patients.csv").write_text(PEOPLE + "P2,李四,9,\n", encoding="utf-8")
    refused = demonstration.run(*look, "--json")
    assert refused.status == 1
    (row,) = refused.json["sources"][0]["refused"]
    assert (row["row"], row["column"], row["code"]) == (3, "sex", "code_unmapped")


def test_another_mapping_can_be_tried(
    demonstration: DemonstrationTerminal, dropped: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    other.write_text(FILES.replace('birthDate = "born"', 'birthDat = "born"'), encoding="utf-8")
    look = ("connection", "dry-run", "drop", "--as", "it.cao", "--json", "--mapping", str(other))
    found = demonstration.run(*look)
    assert found.status == 2
    assert found.json["problem"]["code"] == "mapping_wrong"
    assert "birthDat" in found.json["problem"]["field"]
    (dropped / "patients.csv").unlink()
    dropped.rmdir()
    gone = demonstration.run("connection", "dry-run", "drop", "--as", "it.cao", "--json")
    assert (gone.status, gone.json["problem"]["code"]) == (4, "folder_unusable")
    demonstration.sign_in("dr.lin")
    other_person = demonstration.run("connection", "dry-run", "drop", "--as", "dr.lin", "--json")
    assert (other_person.status, other_person.error["code"]) == (3, "not_permitted")
