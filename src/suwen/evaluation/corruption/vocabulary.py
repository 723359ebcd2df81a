"""Which words name a drug, an analyte, a side, a relative: the planter's own small lists.

They are kept apart from the terminology that the checker uses, so that a gap there is not hidden
by the same gap here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# One entry per drug: a group of drugs that are mistaken for one another, then every name of the
# drug (the first English and the first Chinese name are the ones that are planted).
_DRUG_LINES: Final = """
ace|lisinopril/prinivil/zestril|赖诺普利
ace|enalapril/vasotec|依那普利
ace|captopril/capoten|卡托普利
ace|perindopril|培哚普利
ace|benazepril/lotensin|贝那普利
ace|ramipril/altace|雷米普利
arb|losartan/cozaar|氯沙坦
arb|valsartan/diovan|缬沙坦
arb|irbesartan/avapro|厄贝沙坦
arb|olmesartan/benicar|奥美沙坦
arb|telmisartan/micardis|替米沙坦
ccb|amlodipine/norvasc|氨氯地平
ccb|nifedipine/procardia|硝苯地平
ccb|felodipine/plendil|非洛地平
ccb|diltiazem/cardizem|地尔硫䓬
ccb|verapamil/calan|维拉帕米
beta|metoprolol/toprol/lopressor|美托洛尔
beta|bisoprolol/zebeta|比索洛尔
beta|carvedilol/coreg|卡维地洛
beta|atenolol/tenormin|阿替洛尔
beta|propranolol/inderal|普萘洛尔
diuretic|furosemide/lasix|呋塞米
diuretic|torsemide/demadex|托拉塞米
diuretic|bumetanide/bumex|布美他尼
diuretic|hydrochlorothiazide/hctz|氢氯噻嗪
diuretic|spironolactone/aldactone|螺内酯
statin|atorvastatin/lipitor|阿托伐他汀
statin|rosuvastatin/crestor|瑞舒伐他汀
statin|simvastatin/zocor|辛伐他汀
statin|pravastatin/pravachol|普伐他汀
glucose|metformin/glucophage|二甲双胍
glucose|glipizide/glucotrol|格列吡嗪
glucose|gliclazide|格列齐特
glucose|glimepiride/amaryl|格列美脲
glucose|glyburide/micronase|格列本脲
glucose|sitagliptin/januvia|西格列汀
glucose|empagliflozin/jardiance|恩格列净
glucose|dapagliflozin/farxiga|达格列净
glucose|acarbose/precose|阿卡波糖
insulin|insulin glargine/lantus|甘精胰岛素
insulin|insulin aspart/novolog|门冬胰岛素
insulin|insulin lispro/humalog|赖脯胰岛素
insulin|insulin detemir/levemir|地特胰岛素
clot|warfarin/coumadin|华法林
clot|rivaroxaban/xarelto|利伐沙班
clot|apixaban/eliquis|阿哌沙班
clot|dabigatran/pradaxa|达比加群
clot|enoxaparin/lovenox|依诺肝素
clot|heparin|肝素
platelet|aspirin/asa|阿司匹林
platelet|clopidogrel/plavix|氯吡格雷
platelet|ticagrelor/brilinta|替格瑞洛
nsaid|ibuprofen/motrin/advil|布洛芬
nsaid|naproxen/aleve/naprosyn|萘普生
nsaid|meloxicam/mobic|美洛昔康
nsaid|celecoxib/celebrex|塞来昔布
nsaid|diclofenac/voltaren|双氯芬酸
pain|acetaminophen/tylenol/paracetamol/excedrin|对乙酰氨基酚/扑热息痛
pain|tramadol/ultram|曲马多
pain|oxycodone/percocet/oxycontin|羟考酮
pain|hydrocodone/vicodin/norco/lortab|氢可酮
pain|morphine|吗啡
pain|meperidine/demerol|哌替啶
pain|hydromorphone/dilaudid|氢吗啡酮
pain|codeine|可待因
pain|fentanyl/duragesic|芬太尼
relaxant|cyclobenzaprine/flexeril|环苯扎林
relaxant|methocarbamol/robaxin|美索巴莫
relaxant|baclofen|巴氯芬
nerve|gabapentin/neurontin|加巴喷丁
nerve|pregabalin/lyrica|普瑞巴林
nerve|carbamazepine/tegretol|卡马西平
nerve|levetiracetam/keppra|左乙拉西坦
nerve|phenytoin/dilantin|苯妥英
nerve|valproate/depakote/valproic acid|丙戊酸
nerve|topiramate/topamax|托吡酯
acid|omeprazole/prilosec|奥美拉唑
acid|pantoprazole/protonix|泮托拉唑
acid|esomeprazole/nexium|艾司奥美拉唑/埃索美拉唑
acid|lansoprazole/prevacid|兰索拉唑
acid|rabeprazole/aciphex|雷贝拉唑
acid|famotidine/pepcid|法莫替丁
acid|ranitidine/zantac|雷尼替丁
penicillin|amoxicillin/augmentin|阿莫西林
penicillin|penicillin v/penicillin|青霉素
penicillin|ampicillin|氨苄西林
cephalosporin|ceftriaxone/rocephin|头孢曲松
cephalosporin|cefazolin/ancef|头孢唑林
cephalosporin|cefuroxime/ceftin|头孢呋辛
cephalosporin|cephalexin/keflex|头孢氨苄
cephalosporin|cefoperazone|头孢哌酮
antibiotic|azithromycin/zithromax/z-pak|阿奇霉素
antibiotic|clarithromycin/biaxin|克拉霉素
antibiotic|doxycycline|多西环素
antibiotic|levofloxacin/levaquin|左氧氟沙星
antibiotic|ciprofloxacin/cipro|环丙沙星
antibiotic|moxifloxacin/avelox|莫西沙星
antibiotic|clindamycin/cleocin|克林霉素
antibiotic|vancomycin|万古霉素
antibiotic|metronidazole/flagyl|甲硝唑
antibiotic|meropenem/merrem|美罗培南
antibiotic|imipenem|亚胺培南
antibiotic|sulfamethoxazole/bactrim/septra|磺胺甲噁唑/复方新诺明
antibiotic|nitrofurantoin/macrobid|呋喃妥因
steroid|prednisone/deltasone|泼尼松
steroid|prednisolone|泼尼松龙
steroid|methylprednisolone/medrol/depo-medrol/solu-medrol|甲泼尼龙
steroid|dexamethasone/decadron|地塞米松
steroid|hydrocortisone|氢化可的松
inhaled|albuterol/ventolin/proventil/salbutamol|沙丁胺醇
inhaled|fluticasone/flovent/flonase|氟替卡松
inhaled|budesonide/pulmicort|布地奈德
inhaled|tiotropium/spiriva|噻托溴铵
inhaled|montelukast/singulair|孟鲁司特
allergy|loratadine/claritin|氯雷他定
allergy|cetirizine/zyrtec|西替利嗪
allergy|fexofenadine/allegra|非索非那定
allergy|diphenhydramine/benadryl|苯海拉明
mood|sertraline/zoloft|舍曲林
mood|fluoxetine/prozac|氟西汀
mood|citalopram/celexa|西酞普兰
mood|escitalopram/lexapro|艾司西酞普兰
mood|paroxetine/paxil|帕罗西汀
mood|bupropion/wellbutrin|安非他酮
mood|trazodone/desyrel|曲唑酮
calm|alprazolam/xanax|阿普唑仑
calm|lorazepam/ativan|劳拉西泮
calm|diazepam/valium|地西泮
calm|clonazepam/klonopin|氯硝西泮
calm|zolpidem/ambien|唑吡坦
thyroid|levothyroxine/synthroid/levothroid|左甲状腺素
thyroid|methimazole/tapazole|甲巯咪唑
thyroid|propylthiouracil|丙硫氧嘧啶
gout|allopurinol/zyloprim|别嘌醇
gout|febuxostat/uloric|非布司他
gout|colchicine/colcrys|秋水仙碱
bone|alendronate/alendronic acid/fosamax|阿仑膦酸
bone|risedronate/actonel|利塞膦酸
heart|digoxin/lanoxin|地高辛
heart|amiodarone/cordarone|胺碘酮
heart|nitroglycerin/nitrostat|硝酸甘油
heart|epinephrine/epipen|肾上腺素
heart|norepinephrine/levophed|去甲肾上腺素
urinary|tamsulosin/flomax|坦索罗辛
urinary|finasteride/proscar|非那雄胺
urinary|doxazosin/cardura|多沙唑嗪
nausea|ondansetron/zofran|昂丹司琼
nausea|promethazine/phenergan|异丙嗪
nausea|metoclopramide/reglan|甲氧氯普胺
immune|methotrexate/trexall|甲氨蝶呤
immune|hydroxychloroquine/plaquenil|羟氯喹
immune|azathioprine/imuran|硫唑嘌呤
tumour|oxaliplatin/eloxatin|奥沙利铂
tumour|cisplatin|顺铂
tumour|carboplatin|卡铂
tumour|leucovorin|亚叶酸
tumour|fluorouracil|氟尿嘧啶
pill|norethindrone/errin|炔诺酮
pill|drospirenone/yaz|屈螺酮
pill|levonorgestrel/seasonique|左炔诺孕酮
"""

# One entry per analyte or measurement: a group whose members share a unit or a panel, English
# names, Chinese names, LOINC codes. The first names are the ones that are planted.
_ANALYTE_LINES: Final = """
ion|potassium|血钾/钾|2823-3/6298-4
ion|sodium|血钠/钠|2951-2/2947-0
ion|chloride|血氯/氯|2075-0/2069-3
ion|calcium|血钙/钙|17861-6/49765-1
ion|magnesium|血镁/镁|19123-9
ion|phosphate/phosphorus|血磷/无机磷/磷|2777-1
renal|creatinine|肌酐/血肌酐|2160-0/38483-4/14682-9
renal|urea nitrogen/bun|尿素氮/尿素|3094-0/6299-2/22664-7
renal|uric acid|尿酸|3084-1/14933-6
sugar|glucose/blood sugar|血糖/葡萄糖|2345-7/2339-0/14749-6/15074-8
sugar|hemoglobin a1c/hba1c/a1c|糖化血红蛋白|4548-4
lipid|total cholesterol/cholesterol|总胆固醇|2093-3/14647-2
lipid|triglycerides/triglyceride|甘油三酯|2571-8/14927-8
lipid|ldl/low density lipoprotein|低密度脂蛋白胆固醇/低密度脂蛋白|18262-6/13457-7/22748-8
lipid|hdl/high density lipoprotein|高密度脂蛋白胆固醇/高密度脂蛋白|2085-9/14646-4
blood|hemoglobin|血红蛋白|718-7
blood|hematocrit|红细胞压积|4544-3/20570-8
blood|platelets/platelet|血小板/血小板计数|777-3
blood|white blood cell/leukocytes/wbc|白细胞/白细胞计数|6690-2
blood|red blood cell/erythrocytes/rbc|红细胞/红细胞计数|789-8
blood|neutrophils|中性粒细胞|751-8/770-8
blood|lymphocytes|淋巴细胞|731-0/736-9
liver|alanine aminotransferase/alt|丙氨酸氨基转移酶/谷丙转氨酶|1742-6
liver|aspartate aminotransferase/ast|天门冬氨酸氨基转移酶/谷草转氨酶|1920-8
liver|alkaline phosphatase|碱性磷酸酶|6768-6
liver|total bilirubin/bilirubin|总胆红素|1975-2/14631-6
liver|albumin|白蛋白|1751-7
liver|total protein|总蛋白|2885-2
heart|troponin i/troponin|肌钙蛋白i/肌钙蛋白|10839-9/89579-7
heart|bnp/nt-probnp|脑钠肽/n末端脑钠肽前体|33762-6/30934-4
inflammation|c-reactive protein/crp|c反应蛋白|1988-5
inflammation|procalcitonin|降钙素原|33959-8
thyroid|tsh/thyroid stimulating hormone|促甲状腺激素|3016-3
clot|inr|国际标准化比值/国际标准化比率|6301-6
clot|d-dimer|d-二聚体/d二聚体|48065-7/48066-5
gas|lactate|乳酸|2524-7
vital|temperature|体温|8310-5/8331-1
vital|heart rate/pulse|心率/脉搏|8867-4
vital|respiratory rate|呼吸频率/呼吸|9279-1
vital|oxygen saturation/spo2|血氧饱和度/氧饱和度|2708-6/59408-5
vital|blood pressure|血压|85354-9/55284-4
body|body height/height|身高|8302-2
body|body weight/weight|体重|29463-7
body|body mass index/bmi|体质指数/体重指数|39156-5
heart2|ejection fraction|射血分数|10230-1
"""


def _names(part: str) -> tuple[str, ...]:
    return tuple(name for name in part.split("/") if name)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds any of the names as a whole word, the longest first; for lower-case text."""
    ordered = sorted(names, key=len, reverse=True)
    english = "|".join(re.escape(n) for n in ordered if n.isascii())
    chinese = "|".join(re.escape(n) for n in ordered if not n.isascii())
    return re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|(?:{chinese})")


