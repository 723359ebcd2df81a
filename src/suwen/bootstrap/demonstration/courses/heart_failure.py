"""Heart failure on the cardiology ward: decongestion, and three ways in which it needs care."""

from __future__ import annotations

from dataclasses import replace

from suwen.bootstrap.demonstration.plans import (
    Course,
    Diagnosed,
    Draw,
    FollowUp,
    Imaging,
    Note,
    NoteKind,
    Order,
    Setting,
    Vitals,
    draw,
)

HEART_FAILURE = Course(
    key="heart-failure",
    language="zh",
    setting=Setting.INPATIENT,
    department="cardiology",
    reason="活动后气促加重伴双下肢水肿1周",
    histories=(
        "患者1周前劳累后出现活动后气促，平地步行约50米即需休息，夜间需垫高两个枕头，"
        "伴双踝水肿，晨轻暮重，"
        "尿量较平日减少。近日饮食偏咸，曾漏服药物。无胸痛、晕厥，无发热、咳脓痰，"
        "为进一步诊治入院。"
        "病程中精神、食欲差，大便正常。",
        "患者近1周上一层楼即感气促，夜间平卧后憋醒，坐起后约十分钟缓解，双小腿逐渐"
        "水肿，腹胀、纳差。"
        "病前曾有数日饮食偏咸，并漏服药物。无胸痛及咯血，无发热。门诊以心力衰竭收入院。",
    ),
    examination=(
        "神志清，半卧位，颈静脉充盈，肝颈静脉回流征阳性。双肺底可闻及湿啰音，未闻及哮鸣音。"
        "心界向左下扩大，律齐，心尖部可闻及2/6级收缩期杂音。腹软，肝肋下2 cm，双下"
        "肢中度凹陷性水肿。"
    ),
    diagnoses=(
        Diagnosed("heart-failure", "NYHA Ⅲ级"),
        Diagnosed("dilated-cardiomyopathy"),
        Diagnosed("hypertension"),
    ),
    assessment=(
        "气促、夜间憋醒、颈静脉充盈、肺底湿啰音及下肢水肿，NT-proBNP {NTPROBNP_0}，"
        "支持慢性心力衰竭急性加重；"
        "诱因考虑钠盐摄入过多与服药不规律。高敏肌钙蛋白I {TNI_0}，无胸痛及心电图动态改变，"
        "暂不支持急性冠脉综合征；体温 {T_0}，无脓痰，肺部感染依据不足。"
    ),
    plan=(
        "1. 吸氧、限盐，记录24小时出入量，每日测体重；2. 静脉利尿，复查电解质与肾功能；"
        "3. 容量改善后逐步恢复改善预后的药物；4. 完善心脏超声；5. 预防静脉血栓。"
    ),
    days=8,
    onset_days=7,
    hour=15,
    draws=(
        draw(
            0,
            "cbc crp renal lytes liver bnp cardiac coag",
            NTPROBNP=6850,
            TNI=22,
            K=4.1,
            NA=136,
            ALT=46,
            AST=43,
            TBIL=24,
            ALB=38.2,
            CRP=7.2,
            CKMB=2.2,
        ),
        draw(2, "renal lytes bnp", NTPROBNP=4100, K=3.8, NA=137),
        draw(5, "renal lytes bnp", NTPROBNP=2050, K=4.0, NA=139),
        draw(7, "renal lytes liver", K=4.2, NA=140, ALT=31, AST=28, TBIL=15, ALB=39.5),
    ),
    vitals={
        0: Vitals(36.5, 102, 24, 142, 88, 92),
        2: Vitals(36.5, 92, 21, 132, 82, 94),
        5: Vitals(36.4, 80, 19, 124, 76, 96),
        8: Vitals(36.4, 72, 18, 118, 74, 97),
    },
    weight_change={0: 5.2, 1: 4.3, 2: 3.4, 3: 2.5, 4: 1.7, 5: 1.1, 6: 0.6, 7: 0.2, 8: 0.0},
    orders=(
        Order("furosemide 40 mg iv bid", 0, (3, 10, 5), None, "heart-failure"),
        Order("furosemide 20 mg po bid", (3, 16, 0), None, None, "heart-failure"),
        Order("spironolactone 20 mg po qd", 1, None, None, "heart-failure"),
        Order("sacubitril-valsartan 50 mg po bid", 2, None, None, "heart-failure"),
        Order("bisoprolol 2.5 mg po qd", 4, None, None, "heart-failure"),
        Order("dapagliflozin 10 mg po qd", 3, None, None, "heart-failure"),
        Order("enoxaparin 4000 IU sc qd", 0, 5, None, None, "预防静脉血栓"),
    ),
    imaging=(
        Imaging(
            0,
            "DX",
            "胸部正侧位X线",
            "胸部",
            "心影增大，心胸比约0.60，双肺纹理增多，双侧肋膈角变钝，考虑肺淤血伴少量胸腔积液。",
        ),
        Imaging(
            0,
            "ECG",
            "十二导联心电图",
            "心脏",
            "窦性心动过速，左室高电压，V5-V6导联ST段轻度压低，与既往图形相近。",
        ),
        Imaging(
            1,
            "US",
            "经胸超声心动图",
            "心脏",
            "左室舒张末内径64 mm，左室射血分数34%，室壁运动普遍减弱，二尖瓣轻中度反流，"
            "未见附壁血栓。",
        ),
    ),
    notes=(
        Note(
            1,
            "昨日入院后尿量约2400 mL，气促减轻，夜间可垫一个枕头入睡。P {P_1}，BP "
            "{BP_1}，SpO2 {SPO2_1}，"
            "体重 {WT_1}(入院 {WT_0})。双肺底湿啰音减少。{attending}主治医师查房：诊断明确，"
            "继续静脉利尿，目标每日体重下降0.5至1 kg；完善心脏超声，今日加用螺内酯，注意血钾。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "患者气促明显好转，可平卧。P {P_2}，BP {BP_2}，体重 {WT_2}。肺底少许湿啰音，"
            "双踝轻度水肿。"
            "复查NT-proBNP {NTPROBNP_2}，较入院 {NTPROBNP_0} 下降；血钾 {K_2}，肌酐 {CREA_2}。"
            "血压可耐受，停用原沙坦类药物，改沙库巴曲缬沙坦小剂量起始，观察血压与肾功能。",
        ),
        Note(
            5,
            "患者室内活动无气促，夜间平卧入睡。P {P_5}，BP {BP_5}，体重 {WT_5}。双肺未"
            "闻及湿啰音，下肢无水肿。"
            "NT-proBNP {NTPROBNP_5}，血钾 {K_5}，肌酐 {CREA_5}。已改为口服利尿，药物耐受良好，"
            "今日停用依诺肝素，开始心力衰竭自我管理教育。",
        ),
        Note(
            7,
            "患者无不适，步行约300米无气促。P {P_7}，BP {BP_7}，体重 {WT_7}。血钾 {K_7}，"
            "肌酐 {CREA_7}。"
            "病情稳定，拟明日出院，嘱每日晨起称重，限盐，规律服药。",
        ),
    ),
    discharge_orders=(
        Order("furosemide 20 mg po qd"),
        Order("spironolactone 20 mg po qd"),
        Order("sacubitril-valsartan 50 mg po bid"),
        Order("bisoprolol 2.5 mg po qd"),
        Order("dapagliflozin 10 mg po qd"),
    ),
    care_plan=(
        "每日晨起排尿后称重，3日内增加2 kg以上及时就诊",
        "每日食盐少于5 g，遵嘱控制入量",
        "记录血压与心率，心率低于50次/分时联系医师",
    ),
    follow_up=FollowUp(14, "心力衰竭门诊复诊", ("血电解质与肾功能", "NT-proBNP")),
)

