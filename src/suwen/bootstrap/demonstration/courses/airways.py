"""COPD and pulmonary embolism on the respiratory ward."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
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

COPD_EXACERBATION = Course(
    key="copd-exacerbation",
    language="zh",
    setting=Setting.INPATIENT,
    department="respiratory",
    reason="反复咳嗽气喘10年，加重5天",
    histories=(
        "患者近10年秋冬季反复咳嗽、咳痰，活动后气促逐年加重，诊断慢性阻塞性肺疾病，"
        "平日规律吸入药物。5天前受凉后气喘加重，"
        "痰量增多、变黄，说话需停顿，夜间不能平卧，吸入剂次数增加后缓解不明显。无胸"
        "痛、咯血，无双下肢水肿。",
        "患者有慢性咳嗽咳痰史10余年，走平路快时气促。5天前上呼吸道感染后咳嗽加剧，"
        "黄脓痰，每日约30 mL，静息时亦感气促，"
        "伴胸闷，睡眠差。社区雾化2天效果不佳，转来我院。病程中无意识模糊，尿量正常。",
    ),
    examination=(
        "神志清，对答切题，口唇轻度发绀，桶状胸，辅助呼吸肌参与呼吸。双肺叩诊过清音，呼吸音低，"
        "可闻及散在哮鸣音及少许湿啰音。心律齐，剑突下心音强。双下肢无水肿，无扑翼样震颤。"
    ),
    diagnoses=(
        Diagnosed("copd-exacerbation"),
        Diagnosed("respiratory-failure-2"),
    ),
    assessment=(
        "慢性阻塞性肺疾病基础上气促、痰量及脓痰均增加，符合急性加重，需用抗菌药物。"
        "血气 pH {PH_0}，PCO2 {PCO2_0}，"
        "PO2 {PO2_0}，提示二氧化碳潴留，pH代偿。胸部CT未见实变，D-二聚体 "
        "{DDIMER_0}，暂不支持肺炎及肺栓塞。"
    ),
    plan=(
        "1. 控制性氧疗，目标SpO2 88%至92%，1至2小时后复查血气；2. 雾化支气管舒张剂"
        "及糖皮质激素，全身激素5天；"
        "3. 抗感染；4. pH低于7.35时予无创通气。"
    ),
    days=7,
    onset_days=5,
    hour=9,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "gas cbc crp pct renal lytes liver bnp ddimer",
            PH=7.36,
            PCO2=60,
            PO2=56,
            LACT=1.4,
            WBC=11.8,
            NEUTP=82,
            CRP=46,
            PCT=0.18,
            NTPROBNP=310,
            DDIMER=0.42,
            K=3.8,
            CL=97,
        ),
        draw((0, 13, 0), "gas", PH=7.37, PCO2=57, PO2=63, LACT=1.1),
        draw(2, "gas renal lytes glu", PH=7.38, PCO2=54, PO2=64, LACT=1.0, K=3.6, GLU=8.4),
        draw(
            5,
            "gas cbc crp lytes",
            PH=7.39,
            PCO2=50,
            PO2=66,
            LACT=1.0,
            WBC=9.1,
            NEUTP=72,
            CRP=9,
            K=4.0,
        ),
    ),
    vitals={
        0: Vitals(37.4, 108, 27, 138, 80, 86),
        1: Vitals(37.0, 98, 24, 134, 78, 89),
        3: Vitals(36.7, 88, 21, 130, 76, 91),
        5: Vitals(36.5, 82, 20, 128, 76, 92),
        7: Vitals(36.5, 80, 19, 126, 74, 92),
    },
    baseline={"HGB": 152, "CL": 98, "ALB": 41},
    orders=(
        Order("methylprednisolone 40 mg iv qd", 0, 3),
        Order("prednisone 30 mg po qd", 3, 5),
        Order("budesonide-neb 2 mg ih bid", 0, 6),
        Order("ipratropium-salbutamol 2.5 mL ih tid", 0),
        Order("levofloxacin 0.5 g iv qd", 0, 6, None, "copd-exacerbation"),
        Order("ambroxol 30 mg iv bid", 0, 5),
        Order("potassium-chloride 1 g po bid", 2, 5),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "胸部CT平扫",
            "胸部",
            "双肺肺气肿，双下肺支气管壁增厚，少许条索影，未见实变及胸腔积液。",
        ),
        Imaging(0, "ECG", "十二导联心电图", "心脏", "窦性心动过速，肺型P波，顺钟向转位。"),
    ),
    notes=(
        Note(
            (0, 14, 20),
            "低流量吸氧及雾化后气促减轻，可成句对话，神志清。复查血气较入院好转，pH已在"
            "正常范围，"
            "暂不需无创通气，继续控制性氧疗。",
        ),
        Note(
            1,
            "夜间可半卧入睡，P {P_1}，R {R_1}，SpO2 {SPO2_1}。哮鸣音减少。{attending}主"
            "治医师查房：入院PCO2 {PCO2_0}，"
            "氧疗切忌流量过高；激素总疗程5天，继续左氧氟沙星。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "痰量减少、转白。R {R_2}，SpO2 {SPO2_2}。pH {PH_2}，PCO2 {PCO2_2}。血钾 "
            "{K_2}，激素及雾化后空腹血糖 {GLU_2}，"
            "予口服补钾，监测血糖。",
        ),
        Note(
            5,
            "静息无气促，可在病区行走。R {R_5}，SpO2 {SPO2_5}。CRP {CRP_5}，PCO2 "
            "{PCO2_5}，接近平日水平。激素疗程结束，"
            "复核吸入技术，准备出院。",
        ),
    ),
    discharge_orders=(
        Order("tiotropium 18 μg ih qd"),
        Order("budesonide-formoterol 2 吸 ih bid", note="用后漱口"),
        Order("salbutamol 2 吸 ih prn", note="气促时"),
    ),
    care_plan=(
        "规范使用吸入装置，每次复诊核对",
        "家庭氧疗每日15小时以上，流量1至2 L/min",
        "每年接种流感疫苗",
        "呼吸康复训练每周3次",
    ),
    follow_up=FollowUp(28, "呼吸科门诊复诊", ("肺功能", "动脉血气分析")),
)

PULMONARY_EMBOLISM = Course(
    key="pulmonary-embolism",
    language="zh",
    setting=Setting.INPATIENT,
    department="respiratory",
    reason="突发气促伴右小腿肿胀2天",
    histories=(
        "患者2天前长途乘车后出现活动后气促，右小腿肿胀、胀痛，今晨气促加重，伴一过"
        "性胸痛、头晕，无晕厥、咯血。"
        "急诊CT肺动脉造影示双侧肺动脉多发充盈缺损，收入院。近期无手术及外伤，无恶性肿瘤病史。",
    ),
    examination=(
        "神志清，口唇无发绀，颈静脉无怒张。双肺呼吸音清，未闻及啰音。心率快，肺动脉瓣第二心音增强。"
        "腹软，右小腿周径较左侧粗约3 cm，压痛，左下肢无肿胀。"
    ),
    diagnoses=(
        Diagnosed("pulmonary-embolism", "中低危"),
        Diagnosed("leg-dvt", "右侧"),
    ),
    assessment=(
        "突发气促、右下肢肿胀，D-二聚体 {DDIMER_0}，CT肺动脉造影证实肺栓塞。血压 "
        "{BP_0} 稳定，高敏肌钙蛋白I {TNI_0}，"
        "NT-proBNP {NTPROBNP_0}，右室未见扩大，为中低危，先予抗凝，无溶栓指征。"
    ),
    plan="1. 低分子肝素抗凝，监测血红蛋白与血小板；2. 下肢静脉超声；3. 病情稳定后改"
    "口服抗凝；4. 查找诱因，抗凝至少3个月。",
    days=6,
    onset_days=2,
    hour=16,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc renal lytes liver coag ddimer cardiac bnp gas",
            DDIMER=7.4,
            TNI=34,
            NTPROBNP=420,
            PH=7.46,
            PCO2=31,
            PO2=66,
            LACT=1.6,
        ),
        draw(2, "cbc renal coag cardiac", TNI=12),
        draw(5, "cbc renal ddimer bnp", DDIMER=2.1, NTPROBNP=110),
    ),
    vitals={
        0: Vitals(36.9, 112, 24, 122, 76, 92),
        2: Vitals(36.7, 92, 20, 120, 74, 95),
        5: Vitals(36.5, 80, 18, 122, 74, 97),
    },
    orders=(
        Order("enoxaparin 6000 IU sc q12h", 0, (3, 20, 0), None, "pulmonary-embolism"),
        Order(
            "rivaroxaban 15 mg po bid", (3, 20, 5), None, None, "pulmonary-embolism", "随餐，首21天"
        ),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "CT肺动脉造影",
            "胸部",
            "右肺下叶及左肺上叶肺动脉分支内多发充盈缺损，右室与左室横径比约0.8，未见肺梗死灶。",
        ),
        Imaging(
            1,
            "US",
            "双下肢静脉超声",
            "下肢",
            "右侧腘静脉及胫后静脉内低回声充填，加压不能压瘪；左下肢深静脉血流通畅。",
        ),
        Imaging(
            2,
            "US",
            "经胸超声心动图",
            "心脏",
            "右室不大，估测肺动脉收缩压36 mmHg，左室射血分数62%。",
        ),
    ),
    notes=(
        Note(
            1,
            "气促减轻，P {P_1}，BP {BP_1}，SpO2 {SPO2_1}。{attending}主治医师查房：血流"
            "动力学稳定，超声证实右侧腘静脉血栓，"
            "继续依诺肝素治疗剂量，体重与肌酐 {CREA_0} 支持该剂量，暂抬高右下肢。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "无胸痛、咯血，右小腿肿胀减轻。P {P_3}，SpO2 {SPO2_3}。血红蛋白 {HGB_2}，血"
            "小板 {PLT_2}，无出血。"
            "今晚起由依诺肝素改为利伐沙班，首21天每日两次。",
        ),
        Note(
            5,
            "活动后无气促。P {P_5}，SpO2 {SPO2_5}。D-二聚体 {DDIMER_5}，较入院 "
            "{DDIMER_0} 下降。拟明日出院，交代抗凝疗程与出血观察。",
        ),
    ),
    discharge_orders=(Order("rivaroxaban 15 mg po bid", note="随餐，至满21天后改为20 mg每日1次"),),
    care_plan=(
        "抗凝治疗至少3个月",
        "避免久坐，长途出行时活动下肢",
        "黑便、血尿或头部外伤时立即就诊",
    ),
    follow_up=FollowUp(21, "呼吸科门诊复诊，调整抗凝剂量", ("血常规与肾功能", "右下肢静脉超声")),
)
