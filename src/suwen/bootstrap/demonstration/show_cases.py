"""The planted situations: what each shows, for the list on the demonstration's first page."""

from __future__ import annotations

from suwen.bootstrap.demonstration.model import ShowCase


def _case(
    key: str, patient: int, titles: tuple[str, str], explanations: tuple[str, str]
) -> ShowCase:
    """A case about the present encounter of a patient, which is always the first on record."""
    patient_id = f"demo-p{patient:02d}"
    return ShowCase(
        id=key,
        patient_id=patient_id,
        encounter_id=f"{patient_id}-encounter-001",
        title_zh=titles[0],
        title_en=titles[1],
        explanation_zh=explanations[0],
        explanation_en=explanations[1],
    )


SHOW_CASES: tuple[ShowCase, ...] = (
    _case(
        "allergy-against-order",
        16,
        ("过敏与医嘱冲突", "Allergy against an order"),
        (
            "患者记录有青霉素类过敏性休克史，昨日因输注不适由莫西沙星改用阿莫西林克拉维酸钾，医嘱仍在执行。",
            "The chart holds anaphylaxis to penicillins; yesterday moxifloxacin was changed to "
            "amoxicillin/clavulanate, and the order is still active.",
        ),
    ),
    _case(
        "note-against-laboratory",
        4,
        ("病程记录与检验结果矛盾", "Note contradicts the laboratory"),
        (
            "昨日病程记录写“血钾正常”，当日清晨检验血钾为6.1 mmol/L，螺内酯与氯化钾仍在使用。",
            "Yesterday's note says that potassium is normal; the laboratory reported 6.1 mmol/L "
            "that morning, and spironolactone and potassium chloride go on.",
        ),
    ),
    _case(
        "critical-value-overnight",
        3,
        ("夜间危急值未处理", "Critical value overnight, not acted on"),
        (
            "凌晨2时10分采血，血钾2.6 mmol/L，达到危急值；其后没有处理记录，"
            "也没有补钾医嘱，静脉利尿仍在继续。",
            "Potassium 2.6 mmol/L, a critical value, in blood taken at 02:10; no note and no "
            "replacement order follow, and the intravenous diuretic goes on.",
        ),
    ),
    _case(
        "renal-dose",
        26,
        ("肾功能与用药不符", "Dose against kidney function"),
        (
            "估算肾小球滤过率低于30 mL/min/1.73m²，入院前的二甲双胍照旧使用，属禁忌。",
            "Filtration is estimated below 30 mL/min/1.73 m², where metformin is contraindicated; "
            "the home prescription was carried on.",
        ),
    ),
    _case(
        "copied-forward-note",
        15,
        ("病程记录复制粘贴", "Copied-forward note"),
        (
            "入院第4天的病程记录与第3天逐字相同，仍写发热和引流管在位，而体温已正常，引流管已于前一日拔除。",
            "The note of day 4 repeats day 3 word for word, with fever and a chest drain, although "
            "the temperature is normal and the drain was removed the evening before.",
        ),
    ),
    _case(
        "missing-signature",
        37,
        ("手术记录未签名", "Operation record without signature"),
        (
            "手术记录在术后当日书写，至今没有审签，已超过术后24小时的时限。",
            "The operation record was written on the day of the operation and has not been "
            "countersigned; the limit of 24 hours after the operation has passed.",
        ),
    ),
    _case(
        "wrong-side",
        40,
        ("左右侧矛盾", "Left and right contradict"),
        (
            "主诉、查体、超声和知情同意书均为右侧腹股沟疝，手术记录写成左侧。",
            "Complaint, examination, ultrasound and consent say right inguinal hernia; the "
            "operation record says left.",
        ),
    ),
    _case(
        "sulfa-allergy-english",
        29,
        ("英文病历：磺胺过敏与医嘱冲突", "English record: sulfonamide allergy against an order"),
        (
            "英文病历记录有磺胺类荨麻疹，降阶梯治疗时开具了复方磺胺甲噁唑。",
            "The English record holds urticaria to sulfonamides; sulfamethoxazole/trimethoprim was "
            "ordered as the step-down.",
        ),
    ),
)
