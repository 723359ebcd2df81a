"""Words of the admission record that no disease decides, in each half's own wording."""

from __future__ import annotations

PAST = {
    ("first", "zh"): "平素健康，否认肝炎、结核病史，无手术及外伤史，无输血史，预防接种按计划完成",
    (
        "second",
        "zh",
    ): "平素体质可，无肝炎、结核等传染病，未做过手术，未受外伤，未输血，疫苗按规定接种",
    (
        "first",
        "en",
    ): "Good health so far, no hepatitis or tuberculosis, no operation or injury, "
    "no transfusion, vaccinations complete",
    (
        "second",
        "en",
    ): "Well until now; never had hepatitis or tuberculosis, surgery, trauma or a "
    "transfusion; vaccinated as scheduled",
}
ALLERGY = {
    ("first", "zh"): "否认药物及食物过敏",
    ("second", "zh"): "未发现药物、食物过敏",
    ("first", "en"): "No known drug or food allergy",
    ("second", "en"): "None known to drugs or food",
}
PERSONAL = {
    ("first", "zh"): "生长于本地，无疫区居留史，从不吸烟，不饮酒",
    ("second", "zh"): "原籍出生，未到过疫区，一向不吸烟，不饮酒",
    ("first", "en"): "Lives locally, no travel, never smoked, no alcohol",
    ("second", "en"): "Local resident without recent travel, has never smoked, does not drink",
}
FAMILY = {
    ("first", "zh"): "无遗传性疾病家族史",
    ("second", "zh"): "家系中无遗传病",
    ("first", "en"): "No inherited disease in the family",
    ("second", "en"): "Relatives without inherited disorders",
}


def marital(half: str, language: str, sex: str, age: int) -> str:
    """Marriage, children and, for women, menstruation."""
    if language == "en":
        text = "Married, children healthy"
        if sex == "female":
            text += ", menopause passed" if age >= 52 else ", regular menstrual periods"
        return text
    text = "已婚，配偶及子女体健" if half == "first" else "适龄结婚，家人健康"
    if sex == "female":
        text += "，已绝经，绝经后无阴道流血" if age >= 52 else "，月经规律，经量中等"
    return text