#: On day 3 the intravenous diuretic goes on; potassium falls in the night and nobody acts.
HEART_FAILURE_LOW_POTASSIUM = replace(
    HEART_FAILURE,
    key="heart-failure-low-potassium",
    draws=(
        *HEART_FAILURE.draws[:1],
        draw(2, "renal lytes bnp", NTPROBNP=4300, K=3.4, NA=137),
        Draw((4, 2, 10), "lytes mg", {"K": 2.6, "NA": 136, "MG": 0.66}, frozenset({"K"})),
    ),
    orders=(
        Order("furosemide 40 mg iv bid", 0, None, None, "heart-failure"),
        Order("dapagliflozin 10 mg po qd", 3, None, None, "heart-failure"),
        Order("enoxaparin 4000 IU sc qd", 0, None, None, None, "预防静脉血栓"),
    ),
    notes=(
        Note(
            1,
            "昨日入院后尿量约2900 mL，气促减轻。P {P_1}，BP {BP_1}，SpO2 {SPO2_1}，体重"
            " {WT_1}(入院 {WT_0})。"
            "{attending}主治医师查房：容量负荷重，继续静脉利尿，监测电解质，血压稳定后"
            "启动改善预后的药物。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "患者气促好转，双下肢水肿减轻。P {P_2}，BP {BP_2}，体重 {WT_2}。NT-proBNP "
            "{NTPROBNP_2}，"
            "血钾 {K_2}，肌酐 {CREA_2}。肺底仍有湿啰音，继续原剂量静脉利尿，嘱进食含钾"
            "丰富的食物，择期复查血钾。",
        ),
        Note(
            3,
            "患者诉乏力，气促继续好转，尿量约3100 mL。P {P_3}，BP {BP_3}，体重 {WT_3}。"
            "肺底湿啰音减少，水肿消退过半。继续静脉利尿，今日加用达格列净，今晚复查电解质。",
        ),
    ),
)

