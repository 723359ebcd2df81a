"""Contraindications by disease: the drug with the disease, the drug without it, another drug with it."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found
from .writing import catalogue

# Disease as written (a code before a colon where there is one), drugs, alternative, severity, row.
ROWS = """
J45.9:支气管哮喘|propranolol|amlodipine|contraindicated|asthma
阿司匹林哮喘|aspirin ibuprofen|paracetamol|contraindicated|asthma (AERD)
重度慢性阻塞性肺疾病|diazepam|tiotropium|major|COPD severe
射血分数降低的心力衰竭|verapamil diltiazem|bisoprolol|contraindicated|heart failure HFrEF
I50.9:慢性心力衰竭|ibuprofen celecoxib|paracetamol|major|heart failure
心力衰竭 NYHA III级|pioglitazone|metformin|contraindicated|heart failure NYHA III-IV
慢性心力衰竭 心功能IV级|pioglitazone|linagliptin|contraindicated|heart failure NYHA III-IV
三度房室传导阻滞|bisoprolol verapamil diltiazem digoxin|amlodipine|contraindicated|2-3 AV block
二度II型房室传导阻滞|metoprolol_tartrate|valsartan|contraindicated|2-3 AV block
心动过缓 心率42次/分|metoprolol_tartrate donepezil|amlodipine|major|bradycardia <50
长QT综合征|ondansetron moxifloxacin haloperidol citalopram domperidone|paracetamol|major|long QT
预激综合征伴心房颤动|digoxin verapamil|paracetamol|contraindicated|WPW with AF
脑梗死|sumatriptan|paracetamol|contraindicated|coronary disease / stroke
冠心病 不稳定型心绞痛|sumatriptan ergotamine|paracetamol|contraindicated|coronary disease / stroke
重度高血压未控制 血压210/120mmHg|pseudoephedrine|loratadine|contraindicated|hypertension severe
活动性胃溃疡|ibuprofen diclofenac aspirin prednisone|paracetamol|contraindicated|peptic ulcer active
active duodenal ulcer|naproxen|paracetamol|contraindicated|peptic ulcer active
急性上消化道出血|warfarin rivaroxaban clopidogrel|pantoprazole|contraindicated|GI bleed
双侧肾动脉狭窄|enalapril valsartan|amlodipine|contraindicated|renal artery stenosis bilateral
遗传性血管性水肿|enalapril captopril|amlodipine|contraindicated|hereditary angioedema
高钾血症 血钾6.1mmol/L|potassium_chloride spironolactone valsartan enalapril|amlodipine|contraindicated|hyperkalaemia >5.5
低钾血症 血钾2.8mmol/L|digoxin hydrochlorothiazide|potassium_chloride|major|hypokalaemia
M10.9:痛风|hydrochlorothiazide furosemide pyrazinamide|febuxostat|major|gout
G6PD缺乏症（蚕豆病）|nitrofurantoin sulfamethoxazole_trimethoprim|amoxicillin|contraindicated|G6PD deficiency
急性间歇性卟啉病|phenytoin estradiol|paracetamol|contraindicated|porphyria acute
G70.0:重症肌无力|gentamicin levofloxacin propranolol|amoxicillin|contraindicated|myasthenia gravis
癫痫|tramadol bupropion clozapine|paracetamol|major|epilepsy
G20:帕金森病|metoclopramide haloperidol|domperidone|contraindicated|Parkinson disease
痴呆|diazepam diphenhydramine|paracetamol|major|dementia
闭角型青光眼|amitriptyline topiramate|loratadine|contraindicated|angle-closure glaucoma
前列腺增生伴急性尿潴留|pseudoephedrine|loratadine|major|BPH/urinary retention
C50.9:乳腺癌|estradiol|letrozole|contraindicated|breast cancer
下肢深静脉血栓形成史|tamoxifen|letrozole|contraindicated|VTE history / thrombophilia
糖尿病酮症酸中毒|dapagliflozin empagliflozin|insulin_glargine|contraindicated|diabetes DKA / T1D
1型糖尿病|dapagliflozin|insulin_glargine|contraindicated|diabetes DKA / T1D
急性胰腺炎病史|azathioprine sitagliptin|metformin|minor|pancreatitis history
膀胱癌|pioglitazone|metformin|contraindicated|bladder cancer
甲状腺功能亢进症|amiodarone|methimazole|minor|thyroid storm / hyperthyroid
嗜铬细胞瘤（未用α受体阻滞剂）|propranolol metoclopramide|paracetamol|contraindicated|pheochromocytoma
粒细胞缺乏症|clozapine methimazole|paracetamol|contraindicated|neutropenia
肠梗阻|metoclopramide acarbose|paracetamol|contraindicated|bowel obstruction
中毒性巨结肠 暴发性结肠炎|loperamide|mesalazine|contraindicated|IBD toxic
重度睡眠呼吸暂停低通气综合征|estazolam oxycodone|paracetamol|major|sleep apnoea severe
酒精依赖|metformin|amlodipine|major|alcohol use disorder
他汀相关横纹肌溶解史|atorvastatin|ezetimibe|major|QT/CK rhabdo
登革热|ibuprofen aspirin|paracetamol|contraindicated|dengue / viral fever
无症状性低血糖（低血糖无感知）|glimepiride|linagliptin|major|hypoglycaemia unawareness
""".strip().splitlines()
WARDS = frozenset({"gentamicin"})


def _case(drug: str, disease: str | None, severity: str | None, row: str, patient: str) -> Case:
    expected = found(("disease", "age", "allergy"), drug, severity, f"drug_disease.yaml {row}") if severity else None  # fmt: skip
    diagnoses = (catalogue()[drug].dx,)
    if disease is not None:
        diagnoses = (disease.replace(":", "|", 1), *diagnoses)
    return Case(
        "disease",
        patient,
        (drug,),
        (expected,) if expected else (),
        diagnoses=diagnoses,
        setting="inpatient" if drug in WARDS else "outpatient",
        level=3,
        side="above" if expected else "without",
        tolerated=("indication", "antibacterial", "hepatic"),
    )


def cases() -> list[Case]:
    """With the disease each drug of the row, without it every first one, and the alternative."""
    made = []
    for row in ROWS:
        disease, drugs, alternative, severity, name = row.split("|")
        female = {"estradiol", "tamoxifen", "letrozole"} & set(drugs.split())
        patient = "F54" if female else "M54"
        made += [_case(drug, disease, severity, name, patient) for drug in drugs.split()]
        made.append(_case(drugs.split()[0], None, None, name, patient))
        made.append(_case(alternative, disease, None, name, patient))
    return made
