"""What the types of records are called by people who know no FHIR: patients, offices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suwen.core.language import Bilingual

RESOURCE_WORDS: Mapping[str, Bilingual] = {
    "AllergyIntolerance": Bilingual("过敏与不耐受", "allergies and intolerances"),
    "Appointment": Bilingual("预约", "appointments"),
    "CarePlan": Bilingual("诊疗计划", "care plans"),
    "Composition": Bilingual("本平台签署的文书", "documents signed here"),
    "Condition": Bilingual("诊断与问题", "diagnoses and problems"),
    "DiagnosticReport": Bilingual("检查检验报告", "diagnostic reports"),
    "DocumentReference": Bilingual("病历文书", "documents of the record"),
    "Encounter": Bilingual("就诊与住院", "visits and stays"),
    "FamilyMemberHistory": Bilingual("家族史", "family history"),
    "ImagingStudy": Bilingual("影像检查", "imaging studies"),
    "Immunization": Bilingual("疫苗接种", "vaccinations"),
    "Location": Bilingual("病区与床位", "wards and beds"),
    "Medication": Bilingual("药品", "medicines"),
    "MedicationRequest": Bilingual("用药医嘱与处方", "medication orders"),
    "MedicationStatement": Bilingual("正在使用的药物", "medicines in use"),
    "Observation": Bilingual("检验结果与生命体征", "laboratory results and vital signs"),
    "Organization": Bilingual("科室", "departments"),
    "Patient": Bilingual("患者基本信息", "particulars of the patient"),
    "Practitioner": Bilingual("医务人员", "staff"),
    "Procedure": Bilingual("手术与操作", "procedures"),
    "ServiceRequest": Bilingual("检查检验申请", "orders for tests"),
}


def in_words(types: Iterable[str]) -> Bilingual:
    """These types of records as people call them; one without a word of ours by its FHIR name."""
    words = [RESOURCE_WORDS.get(one, Bilingual(one, one)) for one in types]
    return Bilingual("、".join(w.zh for w in words), ", ".join(w.en for w in words))