class Drug:
    """A drug under all its names; ``group`` holds drugs that are mistaken for one another."""

    __slots__ = ("english", "chinese", "group")  # noqa: RUF023 - in reading order

    def __init__(self, line: str) -> None:
        self.group, english, chinese = line.split("|")
        self.english = _names(english)
        self.chinese = _names(chinese)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in both languages."""
        return self.english + self.chinese


class Analyte:
    """A measured quantity under all its names and LOINC codes."""

    __slots__ = ("english", "chinese", "codes", "group")  # noqa: RUF023 - in reading order

    def __init__(self, line: str) -> None:
        self.group, english, chinese, codes = line.split("|")
        self.english = _names(english)
        self.chinese = _names(chinese)
        self.codes = _names(codes)

    @property
    def key(self) -> str:
        """The one name by which values of this analyte are compared."""
        return self.english[0]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name in both languages."""
        return self.english + self.chinese


DRUGS: Final = tuple(Drug(line) for line in _DRUG_LINES.strip().split("\n"))
ANALYTES: Final = tuple(Analyte(line) for line in _ANALYTE_LINES.strip().split("\n"))
DRUG_BY_NAME: Final = {name: drug for drug in DRUGS for name in drug.names}
ANALYTE_BY_NAME: Final = {name: analyte for analyte in ANALYTES for name in analyte.names}
ANALYTE_BY_CODE: Final = {code: analyte for analyte in ANALYTES for code in analyte.codes}
DRUG_PATTERN: Final = _any_of(DRUG_BY_NAME)
ANALYTE_PATTERN: Final = _any_of(ANALYTE_BY_NAME)

