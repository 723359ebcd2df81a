"""Allergies: the same substance, its class, and neighbours that are allowed."""

from __future__ import annotations

from .model import Case, Expected, found

BLOCK, WARN = "major", "minor"
# Allergy as written, drug ordered, severity or "clean", index allergen of the row.
ROWS = """
青霉素|amoxicillin|block|penicillin
青霉素过敏（皮疹）|amoxicillin_clavulanate|block|penicillin
penicillin anaphylaxis|ampicillin|block|penicillin
青霉素皮试阳性|piperacillin_tazobactam|block|penicillin
PNC过敏|penicillin_g|block|penicillin
阿莫西林|penicillin_g|block|penicillin
氨苄青霉素过敏|amoxicillin|block|penicillin
阿莫西林过敏|amoxicillin|block|penicillin
氨苄西林过敏|cefalexin|warn|penicillin, same R1
阿莫西林 皮疹|cefadroxil|warn|penicillin, same R1
amoxicillin rash|cefaclor|warn|penicillin, same R1
头孢他啶过敏|aztreonam|block|ceftazidime
ceftazidime|aztreonam|block|ceftazidime
头孢曲松|cefotaxime|block|ceftriaxone
头孢曲松钠 过敏性休克|cefepime|block|ceftriaxone
罗氏芬过敏|cefotaxime|block|ceftriaxone
头孢氨苄|cefaclor|block|cefalexin
先锋霉素IV过敏|ampicillin|block|cefalexin
头孢羟氨苄|amoxicillin|block|cefadroxil
头孢克洛过敏|cefaclor|block|the same substance
磺胺类|sulfamethoxazole_trimethoprim|block|sulfonamide antibiotic
磺胺过敏（大疱疹）|sulfamethoxazole_trimethoprim|block|sulfonamide antibiotic
sulfa drugs|sulfamethoxazole_trimethoprim|block|sulfonamide antibiotic
磺胺甲噁唑|sulfasalazine|block|sulfonamide antibiotic, sulfasalazine
磺胺类药物过敏|sulfasalazine|block|sulfonamide antibiotic, sulfasalazine
磺胺过敏|celecoxib|warn|sulfonamide antibiotic, celecoxib
阿司匹林哮喘|ibuprofen|block|aspirin/NSAID (AERD)
阿司匹林过敏，诱发哮喘|diclofenac|block|aspirin/NSAID (AERD)
aspirin-exacerbated respiratory disease|naproxen|block|aspirin/NSAID (AERD)
布洛芬 荨麻疹 多种解热镇痛药均过敏|indometacin|block|aspirin/NSAID (AERD)
布洛芬|naproxen|warn|aspirin/NSAID single-agent
布洛芬过敏|ibuprofen|block|the same substance
苯妥英钠 剥脱性皮炎|carbamazepine|block|aromatic anticonvulsant
phenytoin (DRESS)|carbamazepine|block|aromatic anticonvulsant
卡马西平过敏|phenytoin|block|aromatic anticonvulsant
卡马西平|oxcarbazepine|block|carbamazepine
得理多过敏 SJS|oxcarbazepine|block|carbamazepine
大环内酯类|azithromycin|warn|macrolide
红霉素过敏|clarithromycin|warn|macrolide
左氧氟沙星 皮疹|moxifloxacin|warn|fluoroquinolone
喹诺酮类过敏|ciprofloxacin|warn|fluoroquinolone
链霉素过敏|gentamicin|block|streptomycin
庆大霉素|amikacin|block|aminoglycoside
氨基糖苷类|tobramycin|block|aminoglycoside
多西环素|minocycline|warn|tetracycline
四环素类过敏|doxycycline|warn|tetracycline
万古霉素过敏性休克|teicoplanin|warn|vancomycin (IgE)
肝素诱导的血小板减少症（HIT）|enoxaparin|block|heparin (HIT)
heparin-induced thrombocytopenia|enoxaparin|block|heparin (HIT)
HIT|heparin|block|heparin (HIT)
依那普利 血管性水肿|captopril|block|ACEI angioedema
ACEI angioedema|perindopril|block|ACEI angioedema
卡托普利 喉头水肿|sacubitril_valsartan|block|ACEI angioedema
多西他赛过敏|docetaxel|block|the same substance
紫杉醇过敏|docetaxel|warn|docetaxel/paclitaxel
吗啡 皮疹|codeine|warn|opioid phenanthrenes
可待因过敏|morphine|warn|opioid phenanthrenes
别嘌醇 重症药疹|allopurinol|block|the same substance
扑热息痛过敏|paracetamol|block|the same substance
奥美拉唑过敏|omeprazole|block|the same substance
甲硝唑|metronidazole|block|the same substance
拜复乐过敏|moxifloxacin|block|the same substance
青霉素过敏|aztreonam|clean|penicillin, aztreonam
青霉素|azithromycin|clean|
青霉素过敏|levofloxacin|clean|
PNC过敏|metronidazole|clean|
头孢唑林|ceftriaxone|clean|cefazolin, unique R1
cefazolin|cefuroxime_axetil|clean|cefazolin, unique R1
头孢曲松|levofloxacin|clean|
头孢他啶过敏|meropenem|clean|
磺胺类|azithromycin|clean|
磺胺过敏|amoxicillin|clean|
磺胺过敏|metformin|clean|
阿司匹林哮喘|paracetamol|clean|
卡马西平过敏|levetiracetam|clean|aromatic anticonvulsant, alternative
苯妥英钠过敏|valproate|clean|aromatic anticonvulsant, alternative
苯妥英钠 DRESS|levetiracetam|clean|aromatic anticonvulsant, alternative
红霉素过敏|amoxicillin|clean|
左氧氟沙星|amoxicillin|clean|
链霉素|amoxicillin|clean|
庆大霉素过敏|cefuroxime_axetil|clean|
肝素诱导的血小板减少症|fondaparinux|clean|heparin (HIT), alternative
HIT|rivaroxaban|clean|heparin (HIT), alternative
ACEI血管性水肿|amlodipine|clean|
海鲜过敏|amoxicillin|clean|
贝类过敏|=碘海醇注射液|clean|iodinated contrast: shellfish is not relevant
鸡蛋过敏|=流感疫苗|clean|egg, influenza vaccine
花粉、尘螨|loratadine|clean|
芒果|cefaclor|clean|
无|amoxicillin|clean|none known
否认药物过敏史|amoxicillin|clean|none known
否认青霉素过敏|amoxicillin|clean|denied
NKDA|amoxicillin|clean|none known
无已知药物过敏|ceftriaxone|clean|none known
No known drug allergies|sulfamethoxazole_trimethoprim|clean|none known
无药物及食物过敏|cefaclor|clean|none known
未发现药物过敏|levofloxacin|clean|none known
牛奶|paracetamol|clean|
酒精|ibuprofen|clean|
大环内酯类|levofloxacin|clean|
对乙酰氨基酚过敏|ibuprofen|clean|
甲硝唑过敏|amoxicillin|clean|
胶布过敏|cefazolin|clean|
""".strip().splitlines()
WARDS = frozenset(
    [
        "piperacillin_tazobactam",
        "ampicillin",
        "penicillin_g",
        "aztreonam",
        "cefotaxime",
        "cefepime",
        "teicoplanin",
        "docetaxel",
        "meropenem",
        "gentamicin",
        "amikacin",
        "tobramycin",
        "enoxaparin",
        "heparin",
        "fondaparinux",
        "ceftriaxone",
        "cefazolin",
    ]
)


def _expected(drug: str, grade: str, row: str) -> tuple[Expected, ...]:
    if grade == "clean":
        return ()
    severity, interrupts = (BLOCK, True) if grade == "block" else (WARN, None)
    return (found("allergy", drug, severity, f"allergy.yaml {row}", interrupts=interrupts),)


def cases() -> list[Case]:
    """One for every row; every other one has a second drug beside it."""
    made = []
    for index, row in enumerate(ROWS):
        allergy, drug, grade, basis = row.split("|")
        literal = drug.startswith("=")
        orders = (f"{drug} 50ml st iv",) if literal else (drug,)
        if index % 2 and not literal and drug not in ("paracetamol", "metformin"):
            orders += ("amlodipine",)
        made.append(
            Case(
                "allergy",
                "M46" if index % 3 else "F38",
                orders,
                _expected(drug, grade, basis),
                diagnoses=("增强CT检查",) if literal else None,
                allergies=(allergy,),
                setting="inpatient" if drug in WARDS else "outpatient",
                level=3,
                side="without" if grade == "clean" else None,
                tolerated=("unknown_drug", "unchecked", "antibacterial", "disease", "interaction"),
            )
        )
    return made
