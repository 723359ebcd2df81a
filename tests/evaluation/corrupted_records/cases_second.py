"""The cases of the half that is kept from whoever writes rules."""

from __future__ import annotations

from tests.evaluation.corrupted_records.case import Case, Surgery

PLEURISY = Case(
    key="pleurisy",
    language="zh",
    department="respiratory",
    complaint="胸痛伴低热6天",
    illness="6天前无明显诱因感胸部刺痛，深吸气时加重，午后低热37.8℃，夜间出汗。"
    "曾在社区输液，效果不佳。无咯血，无下肢肿痛。起病以来食欲减退，睡眠尚可，二便如常，体重略降。",
    symptom="感胸部刺痛，深吸气时加重，午后低热37.8℃",
    denial="从无胸痛，亦无发热",
    examination="T 37.7℃，P 88次/分，R 20次/分，BP 116/72 mmHg。营养中等，浅表淋巴结无肿大，"
    "心音正常，节律规整，腹部平坦无压痛，四肢无水肿。",
    local="左侧胸腔下部语颤减弱，叩诊浊音，呼吸音减低。",
    imaging="胸腔超声提示左侧胸腔积液，深度约4 cm。",
    diagnosis="左侧胸腔积液，结核性胸膜炎可能",
    features="亚急性病程，胸痛、低热、盗汗，患侧叩浊，超声见积液，抗菌治疗无效。",
    basis="低热盗汗与胸腔积液提示结核性胸膜炎，有待免疫检测证实。",
    differential="肺炎旁积液：多有高热脓痰，与本例不合；恶性积液：影像暂无肿块依据。",
    plan="完善结核相关检测，卧床休息，加强营养，视结果决定抗结核治疗。",
    attending="补问病史：同住亲属曾患结核。患侧呼吸音减低同前。以影像与接触史为诊断依据，应与恶性积液相鉴别。"
    "安排免疫检测，结果回报后定方案。",
    chief="复核体征：语颤仍弱，呼吸平稳。干扰素释放试验阳性，支持结核性胸膜炎，恶性依据不足。"
    "启动抗结核治疗，监测肝功能。",
    notes=(
        "干扰素释放试验与痰涂片均已送检，气闷稍缓，睡眠一般，无咳嗽头晕。",
        "最高体温37.3℃，胸痛明显轻于前日，进食增加。痰涂片未见抗酸杆菌，再查两次。",
        "已服抗结核药物，无恶心、皮疹、视物改变。宣教按时服药与呼吸卫生。",
        "超声复查积液深度不足1 cm，呼吸音恢复。肝功能在正常范围，拟回家继续治疗。",
        "整日未发热，步行无不适。疾控部门登记完成，取药流程交代清楚。",
    ),
    course="住院期间完善检查，干扰素释放试验支持结核性胸膜炎，开始规范抗结核治疗，体温降至正常，积液吸收。",
    outcome="胸痛消失，体温正常，积液基本吸收，好转出院。",
    orders="规律服用抗结核药物，每两周复查肝功能，呼吸科门诊随访，皮疹或视力变化时立即就诊。",
    right_side="左侧胸腔",
    wrong_side="右侧胸腔",
)

