"""Days and numbers of items by setting, controlled drugs, and the five of a prescription."""

from __future__ import annotations

from .model import Case, Expected, found

ACUTE = ("amoxicillin", "cefaclor", "loratadine", "montmorillonite", "carbocisteine",
         "cefuroxime_axetil", "cetirizine", "ibuprofen")  # fmt: skip
CHRONIC = ("amlodipine", "metformin", "atorvastatin", "levothyroxine", "bisoprolol", "valsartan")
# Setting, diagnosis, order without days, days allowed, article.
CONTROLLED = """
outpatient|骨折术后疼痛|morphine 30mg q12h po|7|RX06
outpatient|骨折术后疼痛|oxycodone 10mg q12h po|7|RX06
outpatient|骨折术后疼痛|=盐酸吗啡片 10mg q6h po form=片|3|RX07
outpatient|骨折术后疼痛|=磷酸可待因片 30mg tid po form=片|3|RX07
outpatient|肺癌 中重度癌痛|morphine 30mg q12h po|15|RX11
outpatient|胰腺癌 癌性疼痛|oxycodone 20mg q12h po|15|RX11
outpatient|肺癌 中重度癌痛|=盐酸吗啡片 10mg q6h po form=片|7|RX12
outpatient|肺癌 中重度癌痛|=盐酸吗啡注射液 10mg q6h ih form=注射液|3|RX10
inpatient|术后疼痛|morphine 30mg q12h po|1|RX13
inpatient|术后疼痛|=盐酸吗啡注射液 10mg q6h ih form=注射液|1|RX13
outpatient|注意缺陷多动障碍|methylphenidate 10mg bid|15|RX08
outpatient|失眠症|zolpidem 10mg qn|7|RX09
outpatient|失眠症|estazolam 1mg qn|7|RX09
outpatient|焦虑状态|alprazolam 0.4mg qn|7|RX09
outpatient|焦虑状态|diazepam 2.5mg qn|7|RX09
outpatient|慢性疼痛|tramadol 50mg bid|7|RX09
outpatient|失眠症|zopiclone 7.5mg qn|7|RX09
""".strip().splitlines()
FIVE = ("amlodipine", "metformin", "atorvastatin", "loratadine", "pantoprazole")
SIXTH = ("calcium_carbonate_d3", "mosapride", "folic_acid", "carbocisteine")
POISON = ("生川乌", "生附子", "生马钱子", "生半夏", "生天南星")


def _expected(drugs: str | tuple[str, ...], row: str) -> Expected:
    return found("quantity", drugs, "minor", f"prescription_rules.yaml {row}")


def ordinary_days() -> list[Case]:
    """Seven and eight days for a walk-in patient, three and four in an emergency."""
    made = []
    for index, drug in enumerate(ACUTE):
        for setting, limit, row in (("outpatient", 7, "RX02"), ("emergency", 3, "RX03")):
            beyond = (limit + 1, limit + 1, 14)[index % 3] if setting == "outpatient" else limit + 1
            for days, side in ((limit - 1, "below"), (limit, "at"), (beyond, "above")):
                made.append(
                    Case("quantity", "M34", (f"{drug} {days}d",),
                         (_expected(drug, row),) if side == "above" else (),
                         setting=setting, level=3, side=side, tolerated=("indication",))
                )  # fmt: skip
    return made


def long_term() -> list[Case]:
    """Four and twelve weeks for a steady chronic disease: allowed with a reason, never stopped."""
    return [
        Case("quantity", "M58", (f"{drug} {days}d",), side="at", tolerated=("quantity",))
        for drug in CHRONIC
        for days in (14, 28, 84)
    ]


def controlled() -> list[Case]:
    """At and one day beyond what the article allows, and a month."""
    made = []
    for index, row in enumerate(CONTROLLED):
        setting, use, order, allowed, article = row.split("|")
        key = order.split()[0]
        limit = int(allowed)
        days = [(limit, "at"), (limit + 1, "above")]
        if index % 3 == 0:
            days.append((30, "above"))
        for number, side in days:
            age = "M12 38kg" if key == "methylphenidate" else "M57"
            made.append(
                Case("quantity", age, (f"{order} {number}d",),
                     (found("quantity", key, "moderate", f"prescription_rules.yaml {article}"),)
                     if side == "above" else (),
                     diagnoses=(use,), setting=setting, side=side,
                     tolerated=("indication", "unknown_drug", "unchecked", "form"))
            )  # fmt: skip
    for setting, use in (("outpatient", "输尿管结石伴肾绞痛"), ("emergency", "急性胆绞痛")):
        for order, side in (
            ("pethidine 50mg st im 1d", "at"),
            ("pethidine 50mg bid im 3d", "above"),
        ):
            made.append(
                Case("quantity", "M41", (order,),
                     (found("quantity", "pethidine", "moderate", "prescription_rules.yaml RX15"),)
                     if side == "above" else (),
                     diagnoses=(use,), setting=setting, side=side)
            )  # fmt: skip
    return made


def numbers() -> list[Case]:
    """Five drugs on a prescription and a sixth."""
    made = []
    for index, sixth in enumerate(SIXTH):
        patient = f"M{45 + index}"
        for orders, side in ((FIVE, "at"), ((*FIVE, sixth), "above")):
            expected = (_expected((), "RX16"),) if side == "above" else ()
            for setting in ("outpatient", "emergency"):
                made.append(Case("quantity", patient, orders, expected, setting=setting, side=side,
                                 tolerated=("indication",)))  # fmt: skip
        made.append(Case("quantity", patient, (*FIVE, sixth), setting="inpatient", side="without"))
    return made


def poisons() -> list[Case]:
    """Poisonous raw pieces: two days at the most."""
    made = []
    for herb in POISON:
        for days, side in ((2, "at"), (3, "above")):
            expected = found("quantity", f"={herb}", "moderate", "prescription_rules.yaml RX23")
            made.append(
                Case("quantity", "M57", (f"={herb} 0.3g qd po {days}d form=饮片",),
                     (expected,) if side == "above" else (), diagnoses=("痹证",), side=side,
                     tolerated=("dose", "form", "unknown_drug", "compatibility", "unchecked"))
            )  # fmt: skip
    return made


def cases() -> list[Case]:
    """All of them."""
    return ordinary_days() + long_term() + controlled() + numbers() + poisons()
