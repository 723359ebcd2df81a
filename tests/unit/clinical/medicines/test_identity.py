"""A name means one medicine for certain, or none."""

from __future__ import annotations

import pytest

from suwen.clinical.medicines import MedicineNames, medicines, shipped_names
from suwen.clinical.medicines.medicine import Product
from suwen.clinical.medicines.wording import strength_in

NAMES = shipped_names()


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("络活喜", "amlodipine"), ("苯磺酸氨氯地平片", "amlodipine"), ("Amlodipine", "amlodipine"),
        ("盐酸二甲双胍缓释片 0.5g/片", "metformin"), ("HCTZ", "hydrochlorothiazide"),
        ("注射用头孢曲松钠", "ceftriaxone"), ("头孢哌酮钠舒巴坦钠", "cefoperazone/sulbactam"),
        ("co-amoxiclav", "amoxicillin/clavulanate"), ("amoxicillin trihydrate", "amoxicillin"),
        ("10%氯化钾注射液", "potassium chloride injection"), ("阿司匹林肠溶片", "aspirin"),
        ("奈玛特韦片/利托那韦片", "nirmatrelvir/ritonavir"), ("炙甘草", "gancao"),
        ("ＷＡＲＦＡＲＩＮ", "warfarin"), ("布洛芬（芬必得）", "ibuprofen"),
    ],
)  # fmt: skip
def test_a_usual_name_is_known(written: str, medicine: str) -> None:
    found = NAMES.identify(written)
    assert found is not None
    assert found.medicine.id == medicine
    assert found.how in ("exact", "salt")


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("阿托伐它汀", "atorvastatin"), ("二甲双瓜", "metformin"), ("颉沙坦", "valsartan"),
        ("metformine", "metformin"), ("azithromicin", "azithromycin"), ("氟康坐", "fluconazole"),
    ],
)  # fmt: skip
def test_a_slip_that_sounds_or_looks_alike_is_read_and_said(written: str, medicine: str) -> None:
    found = NAMES.identify(written)
    assert found is not None
    assert (found.medicine.id, found.how) == (medicine, "misspelt")


@pytest.mark.parametrize(
    "written",
    ["格列罗酮", "头孢克", "阿托瑞他汀", "贝伐西韦", "白色药片", "？？？", "", "  ", "x" * 500,
     "霉素", "zentromavir", "头孢", "insulinol", "5mg"],
)  # fmt: skip
def test_what_is_not_certain_is_not_guessed(written: str) -> None:
    assert NAMES.identify(written) is None


INSULINS = {"insulin", "insulin nph", "insulin human 30/70"}
# Known to have been taken for one another; whoever adds a name that two medicines share is told.
AMBIGUOUS = {
    "adr": {"adrenaline", "doxorubicin"}, "epi": {"adrenaline", "epirubicin"},
    "azt": {"azathioprine", "zidovudine"}, "cpm": {"chlorpheniramine", "cyclophosphamide"},
    "hct": {"hydrochlorothiazide", "hydrocortisone"}, "lev": {"levetiracetam", "levofloxacin"},
    "ms": {"magnesium sulfate", "morphine"}, "mso4": {"magnesium sulfate", "morphine"},
    "levo": {"levofloxacin", "levothyroxine"},
    "mpa": {"medroxyprogesterone", "mycophenolate"}, "甘草片": {"compound liquorice", "gancao"},
    "右美": {"dexmedetomidine", "dextromethorphan"},
    "破伤风": {"tetanus antitoxin", "tetanus immunoglobulin", "tetanus vaccine"},
    "先锋霉素": {"cefalotin", "cefalexin", "cefazolin", "cefradine"},
    "多西": {"doxycycline", "docetaxel"}, "强松": {"prednisone", "prednisolone"},
    "艾司": {"estazolam", "esmolol", "esomeprazole", "escitalopram"},
    "左旋": {"levofloxacin", "levamlodipine", "levodopa"}, "诺和灵": INSULINS,
    "优泌林": INSULINS, "甘舒霖": INSULINS, "重和林": INSULINS, "优思灵": INSULINS,
}  # fmt: skip


def test_each_name_means_its_medicine_and_a_shared_one_none() -> None:
    shared = set()
    for medicine in medicines().values():
        for name in (medicine.id, *medicine.names):
            found = NAMES.identify(name)
            if found is None:
                shared.add(name)
                continue
            assert found.medicine.id == medicine.id, name
    assert shared == set(AMBIGUOUS)


@pytest.mark.parametrize(("name", "meant"), AMBIGUOUS.items())
def test_a_name_of_several_medicines_is_told_with_all_of_them(name: str, meant: set[str]) -> None:
    for written in (name, name.upper(), f" {name} 10mg"):
        assert NAMES.identify(written) is None
        assert {meaning.medicine.id for meaning in NAMES.meanings(written)} == meant


@pytest.mark.parametrize("written", ["二甲双胍", "白色药片", "阿托伐它汀", "x" * 500, ""])
def test_a_name_of_one_medicine_or_of_none_is_not_ambiguous(written: str) -> None:
    assert NAMES.meanings(written) == ()


