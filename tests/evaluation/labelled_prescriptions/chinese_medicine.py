"""Chinese pieces: eighteen incompatibilities, nineteen fears, poisonous pieces, mixed prescriptions."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

PHARMACOPOEIA = "knowledge: Chinese Pharmacopoeia"
GRAMS = {"制川乌": 3, "制草乌": 3, "附子": 9, "甘遂": 1, "京大戟": 1.5, "芫花": 1.5, "细辛": 3, "藜芦": 0.5,
         "红大戟": 1.5, "硫黄": 1.5, "丁香": 3, "巴豆霜": 0.1, "狼毒": 0.5, "密陀僧": 0.3, "人参": 6,
         "西洋参": 5, "肉桂": 3, "牵牛子": 3, "川贝母": 6, "白蔹": 6, "白及": 9, "三棱": 6, "芒硝": 9}  # fmt: skip
EIGHTEEN = {
    ("制川乌", "制草乌", "附子"): ("法半夏", "姜半夏", "瓜蒌", "天花粉", "川贝母", "浙贝母", "白蔹", "白及"),
    ("甘草", "炙甘草"): ("甘遂", "京大戟", "红大戟", "海藻", "芫花"),
    ("藜芦",): ("人参", "西洋参", "党参", "丹参", "玄参", "北沙参", "苦参", "细辛", "白芍", "赤芍"),
}  # fmt: skip
FEARS = (("硫黄", "芒硝"), ("狼毒", "密陀僧"), ("巴豆霜", "牵牛子"), ("丁香", "郁金"), ("芒硝", "三棱"),
         ("人参", "五灵脂"), ("肉桂", "赤石脂"))  # fmt: skip
BY_FACTS = {("附子", "法半夏"): "DDI194", ("附子", "姜半夏"): "DDI194", ("甘草", "甘遂"): "DDI195",
            ("炙甘草", "甘遂"): "DDI195", ("藜芦", "人参"): "DDI196"}  # fmt: skip
# Piece, grams a day at the limit, just above, far above.
DOSES = (("附子", 15, 18, 60), ("制川乌", 3, 4, 15), ("制草乌", 3, 4, 15), ("细辛", 3, 4, 15),
         ("法半夏", 9, 12, 30), ("麻黄", 10, 12, 40), ("吴茱萸", 5, 6, 20), ("苦杏仁", 10, 12, 40),
         ("山豆根", 6, 9, 30), ("水蛭", 3, 4, 15), ("全蝎", 6, 8, 30), ("蜈蚣", 5, 6, 20),
         ("甘遂", 1.5, 2, 10), ("朱砂", 0.5, 0.6, 3), ("雄黄", 0.1, 0.15, 1), ("制马钱子", 0.6, 0.8, 3),
         ("斑蝥", 0.06, 0.08, 0.5), ("蟾酥", 0.03, 0.04, 0.3))  # fmt: skip
FORMULAS = {
    "感冒风热": ("金银花 15g", "连翘 15g", "薄荷 6g", "桔梗 6g", "牛蒡子 9g", "甘草 6g"),
    "脾胃气虚": ("党参 15g", "白术 10g", "茯苓 15g", "炙甘草 6g", "陈皮 6g"),
    "肝气郁结": ("柴胡 10g", "当归 10g", "白芍 12g", "白术 10g", "茯苓 12g", "薄荷 3g", "甘草 6g"),
    "肾阴虚": ("熟地黄 24g", "山茱萸 12g", "山药 12g", "泽泻 9g", "牡丹皮 9g", "茯苓 9g"),
    "痰湿咳嗽": ("法半夏 9g", "陈皮 9g", "茯苓 12g", "甘草 6g"),
    "心脾两虚": ("黄芪 15g", "党参 15g", "当归 10g", "龙眼肉 10g", "酸枣仁 15g", "木香 6g"),
    "风寒感冒": ("桂枝 9g", "白芍 9g", "生姜 9g", "大枣 12g", "炙甘草 6g"),
    "气血两虚": ("熟地黄 15g", "当归 10g", "白芍 10g", "川芎 6g", "党参 15g", "白术 10g", "茯苓 10g",
             "炙甘草 6g"),
    "阳虚寒证": ("附子 9g", "干姜 9g", "炙甘草 6g"),
    "血瘀头痛": ("川芎 9g", "桃仁 9g", "红花 9g", "当归 10g", "赤芍 9g"),
    "胃阴不足": ("北沙参 12g", "麦冬 12g", "玉竹 12g", "天花粉 10g", "甘草 6g"),
    "湿热泄泻": ("葛根 15g", "黄芩 9g", "黄连 6g", "炙甘草 6g"),
}  # fmt: skip
TOLERATED = ("quantity", "form", "unknown_drug", "unchecked", "dose", "indication", "age")


def _piece(name: str, grams: float | None = None) -> str:
    return f"={name} {grams or GRAMS.get(name, 9):g}g qd po 3d form=饮片"


def pairs() -> list[Case]:
    """Every pair of the eighteen at least for one of the group, and seven of the nineteen."""
    made = []
    kinds = ("compatibility", "interaction")
    for group, others in EIGHTEEN.items():
        for index, other in enumerate(others):
            first = group[index % len(group)]
            row = BY_FACTS.get((first, other))
            basis = f"ddi.yaml {row}" if row else f"{PHARMACOPOEIA}, 十八反"
            expected = found(kinds, (f"={first}", f"={other}"), "contraindicated", basis)
            orders = (_piece(first), _piece(other), _piece("茯苓", 12))
            made.append(Case("chinese_medicine", "M56", orders, (expected,), diagnoses=("痰饮",),
                             side="above", tolerated=TOLERATED))  # fmt: skip
            made.append(Case("chinese_medicine", "M56", orders[1:], diagnoses=("痰饮",),
                             side="without", tolerated=TOLERATED))  # fmt: skip
    for first, second in FEARS:
        basis = f"{PHARMACOPOEIA}, 十九畏"
        expected = found(kinds, (f"={first}", f"={second}"), "moderate", basis)
        made.append(Case("chinese_medicine", "M56", (_piece(first), _piece(second)), (expected,),
                         diagnoses=("痹证",), side="above", tolerated=TOLERATED))  # fmt: skip
    liquorice = found("interaction", ("=甘草", "digoxin"), "moderate", "ddi.yaml DDI197")
    made.append(Case("chinese_medicine", "M56", (_piece("甘草"),), (liquorice,), current=("digoxin",),
                     tolerated=TOLERATED))  # fmt: skip
    ephedra = found("interaction", ("=麻黄", "selegiline"), "contraindicated", "ddi.yaml DDI198")
    made.append(Case("chinese_medicine", "M56", (_piece("麻黄", 6),), (ephedra,),
                     current=("selegiline",), tolerated=TOLERATED))  # fmt: skip
    return made


def doses() -> list[Case]:
    """Poisonous pieces at, just above and far above their dose of a day."""
    made = []
    tolerated = tuple(kind for kind in TOLERATED if kind != "dose")
    for name, limit, above, far in DOSES:
        for grams, side, severity in ((limit, "at", ""), (above, "above", "minor"),
                                      (far, "above", "moderate")):  # fmt: skip
            expected = found(("dose", "quantity"), f"={name}", severity,
                             f"{PHARMACOPOEIA}, dose") if severity else None  # fmt: skip
            made.append(
                Case("chinese_medicine", "M56", (f"={name} {grams:g}g qd po 2d form=饮片",),
                     (expected,) if expected else (), diagnoses=("痹证",), side=side,
                     tolerated=tolerated)
            )  # fmt: skip
    return made


def formulas() -> list[Case]:
    """Known formulas, which are clean; and pieces on the paper of tablets, which are not."""
    made = []
    for patient in ("M48", "F52"):
        for use, pieces in FORMULAS.items():
            orders = tuple(f"={text} qd po 7d form=饮片" for text in pieces)
            made.append(Case("chinese_medicine", patient, orders, diagnoses=(use,), side="without",
                             tolerated=("unknown_drug", "unchecked")))  # fmt: skip
    for drug in ("amlodipine", "metformin", "loratadine", "atorvastatin"):
        mixed = found(("quantity", "form", "compatibility"), (), "minor",
                      "prescription_rules.yaml RX16 IRR5")  # fmt: skip
        orders = (drug, _piece("黄芪", 15), _piece("茯苓", 12))
        made.append(Case("chinese_medicine", "M48", orders, (mixed,), diagnoses=("高血压", "气虚证"),
                         tolerated=(*TOLERATED, "interaction")))  # fmt: skip
    return made


def cases() -> list[Case]:
    """All of them."""
    return pairs() + doses() + formulas()
