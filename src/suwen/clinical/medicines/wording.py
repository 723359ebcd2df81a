"""A drug as it is written, taken apart: name, strength, salt, form."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

MASS: Final = {
    "kg": 1e6, "g": 1e3, "克": 1e3, "mg": 1.0, "毫克": 1.0, "ug": 1e-3, "mcg": 1e-3, "µg": 1e-3,
    "μg": 1e-3, "微克": 1e-3, "ng": 1e-6, "纳克": 1e-6,
}  # fmt: skip
"""Milligrams in one unit of mass."""

ACTIVITY: Final = {
    "iu": 1.0, "u": 1.0, "单位": 1.0, "国际单位": 1.0, "units": 1.0, "unit": 1.0, "axaiu": 1.0,
    "万u": 1e4, "万单位": 1e4, "万iu": 1e4, "miu": 1e6, "mu": 1e6, "ku": 1e3, "kiu": 1e3,
    "万国际单位": 1e4, "抗xa单位": 1.0,
}  # fmt: skip
"""International units in one unit of activity."""

_MASS_OR_ACTIVITY = "|".join(sorted((*MASS, *ACTIVITY), key=len, reverse=True))
_STRENGTH = re.compile(
    rf"(?P<number>\d+(?:\.\d+)?)\s?(?P<unit>{_MASS_OR_ACTIVITY})(?![a-z])"
    r"(?:\s?[/:×x*每]\s?(?P<per>\d+(?:\.\d+)?)?\s?(?P<of>ml|毫升|片|粒|袋|支|瓶|丸|枚|贴|喷|揿|吸|包|s)?)?"
)
_VOLUME_FIRST = re.compile(
    rf"(?P<per>\d+(?:\.\d+)?)\s?(?:ml|毫升)\s?[:：/]\s?(?P<number>\d+(?:\.\d+)?)\s?"
    rf"(?P<unit>{_MASS_OR_ACTIVITY})"
)
# What follows a name without a unit: 1.0, 50/850, 160/4.5.
_BARE_STRENGTH = re.compile(
    r"(?<=[\u4e00-\u9fff ])\d+(?:\.\d+)?(?:\s?[/+:]\s?\d+(?:\.\d+)?){0,3}万?$"
)
# How much is in the pack: 50ml, 7片/盒, 24粒装.
_PACK = re.compile(
    r"(?<![a-z\d.-])[×x*]?\s?\d+(?:\.\d+)?\s?(?:ml|毫升|片|粒|袋|支|瓶|丸|枚|贴|包|s)(?![a-z])"
    r"(?:\s?[/每×x*]?\s?\d*\s?[盒瓶板袋支包]|装)?|/\s?[盒瓶板袋支包]$|\d+(?:\.\d+)?\s?m(?:eq|mol)\b"
)
# What stood between a strength and a pack; the x of a name stays.
_TIMES = re.compile(r"(?:(?<=[\u4e00-\u9fff])|(?<=\s))x$|^x(?=\s)")
_BETWEEN = re.compile(r"\s*[/+、-]\s*|\s+(?:and|with)\s+|和")
_PIECE_MADE = re.compile(
    r"^(?:蜜炙|酒炙|醋炙|盐炙|麸炒|土炒|米炒|清炒|生|鲜|干|净|炒|炙|蜜|酒|醋|盐|制|煅|焦|炮|煨|姜|麸|陈)"
    r"(?=[\u4e00-\u9fff]{2})|(?<=[\u4e00-\u9fff]{2})(?:炭|饮片|片|粉|丝|段|块)$"
)
# Fluids that a ready infusion is named after as well: 左氧氟沙星氯化钠.
_READY_FLUIDS = ("氯化钠", "葡萄糖", "木糖醇", "果糖")
_PERCENT = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s?%")
_BRACKETS = re.compile(r"[(\[【〔<《][^)\]】〕>》]*[)\]】〕>》]")
_SPACE = re.compile(r"\s+")
# What lists put before a name: marks, where it comes from, how it is paid.
_LABELS = re.compile(
    r"^[\W_]+(?=\w)|^\W*(?:进口|国产|自备|外购|集采|国谈|基药|(?:医保)?[甲乙丙]类)[\W_]*(?=\w{2})"
)
# How a piece is boiled, and what was said of a skin test.
_DIRECTIONS = re.compile(
    r"(?<=[\u4e00-\u9fff\d])\s?(?:先煎|后下|包煎|另煎|烊化|冲服|兑服|炖服|打碎|捣碎|分冲|研末|皮试\S*)$"
    r"|^(?:先煎|后下|包煎|另煎|烊化)(?=[\u4e00-\u9fff]{2})"
)
# Brands that are sold in one form of release only.
_BRANDS_OF_A_RELEASE = {
    "modified": re.compile(
        "奥施康定|美施康定|美菲康|芬必得|拜新同|波依定|瑞易宁|秦苏|可多华|专注达|依姆多|怡诺思|舒弗美|"
        "伲福达|合贝爽|哈乐|英太青|戴芬|"
        r"\b(?:oxycontin|ms ?contin|concerta|harnal|plendil|imdur|adalat (?:oros|cc|gits)|"
        r"glucotrol xl|effexor xr|toprol[- ]xl|seroquel xr)\b"
    ),
    "enteric": re.compile(r"拜阿司匹[灵林]|莎尔福|\baspirin protect\b"),
}
_SALTS = (
    "盐酸", "硫酸氢", "硫酸", "富马酸", "马来酸", "苯磺酸", "甲磺酸", "对甲苯磺酸", "甲苯磺酸",
    "酒石酸", "琥珀酸", "枸橼酸", "柠檬酸", "磷酸", "醋酸", "氢溴酸", "草酸", "乳酸", "重酒石酸",
    "丙酸", "糠酸", "戊酸", "棕榈酸", "硝酸", "碳酸", "苯甲酸", "精氨酸", "注射用", "吸入用",
    "外用", "复方", "小儿", "儿童", "医用", "口服",
)  # fmt: skip
_TAILS = (
    "氨丁三醇", "二水合物", "水合物", "一水合物", "钠", "钾", "钙", "镁", "叔丁胺", "酯", "盐酸盐",
)  # fmt: skip
_LATIN_TAILS = (
    "sod.", "sod", "pot.", "hydrochloride", "hcl",
    "sodium", "potassium", "calcium", "sulfate", "sulphate", "maleate",
    "besylate", "besilate", "mesylate", "mesilate", "tartrate", "succinate", "fumarate", "citrate",
    "phosphate", "acetate", "bromide", "magnesium", "tosylate", "axetil", "etexilate", "proxetil",
    "monohydrate", "trihydrate", "bitartrate", "disodium", "tablets", "tablet", "capsules",
    "capsule", "injection", "tab", "cap", "inj", "sr", "er", "xr", "mr", "cr", "xl", "ir", "ec",
    "extended-release", "enteric-coated", "oral", "solution", "suspension", "syrup", "cream",
    "ointment", "gel", "spray", "drops", "powder", "granules", "suppository", "vial", "ampoule",
    "for", "infusion", "film-coated", "sustained-release", "controlled-release", "tabs", "caps",
    "sachets", "sachet", "patch", "patches", "nasal", "orodispersible", "dispersible", "chewable",
    "effervescent", "odt", "la", "cd", "cc", "ds", "otc", "iv", "im", "sc", "po", "drip", "gtt",
    "neb", "nebs", "nebules", "respules", "hfa", "diskus", "accuhaler", "turbohaler", "turbuhaler",
    "evohaler", "handihaler", "respimat", "inhaler", "solostar", "kwikpen", "flexpen", "flextouch",
    "penfill", "pen", "sureclick", "supp", "suppositories", "lozenges", "elixir", "lotion", "drops",
    "vials", "ampoules", "syringe", "pump", "weekly", "zydis", "soltab", "mlt", "kapseals", "succ",
    "tart", "carb", "decanoate", "consta", "maintena", "continus", "wafers", "dosepak",
    "shampoo", "otic", "ophthalmic", "inhalation",
)  # fmt: skip
_FORMS = (
    ("modified", ("双释放", "缓释", "控释", "长效", "缓控释")),
    ("enteric", ("肠溶",)),
)
_FORM_TAILS = (
    "薄膜衣片", "分散片", "咀嚼片", "泡腾片", "口腔崩解片", "口崩片", "舌下片", "干混悬剂",
    "混悬滴剂", "混悬液", "混悬剂", "口服混悬液", "口服溶液", "口服液", "溶液剂", "溶液", "糖浆剂",
    "糖浆", "颗粒剂", "颗粒", "冲剂", "软胶囊", "胶囊剂", "胶囊", "滴丸", "丸剂", "散剂",
    "吸入粉雾剂", "吸入气雾剂", "粉雾剂", "气雾剂", "喷雾剂", "鼻喷雾剂", "雾化液", "粉吸入剂",
    "吸入用溶液", "吸入用混悬液", "吸入溶液", "吸入剂", "滴眼液", "滴眼剂", "眼用凝胶", "眼膏",
    "滴耳液", "滴鼻液", "乳膏", "软膏", "凝胶", "贴剂", "贴片", "透皮贴剂", "贴膏", "搽剂", "洗剂",
    "滴剂", "透皮贴", "贴", "乳胶剂", "乳膏剂", "软膏剂", "凝胶剂", "涂膜剂", "喷剂", "鼻喷剂",
    "鼻喷", "滴耳剂", "滴鼻剂", "眼药水", "眼药膏", "含漱液", "漱口液", "含片", "雾化溶液",
    "雾化吸入溶液", "雾化吸入液", "吸入粉剂", "都保", "准纳器", "能倍乐", "易纳器", "泡腾颗粒",
    "细粒", "预充针", "预充式", "预填充", "注射笔", "植入剂", "微球", "干糖浆", "肠溶", "霜",
    "栓剂", "栓", "灌肠剂", "灌肠液", "注射剂", "注射液", "粉针剂", "粉针", "针剂", "针", "输液",
    "笔芯", "特充", "雾化", "片剂", "片", "丸", "散", "饮片", "外用", "阴道", "乳剂", "合剂", "酊",
    "油",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strength:
    """How much one unit or one millilitre of a product holds.

    Attributes:
        amount: in ``unit``.
        unit: ``mg`` or ``IU``.
        per_ml: whether it is a concentration; otherwise it is per countable unit.
        pack_ml: volume of the whole pack, where it is stated.
    """

    amount: float
    unit: str
    per_ml: bool
    pack_ml: float | None = None


@cache
def _tail_pattern() -> re.Pattern[str]:
    words = sorted(_FORM_TAILS, key=len, reverse=True)
    return re.compile("(?:" + "|".join(map(re.escape, words)) + ")$")


def folded_name(written: str) -> str:
    """A name in half width, lower case and without needless space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", written).casefold()).strip(" .,;。，；、")


