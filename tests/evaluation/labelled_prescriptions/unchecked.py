"""What cannot be checked because something is not known: a finding of its own, never a stop."""

from __future__ import annotations

from .model import Case, found

# Patient, order, setting, what is missing.
ROWS = """
M58 -egfr -creatinine_umol_l|metformin|renal function
F61 -egfr -creatinine_umol_l|metformin|renal function
M66 -egfr -creatinine_umol_l|dabigatran|renal function
M55 -egfr -creatinine_umol_l|gabapentin|renal function
M55 -egfr -creatinine_umol_l|levetiracetam|renal function
M49 -egfr -creatinine_umol_l|allopurinol|renal function
M49 -egfr -creatinine_umol_l|fenofibrate|renal function
M49 -egfr -creatinine_umol_l|sitagliptin|renal function
M49 -egfr -creatinine_umol_l|meropenem|renal function
M49 -egfr -creatinine_umol_l|levofloxacin|renal function
F29 -pregnant -lactating|isotretinoin|pregnancy
F33 -pregnant -lactating|methotrexate|pregnancy
F24 -pregnant -lactating|warfarin|pregnancy
F31 -pregnant -lactating|valproate|pregnancy
F27 -pregnant -lactating|enalapril|pregnancy
F38 -pregnant -lactating|leflunomide|pregnancy
F29 -lactating|amiodarone|breast-feeding
F31 -lactating|methotrexate|breast-feeding
M4 -weight_kg|paracetamol 240mg q6h|weight
F6 -weight_kg|ibuprofen 150mg q8h|weight
M9mo -weight_kg|amoxicillin 125mg tid|weight
M3 -weight_kg|azithromycin 150mg qd|weight
F8 -weight_kg|cefaclor 250mg tid|weight
M5 -weight_kg|oseltamivir 45mg bid|weight
M30 -age_y|levofloxacin|age
F30 -age_y|codeine|age
M30 -age_y|minocycline|age
M30 -age_y|diphenhydramine|age
M45|amlodipine -amount|dose
M45|metformin -amount|dose
M45|digoxin -amount|dose
M45|rivaroxaban -amount|dose
M45|amlodipine -frequency|frequency
M45|metformin 500mg -frequency|frequency
M45|methotrexate 10mg -frequency|frequency
M45|levofloxacin -frequency|frequency
M45|amlodipine 1片|strength
M45|metformin 2片 bid|strength
M45|atorvastatin 1片 qn|strength
M45|enalapril 1片 qd|strength
M45|amlodipine freq=每日若干次|frequency
M45|metformin freq=qxyz|frequency
""".strip().splitlines()
KNOWN = ("M58|metformin", "M66|dabigatran", "F29|isotretinoin", "F33|methotrexate",
         "M4 16kg|paracetamol 200mg q6h", "F6 20kg|ibuprofen 150mg q8h", "M30|levofloxacin",
         "M45|amlodipine 5mg qd", "M45|metformin 500mg bid", "M55|gabapentin", "M49|fenofibrate",
         "M49|sitagliptin")  # fmt: skip


def cases() -> list[Case]:
    """Each with one thing missing; and the same where nothing is missing."""
    made = []
    for row in ROWS:
        patient, order, missing = row.split("|")
        drug = order.split()[0]
        expected = found("unchecked", drug, "info", f"contracts: {missing} is not known")
        made.append(
            Case("unchecked", patient, (order,), (expected,), level=3,
                 setting="inpatient" if drug == "meropenem" else "outpatient",
                 tolerated=("form", "indication", "unchecked"))
        )  # fmt: skip
    for row in KNOWN:
        patient, order = row.split("|")
        made.append(Case("unchecked", patient, (order,), level=3, side="without",
                         tolerated=("indication",)))  # fmt: skip
    return made
