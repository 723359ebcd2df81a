"""Interactions, class by class: pairs that a row names, and twins one step outside the class."""

from __future__ import annotations

from .model import Case, found

# First drug, second drug, severity of the row, row; a star: the second one is already taken.
PAIRS = """
pseudoephedrine selegiline* contraindicated DDI001
methylphenidate selegiline* contraindicated DDI001
atazanavir omeprazole major DDI002
atazanavir rabeprazole* major DDI002
febuxostat azathioprine* contraindicated DDI003
sertraline selegiline* contraindicated DDI004
escitalopram selegiline contraindicated DDI004
venlafaxine selegiline* contraindicated DDI005
duloxetine selegiline contraindicated DDI005
irinotecan itraconazole* contraindicated DDI006
irinotecan clarithromycin contraindicated DDI006
tramadol selegiline* contraindicated DDI007
dextromethorphan selegiline contraindicated DDI007
amitriptyline selegiline* contraindicated DDI008
amiodarone haloperidol major DDI009
moxifloxacin amiodarone* major DDI085
levofloxacin amiodarone* major DDI084
citalopram ondansetron major DDI009
haloperidol erythromycin major DDI009
hydroxychloroquine azithromycin major DDI009
atazanavir rifampicin* contraindicated DDI011
atazanavir phenytoin contraindicated DDI011
simvastatin clarithromycin contraindicated DDI012
simvastatin itraconazole contraindicated DDI012
simvastatin nirmatrelvir_ritonavir contraindicated DDI164
simvastatin amiodarone* major DDI013
simvastatin verapamil major DDI014
simvastatin diltiazem* major DDI015
ergotamine clarithromycin contraindicated DDI017
ergotamine voriconazole contraindicated DDI017
tizanidine ciprofloxacin contraindicated DDI018
tizanidine fluvoxamine* contraindicated DDI019
sumatriptan selegiline* contraindicated DDI021
enalapril spironolactone* major DDI022
perindopril potassium_chloride major DDI022
valsartan potassium_chloride major DDI023
irbesartan spironolactone major DDI023
metoprolol_tartrate paroxetine moderate DDI025
propranolol fluoxetine* moderate DDI025
levothyroxine ferrous_succinate moderate DDI026
levothyroxine calcium_carbonate_d3 moderate DDI027
alendronate calcium_carbonate_d3 moderate DDI028
bisoprolol ibuprofen moderate DDI029
enalapril diclofenac major DDI030
captopril celecoxib major DDI030
hydrochlorothiazide naproxen moderate DDI031
tacrolimus voriconazole major DDI032
ciclosporin fluconazole major DDI032
warfarin ibuprofen major DDI033
warfarin meloxicam major DDI033
warfarin* metronidazole major DDI034
warfarin sulfamethoxazole_trimethoprim major DDI035
warfarin* fluconazole major DDI036
warfarin* voriconazole major DDI037
warfarin amiodarone major DDI038
warfarin rifampicin* major DDI039
warfarin carbamazepine major DDI040
warfarin phenytoin* major DDI041
warfarin* ciprofloxacin major DDI042
warfarin* levofloxacin moderate DDI043
warfarin* clarithromycin major DDI044
warfarin aspirin major DDI045
warfarin clopidogrel* major DDI046
warfarin capecitabine major DDI048
rivaroxaban naproxen major DDI052
apixaban diclofenac major DDI052
edoxaban clopidogrel major DDI053
rivaroxaban* rifampicin major DDI055
apixaban rifampicin* major DDI056
dabigatran rifampicin* major DDI057
dabigatran verapamil moderate DDI058
dabigatran ciclosporin* contraindicated DDI060
edoxaban ciclosporin* major DDI061
clopidogrel omeprazole major DDI062
clopidogrel esomeprazole major DDI063
clopidogrel repaglinide contraindicated DDI064
ticagrelor clarithromycin contraindicated DDI065
ticagrelor rifampicin* major DDI066
enoxaparin rivaroxaban contraindicated DDI068
heparin apixaban* contraindicated DDI068
warfarin dabigatran contraindicated DDI069
digoxin amiodarone major DDI070
digoxin verapamil major DDI071
digoxin clarithromycin major DDI072
digoxin itraconazole major DDI073
digoxin ciclosporin* major DDI075
digoxin furosemide moderate DDI076
digoxin hydrochlorothiazide moderate DDI076
metoprolol_tartrate verapamil major DDI078
bisoprolol diltiazem major DDI079
propranolol glimepiride moderate DDI081
metoprolol_tartrate amiodarone major DDI082
sildenafil isosorbide_mononitrate* contraindicated DDI086
tadalafil nitroglycerin* contraindicated DDI086
sildenafil tamsulosin moderate DDI088
enalapril sacubitril_valsartan* contraindicated DDI089
lithium* hydrochlorothiazide major DDI095
lithium enalapril major DDI096
lithium ibuprofen major DDI097
losartan indometacin major DDI094
methotrexate naproxen major DDI098
methotrexate sulfamethoxazole_trimethoprim contraindicated DDI099
azathioprine allopurinol major DDI102
azathioprine mesalazine moderate DDI103
glipizide levofloxacin major DDI105
insulin_glargine* moxifloxacin major DDI105
glimepiride fluconazole major DDI106
gliclazide_mr sulfamethoxazole_trimethoprim major DDI107
repaglinide gemfibrozil contraindicated DDI108
atorvastatin gemfibrozil major DDI109
pravastatin ciclosporin* major DDI110
atorvastatin clarithromycin major DDI112
atorvastatin itraconazole major DDI113
simvastatin amlodipine moderate DDI114
rosuvastatin colchicine moderate DDI115
colchicine clarithromycin contraindicated DDI116
colchicine ciclosporin* contraindicated DDI117
carbamazepine clarithromycin major DDI118
lamotrigine valproate* major DDI122
valproate meropenem contraindicated DDI124
valproate* imipenem contraindicated DDI124
phenytoin valproate moderate DDI125
phenytoin isoniazid* major DDI126
morphine diazepam major DDI127
oxycodone alprazolam major DDI127
oxycodone pregabalin major DDI129
tramadol gabapentin major DDI129
midazolam itraconazole major DDI131
tramadol sertraline major DDI134
linezolid fluoxetine* contraindicated DDI135
linezolid duloxetine* contraindicated DDI136
linezolid pethidine contraindicated DDI137
linezolid pseudoephedrine major DDI138
tamoxifen paroxetine major DDI140
tamoxifen fluoxetine major DDI141
theophylline_sr ciprofloxacin major DDI142
theophylline_sr erythromycin major DDI143
theophylline_sr fluvoxamine contraindicated DDI144
clozapine ciprofloxacin major DDI145
clozapine carbamazepine contraindicated DDI146
ciprofloxacin ferrous_succinate moderate DDI147
doxycycline calcium_carbonate_d3 moderate DDI148
minocycline isotretinoin contraindicated DDI149
levofloxacin prednisone moderate DDI150
amikacin furosemide major DDI151
gentamicin vancomycin major DDI152
vancomycin piperacillin_tazobactam moderate DDI153
metronidazole =双硫仑 contraindicated DDI159
isoniazid rifampicin moderate DDI160
rifampicin* voriconazole contraindicated DDI161
tacrolimus rifampicin* major DDI162
nirmatrelvir_ritonavir rivaroxaban* major DDI165
nirmatrelvir_ritonavir tacrolimus* major DDI166
nirmatrelvir_ritonavir amiodarone* contraindicated DDI167
ciclosporin indometacin major DDI168
tacrolimus clarithromycin major DDI169
tacrolimus diltiazem* major DDI170
mycophenolate omeprazole moderate DDI171
prednisone ibuprofen major DDI172
sertraline naproxen moderate DDI173
aspirin ibuprofen moderate DDI175
ketorolac celecoxib contraindicated DDI176
ivabradine clarithromycin contraindicated DDI178
eplerenone itraconazole contraindicated DDI180
domperidone clarithromycin contraindicated DDI181
domperidone itraconazole contraindicated DDI181
metoclopramide levodopa_benserazide* moderate DDI184
levodopa_benserazide selegiline contraindicated DDI185
warfarin* levothyroxine moderate DDI188
alendronate meloxicam moderate DDI189
tolvaptan clarithromycin contraindicated DDI191
quetiapine itraconazole major DDI192
""".strip().splitlines()
# What must not be mistaken for a row: its neighbour of the class or the recommended alternative.
TWINS = """
clopidogrel pantoprazole|clopidogrel rabeprazole|clopidogrel famotidine
pravastatin clarithromycin|rosuvastatin clarithromycin|pravastatin itraconazole
atorvastatin azithromycin|simvastatin azithromycin|atorvastatin ezetimibe|rosuvastatin fenofibrate
sildenafil amlodipine|tadalafil finasteride|sildenafil metformin
febuxostat prednisone|azathioprine prednisone|allopurinol amlodipine
enalapril amlodipine|valsartan hydrochlorothiazide|perindopril indapamide|losartan amlodipine
enalapril metoprolol_tartrate|bisoprolol amlodipine|irbesartan bisoprolol
warfarin digoxin|warfarin metoprolol_tartrate
rivaroxaban bisoprolol|apixaban amlodipine|dabigatran bisoprolol
digoxin azithromycin|digoxin metoprolol_tartrate|digoxin valsartan
tacrolimus mycophenolate|ciclosporin mycophenolate
metformin levofloxacin|acarbose moxifloxacin|sitagliptin ciprofloxacin
valproate levetiracetam|valproate amoxicillin|levetiracetam meropenem
morphine sertraline
tizanidine levofloxacin|tizanidine sertraline
levothyroxine amlodipine|levothyroxine metformin|doxycycline loratadine
methotrexate folic_acid|methotrexate hydroxychloroquine
colchicine azithromycin|colchicine amoxicillin
sertraline loratadine|venlafaxine amlodipine|duloxetine metformin
linezolid amlodipine|linezolid meropenem|linezolid paracetamol
carbamazepine azithromycin|theophylline_sr azithromycin|theophylline_sr levofloxacin
clozapine amoxicillin|olanzapine amlodipine
lithium amlodipine|lithium paracetamol|lamotrigine levetiracetam
tamoxifen venlafaxine|tamoxifen calcium_carbonate_d3
aspirin clopidogrel|aspirin ticagrelor|aspirin atorvastatin|aspirin paracetamol
domperidone levodopa_benserazide|levodopa_benserazide amlodipine
vancomycin cefepime|vancomycin meropenem|ceftriaxone furosemide
verapamil metformin
isoniazid ethambutol|rifampicin ethambutol|pyrazinamide ethambutol
itraconazole amoxicillin|fluconazole amlodipine|voriconazole pravastatin
""".strip().splitlines()
# Rows that say more than the pair; what else a review may rightly remark on for these drugs.
SIDE_KINDS = ("indication", "antibacterial", "age", "duplicate", "interaction", "renal")
WARDS = frozenset(
    [
        "irinotecan",
        "meropenem",
        "imipenem",
        "vancomycin",
        "gentamicin",
        "amikacin",
        "heparin",
        "ketorolac",
        "linezolid",
        "voriconazole",
        "piperacillin_tazobactam",
        "pethidine",
        "calcium_gluconate",
        "cefepime",
    ]
)


