"""The hospital's rows at the command line: a file in, a second person, a file out, the way back."""

from __future__ import annotations

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site
FIRST, SECOND = ("--as", "pharm.jiang"), ("--as", "dr.lu")
CHANGES = (
    "table,row,change,source,edition,reason,value:severity\n"
    "renal,REN-metformin-45,confirm,说明书,2025,核对一致,\n"
    "interactions,DDI086,override,本院,2025,核对,moderate\n"
)


def test_a_file_is_proposed_agreed_to_and_taken_back(demonstration: DemonstrationTerminal) -> None:
    file = demonstration.folder / "changes.csv"
    file.write_text(CHANGES.replace("moderate", "grave"), encoding="utf-8")
    faulty = demonstration.run("rules", "import", str(file), "--reason", "x", "--json", *FIRST)
    assert faulty.status == 1
    (problem,) = faulty.json["problems"]
    assert (problem["line"], problem["column"]) == (3, "severity")
    file.write_text(CHANGES, encoding="utf-8")
    made = demonstration.run("rules", "import", str(file), "--reason", "x", "--json", *FIRST)
    assert made.status == 0, made.err
    (proposal,) = made.json["proposals"]
    number = str(proposal["number"])
    shown = demonstration.run("rules", "diff", number, "--json", *SECOND).json
    assert ("contraindicated", "moderate") in {(row["before"], row["after"]) for row in shown}
    assert demonstration.refused("rules", "approve", number, *FIRST) == (3, "own_change")
    (agreed,) = demonstration.run("rules", "approve", number, "--json", *SECOND).json
    assert agreed["state"] == "in_force"
    out = demonstration.folder / "out.csv"
    assert demonstration.run("rules", "export", str(out), *FIRST).status == 0
    assert "DDI086" in out.read_text(encoding="utf-8-sig")
    back = demonstration.run(
        "rules", "return", str(agreed["version"] - 1), "--reason", "x", "--json", *SECOND
    )
    assert demonstration.run("rules", "approve", str(back.json[0]["number"]), *FIRST).status == 0


def test_a_dictionary_is_tried_and_nobody_without_the_right_brings_one(
    demonstration: DemonstrationTerminal,
) -> None:
    file = demonstration.folder / "drugs.csv"
    file.write_text("药名,通用名,编码\n降压一号,氨氯地平,Z901\n某药,无,Z902\n", encoding="gb18030")
    asked = ("drugs", "import", str(file), "--source", "字典", "--dry-run", "--json")
    tried = demonstration.run(*asked, *FIRST)
    assert (tried.status, tried.json["changes"], tried.json["proposals"]) == (1, 1, [])
    assert demonstration.refused(*asked[:-1], "--as", "it.cao") == (3, "not_permitted")
