"""Community-acquired pneumonia on the respiratory ward, and two ways in which it needs care."""

from __future__ import annotations

from dataclasses import replace

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

PNEUMONIA = Course(
    key="pneumonia",
    language="zh",
    setting=Setting.INPATIENT,
    department="respiratory",
    reason="发热、咳嗽、咳黄痰4天",
    histories=(
        "患者4天前受凉后发热，最高39.4℃，伴畏寒，咳嗽，咳黄色黏痰，量中等，右侧胸部深吸气时隐痛。"
        "自服退热药后体温可短暂下降，反复升高。今日活动后气促，来院查胸部CT提示右下肺实变，收入院。"
        "无咯血、盗汗，近期无外出旅行史，家中无类似患者。",
        "患者4天前起发热，体温多在38.5至39.5℃，伴寒战一次，咳嗽渐重，痰黄稠不易咳出，"
        "乏力、食欲下降。"
        "社区给予口服抗菌药物2天，仍发热。为进一步治疗入院。病程中无胸痛、咯血，无"
        "腹泻，体重无明显变化。",
    ),
    examination=(
        "神志清，急性病容，口唇无发绀。右下肺叩诊浊音，语颤增强，可闻及湿啰音及支气管呼吸音，"
        "左肺呼吸音清。心率偏快，律齐。腹软无压痛，双下肢无水肿。"
    ),
    diagnoses=(Diagnosed("pneumonia", "右下肺，非重症", cured=True),),
    assessment=(
        "急性发热、咳黄痰，右下肺实变体征，白细胞 {WBC_0}，中性粒细胞百分比 "
        "{NEUTP_0}，CRP {CRP_0}，影像示右下肺渗出，"
        "社区获得性肺炎诊断成立。意识清楚，尿素 {UREA_0}，R {R_0}，BP {BP_0}，暂不符合重症标准。"
        "起病急、无盗汗消瘦，肺结核可能性小，留痰检查以排除。"
    ),
    plan="1. 留取痰及血培养后给予抗感染治疗；2. 化痰、退热、补液；3. 48至72小时评估"
    "疗效；4. 监测体温与氧合。",
    days=7,
    onset_days=4,
    hour=14,
    draws=(
        draw(
            0,
            "cbc crp pct renal lytes liver coag",
            WBC=15.2,
            NEUTP=88.5,
            CRP=148,
            PCT=1.35,
            K=3.7,
            NA=135,
            ALB=37.5,
            ALT=38,
            UREA=6.2,
        ),
        draw(3, "cbc crp pct renal lytes", WBC=10.4, NEUTP=79, CRP=72, PCT=0.42, K=3.9, NA=138),
        draw(6, "cbc crp liver", WBC=7.2, NEUTP=64, CRP=18, ALT=35, ALB=39.4),
    ),
    cultures=(
        Culture(0, "600-7", "血培养", "48小时未见细菌生长", "无细菌生长", abnormal=False),
        Culture(
            (0, 19, 20),
            "624-7",
            "痰培养",
            "肺炎链球菌，对头孢曲松、莫西沙星敏感",
            "正常口咽菌群",
            abnormal=True,
        ),
    ),
    vitals={
        0: Vitals(39.0, 112, 25, 122, 74, 93),
        1: Vitals(38.6, 104, 23, 120, 72, 94),
        2: Vitals(38.0, 96, 21, 118, 72, 95),
        3: Vitals(37.2, 86, 19, 120, 74, 96),
        5: Vitals(36.6, 78, 18, 122, 74, 97),
        7: Vitals(36.5, 74, 17, 122, 76, 98),
    },
    orders=(
        Order("ceftriaxone 2 g iv qd", 0, None, None, "pneumonia"),
        Order("azithromycin 0.5 g po qd", 0, 3, None, "pneumonia"),
        Order("ambroxol 30 mg iv bid", 0, 6),
        Order("paracetamol 0.5 g po prn", 0, None, None, None, "体温高于38.5℃时，24小时不超过4次"),
        Order("saline 500 mL iv qd", 0, 3),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "胸部CT平扫",
            "胸部",
            "右肺下叶背段及后基底段大片实变影，内见支气管充气征，右侧胸腔少量积液；左肺"
            "未见明显渗出。",
        ),
        Imaging(
            (6, 15, 0),
            "DX",
            "胸部正侧位X线",
            "胸部",
            "右下肺斑片影，较入院CT所示范围明显缩小，右侧肋膈角稍钝。",
        ),
    ),
    notes=(
        Note(
            1,
            "昨夜体温仍高，T {T_1}，P {P_1}，R {R_1}，SpO2 {SPO2_1}。咳黄痰，右下肺湿啰"
            "音。{attending}主治医师查房："
            "入院CRP {CRP_0}，降钙素原 {PCT_0}，考虑细菌性肺炎，继续头孢曲松联合阿奇霉"
            "素，满48至72小时评估。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            3,
            "体温下降，T {T_3}，P {P_3}，SpO2 {SPO2_3}。咳嗽减轻，痰转白。CRP {CRP_3}，"
            "降钙素原 {PCT_3}，白细胞 {WBC_3}，"
            "均较入院下降，治疗有效。阿奇霉素疗程已满，今日停用，继续头孢曲松。",
        ),
        Note(
            5,
            "无发热2天，T {T_5}，R {R_5}，SpO2 {SPO2_5}，轻咳，少量白痰。右下肺湿啰音明"
            "显减少。痰培养为肺炎链球菌，"
            "对现用药物敏感，继续治疗，拟复查后出院。",
        ),
    ),
    discharge_orders=(Order("cefdinir 0.1 g po tid", note="共5天"),),
    care_plan=("完成口服抗菌药物疗程", "再次发热或气促时及时就诊", "恢复期后评估接种肺炎球菌疫苗"),
    follow_up=FollowUp(42, "呼吸科门诊复诊", ("胸部CT平扫",)),
)

