"""Duplicates: the same substance, the same class, a substance hidden in a combination."""

from __future__ import annotations

from .model import Case, found

# Two lines; a star marks what is already taken; class of the row; severity.
SAME = """
omeprazole/pantoprazole/A02BC/moderate
esomeprazole/rabeprazole*/A02BC/moderate
lansoprazole/omeprazole*/A02BC/moderate
metformin/metformin*/A10BA/moderate
glimepiride/gliclazide_mr/A10BB/moderate
glipizide/glibenclamide/A10BB/moderate
dapagliflozin/empagliflozin*/A10BK/moderate
sitagliptin/linagliptin/A10BH/moderate
rivaroxaban/apixaban*/B01AF+B01AE/moderate
dabigatran/edoxaban/B01AF+B01AE/moderate
heparin/enoxaparin/B01AB/moderate
hydrochlorothiazide/indapamide/C03AA/C03BA/moderate
spironolactone/eplerenone/C03DA/moderate
metoprolol_tartrate/bisoprolol/C07AB/C07AA/moderate
propranolol/carvedilol*/C07AB/C07AA/moderate
amlodipine/nifedipine_xr/C08CA/moderate
enalapril/perindopril/C09AA+C09CA/moderate
valsartan/losartan*/C09AA+C09CA/moderate
captopril/irbesartan/C09AA+C09CA/moderate
sacubitril_valsartan/valsartan/C09D/C09B/moderate
atorvastatin/rosuvastatin/C10AA/moderate
simvastatin/pravastatin*/C10AA/moderate
tamsulosin/doxazosin/G04CA/moderate
sildenafil/tadalafil/G04BE/moderate
prednisone/dexamethasone/H02AB/moderate
amoxicillin/amoxicillin_clavulanate/J01CA/J01CR/moderate
cefaclor/cefixime/J01DB/J01DC/J01DD/J01DE/moderate
cefuroxime_axetil/cefalexin/J01DB/J01DC/J01DD/J01DE/moderate
meropenem/imipenem/J01DH/moderate
azithromycin/clarithromycin/J01FA/moderate
levofloxacin/moxifloxacin/J01MA/moderate
gentamicin/amikacin/J01GB/moderate
ibuprofen/diclofenac/M01A/moderate
naproxen/meloxicam*/M01A/moderate
celecoxib/etoricoxib/M01A/moderate
morphine/tramadol/N02AA/N02AX/moderate
diazepam/alprazolam/N05BA/N05CD/moderate
estazolam/midazolam/N05BA/N05CD/moderate
zolpidem/zopiclone/N05CF/moderate
zolpidem/estazolam/N05CF/moderate
sertraline/fluoxetine/N06AB/moderate
paroxetine/escitalopram/N06AB/moderate
chlorpheniramine/diphenhydramine/R06AA/R06AE/moderate
codeine/codeine*/R05DA/moderate
ferrous_succinate/=富马酸亚铁/B03A/moderate
amlodipine/amlodipine/the same substance/moderate
paracetamol/paracetamol*/N02BE01/moderate
levothyroxine/levothyroxine*/the same substance/moderate
glibenclamide/=消渴丸/中成药含西药: 消渴丸/major
paracetamol/=感冒灵颗粒/中成药含西药: 感冒灵/moderate
paracetamol/=维C银翘片/中成药含西药: 维C银翘片/moderate
hydrochlorothiazide/=珍菊降压片/中成药含西药: 珍菊降压片/moderate
hydrochlorothiazide/=复方罗布麻片/中成药含西药: 复方罗布麻片/moderate
chlorpheniramine/=维C银翘片/中成药含西药: 维C银翘片/moderate
glimepiride/=消渴丸/中成药含西药: 消渴丸/moderate
omeprazole/famotidine/A02BA/minor
glimepiride/repaglinide/A10BX02/minor
sertraline/venlafaxine/N06AX/minor
risperidone/olanzapine/N05AH/minor
""".strip().splitlines()
DIFFERENT = """
aspirin clopidogrel|aspirin ticagrelor|amlodipine valsartan|enalapril amlodipine
metformin glimepiride|metformin sitagliptin|metformin dapagliflozin|acarbose metformin
insulin_glargine insulin_aspart|insulin_glargine metformin|atorvastatin ezetimibe
bisoprolol amlodipine|losartan hydrochlorothiazide|indapamide perindopril
montelukast loratadine|budesonide salbutamol|tiotropium budesonide|omeprazole mosapride
tamsulosin finasteride|rabeprazole montmorillonite|cetirizine montelukast
isoniazid ethambutol|levodopa_benserazide donepezil
methotrexate folic_acid|prednisone hydroxychloroquine|cefaclor paracetamol
amoxicillin ibuprofen|azithromycin carbocisteine|mesalazine folic_acid
sertraline zolpidem|escitalopram zopiclone|levetiracetam lamotrigine|paracetamol aspirin
""".strip().splitlines()
WARDS = frozenset({"heparin", "meropenem", "gentamicin"})
RELIEF = (
    ("morphine 30mg q12h po", "=盐酸吗啡片 10mg prn po"),
    ("oxycodone 20mg q12h po", "=盐酸羟考酮胶囊 5mg prn po"),
)


def _line(key: str) -> str:
    return f"{key} 1片 tid po" if key.startswith("=") else key


def planted() -> list[Case]:
    """One for every pair."""
    made = []
    for row in SAME:
        first, second, rest = row.split("/", 2)
        name, severity = rest.rsplit("/", 1)
        keys = (first, second.rstrip("*"))
        expected = found(("duplicate", "interaction", "dose"), keys, severity,
                         f"duplicate_therapy.yaml {name}")  # fmt: skip
        current = (_line(keys[1]),) if second.endswith("*") else ()
        made.append(
            Case(
                "duplicate",
                "M49",
                tuple(_line(key) for key in keys[: 1 if current else 2]),
                (expected,),
                current=current,
                setting="inpatient" if first in WARDS else "outpatient",
                level=3,
                tolerated=("interaction", "indication", "antibacterial", "dose", "unchecked",
                           "unknown_drug", "quantity", "disease", "renal"),
            )
        )  # fmt: skip
    return made


def clean() -> list[Case]:
    """Companions that are no duplicates, and slow with fast opioids in cancer."""
    pairs = [tuple(pair.split()) for pair in "|".join(DIFFERENT).split("|")]
    made = [
        Case("duplicate", "M49", pair, level=3, side="without", tolerated=("indication",))
        for pair in pairs
    ]
    made += [
        Case("duplicate", "M63", pair, diagnoses=("肺癌", "癌性疼痛"), side="without",
             tolerated=("unknown_drug", "unchecked"))
        for pair in RELIEF
    ]  # fmt: skip
    return made


def cases() -> list[Case]:
    """Planted and clean."""
    return planted() + clean()
