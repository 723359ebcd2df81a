"""Which question tells most about the department, by expected loss of uncertainty."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from suwen.appkit import Bilingual
from suwen.clinical.departments import (
    GENERAL_PRACTICE,
    DepartmentScore,
    DepartmentTable,
    weights_of,
)
from suwen.clinical.red_flag_rules import AFFIRMS

MOST_QUESTIONS: Final = 8
_LEAST_GAIN: Final = 0.1
"""In bits, for the first question; each one more must be worth as much more: patience is short."""

_CLEAR_FROM: Final = 0.6
_AHEAD: Final = 4.0
_EARLIEST: Final = 1

_MEANT: Final = 0.85
"""How likely somebody with a complaint of a department names an option that points there."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question with options; the words of an option are evidence as if the patient said them.

    Attributes:
        told: what a patient who has answered it before it was asked has said; such a question is
            not asked.
    """

    text: Bilingual
    options: tuple[Bilingual, ...]
    told: re.Pattern[str]


def _question(zh: str, en: str, told: str, *options: tuple[str, str]) -> Question:
    pattern = re.compile(told, re.IGNORECASE)
    return Question(Bilingual(zh, en), tuple(Bilingual(*option) for option in options), pattern)


SAFETY_QUESTION: Final = _question(
    "先确认安全：现在有没有下面任何一种？胸口痛或压得慌、喘不上气、一侧手脚没力或说话不清、"
    "意识不清或抽搐、血止不住、剧烈疼痛、吃错或吃多了药、想伤害自己；孩子特别没精神；孕期出血或胎动少。",
    "First, to be safe: is any of these there now? Chest pain or pressure, hard to breathe, "
    "weakness of one side or trouble speaking, confusion or a seizure, bleeding that does not "
    "stop, severe pain, a wrong or too large dose, thoughts of hurting yourself; a child who "
    "hardly reacts; bleeding or fewer movements in pregnancy.",
    "(?!)",
    (AFFIRMS.zh, AFFIRMS.en),
    ("都没有", "None of these"),
)
"""Asked once where the second reader worries, but not enough to divert."""


QUESTIONS: Final = (
    _question(
        "最难受的是哪个部位？",
        "Where is it worst?",
        r"头|脑袋|胸|心[慌口]|胃|肚|腹|腰|背|腿|膝|关节|皮肤|疹|眼|耳|鼻|喉|嗓|咳|牙|尿|小便|"
        r"\b(?:head|chest|heart|stomach|belly|tummy|back|knee|leg|joints?|skin|rash|eyes?|ears?|"
        r"nose|throat|cough\w*|tooth|urin\w*)",
        ("头部", "head or headache"),
        ("胸口或心慌", "chest or palpitations"),
        ("胃或肚子", "stomach or belly"),
        ("腰或关节", "back pain or joints"),
        ("皮肤", "skin"),
        ("眼、耳、鼻、喉", "eye, nose or throat"),
        ("小便或下身", "urinating or private parts"),
        ("说不清", "not sure"),
        ("没有不适，想问挂号、报告或费用", "nothing: I ask about appointments, reports or fees"),
    ),
    _question(
        "头部的不适是哪一种？",
        "What is it in the head?",
        r"头[痛疼晕昏]|耳鸣|听(?:不|力)|鼻塞|鼻子[不堵]|"
        r"headache|dizz|ringing|hearing|blocked nose|stuffy",
        ("头痛", "headache"),
        ("头晕", "dizziness"),
        ("耳鸣或听力下降", "hearing or ringing"),
        ("鼻塞", "blocked nose"),
        ("都不是", "none of these"),
    ),
    _question(
        "有咳嗽、咳痰或气喘吗？",
        "Is there cough, phlegm or wheezing?",
        r"咳|痰|喘|cough|phlegm|wheez",
        ("咳嗽、咳痰", "cough and phlegm"),
        ("气喘", "wheezing"),
        ("都没有", "none"),
    ),
    _question(
        "胃口和大便怎么样？",
        "How are appetite and bowel?",
        r"胃口|食欲|反酸|烧心|[腹肚]胀|腹泻|拉肚子|便秘|大便|"
        r"appetite|heartburn|bloat|diarrh|constipat|bowel|stool",
        ("反酸、腹胀", "heartburn or bloating"),
        ("腹泻", "diarrhoea"),
        ("便秘", "constipation"),
        ("正常", "as always"),
    ),
    _question(
        "小便有变化吗？",
        "Has urinating changed?",
        r"尿|小便|urin|\bpee",
        ("尿频、尿急、尿痛", "urinating often or with pain"),
        ("泡沫尿或浮肿", "foamy urine"),
        ("没有", "no"),
    ),
    _question(
        "以前有下面的情况吗？",
        "Is one of these known?",
        r"高血压|血压高|糖尿病|肝炎|肝功|贫血|"
        r"hypertension|high blood pressure|diabet|hepatitis|ana?emia",
        ("高血压", "high blood pressure (hypertension)"),
        ("糖尿病", "diabetes"),
        ("肝炎或肝功异常", "hepatitis or liver tests"),
        ("贫血", "anaemia"),
        ("都没有", "none"),
    ),
    _question(
        "关节或骨头的不适是怎样的？",
        "What is it in joints or bones?",
        r"扭[伤到了]|骨折|关节|椎间盘|腿麻|sprain|fractur|joint|slipped disc|sciatica",
        ("扭伤、骨折", "a sprain or fracture"),
        ("多关节肿、晨僵", "stiff joints in the morning"),
        ("腰椎间盘或腿麻", "slipped disc or sciatica"),
        ("没有", "none"),
    ),
    _question(
        "睡眠和情绪怎么样？",
        "How are sleep and mood?",
        r"睡|失眠|情绪|焦虑|抑郁|insomnia|sleep|\bmood|anxi|depress",
        ("失眠", "insomnia"),
        ("情绪低落、焦虑", "low mood or anxiety"),
        ("还好", "all right"),
    ),
    _question(
        "多久了？",
        "Since when?",
        r"[\d一二两三四五六七八九十几半多](?:个)?(?:多)?(?:天|周|星期|礼拜|月|年|小时)|昨[天晚]|今[天早]|从小|好久|"
        r"\b(?:days?|weeks?|months?|years?|hours?|yesterday|today|since)\b",
        ("几天", "some days"),
        ("几周", "some weeks"),
        ("几个月或更久", "months or longer"),
    ),
)


def next_question(
    asked: Sequence[str],
    said: Sequence[str],
    ranked: Sequence[DepartmentScore],
    table: DepartmentTable,
) -> Question | None:
    """The question worth asking next; ``None`` when none is, or eight were asked.

    Args:
        asked: what was asked before.
        said: what the patient wrote; what it answers is not asked.
        ranked: departments by what was said.
        table: the words that point to departments.
    """
    before, told = "\n".join(asked), "\n".join(said)
    left = [
        q
        for q in QUESTIONS
        if q.text.zh not in before and q.text.en not in before and not q.told.search(told)
    ]
    if len(asked) >= MOST_QUESTIONS or not left:
        return None
    thought = {s.department.code: s.score for s in ranked}
    gains = [(_gain(_told(question, table), thought), -n) for n, question in enumerate(left)]
    gain, place = max(gains)
    return left[-place] if gain >= _LEAST_GAIN * (1 + len(asked)) else None


def is_safety_question(asked: str) -> bool:
    """Whether this is the question of the second reader, in either language."""
    return asked in (SAFETY_QUESTION.text.zh, SAFETY_QUESTION.text.en)


def is_safe_answer(said: str) -> bool:
    """Whether this is the option of that question that nothing is there."""
    return said.strip() in (SAFETY_QUESTION.options[1].zh, SAFETY_QUESTION.options[1].en)


def is_clear(ranked: Sequence[DepartmentScore], asked: Sequence[str]) -> bool:
    """Whether nothing more need be asked: the first department is likely, or, once something was
    asked, far ahead of the next one."""
    first, second = ranked[0].score, ranked[1].score
    ahead = ranked[0].department.code != GENERAL_PRACTICE and first >= _AHEAD * second
    return first >= _CLEAR_FROM or (len(asked) >= _EARLIEST and ahead)


def is_general(ranked: Sequence[DepartmentScore]) -> bool:
    """Whether nothing that was said points to a department."""
    return ranked[0].department.code == GENERAL_PRACTICE


def _gain(told: Sequence[Mapping[str, float]], thought: Mapping[str, float]) -> float:
    """Expected loss of uncertainty in bits by Bayes' rule."""
    left_over = 0.0
    for option in told:
        joint = [share * option[code] for code, share in thought.items()]
        likely = sum(joint)
        if likely > 0:
            left_over += likely * _uncertainty([one / likely for one in joint])
    return _uncertainty(thought.values()) - left_over


@cache
def _told(question: Question, table: DepartmentTable) -> tuple[Mapping[str, float], ...]:
    """How likely each option is chosen by somebody who belongs to a department, by its code.

    An option that points nowhere is the way out of whoever has none of the others.
    """
    points = [weights_of(option.zh, table) for option in question.options]
    ways_out = [n for n, one in enumerate(points) if not one] or [len(points) - 1]
    told: list[dict[str, float]] = [{} for _ in points]
    for code in table.departments:
        here = [one.get(code, 0.0) for one in points]
        total = sum(here)
        meant = _MEANT if total else 0.0
        for number, one in enumerate(told):
            named = meant * here[number] / total if total else 0.0
            out = (1 - meant) / len(ways_out) if number in ways_out else 0.0
            one[code] = named + out
    return tuple(told)


def _uncertainty(shares: Iterable[float]) -> float:
    return -sum(p * math.log2(p) for p in shares if p > 0)
