"""Kidney disease: acute injury, nephrotic syndrome, and a diabetic with too little filtration."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Culture,
    Diagnosed,
    FollowUp,
    Imaging,
    Note,
    NoteKind,
    Operation,
    Order,
    Setting,
    Vitals,
    draw,
)

ACUTE_KIDNEY_INJURY = Course(
    key="acute-kidney-injury",
    language="zh",
    setting=Setting.INPATIENT,
    department="nephrology",
    reason="腹泻5天，尿量减少2天",
    histories=(
        "患者5天前进食隔夜饭菜后腹泻，每日8至10次水样便，伴恶心、呕吐，进食进水少，"
        "期间仍照常服用降压药，并自服止痛药数次。"
        "近2天尿量明显减少，每日约300 mL，伴头晕、乏力。门诊查肌酐较3个月前明显升高，"
        "收入院。无血尿、泡沫尿，无腰痛。",
        "患者5天前出现水样腹泻，每日近10次，口干明显，未能充分补液，降压药未停，并服过数次止痛药。2天"
        "前起尿少，站立时头晕。"
        "当地诊所补液一次后转来我院，查肌酐升高。病程中无发热、便血，无皮疹及关节痛。",
    ),
    examination=(
        "神志清，口唇干燥，皮肤弹性差，眼窝稍凹陷。双肺呼吸音清，心率快，律齐。腹软，肠鸣音活跃，"
        "双肾区无叩击痛，膀胱不充盈，双下肢无水肿。"
    ),
    diagnoses=(
        Diagnosed("acute-kidney-injury", "肾前性为主", cured=True),
        Diagnosed("volume-depletion", cured=True),
        Diagnosed("hypertension"),
    ),
    assessment=(
        "腹泻脱水基础上尿少，肌酐 {CREA_0}，尿素 {UREA_0}，较既往基线升高数倍，符合"
        "急性肾损伤；血压 {BP_0} 偏低，"
        "服用肾素-血管紧张素系统阻滞剂及非甾体抗炎药，考虑肾前性因素为主。超声双肾"
        "大小正常、无积水，不支持梗阻。"
    ),
    plan="1. 停用氯沙坦及止痛药；2. 等渗液补足容量，记录尿量；3. 监测肌酐、血钾及酸"
    "碱；4. 尿沉渣与肾脏超声。",
    days=7,
    onset_days=5,
    hour=12,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp renal lytes gas",
            CREA=318,
            UREA=24.6,
            K=5.5,
            NA=134,
            CL=104,
            PH=7.31,
            PCO2=33,
            PO2=92,
            LACT=2.0,
            CRP=18,
        ),
        draw(1, "renal lytes", CREA=286, UREA=21.5, K=4.9, NA=136),
        draw(
            3,
            "renal lytes gas",
            CREA=176,
            UREA=12.8,
            K=4.1,
            NA=139,
            PH=7.38,
            PCO2=38,
            PO2=94,
            LACT=1.0,
        ),
        draw(6, "cbc renal lytes", CREA=104, UREA=6.6, K=4.0, NA=140),
    ),
    cultures=(Culture(0, "20454-5", "尿蛋白定性", "±", "阴性", abnormal=True),),
    vitals={
        0: Vitals(37.2, 110, 20, 94, 58, 97),
        1: Vitals(36.8, 94, 18, 108, 64, 98),
        3: Vitals(36.6, 82, 17, 124, 74, 98),
        6: Vitals(36.5, 76, 17, 134, 80, 98),
    },
    weight_change={0: -3.1, 2: -1.2, 4: -0.3, 6: 0.0},
    orders=(
        Order("saline 1500 mL iv qd", 0, 3),
        Order("sodium-bicarbonate 1 g po tid", 0, 3),
        Order("amlodipine 5 mg po qd", 5, None, None, "hypertension"),
    ),
    imaging=(
        Imaging(
            0,
            "US",
            "双肾及膀胱超声",
            "腹部",
            "双肾大小形态正常，皮质回声稍增强，集合系统无分离，膀胱内少量尿液。",
        ),
    ),
    notes=(
        Note(
            1,
            "补液后24小时尿量约1100 mL，腹泻减至3次。P {P_1}，BP {BP_1}，体征较前好转。"
            "肌酐 {CREA_1}，血钾 {K_1}。"
            "{attending}主治医师查房：对补液反应好，肾前性因素为主，继续补液，氯沙坦暂"
            "不恢复。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "无腹泻，尿量约2000 mL。BP {BP_3}。肌酐由 {CREA_0} 降至 {CREA_3}，pH {PH_3}，"
            "血钾 {K_3}。停静脉补液及碳酸氢钠，鼓励饮水。",
        ),
        Note(
            6,
            "无不适，尿量正常。BP {BP_6}，肌酐 {CREA_6}，尿素 {UREA_6}，血钾 {K_6}。血"
            "压回升，现用氨氯地平，"
            "氯沙坦待门诊复查肾功能后再定。拟明日出院。",
        ),
    ),
    discharge_orders=(Order("amlodipine 5 mg po qd"),),
    care_plan=(
        "复查肾功能前不恢复氯沙坦，再次腹泻呕吐时及时就诊",
        "避免自行服用止痛药",
        "每日饮水1500至2000 mL",
    ),
    follow_up=FollowUp(14, "肾内科门诊复诊", ("肾功能与电解质", "尿白蛋白/肌酐比值")),
)

NEPHROTIC_SYNDROME = Course(
    key="nephrotic-syndrome",
    language="zh",
    setting=Setting.INPATIENT,
    department="nephrology",
    reason="双下肢水肿伴泡沫尿3周",
    histories=(
        "患者3周前晨起眼睑水肿，继而双下肢水肿，渐至大腿，尿中泡沫多且久不消散，尿"
        "量减少。体重增加约8 kg。"
        "外院查尿蛋白3+，白蛋白明显降低，转来我院。无肉眼血尿，无皮疹、关节痛、脱发，"
        "近期未服用特殊药物。",
    ),
    examination=(
        "神志清，眼睑水肿。双下肺呼吸音稍低，未闻及啰音。心律齐。腹软，移动性浊音可疑阳性，"
        "双下肢重度凹陷性水肿，双小腿周径相等，无压痛。"
    ),
    diagnoses=(Diagnosed("nephrotic-syndrome", initially="肾病综合征"),),
    assessment=(
        "尿蛋白定性3+、白蛋白 {ALB_0}、水肿及高脂血症(总胆固醇 {TC_0})，肾病综合征"
        "诊断明确，肌酐 {CREA_0}。"
        "无系统性疾病线索，拟肾穿刺明确病理。白蛋白低，血栓风险高，需预防性抗凝。"
    ),
    plan="1. 低盐饮食，利尿，每日称重；2. 肾穿刺活检；3. 病理明确后足量激素；4. 预防"
    "血栓，警惕感染。",
    days=9,
    onset_days=21,
    hour=10,
    draws=(
        draw(
            0,
            "cbc renal lytes liver lipids coag glu",
            ALB=19.6,
            TC=9.8,
            TG=3.1,
            HDL=1.2,
            FIB=5.6,
            K=3.8,
            CA=1.96,
            NA=138,
        ),
        draw((1, 16, 0), "uprot", UPROT24=8.4),
        draw(4, "cbc renal lytes liver", ALB=20.8, K=3.6, CA=2.0),
        draw(8, "renal lytes liver uprot glu", ALB=25.4, UPROT24=3.2, K=3.9, GLU=6.6, CA=2.08),
    ),
    cultures=(Culture(0, "20454-5", "尿蛋白定性", "3+", "阴性", abnormal=True),),
    vitals={
        0: Vitals(36.5, 84, 18, 128, 80, 97),
        5: Vitals(36.4, 78, 17, 124, 78, 98),
        9: Vitals(36.4, 76, 17, 122, 76, 98),
    },
    weight_change={0: 8.2, 2: 6.6, 4: 4.6, 6: 2.8, 8: 1.4},
    orders=(
        Order("furosemide 20 mg iv bid", 0, 6),
        Order("furosemide 20 mg po qd", (6, 16, 0)),
        Order("prednisone 55 mg po qd", 4, None, None, "nephrotic-syndrome", "晨起顿服"),
        Order("enoxaparin 4000 IU sc qd", 4, None, None, None, "白蛋白低于25 g/L期间预防血栓"),
        Order("calcium-carbonate 0.6 g po qd", 4),
        Order("omeprazole 20 mg po qd", 4),
        Order("atorvastatin 20 mg po qn", 1),
    ),
    operations=(Operation("renal-biopsy", (2, 10, 0), 25, "左肾下极", "取材满意，术后无肉眼血尿"),),
    imaging=(
        Imaging(
            1,
            "US",
            "双肾超声",
            "腹部",
            "双肾体积稍增大，皮质回声增强，肾静脉血流通畅，腹腔少量积液。",
        ),
        Imaging(
            (4, 8, 20),
            "SM",
            "肾穿刺病理",
            "肾脏",
            "光镜下21个肾小球，形态基本正常；免疫荧光阴性，符合微小病变肾病；电镜待回报。",
        ),
    ),
    notes=(
        Note(
            (2, 8, 40),
            "水肿同前，BP {BP_2}。{attending}主治医师查房：24小时尿蛋白 {UPROT24_1}，白"
            "蛋白 {ALB_0}，"
            "肾病综合征诊断成立；凝血功能无活检禁忌，今日10时行肾穿刺，已签署同意书。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            (2, 13, 0),
            "10时在超声引导下行左肾穿刺活检，取组织两条，过程顺利，术后平卧，BP {BP_2}，"
            "尿色清，无腰痛。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            4,
            "病理回报微小病变肾病，今日起泼尼松55 mg晨起顿服，同时护胃、补钙及预防性抗"
            "凝。体重 {WT_4}，水肿减轻。"
            "复查白蛋白 {ALB_4}，血红蛋白 {HGB_4}，活检后无出血。",
        ),
        Note(
            8,
            "水肿基本消退，体重 {WT_8}。24小时尿蛋白 {UPROT24_8}，白蛋白 {ALB_8}，空腹"
            "血糖 {GLU_8}，对激素反应良好。拟明日出院。",
        ),
    ),
    discharge_orders=(
        Order("prednisone 55 mg po qd", note="晨起顿服，不得自行减停"),
        Order("calcium-carbonate 0.6 g po qd"),
        Order("omeprazole 20 mg po qd"),
        Order("atorvastatin 20 mg po qn"),
        Order("furosemide 20 mg po qd"),
    ),
    care_plan=("每日称重，观察尿泡沫与水肿", "避免感染，发热及时就诊", "激素期间监测血糖与血压"),
    follow_up=FollowUp(14, "肾内科门诊复诊", ("24小时尿蛋白定量", "肝肾功能与血糖")),
)

#: Stage 4 kidney disease, and the metformin of former years is still given.
DIABETIC_KIDNEY_METFORMIN = Course(
    key="diabetic-kidney-metformin",
    language="zh",
    setting=Setting.INPATIENT,
    department="nephrology",
    reason="乏力、下肢水肿1个月",
    histories=(
        "患者有2型糖尿病多年，近3年尿蛋白阳性，肌酐逐渐升高，未规律复诊。近1个月乏"
        "力、食欲下降，双踝水肿，夜尿2至3次，"
        "活动后稍感气促。门诊查肌酐升高、贫血，收入院。无恶心呕吐，无尿频尿痛，近期未用造影剂。",
    ),
    examination=(
        "神志清，面色苍白。双肺呼吸音清，心律齐，未闻及心包摩擦音。腹软，双肾区无叩"
        "击痛，双下肢轻度凹陷性水肿，"
        "双足痛觉减退，足背动脉搏动可及。"
    ),
    diagnoses=(
        Diagnosed("diabetic-nephropathy"),
        Diagnosed("ckd4"),
        Diagnosed("renal-anaemia"),
        Diagnosed("hypertension"),
    ),
    assessment=(
        "糖尿病病程长，大量白蛋白尿(尿白蛋白/肌酐 {UACR_0})，肌酐 {CREA_0}，估算肾"
        "小球滤过率 {EGFR_0}，符合糖尿病性肾病、"
        "慢性肾脏病4期；血红蛋白 {HGB_0}，铁蛋白 {FER_0}，考虑肾性贫血。无近期肌酐"
        "骤升，急性肾损伤依据不足。"
    ),
    plan="1. 优质低蛋白饮食，控制血压血糖；2. 纠正贫血；3. 评估并发症与肾脏替代治疗"
    "准备；4. 监测血钾、磷及酸碱平衡。",
    days=8,
    onset_days=30,
    hour=9,
    draws=(
        draw(
            0,
            "cbc renal lytes phos liver glu hba1c uacr ferritin lipids",
            CREA=218,
            UREA=16.8,
            K=4.9,
            P=1.62,
            CA=2.06,
            HGB=92,
            ALB=36.5,
            GLU=8.6,
            HBA1C=7.4,
            UACR=1480,
            FER=168,
            TC=5.4,
            TG=1.9,
            NA=138,
        ),
        draw(3, "renal lytes glu", CREA=221, UREA=17.2, K=5.0, GLU=7.9, NA=138),
    ),
    vitals={
        0: Vitals(36.4, 82, 18, 158, 84, 97),
        3: Vitals(36.4, 78, 18, 146, 80, 97),
        7: Vitals(36.4, 74, 17, 138, 76, 98),
    },
    weight_change={0: 2.1, 3: 1.2, 6: 0.4},
    orders=(
        Order("metformin 0.5 g po tid", 0, None, None, "diabetic-nephropathy", "沿用入院前治疗"),
        Order("linagliptin 5 mg po qd", 0, None, None, "diabetic-nephropathy"),
        Order("insulin-glargine 10 U sc qn", 1, None, None, "diabetic-nephropathy"),
        Order("nifedipine-gits 30 mg po qd", 0, None, None, "hypertension"),
        Order("furosemide 20 mg po qd", 0),
        Order("roxadustat 100 mg po tiw", 1, None, None, "renal-anaemia"),
        Order("calcium-carbonate 0.6 g po tid", 1, None, None, None, "随餐嚼服"),
    ),
    imaging=(
        Imaging(
            1,
            "US",
            "双肾超声",
            "腹部",
            "双肾大小尚正常，皮质回声增强，皮髓质分界欠清，集合系统无分离。",
        ),
    ),
    notes=(
        Note(
            1,
            "乏力，水肿稍减轻。BP {BP_1}。{attending}主治医师查房：糖尿病性肾病进展至慢"
            "性肾脏病4期，肌酐 {CREA_0}，血红蛋白 {HGB_0}，"
            "予罗沙司他及碳酸钙，控制血压，加用小剂量基础胰岛素。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "精神好转，BP {BP_3}，体重 {WT_3}。肌酐 {CREA_3}，血钾 {K_3}，空腹血糖 "
            "{GLU_3}。治疗同前，继续监测血糖，行饮食宣教。",
        ),
    ),
    discharge_orders=(),
    care_plan=(),
    follow_up=None,
)