def test_a_hospitals_dictionary_says_what_a_shared_name_means() -> None:
    pack = Product("Y001", ("HCT",), "hydrochlorothiazide", "25mg", "片")
    names = MedicineNames(medicines().values(), [pack])
    found = names.identify("HCT")
    assert found is not None and found.medicine.id == "hydrochlorothiazide"
    assert names.meanings("HCT") == ()


def test_a_compound_that_no_list_names_is_said_to_be_read_as_one_of_its_parts() -> None:
    found = NAMES.identify("复方氨氯地平片")
    assert found is not None and (found.medicine.id, found.how) == ("amlodipine", "misspelt")
    known = NAMES.identify("复方丹参片")
    assert known is not None and known.how != "misspelt"


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("复方可待因口服溶液", {"codeine"}), ("suboxone", {"buprenorphine", "naloxone"}),
        ("阿斯美", {"methoxyphenamine", "noscapine", "aminophylline", "chlorpheniramine"}),
        ("氨酚双氢可待因片", {"paracetamol", "dihydrocodeine"}),
        ("鲁南贝特", {"chlorzoxazone", "paracetamol"}),
        ("欧唐欣", {"empagliflozin", "linagliptin"}),
        ("开富特", {"captopril", "hydrochlorothiazide"}),
        ("全再乐", {"fluticasone", "umeclidinium", "vilanterol"}),
        ("阿仑膦酸钠维D3片", {"alendronate", "vitamin d"}),
        ("必妥维", {"bictegravir", "emtricitabine", "tenofovir alafenamide"}),
    ],
)  # fmt: skip
def test_a_combination_carries_what_it_contains(written: str, parts: set[str]) -> None:
    found = NAMES.identify(written)
    assert found is not None and parts <= found.medicine.substances


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("losartan-HCTZ 50/12.5", "losartan/hydrochlorothiazide"),
        ("氢氯噻嗪氯沙坦钾片", "losartan/hydrochlorothiazide"),
        ("amlodipine and benazepril", "benazepril/amlodipine"),
        ("利格列汀/恩格列净", "empagliflozin/linagliptin"),
        ("甲硝唑氯化钠", "metronidazole"), ("阿司匹林+氨氯地平", None),
        ("losartan-losartan", None),
    ],
)  # fmt: skip
def test_parts_counted_up_in_any_order_are_the_combination_that_holds_just_them(
    written: str, medicine: str | None
) -> None:
    found = NAMES.identify(written)
    assert (found and found.medicine.id) == medicine


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("Xarelto 20", "rivaroxaban"), ("Keflex 500 mg", "cefalexin"),
        ("拜瑞妥20mg×7片", "rivaroxaban"), ("Lantus SoloStar", "insulin glargine"),
        ("K-Dur 20 mEq", "potassium chloride"), ("Advair Diskus 250/50", "fluticasone/salmeterol"),
        ("NPH", "insulin nph"), ("两性霉素", "amphotericin b"), ("雷贝", "rabeprazole"),
        ("硝苯地平控释片(拜新同)30mg*7", "nifedipine"), ("砂仁后下", "sharen"),
        ("生石膏先煎30g", "shigao"), ("头孢曲松钠皮试(-)", "ceftriaxone"),
        ("尿激酶10万", "urokinase"), ("补中益气", "bu zhong yi qi"),
    ],
)  # fmt: skip
def test_what_orders_write_beside_a_name_is_no_part_of_it(written: str, medicine: str) -> None:
    found = NAMES.identify(written)
    assert found is not None and (found.medicine.id, found.how != "misspelt") == (medicine, True)


def test_every_part_of_a_combination_is_a_medicine_of_the_list() -> None:
    known = set(medicines())
    for medicine in medicines().values():
        assert {name for name, _ in medicine.contents} <= known, medicine.id


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("拜心通", "nifedipine"), ("瑞唯拓", "cariprazine"), ("戊乙奎醚注射液", "penehyclidine"),
        ("氨酚双氢可待因", "paracetamol/dihydrocodeine"), ("长效胰岛素", "insulin protamine zinc"),
        ("来特莫韦片", "letermovir"), ("斯鲁利单抗注射液", "serplulimab"),
        ("注射用德曲妥珠单抗", "trastuzumab deruxtecan"), ("依沃西单抗", "ivonescimab"),
        ("达力士", "calcipotriol"), ("格隆溴铵", "glycopyrronium"),
        ("乙脑减毒活疫苗", "je live vaccine"), ("异麦芽糖酐铁注射液", "ferric derisomaltose"),
        ("premarin", "conjugated estrogens"), ("百力特", "prednisolone eye drops"),
        ("醋甲唑胺片", "methazolamide"), ("聚乙二醇干扰素α-2b", "peginterferon alfa"),
        ("平阳霉素", "pingyangmycin"), ("尪痹胶囊", "wang bi"),
        ("养阴清肺丸", "yang yin qing fei wan"), ("川军", "dahuang"),
        ("玉屏风颗粒", "yu ping feng ke li"), ("仙灵脾", "yinyanghuo"), ("怀山药", "shanyao"),
        ("kadcyla", "trastuzumab emtansine"), ("Trelegy", "fluticasone/umeclidinium/vilanterol"),
    ],
)  # fmt: skip
def test_what_a_general_hospital_uses_daily_is_known(written: str, medicine: str | None) -> None:
    found = NAMES.identify(written)
    assert (found and found.medicine.id) == medicine


