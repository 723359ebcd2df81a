"""The cases of the half that whoever writes rules may read."""

from __future__ import annotations

from tests.evaluation.corrupted_records.case import Case, Surgery

PNEUMONIA = Case(
    key="pneumonia",
    language="zh",
    department="respiratory",
    complaint="发热、咳嗽4天",
    illness="患者4天前受凉后起病，最高体温39.1℃，伴咳嗽、咳黄痰。自服退热药后体温反复。"
    "无咯血，无胸痛。病后精神、食欲稍差，大小便正常，体重无变化。",
    symptom="最高体温39.1℃，伴咳嗽、咳黄痰",
    denial="病程中无发热，无咳嗽",
    examination="体温38.6℃，脉搏98次/分，呼吸22次/分，血压126/78 mmHg。神志清，急性病容，"
    "心律齐，未闻及杂音，腹软无压痛，双下肢无水肿。",
    local="右下肺叩诊稍浊，可闻及湿啰音，余肺呼吸音清。",
    imaging="胸部CT示右肺下叶斑片状密度增高影。",
    diagnosis="右肺下叶肺炎",
    features="急性起病，发热伴咳黄痰，右下肺可闻及湿啰音，影像见右肺下叶斑片影。",
    basis="急性发热、脓痰，肺部湿啰音，影像有新出现的浸润影，符合社区获得性肺炎。",
    differential="肺结核：多为低热盗汗，病程长，本例不符；肺栓塞：无胸痛咯血及下肢肿胀，可能性小。",
    plan="完善痰培养，静脉使用左氧氟沙星抗感染，止咳祛痰，监测体温，三日后复查炎症指标。",
    attending="补充病史：发病前曾淋雨。右下肺湿啰音较明显。综合病史与影像，社区获得性肺炎诊断明确，"
    "尚需与肺结核鉴别。同意目前抗感染方案，观察体温变化，等待痰培养。",
    chief="补充体征：右下肺语颤稍增强。体温呈下降趋势，治疗有效，诊断依据充分，肺结核依据不足。"
    "疗程拟七至十天，体温正常三日后可改口服药物。",
    notes=(
        "今日体温37.8℃，咳嗽减轻，痰量减少，夜间睡眠改善。右下肺湿啰音较前减少。痰培养尚未回报。",
        "体温正常两日，偶咳，痰转白。听诊右下肺仅吸气末少许啰音。复查炎症指标已明显下降，续用原药。",
        "患者下床活动自如，食欲恢复。痰培养回报无致病菌生长。今起改口服左氧氟沙星，拟近日出院。",
        "一般情况好，步行无气短。肺部啰音消失。已交代出院后复查胸部影像的时间与地点。",
        "晨间测体温36.5℃，无不适。家属到场了解病情，办理带药手续，明确随访医师。",
    ),
    course="入院后予左氧氟沙星静脉抗感染、止咳祛痰，第三日热退，复查炎症指标下降后改为口服。",
    outcome="无发热，偶咳，肺部未闻及啰音，好转出院。",
    orders="口服左氧氟沙星至满疗程，一个月后呼吸科门诊复查胸部影像，发热时随诊。",
    right_side="右肺下叶",
    wrong_side="左肺下叶",
)

HEART_FAILURE = Case(
    key="heart-failure",
    language="zh",
    department="cardiology",
    complaint="气促伴双下肢水肿1周",
    illness="患者1周前开始活动后气促，上一层楼需停歇，夜间垫高枕头，双小腿逐渐水肿。"
    "起病前饮食偏咸。无胸痛，无咯血。病后食欲差，尿量减少，大便正常，体重增加约3 kg。",
    symptom="活动后气促，上一层楼需停歇",
    denial="活动后无气促，平地与登楼均自如",
    examination="体温36.5℃，脉搏96次/分，呼吸24次/分，血压142/86 mmHg。半卧位，颈静脉充盈，"
    "双肺底可闻及湿啰音，肝肋下未触及，双下肢凹陷性水肿。",
    local="心界向外侧扩大，心律齐，心尖部可闻及收缩期杂音。",
    imaging="心脏超声示左心室扩大，射血分数38%。",
    diagnosis="慢性心力衰竭急性加重",
    features="气促、夜间不能平卧、水肿，颈静脉充盈与肺底湿啰音，超声示心脏扩大、射血分数降低。",
    basis="有体循环与肺循环淤血的表现，射血分数降低，符合慢性心力衰竭急性加重，诱因为高盐饮食。",
    differential="肺部感染：无发热脓痰，可能性小；肾源性水肿：尿检无大量蛋白，不支持。",
    plan="吸氧，限盐，记出入量，静脉使用呋塞米，监测电解质与肾功能，容量改善后调整长期用药。",
    attending="补充病史：近月服药不规律。肺底湿啰音对称。诊断依据为淤血体征与射血分数降低，肺部感染可鉴别排除。"
    "继续利尿，每日体重下降以半公斤至一公斤为宜。",
    chief="补充体征：肝颈静脉回流征转阴。淤血明显减轻，诊断成立，尚需排除缺血性病因。"
    "计划改口服利尿药，加用改善预后的药物，从小剂量起。",
    notes=(
        "尿量增多，体重较前下降1.1 kg，夜间可垫一个枕头入睡。肺底啰音减少，小腿仍有轻度水肿。",
        "可平卧，室内步行无气促。血压118/72 mmHg，水肿仅限于踝部。复查肾功能稳定，开始口服利尿药。",
        "步行两百米后稍感疲劳，休息即缓解。水肿消退。护士完成限盐与称重的教育，患者能够复述。",
        "睡眠好，胃纳恢复，无头晕。体重连续三日稳定。药物加量后血压耐受良好，讨论出院安排。",
        "查房时谈笑自如，双肺清晰。确认门诊复诊日期，家中已备体重秤与血压计。",
    ),
    course="入院后吸氧、限盐、静脉利尿，淤血缓解后改口服呋塞米，并小剂量加用改善预后的药物，耐受良好。",
    outcome="平卧无气促，水肿消退，双肺无啰音，好转出院。",
    orders="限盐，每日晨起称重，规律服药，两周后心血管内科门诊复查肾功能与电解质。",
)

DIABETES = Case(
    key="diabetes",
    language="zh",
    department="endocrinology",
    complaint="口干、多尿2个月",
    illness="患者2个月前出现口干、多饮、多尿，每日饮水约3 L，未监测血糖。近两周视物稍模糊。"
    "无恶心呕吐，无腹痛。病后食欲旺盛，睡眠可，大便正常，体重下降约4 kg。",
    symptom="口干、多饮、多尿，每日饮水约3 L",
    denial="无口干，无多饮多尿，饮水量同常人",
    examination="体温36.4℃，脉搏80次/分，呼吸18次/分，血压130/80 mmHg。体型偏胖，"
    "双肺呼吸音清，心律齐，腹软，双下肢无水肿。",
    local="双足皮肤完整，足背动脉搏动好，痛温觉与振动觉对称存在。",
    imaging="腹部超声示脂肪肝。空腹血糖12.8 mmol/L，糖化血红蛋白10.2%。",
    diagnosis="2型糖尿病",
    features="中年以后起病，口干多饮多尿伴体重下降，空腹血糖与糖化血红蛋白明显升高，体型偏胖。",
    basis="有典型症状，空腹血糖与糖化血红蛋白均达诊断标准，无酮症倾向，符合2型糖尿病。",
    differential="1型糖尿病：起病急、消瘦、易酮症，本例不符；继发性高血糖：无相应用药及体征。",
    plan="糖尿病饮食，监测七点血糖，基础胰岛素联合二甲双胍，筛查眼底与肾脏并发症，糖尿病教育。",
    attending="补充病史：父亲有血糖升高。足部检查无异常。诊断依据为症状与两项血糖指标，1型糖尿病可予鉴别。"
    "按血糖调整胰岛素，完成并发症筛查。",
    chief="补充体征：眼底未见出血。血糖下降平稳，诊断明确，与继发性高血糖鉴别已完成。"
    "计划逐步减少胰岛素，以口服药为主。",
    notes=(
        "昨日餐后血糖14.2 mmol/L，口干减轻，夜尿由四次减至两次。晚间基础胰岛素增加2单位。",
        "空腹血糖8.1 mmol/L，无心慌出汗。营养师会见患者，制定每日热量与分餐办法，患者表示能做到。",
        "尿白蛋白结果正常，眼底照相无渗出。学习自测血糖与注射，操作一次合格。",
        "七点血糖均在6至9 mmol/L之间，视物模糊好转。胰岛素减量后血糖未见反弹。",
        "步行锻炼后血糖7.0 mmol/L，精神佳。家属学习低血糖处理，明日可带药回家。",
    ),
    course="入院后饮食控制，基础胰岛素联合二甲双胍降糖，血糖平稳后减少胰岛素用量，完成并发症筛查与教育。",
    outcome="口干多尿消失，空腹血糖6.8 mmol/L，好转出院。",
    orders="继续二甲双胍与基础胰岛素，自测血糖并记录，两周后内分泌科门诊复诊。",
)

HERNIA = Case(
    key="hernia",
    language="zh",
    department="gi-surgery",
    complaint="腹股沟区包块1年",
    illness="患者1年前站立时发现右侧腹股沟区有一肿块，平卧后可消失，近月增大。"
    "无剧痛，无呕吐，无停止排气排便。病后精神食欲好，大小便正常，体重无变化。",
    symptom="发现右侧腹股沟区有一肿块，平卧后可消失",
    denial="从未发现腹股沟区肿块",
    examination="体温36.6℃，脉搏76次/分，呼吸18次/分，血压128/76 mmHg。双肺呼吸音清，心律齐，"
    "腹平软，无压痛，未触及肝脾。",
    local="右侧腹股沟斜疝约4 cm，质软可还纳，压住内环后不再突出。",
    imaging="超声示右侧腹股沟斜疝，疝内容物为大网膜。",
    diagnosis="右侧腹股沟斜疝",
    features="可复性肿块一年，站立突出、平卧消失，压住内环后不再突出，超声证实疝内容物为大网膜。",
    basis="可复性肿块，内环试验阳性，超声证实，诊断明确。",
    differential="直疝：压住内环仍突出，本例不符；鞘膜积液：透光试验阴性，可排除。",
    plan="完善术前检查，择期行疝修补手术，术后预防切口感染，早期下床。",
    attending="补充病史：平日搬运重物。肿块可完全还纳。依据内环试验与超声，斜疝诊断成立，直疝可鉴别排除。"
    "无手术禁忌，同意按计划手术。",
    chief="补充体征：切口干燥，局部无肿胀。手术依据充分，与鞘膜积液已鉴别，恢复符合预期。"
    "计划继续观察切口，指导活动。",
    notes=(
        "术后第1天，切口轻痛，已排气，进流食无不适。敷料干燥，局部未见血肿。嘱下床行走。",
        "术后第2天，疼痛评分2分，自行如厕。切口对合好，无红肿，换药一次，恢复普食。",
        "术后第3天，步态平稳，大便已解一次。切口愈合佳，讲解三个月内避免提重物，拟明日出院。",
        "晨间情况稳定，家属已备宽松衣裤，确认拆线日期。",
    ),
    course="完善检查后在腰麻下手术，过程顺利，术后局部沙袋压迫、早期活动，切口愈合良好。",
    outcome="无疼痛，切口干燥对合好，治愈出院。",
    orders="三个月内避免重体力劳动，保持大便通畅，一周后普通外科门诊复查切口。",
    right_side="右侧腹股沟斜疝",
    wrong_side="左侧腹股沟斜疝",
    surgery=Surgery(
        name="右侧腹股沟斜疝无张力修补术",
        diagnosis="右侧腹股沟斜疝",
        anaesthesia="腰麻",
        risks="出血、感染、神经损伤、复发，心脑血管意外",
        steps="麻醉满意后消毒铺巾，逐层切开，游离疝囊，高位结扎，放置补片并固定，清点器械无误后逐层缝合。",
        findings="疝囊经内环突出，内容物为大网膜，已还纳。术中生命体征平稳，出血约10 mL，未输血。",
        postoperative="手术顺利，安返病房，血压124/74 mmHg，切口敷料干燥。平卧六小时，观察排尿。",
    ),
)

PNEUMONIA_EN = Case(
    key="pneumonia-en",
    language="en",
    department="respiratory",
    complaint="Fever and cough for 5 days",
    illness="Symptoms began 5 days ago with fever up to 39.0 °C and productive cough. "
    "Paracetamol at home helped for hours only. No haemoptysis, no leg swelling. "
    "Appetite reduced, sleep fair, bowel and bladder habits unchanged, weight stable.",
    symptom="fever up to 39.0 °C and productive cough",
    denial="no fever and no cough at any time",
    examination="Temperature 38.4 °C, pulse 102/min, respiration 24/min, blood pressure "
    "118/70 mmHg. Alert, flushed. Heart sounds regular, abdomen soft, no oedema.",
    local="Coarse crackles over the left lower lobe, dull to percussion there.",
    imaging="Chest radiograph: consolidation of the left lower lobe.",
    diagnosis="Pneumonia of the left lower lobe",
    features="Acute fever with productive cough, basal crackles and a new consolidation.",
    basis="New infiltrate with fever and purulent sputum meets the definition of pneumonia.",
    differential="Pulmonary embolism: no risk factor, no leg swelling. Tuberculosis: acute.",
    plan="Sputum culture, intravenous levofloxacin, fluids, oxygen, review in 48 hours.",
    attending="Added history: a cold two weeks ago. Crackles as described. Basis: infiltrate and "
    "fever; embolism considered and unlikely. Plan: continue levofloxacin, await culture.",
    chief="Added findings: percussion note clearing. The basis is firm and tuberculosis has been "
    "considered. Plan: seven days in all, tablets once the temperature is normal.",
    notes=(
        "Slept better, temperature 37.7 °C at dawn, less sputum. Crackles persist at the base.",
        "No fever for a day, walking to the bathroom unaided. Culture shows normal flora so far.",
        "Appetite has come back. Inflammatory markers are falling, changed to tablets this noon.",
        "Breathing easily on room air, climbed one flight of stairs with the physiotherapist.",
        "Comfortable, chest clear. Follow-up radiograph arranged and explained to the family.",
    ),
    course="Treated with intravenous levofloxacin, afebrile on day three, then tablets.",
    outcome="Afebrile, chest clear, walking unaided; improved.",
    orders="Complete levofloxacin, chest radiograph in six weeks, return if fever recurs.",
    right_side="left lower lobe",
    wrong_side="right lower lobe",
)

HERNIA_EN = Case(
    key="hernia-en",
    language="en",
    department="gi-surgery",
    complaint="Lump in the groin for 8 months",
    illness="A lump appeared in the groin 8 months ago on standing and goes back when lying down. "
    "No severe pain, no vomiting, bowels open daily. Appetite and sleep good, weight stable.",
    symptom="A lump appeared in the groin 8 months ago",
    denial="No lump in the groin has ever been noticed",
    examination="Temperature 36.6 °C, pulse 72/min, respiration 16/min, blood pressure "
    "130/78 mmHg. Lungs clear, heart sounds regular, abdomen soft without tenderness.",
    local="Reducible right inguinal hernia of 4 cm, controlled by pressure on the deep ring.",
    imaging="Ultrasound: right inguinal hernia containing omentum.",
    diagnosis="right inguinal hernia",
    features="Reducible lump on standing, controlled at the deep ring, confirmed by ultrasound.",
    basis="Reducibility, control at the deep ring and ultrasound make the diagnosis certain.",
    differential="Direct hernia: not controlled at the ring. Hydrocele: does not reduce.",
    plan="Pre-operative tests, elective repair with mesh, early walking.",
    attending="Added history: lifts loads at work. Fully reducible. Basis: deep ring test and "
    "ultrasound; direct hernia excluded. Plan: operate as scheduled.",
    chief="Added findings: wound dry, no swelling. The basis stands, hydrocele was excluded. "
    "Plan: observe the wound, advise on lifting.",
    notes=(
        "Day 1 after surgery: mild pain, fluids taken, passed flatus. Dressing dry, out of bed.",
        "Day 2 after surgery: pain 2 of 10, normal diet. Wound clean, redressed once.",
        "Day 3 after surgery: walks steadily, bowels opened. Lifting advice given and understood.",
        "Ready to leave, transport arranged for the morning.",
    ),
    course="Mesh repair under spinal anaesthesia without complication; early walking.",
    outcome="Free of pain, wound dry; recovered.",
    orders="No heavy lifting for three months, wound check in one week.",
    right_side="right inguinal hernia",
    wrong_side="left inguinal hernia",
    surgery=Surgery(
        name="Mesh repair of right inguinal hernia",
        diagnosis="right inguinal hernia",
        anaesthesia="Spinal",
        risks="Bleeding, infection, nerve injury, recurrence, cardiac events",
        steps="Skin prepared and draped, layers opened, sac dissected and ligated high, mesh "
        "placed and fixed, counts correct, closed in layers.",
        findings="Indirect sac with omentum, reduced. Stable throughout, blood loss 10 mL.",
        postoperative="Uneventful, back on the ward, blood pressure 122/72 mmHg, dressing dry. "
        "Flat for six hours, watch for bleeding and voiding.",
    ),
)

CASES = (PNEUMONIA, HEART_FAILURE, DIABETES, HERNIA, PNEUMONIA_EN, HERNIA_EN)
