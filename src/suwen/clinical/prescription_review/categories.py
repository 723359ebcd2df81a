"""The national categories of prescription comments, for statistics and for coded reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from suwen.core.finding import Source
from suwen.core.language import Bilingual

SOURCE: Final = Source("医院处方点评管理规范（试行）", "2010")

CATEGORIES: Final[Mapping[str, Bilingual]] = {
    "IRR1": Bilingual("前记、正文、后记缺项或不规范", "parts of the form missing or unclear"),
    "IRR2": Bilingual("医师签名、签章不规范", "prescriber's signature not as on file"),
    "IRR3": Bilingual("药师未审核或未双签", "not reviewed or not signed twice by pharmacists"),
    "IRR4": Bilingual("新生儿、婴幼儿未写日月龄", "infant's age not in days or months"),
    "IRR5": Bilingual("西药、中成药、饮片未分别开具", "pieces not on a prescription of their own"),
    "IRR6": Bilingual("未使用规范药名", "drug name not standard"),
    "IRR7": Bilingual("剂量、规格、数量、单位不规范", "dose, strength, amount or unit unclear"),
    "IRR8": Bilingual("用法用量含糊（遵医嘱、自用）", "use left to 'as directed' or 'own use'"),
    "IRR9": Bilingual("修改未签名或超剂量未再签", "correction or overdose not signed again"),
    "IRR10": Bilingual("未写诊断或诊断不全", "no diagnosis, or not complete"),
    "IRR11": Bilingual("单张门急诊处方超过五种", "more than five drugs on one prescription"),
    "IRR12": Bilingual("门诊超7日、急诊超3日未注明理由", "too many days without a stated reason"),
    "IRR13": Bilingual("麻精毒放未执行规定", "rules of controlled or toxic drugs not kept"),
    "IRR14": Bilingual("抗菌药物未按管理规定", "rules of antibacterials not kept"),
    "IRR15": Bilingual(
        "饮片未按君臣佐使或未注明调剂煎煮", "pieces not in order or preparation missing"
    ),
    "INA1": Bilingual("适应证不适宜", "indication not suitable"),
    "INA2": Bilingual("遴选的药品不适宜", "choice of drug not suitable"),
    "INA3": Bilingual("剂型或给药途径不适宜", "form or route not suitable"),
    "INA4": Bilingual("无正当理由不首选国家基本药物", "not an essential drug, without reason"),
    "INA5": Bilingual("用法用量不适宜", "dose or use not suitable"),
    "INA6": Bilingual("联合用药不适宜", "combination not suitable"),
    "INA7": Bilingual("重复给药", "duplicate therapy"),
    "INA8": Bilingual("有配伍禁忌或不良相互作用", "incompatibility or harmful interaction"),
    "INA9": Bilingual("其他不适宜", "not suitable otherwise"),
    "EXC1": Bilingual("无适应证用药", "no indication"),
    "EXC2": Bilingual("无正当理由开具高价药", "expensive drug without reason"),
    "EXC3": Bilingual("无正当理由超说明书用药", "off label without reason"),
    "EXC4": Bilingual(
        "无正当理由为同一患者同时开具2种以上药理作用机制相同药物",
        "two or more drugs of one mechanism without reason",
    ),
}
