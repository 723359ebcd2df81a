"""Passages that advise, each with a faithful wording and one that turns the advice around."""

from __future__ import annotations

Case = tuple[str, str, str]

USE_ZH: tuple[Case, ...] = (
    (
        "二甲双胍在 eGFR 低于 30 时禁用。",
        "eGFR 低于 30 时二甲双胍禁用。",
        "二甲双胍在 eGFR 低于 30 时可用。",
    ),
    (
        "二甲双胍在 eGFR 30–45 时慎用，低于 30 时禁用。",
        "二甲双胍在 eGFR 30–45 时应谨慎使用。",
        "二甲双胍在 eGFR 30–45 时可用。",
    ),
    (
        "活动性消化道出血者禁用阿司匹林。",
        "活动性消化道出血时不得使用阿司匹林。",
        "活动性消化道出血者可用阿司匹林。",
    ),
    ("妊娠期禁用华法林。", "华法林在妊娠期禁用。", "妊娠期慎用华法林。"),
    (
        "哺乳期妇女慎用右美托咪定。",
        "右美托咪定在哺乳期妇女应慎用。",
        "哺乳期妇女禁用右美托咪定。",
    ),
    (
        "左氧氟沙星不推荐用于骨骼未发育成熟的儿童。",
        "骨骼未发育成熟的儿童不推荐使用左氧氟沙星。",
        "左氧氟沙星推荐用于骨骼未发育成熟的儿童。",
    ),
    (
        "推荐利多卡因用于血流动力学稳定的室性心动过速。",
        "血流动力学稳定的室性心动过速推荐使用利多卡因。",
        "不推荐利多卡因用于血流动力学稳定的室性心动过速。",
    ),
    (
        "过敏性休克首选肾上腺素肌内注射。",
        "过敏性休克应首选肾上腺素肌内注射。",
        "过敏性休克应避免肾上腺素肌内注射。",
    ),
    (
        "哮喘患者应避免使用普萘洛尔。",
        "普萘洛尔应避免用于哮喘患者。",
        "哮喘患者首选普萘洛尔。",
    ),
    (
        "颅内压升高者不应行腰椎穿刺。",
        "颅内压升高者不得行腰椎穿刺。",
        "颅内压升高者应行腰椎穿刺。",
    ),
    (
        "疑似误吸的患者应头高位转运。",
        "疑似误吸的患者须头高位转运。",
        "疑似误吸的患者不应头高位转运。",
    ),
    (
        "头孢曲松不得与含钙溶液同管输注。",
        "头孢曲松禁止与含钙溶液同管输注。",
        "头孢曲松可以与含钙溶液同管输注。",
    ),
    (
        "万古霉素可用于青霉素过敏者的预防用药。",
        "青霉素过敏者的预防用药可选用万古霉素。",
        "万古霉素不可用于青霉素过敏者的预防用药。",
    ),
    (
        "轻度肾损害患者无需调整利伐沙班剂量。",
        "利伐沙班在轻度肾损害患者不必调整剂量。",
        "轻度肾损害患者需调整利伐沙班剂量。",
    ),
    (
        "使用地高辛期间需监测血钾。",
        "使用地高辛期间应监测血钾。",
        "使用地高辛期间无需监测血钾。",
    ),
    (
        "严重主动脉瓣狭窄患者椎管内麻醉为禁忌。",
        "严重主动脉瓣狭窄患者禁忌椎管内麻醉。",
        "严重主动脉瓣狭窄患者椎管内麻醉为首选。",
    ),
    (
        "琥珀胆碱适用于快速顺序诱导，高钾血症患者禁用。",
        "高钾血症患者禁用琥珀胆碱。",
        "高钾血症患者可用琥珀胆碱。",
    ),
    (
        "对乙酰氨基酚为术后轻度疼痛的一线用药。",
        "术后轻度疼痛首选对乙酰氨基酚。",
        "术后轻度疼痛应避免对乙酰氨基酚。",
    ),
)

