"""How near two names are: by sound, by look, by spelling and by slips of the pen."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

_SYLLABLE_ENDS = re.compile(r"(?<=[aeiou])ng$")
# One character for another that looks alike but sounds different.
_SAME_LOOK: Final = {
    "汀": "丁",
    "叮": "丁",
    "苄": "卞",
    "颉": "缬",
    "坐": "唑",
    "佗": "他",
    "晴": "腈",
}
# The same in names that nothing sounds like; the characters of a group count as one.
_LOOK_ALIKE: Final = (
    "汀丁叮", "苄卞", "颉缬", "坐唑挫", "佗他", "晴腈", "坦但担袒", "胍孤", "萘荼", "呋味", "肟污",
    "普晋", "莫英", "辛幸", "瑞端", "匹四", "厄危", "贝见", "孟盂", "诺若", "吡此毗批", "砜枫",
    "呤玲", "泼拨", "戊戌", "昔惜借", "平乎", "氮氨", "特持待", "素索", "泮半伴", "司可", "啶淀",
    "伐代", "嘧密", "噻赛",
    "脲泥", "酮铜", "肼井", "膦磷", "孢胞", "霉梅", "利刹", "米来", "尔示", "洛格咯", "沙少",
    "西酉", "柳卯", "抗杭", "泊铂珀", "良莨", "酯酷", "岛鸟", "环还",
    "喷贲愤", "帕怕拍", "布市", "甲申", "丙两", "溴嗅", "妥安", "康唐庸", "地池", "泰秦", "加伽",
    "伏优状", "尼泥呢", "阿啊呵", "曲由", "卓桌", "琼凉", "胆疸", "羟羥", "拉啦", "列例冽", "艾文",
    "氢轻", "吉古", "华毕",
)  # fmt: skip
_SPELT: Final = (("ph", "f"), ("th", "t"), ("y", "i"), ("ck", "c"), ("k", "c"), ("z", "s"))
_DOUBLED: Final = re.compile(r"([a-z])\1")
LOOKS: Final = str.maketrans({c: group[0] for group in _LOOK_ALIKE for c in group})


def shorter_names(name: str) -> Iterator[str]:
    """The name without each of its characters in turn."""
    for position in range(len(name)):
        yield name[:position] + name[position + 1 :]


def one_slip_apart(first: str, second: str) -> bool:
    """Whether two names differ by one character more, less, other or two exchanged."""
    if len(first) > len(second):
        first, second = second, first
    start = 0
    while start < len(first) and first[start] == second[start]:
        start += 1
    if len(second) - len(first) == 1:
        return first[start:] == second[start + 1 :]
    if len(first) != len(second):
        return False
    return first[start + 1 :] == second[start + 1 :] or (
        first[start : start + 2] == second[start : start + 2][::-1]
        and first[start + 2 :] == second[start + 2 :]
    )


def spelling_of(name: str) -> str:
    """A Latin name with what languages spell in different ways made one: ph and f, y and i …"""
    for written, one in _SPELT:
        name = name.replace(written, one)
    return _DOUBLED.sub(r"\1", name).removesuffix("e")


def slips_between(first: str, second: str) -> int:
    """How many letters more, less, other or exchanged with the next lead from one to the other."""
    before: list[int] = []
    present = list(range(len(second) + 1))
    for row, letter in enumerate(first, start=1):
        earlier, before, present = before, present, [row]
        for column, other in enumerate(second, start=1):
            cost = before[column - 1] + (letter != other)
            cost = min(cost, before[column] + 1, present[column - 1] + 1)
            swapped = (
                row > 1 and column > 1 and letter == second[column - 2] and first[row - 2] == other
            )
            if swapped:
                cost = min(cost, earlier[column - 2] + 1)
            present.append(cost)
    return present[-1]


@cache
def _syllables() -> Mapping[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # heavy, and needed for misspelt names only

    found: dict[int, str] = {}
    for code, readings in pinyin_dict.items():
        plain = unicodedata.normalize("NFD", readings.split(",")[0])
        letters = "".join(c for c in plain if c.isalpha() and c.isascii())
        for long, short in (("zh", "z"), ("ch", "c"), ("sh", "s")):
            letters = letters.replace(long, short)
        found[code] = _SYLLABLE_ENDS.sub("n", letters)
    return found


def sound_of(name: str) -> str | None:
    """How a Chinese name sounds, without tones and with the usual confusions made one."""
    table = _syllables()
    sounds = []
    for character in name:
        read = _SAME_LOOK.get(character, character)
        if read.isascii():
            sounds.append(read)
        elif (syllable := table.get(ord(read))) is not None:
            sounds.append(syllable)
        else:
            return None
    return " ".join(sounds)