BODY_PARTS: Final = (
    "knee|foot|feet|shoulder|ankle|hand|leg|elbow|finger|hip|arm|toe|wrist|extremity|breast|eye|"
    "ear|kidney|lung|thigh|thumb|flank|calf|groin|forearm|heel|heels|side|sided|lobe|ureter|"
    "ventricle|ventricular|atrial|atrium|artery|base|buttock|neck|jaw|cheek|nostril|temporal|"
    "lower|upper|quadrant|index|middle|great|ring|lateral|medial|posterior|anterior|inguinal|"
    "ovary|testicle|tonsil|carotid|femoral|humerus|femur|tibia|fibula|clavicle|hemisphere"
)
CHINESE_BODY_PARTS: Final = (
    "膝|足|肩|踝|手|腿|肘|髋|臂|腕|乳|眼|耳|肾|肺|上肢|下肢|侧|叶|胸|腹|腰|颈|股|室|房|冠|锁骨|"
    "上|下|前|后|桡|尺|胫|腓|半球|颞|额|顶|枕|卵巢|输尿管|甲状腺"
)
RELATIVES: Final = ("mother", "father", "brother", "sister", "grandmother", "grandfather", "aunt")
OTHER_RELATIVES: Final = ("son", "daughter", "wife", "husband", "uncle", "cousin", "parents")
CHINESE_RELATIVES: Final = ("母亲", "父亲", "兄弟", "姐妹", "祖母", "祖父", "姑母")
CHINESE_OTHER_RELATIVES: Final = ("哥哥", "弟弟", "姐姐", "妹妹", "儿子", "女儿", "妻子", "丈夫")
# Words by which a conversation may mean a relative without the planted word itself.
RELATIVE_SYNONYMS: Final = {
    "mother": ("mother", "mom", "mum", "mama", "parent"),
    "father": ("father", "dad", "papa", "parent"),
    "brother": ("brother", "sibling"),
    "sister": ("sister", "sibling"),
    "grandmother": ("grandmother", "grandma", "granny", "grandparent"),
    "grandfather": ("grandfather", "grandpa", "grandparent"),
    "aunt": ("aunt", "auntie"),
    "母亲": ("母", "妈", "娘"),
    "父亲": ("父", "爸", "爹"),
    "兄弟": ("兄", "弟", "哥"),
    "姐妹": ("姐", "妹"),
    "祖母": ("祖母", "奶奶", "外婆"),
    "祖父": ("祖父", "爷爷", "外公"),
    "姑母": ("姑", "姨"),
}