def test_look_alikes_in_latin_letters_stay_apart() -> None:
    for one, two in [("prednisone", "prednisolone"), ("cefuroxime", "cefixime"),
                     ("hydroxyzine", "hydralazine"), ("clonidine", "clonazepam"),
                     ("chlorpropamide", "chlorpromazine")]:  # fmt: skip
        first, second = NAMES.identify(one), NAMES.identify(two)
        assert first is not None and second is not None
        assert first.medicine.id != second.medicine.id


@pytest.mark.parametrize(
    ("written", "amount", "unit", "per_ml"),
    [
        ("氨氯地平 5mg/片", 5, "mg", False), ("左甲状腺素 50μg", 0.05, "mg", False),
        ("10ml:1g", 100, "mg", True), ("10%氯化钾", 100, "mg", True),
        ("青霉素 80万单位/支", 800_000, "IU", False), ("胰岛素 100U/ml", 100, "IU", True),
        ("0.5g×24片", 500, "mg", False),
    ],
)  # fmt: skip
def test_a_strength_is_read(written: str, amount: float, unit: str, per_ml: bool) -> None:
    found = strength_in(written.casefold())
    assert found is not None
    assert (found.amount, found.unit, found.per_ml) == (pytest.approx(amount), unit, per_ml)


def test_a_combination_has_the_classes_of_its_parts() -> None:
    both = medicines()["valsartan/amlodipine"]
    assert {"arb", "dhp_ccb"} <= both.classes
    assert both.substances == {"valsartan/amlodipine", "valsartan", "amlodipine"}


def test_there_are_enough_medicines() -> None:
    assert len(medicines()) >= 5_000


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("fenytoin", "phenytoin"),
        ("hydroclorothiazid", "hydrochlorothiazide"),
        ("levofloxacin oral solution", "levofloxacin"),
        ("缬沙担", "valsartan"),
        ("二甲双孤", "metformin"),
        ("甲硝唑唑", "metronidazole"),
        ("进口氨氯地平片", "amlodipine"),
        ("★阿托伐他汀钙片", "atorvastatin"),
        ("【阿莫西林胶囊】", "amoxicillin"),
    ],
)
def test_a_name_is_read_through_spelling_looks_and_marks(written: str, medicine: str) -> None:
    found = shipped_names().identify(written)
    assert found is not None and found.medicine.id == medicine


@pytest.mark.parametrize("written", ["甲氯吡格雷", "异华法林", "insulinol", "氟美托洛尔"])
def test_what_stands_before_a_name_makes_another_medicine(written: str) -> None:
    assert shipped_names().identify(written) is None


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("力百汀1.0", "amoxicillin/clavulanate"), ("捷诺达50/850", "metformin/sitagliptin"),
        ("信必可160/4.5", "budesonide/formoterol"), ("多瑞吉4.2mg贴", "fentanyl"),
        ("利奈唑胺葡萄糖", "linezolid"), ("20%人血白蛋白50ml", "human albumin"),
        ("拜瑞妥20mg×7片/盒", "rivaroxaban"), ("胃苏冲剂", "wei su"), ("盐附子", "fuzi"),
        ("维生素B12片", "vitamin b12"), ("诺和灵30R", "insulin human 30/70"),
    ],
)  # fmt: skip
def test_numbers_fluids_packs_and_ways_of_making_leave_the_name(
    written: str, medicine: str
) -> None:
    found = NAMES.identify(written)
    assert found is not None and found.medicine.id == medicine
    assert found.how in ("exact", "salt")


def test_a_number_behind_an_insulin_is_not_taken_away() -> None:
    found = NAMES.identify("重组人胰岛素30/70")
    assert found is None or found.medicine.id != "insulin"


def test_a_dose_of_zinc_is_told_from_a_dose_of_its_salt() -> None:
    known = medicines()
    assert {"zinc", "zinc gluconate", "zinc sulfate"} <= set(known)
    assert known["zinc gluconate"].substances == {"zinc gluconate"}


@pytest.mark.parametrize(
    ("written", "medicine"),
    [
        ("立普妥阿托伐他汀钙片", "atorvastatin"),
        ("加巴贲丁", "gabapentin"),
        ("迈达龙", "dronedarone"),
    ],
)
def test_a_generic_name_behind_its_brand_and_a_character_that_looks_alike(
    written: str, medicine: str
) -> None:
    found = NAMES.identify(written)
    assert found is not None and found.medicine.id == medicine


def test_a_brand_before_the_name_of_another_medicine_is_not_read() -> None:
    assert NAMES.identify("立普妥二甲双胍片") is None
