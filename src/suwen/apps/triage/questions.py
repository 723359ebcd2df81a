"""Which question tells most about the department, by expected loss of uncertainty."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from suwen.appkit import Bilingual
from suwen.clinical.departments import DepartmentScore, rank_departments

MOST_QUESTIONS: Final = 8
_LEAST_GAIN: Final = 0.03
_CANDIDATES: Final = 6


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options; the words of an option are evidence as if the patient said them."""

    text: Bilingual
    options: tuple[Bilingual, ...]


def _question(zh: str, en: str, *options: tuple[str, str]) -> Question:
    return Question(Bilingual(zh, en), tuple(Bilingual(*option) for option in options))


QUESTIONS: Final = (
    _question(
        "最难受的是哪个部位？",
        "Where is it worst?",
        ("头部", "head or headache"),
        ("胸口或心慌", "chest or palpitations"),
        ("胃或肚子", "stomach or belly"),
        ("腰或关节", "back pain or joints"),
        ("皮肤", "skin"),
        ("眼、耳、鼻、喉", "eye, nose or throat"),
        ("小便或下身", "urinating or below"),
        ("说不清，全身", "not sure, all over"),
    ),
    _question(
        "头部的不适是哪一种？",
        "What is it in the head?",
        ("头痛", "headache"),
        ("头晕", "dizziness"),
        ("耳鸣或听力下降", "hearing or ringing"),
        ("鼻塞", "blocked nose"),
        ("都不是", "none of these"),
    ),
    _question(
        "有咳嗽、咳痰或气喘吗？",
        "Is there cough, phlegm or wheezing?",
        ("咳嗽、咳痰", "cough and phlegm"),
        ("气喘", "wheezing"),
        ("都没有", "none"),
    ),
    _question(
        "胃口和大便怎么样？",
        "How are appetite and bowel?",
        ("反酸、腹胀", "heartburn or bloating"),
        ("腹泻", "diarrhoea"),
        ("便秘", "constipation"),
        ("正常", "as always"),
    ),
    _question(
        "小便有变化吗？",
        "Has urinating changed?",
        ("尿频、尿急、尿痛", "urinating often or with pain"),
        ("泡沫尿或浮肿", "foamy urine"),
        ("没有", "no"),
    ),
    _question(
        "以前有下面的情况吗？",
        "Is one of these known?",
        ("高血压", "high blood pressure (hypertension)"),
        ("糖尿病", "diabetes"),
        ("肝炎或肝功异常", "hepatitis or liver tests"),
        ("贫血", "anaemia"),
        ("都没有", "none"),
    ),
    _question(
        "关节或骨头的不适是怎样的？",
        "What is it in joints or bones?",
        ("扭伤、骨折", "a sprain or fracture"),
        ("多关节肿、晨僵", "stiff joints in the morning"),
        ("腰椎间盘或腿麻", "slipped disc or sciatica"),
        ("没有", "none"),
    ),
    _question(
        "睡眠和情绪怎么样？",
        "How are sleep and mood?",
        ("失眠", "insomnia"),
        ("情绪低落、焦虑", "low mood or anxiety"),
        ("还好", "all right"),
    ),
    _question(
        "多久了？",
        "Since when?",
        ("几天", "some days"),
        ("几周", "some weeks"),
        ("几个月或更久", "months or longer"),
    ),
)


def next_question(
    said: Sequence[str],
    asked: Sequence[str],
    ranked: Sequence[DepartmentScore],
    known: Mapping[str, float | bool | None],
) -> Question | None:
    """The question worth asking next; ``None`` when none is, or eight were asked.

    Args:
        said: what the patient wrote.
        asked: what was asked before.
        ranked: departments by what was said.
        known: ``age_y`` and ``pregnant`` as far as they are known.
    """
    before = "\n".join(asked)
    left = [q for q in QUESTIONS if q.text.zh not in before and q.text.en not in before]
    if len(asked) >= MOST_QUESTIONS or not left:
        return None
    gains = [(_gain(question, said, ranked, known), -n) for n, question in enumerate(left)]
    gain, place = max(gains)
    return left[-place] if gain >= _LEAST_GAIN else None


def _gain(
    question: Question,
    said: Sequence[str],
    ranked: Sequence[DepartmentScore],
    known: Mapping[str, float | bool | None],
) -> float:
    """Expected loss of uncertainty in bits, options being as likely as they fit what is thought."""
    now = {s.department.code: s.score for s in ranked}
    likely, left_over = [], []
    for option in question.options:
        then = _ranked((*said, option.zh), known)
        fit = sum(math.sqrt(now[s.department.code] * s.score) for s in then)
        likely.append(fit)
        left_over.append(_uncertainty(then))
    expected = sum(p * u for p, u in zip(likely, left_over, strict=True)) / sum(likely)
    return _uncertainty(ranked) - expected


def _ranked(said: Sequence[str], known: Mapping[str, float | bool | None]) -> list[DepartmentScore]:
    age, pregnant = known.get("age_y"), known.get("pregnant")
    return rank_departments(said, age_y=age, pregnant=bool(pregnant))


def _uncertainty(ranked: Sequence[DepartmentScore]) -> float:
    top = [s.score for s in ranked[:_CANDIDATES] if s.score > 0]
    return -sum(p * math.log2(p) for p in top)