CHANGE_ZH: tuple[Case, ...] = (
    (
        "老年患者丙泊酚诱导剂量应减少。",
        "老年患者应减少丙泊酚诱导剂量。",
        "老年患者应增加丙泊酚诱导剂量。",
    ),
    (
        "合用胺碘酮时华法林应减量。",
        "合用胺碘酮时应减少华法林剂量。",
        "合用胺碘酮时华法林应加量。",
    ),
    (
        "妊娠中晚期左甲状腺素常需增加剂量。",
        "妊娠中晚期常需增加左甲状腺素剂量。",
        "妊娠中晚期左甲状腺素常需减少剂量。",
    ),
    (
        "螺内酯可升高血钾。",
        "螺内酯可使血钾升高。",
        "螺内酯可降低血钾。",
    ),
    (
        "呋塞米可降低血钾。",
        "呋塞米可使血钾降低。",
        "呋塞米可升高血钾。",
    ),
    (
        "利福平合用时应上调泼尼松剂量。",
        "合用利福平时应增加泼尼松剂量。",
        "利福平合用时应下调泼尼松剂量。",
    ),
    (
        "肝硬化患者不应增加对乙酰氨基酚剂量。",
        "肝硬化患者不宜增加对乙酰氨基酚剂量。",
        "肝硬化患者应增加对乙酰氨基酚剂量。",
    ),
    (
        "肾功能不全时依诺肝素给药间隔应延长。",
        "肾功能不全时应延长依诺肝素给药间隔。",
        "肾功能不全时依诺肝素给药间隔应缩短。",
    ),
)

COURSE_ZH: tuple[Case, ...] = (
    (
        "择期手术前 5 天停用氯吡格雷。",
        "氯吡格雷应于择期手术前 5 天停用。",
        "择期手术前 5 天开始氯吡格雷。",
    ),
    (
        "围术期应继续服用美托洛尔。",
        "美托洛尔在围术期应继续服用。",
        "围术期应停用美托洛尔。",
    ),
    (
        "围术期不应停用左旋多巴。",
        "左旋多巴在围术期不应停用。",
        "围术期应停用左旋多巴。",
    ),
    (
        "诊断脓毒性休克后应立即启动去甲肾上腺素。",
        "诊断脓毒性休克后立即开始去甲肾上腺素。",
        "诊断脓毒性休克后应立即停用去甲肾上腺素。",
    ),
    (
        "手术当日早晨暂停恩格列净。",
        "恩格列净在手术当日早晨停用。",
        "手术当日早晨继续恩格列净。",
    ),
)

TIME_ZH: tuple[Case, ...] = (
    (
        "头孢唑林在切皮前 30–60 分钟静脉给予。",
        "切皮前 30–60 分钟静脉给予头孢唑林。",
        "头孢唑林在切皮后 30–60 分钟静脉给予。",
    ),
    (
        "术前 24 小时停用依诺肝素治疗剂量。",
        "依诺肝素治疗剂量应在手术前 24 小时停用。",
        "术后 24 小时停用依诺肝素治疗剂量。",
    ),
    (
        "术后 12 小时恢复利伐沙班。",
        "利伐沙班于手术后 12 小时恢复。",
        "术前 12 小时恢复利伐沙班。",
    ),
    (
        "阿卡波糖在餐前即刻服用。",
        "阿卡波糖须在饭前即刻服用。",
        "阿卡波糖在餐后即刻服用。",
    ),
    (
        "拔管前应给予舒更葡糖钠。",
        "舒更葡糖钠应在拔管之前给予。",
        "拔管后应给予舒更葡糖钠。",
    ),
)

LIMIT_ZH: tuple[Case, ...] = (
    (
        "对乙酰氨基酚每日剂量不超过 3 g。",
        "对乙酰氨基酚每日剂量最多 3 g。",
        "对乙酰氨基酚每日剂量至少 3 g。",
    ),
    (
        "术前禁食固体食物至少 6 小时。",
        "术前固体食物禁食不少于 6 小时。",
        "术前禁食固体食物不超过 6 小时。",
    ),
    (
        "抗凝治疗疗程至少 3 个月。",
        "抗凝治疗疗程不少于 3 个月。",
        "抗凝治疗疗程至多 3 个月。",
    ),
    (
        "血小板低于 50 时禁止行椎管内阻滞。",
        "血小板 <50 时禁止行椎管内阻滞。",
        "血小板高于 50 时禁止行椎管内阻滞。",
    ),
    (
        "血红蛋白低于 70 g/L 时输注红细胞。",
        "血红蛋白小于 70 g/L 时输注红细胞。",
        "血红蛋白高于 70 g/L 时输注红细胞。",
    ),
    (
        "体温高于 38.5℃ 时给予退热药。",
        "体温超过 38.5℃ 时给予退热药。",
        "体温低于 38.5℃ 时给予退热药。",
    ),
    (
        "万古霉素滴注时间不少于 60 分钟。",
        "万古霉素滴注时间至少 60 分钟。",
        "万古霉素滴注时间不超过 60 分钟。",
    ),
    (
        "预防性抗菌药物应在 24 小时以内停用。",
        "预防性抗菌药物应在 24 小时内停用。",
        "预防性抗菌药物应在 24 小时以上停用。",
    ),
)

