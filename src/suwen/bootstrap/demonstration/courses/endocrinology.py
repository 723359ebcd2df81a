"""Diabetes on the endocrinology ward: poor control, and ketoacidosis."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Culture,
    Diagnosed,
    FollowUp,
    Imaging,
    Note,
    NoteKind,
    Order,
    Setting,
    Vitals,
    draw,
)

TYPE2_DIABETES = Course(
    key="type2-diabetes",
    language="zh",
    setting=Setting.INPATIENT,
    department="endocrinology",
    reason="口干、多尿加重伴体重下降2个月",
    histories=(
        "患者患2型糖尿病多年，口服降糖药治疗，近一年未监测血糖。近2个月口干、多饮、"
        "多尿加重，每日尿量约3000 mL，"
        "体重下降约4 kg，双足时有麻木、针刺感，夜间明显。门诊空腹血糖明显升高，收入"
        "院调整方案。无腹痛、呕吐，无发热。",
        "患者有2型糖尿病史，饮食控制不严，常漏服药物。2个月来口渴明显，夜尿3至4次，"
        "乏力，视物偶有模糊，双下肢末端麻木。"
        "为系统评估并发症入院。病程中食欲好，大便正常，无尿频尿痛。",
    ),
    examination=(
        "神志清，皮肤弹性可，呼吸平稳无烂苹果味。双肺呼吸音清，心律齐。腹软无压痛。"
        "双足皮肤完整，无溃疡，"
        "10 g尼龙丝触觉减退，足背动脉搏动可及。"
    ),
    diagnoses=(
        Diagnosed("type2-diabetes-poor"),
        Diagnosed("diabetic-neuropathy"),
        Diagnosed("hyperlipidaemia"),
    ),
    assessment=(
        "病史明确，随机血糖 {GLUR_0}，β-羟丁酸 {BHB_0}，无明显酮症；双足末端感觉减"
        "退，考虑周围神经病变。"
        "需完善糖化血红蛋白、尿白蛋白、眼底等评估并发症。甲状腺功能 TSH {TSH_0} 正"
        "常，体重下降以高血糖解释。"
    ),
    plan="1. 糖尿病饮食与教育；2. 基础胰岛素联合餐时胰岛素短期强化；3. 完善并发症筛"
    "查；4. 达标后简化方案。",
    days=7,
    onset_days=60,
    hour=10,
    draws=(
        draw(
            0,
            "cbc renal lytes liver glur ketone thyroid",
            GLUR=18.6,
            BHB=0.35,
            K=4.1,
            NA=137,
            TSH=2.2,
        ),
        draw(1, "glu hba1c lipids uacr", GLU=13.2, HBA1C=10.6, TC=5.9, TG=2.9, HDL=0.96, UACR=48),
        draw(3, "glu", GLU=9.4),
        draw(5, "glu renal lytes", GLU=7.1, K=4.2),
    ),
    cultures=(Culture(0, "20454-5", "尿蛋白定性", "阴性", "阴性", abnormal=False),),
    baseline={"GLU": 9.6, "HBA1C": 9.1},
    vitals={
        0: Vitals(36.5, 84, 18, 136, 82, 98),
        3: Vitals(36.4, 78, 17, 130, 78, 98),
        7: Vitals(36.4, 74, 17, 128, 76, 98),
    },
    orders=(
        Order("insulin-glargine 14 U sc qn", 0, 3, "空腹血糖未达标，加量"),
        Order("insulin-glargine 18 U sc qn", (3, 20, 0)),
        Order("insulin-aspart 6 U sc tid", 0, 5, None, None, "餐前"),
        Order("metformin 0.5 g po tid", 1, None, None, "type2-diabetes-poor"),
        Order("dapagliflozin 10 mg po qd", 4),
        Order("atorvastatin 20 mg po qn", 1, None, None, "hyperlipidaemia"),
    ),
    imaging=(
        Imaging(
            1, "US", "颈动脉超声", "颈部", "双侧颈动脉内膜增厚，右侧分叉处小斑块，管腔无明显狭窄。"
        ),
        Imaging(
            2,
            "ES",
            "眼底照相",
            "眼",
            "双眼少量微血管瘤，未见出血及渗出，考虑轻度非增殖期糖尿病视网膜病变。",
        ),
    ),
    notes=(
        Note(
            1,
            "口干稍减轻，昨日睡前血糖仍高，今晨空腹血糖 {GLU_1}。{attending}主治医师查"
            "房：糖化血红蛋白 {HBA1C_1}，尿白蛋白/肌酐 {UACR_1}，"
            "LDL-C {LDL_1}；停用磺脲类药物，肾功能允许，使用二甲双胍及他汀，胰岛素按血糖滴定。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(3, "夜尿减少，无低血糖。空腹血糖 {GLU_3}，甘精胰岛素由14 U增至18 U。BP {BP_3}。"),
        Note(
            5,
            "空腹血糖 {GLU_5}，餐后血糖多在9至11 mmol/L，无低血糖。停用餐时胰岛素，改为"
            "基础胰岛素联合口服药，指导自行注射与监测。",
        ),
    ),
    discharge_orders=(
        Order("insulin-glargine 18 U sc qn"),
        Order("metformin 0.5 g po tid", note="餐中"),
        Order("dapagliflozin 10 mg po qd"),
        Order("atorvastatin 20 mg po qn"),
    ),
    care_plan=(
        "每日空腹及一餐后2小时自测血糖并记录",
        "低血糖时进食15 g糖并复测",
        "每日检查双足，避免赤足行走",
    ),
    follow_up=FollowUp(
        28, "内分泌科门诊复诊", ("糖化血红蛋白", "尿白蛋白/肌酐比值", "血脂与肝功能")
    ),
)

KETOACIDOSIS = Course(
    key="ketoacidosis",
    language="zh",
    setting=Setting.INPATIENT,
    department="endocrinology",
    reason="恶心、呕吐伴乏力2天",
    histories=(
        "患者患1型糖尿病，使用胰岛素治疗。3天前感冒后食欲差，自行停用餐前胰岛素，2"
        "天前起恶心、呕吐，每日5至6次，"
        "口干、多尿，乏力明显，今晨呼吸深快，由家属送急诊。急诊血糖及血酮明显升高，"
        "收入院。无腹痛、腹泻，无意识障碍。",
    ),
    examination=(
        "神志清，精神差，呼吸深大，呼气有酮味，口唇干燥，皮肤弹性差。双肺呼吸音清，心率快，律齐。"
        "腹软，上腹轻压痛，无反跳痛，四肢末梢稍凉。"
    ),
    diagnoses=(Diagnosed("ketoacidosis", "中度", cured=True),),
    assessment=(
        "血糖 {GLUR_0}，β-羟丁酸 {BHB_0}，pH {PH_0}，碳酸氢根 {HCO3_0}，糖尿病酮症"
        "酸中毒诊断明确，诱因为感染后停用胰岛素。"
        "血钾 {K_0} 在正常范围，但酸中毒纠正后会下降，需同时补钾。腹部体征轻，淀粉"
        "酶 {AMY_0}，胰腺炎依据不足。"
    ),
    plan="1. 等渗液补足容量；2. 小剂量胰岛素持续泵入，每小时测血糖；3. 见尿补钾；4. "
    "2至4小时复查血气与电解质；5. 寻找并处理诱因。",
    days=6,
    onset_days=2,
    hour=11,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "gas glur ketone cbc crp renal lytes amylase",
            PH=7.14,
            PCO2=24,
            PO2=104,
            LACT=2.4,
            GLUR=29.8,
            BHB=5.9,
            WBC=14.6,
            NEUTP=84,
            CRP=14,
            K=4.9,
            NA=131,
            CL=98,
            CREA=112,
            UREA=9.8,
            AMY=118,
        ),
        draw(
            (0, 17, 0),
            "gas glur ketone lytes",
            PH=7.27,
            PCO2=31,
            PO2=100,
            LACT=1.5,
            GLUR=14.6,
            BHB=2.7,
            K=3.6,
            NA=136,
        ),
        draw(
            1,
            "gas glur ketone lytes renal",
            PH=7.37,
            PCO2=37,
            PO2=98,
            LACT=1.0,
            GLUR=9.8,
            BHB=0.6,
            K=3.7,
            NA=139,
            CREA=78,
            UREA=5.6,
        ),
        draw(2, "hba1c glu lytes", HBA1C=9.8, GLU=8.8, K=4.1),
        draw(4, "cbc glu renal lytes", WBC=7.4, NEUTP=63, GLU=7.4, K=4.2),
    ),
    vitals={
        0: Vitals(37.0, 122, 28, 100, 62, 98),
        1: Vitals(36.7, 92, 18, 112, 68, 98),
        3: Vitals(36.5, 80, 17, 116, 70, 98),
        6: Vitals(36.5, 76, 16, 118, 72, 98),
    },
    orders=(
        Order("saline 1000 mL iv st", 0, None, None, None, "第1小时内"),
        Order("saline 500 mL iv q6h", (0, 13, 0), 1),
        Order("insulin-regular 5 U/h iv cont", 0, 1, None, "ketoacidosis", "按每小时血糖调整"),
        Order("potassium-chloride 1.5 g iv q6h", (0, 13, 0), 1, None, None, "加入液体内，见尿后"),
        Order("insulin-glargine 16 U sc qn", (0, 20, 30), None),
        Order("insulin-aspart 6 U sc tid", 1, None, None, None, "餐前"),
    ),
    imaging=(Imaging(0, "DX", "胸部正位X线", "胸部", "双肺野清晰，心影不大，肋膈角锐利。"),),
    notes=(
        Note(
            (0, 18, 15),
            "治疗后呕吐停止，呼吸平稳，尿量约900 mL。复查血糖及血酮下降，血钾较入院降低，"
            "继续补钾，"
            "液体改含糖配比后维持胰岛素泵入。",
        ),
        Note(
            1,
            "精神好转，可进食。P {P_1}，R {R_1}，BP {BP_1}。pH {PH_1}，β-羟丁酸 {BHB_1}，"
            "血钾 {K_1}，肌酐 {CREA_1}。"
            "{attending}主治医师查房：酸中毒纠正，停静脉胰岛素，改皮下注射，静脉与皮下"
            "重叠2小时。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "无恶心呕吐，空腹血糖 {GLU_2}，血钾 {K_2}，糖化血红蛋白 {HBA1C_2}。强化生病"
            "期间胰岛素管理的教育，明确不可自行停用。",
        ),
        Note(4, "空腹血糖 {GLU_4}，无低血糖，P {P_4}，BP {BP_4}。自行注射技术合格，拟近日出院。"),
    ),
    discharge_orders=(
        Order("insulin-glargine 16 U sc qn"),
        Order("insulin-aspart 6 U sc tid", note="餐前，按碳水化合物量调整"),
    ),
    care_plan=("生病期间不停用基础胰岛素，每4小时测血糖", "血糖持续高于16.7 mmol/L时测血酮并就诊"),
    follow_up=FollowUp(14, "内分泌科门诊复诊", ("血糖记录复核",)),
)
