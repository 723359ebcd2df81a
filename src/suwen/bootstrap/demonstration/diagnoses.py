"""Diagnoses and operations that occur in the demonstration hospital.

ICD-10 (WHO) and ICD-9-CM procedure codes are restated from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """A coded term in both languages."""

    key: str
    code: str
    zh: str
    en: str


_DIAGNOSES = """
heart-failure|I50.0|慢性心力衰竭急性加重|Acute on chronic heart failure
dilated-cardiomyopathy|I42.0|扩张型心肌病|Dilated cardiomyopathy
ischaemic-cardiomyopathy|I25.5|缺血性心肌病|Ischaemic cardiomyopathy
chronic-heart-failure|I50.9|慢性心力衰竭|Chronic heart failure
inferior-stemi|I21.1|急性下壁ST段抬高型心肌梗死|Acute inferior ST-elevation myocardial infarction
nstemi|I21.4|急性非ST段抬高型心肌梗死|Acute non-ST-elevation myocardial infarction
coronary-disease|I25.1|冠状动脉粥样硬化性心脏病|Coronary artery disease
stable-angina|I20.8|稳定型心绞痛|Stable angina
atrial-fibrillation|I48.9|心房颤动|Atrial fibrillation
hypertension|I10|高血压病|Essential hypertension
hyperlipidaemia|E78.5|高脂血症|Hyperlipidaemia
infarction|I21.9|急性心肌梗死|Acute myocardial infarction
old-infarction|I25.2|陈旧性心肌梗死|Old myocardial infarction
hypokalaemia|E87.6|低钾血症|Hypokalaemia
pneumonia|J18.9|社区获得性肺炎|Community-acquired pneumonia
copd-exacerbation|J44.1|慢性阻塞性肺疾病急性加重|Acute exacerbation of COPD
copd|J44.9|慢性阻塞性肺疾病|Chronic obstructive pulmonary disease
respiratory-failure-2|J96.1|慢性呼吸衰竭(Ⅱ型)|Chronic type 2 respiratory failure
hypoxia|J96.0|急性Ⅰ型呼吸衰竭|Acute type 1 respiratory failure
pulmonary-embolism|I26.9|急性肺血栓栓塞症|Acute pulmonary embolism
leg-dvt|I80.2|下肢深静脉血栓形成|Deep vein thrombosis of the leg
asthma|J45.9|支气管哮喘|Asthma
asthma-attack|J45.9|支气管哮喘急性发作|Acute exacerbation of asthma
lung-nodule|R91|肺结节|Pulmonary nodule
acute-kidney-injury|N17.9|急性肾损伤|Acute kidney injury
volume-depletion|E86|容量不足|Volume depletion
diabetic-nephropathy|E11.2|2型糖尿病性肾病|Type 2 diabetes with kidney disease
ckd3|N18.3|慢性肾脏病3期|Chronic kidney disease stage 3
ckd4|N18.4|慢性肾脏病4期|Chronic kidney disease stage 4
renal-anaemia|D63.8|肾性贫血|Anaemia of chronic kidney disease
nephrotic-syndrome|N04.0|肾病综合征(微小病变型)|Nephrotic syndrome, minimal change
iga-nephropathy|N02.8|IgA肾病|IgA nephropathy
pyelonephritis|N10|急性肾盂肾炎|Acute pyelonephritis
gout|M10.9|痛风|Gout
type2-diabetes|E11.9|2型糖尿病|Type 2 diabetes mellitus
type2-diabetes-poor|E11.6|2型糖尿病伴血糖控制不佳|Type 2 diabetes with poor glycaemic control
diabetic-neuropathy|E11.4|2型糖尿病性周围神经病变|Type 2 diabetes with peripheral neuropathy
ketoacidosis|E10.1|1型糖尿病性酮症酸中毒|Type 1 diabetes with ketoacidosis
type1-diabetes|E10.9|1型糖尿病|Type 1 diabetes mellitus
hypoglycaemia|E16.0|药物性低血糖|Drug-induced hypoglycaemia
graves|E05.0|甲状腺功能亢进症(Graves病)|Graves disease
osteoporosis|M81.9|骨质疏松症|Osteoporosis
acute-cholecystitis|K80.0|胆囊结石伴急性胆囊炎|Gallstones with acute cholecystitis
gallstones|K80.2|胆囊结石|Gallstones
acute-appendicitis|K35.8|急性阑尾炎|Acute appendicitis
inguinal-hernia|K40.9|腹股沟疝|Inguinal hernia
colon-cancer|C18.2|升结肠恶性肿瘤|Malignant neoplasm of ascending colon
iron-deficiency-anaemia|D50.0|失血性缺铁性贫血|Iron deficiency anaemia from blood loss
chest-pain|R07.4|胸痛待查|Chest pain, unspecified
gastritis|K29.5|慢性胃炎|Chronic gastritis
cerebral-infarction|I69.3|陈旧性脑梗死|Old cerebral infarction
prostatic-hyperplasia|N40|良性前列腺增生|Benign prostatic hyperplasia
pulmonary-tuberculosis|A16.2|肺结核|Pulmonary tuberculosis
appendicectomy-past|Z90.4|阑尾切除术后|Past appendicectomy
caesarean-past|Z98.8|剖宫产术后|Past caesarean section
fatty-liver|K76.0|脂肪肝|Fatty liver
knee-osteoarthritis|M17.9|膝骨关节炎|Osteoarthritis of the knee
allergic-rhinitis|J30.4|变应性鼻炎|Allergic rhinitis
"""

_OPERATIONS = """
coronary-angiography|88.56|冠状动脉造影术|Coronary angiography
coronary-stent|36.07|药物洗脱冠状动脉支架置入术|Insertion of drug-eluting coronary stent
laparoscopic-cholecystectomy|51.23|腹腔镜下胆囊切除术|Laparoscopic cholecystectomy
laparoscopic-appendicectomy|47.01|腹腔镜下阑尾切除术|Laparoscopic appendicectomy
hernia-right|17.13|腹腔镜下右侧腹股沟疝无张力修补术|Laparoscopic repair of right inguinal hernia
hernia-left|17.13|腹腔镜下左侧腹股沟疝无张力修补术|Laparoscopic repair of left inguinal hernia
right-hemicolectomy|17.33|腹腔镜下右半结肠切除术|Laparoscopic right hemicolectomy
renal-biopsy|55.23|经皮肾穿刺活检术|Percutaneous renal biopsy
pleural-drain|34.04|胸腔闭式引流术|Insertion of pleural drain
transfusion|99.04|红细胞输注|Transfusion of red cells
"""


def _table(rows: str) -> Mapping[str, Term]:
    return {
        key: Term(key, code, zh, en)
        for key, code, zh, en in (line.split("|") for line in rows.strip().splitlines())
    }


DIAGNOSES: Mapping[str, Term] = _table(_DIAGNOSES)
OPERATIONS: Mapping[str, Term] = _table(_OPERATIONS)
