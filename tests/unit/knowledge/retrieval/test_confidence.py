"""How sure a search may be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from suwen.core.knowledge import Embedder
from suwen.evaluation.retrieval.trials import background
from suwen.inference.embedding.local_model import LocalEmbedder, local_key
from suwen.knowledge.edition import Edition
from suwen.knowledge.retrieval import EditionSearcher, ReadableRows, RetrievalQuery
from suwen.knowledge.retrieval.confidence import ANSWER_FROM, calibration
from tests.support.editions import TestKey, document
from tests.support.embedded_editions import build_embedded

TEXTS = {
    "potassium": "低钾血症：血钾低于 3.5 mmol/L，轻者口服氯化钾缓释片，重者静脉补钾并监测心电图。",
    "diabetes": "2型糖尿病患者每年检查一次眼底和尿微量白蛋白，糖化血红蛋白每三个月复查一次。",
    "pressure": "压力性损伤的预防：每两小时翻身一次，使用减压床垫，保持皮肤清洁干燥。",
    "warfarin": "服用华法林的患者应定期监测国际标准化比值，目标范围为 2.0 至 3.0。",
    "copd": "慢性阻塞性肺疾病急性加重时给予支气管舒张剂、糖皮质激素和必要时的抗菌药物。",
    "stroke": "急性缺血性脑卒中发病 4.5 小时内可考虑静脉溶栓，先排除脑出血。",
    "fever": "儿童发热超过 38.5 摄氏度时可使用对乙酰氨基酚或布洛芬，注意补充水分。",
    "hand": "接触患者前后、无菌操作前、接触体液后和接触患者周围环境后应进行手卫生。",
    "fall": "住院患者入院时进行跌倒风险评估，高风险者床头挂警示标识并加床栏。",
    "gout": "痛风急性期可使用秋水仙碱、非甾体抗炎药或糖皮质激素，暂不开始降尿酸治疗。",
    "thyroid": "甲状腺功能减退症以左甲状腺素替代治疗，每四至六周复查促甲状腺激素。",
    "asthma": "支气管哮喘的长期控制以吸入糖皮质激素为基础，急性发作时吸入短效支气管舒张剂。",
}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return LocalEmbedder()


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Iterator[Edition]:
    folder: Path = tmp_path_factory.mktemp("editions")
    documents = [document(name, text, title="") for name, text in TEXTS.items()]
    yield build_embedded(folder, documents, TestKey(), embedder)


def everything(edition: Edition) -> ReadableRows:
    return ReadableRows(np.ones(edition.passages, bool))


def asked(
    edition: Edition, embedder: Embedder | None, question: str, readable: ReadableRows
) -> tuple[float, dict[str, float]]:
    vector = None if embedder is None else embedder.embed_query(question)
    result = EditionSearcher(edition).answer(RetrievalQuery(question, vector), readable, 5)
    passages = result.confidence.passages
    return result.confidence.answer, {edition.place(r).document: p for r, p in passages.items()}


@pytest.mark.parametrize("meaning", [True, False])
@pytest.mark.parametrize(
    ("question", "document_id"),
    [("低钾血症怎么补钾？", "potassium"), ("华法林 国际标准化比值 目标范围", "warfarin")],
)
def test_a_question_that_is_answered_is_answered_surely(
    edition: Edition, embedder: Embedder, question: str, document_id: str, meaning: bool
) -> None:
    answer, passages = asked(edition, embedder if meaning else None, question, everything(edition))
    assert answer >= ANSWER_FROM
    assert max(passages, key=lambda name: passages[name]) == document_id
    assert passages[document_id] == pytest.approx(answer)
    assert all(0 <= p <= answer + 1e-12 for p in passages.values())


@pytest.mark.parametrize(
    ("question", "document_id"),
    [("痛风", "gout"), ("COPD", "copd"), ("跌倒", "fall"), ("warfarin INR", "warfarin")],
)
def test_a_few_words_that_name_the_thing_are_a_question_too(
    edition: Edition, embedder: Embedder, question: str, document_id: str
) -> None:
    answer, passages = asked(edition, embedder, question, everything(edition))
    assert answer >= ANSWER_FROM
    assert max(passages, key=lambda name: passages[name]) == document_id


@pytest.mark.parametrize("meaning", [True, False])
@pytest.mark.parametrize(
    "question",
    [
        "世界杯冠军是哪个国家？",
        "怎么修理漏水的水龙头？",
        "How do I bake a chocolate cake?",
        "When did the Roman Empire fall?",
        "心脏地带自驾游的路线",
        "。。。",
    ],
)
def test_a_question_about_something_else_is_not_answered(
    edition: Edition, embedder: Embedder, question: str, meaning: bool
) -> None:
    answer, _ = asked(edition, embedder if meaning else None, question, everything(edition))
    assert answer < ANSWER_FROM


def test_its_raw_cosine_would_have_let_an_off_topic_question_in(
    edition: Edition, embedder: Embedder
) -> None:
    vector = embedder.embed_query("世界杯冠军是哪个国家？")
    legs = EditionSearcher(edition).legs(
        RetrievalQuery("世界杯冠军是哪个国家？", vector), everything(edition), 5
    )
    assert legs["dense"][0].score > 0.75


def test_with_its_answer_withheld_the_confidence_falls(
    edition: Edition, embedder: Embedder
) -> None:
    question = "压疮怎么预防？"
    there, _ = asked(edition, embedder, question, everything(edition))
    hidden = edition.document_ids.index("pressure")
    readable = ReadableRows(edition.passage_documents != hidden)
    withheld, passages = asked(edition, embedder, question, readable)
    assert withheld < there
    assert "pressure" not in passages


def test_a_wording_of_the_same_thing_counts_as_held(edition: Edition) -> None:
    as_written, _ = asked(edition, None, "压力性损伤的预防", everything(edition))
    otherwise, _ = asked(edition, None, "褥疮的预防", everything(edition))
    nothing, _ = asked(edition, None, "白癜风的预防", everything(edition))
    assert as_written >= otherwise > nothing


def test_the_confidence_does_not_depend_on_how_many_are_wanted(
    edition: Edition, embedder: Embedder
) -> None:
    query = RetrievalQuery("痛风急性期用什么药", embedder.embed_query("痛风急性期用什么药"))
    searcher, readable = EditionSearcher(edition), everything(edition)
    found = [searcher.answer(query, readable, limit).confidence for limit in (1, 5, 100)]
    assert found[0] == found[1] == found[2]


def test_where_nothing_may_be_read_nothing_is_sure(edition: Edition, embedder: Embedder) -> None:
    nobody = ReadableRows(np.zeros(edition.passages, bool))
    assert asked(edition, embedder, "低钾血症怎么补钾？", nobody) == (0.0, {})


def test_where_no_readable_passage_has_a_vector_words_alone_decide(
    tmp_path: Path, embedder: Embedder
) -> None:
    documents = [document(name, text, title="") for name, text in TEXTS.items()]
    partial = build_embedded(tmp_path, documents, TestKey(), embedder, only=("gout",))
    hidden = partial.document_ids.index("gout")
    readable = ReadableRows(partial.passage_documents != hidden)
    with_vector = asked(partial, embedder, "华法林 国际标准化比值", readable)
    assert with_vector == asked(partial, None, "华法林 国际标准化比值", readable)
    assert with_vector[0] > 0


def test_the_installed_calibration_is_of_the_bundled_model() -> None:
    known = calibration()
    assert list(known.by_embedding) == [local_key()]
    weighing = known.by_embedding[local_key()]
    assert weighing.background is not None
    assert np.allclose(weighing.background, background(LocalEmbedder()), atol=2e-5)
    assert known.by_words.background is None


def test_the_calibration_file_holds_no_text_of_any_set() -> None:
    raw = json.loads(
        files("suwen.knowledge.retrieval").joinpath("calibration.json").read_text("utf-8")
    )
    texts = [value for value in _leaves(raw) if isinstance(value, str)]
    assert texts == [raw["fitted"], raw["data"]]


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value