USE_EN: tuple[Case, ...] = (
    (
        "Metformin is contraindicated when the eGFR is below 30 mL/min.",
        "When the eGFR is below 30 mL/min, metformin must not be used.",
        "Metformin may be used when the eGFR is below 30 mL/min.",
    ),
    (
        "Propranolol should be avoided in patients with asthma.",
        "Avoid propranolol in patients with asthma.",
        "Use propranolol in patients with asthma.",
    ),
    (
        "Routine preoperative chest radiography is not recommended in healthy adults.",
        "In healthy adults, routine preoperative chest radiography is not recommended.",
        "Routine preoperative chest radiography is recommended in healthy adults.",
    ),
    (
        "Regional anaesthesia is recommended for hip fracture surgery in frail patients.",
        "For hip fracture surgery in frail patients, regional anaesthesia is advised.",
        "Regional anaesthesia is not recommended for hip fracture surgery in frail patients.",
    ),
    (
        "Amoxicillin is compatible with breast-feeding.",
        "Amoxicillin may be used during breast-feeding.",
        "Amoxicillin is contraindicated in breast-feeding.",
    ),
    (
        "Lithium is contraindicated in breast-feeding.",
        "Lithium must be avoided during breast-feeding.",
        "Lithium is compatible with breast-feeding.",
    ),
    (
        "Succinylcholine must not be given to patients with hyperkalaemia.",
        "Succinylcholine is contraindicated in patients with hyperkalaemia.",
        "Succinylcholine may be given to patients with hyperkalaemia.",
    ),
    (
        "Clear fluids may be given until two hours before induction of anaesthesia.",
        "Clear fluids can be given until two hours before induction of anaesthesia.",
        "Clear fluids must not be given until two hours before induction of anaesthesia.",
    ),
    (
        "Ketorolac should not be used in patients with active peptic ulcer.",
        "Do not use ketorolac in patients with active peptic ulcer.",
        "Ketorolac should be used in patients with active peptic ulcer.",
    ),
    (
        "Neostigmine should be used with caution in patients with bradycardia.",
        "Use neostigmine cautiously in patients with bradycardia.",
        "Neostigmine is contraindicated in patients with bradycardia.",
    ),
    (
        "Epinephrine is the first-line treatment of anaphylaxis.",
        "Epinephrine is the preferred treatment of anaphylaxis.",
        "Epinephrine should be avoided in the treatment of anaphylaxis.",
    ),
    (
        "Dose adjustment of linezolid is not required in renal impairment.",
        "Dose adjustment of linezolid is unnecessary in renal impairment.",
        "Dose adjustment of linezolid is required in renal impairment.",
    ),
)

CHANGE_EN: tuple[Case, ...] = (
    (
        "The dose of propofol should be reduced in elderly patients.",
        "Reduce the dose of propofol in elderly patients.",
        "The dose of propofol should be increased in elderly patients.",
    ),
    (
        "Amiodarone increases the effect of warfarin.",
        "The effect of warfarin is increased by amiodarone.",
        "Amiodarone decreases the effect of warfarin.",
    ),
    (
        "Raise the levothyroxine dose during pregnancy.",
        "The levothyroxine dose should be raised during pregnancy.",
        "Lower the levothyroxine dose during pregnancy.",
    ),
    (
        "Tranexamic acid lowers the risk of bleeding after hip replacement.",
        "Tranexamic acid reduces the risk of bleeding after hip replacement.",
        "Tranexamic acid raises the risk of bleeding after hip replacement.",
    ),
)

COURSE_EN: tuple[Case, ...] = (
    (
        "Clopidogrel should be stopped five days before elective surgery.",
        "Stop clopidogrel five days before elective surgery.",
        "Clopidogrel should be started five days before elective surgery.",
    ),
    (
        "Beta-blockers should be continued throughout the perioperative period.",
        "Continue beta-blockers throughout the perioperative period.",
        "Beta-blockers should be discontinued throughout the perioperative period.",
    ),
    (
        "Levodopa must not be stopped abruptly.",
        "Levodopa should not be discontinued abruptly.",
        "Levodopa must be stopped abruptly.",
    ),
    (
        "Start norepinephrine when fluids fail to restore the blood pressure.",
        "Norepinephrine should be initiated when fluids fail to restore the blood pressure.",
        "Stop norepinephrine when fluids fail to restore the blood pressure.",
    ),
)

