"""Pregnancy and breast-feeding: drugs of the rows, their compatible neighbours, and nobody pregnant."""

# ruff: noqa: E501 - a row is read as one line

from __future__ import annotations

from .model import Case, found

# Drug, severity when pregnant, severity when breast-feeding ("-": the row allows or says nothing).
ROWS = """
isotretinoin contraindicated moderate isotretinoin
methotrexate contraindicated contraindicated methotrexate
leflunomide contraindicated moderate leflunomide
mycophenolate contraindicated moderate mycophenolate
warfarin contraindicated - warfarin
rivaroxaban moderate moderate doac
apixaban moderate moderate doac
dabigatran moderate moderate doac
valproate contraindicated - valproate
carbamazepine moderate - carbamazepine
phenytoin moderate - phenytoin
topiramate moderate - topiramate
lithium minor moderate lithium
enalapril major - acei
perindopril major ? acei
valsartan major moderate arb
losartan major moderate arb
telmisartan major moderate arb
sacubitril_valsartan contraindicated moderate aliskiren_sacubitril
atorvastatin minor moderate statins
rosuvastatin minor moderate statins
spironolactone moderate - spironolactone
atenolol moderate moderate atenolol
ibuprofen minor - nsaids
doxycycline major ? tetracyclines
minocycline major ? tetracyclines
levofloxacin moderate moderate fluoroquinolones
moxifloxacin moderate moderate fluoroquinolones
ciprofloxacin moderate moderate fluoroquinolones
gentamicin moderate - aminoglycosides
streptomycin moderate - aminoglycosides
sulfamethoxazole_trimethoprim minor ? sulfamethoxazole_trimethoprim
fluconazole moderate - fluconazole
voriconazole major moderate voriconazole
ribavirin contraindicated moderate ribavirin
methimazole minor - methimazole
finasteride contraindicated ? finasteride_dutasteride
misoprostol contraindicated ? misoprostol
ergotamine contraindicated moderate ergotamine
diazepam moderate moderate benzodiazepines
alprazolam moderate moderate benzodiazepines
paroxetine moderate - paroxetine
codeine minor moderate codeine_tramadol
tramadol minor moderate codeine_tramadol
amiodarone moderate contraindicated amiodarone
capecitabine contraindicated contraindicated cytotoxics
dapagliflozin moderate moderate glp1ra_sglt2i_dpp4i
sitagliptin moderate moderate glp1ra_sglt2i_dpp4i
""".strip().splitlines()
COMPATIBLE = ("hydroxychloroquine", "insulin_glargine", "metformin", "nifedipine_xr", "paracetamol",
              "amoxicillin", "cefaclor", "azithromycin", "levothyroxine", "folic_acid",
              "ferrous_succinate", "cefuroxime_axetil")  # fmt: skip
HERBS = ("三棱", "莪术", "水蛭", "麝香", "巴豆", "牵牛子", "京大戟", "芫花", "商陆", "斑蝥")
AMOUNTS = {"麝香": "0.05g", "斑蝥": "0.03g", "水蛭": "2g", "巴豆": "0.1g", "芫花": "1.5g",
           "京大戟": "1.5g"}  # fmt: skip
INPATIENT = frozenset({"gentamicin", "streptomycin"})
TOLERATED = ("indication", "antibacterial", "disease")


def _case(topic: str, patient: str, drug: str, severity: str | None, row: str) -> Case:
    expected = found(topic, drug, severity, f"pregnancy.yaml {row}") if severity else None
    return Case(
        topic,
        patient,
        (drug,),
        (expected,) if expected else (),
        setting="inpatient" if drug in INPATIENT else "outpatient",
        level=3,
        side="above" if expected else "without",
        tolerated=TOLERATED if expected else (*TOLERATED, "pregnancy", "lactation"),
    )


def rows() -> list[Case]:
    """Every row pregnant, most breast-feeding, and every second one neither."""
    made = []
    for index, text in enumerate(ROWS):
        drug, pregnant, lactating, row = text.split()
        made.append(_case("pregnancy", "F29 preg", drug, pregnant, row))
        if lactating not in "-?":
            made.append(_case("lactation", "F31 lact", drug, lactating, row))
        if lactating == "-":
            made.append(_case("lactation", "F31 lact", drug, None, row))
        if index % 2 == 0:
            made.append(_case("pregnancy", "M44", drug, None, row) if drug in ("finasteride", "valproate")
                        else _case("pregnancy", "F29", drug, None, row))  # fmt: skip
    return made


def late() -> list[Case]:
    """An anti-inflammatory drug late in pregnancy, told by the diagnosis."""
    expected = found("pregnancy", "ibuprofen", "contraindicated", "pregnancy.yaml nsaids")
    other = found("pregnancy", "diclofenac", "contraindicated", "pregnancy.yaml nsaids")
    return [
        Case("pregnancy", "F29 preg", ("ibuprofen",), (expected,),
             diagnoses=("孕32周", "腰痛"), side="above", tolerated=TOLERATED),
        Case("pregnancy", "F33 preg", ("diclofenac",), (other,),
             diagnoses=("妊娠31周", "腱鞘炎"), side="above", tolerated=TOLERATED),
    ]  # fmt: skip


def herbs() -> list[Case]:
    """Pieces that are forbidden in pregnancy, and the same for somebody who is not pregnant."""
    made = []
    for herb in HERBS:
        line = f"={herb} {AMOUNTS.get(herb, '5g')} qd po 2d form=饮片"
        expected = found("pregnancy", f"={herb}", "contraindicated",
                         "pregnancy.yaml tcm_pregnancy_forbidden")  # fmt: skip
        made.append(
            Case(
                "pregnancy",
                "F27 preg",
                (line,),
                (expected,),
                diagnoses=("癥瘕",),
                side="above",
                tolerated=("form", "quantity", "dose", "unknown_drug", "disease"),
            )
        )
    for herb in ("三棱", "莪术", "水蛭", "牵牛子"):
        line = f"={herb} {AMOUNTS.get(herb, '5g')} qd po 2d form=饮片"
        made.append(Case("pregnancy", "F27", (line,), diagnoses=("癥瘕",), side="without"))
    return made


def cases() -> list[Case]:
    """All of them, compatible drugs included."""
    compatible = [
        _case(topic, patient, drug, None, drug)
        for drug in COMPATIBLE
        for topic, patient in (("pregnancy", "F29 preg"), ("lactation", "F31 lact"))
    ]
    return rows() + late() + herbs() + compatible
