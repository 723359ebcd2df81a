"""Invented names: drawn from lists of common surnames and given names, no real person meant."""

from __future__ import annotations

import random
from collections.abc import Sequence

from suwen.bootstrap.demonstration.fhir_values import Resource
from suwen.bootstrap.demonstration.plans import PatientPlan


def _words(text: str) -> list[str]:
    return text.split()


_SURNAMES = _words(
    "王 李 张 刘 陈 杨 黄 周 吴 徐 郑 马 朱 胡 郭 高 罗 梁 宋 韩 冯 邓 曹 彭 曾 萧 田 "
    "董 袁 潘 于 蒋 蔡 余 杜 程 苏 吕 丁 任 卢 姚 钟 姜 崔 谭 范 汪 石 贾 夏 付 邹 熊 "
    "白 孟 秦 邱 江 尹"
)
_GIVEN_FEMALE = _words(
    "秀兰 桂芳 玉珍 淑华 美玲 丽娟 晓燕 春梅 雅琴 慧敏 文静 月英 金凤 爱萍 素云 雪梅 "
    "佳怡 海霞 凤英 翠莲 志红 婉清 若彤 思雨 巧云 惠芬"
)
_GIVEN_MALE = _words(
    "建国 志强 国华 永福 德顺 文斌 海涛 志远 家栋 振东 少华 广生 长林 宝山 明辉 立新 "
    "永康 学文 俊杰 宏伟 庆丰 大川 子轩 浩然 树德 培元 春生 兴业"
)
_ENGLISH_SURNAMES = _words(
    "Carter Hughes Bennett Sullivan Mercer Whitaker Lawson Ellison Pemberton Doyle"
)
_ENGLISH_FEMALE = _words("Margaret Emily Hannah Louise Rebecca Grace Eleanor Judith")
_ENGLISH_MALE = _words("Thomas Oliver Edward Peter Daniel Walter George Martin")


def names_of(plans: Sequence[PatientPlan], seed: int) -> dict[int, Resource]:
    """A FHIR HumanName for every plan's number; no two patients have the same name."""
    chance = random.Random(f"{seed}/names")  # noqa: S311 invented names, not a secret
    surnames = chance.sample(_SURNAMES, len(_SURNAMES))
    english = chance.sample(_ENGLISH_SURNAMES, len(_ENGLISH_SURNAMES))
    given = {
        "zhF": chance.sample(_GIVEN_FEMALE, len(_GIVEN_FEMALE)),
        "zhM": chance.sample(_GIVEN_MALE, len(_GIVEN_MALE)),
        "enF": chance.sample(_ENGLISH_FEMALE, len(_ENGLISH_FEMALE)),
        "enM": chance.sample(_ENGLISH_MALE, len(_ENGLISH_MALE)),
    }
    result: dict[int, Resource] = {}
    for plan in plans:
        language = plan.course.language
        first = given[f"{language}{plan.sex}"].pop()
        if language == "zh":
            family = surnames.pop()
            text = f"{family}{first}"
        else:
            family = english.pop()
            text = f"{first} {family}"
        result[plan.number] = {"use": "official", "text": text, "family": family, "given": [first]}
    return result
