"""General surgery: gallbladder and appendix."""

from __future__ import annotations

from dataclasses import replace

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

CHOLECYSTITIS = Course(
    key="acute-cholecystitis",
    language="zh",
    setting=Setting.INPATIENT,
    department="gi-surgery",
    reason="右上腹痛2天，加重伴发热1天",
    histories=(
        "患者2天前进食油腻食物后右上腹持续胀痛，阵发加重，向右肩背部放射，伴恶心，"
        "呕吐2次胃内容物。1天前疼痛加重，"
        "体温升高，无寒战。急诊超声示胆囊结石伴胆囊壁增厚，收入院。无皮肤黄染，小便"
        "颜色正常，大便无陶土色。",
        "患者2天前晚餐后右上腹绞痛，逐渐转为持续痛，"
        "伴恶心、纳差，昨起发热。"
        "外院输液一天未缓解，转来我院。发病以来无呕血黑便，无黄疸，夜间因疼痛睡眠差。",
    ),
    examination=(
        "神志清，巩膜无黄染。双肺呼吸音清，心律齐。腹平坦，右上腹压痛、轻度肌紧张，"
        "墨菲征阳性，无反跳痛，"
        "肝区轻叩痛，移动性浊音阴性，肠鸣音稍弱。"
    ),
    diagnoses=(Diagnosed("acute-cholecystitis", cured=True),),
    assessment=(
        "右上腹痛、发热、墨菲征阳性，白细胞 {WBC_0}，CRP {CRP_0}，超声示结石及胆囊"
        "壁增厚，急性结石性胆囊炎诊断明确。"
        "总胆红素 {TBIL_0}，胆总管不扩张，暂不支持胆总管结石；淀粉酶 {AMY_0}，不支"
        "持胰腺炎。发病72小时内，有早期手术指征。"
    ),
    plan="1. 禁食、补液、抗感染、镇痛；2. 完善术前检查；3. 早期腹腔镜胆囊切除；4. 术"
    "后早期活动，预防血栓。",
    days=5,
    onset_days=2,
    hour=14,
    admitted_by="emd",
    draws=(
        draw(
            0,
            "cbc crp renal lytes liver amylase coag glu",
            WBC=14.1,
            NEUTP=86,
            CRP=88,
            ALT=58,
            AST=46,
            GGT=82,
            TBIL=18.8,
            AMY=96,
            K=3.8,
            GLU=6.8,
        ),
        draw(
            2,
            "cbc crp liver lytes",
            WBC=11.2,
            NEUTP=80,
            CRP=102,
            ALT=66,
            AST=52,
            GGT=76,
            TBIL=18.2,
            K=3.7,
            HGB=124,
        ),
        draw(
            4, "cbc crp liver", WBC=7.6, NEUTP=66, CRP=34, ALT=44, AST=32, GGT=66, TBIL=14, HGB=126
        ),
    ),
    vitals={
        0: Vitals(38.3, 102, 21, 134, 80, 97),
        1: Vitals(37.8, 92, 19, 128, 78, 97),
        2: Vitals(37.5, 86, 18, 124, 76, 97),
        3: Vitals(37.0, 80, 18, 122, 74, 98),
        5: Vitals(36.6, 74, 17, 122, 74, 98),
    },
    orders=(
        Order("cefoperazone-sulbactam 3 g iv q12h", 0, 4, None, "acute-cholecystitis"),
        Order("saline 1000 mL iv qd", 0, 3),
        Order("parecoxib 40 mg iv q12h", (1, 14, 0), 4, None, None, "术后镇痛"),
        Order("enoxaparin 4000 IU sc qd", (2, 8, 0), 4, None, None, "术后预防血栓"),
        Order("ondansetron 4 mg iv prn", (1, 14, 0), 3, None, None, "恶心呕吐时"),
    ),
    operations=(
        Operation(
            "laparoscopic-cholecystectomy", (1, 10, 10), 75, "胆囊", "手术顺利，胆囊床留置引流管1根"
        ),
    ),
    imaging=(
        Imaging(
            0,
            "US",
            "肝胆胰脾超声",
            "腹部",
            "胆囊9.8 cm×4.2 cm，壁厚0.6 cm呈双边影，颈部见1.6 cm强回声团不随体位移动；"
            "胆总管内径0.6 cm。",
        ),
    ),
    notes=(
        Note(
            (0, 19, 30),
            "已向患者及家属说明急性胆囊炎需手术治疗，拟行腹腔镜下胆囊切除术，说明出血、"
            "胆管损伤、胆漏、中转开腹等风险，"
            "患者表示理解并签字同意。",
            NoteKind.CONSENT,
        ),
        Note(
            (1, 8, 30),
            "{attending}主治医师查房：右上腹压痛仍在，T {T_1}，炎症指标高，发病72小时内，"
            "无明显手术禁忌，"
            "今日行腹腔镜下胆囊切除术。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            (1, 15, 0),
            "术前诊断：胆囊结石伴急性胆囊炎。术中诊断：同术前。手术名称：腹腔镜下胆囊切"
            "除术。麻醉：全身麻醉。"
            "经过：建立气腹，见胆囊充血水肿，大网膜包裹，分离后显露胆囊三角，辨清胆囊管"
            "与胆囊动脉后分别夹闭切断，"
            "顺行切除胆囊，胆囊床止血，留置引流管1根。出血约30 mL，未输血，标本送病理，"
            "患者安返病房。",
            NoteKind.OPERATION,
        ),
        Note(
            (1, 12, 30),
            "患者全麻清醒，生命体征平稳，切口敷料干燥，引流管通畅，引出淡血性液约20 mL。"
            "禁食6小时，"
            "给予镇痛、抗感染，鼓励床上翻身。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            2,
            "术后第1天，切口疼痛可忍，已下床，未排气。T {T_2}，P {P_2}，BP {BP_2}。引流"
            "约35 mL淡血性，无胆汁样液。"
            "白细胞 {WBC_2}，CRP {CRP_2}，血红蛋白 {HGB_2}，总胆红素 {TBIL_2}。进流食，"
            "开始预防血栓。",
        ),
        Note(
            3,
            "术后第2天，已排气，进半流食，无恶心。T {T_3}，腹软，切口无红肿。引流约10 "
            "mL，淡黄，今日拔除引流管。",
        ),
        Note(
            4,
            "术后第3天，无腹痛发热。T {T_4}，WBC {WBC_4}，CRP {CRP_4}，ALT {ALT_4}，较"
            "前明显下降，停用抗菌药物。病理：急性胆囊炎伴结石。拟明日出院。",
        ),
    ),
    discharge_orders=(
        Order("celecoxib 0.2 g po prn", note="切口疼痛时，每日不超过2次，不超过3天"),
    ),
    care_plan=(
        "低脂饮食2至4周",
        "保持切口干燥，术后7至10天门诊查看切口",
        "发热、腹痛加重或皮肤黄染时立即就诊",
    ),
    follow_up=FollowUp(8, "普通外科门诊查看切口", ("肝功能",)),
)