def strength_in(folded: str) -> Strength | None:
    """The strength that a name states, ``None`` when it states none."""
    if (found := _VOLUME_FIRST.search(folded)) is not None:
        volume = float(found["per"])
        if volume <= 0:
            return None
        amount, unit = _amount(float(found["number"]), found["unit"])
        return Strength(amount / volume, unit, per_ml=True, pack_ml=volume)
    if (found := _STRENGTH.search(folded)) is not None:
        amount, unit = _amount(float(found["number"]), found["unit"])
        if found["of"] in ("ml", "毫升"):
            volume = float(found["per"] or 1)
            return Strength(amount / volume, unit, per_ml=True, pack_ml=volume) if volume else None
        return Strength(amount, unit, per_ml=False)
    if (found := _PERCENT.search(folded)) is not None:
        return Strength(float(found["number"]) * 10, "mg", per_ml=True)
    return None


def _amount(number: float, unit: str) -> tuple[float, str]:
    if unit in MASS:
        return number * MASS[unit], "mg"
    return number * ACTIVITY[unit], "IU"


def without_strength(folded: str) -> str:
    """A name without what it says about strength and without remarks in brackets."""
    plain = _BRACKETS.sub("", folded) or folded.strip("()[]【】〔〕《》<>")
    plain = _LABELS.sub("", plain)
    plain = _VOLUME_FIRST.sub("", plain)
    plain = _STRENGTH.sub("", plain)
    plain = _PERCENT.sub("", plain)
    plain = _PACK.sub("", plain)
    plain = _TIMES.sub("", plain.strip(" ./*×:：-+,，"))
    plain = _DIRECTIONS.sub("", plain)
    return _SPACE.sub(" ", plain).strip(" ./*×:：-+,，")


