"""The pharmacy's list: generic names in both languages with their ATC codes; routes; frequencies.

ATC codes are restated from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Medicine:
    """A medicine by its generic name."""

    key: str
    zh: str
    en: str
    atc: str


@dataclass(frozen=True)
class Route:
    """A way of giving, as in HL7 table 0162."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True)
class Frequency:
    """How often: ``times`` in ``span`` ``unit`` (UCUM); ``times`` 0 means continuously."""

    times: int
    span: float
    unit: str
    zh: str
    en: str
    timing_code: str | None = None


_MEDICINES = """
furosemide|呋塞米|furosemide|C03CA01
spironolactone|螺内酯|spironolactone|C03DA01
sacubitril-valsartan|沙库巴曲缬沙坦|sacubitril/valsartan|C09DX04
bisoprolol|比索洛尔|bisoprolol|C07AB07
metoprolol-er|琥珀酸美托洛尔缓释片|metoprolol succinate|C07AB02
dapagliflozin|达格列净|dapagliflozin|A10BK01
potassium-chloride|氯化钾|potassium chloride|A12BA01
enoxaparin|依诺肝素钠|enoxaparin|B01AB05
aspirin|阿司匹林肠溶片|aspirin|B01AC06
ticagrelor|替格瑞洛|ticagrelor|B01AC24
clopidogrel|氯吡格雷|clopidogrel|B01AC04
atorvastatin|阿托伐他汀|atorvastatin|C10AA05
rosuvastatin|瑞舒伐他汀|rosuvastatin|C10AA07
perindopril|培哚普利|perindopril|C09AA04
ramipril|雷米普利|ramipril|C09AA05
losartan|氯沙坦|losartan|C09CA01
valsartan|缬沙坦|valsartan|C09CA03
amlodipine|氨氯地平|amlodipine|C08CA01
nifedipine-gits|硝苯地平控释片|nifedipine GITS|C08CA05
isosorbide-mononitrate|单硝酸异山梨酯|isosorbide mononitrate|C01DA14
rivaroxaban|利伐沙班|rivaroxaban|B01AF01
apixaban|阿哌沙班|apixaban|B01AF02
amiodarone|胺碘酮|amiodarone|C01BD01
pantoprazole|泮托拉唑|pantoprazole|A02BC02
omeprazole|奥美拉唑|omeprazole|A02BC01
ceftriaxone|头孢曲松|ceftriaxone|J01DD04
cefuroxime|头孢呋辛|cefuroxime|J01DC02
cefazolin|头孢唑林|cefazolin|J01DB04
cefoperazone-sulbactam|头孢哌酮钠舒巴坦钠|cefoperazone/sulbactam|J01DD62
cefdinir|头孢地尼|cefdinir|J01DD15
amoxicillin|阿莫西林|amoxicillin|J01CA04
amoxicillin-clavulanate|阿莫西林克拉维酸钾|amoxicillin/clavulanate|J01CR02
azithromycin|阿奇霉素|azithromycin|J01FA10
moxifloxacin|莫西沙星|moxifloxacin|J01MA14
levofloxacin|左氧氟沙星|levofloxacin|J01MA12
metronidazole|甲硝唑|metronidazole|J01XD01
sulfamethoxazole-trimethoprim|复方磺胺甲噁唑|sulfamethoxazole/trimethoprim|J01EE01
ambroxol|氨溴索|ambroxol|R05CB06
paracetamol|对乙酰氨基酚|paracetamol|N02BE01
ibuprofen|布洛芬|ibuprofen|M01AE01
celecoxib|塞来昔布|celecoxib|M01AH01
parecoxib|帕瑞昔布|parecoxib|M01AH04
diclofenac|双氯芬酸|diclofenac|M01AB05
methylprednisolone|甲泼尼龙|methylprednisolone|H02AB04
prednisone|泼尼松|prednisone|H02AB07
budesonide-neb|吸入用布地奈德混悬液|budesonide nebuliser suspension|R03BA02
ipratropium-salbutamol|复方异丙托溴铵吸入溶液|ipratropium/salbutamol|R03AL02
salbutamol|沙丁胺醇气雾剂|salbutamol inhaler|R03AC02
tiotropium|噻托溴铵吸入粉雾剂|tiotropium|R03BB04
budesonide-formoterol|布地奈德福莫特罗|budesonide/formoterol|R03AK07
montelukast|孟鲁司特|montelukast|R03DC03
saline|0.9%氯化钠注射液|sodium chloride 0.9 %|B05BB01
glucose-50|50%葡萄糖注射液|glucose 50 %|B05BA03
insulin-regular|胰岛素(短效)|insulin, short-acting|A10AB01
insulin-glargine|甘精胰岛素|insulin glargine|A10AE04
insulin-aspart|门冬胰岛素|insulin aspart|A10AB05
metformin|二甲双胍|metformin|A10BA02
gliclazide-mr|格列齐特缓释片|gliclazide MR|A10BB09
linagliptin|利格列汀|linagliptin|A10BH05
acarbose|阿卡波糖|acarbose|A10BF01
methimazole|甲巯咪唑|methimazole|H03BB02
propranolol|普萘洛尔|propranolol|C07AA05
calcium-carbonate|碳酸钙|calcium carbonate|A12AA04
roxadustat|罗沙司他|roxadustat|B03XA05
ferrous-succinate|琥珀酸亚铁|ferrous succinate|B03AA06
sodium-bicarbonate|碳酸氢钠|sodium bicarbonate|A02AH
ondansetron|昂丹司琼|ondansetron|A04AA01
tamsulosin|坦索罗辛|tamsulosin|G04CA02
"""

MEDICINES: Mapping[str, Medicine] = {
    key: Medicine(key, zh, en, atc)
    for key, zh, en, atc in (line.split("|") for line in _MEDICINES.strip().splitlines())
}

ROUTES: Mapping[str, Route] = {
    "po": Route("PO", "口服", "by mouth"),
    "iv": Route("IV", "静脉给药", "intravenously"),
    "sc": Route("SC", "皮下注射", "subcutaneously"),
    "ih": Route("IH", "吸入", "inhaled"),
}

FREQUENCIES: Mapping[str, Frequency] = {
    "qd": Frequency(1, 1, "d", "每日1次", "once daily", "QD"),
    "bid": Frequency(2, 1, "d", "每日2次", "twice daily", "BID"),
    "tid": Frequency(3, 1, "d", "每日3次", "three times daily", "TID"),
    "q6h": Frequency(1, 6, "h", "每6小时1次", "every 6 hours", "Q6H"),
    "q8h": Frequency(1, 8, "h", "每8小时1次", "every 8 hours", "Q8H"),
    "q12h": Frequency(1, 12, "h", "每12小时1次", "every 12 hours"),
    "qn": Frequency(1, 1, "d", "每晚1次", "at night"),
    "tiw": Frequency(3, 1, "wk", "每周3次", "three times a week"),
    "prn": Frequency(0, 0, "", "必要时", "when needed"),
    "st": Frequency(1, 0, "", "立即1次", "once now"),
    "cont": Frequency(0, 0, "", "持续泵入", "continuous infusion"),
}

#: Printed dose units and their UCUM codes.
DOSE_UNITS: Mapping[str, str] = {
    "mg": "mg",
    "g": "g",
    "mL": "mL",
    "μg": "ug",
    "IU": "[iU]",
    "U": "[iU]",
    "U/h": "[iU]/h",
    "吸": "{puff}",
    "puffs": "{puff}",
}