#: The operation is done and its record is still without a signature two days later.
CHOLECYSTITIS_UNSIGNED = replace(
    CHOLECYSTITIS,
    key="acute-cholecystitis-unsigned",
    notes=tuple(
        replace(note, signed=note.kind is not NoteKind.OPERATION) for note in CHOLECYSTITIS.notes
    ),
)

APPENDICITIS = Course(
    key="acute-appendicitis",
    language="zh",
    setting=Setting.INPATIENT,
    department="gi-surgery",
    reason="转移性右下腹痛1天",
    histories=(
        "患者1天前上腹及脐周隐痛，伴恶心，呕吐1次，约8小时后疼痛转移并固定于右下腹，"
        "持续加重，行走时明显，伴低热。"
        "急诊CT提示阑尾增粗，收入院。无腹泻、血便，无尿频尿痛。",
        "患者昨日午后脐周不适，夜间疼痛移至右下腹，咳嗽时加重，食欲差，体温轻度升高。"
        "自行热敷无缓解，今日来诊。"
        "病程中大小便正常，无类似发作史。",
    ),
    examination=(
        "神志清，急性痛苦面容，屈右髋卧位稍舒适。双肺呼吸音清，心律齐。腹平坦，右下"
        "腹麦氏点压痛、反跳痛，"
        "局部肌紧张，结肠充气试验阳性，未触及包块，肠鸣音减弱。"
    ),
    diagnoses=(Diagnosed("acute-appendicitis", cured=True),),
    assessment=(
        "转移性右下腹痛，麦氏点压痛反跳痛，白细胞 {WBC_0}，中性粒细胞百分比 "
        "{NEUTP_0}，CRP {CRP_0}，CT示阑尾增粗、周围渗出，"
        "急性阑尾炎诊断明确。CT未见输尿管结石，无泌尿系症状，不支持结石。有手术指征。"
    ),
    plan="1. 禁食、补液、抗感染；2. 急诊腹腔镜阑尾切除；3. 术后镇痛、早期下床。",
    days=4,
    onset_days=1,
    hour=9,
    admitted_by="emd",
    draws=(
        draw(0, "cbc crp renal lytes liver coag glu", WBC=15.4, NEUTP=87, CRP=52, K=3.9, GLU=5.8),
        draw(2, "cbc crp lytes", WBC=8.8, NEUTP=74, CRP=64, K=3.8),
    ),
    vitals={
        0: Vitals(37.9, 98, 20, 122, 74, 98),
        1: Vitals(37.4, 84, 18, 118, 72, 98),
        2: Vitals(36.9, 78, 17, 118, 72, 98),
        4: Vitals(36.5, 72, 16, 116, 72, 99),
    },
    orders=(
        Order("cefuroxime 1.5 g iv q8h", 0, 2, None, "acute-appendicitis"),
        Order("metronidazole 0.5 g iv q8h", 0, 2, None, "acute-appendicitis"),
        Order("saline 1000 mL iv qd", 0, 2),
        Order("parecoxib 40 mg iv q12h", (0, 17, 0), 2, None, None, "术后镇痛"),
    ),
    operations=(
        Operation("laparoscopic-appendicectomy", (0, 14, 30), 55, "阑尾", "手术顺利，未留置引流管"),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "全腹CT平扫",
            "腹部",
            "阑尾增粗，外径约1.2 cm，壁厚，腔内见粪石，周围脂肪间隙模糊；未见游离气体及"
            "脓肿，双侧输尿管无扩张。",
        ),
    ),
    notes=(
        Note(
            (0, 13, 20),
            "已向患者及家属说明拟行腹腔镜下阑尾切除术及出血、感染、肠漏、中转开腹等风险，"
            "同意手术并签字。",
            NoteKind.CONSENT,
        ),
        Note(
            (0, 16, 10),
            "术后安返病房，清醒，切口敷料干燥，腹部无明显膨隆。补液、抗感染、镇痛，6小"
            "时后可少量饮水。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            (0, 18, 40),
            "术前诊断：急性阑尾炎。术中诊断：急性化脓性阑尾炎。手术名称：腹腔镜下阑尾切"
            "除术。麻醉：全身麻醉。"
            "经过：阑尾充血肿胀，表面附脓苔，根部完整，离断系膜后于根部双重结扎切除，吸"
            "净右下腹少量浑浊渗液。"
            "出血约10 mL，未输血，标本送病理。",
            NoteKind.OPERATION,
        ),
        Note(
            1,
            "术后第1天，切口轻痛，已排气，下床行走。T {T_1}，P {P_1}，BP {BP_1}。腹软，"
            "无反跳痛。{attending}主治医师查房："
            "恢复顺利，进流食，继续抗感染至复查。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            2,
            "术后第2天，进半流食，无发热。T {T_2}。白细胞 {WBC_2}，CRP {CRP_2}，停用抗"
            "菌药物，切口无红肿渗液。",
        ),
    ),
    discharge_orders=(
        Order("ibuprofen 0.3 g po prn", note="切口疼痛时，每日不超过2次，不超过3天"),
    ),
    care_plan=("2周内避免剧烈运动", "切口保持干燥，红肿渗液或发热时就诊"),
    follow_up=FollowUp(8, "普通外科门诊查看切口与病理"),
)
