"""Clinical texts that name nobody stay as they are: medicines, eponyms, units, departments."""

from __future__ import annotations

import pytest

from suwen.language.identifiers import find_identifiers

ENGLISH = """\
I'm worried, and we'll repeat the ECG; she'd rather wait, they've agreed.
Nystagmus, Strabismus and Ptosis absent. Alopecia noted. Autosomal dominant inheritance.
Crohn's disease, Hashimoto thyroiditis, Prader-Willi syndrome, Guillain-Barre excluded.
Babinski sign negative, Murphy sign positive, Glasgow Coma Scale 15, Child-Pugh class B.
Stevens-Johnson syndrome after Lamictal; Epstein-Barr serology negative.
Metoprolol 25 mg bid, Augmentin 875 mg, Lipitor 40 mg, Coumadin 5 mg, Synthroid 88 mcg.
Zosyn 3.375 g IV q6h, Vancomycin trough 15.2, Levaquin 750 mg via PEG tube, Xarelto 20 mg.
Feeds via NG tube at 60 ml per hour, flushes 30 ml. Via PICC line 2 units of packed cells.
HDLs, LDLs and TSHs were normal; IgM and IgG negative, GnRH stimulation not done.
MS over ten years. MS is relapsing-remitting; MRI of the brain without change.
Hemoglobin 13.2 g/dL, Potassium 4.1 mmol/L, Creatinine 88 umol/L, SpO2 97 % on room air.
Moved from ICU to step-down on POD 3; transferred to PACU, then returned to the ward.
He lives in assisted living with his wife, walks with a cane, denies tobacco.
Whipple procedure, Foley catheter, Swan-Ganz readings, Kaplan-Meier curve, Apgar 8 and 9.
Vitamin K 10 mg, Vitamin B12 1000 mcg, Folic acid 1 mg, Coenzyme Q10.
Range of motion is limited. Reflexes 2+ and symmetric. Romberg negative. Gait steady.
Photocoagulation and Sclerotherapy were discussed; Immunotherapy is an option.
Chest CT, CT scan of the abdomen, HRCT and PET-CT were reviewed. Room air sat 95.
Aspirin 81, Plavix 75, Lasix 40, Norvasc 10, Zocor 20, Prilosec 20 at discharge.
ST elevation in V1 to V4, EF 35 %, LAD stented, TIMI 3 flow, NYHA class III.
Polish, Thai and Vietnamese interpreters were offered. She was born in Vietnam.
She is originally from New Zealand. No travel to Papua New Guinea.
Stage IIIA, T2 N1 M0, ER positive, HER2 negative, Ki-67 20 %.
Abd soft, Meds reviewed, Bili 9.4, Peds aware; Diuresed well, Extubated on day two.
Hoehn and Yahr 2, May-Thurner excluded, Merkel cell carcinoma; Aquacel and Mepilex applied.
Radiotherapy planned after elective Surgery; murmur 2/6, strength 4/5, pain 7/10, Apgars 8/9.
Gram stain: Klebsiella, Pseudomonas and Neisseria; Candida grown in urine.
""".splitlines()

CHINESE = """\
帕金森病，予美多芭125mg tid，息宁控释片200mg bid。
墨菲征阴性，麦氏点压痛阳性，巴宾斯基征未引出，布鲁津斯基征阴性。
克罗恩病合并肛瘘，桥本甲状腺炎，格雷夫斯病，库欣综合征待排。
阿司匹林100mg qd，氯吡格雷75mg qd，阿托伐他汀20mg qn，美托洛尔25mg bid。
黄芪30g，党参15g，白术12g，茯苓15g，当归10g，甘草6g，何首乌10g，徐长卿10g。
血钾3.5mmol/L，血红蛋白112g/L，肌酐88μmol/L，血压142/88mmHg，心率96次/分。
川崎病患儿，静脉用丙种球蛋白2g/kg，广州管圆线虫病已除外。
行全麻下腹腔镜胆囊切除术，术中出血约20ml，标本送病理。
左下肺湿啰音，双下肢轻度水肿，病理征未引出，NIHSS评分3分。
头孢哌酮舒巴坦3g q12h，左氧氟沙星0.5g qd，万古霉素谷浓度15.2mg/L。
患者神志清，精神可，高度近视，长期高盐饮食，任何活动后均感气促。
胃镜示慢性浅表性胃炎，幽门螺杆菌阳性，予四联方案治疗14天。
云南白药胶囊0.5g tid，安宫牛黄丸1丸，六味地黄丸8粒 tid，血府逐瘀汤加减。
予希罗达联合奥沙利铂化疗，过程顺利，患者神志清，无黄染，胃纳可，肛周无异常。
神经束侵犯，切缘未见癌，子宫肌瘤术后，子宫切除，病理：乙状结肠溃疡型高中分化腺癌。
余前述情况无明显改变.近来诉咳嗽.胸部CT示左肺上叶小结节，边界清，右髂窝积液。
肌酐 88 μmol/L，β-catenin阳性，Lauren分型：肠型，CEA 3.2ng/ml，HER2（2+）。
予安维汀、赫赛汀靶向治疗，诺和锐12u，格列齐特30mg qd，兰瑞肽每月一次。
来潮后第3天，房颤，束支传导阻滞，管型2-3/HP，周围神经病变，时有头晕，余无特殊。
针刺合谷、阳白、太冲，予黄连素、他莫昔芬，门冬胰岛素6U，美罗培南1g q8h，阿达木单抗40mg。
羊水清，胎心好，宫口开3cm，楼道无电梯，患者路边倒地，家属陪同，向主任汇报，和老师商量。
医生：最近一次是什么时候？医生：可以看到。就诊医院：不详，附近哪个医院有儿科？
心电图示窦性心律，V1-V4导联ST段抬高，左室射血分数35%。
""".splitlines()


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text: str) -> None:
    assert [text[s.start : s.end] for s in find_identifiers(text)] == []


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text: str) -> None:
    assert [text[s.start : s.end] for s in find_identifiers(text)] == []
