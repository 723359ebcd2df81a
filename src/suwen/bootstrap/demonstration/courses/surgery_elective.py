"""General surgery: hernia and colon cancer."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Diagnosed,
    Imaging,
    Note,
    NoteKind,
    Operation,
    Order,
    Setting,
    Vitals,
    draw,
)

#: Everything says right, the operation record says left.
HERNIA_WRONG_SIDE = Course(
    key="hernia-wrong-side",
    language="zh",
    setting=Setting.INPATIENT,
    department="gi-surgery",
    reason="右侧腹股沟区可复性包块1年",
    histories=(
        "患者1年前发现右侧腹股沟区包块，站立、咳嗽时突出，平卧可自行回纳，约核桃大"
        "小，偶有坠胀。近2个月包块增大至鸡蛋大，"
        "行走时不适，无不能回纳，无腹痛、呕吐。门诊超声示右侧腹股沟疝，收入院择期手"
        "术。无慢性咳嗽、便秘，排尿通畅。",
    ),
    examination=(
        "神志清。双肺呼吸音清，心律齐。腹软，站立位右侧腹股沟区见约4 cm×3 cm包块，"
        "质软，无压痛，平卧可回纳，"
        "压迫内环口后咳嗽不再突出；左侧腹股沟区未见包块。双侧睾丸正常。"
    ),
    diagnoses=(Diagnosed("inguinal-hernia", "右侧", cured=True),),
    assessment=(
        "右侧腹股沟区可复性包块，超声证实疝囊，右侧腹股沟疝诊断明确；无嵌顿。透光试"
        "验阴性，不支持鞘膜积液。"
        "血红蛋白 {HGB_0}，凝血功能正常，有择期手术指征。"
    ),
    plan="1. 完善术前检查；2. 择期腹腔镜下右侧腹股沟疝无张力修补；3. 术前标记手术侧；"
    "4. 术后早期活动。",
    days=3,
    onset_days=365,
    hour=10,
    draws=(draw(0, "cbc renal lytes liver coag glu", K=4.2, GLU=5.4), draw(2, "cbc crp", CRP=22)),
    vitals={
        0: Vitals(36.5, 74, 16, 128, 78, 98),
        1: Vitals(36.6, 76, 16, 124, 76, 98),
        3: Vitals(36.6, 74, 16, 124, 76, 98),
    },
    orders=(
        Order("cefazolin 1 g iv st", (1, 8, 40), None, None, None, "术前30分钟"),
        Order("parecoxib 40 mg iv q12h", (1, 12, 0), 2, None, None, "术后镇痛"),
    ),
    operations=(
        Operation("hernia-right", (1, 9, 15), 70, "右侧腹股沟区", "手术顺利，未留置引流管"),
    ),
    imaging=(
        Imaging(
            0,
            "US",
            "双侧腹股沟区超声",
            "腹股沟区",
            "右侧腹股沟区见网膜样内容物随腹压突出，疝囊颈宽约1.8 cm；左侧未见疝囊。",
        ),
    ),
    notes=(
        Note(
            (0, 16, 30),
            "拟行手术：腹腔镜下右侧腹股沟疝无张力修补术。手术部位：右侧。已说明出血、感"
            "染、慢性疼痛、复发及补片相关风险，"
            "患者理解并签字同意，右侧腹股沟已做标记。",
            NoteKind.CONSENT,
        ),
        Note(
            (1, 8, 10),
            "{attending}主治医师查房：右侧腹股沟疝，无嵌顿，术前准备完善，手术侧标记清"
            "楚，今日手术。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            (1, 10, 50),
            "术后返回病房，清醒，生命体征平稳，腹部穿刺孔敷料干燥，阴囊无肿胀，6小时后可下床。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            (1, 13, 30),
            "术前诊断：腹股沟疝。术中诊断：左侧腹股沟斜疝。手术名称：腹腔镜下左侧腹股沟"
            "疝无张力修补术。麻醉：全身麻醉。"
            "经过：进入腹膜前间隙，见内环口扩大，疝囊颈约1.8 cm，回纳疝内容物，游离疝囊，"
            "精索去腹膜化，展平补片覆盖耻骨肌孔，"
            "关闭腹膜。出血约5 mL，未输血，安返病房。",
            NoteKind.OPERATION,
        ),
        Note(
            2,
            "术后第1天，穿刺孔轻痛，进普食，下床活动。T {T_2}，P {P_2}，BP {BP_2}。右侧"
            "腹股沟区无包块，阴囊无血肿。CRP {CRP_2}，停镇痛，观察。",
        ),
    ),
)

COLON_CANCER = Course(
    key="colon-cancer",
    language="zh",
    setting=Setting.INPATIENT,
    department="gi-surgery",
    reason="乏力、间断黑便3个月",
    histories=(
        "患者3个月前起乏力、活动后心慌，大便间断发黑，每日1至2次，偶有右下腹隐痛，"
        "体重下降约5 kg。门诊查血红蛋白降低，"
        "肠镜示升结肠隆起型肿物，活检为腺癌，收入院手术。无呕血、腹胀，无停止排气排便。",
    ),
    examination=(
        "神志清，贫血貌，浅表淋巴结未触及肿大。双肺呼吸音清，心律齐。腹平软，右中腹"
        "可触及约4 cm质硬包块，活动度可，轻压痛，"
        "肝脾肋下未及，移动性浊音阴性，肠鸣音正常。直肠指检未触及肿物。"
    ),
    diagnoses=(
        Diagnosed("colon-cancer", "cT3N1M0"),
        Diagnosed("iron-deficiency-anaemia", "中度"),
    ),
    assessment=(
        "黑便、贫血、右侧腹部包块，肠镜病理为腺癌，CEA {CEA_0}，升结肠癌诊断明确，"
        "CT未见远处转移。血红蛋白 {HGB_0}，铁蛋白 {FER_0}，"
        "为慢性失血所致缺铁性贫血。心肺功能可耐受手术。"
    ),
    plan="1. 纠正贫血，营养支持；2. 肠道准备；3. 腹腔镜右半结肠切除；4. 术后预防血栓，"
    "监测吻合口情况；5. 按病理决定辅助化疗。",
    days=12,
    onset_days=90,
    hour=10,
    draws=(
        draw(
            0,
            "cbc crp renal lytes liver coag tumour ferritin glu",
            HGB=84,
            MCV=74,
            CEA=18.6,
            CA199=42,
            FER=8,
            ALB=35.8,
            K=4.0,
            CRP=6,
        ),
        draw(
            3,
            "cbc crp renal lytes liver",
            WBC=12.4,
            NEUTP=85,
            HGB=95,
            MCV=76,
            CRP=96,
            ALB=31.2,
            K=3.6,
        ),
        draw(6, "cbc crp lytes liver", WBC=8.8, NEUTP=74, HGB=97, MCV=76, CRP=42, ALB=33.4, K=4.0),
    ),
    vitals={
        0: Vitals(36.6, 92, 18, 118, 70, 98),
        2: Vitals(36.7, 88, 18, 118, 70, 98),
        3: Vitals(37.8, 96, 20, 114, 68, 96),
        5: Vitals(37.2, 86, 18, 118, 70, 97),
        8: Vitals(36.7, 80, 17, 120, 72, 98),
    },
    baseline={"MCV": 75},
    orders=(
        Order("ferrous-succinate 0.2 g po bid", 0, 1, None, "iron-deficiency-anaemia"),
        Order("cefuroxime 1.5 g iv q8h", (2, 8, 0), 3, None, None, "术前及术后24小时"),
        Order("metronidazole 0.5 g iv q8h", (2, 8, 0), 3, None, None, "术前及术后24小时"),
        Order("enoxaparin 4000 IU sc qd", (2, 22, 0), None, None, None, "术后预防血栓"),
        Order("parecoxib 40 mg iv q12h", (2, 14, 0), 5, None, None, "术后镇痛"),
        Order("saline 1000 mL iv qd", 2, 6),
        Order("potassium-chloride 3 g iv qd", 3, 6, None, None, "加入液体内缓慢静脉滴注"),
    ),
    operations=(
        Operation("transfusion", (0, 17, 30), 170, None, "红细胞悬液2 U，无输血反应"),
        Operation(
            "right-hemicolectomy",
            (2, 9, 0),
            190,
            "升结肠",
            "手术顺利，吻合口血运好，留置腹腔引流管1根",
        ),
    ),
    imaging=(
        Imaging(
            0,
            "CT",
            "胸腹盆增强CT",
            "胸腹盆",
            "升结肠近肝曲肠壁不规则增厚，最厚约1.9 cm，强化明显，周围见数枚短径0.6至"
            "0.9 cm淋巴结；肝肺未见占位。",
        ),
        Imaging(
            (6, 9, 5),
            "SM",
            "手术标本病理",
            "升结肠",
            "升结肠中分化腺癌，侵及肌层外纤维脂肪组织，淋巴结转移2/21，切缘阴性，pT3N1b。",
        ),
    ),
    notes=(
        Note(
            1,
            "{attending}主治医师查房：升结肠癌，血红蛋白 {HGB_0}，已备血，昨日输注红细"
            "胞悬液2 U过程顺利；肠道准备中，明日手术。",
            NoteKind.ATTENDING_ROUND,
        ),
        Note(
            (1, 16, 40),
            "拟行腹腔镜下右半结肠切除术，已说明出血、吻合口漏、感染、肠梗阻、血栓及中转"
            "开腹风险，患者及家属签字同意。",
            NoteKind.CONSENT,
        ),
        Note(
            (2, 13, 10),
            "术后返回病房，清醒，脉搏平稳，腹腔引流管通畅，引出淡血性液约50 mL。禁食、补液、"
            "镇痛，今晚22时开始预防血栓。",
            NoteKind.POSTOPERATIVE,
        ),
        Note(
            (2, 17, 30),
            "术前诊断：升结肠癌。术中诊断：同术前。手术名称：腹腔镜下右半结肠切除术。麻"
            "醉：全身麻醉。经过：探查肝脏及腹膜未见转移，"
            "升结肠近肝曲肿物约4 cm，未侵出浆膜，根部结扎回结肠血管，清扫淋巴结，切除右"
            "半结肠，回肠与横结肠侧侧吻合，血运好，"
            "无张力，留置腹腔引流管1根。出血约80 mL，未输血，标本送病理。",
            NoteKind.OPERATION,
        ),
        Note(
            3,
            "术后第1天，未排气，疼痛可忍。T {T_3}，P {P_3}，BP {BP_3}。腹软，引流约60 "
            "mL淡血性。血红蛋白 {HGB_3}，CRP {CRP_3}，血钾 {K_3}，"
            "白蛋白 {ALB_3}。补钾、营养支持，协助下床。",
        ),
        Note(
            5,
            "术后第3天，已排气，少量饮水无腹胀。T {T_5}，P {P_5}。引流约20 mL，淡黄。停"
            "镇痛药物，开始流食。",
        ),
        Note(
            6,
            "术后第4天，{chief}主任医师查房：恢复顺利，CRP {CRP_6}，白细胞 {WBC_6}，无"
            "吻合口漏表现；病理pT3N1b，需辅助化疗，"
            "拟多学科讨论。",
            NoteKind.CHIEF_ROUND,
        ),
    ),
)