TIME_EN: tuple[Case, ...] = (
    (
        "Cefazolin is given within 60 minutes before incision.",
        "Cefazolin is given within 60 minutes prior to incision.",
        "Cefazolin is given within 60 minutes after incision.",
    ),
    (
        "Resume rivaroxaban 12 hours after surgery.",
        "Rivaroxaban is resumed 12 hours following surgery.",
        "Resume rivaroxaban 12 hours before surgery.",
    ),
    (
        "Sugammadex is given before extubation.",
        "Give sugammadex prior to extubation.",
        "Sugammadex is given after extubation.",
    ),
    (
        "Acarbose is taken before meals.",
        "Take acarbose before meals.",
        "Acarbose is taken after meals.",
    ),
)

LIMIT_EN: tuple[Case, ...] = (
    (
        "Solid food is withheld for at least 6 hours.",
        "Solid food is withheld for no less than 6 hours.",
        "Solid food is withheld for at most 6 hours.",
    ),
    (
        "Acetaminophen should not exceed 4 g per day.",
        "Acetaminophen is limited to at most 4 g per day.",
        "Acetaminophen should be at least 4 g per day.",
    ),
    (
        "Neuraxial block is withheld when the platelet count is below 50.",
        "Neuraxial block is withheld when the platelet count is less than 50.",
        "Neuraxial block is withheld when the platelet count is above 50.",
    ),
    (
        "Keep the mean arterial pressure above 65 mmHg in septic shock.",
        "Keep the mean arterial pressure over 65 mmHg in septic shock.",
        "Keep the mean arterial pressure below 65 mmHg in septic shock.",
    ),
    (
        "Anticoagulation lasts for a minimum of 3 months.",
        "Anticoagulation lasts for at least 3 months.",
        "Anticoagulation lasts for a maximum of 3 months.",
    ),
    (
        "Infuse vancomycin over no less than 60 minutes.",
        "Infuse vancomycin over at least 60 minutes.",
        "Infuse vancomycin over no more than 60 minutes.",
    ),
)

