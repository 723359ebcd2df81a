"""``suwen hl7 read``: one answer for each line, in the contract's form; nothing is stored."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import Terminal
from tests.support.hl7 import PID, PV1, adt, message


def test_each_line_is_answered_by_the_contract(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "home", tmp_path)
    lines = [
        {"id": "1", "message": adt("A01", "M1", PID + "|" * 23 + "x", PV1)},
        {"id": "2", "message": adt("A01", "M2", "PID|1").replace("\r", "\n")},
        {"id": "3", "message": "nothing of HL7"},
        {"id": "4"},
    ]
    source = terminal.write("in.jsonl", lines)
    ended = terminal.run("hl7", "read", "--input", str(source), "--output", "-")
    assert ended.status == 0
    right, wrong, rejected, missing = ended.lines
    assert list(right) == ["id", "ack", "message_type", "resources", "unmapped"]
    assert (right["id"], right["ack"], right["message_type"]) == ("1", "AA", "ADT^A01")
    assert [r["resourceType"] for r in right["resources"]] == ["Patient", "Encounter"]
    assert right["unmapped"] == ["PID-31"]
    assert (wrong["ack"], wrong["error"]["field"], wrong["resources"]) == ("AE", "PID-3", [])
    assert wrong["error"]["message"].startswith("PID-3: ")
    assert (rejected["ack"], rejected["error"]["field"]) == ("AR", "MSH")
    assert missing["error"]["code"] == "message_missing"
    assert not (tmp_path / "home").exists()


def test_strict_and_a_mapping_file(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "home", tmp_path)
    rxa = "RXA|0|1|20240501||48^HIB^CVX|0.5|mL"
    source = terminal.write("in.jsonl", [{"id": 1, "message": message("VXU^V04", "M", PID, rxa)}])
    line = ("hl7", "read", "--input", str(source), "--output", str(tmp_path / "o"), "--strict")
    assert terminal.run(*line).status == 1
    mapping = terminal.write("map.toml", '[defaults]\n"RXA-20" = "CP"\n')
    assert terminal.run(*line, "--mapping", str(mapping)).status == 0
    for text in ("[defaults]\n", "[default]\nx = 1\n", '[defaults]\n"RXA" = "CP"\n', "x = ["):
        mapping.write_text(text)
        ended = terminal.run("--json", *line, "--mapping", str(mapping))
        if text == "[defaults]\n":
            assert ended.status == 1
        else:
            assert (ended.status, ended.error["code"]) == (2, "hl7_mapping_file")
    gone = terminal.run("--json", *line, "--mapping", str(tmp_path / "none.toml"))
    assert gone.error["code"] == "hl7_mapping_file"
