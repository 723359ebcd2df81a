"""Coronary disease and arrhythmia on the cardiology ward."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
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

_AFTER_STENT = (
    Order("aspirin 100 mg po qd"),
    Order("ticagrelor 90 mg po bid"),
    Order("atorvastatin 40 mg po qn"),
    Order("metoprolol-er 47.5 mg po qd"),
    Order("perindopril 4 mg po qd"),
)
_CARE_AFTER_STENT = (
    "双联抗血小板治疗12个月，不得自行停药，出血时及时就诊",
    "戒烟，低盐低脂饮食",
    "心脏康复门诊评估后逐步增加步行量",
)

INFERIOR_STEMI = Course(
    key="inferior-stemi",
    language="zh",
    setting=Setting.INPATIENT,
    department="cardiology",
    reason="持续胸骨后压榨痛3小时",
    histories=(
        "患者3小时前安静时突发胸骨后压榨样疼痛，向左肩及下颌放射，伴大汗、恶心，呕"
        "吐一次，持续不缓解。"
        "呼叫急救后送我院急诊，心电图示下壁导联ST段抬高，立即启动急诊介入流程。病程"
        "中无晕厥、气促。",
        "患者3小时前晨起后出现胸骨后紧缩样疼痛，程度重，伴冷汗及左上肢酸胀，含服药"
        "物不缓解，由家属送至急诊。"
        "急诊心电图提示急性下壁心肌梗死，经绿色通道送导管室。发病以来无意识丧失，无呼吸困难。",
    ),
    examination=(
        "神志清，痛苦面容，皮肤湿冷。颈静脉无充盈，双肺未闻及湿啰音，Killip Ⅰ级。"
        "心律齐，心音稍低，未闻及杂音。腹软，双下肢无水肿，双侧桡动脉搏动对称。"
    ),
    diagnoses=(
        Diagnosed("inferior-stemi", "Killip Ⅰ级"),
        Diagnosed("coronary-disease"),
        Diagnosed("hypertension"),
    ),
    assessment=(
        "典型缺血性胸痛伴下壁导联ST段抬高，高敏肌钙蛋白I {TNI_0}，急性下壁ST段抬高"
        "型心肌梗死诊断明确。"
        "双上肢血压对称，胸部X线纵隔不宽，主动脉夹层可能性小；SpO2 {SPO2_0}，无下肢"
        "肿痛，肺栓塞依据不足。"
    ),
    plan="1. 双联抗血小板及抗凝；2. 急诊冠状动脉造影，开通梗死相关血管；3. 监护心律"
    "与血压；4. 他汀强化降脂。",
    days=6,
    onset_days=0,
    hour=7,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp renal lytes cardiac coag bnp",
            TNI=860,
            CKMB=18.5,
            NTPROBNP=210,
            WBC=11.4,
            NEUTP=82,
            K=3.9,
            CRP=6.5,
        ),
        draw(
            1,
            "cardiac renal lytes lipids liver glu hba1c",
            TNI=24800,
            CKMB=142,
            TC=6.1,
            TG=2.1,
            HDL=0.98,
            ALT=52,
            AST=146,
            GLU=6.4,
            HBA1C=5.9,
            K=4.1,
        ),
        draw(3, "cardiac renal lytes bnp crp", TNI=5900, CKMB=9.8, NTPROBNP=620, CRP=24, K=4.2),
        draw(5, "cbc renal lytes", WBC=8.1, NEUTP=66, K=4.3),
    ),
    vitals={
        0: Vitals(36.4, 62, 20, 112, 70, 96),
        1: Vitals(37.2, 74, 18, 118, 72, 97),
        3: Vitals(36.7, 72, 18, 122, 74, 97),
        6: Vitals(36.4, 66, 17, 120, 72, 98),
    },
    orders=(
        Order("aspirin 300 mg po st", (0, 7, 58)),
        Order("ticagrelor 180 mg po st", (0, 7, 58)),
        Order("aspirin 100 mg po qd", 1),
        Order("ticagrelor 90 mg po bid", (0, 20, 0)),
        Order("enoxaparin 4000 IU sc q12h", (0, 12, 0), 3),
        Order("atorvastatin 40 mg po qn", 0),
        Order("metoprolol-er 47.5 mg po qd", 1),
        Order("perindopril 4 mg po qd", 2),
        Order("pantoprazole 40 mg po qd", 0),
    ),
    operations=(
        Operation("coronary-angiography", (0, 8, 45), 20, "右侧桡动脉入路"),
        Operation("coronary-stent", (0, 9, 5), 45, "右冠状动脉中段", "置入支架1枚，血流TIMI 3级"),
    ),
    imaging=(
        Imaging(
            0,
            "ECG",
            "十二导联心电图",
            "心脏",
            "窦性心律，Ⅱ、Ⅲ、aVF导联ST段抬高0.2至0.3 mV，Ⅰ、aVL导联对应性压低。",
        ),
        Imaging((0, 8, 5), "DX", "床旁胸部X线", "胸部", "心影不大，纵隔不宽，双肺野清晰。"),
        Imaging(
            2,
            "US",
            "经胸超声心动图",
            "心脏",
            "左室下壁基底段及中段运动减弱，左室射血分数52%，未见室壁瘤及心包积液。",
        ),
    ),
    notes=(
        Note(
            (0, 11, 30),
            "急诊造影：右冠状动脉中段完全闭塞，左主干及前降支、回旋支未见有意义狭窄。于"
            "闭塞处置入药物洗脱支架1枚，"
            "术后血流恢复良好，胸痛缓解，ST段回落超过一半。术中无室性心律失常，返回监护"
            "病房，右腕加压包扎，"
            "指端血运好。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            1,
            "术后第1天，无胸痛。T {T_1}，P {P_1}，BP {BP_1}。右腕穿刺处无血肿。高敏肌钙"
            "蛋白I {TNI_1}，CK-MB {CKMB_1}，"
            "符合再灌注后改变；LDL-C {LDL_1}。{attending}主治医师查房：再灌注成功，低热"
            "考虑坏死吸收，"
            "今日加用美托洛尔，明日血压允许加用培哚普利。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "无胸痛、气促，床旁活动良好。P {P_3}，BP {BP_3}。高敏肌钙蛋白I降至 {TNI_3}，"
            "血钾 {K_3}，肌酐 {CREA_3}。"
            "超声示左室射血分数52%。停用依诺肝素，转出监护，开始分级康复活动。",
        ),
        Note(
            5,
            "步行200米无不适。P {P_5}，BP {BP_5}。血钾 {K_5}，肌酐 {CREA_5}，血红蛋白 "
            "{HGB_5}，无出血表现。"
            "拟明日出院，已交代双联抗血小板的时间与出血的观察。",
        ),
    ),
    discharge_orders=_AFTER_STENT,
    care_plan=_CARE_AFTER_STENT,
    follow_up=FollowUp(28, "冠心病门诊复诊", ("血脂与肝功能", "心电图")),
)

NSTEMI = Course(
    key="nstemi",
    language="zh",
    setting=Setting.INPATIENT,
    department="cardiology",
    reason="反复胸闷2天，加重4小时",
    histories=(
        "患者2天前快步行走时胸闷，位于胸骨中下段，休息5分钟缓解，共发作4次。4小时前"
        "静息时再次发作，程度加重，"
        "伴出汗，持续约半小时。急诊心电图示前壁导联ST段压低，高敏肌钙蛋白升高，收入"
        "心内科。无黑便，无晕厥。",
    ),
    examination=(
        "神志清，自动体位，皮肤温暖。颈静脉无充盈，双肺呼吸音清。心率偏快，律齐，未闻及病理性杂音。"
        "腹软无压痛，双下肢无水肿，足背动脉搏动对称。"
    ),
    diagnoses=(
        Diagnosed("nstemi"),
        Diagnosed("coronary-disease"),
        Diagnosed("type2-diabetes"),
        Diagnosed("hypertension"),
    ),
    assessment=(
        "静息胸闷伴ST段压低，高敏肌钙蛋白I {TNI_0}，高于参考上限，急性非ST段抬高型心"
        "肌梗死成立。合并糖尿病，"
        "属较高危，拟24小时内造影。无背部撕裂样痛，双上肢血压相近，夹层依据不足。"
    ),
    plan="1. 抗血小板、抗凝、他汀；2. 24小时内冠状动脉造影；3. 监测血糖与肾功能，术"
    "前后水化，暂停二甲双胍48小时。",
    days=5,
    onset_days=2,
    hour=13,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp renal lytes cardiac coag bnp",
            TNI=386,
            CKMB=9.6,
            NTPROBNP=480,
            K=4.2,
            CRP=5.8,
        ),
        draw(
            1,
            "cardiac renal lytes lipids glu hba1c",
            TNI=2150,
            CKMB=21,
            TC=5.6,
            TG=2.3,
            HDL=0.95,
            GLU=8.9,
            HBA1C=7.8,
            K=4.1,
        ),
        draw(3, "cardiac renal lytes glu", TNI=640, CKMB=4.1, GLU=7.6, K=4.3),
    ),
    vitals={
        0: Vitals(36.5, 92, 20, 148, 86, 96),
        2: Vitals(36.6, 76, 18, 130, 78, 97),
        5: Vitals(36.4, 68, 17, 124, 74, 98),
    },
    orders=(
        Order("aspirin 300 mg po st"),
        Order("ticagrelor 180 mg po st"),
        Order("aspirin 100 mg po qd", 1),
        Order("ticagrelor 90 mg po bid", 1),
        Order("enoxaparin 6000 IU sc q12h", 0, (1, 8, 0)),
        Order("atorvastatin 40 mg po qn"),
        Order("metoprolol-er 47.5 mg po qd"),
        Order("perindopril 4 mg po qd", 2),
        Order("insulin-aspart 6 U sc tid", 1, None, None, "type2-diabetes", "餐前，按血糖调整"),
        Order("saline 500 mL iv st", (1, 7, 0), None, None, None, "造影前水化"),
    ),
    operations=(
        Operation("coronary-angiography", (1, 10, 30), 25, "右侧桡动脉入路"),
        Operation("coronary-stent", (1, 10, 55), 50, "左前降支近段", "置入支架1枚，血流TIMI 3级"),
    ),
    imaging=(
        Imaging(
            0,
            "ECG",
            "十二导联心电图",
            "心脏",
            "窦性心律，V3-V6导联ST段水平型压低约0.1 mV，T波倒置。",
        ),
        Imaging(
            2,
            "US",
            "经胸超声心动图",
            "心脏",
            "左室前壁中段运动轻度减弱，左室射血分数55%，瓣膜未见明显异常。",
        ),
    ),
    notes=(
        Note(
            (1, 13, 30),
            "今日造影：左前降支近段狭窄约90%，回旋支中段狭窄约40%，右冠状动脉未见有意义"
            "狭窄。于前降支置入药物洗脱支架1枚，"
            "术中顺利，术后无胸闷，右腕加压包扎。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            (1, 16, 20),
            "{attending}主治医师查房：高敏肌钙蛋白I由 {TNI_0} 升至 {TNI_1}，诊断明确，"
            "罪犯血管已处理。糖化血红蛋白 {HBA1C_1}，"
            "暂停二甲双胍，餐前胰岛素过渡；LDL-C {LDL_1}，强化降脂。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "无胸闷，活动良好。P {P_3}，BP {BP_3}。高敏肌钙蛋白I {TNI_3}，肌酐 {CREA_3}，"
            "空腹血糖 {GLU_3}。"
            "造影后肾功能稳定，二甲双胍可于出院时恢复。",
        ),
    ),
    discharge_orders=(*_AFTER_STENT, Order("metformin 0.5 g po bid")),
    care_plan=_CARE_AFTER_STENT,
    follow_up=FollowUp(28, "冠心病门诊复诊", ("血脂与肝功能", "糖化血红蛋白")),
)

ATRIAL_FIBRILLATION = Course(
    key="atrial-fibrillation",
    language="zh",
    setting=Setting.INPATIENT,
    department="cardiology",
    reason="阵发性心悸3天，加重半天",
    histories=(
        "患者3天前无诱因出现心悸，自觉心跳快而不齐，每次持续1至2小时。半天前再发后"
        "持续不缓解，伴胸闷、乏力。"
        "门诊心电图示心房颤动伴快速心室率，收入院。无晕厥、胸痛，无多食消瘦。",
    ),
    examination=(
        "神志清，甲状腺不大。双肺呼吸音清。心率快，第一心音强弱不等，心律绝对不齐，脉搏短绌。"
        "腹软，双下肢无水肿，四肢肌力正常。"
    ),
    diagnoses=(Diagnosed("atrial-fibrillation", "伴快速心室率"), Diagnosed("hypertension")),
    assessment=(
        "心电图证实心房颤动，持续时间超过48小时不能除外，未抗凝前不宜复律，先控制心室率并抗凝。"
        "TSH {TSH_0}，不支持甲状腺功能亢进；高敏肌钙蛋白I {TNI_0}，无心肌缺血依据。"
    ),
    plan="1. 控制心室率；2. 评估栓塞与出血风险后口服抗凝；3. 超声评价左房；4. 3周后"
    "评估是否复律或消融。",
    days=5,
    onset_days=3,
    hour=11,
    draws=(
        draw(
            0,
            "cbc renal lytes liver thyroid cardiac coag bnp",
            NTPROBNP=890,
            TNI=11,
            TSH=2.1,
            K=3.9,
        ),
        draw(2, "renal lytes", K=4.3),
        draw(4, "renal lytes bnp", K=4.4, NTPROBNP=520),
    ),
    vitals={
        0: Vitals(36.5, 134, 20, 138, 84, 96),
        1: Vitals(36.5, 104, 18, 130, 80, 97),
        3: Vitals(36.4, 82, 17, 126, 78, 98),
        5: Vitals(36.4, 76, 17, 124, 76, 98),
    },
    orders=(
        Order("metoprolol-er 47.5 mg po qd", 0, 2, "心室率控制不满意，加量"),
        Order("metoprolol-er 95 mg po qd", (2, 10, 15)),
        Order("rivaroxaban 20 mg po qd", 0, None, None, "atrial-fibrillation", "随餐"),
        Order("amlodipine 5 mg po qd", 0, None, None, "hypertension"),
        Order("potassium-chloride 1 g po bid", 0, 2),
    ),
    imaging=(
        Imaging(
            0, "ECG", "十二导联心电图", "心脏", "心房颤动，平均心室率136次/分，无急性ST段改变。"
        ),
        Imaging(
            1,
            "US",
            "经胸超声心动图",
            "心脏",
            "左房前后径43 mm，左室射血分数58%，瓣膜未见明显狭窄。",
        ),
    ),
    notes=(
        Note(
            1,
            "心悸减轻。P {P_1}，BP {BP_1}。{attending}主治医师查房：合并高血压，有口服"
            "抗凝指征，肌酐 {CREA_0}，"
            "利伐沙班可用常规剂量；继续控制心室率，维持血钾在4.0 mmol/L以上。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "活动后心率仍偏快。P {P_2}，BP {BP_2}，血钾 {K_2}，停口服氯化钾。美托洛尔加"
            "量，观察有无乏力、头晕。",
        ),
        Note(
            4,
            "静息无心悸。P {P_4}，BP {BP_4}。NT-proBNP {NTPROBNP_4}，无出血表现。拟明日"
            "出院，门诊评估复律。",
        ),
    ),
    discharge_orders=(
        Order("metoprolol-er 95 mg po qd"),
        Order("rivaroxaban 20 mg po qd", note="随餐"),
        Order("amlodipine 5 mg po qd"),
    ),
    care_plan=("自测脉搏，静息超过110次/分或晕厥时就诊", "抗凝期间观察牙龈、皮肤及大小便出血"),
    follow_up=FollowUp(21, "心律失常门诊，评估复律", ("动态心电图", "血常规与肾功能")),
)