def _setting(keys: tuple[str, ...]) -> str:
    return "inpatient" if WARDS & set(keys) else "outpatient"


def planted() -> list[Case]:
    """One for every row named above."""
    cases = []
    for row in PAIRS:
        first, second, severity, basis = row.split()
        keys = (first.rstrip("*"), second.rstrip("*"))
        lines = [key + (" 20mg qd po" if key.startswith("=") else "") for key in keys]
        taken = tuple(line for line, key in zip(lines, (first, second), strict=True)
                      if key.endswith("*"))  # fmt: skip
        setting = _setting(keys)
        cases.append(
            Case(
                "interaction",
                "M46",
                tuple(line for line in lines if line not in taken),
                (found("interaction", keys, severity, f"ddi.yaml {basis}"),),
                current=taken,
                setting=setting,
                level=3,
                tolerated=SIDE_KINDS,
            )
        )
    return cases


def clean() -> list[Case]:
    """Pairs that stand beside a row and are none."""
    cases = []
    for pair in "|".join(TWINS).split("|"):
        keys = tuple(pair.split())
        cases.append(
            Case(
                "interaction",
                "M46",
                keys,
                setting=_setting(keys),
                level=3,
                side="without",
                tolerated=("antibacterial", "indication"),
            )
        )
    return cases


def cases() -> list[Case]:
    """Planted and clean."""
    return planted() + clean()