def release_of(folded: str) -> frozenset[str]:
    """How a name says that it is released: by a word, or because the brand is of that form."""
    branded = frozenset(
        release for release, brands in _BRANDS_OF_A_RELEASE.items() if brands.search(folded)
    )
    return form_words(folded) | branded


def form_words(folded: str) -> frozenset[str]:
    """Ways of release that a name or a form states: ``modified``, ``enteric``."""
    return frozenset(kind for kind, words in _FORMS if any(word in folded for word in words))


def plainer_names(name: str) -> tuple[str, ...]:
    """The name with form, release and salt taken away, the fuller before the barer."""
    found: dict[str, None] = {name: None}
    bare = name
    for _, words in _FORMS:
        for word in words:
            bare = bare.replace(word, "")
    bare = _without_tails(bare)
    found[bare] = None
    for salt in _SALTS:
        if bare.startswith(salt) and len(bare) - len(salt) >= 2:
            found[bare[len(salt) :]] = None
    for known in tuple(found):
        for fluid in _READY_FLUIDS:
            if known.endswith(fluid) and len(known) - len(fluid) >= 3:
                found[known[: -len(fluid)]] = None
    for known in tuple(found):
        for tail in _TAILS:
            if known.endswith(tail) and len(known) - len(tail) >= 2:
                found[known[: -len(tail)]] = None
    return tuple(found)


def parts_counted_up(name: str) -> tuple[str, ...]:
    """The words between which a name puts a stroke, a plus or an "and"."""
    return tuple(word for word in _BETWEEN.split(name) if word)


def piece_as_grown(name: str) -> str | None:
    """A piece without how it was made: 醋香附 is 香附. ``None`` where nothing is said."""
    bare = _PIECE_MADE.sub("", name)
    return bare if bare != name else None


def without_form(name: str) -> str:
    """A name without the form at its end: 胃苏颗粒 is 胃苏."""
    return _without_tails(name)


def without_bare_strength(name: str) -> str | None:
    """The name without numbers at its end that stand without a unit, ``None`` where none stand."""
    bare = _BARE_STRENGTH.sub("", _without_tails(name)).strip()
    return bare if bare != name and len(bare) >= 2 else None


def _without_tails(name: str) -> str:
    while True:
        shorter = _tail_pattern().sub("", name).strip()
        words = shorter.replace("-tab", " tab").replace("-cap", " cap").split(" ")
        while len(words) > 1 and words[-1] in _LATIN_TAILS:
            words.pop()
        shorter = " ".join(words)
        if shorter == name or len(shorter) < 2:
            return name if len(shorter) < 2 else shorter
        name = shorter
