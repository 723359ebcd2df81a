"""The whole measurement over a small set of our own words, and over the public ones where they
are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from suwen.core.errors import NotFoundError
from suwen.core.knowledge import Embedder
from suwen.core.language import Language
from suwen.evaluation.retrieval.markdown import retrieval_as_markdown
from suwen.evaluation.retrieval.peer import peer_is_installed, peer_orders
from suwen.evaluation.retrieval.report import (
    measure_abstention,
    measure_rewording,
    measure_set,
)
from suwen.evaluation.retrieval.sets import REPORTED, SETS, Question, QuestionSet, read_set
from suwen.evaluation.retrieval.trial_site import TrialSite, trial_site
from suwen.evaluation.retrieval.trials import (
    Kind,
    ask_all,
    off_topic_questions,
)
from suwen.evaluation.retrieval.vector_cache import VectorCache
from suwen.inference.embedding.scripted import ScriptedEmbedder
from suwen.knowledge.retrieval import ReadableRows, RetrievalQuery
from tests.support.shared_data import REPOSITORY, shared_data

FOLDERS = {
    "toyhom questions": "toyhom_dept",
    "toyhom titles": "toyhom_dept",
    "bioasq": "bioasq",
    "pubmedqa": "pubmedqa",
    "medquad": "medquad_liveqa",
}
THINGS = [
    "高血压",
    "糖尿病",
    "哮喘",
    "痛风",
    "贫血",
    "甲亢",
    "肺炎",
    "胃溃疡",
    "癫痫",
    "湿疹",
    "中风",
    "肝炎",
]


def small_set() -> QuestionSet:
    documents = {
        f"d{n:02d}": f"{thing}患者应按医嘱治疗并定期复查。" for n, thing in enumerate(THINGS)
    }
    questions = tuple(
        Question(f"q{n:02d}", f"{thing}怎么治疗", frozenset({f"d{n:02d}"}))
        for n, thing in enumerate(THINGS)
    )
    return QuestionSet("small", Language.ZH, documents, questions)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return ScriptedEmbedder()


@pytest.fixture(scope="module")
def site(embedder: Embedder) -> Iterator[TrialSite]:
    with trial_site(small_set(), embedder) as opened:
        yield opened


def test_a_small_set_is_found_and_reported_whole(site: TrialSite) -> None:
    given = small_set()
    report = measure_set(given, site)
    trials = list(ask_all(site, given.questions, off_topic_questions()[:10]))
    report["abstention"] = measure_abstention(trials)
    report["rewording"] = measure_rewording(given, site)
    assert report["legs"]["fused"]["ndcg"]["mean"] > 0.9
    assert report["questions"] == len(given.half(1))
    text = retrieval_as_markdown(
        {"on": "2026-11-22", "embedding": "e", "calibration": "c", "sets": {"small": report}}
    )
    assert "| small | 12 (12) |" in text
    assert not any(thing in text for thing in THINGS)
    json.dumps(report)


def test_how_sure_one_could_be_is_told_beside_how_sure_one_is(site: TrialSite) -> None:
    """With three of four found, the fourth is told from its twin by chance only."""
    given = small_set()
    trials = [t for t in ask_all(site, given.questions, ()) if t.half == REPORTED]
    answered = [t for t in trials if t.kind is Kind.ANSWERED][:4]
    lost = [replace(answered[0], place=None), *answered[1:]]
    withheld = [t for t in trials if t.kind is Kind.WITHHELD]
    report = {**measure_set(given, site), "abstention": measure_abstention([*lost, *withheld])}
    text = retrieval_as_markdown(
        {"on": "2026-11-22", "embedding": "e", "calibration": "c", "sets": {"small": report}}
    )
    row = next(r for r in text.splitlines() if r.startswith("| small | ") and " % [" in r)
    assert row.split(" | ")[2] == "0.875"


def test_a_withheld_document_is_never_found(site: TrialSite) -> None:
    given = small_set()
    trials = list(ask_all(site, given.questions, ()))
    assert all(t.place is None for t in trials if t.kind is Kind.WITHHELD)
    assert all(t.place is not None for t in trials if t.kind is Kind.ANSWERED)
    assert not any(any(t.passages_right) for t in trials if t.kind is Kind.WITHHELD)


def test_risk_grows_with_coverage_and_ends_at_the_share_without_an_answer(
    site: TrialSite,
) -> None:
    given = small_set()
    found = measure_abstention(list(ask_all(site, given.questions, ())))
    curve = found["risk_coverage"]
    assert [point["coverage"] for point in curve] == [n / 10 for n in range(1, 11)]
    assert curve[-1]["risk"] == pytest.approx(0.5)
    confidences = [point["confidence"] for point in curve]
    assert confidences == sorted(confidences, reverse=True)


def test_the_peer_finds_by_words() -> None:
    if not peer_is_installed():
        pytest.skip("the peer is installed by make bench")
    assert peer_orders(small_set(), ["痛风怎么治疗"], 3)[0][0] == "d03"


def test_vectors_are_kept_from_run_to_run(tmp_path: Path) -> None:
    first = VectorCache(ScriptedEmbedder(), tmp_path)
    vectors = first.embed_passages(["甲", "乙", "甲"])
    asked = first.embed_query("甲")
    assert first.embedded == 3
    again = VectorCache(ScriptedEmbedder(), tmp_path)
    assert [list(v) for v in again.embed_passages(["甲", "乙", "甲"])] == [list(v) for v in vectors]
    assert list(again.embed_query("甲")) == list(asked)
    assert again.embedded == 0
    (kept,) = tmp_path.iterdir()
    assert "甲".encode() not in kept.read_bytes()


def test_a_cache_that_was_cut_short_goes_on(tmp_path: Path) -> None:
    first = VectorCache(ScriptedEmbedder(), tmp_path)
    first.embed_passages(["甲", "乙"])
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:-7])
    again = VectorCache(ScriptedEmbedder(), tmp_path)
    again.embed_passages(["甲", "乙", "丙"])
    assert again.embedded == 2
    assert VectorCache(ScriptedEmbedder(), tmp_path).embed_passages(["乙", "丙"]) is not None


def test_our_own_sentences_are_enough_and_in_both_languages() -> None:
    questions = off_topic_questions()
    assert len(questions) >= 200
    assert len({question.text for question in questions}) == len(questions)
    assert {question.half for question in questions} == {0, 1}


@pytest.mark.parametrize("name", SETS)
def test_the_public_sets_are_read(name: str) -> None:
    folder = shared_data(FOLDERS[name])
    given = read_set(name, folder.parent, 60)
    assert 0 < len(given.documents) <= 60
    assert given.questions
    assert all(question.right <= given.documents.keys() for question in given.questions)
    assert given.half(0) and given.half(1)
    assert read_set(name, folder.parent, 60) == given


def test_a_set_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as raised:
        read_set("bioasq", tmp_path, 10)
    assert raised.value.code == "evaluation_set_missing"


def test_no_text_of_a_public_set_is_in_the_repository() -> None:
    given = read_set("toyhom questions", shared_data("toyhom_dept").parent, 5000)
    shipped = files("suwen.evaluation.retrieval").joinpath("plain_life.json").read_text("utf-8")
    report = REPOSITORY / "docs" / "evaluation" / "retrieval.md"
    committed = shipped + report.read_text("utf-8")
    assert not any(question.text in committed for question in given.questions)


def test_the_committed_report_meets_what_was_promised() -> None:
    report = REPOSITORY / "docs" / "evaluation" / "retrieval.json"
    sets = json.loads(report.read_text("utf-8"))["sets"]
    chinese = sets["toyhom questions"]
    assert chinese["questions"] >= 2000
    assert chinese["fused_minus_peer"]["ndcg"]["mean"] >= 0.06
    for name in SETS:
        assert sets[name]["fused_minus_better_leg"]["ndcg"]["low"] > -0.03
        off_topic = sets[name]["abstention"]["answered"]["off_topic"]
        assert off_topic["share"] <= 0.02


def test_the_measurement_judges_as_a_site_does(site: TrialSite, embedder: Embedder) -> None:
    readable = ReadableRows(np.ones(site.edition.passages, bool))
    for question in small_set().questions[:3]:
        for vector in (None, embedder.embed_query(question.text)):
            found = site.searcher.answer(RetrievalQuery(question.text, vector), readable, 50)
            judged = site.judge(question.text, frozenset(), vector is not None)
            assert judged.fused == tuple(candidate.row for candidate in found.candidates)
            assert judged.confidence == found.confidence.answer
