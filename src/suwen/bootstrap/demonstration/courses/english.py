"""Stays on the wards kept in English, for patients who speak it."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Culture,
    Diagnosed,
    FollowUp,
    Imaging,
    Note,
    NoteKind,
    Operation,
    Order,
    Setting,
    Vitals,
    draw,
)

#: Sulfonamide urticaria is on the chart, and co-trimoxazole is ordered as the step-down.
PYELONEPHRITIS_SULFA = Course(
    key="pyelonephritis-sulfa",
    language="en",
    setting=Setting.INPATIENT,
    department="nephrology",
    reason="Fever and right flank pain for 3 days",
    histories=(
        "{name} has had burning on passing urine and frequency for five days, then fever to "
        "39.2 °C with shaking chills and a dull right flank ache for three. {He} vomited twice "
        "this morning and could not keep fluids down. No blood in the urine, no earlier stones.",
    ),
    examination=(
        "Alert, flushed, dry mouth. Chest clear, heart sounds normal. Abdomen soft, no guarding; "
        "marked tenderness in the right costovertebral angle, none on the left. No oedema, no rash."
    ),
    diagnoses=(Diagnosed("pyelonephritis", "right", cured=True),),
    assessment=(
        "Fever, urinary symptoms and right flank tenderness with WBC {WBC_0} and CRP {CRP_0} fit "
        "acute pyelonephritis. Creatinine {CREA_0}; ultrasound shows no obstruction. Lactate "
        "{LACT_0} and BP {BP_0}: no sign of septic shock."
    ),
    plan=(
        "1. Urine and blood cultures, then ceftriaxone; 2. fluids and antipyretic; 3. review "
        "cultures at 48 hours and step down by mouth; 4. total 10 to 14 days of treatment."
    ),
    days=6,
    onset_days=3,
    hour=13,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp pct renal lytes liver gas",
            WBC=16.8,
            NEUTP=89,
            CRP=164,
            PCT=3.2,
            CREA=92,
            K=3.6,
            PH=7.43,
            PCO2=35,
            PO2=92,
            LACT=1.9,
        ),
        draw(2, "cbc crp renal lytes", WBC=11.2, NEUTP=80, CRP=92, CREA=70, K=3.8),
    ),
    cultures=(
        Culture(
            0,
            "630-4",
            "Urine culture",
            "Escherichia coli > 100,000 CFU/mL, sensitive to ceftriaxone and "
            "trimethoprim-sulfamethoxazole, resistant to levofloxacin",
            "No growth",
            abnormal=True,
        ),
        Culture(0, "600-7", "Blood culture", "No growth at 48 hours", "No growth", abnormal=False),
    ),
    vitals={
        0: Vitals(39.1, 116, 22, 106, 64, 97),
        1: Vitals(38.4, 102, 20, 112, 68, 97),
        2: Vitals(37.6, 90, 18, 116, 70, 98),
        4: Vitals(36.8, 78, 16, 118, 72, 98),
    },
    orders=(
        Order("ceftriaxone 2 g iv qd", 0, (3, 10, 30), None, "pyelonephritis"),
        Order("saline 1000 mL iv q12h", 0, 2),
        Order(
            "paracetamol 1 g po prn",
            0,
            None,
            None,
            None,
            "for fever above 38.5 °C, at most 3 g a day",
        ),
        Order("ondansetron 4 mg iv prn", 0, 2),
        Order(
            "sulfamethoxazole-trimethoprim 960 mg po bid",
            (3, 11, 0),
            None,
            None,
            "pyelonephritis",
            "step-down by culture",
        ),
    ),
    imaging=(
        Imaging(
            0,
            "US",
            "Renal ultrasound",
            "Abdomen",
            "Right kidney mildly enlarged with a poorly defined hypoechoic area at the lower "
            "pole; no hydronephrosis, no stone. Left kidney and bladder normal.",
        ),
    ),
    notes=(
        Note(
            1,
            "Round by {attending}. Still febrile at {T_1}, pulse {P_1}, BP {BP_1}, eating a "
            "little. CRP on admission {CRP_0}. Continue ceftriaxone and fluids, await "
            "cultures.",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "Feels better, no vomiting since yesterday. T {T_2}, pulse {P_2}, BP {BP_2}. WBC "
            "{WBC_2}, CRP {CRP_2}, creatinine {CREA_2}. Intravenous fluids stopped.",
        ),
        Note(
            (3, 10, 45),
            "Afebrile overnight, right flank only mildly tender. Culture grew E. coli, "
            "sensitive to trimethoprim-sulfamethoxazole and resistant to "
            "levofloxacin. Changed from ceftriaxone to trimethoprim-"
            "sulfamethoxazole by mouth; home in two days if well.",
        ),
    ),
)

APPENDICITIS_EN = Course(
    key="appendicitis-en",
    language="en",
    setting=Setting.INPATIENT,
    department="gi-surgery",
    reason="Right lower abdominal pain for 1 day",
    histories=(
        "Pain began around the navel yesterday morning with loss of appetite and one vomit, and "
        "moved to the right lower abdomen overnight. Walking and coughing make it worse. No "
        "diarrhoea, no urinary symptoms.",
    ),
    examination=(
        "Lying still, mildly feverish. Chest clear. Abdomen flat; tenderness, rebound and guarding "
        "at McBurney's point, Rovsing's sign positive, no mass. Bowel sounds reduced."
    ),
    diagnoses=(Diagnosed("acute-appendicitis", cured=True),),
    assessment=(
        "Migrating pain with local peritonism, WBC {WBC_0}, CRP {CRP_0}, and a thickened appendix "
        "on CT: acute appendicitis. No ureteric stone on CT. Operation is indicated."
    ),
    plan=(
        "1. Nil by mouth, fluids, antibiotics; 2. laparoscopic appendicectomy today; 3. analgesia "
        "and early mobilisation."
    ),
    days=3,
    hour=8,
    admitted_by="emd",
    draws=(
        draw(0, "cbc crp renal lytes liver coag glu", WBC=14.2, NEUTP=85, CRP=44, K=4.0, GLU=5.5),
        draw(2, "cbc crp", WBC=8.8, NEUTP=72, CRP=52),
    ),
    vitals={
        0: Vitals(37.8, 96, 19, 124, 76, 98),
        1: Vitals(37.2, 82, 17, 120, 74, 98),
        3: Vitals(36.6, 72, 16, 118, 74, 99),
    },
    orders=(
        Order("cefuroxime 1.5 g iv q8h", 0, 2, None, "acute-appendicitis"),
        Order("metronidazole 0.5 g iv q8h", 0, 2, None, "acute-appendicitis"),
        Order("saline 1000 mL iv qd", 0, 2),
        Order("parecoxib 40 mg iv q12h", (0, 16, 0), 2),
    ),
    operations=(
        Operation(
            "laparoscopic-appendicectomy", (0, 13, 30), 50, "Appendix", "Uneventful, no drain left"
        ),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "CT of the abdomen",
            "Abdomen",
            "Appendix 11 mm across with wall thickening and surrounding fat stranding; no free "
            "air, no abscess, ureters not dilated.",
        ),
    ),
    notes=(
        Note(
            (0, 12, 30),
            "Laparoscopic appendicectomy explained, with bleeding, infection, leak "
            "and conversion to open operation as risks. {He} agrees and has signed.",
            NoteKind.CONSENT,
        ),
        Note(
            (0, 15, 0),
            "Back on the ward, awake and comfortable, dressings dry. Sips of water "
            "after six hours, mobilise this evening.",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            (0, 17, 30),
            "Before and after: acute appendicitis. Operation: laparoscopic "
            "appendicectomy under general anaesthesia. The appendix was swollen with "
            "fibrin on its surface and a healthy base, which was doubly ligated. "
            "Turbid fluid aspirated from the pelvis. Blood loss 10 mL, no "
            "transfusion, specimen sent to pathology.",
            NoteKind.OPERATION,
        ),
        Note(
            1,
            "Round by {attending}. Passing wind, walking, little pain. T {T_1}, pulse "
            "{P_1}, BP "
            "{BP_1}. Abdomen soft. Light diet; stop antibiotics after tomorrow's blood count.",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "Eating normally. T {T_2}. WBC {WBC_2}, CRP {CRP_2} after operation. Antibiotics "
            "stopped, wounds clean. Home tomorrow.",
        ),
    ),
    discharge_orders=(
        Order("paracetamol 1 g po prn", note="for pain, at most 3 g a day, up to 5 days"),
    ),
    care_plan=(
        "Keep the wounds dry for one week",
        "No heavy lifting for two weeks",
        "Come back at once for fever, spreading redness or worsening pain",
    ),
    follow_up=FollowUp(9, "Surgical clinic: wound check and pathology result"),
)

PNEUMONIA_EN = Course(
    key="pneumonia-en",
    language="en",
    setting=Setting.INPATIENT,
    department="respiratory",
    reason="Fever and productive cough for 5 days",
    histories=(
        "Fever to 39 °C with chills, then cough with yellow sputum and a stabbing pain on the left "
        "when breathing in. {He} felt short of breath on the stairs today. No blood in the sputum, "
        "no recent travel.",
    ),
    examination=(
        "Alert, warm, no cyanosis. Dull percussion and crackles at the left base, "
        "right lung clear. "
        "Heart sounds normal, abdomen soft, no leg swelling."
    ),
    diagnoses=(Diagnosed("pneumonia", "left lower lobe", cured=True),),
    assessment=(
        "Fever, left basal crackles, WBC {WBC_0}, CRP {CRP_0} and consolidation on the film: "
        "community-acquired pneumonia. Urea {UREA_0}, respiration {R_0}, BP {BP_0}: not severe."
    ),
    plan=(
        "1. Cultures, then ceftriaxone with azithromycin; 2. fluids and antipyretic; 3. judge the "
        "response at 48 to 72 hours."
    ),
    days=6,
    onset_days=5,
    hour=15,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp pct renal lytes liver",
            WBC=14.4,
            NEUTP=87,
            CRP=132,
            PCT=0.9,
            UREA=5.8,
            K=3.8,
        ),
        draw(3, "cbc crp renal", WBC=9.8, NEUTP=77, CRP=58),
        draw(5, "cbc crp", WBC=7.1, NEUTP=65, CRP=22),
    ),
    cultures=(
        Culture(0, "600-7", "Blood culture", "No growth at 48 hours", "No growth", abnormal=False),
    ),
    vitals={
        0: Vitals(38.8, 108, 24, 124, 74, 94),
        2: Vitals(37.9, 94, 20, 120, 72, 95),
        3: Vitals(37.1, 84, 18, 120, 74, 96),
        6: Vitals(36.6, 74, 16, 122, 74, 98),
    },
    orders=(
        Order("ceftriaxone 2 g iv qd", 0, None, None, "pneumonia"),
        Order("azithromycin 0.5 g po qd", 0, 3, None, "pneumonia"),
        Order("paracetamol 1 g po prn", 0, None, None, None, "for fever, at most 3 g a day"),
    ),
    imaging=(
        Imaging(
            0,
            "DX",
            "Chest radiograph",
            "Chest",
            "Consolidation in the left lower lobe, small left effusion.",
        ),
    ),
    notes=(
        Note(
            1,
            "Round by {attending}. T {T_1}, SpO2 {SPO2_1}, crackles unchanged. PCT on "
            "admission "
            "{PCT_0}. Continue both antibiotics.",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "Fever gone: T {T_3}, pulse {P_3}, SpO2 {SPO2_3}. CRP fell to {CRP_3}, WBC "
            "{WBC_3}. "
            "Azithromycin finished today.",
        ),
        Note(
            5, "Walking without breathlessness, T {T_5}, SpO2 {SPO2_5}, CRP {CRP_5}. Home tomorrow."
        ),
    ),
    discharge_orders=(Order("amoxicillin 1 g po tid", note="for 3 more days"),),
    care_plan=("Finish the antibiotic", "Stop smoking: clinic appointment offered"),
    follow_up=FollowUp(42, "Chest clinic", ("Chest radiograph",)),
)
