"""Outpatient visits in Chinese: one visit each, with its tests, prescription and follow-up."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Diagnosed,
    FollowUp,
    Imaging,
    Order,
    Setting,
    Vitals,
    draw,
)

HYPERTENSION_VISIT = Course(
    key="hypertension-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="cardiology",
    reason="血压控制不佳2周",
    histories=(
        "患者家庭自测血压近2周多在150至160/90至96 mmHg，偶有头胀，无头痛、胸痛、视"
        "物模糊。近期睡眠少，饮食偏咸，规律服用降压药。",
        "患者近2周晨起血压偏高，最高164/98 mmHg，伴后颈部发胀，活动后无胸闷。服药未"
        "间断，近期未用止痛药或激素。",
    ),
    examination="神志清，双肺呼吸音清，心率齐，未闻及杂音，腹部未闻及血管杂音，双下肢无水肿，"
    "四肢血压对称。",
    diagnoses=(Diagnosed("hypertension", "2级"), Diagnosed("hyperlipidaemia")),
    assessment="诊室血压 {BP_0}，家庭血压未达标；血钾 {K_0}，肌酐 {CREA_0}，无继发性高血压"
    "线索，考虑与盐摄入及睡眠不足有关。LDL-C {LDL_0}。",
    plan="加用缬沙坦，继续氨氯地平；限盐，规律作息，家庭血压记录每日两次；4周后复诊。",
    hour=8,
    draws=(draw(0, "renal lytes lipids glu", K=4.2, TC=5.6, TG=1.9, HDL=1.12, GLU=5.7),),
    vitals={0: Vitals(36.5, 78, 16, 156, 94, 98)},
    imaging=(Imaging(0, "ECG", "十二导联心电图", "心脏", "窦性心律，左室高电压，未见ST-T改变。"),),
    discharge_orders=(
        Order("amlodipine 5 mg po qd"),
        Order("valsartan 80 mg po qd"),
        Order("atorvastatin 10 mg po qn"),
    ),
    care_plan=("家庭血压每日早晚各测2次并记录", "每日食盐少于5 g", "每周中等强度运动150分钟"),
    follow_up=FollowUp(28, "心血管内科复诊", ("血电解质与肾功能",)),
)

CORONARY_VISIT = Course(
    key="coronary-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="cardiology",
    reason="支架术后复诊，偶有胸闷",
    histories=(
        "患者支架术后规律服药，近1个月快步上坡时偶有胸闷，休息2至3分钟缓解，每月不"
        "超过2次，程度无加重，无静息发作。无黑便、牙龈出血。",
    ),
    examination="神志清，双肺呼吸音清，心律齐，未闻及杂音，双下肢无水肿，皮肤无瘀斑。",
    diagnoses=(
        Diagnosed("stable-angina"),
        Diagnosed("coronary-disease"),
        Diagnosed("hyperlipidaemia"),
    ),
    assessment="劳力性胸闷，频度低且稳定，心电图无新发改变，考虑稳定型心绞痛。LDL-C "
    "{LDL_0}，距目标仍有差距；ALT {ALT_0}，可加强降脂。",
    plan="加用单硝酸异山梨酯，阿托伐他汀加至40 mg；症状加重或静息发作时立即就诊。",
    onset_days=30,
    hour=8,
    draws=(draw(0, "cbc renal liver lipids glu", TC=4.6, TG=1.5, HDL=1.05, GLU=5.6, ALT=28),),
    vitals={0: Vitals(36.4, 64, 16, 128, 76, 98)},
    imaging=(
        Imaging(0, "ECG", "十二导联心电图", "心脏", "窦性心律，Ⅲ导联小q波，无急性ST-T改变。"),
    ),
    discharge_orders=(
        Order("aspirin 100 mg po qd"),
        Order("atorvastatin 40 mg po qn"),
        Order("metoprolol-er 47.5 mg po qd"),
        Order("isosorbide-mononitrate 30 mg po qd"),
    ),
    care_plan=("随身携带急救药物，胸痛超过15分钟呼叫急救", "8周后复查血脂"),
    follow_up=FollowUp(56, "心血管内科复诊", ("血脂与肝功能",)),
)

ASTHMA_VISIT = Course(
    key="asthma-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="respiratory",
    reason="反复喘息，夜间加重1个月",
    histories=(
        "患者自幼过敏性鼻炎，近1个月每周有2至3次夜间喘息、咳嗽，使用缓解吸入剂后好"
        "转，接触冷空气及灰尘易诱发。"
        "近半年吸入剂用用停停。无发热、咳脓痰。",
    ),
    examination="神志清，言语连贯，双肺可闻及少许呼气相哮鸣音，心律齐，无杵状指，双下肢无水肿。",
    diagnoses=(Diagnosed("asthma", "部分控制"), Diagnosed("allergic-rhinitis")),
    assessment="夜间症状频繁，SpO2 {SPO2_0}，无感染表现，CRP {CRP_0}，为哮喘部分控制，主要"
    "原因是吸入药物依从性差。",
    plan="规律使用布地奈德福莫特罗并作为缓解用药，加用孟鲁司特；示范吸入技术，避免诱因。",
    hour=9,
    draws=(draw(0, "cbc crp"),),
    vitals={0: Vitals(36.6, 84, 18, 118, 74, 97)},
    discharge_orders=(
        Order("budesonide-formoterol 2 吸 ih bid", note="用后漱口"),
        Order("montelukast 10 mg po qn"),
    ),
    care_plan=("记录峰流速与夜间症状", "缓解用药每周超过2次时提前复诊"),
    follow_up=FollowUp(28, "呼吸科复诊", ("肺功能",)),
)

LUNG_NODULE_VISIT = Course(
    key="lung-nodule-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="respiratory",
    reason="体检发现右上肺结节1周",
    histories=(
        "患者1周前体检低剂量胸部CT发现右上肺结节，无咳嗽、咯血、胸痛，无消瘦盗汗。"
        "既往未做过胸部CT，无法与旧片比较。",
    ),
    examination="神志清，浅表淋巴结未触及肿大，双肺呼吸音清，心律齐，无杵状指。",
    diagnoses=(Diagnosed("lung-nodule", "右上肺8 mm混合磨玻璃结节", confirmed=False),),
    assessment="混合磨玻璃结节，最大径8 mm，实性成分约3 mm，CEA {CEA_0}；无旧片比较，炎性"
    "与早期肿瘤均有可能，需短期随访。",
    plan="3个月后复查薄层CT，若持续存在或实性成分增大则胸外科会诊；戒烟。",
    onset_days=7,
    hour=9,
    draws=(draw(0, "cbc tumour", CEA=2.4),),
    vitals={0: Vitals(36.4, 72, 16, 126, 78, 98)},
    imaging=(
        Imaging(
            0,
            "CT",
            "胸部薄层CT",
            "胸部",
            "右肺上叶前段见8 mm混合磨玻璃结节，实性成分约3 mm，边缘欠光整，无胸膜牵拉，"
            "纵隔未见肿大淋巴结。",
        ),
    ),
    care_plan=("戒烟", "出现咯血、胸痛或消瘦时提前复诊"),
    follow_up=FollowUp(90, "肺结节门诊复诊", ("胸部薄层CT",)),
)

KIDNEY_VISIT = Course(
    key="kidney-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="nephrology",
    reason="慢性肾脏病定期复诊",
    histories=(
        "患者慢性肾脏病随访，近3个月无水肿，夜尿1次，血压自测130/80 mmHg左右，饮食"
        "清淡，按时服药。无尿频尿痛，未用止痛药。",
    ),
    examination="神志清，面色可，双肺呼吸音清，心律齐，双肾区无叩击痛，双下肢无水肿。",
    diagnoses=(Diagnosed("ckd3"), Diagnosed("hypertension")),
    assessment="肌酐 {CREA_0}，估算肾小球滤过率 {EGFR_0}，尿白蛋白/肌酐 {UACR_0}，血钾 "
    "{K_0}，较3个月前大致稳定。",
    plan="继续氯沙坦，加用达格列净，2周后复查肾功能与血钾；避免肾毒性药物。",
    hour=8,
    draws=(draw(0, "cbc renal lytes phos uacr", CREA=138, UREA=9.8, K=4.7, UACR=320, HGB=124),),
    vitals={0: Vitals(36.4, 74, 16, 132, 80, 98)},
    discharge_orders=(Order("losartan 50 mg po qd"), Order("dapagliflozin 10 mg po qd")),
    care_plan=("每日食盐少于5 g，蛋白摄入按营养师方案", "腹泻呕吐时暂停达格列净与氯沙坦"),
    follow_up=FollowUp(14, "肾内科复诊", ("肾功能与电解质",)),
)

IGA_VISIT = Course(
    key="iga-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="nephrology",
    reason="IgA肾病复诊，泡沫尿",
    histories=(
        "患者2年前肾穿刺诊断IgA肾病，近1个月感冒后尿泡沫增多，无肉眼血尿，无水肿。"
        "血压自测正常，按时服药。",
    ),
    examination="神志清，咽部稍充血，扁桃体不大，双肺呼吸音清，心律齐，双肾区无叩击痛，双下"
    "肢无水肿。",
    diagnoses=(Diagnosed("iga-nephropathy"),),
    assessment="尿白蛋白/肌酐 {UACR_0}，肌酐 {CREA_0}，估算肾小球滤过率 {EGFR_0}，感染后蛋"
    "白尿增加，肾功能稳定。",
    plan="缬沙坦加至160 mg，1个月后复查尿蛋白；若仍高于目标再评估激素。",
    hour=10,
    draws=(draw(0, "cbc renal lytes uacr uric", UACR=680, K=4.3),),
    vitals={0: Vitals(36.7, 76, 16, 124, 78, 98)},
    discharge_orders=(Order("valsartan 160 mg po qd"),),
    care_plan=("预防感冒，避免劳累", "血压目标低于130/80 mmHg"),
    follow_up=FollowUp(28, "肾内科复诊", ("24小时尿蛋白定量", "肾功能与电解质")),
)

DIABETES_VISIT = Course(
    key="diabetes-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="endocrinology",
    reason="2型糖尿病定期复诊",
    histories=(
        "患者近3个月空腹自测血糖7至8 mmol/L，餐后10 mmol/L左右，无低血糖。饮食较规"
        "律，每周步行3至4次。无多饮多尿，双足无麻木。",
    ),
    examination="神志清，双肺呼吸音清，心律齐，双足皮肤完整，足背动脉搏动好，10 g尼龙丝触觉正常。",
    diagnoses=(Diagnosed("type2-diabetes"), Diagnosed("hyperlipidaemia")),
    assessment="糖化血红蛋白 {HBA1C_0}，空腹血糖 {GLU_0}，接近但未达到目标；尿白蛋白/肌酐 "
    "{UACR_0}，LDL-C {LDL_0}。",
    plan="二甲双胍加至每日1.5 g，继续达格列净与他汀；营养门诊会诊。",
    hour=8,
    draws=(
        draw(
            0, "glu hba1c renal lipids uacr", GLU=7.8, HBA1C=7.4, UACR=14, TC=4.7, TG=1.8, HDL=1.1
        ),
    ),
    vitals={0: Vitals(36.4, 76, 16, 128, 78, 98)},
    discharge_orders=(
        Order("metformin 0.5 g po tid", note="餐中"),
        Order("dapagliflozin 10 mg po qd"),
        Order("rosuvastatin 10 mg po qn"),
    ),
    care_plan=("每周至少监测3天血糖", "每年一次眼底与足部检查"),
    follow_up=FollowUp(90, "内分泌科复诊", ("糖化血红蛋白", "血脂与肝功能")),
)

GRAVES_VISIT = Course(
    key="graves-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="endocrinology",
    reason="心悸、手抖、消瘦2个月",
    histories=(
        "患者2个月前起心悸、怕热、多汗、手抖，食欲增加而体重下降约5 kg，大便每日3次，"
        "睡眠差。无发热、颈部疼痛，无复视。月经规律，近期无妊娠计划。",
    ),
    examination="神志清，皮肤潮湿，双手细震颤，甲状腺Ⅱ度弥漫肿大，质软，无压痛，可闻及血管"
    "杂音，眼球稍突，心率快，律齐。",
    diagnoses=(Diagnosed("graves"),),
    assessment="高代谢症状，甲状腺弥漫肿大，TSH {TSH_0}，FT4 {FT4_0}，FT3 {FT3_0}，甲状腺"
    "功能亢进明确；突眼及血管杂音支持Graves病，待抗体证实。",
    plan="甲巯咪唑起始，普萘洛尔控制症状；用药前白细胞 {WBC_0}、ALT {ALT_0}，告知咽"
    "痛发热时立即停药查血常规。",
    onset_days=60,
    hour=9,
    draws=(draw(0, "cbc liver thyroid", TSH=0.006, FT4=52.4, FT3=19.8, WBC=5.4, ALT=32),),
    vitals={0: Vitals(37.0, 112, 18, 136, 68, 98)},
    imaging=(
        Imaging(
            0,
            "US",
            "甲状腺超声",
            "颈部",
            "甲状腺弥漫性肿大，回声不均，血流信号丰富，未见明确结节。",
        ),
    ),
    discharge_orders=(
        Order("methimazole 10 mg po bid"),
        Order("propranolol 10 mg po tid"),
    ),
    care_plan=("避免高碘饮食", "用药后前3个月每2周查血常规与肝功能"),
    follow_up=FollowUp(28, "内分泌科复诊", ("甲状腺功能", "血常规与肝功能")),
)

GALLSTONE_VISIT = Course(
    key="gallstone-visit",
    language="zh",
    setting=Setting.OUTPATIENT,
    department="gi-surgery",
    reason="餐后右上腹胀痛半年",
    histories=(
        "患者半年来进食油腻后右上腹胀痛，持续1至2小时自行缓解，每月1至2次，向右肩放"
        "射。无发热、黄疸、呕吐。",
    ),
    examination="神志清，巩膜无黄染，腹软，右上腹轻压痛，墨菲征阴性，肝脾肋下未及。",
    diagnoses=(Diagnosed("gallstones"),),
    assessment="典型胆绞痛，超声示胆囊多发结石，胆总管不扩张，总胆红素 {TBIL_0}，ALT "
    "{ALT_0}，为有症状的胆囊结石，有择期手术指征。",
    plan="低脂饮食，预约住院行腹腔镜胆囊切除；发热、黄疸或持续腹痛时急诊。",
    onset_days=180,
    hour=9,
    draws=(draw(0, "cbc liver", ALT=26, TBIL=13.5),),
    vitals={0: Vitals(36.5, 74, 16, 124, 76, 98)},
    imaging=(
        Imaging(
            0,
            "US",
            "肝胆胰脾超声",
            "腹部",
            "胆囊大小正常，壁不厚，腔内见多枚强回声团，最大1.1 cm，随体位移动；胆总管内径0.5 cm。",
        ),
    ),
    care_plan=("低脂饮食", "持续腹痛、发热或黄疸时急诊就诊"),
    follow_up=FollowUp(30, "普通外科门诊，安排手术"),
)
