"""Which other wordings are looked up, and how much they weigh."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from suwen.knowledge.edition.analysis import query_terms
from suwen.knowledge.retrieval.expansion.weights import (
    FIRST_WEIGHT,
    KNOWN_WEIGHT,
    REST_WEIGHT,
    expanded_terms,
)
from suwen.knowledge.retrieval.expansion.wordings import (
    MOST_ADDED,
    Reason,
    named_share,
    other_wordings,
    spelled_out,
)
from suwen.knowledge.retrieval.query import RetrievalQuery, weighted_terms


def added(question: str) -> dict[str, Reason]:
    return {wording.text: wording.reason for wording in other_wordings(question)}


@pytest.mark.parametrize(
    ("question", "wording", "reason"),
    [
        ("慢阻肺怎么治", "慢性阻塞性肺疾病", Reason.SYNONYM),
        ("慢阻肺怎么治", "COPD", Reason.ABBREVIATION),
        ("COPD怎么治", "慢性阻塞性肺疾病", Reason.ABBREVIATION),
        ("ＣＯＰＤ怎么治", "慢性阻塞性肺疾病", Reason.ABBREVIATION),
        ("hypokalemia", "低钾血症", Reason.TRANSLATION),
        ("hypokalemia", "hypokalaemia", Reason.SYNONYM),
        ("波立维怎么吃", "氯吡格雷", Reason.GENERIC_NAME),
        ("氯吡格雷怎么吃", "波立维", Reason.PRODUCT_NAME),
        ("clopidogrel dose", "氯吡格雷", Reason.TRANSLATION),
        ("gaoxueya", "高血压", Reason.PINYIN),
        ("gao xue ya zenme zhi", "高血压", Reason.PINYIN),
        ("gxy", "高血压", Reason.PINYIN),
        ("K 2.5 mmol/L", "血钾", Reason.ABBREVIATION),
        ("HIT的处理", "肝素诱导的血小板减少症", Reason.ABBREVIATION),
    ],
)
def test_other_wordings_are_found(question: str, wording: str, reason: Reason) -> None:
    assert added(question)[wording] is reason


@pytest.mark.parametrize(
    "question",
    [
        "",
        "今天天气怎么样",
        "all of us as a team",
        "it hit me that the cat can act",
        "what is the news of the day",
        "k means clustering",
        "in xin out",
    ],
)
def test_nothing_is_added_to_what_names_nothing(question: str) -> None:
    assert other_wordings(question) == ()


def test_first_letters_count_only_alone() -> None:
    assert "高血压" in added("gxy")
    assert added("the gxy file") == {}


def test_what_the_question_holds_is_not_added_again() -> None:
    assert "COPD" not in added("COPD和慢阻肺有什么区别")
    assert "高血压" not in added("高血压")


def test_a_wording_with_two_meanings_gives_each_a_part() -> None:
    shares = {w.text: w.share for w in other_wordings("PE怎么处理")}
    assert shares["肺栓塞"] == shares["子痫前期"] == 0.5
    assert {w.share for w in other_wordings("DVT怎么处理")} == {1.0}


def test_a_long_question_gets_no_more_than_so_many() -> None:
    question = (
        "高血压、糖尿病、冠心病、房颤、心衰、慢阻肺、哮喘、肺炎、痛风、贫血、阿司匹林、二甲双胍"
    )
    assert len(other_wordings(question)) == MOST_ADDED


@pytest.mark.parametrize(
    ("question", "spelled"),
    [
        ("PPI能长期吃吗", "PPI (质子泵抑制剂)能长期吃吗"),
        ("COPD treatment", "COPD (chronic obstructive pulmonary disease) treatment"),
        ("gaoxueya怎么办", "高血压怎么办"),
        ("PE怎么办", "PE怎么办"),
        ("PPI（质子泵抑制剂）怎么吃", "PPI（质子泵抑制剂）怎么吃"),
        ("高血压怎么办", "高血压怎么办"),
        ("", ""),
    ],
)
def test_a_question_is_spelled_out_for_comparison_by_meaning(question: str, spelled: str) -> None:
    assert spelled_out(question) == spelled


def counting(*texts: str) -> Callable[[Sequence[int]], list[int]]:
    held = [set(query_terms(text)) for text in texts]
    return lambda keys: [sum(key in one for one in held) for key in keys]


def expanded(question: str, *texts: str) -> dict[int, float]:
    asked = weighted_terms(RetrievalQuery(question))
    found = expanded_terms(question, asked, counting(*texts), len(texts))
    assert found.of_question() == asked
    return dict(found.weights)


def weights_of(text: str, weights: dict[int, float]) -> set[float]:
    return {round(weights.get(key, 0.0), 3) for key in query_terms(text)}


def test_where_the_collection_writes_otherwise_the_first_wording_counts_most() -> None:
    texts = ("高血压患者应限盐", "hypertension", "血压偏高")
    weights = expanded("gaoxueya", *texts)
    assert FIRST_WEIGHT in weights_of("高血压", weights)
    assert weights_of("hypertension", weights) == {REST_WEIGHT}


def test_where_the_collection_writes_as_asked_others_count_little() -> None:
    weights = expanded("高血压", "高血压患者应限盐", "hypertension", "高血压的分级", "血压")
    assert max(weights_of("hypertension", weights)) <= KNOWN_WEIGHT
    assert max(weights_of("hypertension", weights)) > 0


def test_a_rare_wording_counts_no_more_than_the_usual_one_that_was_asked() -> None:
    usual = ["高血压患者应限盐"] * 50
    common = expanded("高血压", *usual, "hypertension")
    rare = expanded("高血压", "高血压患者应限盐", "hypertension", *["感冒多喝水"] * 49)
    assert max(weights_of("hypertension", common)) < max(weights_of("hypertension", rare))


def test_only_wordings_that_the_readable_passages_have_are_told() -> None:
    asked = weighted_terms(RetrievalQuery("高血压"))
    alone = expanded_terms("高血压", asked, counting("高血压"), 1)
    assert (alone.added, alone.others) == ((), ())
    both = expanded_terms("高血压", asked, counting("高血压", "hypertension"), 2)
    assert both.added == ("hypertension",)
    assert [other.terms for other in both.others] == [frozenset(query_terms("hypertension"))]


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("压疮", 1.0),
        ("PPI 长期使用", 3 / 7),
        ("yachuang", 1.0),
        ("高血压？", 1.0),
        ("怎么看懂K线图", 0.0),
        ("二手房过户", 0.0),
        ("今天天气怎么样", 0.0),
        ("。。。", 0.0),
        ("", 0.0),
    ],
)
def test_how_much_of_a_question_names_a_thing(question: str, share: float) -> None:
    assert named_share(question) == pytest.approx(share)