_SAME_NOTE = (
    "患者仍有发热，T {T_3}，咳嗽，咳黄痰，右侧胸腔引流管在位，昨日引流出淡黄色液体约120 mL。"
    "P {P_3}，R {R_3}，BP {BP_3}，SpO2 {SPO2_3}。右下肺可闻及湿啰音。继续头孢曲"
    "松抗感染、保持引流通畅，观察体温变化。"
)

#: Day 4 repeats day 3 word for word, though fever and drain are gone.
PNEUMONIA_COPIED_NOTE = replace(
    PNEUMONIA,
    key="pneumonia-copied-note",
    reason="发热、咳嗽伴右侧胸痛6天",
    onset_days=6,
    histories=(
        "患者6天前受凉后发热，最高39.3℃，咳嗽，咳黄痰，右侧胸痛，深吸气及咳嗽时加重。"
        "社区口服抗菌药物4天，体温仍反复升高，"
        "2天前胸痛减轻而气促加重。今日胸部CT示右下肺实变伴胸腔积液，收入院。无咯血、盗汗。",
    ),
    diagnoses=(Diagnosed("pneumonia", "右下肺，伴类肺炎性胸腔积液", cured=True),),
    draws=(
        *PNEUMONIA.draws[:1],
        draw(2, "cbc crp pct renal lytes", WBC=13.1, NEUTP=84, CRP=112, PCT=0.9, K=3.8),
        draw(4, "cbc crp pct", WBC=8.4, NEUTP=70, CRP=38, PCT=0.16),
    ),
    vitals={
        0: Vitals(39.1, 114, 26, 120, 72, 92),
        2: Vitals(38.5, 100, 22, 118, 72, 94),
        3: Vitals(38.3, 96, 22, 118, 72, 94),
        4: Vitals(36.7, 80, 18, 120, 74, 97),
        7: Vitals(36.5, 76, 17, 122, 76, 98),
    },
    cultures=PNEUMONIA.cultures[:1],
    operations=(Operation("pleural-drain", (1, 11, 0), 30, "右侧胸腔", "引流通畅，为淡黄色液体"),),
    imaging=(
        Imaging(
            0,
            "CT",
            "胸部CT平扫",
            "胸部",
            "右肺下叶实变影，右侧胸腔中等量积液，未见分隔；左肺未见明显渗出。",
        ),
        Imaging(
            (3, 15, 10),
            "US",
            "胸腔超声",
            "胸部",
            "右侧胸腔仅见少量液性暗区，最深约8 mm，引流管位置好。",
        ),
    ),
    notes=(
        Note(
            1,
            "T {T_1}，P {P_1}，R {R_1}，SpO2 {SPO2_1}。{attending}主治医师查房：右下肺"
            "炎伴类肺炎性胸腔积液，"
            "今日超声引导下留置右侧胸腔细管引流，继续抗感染。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note((3, 9, 20), _SAME_NOTE),
        Note(
            (3, 17, 5),
            "引流液连续减少，今日共约15 mL，超声示右侧胸腔仅少量积液。{attending}主治医"
            "师同意拔除胸腔引流管，"
            "17时拔管顺利，局部无渗液，嘱次日复查血常规及CRP。",
        ),
        Note((4, 9, 25), _SAME_NOTE),
    ),
)

#: Penicillin anaphylaxis is on the chart, and amoxicillin/clavulanate is ordered.
PNEUMONIA_PENICILLIN = replace(
    PNEUMONIA,
    key="pneumonia-penicillin",
    diagnoses=(Diagnosed("pneumonia", "左下肺，非重症", cured=True),),
    histories=(
        "患者4天前淋雨后发热，最高38.9℃，咳嗽，咳黄痰，左侧胸部深吸气时疼痛。自服感冒药无好转，"
        "门诊查胸部CT示左下肺渗出，收入院。无咯血，无明显气促，饮食睡眠差。",
    ),
    examination=(
        "神志清，急性病容，口唇无发绀。左下肺叩诊稍浊，可闻及湿啰音，右肺呼吸音清。"
        "心律齐，未闻及杂音。"
        "腹软无压痛，双下肢无水肿，皮肤未见皮疹。"
    ),
    assessment=(
        "急性发热、咳黄痰，左下肺湿啰音，白细胞 {WBC_0}，CRP {CRP_0}，影像示左下肺"
        "渗出，诊断社区获得性肺炎。"
        "生命体征平稳，暂不符合重症标准。"
    ),
    draws=(
        draw(
            0,
            "cbc crp pct renal lytes liver",
            WBC=13.6,
            NEUTP=85,
            CRP=96,
            PCT=0.62,
            K=3.9,
            ALB=39.5,
            UREA=5.4,
        ),
        draw(2, "cbc crp renal", WBC=11.8, NEUTP=81, CRP=84),
    ),
    cultures=(),
    vitals={
        0: Vitals(38.6, 102, 22, 126, 76, 95),
        1: Vitals(38.2, 96, 21, 124, 76, 95),
        3: Vitals(37.6, 88, 19, 122, 74, 96),
    },
    imaging=(
        Imaging(
            0, "CT", "胸部CT平扫", "胸部", "左肺下叶后基底段斑片状渗出影，边缘模糊，未见胸腔积液。"
        ),
    ),
    orders=(
        Order(
            "moxifloxacin 0.4 g iv qd", 0, (1, 16, 30), "患者诉输注部位疼痛，拟更换", "pneumonia"
        ),
        Order("amoxicillin-clavulanate 1.2 g iv q8h", (1, 16, 40), None, None, "pneumonia"),
        Order("ambroxol 30 mg iv bid", 0),
        Order("paracetamol 0.5 g po prn", 0, None, None, None, "体温高于38.5℃时"),
    ),
    notes=(
        Note(
            1,
            "T {T_1}，P {P_1}，SpO2 {SPO2_1}，咳嗽同前。{attending}主治医师查房：左下肺"
            "炎，炎症指标升高，"
            "CRP {CRP_0}，继续抗感染，注意药物不良反应。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            (1, 16, 50),
            "患者诉输注莫西沙星时穿刺处疼痛，拒绝继续使用，改用阿莫西林克拉维酸钾静脉滴"
            "注，余治疗不变。",
        ),
    ),
)
