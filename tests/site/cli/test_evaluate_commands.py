"""The commands that put suites to engines: what they list, take in, refuse and write."""

from __future__ import annotations

import pytest

from tests.site.cli.conftest import DemonstrationTerminal

pytestmark = pytest.mark.site

SHEET = "id,kind,language,question,option_a,option_b,answer\n"


def test_a_suite_stands_where_the_verb_would(demonstration: DemonstrationTerminal) -> None:
    suites = demonstration.run("evaluate", "suites", "--json").json
    assert {"robustness", "equity", "app:record_writer"} <= {one["id"] for one in suites}
    for line, code in (
        (("no-such-suite", "--endpoint", "x"), "no_such_endpoint"),
        (("run", "judge", "--endpoint", "x"), "no_such_endpoint"),
        (("show", "none"), "no_such_evaluation"),
        (("compare", "none", "none"), "no_such_evaluation"),
        (("cases", "none", "--output", str(demonstration.folder / "c")), "no_such_evaluation"),
    ):
        assert demonstration.refused("evaluate", *line) == (2, code), line
    assert isinstance(demonstration.run("evaluate", "list", "--json").json, list)


def test_a_sheet_comes_in_whole_or_is_told_by_row(demonstration: DemonstrationTerminal) -> None:
    sheet = demonstration.folder / "cases.csv"
    made = demonstration.run("evaluate", "template", "--kind", "choice", "--output", str(sheet))
    assert made.status == 0
    options = ("--id", "from-cli", "--title", "Own", "--data-class", "2")
    taken = demonstration.run("evaluate", "import", str(sheet), *options, "--json").json
    assert (taken["id"], taken["cases"]) == ("own:from-cli", 1)
    wrong = demonstration.write("wrong.csv", SHEET + "q,choice,en,?,a,b,Z\n")
    told = demonstration.run("evaluate", "import", str(wrong), *options)
    assert told.status == 2 and "answer" in told.out and "(cases_refused)" in told.err
    assert demonstration.refused("evaluate", "import", "none.csv", *options)[1] == (
        "input_unreadable"
    )
    suites = demonstration.run("evaluate", "suites", "--json").json
    assert [one["cases"] for one in suites if one["id"] == "own:from-cli"] == [1]
