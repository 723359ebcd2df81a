"""Names of the fields and sections in both languages, and the LOINC codes of sections.

Source: LOINC document sections as used by HL7 C-CDA R2.1 and the International Patient Summary.
"""

from __future__ import annotations

from suwen.clinical.document_sections import WRITTEN_SECTIONS
from suwen.core.language import Bilingual

FIELD_LABELS = {
    "patient_name": Bilingual("姓名", "Name"),
    "sex": Bilingual("性别", "Sex"),
    "age": Bilingual("年龄", "Age"),
    "birth_date": Bilingual("出生日期", "Date of birth"),
    "identifier": Bilingual("病案号", "Record number"),
    "admission_date": Bilingual("入院时间", "Admitted"),
    "discharge_date": Bilingual("出院时间", "Discharged"),
    "length_of_stay": Bilingual("住院天数", "Length of stay"),
    "department": Bilingual("科室", "Department"),
    "attending": Bilingual("主治医师", "Attending physician"),
    "visit_date": Bilingual("就诊时间", "Date of visit"),
    "visit_type": Bilingual("就诊类型", "Type of visit"),
    "reason_for_encounter": Bilingual("就诊原因", "Reason for encounter"),
    "diagnoses": Bilingual("诊断", "Diagnoses"),
    "allergies": Bilingual("过敏史", "Allergies"),
    "past_history": Bilingual("既往史", "Past history"),
    "medications_on_admission": Bilingual("入院前用药", "Medications on admission"),
    "medications_at_discharge": Bilingual("出院带药", "Medications at discharge"),
    "current_medications": Bilingual("目前用药", "Current medications"),
    "procedures": Bilingual("手术及操作", "Procedures"),
    "temperature": Bilingual("体温", "Temperature"),
    "pulse": Bilingual("脉搏", "Pulse"),
    "respiration": Bilingual("呼吸", "Respiration"),
    "blood_pressure": Bilingual("血压", "Blood pressure"),
    "oxygen_saturation": Bilingual("血氧饱和度", "Oxygen saturation"),
    "height": Bilingual("身高", "Height"),
    "weight": Bilingual("体重", "Weight"),
    "body_mass_index": Bilingual("体重指数", "Body mass index"),
    "laboratory": Bilingual("检验结果", "Laboratory results"),
    "imaging": Bilingual("影像检查", "Imaging"),
    "immunisations": Bilingual("预防接种", "Immunisations"),
    "family_history": Bilingual("家族史", "Family history"),
    "social_history": Bilingual("个人史", "Social history"),
    "care_plan": Bilingual("诊疗计划", "Care plan"),
    "follow_up": Bilingual("随访安排", "Follow-up"),
}

DOCUMENT_TITLES = {
    "discharge_summary": Bilingual("出院记录", "Discharge summary"),
    "admission_record": Bilingual("入院记录", "Admission record"),
    "outpatient_note": Bilingual("门诊病历", "Outpatient note"),
}

SECTION_TITLES = {name: section.title for name, section in WRITTEN_SECTIONS.items()}

SECTION_CODES = {
    "reason": "10154-3",
    "visit_reason": "29299-5",
    "present_illness": "10164-2",
    "course": "8648-8",
    "allergies": "48765-2",
    "past_history": "11348-0",
    "social_history": "29762-2",
    "family_history": "10157-6",
    "immunisations": "11369-6",
    "medications_on_admission": "42346-7",
    "medications_at_discharge": "10183-2",
    "current_medications": "10160-0",
    "procedures": "47519-4",
    "vital_signs": "8716-3",
    "laboratory": "30954-2",
    "imaging": "18748-4",
    "plan": "18776-5",
}

#: What "diagnoses" is called where the section has a code of its own per document.
DIAGNOSES_CODES = {
    "discharge_summary": "11535-2",
    "admission_record": "46241-6",
    "outpatient_note": "29548-5",
}
