"""The second reader of red flags: how much a patient's words are like those of an emergency.

Rules know words, and people tell emergencies in pictures that no rule knows. This reader weighs
runs of words and letters, hashed, and the signs that the rules' own table of concepts finds (said,
denied or only named, and the numbers). It was trained by ``tools/train_red_flag_reader.py`` on
messages that were written for it; its weights are one signed byte a hashed piece, so that no
wording can be read out of them. It only ever adds to what the rules find (``clinical.red_flags``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from suwen.core.language import Bilingual

ARTEFACT: Final = "red_flag_reader.npz"
PIECES: Final = 1 << 16
"""Pieces of the wording are hashed into this many places, and for the groups into fewer."""
GROUP_PIECES: Final = 1 << 13
SIGNS: Final = 1 << 12
"""Signs are hashed into this many places."""

GROUPS: Final[Mapping[str, Bilingual]] = {
    "heart": Bilingual("胸痛、心脏或呼吸问题", "chest pain, heart or breathing"),
    "brain": Bilingual("中风、抽搐、意识或神经问题", "stroke, seizure, consciousness or nerves"),
    "belly": Bilingual("内出血或腹部急症", "inner bleeding or an acute belly"),
    "poison": Bilingual("中毒、用药过量或严重过敏", "poisoning, overdose or severe allergy"),
    "injury": Bilingual("外伤、烧伤、咬伤或异物", "injury, burn, bite or foreign body"),
    "illness": Bilingual("血糖、感染或长期病突然加重", "blood sugar, infection or a sudden turn"),
    "mind": Bilingual("轻生、暴力或虐待", "suicide, violence or abuse"),
    "pregnancy": Bilingual("孕期或产后急症", "emergency of pregnancy or birth"),
    "child": Bilingual("婴幼儿急症", "emergency of a child"),
}
"""What an emergency is likest to; in the order of the weights."""

_CHARACTERS: Final = 2000
_UNIT: Final = re.compile(r"[a-z']+|[0-9]+(?:\.[0-9]+)?|[\u3400-\u9fff]")
_WORD: Final = re.compile(r"[a-z]{3,}")
_FACTOR: Final = np.uint32(2654435761)
_LONGEST_RUN: Final = 4
SIGNS_WEIGH: Final = 0.5
"""How much the signs of a text weigh beside its pieces."""
PIECES_OWED: Final = 100
SIGNS_OWED: Final = 16
"""As if so many more that say nothing were there: little that is said weighs little."""
LEAST_UNITS: Final = 6
"""Words and Chinese letters below which too little is said to divert on; a question is asked."""

Places = NDArray[np.uint32]


def pieces(plain: str) -> Places:
    """The codes of a folded text's pieces, each once, sorted: runs of words and Chinese letters,
    near pairs of them, and runs of letters in words of letters; empty where nothing is said."""
    text = plain[:_CHARACTERS]
    units = [unit if not unit[0].isdigit() else "0" for unit in _UNIT.findall(text)]
    if not units:
        return np.zeros(0, np.uint32)
    parts = [*_runs(units), *_inside(text)]
    return _each_once(_mixed(np.concatenate(parts)))


def says_enough(plain: str) -> bool:
    """Whether a folded text has words enough to be likened to others."""
    return len(_UNIT.findall(plain[:_CHARACTERS])) >= LEAST_UNITS


def _runs(units: Sequence[str]) -> list[Places]:
    codes = np.array([crc32(unit.encode()) for unit in units], np.uint32)
    parts = []
    running = np.full(len(codes), np.uint32(97))
    for length in range(1, _LONGEST_RUN + 1):
        if len(codes) < length:
            break
        running = (running[: len(codes) - length + 1] ^ codes[length - 1 :]) * _FACTOR
        parts.append(running + np.uint32(length))
    for distance in (2, 3):
        if len(codes) > distance:
            first = codes[:-distance] * _FACTOR
            parts.append((first ^ (codes[distance:] + np.uint32(131 * distance))) * _FACTOR)
    return parts


def _inside(text: str) -> list[Places]:
    joined = " ".join(["", *_WORD.findall(text), ""])
    codes = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    parts = []
    running = codes * _FACTOR
    for length in (2, 3, 4, 5):
        if len(codes) <= length:
            break
        running = (running[: len(codes) - length + 1] ^ codes[length - 1 :]) * _FACTOR
        if length > 2:
            parts.append(running + np.uint32(7919 * length))
    return parts


def sign_places(signs: Collection[str]) -> Places:
    """The places of signs, each once, sorted."""
    codes = np.array([crc32(sign.encode()) for sign in signs], np.uint32)
    return _each_once(_mixed(codes) % np.uint32(SIGNS))


def _mixed(codes: Places) -> Places:
    mixed = codes ^ (codes >> np.uint32(15))
    mixed = mixed * np.uint32(2246822519)
    result: Places = mixed ^ (mixed >> np.uint32(13))
    return result


def _each_once(codes: Places) -> Places:
    if not len(codes):
        return codes
    codes = np.sort(codes)
    # Several times as fast as ``np.unique``, which hashes.
    return codes[np.concatenate(([True], codes[1:] != codes[:-1]))]


_STEPS: Final[Mapping[str, tuple[float, ...]]] = {
    "temperature": (37.3, 38.0, 38.5, 39.0, 40.0),
    "systolic": (100, 140, 160, 180),
    "diastolic": (90, 110),
    "glucose_low": (3.0, 3.9, 6.0),
    "glucose_high": (11.0, 16.0, 20.0),
    "pulse_low": (50,),
    "pulse_high": (100, 120, 140),
    "oxygen": (90, 94),
    "respiration": (24, 40, 50),
    "weeks": (20, 34, 37),
    "age": (0.26, 1, 3, 14, 65),
}
"""Where a stated number begins to mean something else; units as ``stated_numbers`` has them."""
_FRAMES: Final[Mapping[str, re.Pattern[str]]] = {
    "now": re.compile(
        r"现在|刚才|刚刚|今天|今早|今晚|今儿|突然|忽然|一下子|正在|分钟|钟头|小时|越来越|救命|快点|"
        r"怎么办|赶紧|"
        r"\b(?:now|just|suddenly|sudden|tonight|minutes|hours?|getting worse|help|keeps)\b"
    ),
    "past": re.compile(
        r"以前|去年|前年|小时候|年前|个月前|当年|上次|曾经|[^不]过(?:一次|一回|两次)|"
        r"\b(?:ago|last (?:year|month|week)|used to|history|years? back|as a (?:kid|child)|once)\b"
    ),
    "over": re.compile(
        r"好了|没事|恢复|稳定|正常|出院|痊愈|复查|不[痛疼]了|消了|退了|"
        r"\b(?:fine|normal|stable|better|recovered|healed|gone|follow.?up|check.?up|all good)\b"
    ),
    "long": re.compile(
        r"[一二两三四五六七八九十几半\d]+(?:来|多)?(?:年|个?月|周|星期|礼拜)了|老毛病|一直这样|"
        r"\b(?:for (?:years|months|weeks)|always|chronic|long.?standing|as usual)\b"
    ),
    "asked": re.compile(
        r"吗[？?。]?$|是不是|能不能|可以|需要|怎么(?:预防|区分|判断)|什么科|哪个科|多少钱|预约|挂号|"
        r"医保|报销|几点|在哪|怎么走|想问|请问|咨询|了解|打听|体检|疫苗|报告|"
        r"\b(?:should i|can i|do i need|which (?:department|doctor|clinic)|appointment|insurance|"
        r"how much|where|what time|book|cost|vaccine|refill|is it (?:ok|normal|safe))\b"
    ),
    "denied": re.compile(
        r"没有?(?!了)|不(?:痛|疼|烧|吐|痒|影响|严重)|无(?!力)|\b(?:no|not|without|never|none|nothing|"
        r"doesnt|dont|isnt|hasnt|havent)\b"
    ),
    "mild": re.compile(
        r"有点|有些|轻微|偶尔|稍微|一点点|不太|不厉害|能吃能睡|精神(?:很|挺|还)?好|"
        r"\b(?:mild|slight\w*|a bit|a little|occasional\w*|sometimes|otherwise)\b"
    ),
    "if": re.compile(
        r"如果|假如|要是|万一|假设|以后|将来|提前|"
        r"\b(?:if|in case|hypothetical\w*|in general|curious)\b"
    ),
}
"""Manners of telling, each a sign of its own."""


def signs_of(
    affirmed: Collection[str], named: Collection[str], numbers: Mapping[str, float], plain: str
) -> list[str]:
    """What is known of a text beside its wording, as names.

    Args:
        affirmed: concepts that are said and neither denied nor past.
        named: concepts that occur at all.
        numbers: as ``stated_numbers`` tells them.
        plain: the folded text.
    """
    signs = [f"+{name}" for name in affirmed]
    signs += [f"-{name}" for name in named if name not in affirmed]
    for name, steps in _STEPS.items():
        if name in numbers:
            signs.append(f"{name}#{sum(numbers[name] >= step for step in steps)}")
    signs += [f"~{name}" for name, pattern in _FRAMES.items() if pattern.search(plain)]
    return [*signs, f"said#{min(len(affirmed), 4)}"]


@dataclass(frozen=True, slots=True)
class Worry:
    """What the reader makes of a text: ``score`` 0 to 1, and the group that it is likest to."""

    score: float
    group: str


@dataclass(frozen=True, slots=True)
class Weights:
    """What was learned: a row of signed bytes for the worry and one for each group.

    Attributes:
        pieces: PIECES weights; ``signs``: SIGNS.
        group_pieces: a row of GROUP_PIECES for each group; ``group_signs``: of SIGNS.
        scales: what one step of a byte is worth: of pieces, signs, groups' pieces, groups' signs.
        bases: of the worry and then of each group.
    """

    pieces: NDArray[np.int8]
    signs: NDArray[np.int8]
    group_pieces: NDArray[np.int8]
    group_signs: NDArray[np.int8]
    scales: NDArray[np.float64]
    bases: NDArray[np.float64]

    def worry(self, plain: str, signs: Collection[str]) -> Worry:
        """How much a folded text with these signs is like an emergency, and like which."""
        found, places = pieces(plain), sign_places(signs)
        worth = (
            1 / np.sqrt(len(found) + PIECES_OWED),
            SIGNS_WEIGH / np.sqrt(len(places) + SIGNS_OWED),
        )
        here = (self.pieces[found % PIECES], self.signs[places])
        logit = self.bases[0] + sum(
            row.sum(dtype=np.int64) * scale * one
            for row, scale, one in zip(here, self.scales[:2], worth, strict=True)
        )
        groups = (
            self.group_pieces[:, found % GROUP_PIECES].sum(axis=1, dtype=np.int64)
            * (self.scales[2] * worth[0])
            + self.group_signs[:, places].sum(axis=1, dtype=np.int64) * (self.scales[3] * worth[1])
            + self.bases[1:]
        )
        score = float(1 / (1 + np.exp(-np.clip(logit, -40, 40))))
        return Worry(score, list(GROUPS)[int(np.argmax(groups))])

    def greatest_worry(self, plain: str, signs: Collection[str]) -> tuple[Worry, int, int]:
        """The greatest worry of a chat as a whole and of each of its lines, and where it is."""
        found = (self.worry(plain, signs), 0, len(plain))
        begin = 0
        lines = plain.rstrip("\n").split("\n")
        for line in lines if len(lines) > 1 else ():
            end = begin + len(line)
            one = self.worry(line, signs)
            if end > begin and one.score > found[0].score:
                found = (one, begin, end)
            begin = end + 1
        return found


@cache
def shipped_weights() -> Weights:
    """The weights that come with the program."""
    content = files("suwen.clinical").joinpath(f"data/{ARTEFACT}").read_bytes()
    with np.load(BytesIO(content), allow_pickle=False) as arrays:
        return Weights(**{name: arrays[name] for name in Weights.__slots__})