MIXED: tuple[Case, ...] = (
    (
        "氨基糖苷类应避免与呋塞米合用。",
        "呋塞米与氨基糖苷类不宜合用。",
        "氨基糖苷类可与呋塞米合用。",
    ),
    (
        "磺胺过敏者忌用塞来昔布。",
        "塞来昔布禁用于磺胺过敏者。",
        "磺胺过敏者可以使用塞来昔布。",
    ),
    (
        "CYP2C19 慢代谢型不建议使用氯吡格雷。",
        "氯吡格雷不推荐用于 CYP2C19 慢代谢型。",
        "CYP2C19 慢代谢型建议使用氯吡格雷。",
    ),
    (
        "血钾高于 5.5 mmol/L 时停用螺内酯。",
        "螺内酯在血钾超过 5.5 mmol/L 时应停用。",
        "血钾低于 5.5 mmol/L 时停用螺内酯。",
    ),
    (
        "肥厚型梗阻性心肌病患者禁止使用硝酸甘油。",
        "硝酸甘油不得用于肥厚型梗阻性心肌病患者。",
        "肥厚型梗阻性心肌病患者可使用硝酸甘油。",
    ),
    (
        "局麻药中毒时首先停止注射，并给予脂肪乳。",
        "局麻药中毒时应立即停止注射。",
        "局麻药中毒时应继续注射。",
    ),
    (
        "剖宫产术后 6 小时可进食流质。",
        "剖宫产手术后 6 小时可以进流质饮食。",
        "剖宫产术后 6 小时不可进食流质。",
    ),
    (
        "甲亢未控制者不宜行择期手术。",
        "未控制的甲亢患者不应行择期手术。",
        "甲亢未控制者宜行择期手术。",
    ),
    (
        "氯化钾静脉滴注速度不得超过 10 mmol/h。",
        "氯化钾静滴速度最高 10 mmol/h。",
        "氯化钾静脉滴注速度不得低于 10 mmol/h。",
    ),
    (
        "卡马西平可降低口服避孕药的疗效。",
        "口服避孕药的疗效可被卡马西平降低。",
        "卡马西平可增强口服避孕药的疗效。",
    ),
    (
        "Codeine should not be given to children younger than 12 years.",
        "Codeine is contraindicated in children under 12 years.",
        "Codeine may be given to children younger than 12 years.",
    ),
    (
        "Hold the SGLT2 inhibitor three days before surgery.",
        "Stop the SGLT2 inhibitor three days before surgery.",
        "Hold the SGLT2 inhibitor three days after surgery.",
    ),
    (
        "The infusion rate must not exceed 10 mmol per hour.",
        "The infusion rate is at most 10 mmol per hour.",
        "The infusion rate must be at least 10 mmol per hour.",
    ),
    (
        "Labetalol is preferred for hypertension in pregnancy.",
        "Labetalol is the first choice for hypertension in pregnancy.",
        "Labetalol should be avoided for hypertension in pregnancy.",
    ),
    (
        "Fluoroquinolones prolong the QT interval.",
        "The QT interval is prolonged by fluoroquinolones.",
        "Fluoroquinolones shorten the QT interval.",
    ),
    (
        "Do not combine sildenafil with nitrates.",
        "Sildenafil must not be combined with nitrates.",
        "Combine sildenafil with nitrates.",
    ),
    (
        "Oxygen is titrated to a saturation above 94 %.",
        "Oxygen is titrated to a saturation of more than 94 %.",
        "Oxygen is titrated to a saturation below 94 %.",
    ),
    (
        "Dexmedetomidine needs no dose reduction in renal failure.",
        "In renal failure the dose of dexmedetomidine need not be reduced.",
        "Dexmedetomidine needs dose reduction in renal failure.",
    ),
    (
        "Statins may be continued on the day of surgery.",
        "Continue statins on the day of surgery.",
        "Statins should be stopped on the day of surgery.",
    ),
    (
        "头孢唑林 2 g，切皮前 60 分钟内给予；手术超过 4 小时追加一次。",
        "手术时间大于 4 小时应追加头孢唑林一次。",
        "手术时间小于 4 小时应追加头孢唑林一次。",
    ),
    (
        "高血压合并妊娠首选拉贝洛尔，禁用 ACEI 和 ARB。",
        "高血压合并妊娠禁用 ACEI。",
        "高血压合并妊娠可用 ACEI。",
    ),
    (
        "高血压合并妊娠首选拉贝洛尔，禁用 ACEI 和 ARB。",
        "高血压合并妊娠首选拉贝洛尔。",
        "高血压合并妊娠禁用拉贝洛尔。",
    ),
    (
        "阿司匹林可在术前继续，氯吡格雷应停用 5 天。",
        "氯吡格雷应停用 5 天。",
        "阿司匹林应停用 5 天。",
    ),
    (
        "阿司匹林可在术前继续，氯吡格雷应停用 5 天。",
        "阿司匹林术前可继续。",
        "氯吡格雷术前可继续。",
    ),
    (
        "Aspirin may be continued before surgery; clopidogrel should be stopped 5 days before.",
        "Aspirin may be continued before surgery.",
        "Aspirin should be stopped before surgery.",
    ),
    (
        "Use dabigatran with caution at CrCl 30–50; do not use it below 30.",
        "Dabigatran should not be used at a CrCl below 30.",
        "Dabigatran may be used at a CrCl below 30.",
    ),
    (
        "Use dabigatran with caution at CrCl 30–50; do not use it below 30.",
        "Dabigatran is used cautiously at CrCl 30–50.",
        "Dabigatran is contraindicated at CrCl 30–50.",
    ),
    (
        "血压低于 90 mmHg 时应给予去甲肾上腺素，使平均动脉压不低于 65 mmHg。",
        "平均动脉压应维持在 65 mmHg 以上。",
        "平均动脉压应维持在 65 mmHg 以下。",
    ),
    (
        "对造影剂过敏者不应再次使用同种造影剂，可改用另一种。",
        "造影剂过敏者不得再次使用同种造影剂。",
        "造影剂过敏者可再次使用同种造影剂。",
    ),
    (
        "围术期糖皮质激素替代：长期使用者不可骤停，术日加用氢化可的松 100 mg。",
        "长期使用糖皮质激素者不得骤停。",
        "长期使用糖皮质激素者可骤停。",
    ),
    (
        "After the loading dose, the maintenance dose is reduced in hepatic impairment.",
        "In hepatic impairment the maintenance dose is lowered.",
        "In hepatic impairment the maintenance dose is raised.",
    ),
    (
        "MRI is safe with this pacemaker. CT is preferred in an emergency.",
        "CT is preferred in an emergency.",
        "MRI is not safe with this pacemaker.",
    ),
    (
        "Breast-feeding: compatible. Pregnancy: contraindicated in the first trimester.",
        "It is contraindicated in the first trimester of pregnancy.",
        "It is compatible with the first trimester of pregnancy.",
    ),
)

CASES: tuple[Case, ...] = (
    *(*USE_ZH, *CHANGE_ZH, *COURSE_ZH, *TIME_ZH, *LIMIT_ZH),
    *(*USE_EN, *CHANGE_EN, *COURSE_EN, *TIME_EN, *LIMIT_EN),
    *MIXED,
)
