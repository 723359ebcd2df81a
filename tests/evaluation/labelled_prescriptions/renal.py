"""Doses and drugs against filtration (eGFR) or clearance (Cockcroft-Gault), both sides of each limit."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Patient, order, severity or "clean", side, note. ``egfr=`` where the row means eGFR, ``crcl=``
# (creatinine, age, weight, height given) where it means Cockcroft-Gault.
ROWS = """
M58 egfr=29|metformin|contraindicated|below
M58 egfr=15|metformin 250mg bid|contraindicated|below
M58 egfr=40|metformin 1000mg bid|moderate|below
M58 egfr=60|metformin 1000mg bid|clean|at
M58 egfr=75|metformin 850mg tid|clean|above
M55 crcl=27|dabigatran|contraindicated|below
M55 crcl=60|dabigatran|clean|above
M55 crcl=13|rivaroxaban|moderate|below
M55 crcl=40|rivaroxaban 20mg qd|moderate|below
M55 crcl=40|rivaroxaban 15mg qd|clean|below
M55 crcl=60|rivaroxaban 20mg qd|clean|above
M55 crcl=40|edoxaban 60mg qd|moderate|below
M55 crcl=40|edoxaban 30mg qd|clean|below
M55 crcl=60|edoxaban 60mg qd|clean|above
M55 crcl=12|apixaban|moderate|below
M55 crcl=60|apixaban|clean|above
M55 crcl=27|fondaparinux|contraindicated|below
M55 crcl=60|fondaparinux|clean|above
M55 crcl=45|gabapentin 600mg tid|moderate|below
M55 crcl=45|gabapentin 400mg bid|clean|below
M55 crcl=25|gabapentin 300mg tid|moderate|below
M55 crcl=65|gabapentin 600mg tid|clean|above
M55 crcl=45|pregabalin 300mg bid|moderate|below
M55 crcl=45|pregabalin 75mg bid|clean|below
M55 crcl=25|pregabalin 150mg bid|moderate|below
M55 crcl=70|pregabalin 150mg bid|clean|above
M55 crcl=40|levetiracetam 1500mg bid|moderate|below
M55 crcl=40|levetiracetam 500mg bid|clean|below
M55 crcl=25|levetiracetam 1000mg bid|moderate|below
M55 crcl=90|levetiracetam 1500mg bid|clean|above
M58 egfr=40|sitagliptin 100mg qd|moderate|below
M58 egfr=44|sitagliptin 50mg qd|clean|below
M58 egfr=29|sitagliptin 50mg qd|moderate|below
M58 egfr=29|sitagliptin 25mg qd|clean|below
M58 egfr=50|sitagliptin 100mg qd|clean|above
M58 egfr=20|linagliptin|clean|below
M58 egfr=90|linagliptin|clean|above
M58 egfr=20|dapagliflozin|moderate|below
M58 egfr=70|dapagliflozin|clean|above
M58 egfr=18|empagliflozin|moderate|below
M58 egfr=70|empagliflozin|clean|above
M58 egfr=55|glibenclamide|moderate|below
M58 egfr=60|glibenclamide|clean|at
M58 egfr=75|glibenclamide|clean|above
M58 egfr=20|acarbose|moderate|below
M58 egfr=60|acarbose|clean|above
M58 egfr=29|spironolactone|moderate|below
M58 egfr=70|spironolactone|clean|above
M58 egfr=50|allopurinol 300mg qd|moderate|below
M58 egfr=50|allopurinol 50mg qd|clean|below
M58 egfr=80|allopurinol 100mg qd|clean|above
M55 crcl=25|colchicine 0.5mg bid|moderate|below
M55 crcl=70|colchicine 0.5mg bid|clean|above
M58 egfr=18|benzbromarone|contraindicated|below
M58 egfr=70|benzbromarone|clean|above
M55 crcl=25|febuxostat 80mg qd|moderate|below
M55 crcl=25|febuxostat 40mg qd|clean|below
M55 crcl=33|febuxostat 80mg qd|clean|above
M55 crcl=45|digoxin 0.25mg qd|moderate|below
M55 crcl=45|digoxin 0.125mg qd|clean|below
M55 crcl=60|digoxin 0.25mg qd|clean|above
M55 crcl=30|atenolol 50mg bid|moderate|below
M55 crcl=30|atenolol 25mg bid|clean|below
M55 crcl=12|atenolol 50mg qd|moderate|below
M55 crcl=60|atenolol 50mg bid|clean|above
M55 crcl=18|bisoprolol 20mg qd|moderate|below
M55 crcl=18|bisoprolol 10mg qd|clean|below
M55 crcl=27|rosuvastatin 20mg qn|moderate|below
M55 crcl=60|rosuvastatin 20mg qn|clean|above
M58 egfr=29|fenofibrate|contraindicated|below
M58 egfr=75|fenofibrate|clean|above
M58 egfr=25|ibuprofen|moderate|below
M58 egfr=29|diclofenac|moderate|below
F58 egfr=25|celecoxib|moderate|below
M58 egfr=75|ibuprofen|clean|above
M58 egfr=60|naproxen|clean|at
M58 egfr=25|lithium|moderate|below
M58 egfr=80|lithium|clean|above
M55 crcl=20|amoxicillin 1000mg tid|moderate|below
M55 crcl=20|amoxicillin 500mg q12h|clean|below
M55 crcl=33|amoxicillin 1000mg tid|clean|above
M55 crcl=30|ceftazidime 2g q8h|moderate|below
M55 crcl=40|ceftazidime 1g q12h|clean|below
M55 crcl=60|ceftazidime 2g q8h|clean|above
M55 crcl=20|cefepime 2g q8h|moderate|below
M55 crcl=75|cefepime 2g q8h|clean|above
M58 egfr=20|ceftriaxone|clean|below
M55 crcl=30|meropenem 1g q8h|moderate|below
M55 crcl=30|meropenem 1g q12h|clean|below
M55 crcl=20|meropenem 0.5g q12h|clean|below
M55 crcl=8|meropenem 1g q8h|moderate|below
M55 crcl=54|meropenem 1g q8h|clean|above
M55 crcl=12|imipenem|moderate|below
M55 crcl=90|imipenem|clean|above
M55 crcl=30|piperacillin_tazobactam 4.5g q6h|moderate|below
M55 crcl=60|piperacillin_tazobactam 4.5g q8h|clean|above
M55 crcl=35|levofloxacin 750mg qd|moderate|below
M55 crcl=35|levofloxacin 250mg qd|clean|below
M55 crcl=15|levofloxacin 500mg qd|moderate|below
M55 crcl=54|levofloxacin 750mg qd|clean|above
M55 crcl=25|ciprofloxacin 750mg bid|moderate|below
M55 crcl=33|ciprofloxacin 500mg bid|clean|above
M58 egfr=20|moxifloxacin|clean|below
M55 crcl=25|gentamicin|moderate|below
M55 crcl=80|gentamicin|clean|above
M55 crcl=20|sulfamethoxazole_trimethoprim 960mg bid|moderate|below
M55 crcl=20|sulfamethoxazole_trimethoprim 480mg bid|clean|below
M55 crcl=12|sulfamethoxazole_trimethoprim 480mg bid|moderate|below
M55 crcl=33|sulfamethoxazole_trimethoprim 960mg bid|clean|above
M55 crcl=27|nitrofurantoin|moderate|below
M55 crcl=80|nitrofurantoin|clean|above
M55 crcl=46|fluconazole 400mg qd|moderate|below
M55 crcl=54|fluconazole 400mg qd|clean|above
M55 crcl=40|voriconazole 200mg q12h ivgtt|moderate|below
M55 crcl=40|voriconazole 200mg q12h po|clean|below
M55 crcl=54|voriconazole 200mg q12h ivgtt|clean|above
M55 crcl=45|oseltamivir 75mg bid|moderate|below
M55 crcl=45|oseltamivir 30mg bid|clean|below
M55 crcl=20|oseltamivir 75mg bid|moderate|below
M55 crcl=66|oseltamivir 75mg bid|clean|above
M55 crcl=40|entecavir 0.5mg qd|moderate|below
M55 crcl=54|entecavir 0.5mg qd|clean|above
M58 egfr=45|nirmatrelvir_ritonavir 300mg bid|moderate|below
M58 egfr=70|nirmatrelvir_ritonavir 300mg bid|clean|above
M55 crcl=25|ethambutol 1000mg qd|moderate|below
M55 crcl=70|ethambutol 750mg qd|clean|above
M55 crcl=50|metoclopramide 10mg tid|moderate|below
M55 crcl=50|metoclopramide 5mg tid|clean|below
M55 crcl=66|metoclopramide 10mg tid|clean|above
M55 crcl=25|famotidine 40mg bid|moderate|below
M55 crcl=66|famotidine 20mg bid|clean|above
M58 egfr=25|morphine|moderate|below
M58 egfr=80|morphine|clean|above
M55 crcl=25|tramadol 100mg tid|moderate|below
M55 crcl=60|tramadol 100mg bid|clean|above
M58 egfr=25|codeine|moderate|below
M58 egfr=80|codeine|clean|above
M55 crcl=25|duloxetine|moderate|below
M55 crcl=60|duloxetine|clean|above
M58 egfr=25|venlafaxine 225mg qd|moderate|below
M58 egfr=70|venlafaxine 75mg qd|clean|above
M58 egfr=25|methotrexate 10mg qw|contraindicated|below
M58 egfr=80|methotrexate 10mg qw|clean|above
M55 crcl=27|capecitabine|contraindicated|below
M55 crcl=70|capecitabine|clean|above
M55 crcl=32|alendronate|moderate|below
M55 crcl=38|alendronate|clean|above
""".strip().splitlines()
INPATIENT = frozenset(
    [
        "meropenem",
        "imipenem",
        "ceftazidime",
        "cefepime",
        "piperacillin_tazobactam",
        "gentamicin",
        "fondaparinux",
        "ceftriaxone",
    ]
)
# The row of facts bears another name than the catalogue.
ROW_NAMES = {"gentamicin": "gentamicin_amikacin", "ibuprofen": "nsaids", "diclofenac": "nsaids",
             "celecoxib": "nsaids", "naproxen": "nsaids", "voriconazole": "voriconazole_iv"}  # fmt: skip


def cases() -> list[Case]:
    """One for every row."""
    made = []
    for row in ROWS:
        patient, order, severity, side = row.split("|")
        drug = order.split()[0]
        inpatient = drug in INPATIENT or "ivgtt" in order
        expected = found(("renal", "dose"), drug, severity,
                         f"renal.yaml {ROW_NAMES.get(drug, drug)}") if severity != "clean" else None  # fmt: skip
        made.append(
            Case(
                "renal",
                patient,
                (order,),
                (expected,) if expected else (),
                setting="inpatient" if inpatient else "outpatient",
                level=3,
                side=side,
                tolerated=("indication", "disease", "antibacterial", "form"),
            )
        )
    return made