#: A note copies "potassium normal" while the laboratory reports 6.1.
HEART_FAILURE_HIGH_POTASSIUM = replace(
    HEART_FAILURE,
    key="heart-failure-high-potassium",
    draws=(
        *HEART_FAILURE.draws[:1],
        draw(2, "renal lytes bnp", NTPROBNP=3900, K=4.6, NA=137),
        Draw(4, "renal lytes", {"K": 6.1, "NA": 135, "CREA": 158, "UREA": 13.4}, frozenset({"K"})),
    ),
    orders=(
        Order("furosemide 40 mg iv bid", 0, (3, 10, 5), None, "heart-failure"),
        Order("furosemide 20 mg po qd", (3, 16, 0), None, None, "heart-failure"),
        Order("spironolactone 40 mg po qd", 1, None, None, "heart-failure"),
        Order("sacubitril-valsartan 100 mg po bid", 2, None, None, "heart-failure"),
        Order("potassium-chloride 1 g po bid", 2, None, None, None, "利尿期间补钾"),
        Order("dapagliflozin 10 mg po qd", 3, None, None, "heart-failure"),
    ),
    notes=(
        *HEART_FAILURE.notes[:1],
        Note(
            2,
            "患者气促好转，可平卧。P {P_2}，BP {BP_2}，体重 {WT_2}。肺底少许湿啰音。"
            "NT-proBNP {NTPROBNP_2}，"
            "血钾 {K_2}，肌酐 {CREA_2}。停原沙坦类药物，今日改用沙库巴曲缬沙坦，并予口"
            "服氯化钾，观察血"
            "压与电解质。",
        ),
        Note(
            (4, 10, 40),
            "患者无气促，双下肢水肿消退。P {P_4}，BP {BP_4}，体重 {WT_4}。双肺未闻及湿啰音。"
            "复查电解质示血钾正常，继续螺内酯、沙库巴曲缬沙坦及口服氯化钾，拟3日后出院。",
        ),
    ),
)
