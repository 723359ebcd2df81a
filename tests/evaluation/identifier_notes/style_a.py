"""Style A: what a hospital's systems write, with labels and fixed order.

``{TYPE:how}`` is an identifier; a text in ``PLAIN`` holds none and must stay as it is.
"""

TEMPLATES = (
    "姓名：{NAME:name}  性别：男  年龄：56岁  住院号：{MEDICAL_RECORD_NUMBER:record}\n"
    "主诉：反复胸闷气短3月，加重2天。患者于{DATE:date}由{ORGANISATION:hospital}转入我科。\n"
    "联系人：{NAME:name}（配偶），电话{PHONE:mobile}。",
    "患者{NAME:name}，女，{AGE_OVER_89:old}，身份证号{ID_NUMBER:identity}，现住{ADDRESS:address}。"
    "因“跌倒后右髋疼痛4小时”于{DATE:date}急诊入院。",
    "门诊号：{MEDICAL_RECORD_NUMBER:record} 医保卡号：{INSURANCE_NUMBER:insurance} "
    "姓名：{NAME:name}\n诊断：2型糖尿病，高血压病2级。处方：二甲双胍0.5g bid。"
    "复诊日期：{DATE:date}。医师：{NAME:name}",
    "入院记录\n姓名 {NAME:name} 出生日期 {DATE:date} 民族 汉 职业 教师 工作单位 "
    "{ORGANISATION:work}\n籍贯 {ADDRESS:place} 家庭住址 {ADDRESS:address} "
    "联系电话 {PHONE:landline}",
    "会诊申请：请{ORGANISATION:hospital}心内科{NAME:name}主任会诊。患者{NAME:name}，"
    "病案号{MEDICAL_RECORD_NUMBER:record}，肌钙蛋白I 2.35 ng/mL，心电图V1-V4 ST段抬高。",
    "手术知情同意书。患者：{NAME:name}，证件类型：护照，号码{ID_NUMBER:passport}。"
    "代理人：{NAME:name}，与患者关系：父子，手机：{PHONE:mobile}，电子邮箱{EMAIL:email}。",
    "出院小结：{NAME:name}，{DATE:date}入院，{DATE:date}出院，住院7天。"
    "出院后请到{ORGANISATION:hospital}康复科继续治疗，随访电话{PHONE:landline}。",
    "退费登记：{NAME:name}，银行卡号{BANK_CARD:card}，开户行合同号略，金额1,268.50元，"
    "经办人{NAME:name}，{DATE:date}。",
    "120出车单：接警地点{ADDRESS:address}，报警人{NAME:name}，回拨{PHONE:mobile}，"
    "现场车辆{LICENCE_PLATE:plate}追尾，伤者男，约40岁，意识清，血压86/50mmHg。",
    "检验报告 姓名：{NAME:name} 科室：血液科 床号：12 采样：{DATE:date} 08:15\n"
    "WBC 3.2×10^9/L Hb 88g/L PLT 45×10^9/L 审核者：{NAME:name}",
    "放射检查申请 患者{NAME:name} 往来港澳通行证{ID_NUMBER:permit} 检查号"
    "{MEDICAL_RECORD_NUMBER:record} 部位：胸部CT平扫 临床诊断：肺占位待查",
    "随访记录：{DATE:date}电话随访（{PHONE:mobile}），接听者为患者之子{NAME:name}，"
    "诉血压控制在130/80mmHg左右，现居{ADDRESS:place}。",
    "新生儿登记：母亲{NAME:name}，身份证{ID_NUMBER:identity}，{DATE:date}于本院顺产一男婴，"
    "体重3250g，Apgar评分1分钟9分。父亲{NAME:name}，单位{ORGANISATION:work}。",
)

PLAIN = (
    "诊断：帕金森病，予美多芭125mg tid口服；于氏结节待排。血钾3.5mmol/L，肌酐88μmol/L。",
    "予阿司匹林100mg qd、氯吡格雷75mg qd双联抗血小板，阿托伐他汀20mg qn。LDL-C 2.85mmol/L。",
    "查体：体温36.8℃，脉搏78次/分，呼吸18次/分，血压128/76mmHg，双肺呼吸音清，未闻及干湿啰音。",
    "镜下见腺体排列紊乱，免疫组化：ER(90%+)，PR(60%+)，HER2(1+)，Ki-67约20%。",
    "右肺上叶见一实性结节，大小约8mm×6mm，边界清，建议3个月后复查胸部CT。",
    "处理：0.9%氯化钠注射液250ml + 头孢曲松2g ivgtt qd×7天；布洛芬混悬液5ml prn。",
    "霍奇金淋巴瘤IIA期，拟行ABVD方案第2周期；马凡综合征家族史阴性；贝克三联征阴性。",
    "动脉血气：pH 7.36，PaCO2 42mmHg，PaO2 88mmHg，BE -1.2，乳酸1.8mmol/L。",
    "白芍15g 当归12g 黄芪30g 甘草6g 何首乌9g，七剂，水煎服，每日一剂，早晚分服。",
)
