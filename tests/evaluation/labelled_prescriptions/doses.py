"""Doses just below, at and just above the limits for one dose and for a day, and gross slips."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Drug, limit of one dose in mg, limit of a day in mg, what it is for where the limit needs it.
LIMITS = """
diclofenac 75 150
celecoxib 200 400 急性疼痛
naproxen 500 1250 急性疼痛
meloxicam 15 15
etoricoxib 120 120 急性痛风性关节炎
tramadol 100 400
glimepiride 6 6
gliclazide_mr 120 120
glipizide 15 30
acarbose 100 300
sitagliptin 100 100
empagliflozin 25 25
dapagliflozin 10 10
pioglitazone 45 45
amlodipine 10 10
nifedipine_xr 60 120
enalapril 40 40
perindopril 8 8
losartan 100 100
valsartan 320 320
irbesartan 300 300
telmisartan 80 80
hydrochlorothiazide 50 50
indapamide 2.5 2.5
spironolactone 200 400 肝硬化腹水
furosemide 200 600
metoprolol_tartrate 200 400
bisoprolol 20 20
carvedilol 25 50
digoxin 0.25 0.25
atorvastatin 80 80
rosuvastatin 20 20
simvastatin 40 40
fenofibrate 200 200
ezetimibe 10 10
allopurinol 300 800
febuxostat 80 80
omeprazole 40 80
pantoprazole 40 80
rabeprazole 20 40
famotidine 40 80
metoclopramide 10 30
domperidone 10 30
amoxicillin 1000 4000
cefuroxime_axetil 500 1000
azithromycin 1000 1000
clarithromycin 500 1000
levofloxacin 750 750
moxifloxacin 400 400
ciprofloxacin 750 1500
fluconazole 800 800
aciclovir 800 4000
oseltamivir 75 150
rifampicin 600 600
pyrazinamide 2000 2000
sertraline 200 200
escitalopram 20 20
citalopram 40 40
fluoxetine 80 80
duloxetine 120 120
quetiapine 400 800
olanzapine 20 20
zolpidem 10 10
zopiclone 7.5 7.5
carbamazepine 800 1600
levetiracetam 1500 3000
gabapentin 1200 3600
pregabalin 300 600
levothyroxine 0.3 0.3
methimazole 40 60
theophylline_sr 400 800
montelukast 10 10
cetirizine 10 10
loratadine 10 10
chlorpheniramine 4 24
diphenhydramine 50 300
dabigatran 150 300
edoxaban 60 60
ticagrelor 180 180
hydroxychloroquine 400 400
sildenafil 100 100
tamsulosin 0.4 0.4
finasteride 5 5
""".strip().splitlines()
# A slip of the unit or of the decimal point, and twice the limit of a day: must be stopped.
GROSS = """
digoxin 2.5mg qd|digoxin 0.25g qd|digoxin 0.125g qd|levothyroxine 50mg qd|levothyroxine 0.5g qd
tamsulosin 2mg qn|amlodipine 50mg qd|bisoprolol 50mg qd|metformin 5g bid
alprazolam 40mg qn|glimepiride 20mg qd|simvastatin 200mg qn|zolpidem 50mg qn|rosuvastatin 100mg qn
paracetamol 5g tid|colchicine 5mg bid|methimazole 100mg tid|rivaroxaban 200mg qd|apixaban 50mg bid
haloperidol 200mg bid|risperidone 20mg bid|clozapine 1g bid|diazepam 50mg tid
tramadol 500mg bid|ketorolac 300mg q8h|spironolactone 2g qd|prednisone 500mg qd|isoniazid 3g qd
""".strip().splitlines()
# Whose weight or clearance would set another limit than that of the table.
PATIENTS = {"hydroxychloroquine": "M45 90kg 182cm", "edoxaban": "M66 70kg"}
TIMES = {"qd": 1, "bid": 2, "tid": 3, "qid": 4, "5x": 5, "q4h": 6}
INPATIENT = frozenset({"ketorolac", "morphine"})
TOLERATED = ("indication", "antibacterial", "disease", "quantity", "form")


def _text(milligrams: float) -> str:
    return f"{round(milligrams, 4):g}mg" if milligrams < 1e5 else f"{milligrams:.0f}mg"


def _case(drug: str, amount: float, frequency: str, side: str, use: str | None) -> Case:
    planted = found("dose", drug, "moderate", f"max_dose.yaml {drug}")
    return Case(
        "dose",
        PATIENTS.get(drug, "M45 72kg"),
        (f"{drug} {_text(amount)} {frequency}",),
        (planted,) if side == "above" else (),
        diagnoses=(use,) if use else None,
        level=3,
        side=side,
        tolerated=TOLERATED if side == "above" else (*TOLERATED, "age"),
    )


def _evenly(single: float, daily: float) -> tuple[str, int]:
    """The fewest equal doses of a day that keep to the single limit and have no endless digits."""
    return next(
        (name, times)
        for name, times in TIMES.items()
        if daily / times <= single and round(daily / times, 2) * times == daily
    )


def at_limits() -> list[Case]:
    """Three on the limit of a day and, where it stands apart, two on that of one dose."""
    made = []
    for row in LIMITS:
        drug, *numbers = row.split()
        single, daily = float(numbers[0]), float(numbers[1])
        use = numbers[2] if len(numbers) > 2 else None
        frequency, times = _evenly(single, daily)
        for factor, side in ((0.9, "below"), (1.0, "at"), (1.1, "above")):
            made.append(_case(drug, daily * factor / times, frequency, side, use))
        if daily >= 2 * single:
            made.append(_case(drug, single, "qd", "at", use))
            made.append(_case(drug, single * 1.1, "qd", "above", use))
    return made


def weekly() -> list[Case]:
    """Methotrexate: every week up to 25 mg, never every day."""
    row = "max_dose.yaml methotrexate_weekly"
    daily = found("dose", "methotrexate", "contraindicated", row)
    above = found("dose", "methotrexate", "moderate", row)
    return [
        *(Case("dose", "F52", (f"methotrexate {mg}mg qw",), side="below") for mg in (7.5, 10, 15, 20)),
        Case("dose", "F52", ("methotrexate 25mg qw",), side="at"),
        *(Case("dose", "F52", (f"methotrexate {mg}mg qw",), (above,), side="above")
          for mg in (27.5, 30, 40)),
        *(Case("dose", patient, (f"methotrexate {dose}",), (daily,), side="above")
          for patient in ("F52", "M61")
          for dose in ("2.5mg qd", "7.5mg qd", "10mg qd", "10mg bid", "15mg qd", "5mg bid")),
    ]  # fmt: skip


def gross() -> list[Case]:
    """Ten times too much, or mg for µg."""
    made = []
    for line in "|".join(GROSS).split("|"):
        drug = line.split()[0]
        made.append(
            Case(
                "dose",
                "M45 72kg",
                (line,),
                (found("dose", drug, "major", f"max_dose.yaml {drug}", interrupts=True),),
                setting="inpatient" if drug in INPATIENT else "outpatient",
                level=3,
                side="above",
                tolerated=TOLERATED,
            )
        )
    return made


def cases() -> list[Case]:
    """All of them."""
    return at_limits() + weekly() + gross()
