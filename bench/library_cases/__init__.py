"""Generated past cases for the retrieval benches: our own words, frequencies as in language.

A few words are very common and most are rare (Zipf), passages are about 200 characters long, some
carry drug names, doses and codes. Vectors lie in 1,000 clouds, as those of real texts do, which
is kinder to approximate indexes than wholly random ones. Nothing of it is anybody's record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from suwen.clinical.drugs import drugs
from suwen.core.knowledge import IngestedDocument, PassageSpan, Rights, TrustLevel
from suwen.core.language import Language
from suwen.knowledge.edition import EditionDocument

PASSAGES_OF_A_CASE = 5
WORDS_OF_A_PASSAGE = 62
DIMENSIONS = 384
_CLOUDS = 1000
_CHARACTERS = (
    "发热咳嗽气促胸闷心悸头痛眩晕恶呕腹泻便秘水肿黄疸血压糖脂肺肝肾脾胃肠脑骨关节肌肉皮肤淋巴"
    "细胞炎症感染肿瘤结石囊梗阻出血栓塞坏死狭窄扩张增生萎缩硬化畸形损伤骨折手术切除缝合引流"
    "穿刺插管通气透析输液注射口服静脉动脉神经内外妇儿急诊门住院复查随访检验影像超声核磁共振"
    "平片造影病理培养药敏抗菌退热止痛镇静降压利尿扩容补钾纠酸营养支持护理体位翻身吸痰雾化康复"
    "评估风险分级告知同意记录签名交班会诊转科出院医嘱剂量疗程间隔监测不良反应过敏禁忌慎用孕哺"
    "老年儿童新生体重身高年龄性别职业吸烟饮酒家族既往现病主诉查体听诊触压反跳移动浊音阳阴性"
)
_COMMON = (
    "患者",
    "治疗",
    "检查",
    "给予",
    "出现",
    "考虑",
    "明显",
    "症状",
    "入院",
    "诊断",
    "情况",
    "及时",
)
_OPENINGS = ("怎么处理", "用什么药", "剂量是多少", "如何诊断", "需要注意什么", "")


@dataclass(frozen=True)
class Cases:
    """Generated cases and questions to them.

    Attributes:
        vectors: one for each passage, unit length, seeded.
        department: for each document one of 200, the first of which hold 15 % and 0.5 % of it.
    """

    documents: Sequence[EditionDocument]
    vectors: NDArray[np.float32]
    questions: Sequence[str]
    question_vectors: NDArray[np.float32]

    def texts(self) -> list[str]:
        """The passages in the order of the edition."""
        return [
            one.document.text[span.start : span.end]
            for one in self.documents
            for span in one.document.passages
        ]


def generate(cases: int, questions: int, seed: int = 20261122) -> Cases:
    """So many cases of five passages each, and questions in words of some of them."""
    random = np.random.default_rng(seed)
    words = _vocabulary(random)
    names = sorted({name for drug in drugs().values() for name in drug.zh if len(name) > 2})
    documents, spoken = [], []
    for number in range(cases):
        passages = list(_passages(random, words, names, number))
        spoken.append(passages[int(random.integers(PASSAGES_OF_A_CASE))])
        documents.append(_document(number, passages, _department(number)))
    vectors = _clouds(random, cases * PASSAGES_OF_A_CASE)
    asked = random.choice(cases, questions, replace=False)
    texts = [_question(random, spoken[int(case)]) for case in asked]
    near = vectors[random.choice(len(vectors), questions, replace=False)]
    return Cases(documents, vectors, texts, _normal(near + 0.7 * _unit(random, questions)))


def _vocabulary(random: np.random.Generator) -> list[str]:
    """20,000 words of two to four characters, the commonest first."""
    characters = np.array(sorted(set(_CHARACTERS)))
    lengths = random.choice([2, 2, 2, 3, 4], 24_000)
    made = ["".join(random.choice(characters, size)) for size in lengths]
    return list(dict.fromkeys([*_COMMON, *made]))[:20_000]


def _passages(
    random: np.random.Generator, words: Sequence[str], names: Sequence[str], number: int
) -> Iterator[str]:
    chances = random.random((PASSAGES_OF_A_CASE, WORDS_OF_A_PASSAGE))
    for part, row in enumerate(np.searchsorted(_shares(len(words)), chances)):
        said = [words[rank] for rank in row.tolist()]
        said.insert(20, f"{random.choice(names)}{random.integers(1, 80) / 4:g}mg")
        said.insert(40, f"编号 YY-{2000 + number % 26}-{number * 5 + part:06d}")
        for stop in (12, 28, 45):
            said[stop] += "，"
        yield "".join(said) + "。"


@cache
def _shares(words: int) -> NDArray[np.float64]:
    """Cumulative share of each word in the text, by the law of Zipf and Mandelbrot."""
    weights = 1 / (np.arange(words) + 10.0)
    return np.cumsum(weights) / weights.sum() * (1 + 1e-9)


def _question(random: np.random.Generator, passage: str) -> str:
    """Three stretches of a passage's words, and what one asks with them."""
    starts = random.integers(0, len(passage) - 8, 3)
    pieces = [passage[start : start + int(random.integers(4, 8))] for start in starts.tolist()]
    return " ".join([*pieces, str(random.choice(_OPENINGS))]).strip()


def _department(number: int) -> str:
    """15 % of the cases are of department A, 0.5 % of B, the rest of C."""
    place = number % 200
    return "A" if place < 30 else "B" if place == 30 else "C"


def _document(number: int, passages: Sequence[str], department: str) -> EditionDocument:
    spans, at = [], 0
    for ordinal, said in enumerate(passages):
        spans.append(PassageSpan(ordinal, at, at + len(said)))
        at += len(said) + 1
    return EditionDocument(
        IngestedDocument(
            id=f"case-{number:06d}",
            title=f"病例 {number}",
            text="\n".join(passages),
            language=Language.ZH,
            passages=tuple(spans),
            rights=Rights(departments=frozenset({department})),
        ),
        1,
        TrustLevel.REVIEWED,
    )


def _clouds(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    vectors = _unit(random, _CLOUDS)[random.integers(0, _CLOUDS, count)]
    vectors += 0.9 * _unit(random, count)
    return _normal(vectors)


def _unit(random: np.random.Generator, count: int) -> NDArray[np.float32]:
    return _normal(random.standard_normal((count, DIMENSIONS), dtype=np.float32))


def _normal(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors
