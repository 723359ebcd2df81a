"""The pages of evaluations: for whom they open, what they show, and what they refuse."""

from __future__ import annotations

import itertools

from suwen.bootstrap.evaluation.desk import evaluation_store
from suwen.bootstrap.evaluation.results import suite_record
from suwen.core.identity import PrincipalId
from suwen.evaluation.inspecting.wire import result_as_json
from suwen.evaluation.suites.model import CaseResult, Scored
from suwen.evaluation.suites.own_cases import read_cases
from suwen.evaluation.suites.summary import summarise
from suwen.storage.evaluations import EvaluationRun, KeptResult
from tests.support.web_site import Answer, Client, WebSite

NUMBERS = itertools.count(1)
HEAD = "id,kind,language,question,option_a,option_b,answer\n"
SHEET = HEAD + "".join(f"q{n},choice,en,Which one is it {n}?,this,that,A\n" for n in range(20))


def put(web: WebSite, right: int) -> str:
    """An ended run in which that many of twenty cases were answered rightly."""
    suite = read_cases(SHEET.encode(), "shown", "Shown suite", 1)
    store, now = evaluation_store(web.platform), web.platform.clock.now()
    results = [
        CaseResult(case, Scored(float(n < right), None, "A", {"letter": "A"}), "A", None, 5.0, 9.0)
        for n, case in enumerate(suite.cases)
    ]
    summary = summarise(suite, results)
    name = f"shown-{next(NUMBERS)}"
    run = EvaluationRun(
        id=name,
        batch=name,
        suite=suite.id,
        suite_hash=suite.hash,
        cases_hash=suite.cases_hash,
        app=None,
        release=None,
        endpoint=f"engine-{right}",
        fingerprint="f" * 64,
        recorded={
            "suite": suite_record(suite),
            "choice": {"seed": 0, "sample": None, "sets": []},
            "engine": {"model": "some-model"},
            "judge": None,
            "price": None,
            "versions": {"suwen": "0"},
        },
        total=len(suite.cases),
        started_by=PrincipalId("compliance.yuan"),
        created_at=now,
    )

    async def keep() -> None:
        await store.add([run], [case.as_json() for case in suite.cases])
        kept = [
            KeptResult(n, "scored", one.scored.value, None, result_as_json(one))
            for n, one in enumerate(results)
        ]
        await store.keep(run.id, kept, now)
        await store.end(run.id, bool(summary["passed"]), summary, now)

    web.run(keep())
    return run.id


def test_a_report_has_plots_beside_its_figures(web: WebSite) -> None:
    weak, strong = put(web, 11), put(web, 19)
    office = web.person("compliance.yuan")
    assert weak in office.get("/evaluations").text
    page = office.get(f"/evaluations/{weak}").page
    text = page.text()
    assert "55.0 %" in text and "34.2 % – 74.2 %" in text and "≥ 80.0 %" in text
    plots = page.css("svg.sw-interval")
    assert plots and all(plot.attributes["aria-label"] for plot in plots)
    [other] = [a for a in page.css("a") if strong in (a.attributes.get("href") or "")]
    compared = office.get(str(other.attributes["href"])).text
    assert "McNemar p" in compared and "engine-19" in compared
    report = office.get(f"/evaluations/{weak}/report.json").json
    assert report["passed"] is False and report["record"]["suite_hash"]
    written = office.get(f"/evaluations/{weak}/report.md").text
    assert "| 0.55 |" in written
    # Figures and hashes only: no word of a case is in a report.
    assert "Which one" not in written + str(report)


def test_clinicians_see_figures_and_neither_cases_nor_forms(web: WebSite) -> None:
    run = put(web, 12)
    nurse, office = web.person("nurse.zhao"), web.person("compliance.yuan")
    assert nurse.get(f"/evaluations/{run}").status == 200
    assert 'action="/evaluations"' not in nurse.get("/evaluations").text
    for answer in (
        nurse.get(f"/evaluations/{run}/cases.jsonl"),
        nurse.post("/evaluations", {"suite": "judge"}),
        nurse.post(f"/evaluations/{run}/resume"),
        upload(nurse, SHEET, "refused"),
    ):
        assert answer.status == 403
    cases = office.get(f"/evaluations/{run}/cases.jsonl").text
    assert cases.count("Which one is it") == 20
    assert office.get("/evaluations/none").status == 404


def test_a_sheet_is_taken_whole_or_refused_by_row_and_column(web: WebSite) -> None:
    office = web.person("compliance.yuan")
    wrong = upload(office, SHEET + "q0,choice,fr,,x,,Z\n", "sheet")
    assert wrong.status == 422
    cells = [[cell.text() for cell in row.css("td")] for row in wrong.page.css("tbody tr")]
    assert [cell[:2] for cell in cells if cell[0] == "22"] == [
        ["22", "id"],
        ["22", "language"],
        ["22", "question"],
        ["22", "option_a"],
    ]
    assert "own:sheet" not in office.get("/evaluations").text
    assert upload(office, SHEET, "sheet").status == 303
    assert "own:sheet" in office.get("/evaluations").text
    template = office.get("/evaluations/template.csv?kind=number").text
    assert "tolerance" in template.splitlines()[0]
    assert upload(office, template.lstrip("\ufeff"), "from-template").status == 303
    assert office.get("/evaluations/template.csv?kind=none").status == 422


def test_a_start_that_names_no_engine_is_refused(web: WebSite) -> None:
    office = web.person("compliance.yuan")
    assert office.post("/evaluations", {"suite": "judge"}).status == 422
    assert office.get("/evaluations/compare?before=none&after=none").status == 404


def upload(client: Client, sheet: str, name: str) -> Answer:
    """Sends a sheet as the form of the page does."""
    fields = {"csrf_token": client.csrf, "id": name, "title": "Own", "data_class": "1"}
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    parts.append(
        '--edge\r\nContent-Disposition: form-data; name="file"; filename="own.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{sheet}\r\n--edge--\r\n"
    )
    return client.request(
        "POST",
        "/evaluations/cases",
        "".join(parts).encode(),
        {
            "Content-Type": "multipart/form-data; boundary=edge",
            "Origin": f"http://{client.host}",
            "X-CSRF-Token": client.csrf,
        },
    )