FIBRILLATION = Case(
    key="fibrillation",
    language="zh",
    department="cardiology",
    complaint="阵发心悸3天",
    illness="3天前夜间突感心跳快而不齐，持续约两小时，此后反复。伴轻度乏力。"
    "无晕厥，无胸痛，无肢体无力。起病以来饮食睡眠一般，二便如常，体重无改变。",
    symptom="突感心跳快而不齐，持续约两小时",
    denial="否认心悸，自觉心跳始终平稳",
    examination="T 36.3℃，P 92次/分，R 18次/分，BP 134/82 mmHg。皮肤无黄染，甲状腺不大，"
    "两肺呼吸音清晰，腹软，肝脾未触及，双足无水肿。",
    local="心率112次/分，节律绝对不齐，第一心音强弱不等，脉搏短绌。",
    imaging="十二导联心电图见心房颤动，心脏超声见左心房轻度增大。",
    diagnosis="阵发性心房颤动",
    features="发作性心悸，心律绝对不齐，心电图记录到心房颤动，无血流动力学不稳定。",
    basis="心电图为直接证据，发作可自行终止，故为阵发性。",
    differential="室上性心动过速：节律规整，可区别；甲状腺功能亢进：无消瘦手抖，待甲功证实。",
    plan="动态心电监测，控制心室率，评估栓塞与出血风险后给予利伐沙班，查甲状腺功能。",
    attending="补问病史：发作前连续熬夜饮浓茶。节律不齐、脉搏短绌。以心电图为依据，与室上性心动过速已鉴别。"
    "控制心室率，完成风险评分。",
    chief="复核体征：心律已转齐。甲状腺功能正常，诊断成立并排除甲亢。计划长期抗凝，必要时介入治疗。",
    notes=(
        "夜间监测见两阵短暂房颤，最长四十分钟，自行恢复。口服美托洛尔后静息心率76次/分。",
        "全天为窦性心律，活动后亦无心悸。大小便颜色正常，皮肤无瘀点，抗凝药耐受好。",
        "风险评分已与患者说明，签署长期抗凝告知，能说出漏服一次时的处理办法。",
        "甲功回报无异常，监测未再见发作，停用床旁监护。同意近日回家休养。",
        "情绪放松，睡眠七小时。复核用药清单，提醒避免浓茶与熬夜。",
    ),
    course="监测证实阵发性心房颤动，口服美托洛尔控制心室率、利伐沙班抗凝，自行转复为窦性心律。",
    outcome="无心悸，窦性心律，无出血，好转出院。",
    orders="坚持抗凝与控制心室率药物，一个月后心血管内科复诊，出现黑便或肢体无力立即就医。",
)

PYELONEPHRITIS = Case(
    key="pyelonephritis",
    language="zh",
    department="nephrology",
    complaint="发热伴腰痛2天",
    illness="2天前突发寒战，测体温39.4℃，并感尿频、尿痛，腰部胀痛。"
    "无肉眼血尿，无腹泻。起病以来纳差，睡眠差，大便正常，体重无改变。",
    symptom="突发寒战，测体温39.4℃，并感尿频、尿痛",
    denial="体温一直正常，无尿频尿痛",
    examination="T 39.0℃，P 104次/分，R 21次/分，BP 112/68 mmHg。精神倦怠，咽无充血，"
    "两肺呼吸音清晰，心音有力，腹软无反跳痛，双足无水肿。",
    local="右侧肾区叩击痛明显，输尿管点有压痛，膀胱区无膨隆。",
    imaging="泌尿系超声示右侧肾区体积稍大，无积水，无结石。",
    diagnosis="急性肾盂肾炎",
    features="急性起病，寒战高热，尿路刺激症状与肾区叩痛，尿白细胞满视野。",
    basis="全身感染表现加上尿路定位体征，尿检有脓尿，诊断可立。",
    differential="膀胱炎：无高热与肾区叩痛；泌尿系结石：超声未见结石积水。",
    plan="留尿与血培养后静脉用头孢曲松，多饮水，退热对症，五日后复查尿检。",
    attending="补问病史：去年有一次尿路感染。肾区叩痛仍在。以脓尿和定位体征为据，已与膀胱炎鉴别。"
    "继续现有抗感染药物，追踪培养。",
    chief="复核体征：肾区叩痛转轻。培养为大肠埃希菌，对所用药物敏感，诊断成立，结石已排除。"
    "总疗程两周，退热后序贯口服。",
    notes=(
        "寒战未再出现，最高38.1℃，排尿灼痛缓解。饮水约2.5 L，尿色清。",
        "二十四小时无发热，腰部仅轻压痛。血培养四十八小时无生长，尿培养见大肠埃希菌。",
        "改为口服药物，胃部无不适。尿常规白细胞降至每高倍视野5个。",
        "腰痛消失，活动不受限，学习预防再发的饮水与卫生习惯。",
        "安睡整夜，今晨各项体征平稳，家属来院接应。",
    ),
    course="留培养后静脉抗感染，第二日退热，按药敏改口服，尿检明显好转。",
    outcome="无发热腰痛，尿路症状消失，治愈出院。",
    orders="口服药物满两周，停药一周后肾内科门诊复查尿培养，每日饮水两升以上。",
    right_side="右侧肾区",
    wrong_side="左侧肾区",
)

THYROID = Case(
    key="thyroid",
    language="zh",
    department="gi-surgery",
    complaint="发现颈部肿物半年",
    illness="半年前体检触及颈部肿物，约花生大小，缓慢增大。近期吞咽时稍有异物感。"
    "无声嘶，无呼吸困难，无怕热消瘦。起病以来饮食睡眠好，二便如常，体重无改变。",
    symptom="体检触及颈部肿物，约花生大小",
    denial="颈部从未触及肿物",
    examination="T 36.5℃，P 74次/分，R 17次/分，BP 122/74 mmHg。无突眼手抖，气管居中，"
    "两肺呼吸音清晰，心音有力，节律规整，腹平软。",
    local="左叶甲状腺结节约3 cm，质韧，随吞咽上下移动，颈淋巴结不大。",
    imaging="颈部超声见左叶甲状腺结节，边界清，未见可疑淋巴结。",
    diagnosis="左叶甲状腺结节",
    features="颈部无痛肿物缓慢增大，随吞咽移动，超声边界清楚，甲状腺功能正常。",
    basis="肿物位置、活动度与超声表现相符，有压迫感，具手术指征。",
    differential="甲状舌管囊肿：位于中线并随伸舌移动，不符；甲状腺炎：无压痛，抗体阴性。",
    plan="喉镜评估声带，完善麻醉评估，择期切除并送术中病理，术后观察出血与血钙。",
    attending="补问病史：无颈部放射史。肿物活动好。以超声与体征为据，与甲状腺炎已鉴别。"
    "压迫症状明确，可以手术。",
    chief="复核体征：切口平整，发音正常。病理为良性腺瘤，依据充分，与甲状腺癌已鉴别。计划拔除引流后出院。",
    notes=(
        "术后第1天，声音清亮，饮水无呛咳，手足无麻木。引流淡红色20 mL，颈部不肿。",
        "术后第2天，引流8 mL，予拔除。吞咽微痛，吃软饭一碗，血钙在正常范围。",
        "术后第3天，切口拆除纱布，愈合线平整。练习颈部活动，知晓复查时间。",
        "夜眠佳，今日可以回家。",
    ),
    course="完善评估后于全身麻醉下切除患侧腺叶，术中病理良性，术后无声嘶、无低钙。",
    outcome="发音正常，切口平整，治愈出院。",
    orders="一个月后复查甲状腺功能，切口保持干燥，手足麻木时来诊。",
    right_side="左叶甲状腺",
    wrong_side="右叶甲状腺",
    surgery=Surgery(
        name="左叶甲状腺切除术",
        diagnosis="左叶甲状腺结节",
        anaesthesia="全身麻醉",
        risks="出血窒息、喉返神经损伤、低钙、感染、麻醉意外",
        steps="取颈前弧形切口，分离皮瓣，显露腺体，逐支处理血管，辨认并保护喉返神经，切除腺叶送检，置引流，缝合。",
        findings="结节包膜完整，冰冻病理报告良性。术中监测平稳，失血约15 mL，未输血。",
        postoperative="清醒拔管后回病房，发音可，血压118/70 mmHg，引流少许。床旁备气管切开包。",
        pathology="良性腺瘤",
    ),
)

PYELONEPHRITIS_EN = Case(
    key="pyelonephritis-en",
    language="en",
    department="nephrology",
    complaint="Fever and flank pain for 2 days",
    illness="Two days ago the patient developed rigors, fever of 39.3 °C and burning on urination. "
    "Vomited once. No visible blood in the urine, no diarrhoea. Poor appetite, broken sleep, "
    "weight unchanged.",
    symptom="rigors, fever of 39.3 °C and burning on urination",
    denial="no fever, and urination has been painless throughout",
    examination="T 38.9 °C, P 108/min, R 20/min, BP 108/66 mmHg. Tired, lungs clear, heart even, "
    "abdomen soft, no rash.",
    local="Marked tenderness of the right flank on percussion, bladder not distended.",
    imaging="Ultrasound: right flank kidney slightly enlarged, no stone, no obstruction.",
    diagnosis="Acute pyelonephritis",
    features="Rigors with urinary symptoms, flank tenderness and pus cells in the urine.",
    basis="Systemic infection with signs that point at the kidney, and pyuria.",
    differential="Cystitis: would not cause rigors. Stone: none on ultrasound.",
    plan="Cultures first, then intravenous ceftriaxone, fluids, antipyretic, urine test on day 5.",
    attending="Added history: one infection last year. Percussion still tender. Basis: pyuria and "
    "signs; cystitis does not explain them. Plan: same antibiotic, follow the culture.",
    chief="Added findings: much less tender. Basis: E. coli grown, susceptible; stone ruled out. "
    "Plan: two weeks altogether, oral once afebrile.",
    notes=(
        "No more rigors, highest 38.0 °C, drinking well, burning has eased, urine clear.",
        "A full day without fever. Blood culture sterile after two days, urine grew E. coli.",
        "Switched to an oral agent, no nausea. White cells in urine down to five per field.",
        "Moves freely, no pain. Advised on drinking and on early signs of another episode.",
        "Slept all night, signs stable, relatives are coming for the patient.",
    ),
    course="Cultures, intravenous antibiotic, afebrile on the second day, then oral.",
    outcome="No fever or pain, urinary symptoms gone; cured.",
    orders="Finish two weeks of tablets, culture one week afterwards, drink two litres a day.",
    right_side="right flank",
    wrong_side="left flank",
)

CARPAL_EN = Case(
    key="carpal-en",
    language="en",
    department="gi-surgery",
    complaint="Numb hand for 10 months",
    illness="For 10 months there has been numbness of thumb and index finger, worse at night. "
    "Splinting helped little. No neck pain, no weakness of the legs. "
    "Appetite and bowels normal, weight unchanged.",
    symptom="there has been numbness of thumb and index finger",
    denial="sensation of all fingers has been normal",
    examination="T 36.4 °C, P 70/min, R 15/min, BP 126/76 mmHg. Lungs clear, heart regular, "
    "abdomen soft, neck moves freely.",
    local="Positive Tinel sign at the left wrist, mild wasting of the thenar muscle.",
    imaging="Nerve conduction: slowed median nerve at the left wrist.",
    diagnosis="Carpal tunnel syndrome of the left wrist",
    features="Night-time numbness in the median area, positive Tinel sign, slowed conduction.",
    basis="Typical symptoms, signs and conduction study agree.",
    differential="Cervical root lesion: neck normal. Polyneuropathy: one nerve only.",
    plan="Routine tests, open release under local anaesthesia, early finger exercises.",
    attending="Added history: types all day. Wasting confirmed. Basis: conduction study; root "
    "disease excluded. Plan: release as arranged.",
    chief="Added findings: sensation already better. The basis holds, polyneuropathy excluded. "
    "Plan: exercises, light duties.",
    notes=(
        "Day 1 after surgery: slept without tingling, fingers warm, dressing intact, little pain.",
        "Day 2 after surgery: makes a full fist, no swelling. Dressing changed, edges together.",
        "Day 3 after surgery: exercises learnt and done alone. Pain 1 of 10, ready for home.",
        "Bag packed, letter for the family doctor handed over.",
    ),
    course="Open release under local anaesthesia, no complication, exercises from the first day.",
    outcome="Numbness much less, wound clean; improved.",
    orders="Sutures out after twelve days, light duties for six weeks.",
    right_side="left wrist",
    wrong_side="right wrist",
    surgery=Surgery(
        name="Carpal tunnel release, left wrist",
        diagnosis="Carpal tunnel syndrome of the left wrist",
        anaesthesia="Local",
        risks="Bleeding, infection, nerve injury, scar pain",
        steps="Palm prepared, incision in line with the ring finger, ligament divided under sight, "
        "nerve seen intact, skin closed.",
        findings="Thick ligament, nerve flattened but whole. Stable, blood loss 2 mL.",
        postoperative="Awake and comfortable, fingers warm and moving, blood pressure 120/74 mmHg. "
        "Arm raised, watch the dressing.",
    ),
)

CASES = (PLEURISY, FIBRILLATION, PYELONEPHRITIS, THYROID, PYELONEPHRITIS_EN, CARPAL_EN)
