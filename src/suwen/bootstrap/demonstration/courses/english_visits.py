"""Outpatient and emergency visits kept in English, for patients who speak it."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Diagnosed,
    FollowUp,
    Imaging,
    Order,
    Setting,
    Vitals,
    draw,
)

FIBRILLATION_VISIT_EN = Course(
    key="fibrillation-visit-en",
    language="en",
    setting=Setting.OUTPATIENT,
    department="cardiology",
    reason="Review of atrial fibrillation",
    histories=(
        "Palpitations have been rare since the last visit, about once a month for a few minutes. "
        "No fainting, chest pain or breathlessness. {He} takes every dose of apixaban and has seen "
        "no bleeding.",
    ),
    examination="Well. Pulse irregular, no murmur, chest clear, no ankle swelling, no bruising.",
    diagnoses=(Diagnosed("atrial-fibrillation"), Diagnosed("hypertension")),
    assessment=(
        "Rate is controlled at {P_0} and BP is {BP_0}. Creatinine {CREA_0}, haemoglobin {HGB_0}: "
        "no reason to change the apixaban dose."
    ),
    plan="Continue apixaban and bisoprolol. Blood count and renal function again in six months.",
    hour=9,
    draws=(draw(0, "cbc renal lytes", K=4.3),),
    vitals={0: Vitals(36.5, 78, 16, 132, 80, 98)},
    imaging=(
        Imaging(
            0,
            "ECG",
            "12-lead ECG",
            "Heart",
            "Atrial fibrillation, mean rate 80/min, no acute ST change.",
        ),
    ),
    discharge_orders=(Order("apixaban 5 mg po bid"), Order("bisoprolol 2.5 mg po qd")),
    care_plan=("Report any black stools, blood in urine or a blow to the head",),
    follow_up=FollowUp(180, "Cardiology clinic", ("Full blood count and renal function",)),
)

DIABETES_VISIT_EN = Course(
    key="diabetes-visit-en",
    language="en",
    setting=Setting.OUTPATIENT,
    department="endocrinology",
    reason="Review of type 2 diabetes",
    histories=(
        "Home fasting glucose has been 8 to 10 mmol/L for three months. {He} admits to missed "
        "doses while travelling. No hypoglycaemia, no numbness, vision unchanged.",
    ),
    examination="Well. Chest clear. Feet: skin intact, pulses present, monofilament felt "
    "throughout.",
    diagnoses=(Diagnosed("type2-diabetes"), Diagnosed("hyperlipidaemia")),
    assessment=(
        "HbA1c {HBA1C_0} is above target; fasting glucose {GLU_0}. Kidney function is good "
        "(creatinine {CREA_0}), albumin/creatinine {UACR_0}."
    ),
    plan="Metformin increased to 1 g twice daily, dapagliflozin added, dose reminder on the phone.",
    hour=10,
    draws=(
        draw(
            0, "glu hba1c renal lipids uacr", GLU=9.1, HBA1C=8.3, UACR=18, TC=4.9, TG=1.9, HDL=1.1
        ),
    ),
    vitals={0: Vitals(36.5, 76, 16, 130, 80, 98)},
    discharge_orders=(
        Order("metformin 1 g po bid", note="with meals"),
        Order("dapagliflozin 10 mg po qd"),
        Order("rosuvastatin 10 mg po qn"),
    ),
    care_plan=("Fasting glucose three mornings a week", "Eye and foot check once a year"),
    follow_up=FollowUp(90, "Diabetes clinic", ("HbA1c", "Urine albumin/creatinine")),
)

ASTHMA_EMERGENCY_EN = Course(
    key="asthma-emergency-en",
    language="en",
    setting=Setting.EMERGENCY,
    department="emergency",
    reason="Wheeze and breathlessness since last night",
    histories=(
        "Wheeze began after a dusty house move and kept {him} awake. Eight puffs of salbutamol "
        "since midnight helped for an hour each time. No fever, no chest pain. One course of oral "
        "steroid last year, never in intensive care.",
    ),
    examination=(
        "Talks in short sentences, uses accessory muscles a little. Widespread expiratory wheeze, "
        "air entry equal. Heart sounds normal, no leg swelling."
    ),
    diagnoses=(Diagnosed("asthma-attack", "moderate"),),
    assessment=(
        "Moderate attack: SpO2 {SPO2_0}, respiration {R_0}, pulse {P_0}; pCO2 {PCO2_0} shows no "
        "tiring. Chest film without pneumothorax."
    ),
    plan="Nebulised bronchodilator, oral steroid, oxygen to 94-98 %; reassess after one hour.",
    hour=8,
    draws=(draw(0, "cbc crp lytes gas", PH=7.44, PCO2=34, PO2=72, LACT=1.6, CRP=4, K=3.8),),
    vitals={0: Vitals(36.8, 112, 25, 134, 82, 93)},
    orders=(
        Order("ipratropium-salbutamol 2.5 mL ih st", 0, None, None, "asthma-attack"),
        Order("prednisone 40 mg po st", 0, None, None, "asthma-attack"),
    ),
    imaging=(
        Imaging(
            0,
            "DX",
            "Chest radiograph",
            "Chest",
            "Hyperinflated lungs, no consolidation, no pneumothorax.",
        ),
    ),
)
