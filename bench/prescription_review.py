"""Prescriptions per CPU second against a bare loop of six rules, and one prescription from text.

The loop is the one that the design measured: five drugs, 5,000 interacting pairs in a dictionary,
a dose range, kidney, pregnancy, allergy class and duplicate class; it tells that something is
wrong, not what, why, how gravely or from which source. Both run in turns in this process on the
same prescriptions. In one run a fifth of them hold two drugs that may not stand together, which
is more than a hospital's do; in the other half of them.
"""

from __future__ import annotations

import json
import random
import statistics
import time
from itertools import combinations
from typing import Any

from suwen.clinical.prescription_review import read_prescription, review
from suwen.clinical.prescription_review.reviewing import judged, understood

ROUNDS = 7
PRESCRIPTIONS = 400
USUAL = (
    ("氨氯地平", 5, "mg", "qd"), ("二甲双胍", 0.5, "g", "bid"), ("阿托伐他汀钙片", 20, "mg", "qn"),
    ("aspirin", 100, "mg", "qd"), ("泮托拉唑", 40, "mg", "qd"), ("氯雷他定", 10, "mg", "qd"),
    ("美托洛尔", 25, "mg", "bid"), ("厄贝沙坦", 150, "mg", "qd"), ("阿卡波糖", 50, "mg", "tid"),
    ("孟鲁司特", 10, "mg", "qn"), ("非那雄胺", 5, "mg", "qd"), ("别嘌醇", 100, "mg", "qd"),
    ("左甲状腺素钠", 50, "ug", "qd"), ("阿莫西林", 0.5, "g", "tid"), ("莫沙必利", 5, "mg", "tid"),
    ("络活喜", 5, "mg", "qd"), ("坦索罗辛", 0.2, "mg", "qn"), ("舍曲林", 50, "mg", "qd"),
    ("头孢克洛", 0.25, "g", "tid"), ("西格列汀", 100, "mg", "qd"), ("甲钴胺", 0.5, "mg", "tid"),
)  # fmt: skip
ALERTING = (
    ("华法林", 2.5, "mg", "qd"), ("克拉霉素", 0.5, "g", "bid"), ("布洛芬", 0.3, "g", "bid"),
    ("辛伐他汀", 20, "mg", "qn"), ("地高辛", 0.125, "mg", "qd"), ("胺碘酮", 0.2, "g", "qd"),
)  # fmt: skip


def requests(alerting_each: int = 2) -> list[dict[str, Any]]:
    """Five drugs each; every so many-th holds two that may not stand together."""
    chance = random.Random(20)
    made = []
    for index in range(PRESCRIPTIONS):
        alerting = index % alerting_each == 0
        drugs = chance.sample(USUAL, 3 if alerting else 5)
        if alerting:
            drugs += chance.sample(ALERTING, 2)
        made.append({
            "patient": {
                "age_y": chance.randint(30, 80), "sex": "male", "weight_kg": 70, "height_cm": 170,
                "creatinine_umol_l": chance.choice((70, 90, 140)), "egfr": chance.choice((95, 45)),
            },
            "allergies": [], "diagnoses": [{"text": "高血压"}, {"text": "急性支气管炎"}],
            "orders": [
                {"drug": d, "dose": n, "unit": u, "frequency": f, "route": "口服", "days": 7}
                for d, n, u, f in drugs
            ],
            "setting": "outpatient", "prescriber": {"antibacterial_level": 3},
        })  # fmt: skip
    return made


class SixRules:
    """The bare loop on drugs as numbers: counts what is wrong, without saying what."""

    def __init__(self) -> None:
        chance = random.Random(7)
        names = [drug[0] for drug in (*USUAL, *ALERTING)]
        self.number = {name: index for index, name in enumerate(names)}
        size = 1000
        pairs = {tuple(sorted(chance.sample(range(len(names), size), 2))) for _ in range(5000)}
        told = combinations(sorted(self.number[d[0]] for d in ALERTING), 2)
        self.pairs = dict.fromkeys((*pairs, *told), 1)
        self.range = dict.fromkeys(range(size), (0.0, 1e6))
        self.renal = dict.fromkeys(range(size), 30.0)
        self.pregnancy = dict.fromkeys(range(0, size, 7), "X")
        self.allergy = {drug: drug % 60 for drug in range(size)}
        self.duplicate = {drug: drug % 400 for drug in range(size)}

    def __call__(
        self,
        drugs: list[int],
        doses: list[float],
        kidney: float,
        pregnant: bool,
        allergic: set[int],
    ) -> int:
        alerts = 0
        for one, two in combinations(sorted(drugs), 2):
            if (one, two) in self.pairs:
                alerts += 1
        seen = set()
        for drug, dose in zip(drugs, doses, strict=True):
            low, high = self.range[drug]
            if not low <= dose <= high:
                alerts += 1
            if kidney < self.renal.get(drug, 0.0):
                alerts += 1
            if pregnant and drug in self.pregnancy:
                alerts += 1
            if self.allergy[drug] in allergic:
                alerts += 1
            group = self.duplicate[drug]
            if group in seen:
                alerts += 1
            seen.add(group)
        return alerts


def compared(alerting_each: int) -> tuple[float, float, float, list[float]]:
    """Prescriptions per CPU second of ours and of the loop, findings on each, and microseconds of
    one from its text."""
    made = requests(alerting_each)
    prescriptions = [read_prescription(request) for request in made]
    read = [understood(prescription) for prescription in prescriptions]
    loop, none = SixRules(), set[int]()
    bare = [
        (
            [loop.number[o["drug"]] for o in r["orders"]],
            [o["dose"] for o in r["orders"]],
            r["patient"]["egfr"],
        )
        for r in made
    ]
    alerts = sum(len(judged(one).findings) for one in read) / len(read)
    ours, theirs, each = [], [], []
    for _ in range(ROUNDS):
        begun = time.process_time()
        for _ in range(5):
            for one in read:
                judged(one)
        ours.append(5 * len(read) / (time.process_time() - begun))
        begun = time.process_time()
        for _ in range(5):
            for drugs, doses, kidney in bare:
                loop(drugs, doses, kidney, False, none)
        theirs.append(5 * len(bare) / (time.process_time() - begun))
        for prescription in prescriptions:
            begun_ns = time.perf_counter_ns()
            review(prescription)
            each.append((time.perf_counter_ns() - begun_ns) / 1000)
    return statistics.median(ours), statistics.median(theirs), alerts, each


def main() -> None:
    rows: list[dict[str, Any]] = []
    for alerting_each, said, aim in ((5, "a fifth", ">= 0.3"), (2, "half", None)):
        rate, peer, alerts, each = compared(alerting_each)
        name = f"five drugs, {said} alerting, {alerts:.1f} findings each"
        rows.append({"name": name, "value": rate, "unit": "prescriptions/CPU-s",
                     "peer": "loop of six rules", "peer_value": peer, "ratio": rate / peer,
                     "aim": aim})  # fmt: skip
        rows.append({"name": f"one of five drugs from free text, {said} alerting, median",
                     "value": statistics.median(each), "unit": "us", "aim": "<= 50"})  # fmt: skip
    measured = time.strftime("%Y-%m-%d", time.gmtime())
    print(json.dumps({"bench": "prescription_review", "measured": measured, "rows": rows}))


if __name__ == "__main__":
    main()
