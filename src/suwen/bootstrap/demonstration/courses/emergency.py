"""Emergency encounters in Chinese."""

from __future__ import annotations

from suwen.bootstrap.demonstration.plans import (
    Course,
    Diagnosed,
    FollowUp,
    Imaging,
    Order,
    Setting,
    Vitals,
    draw,
)

CHEST_PAIN = Course(
    key="chest-pain",
    language="zh",
    setting=Setting.EMERGENCY,
    department="emergency",
    reason="胸痛2小时",
    histories=(
        "患者2小时前搬重物后出现胸骨后闷痛，无放射，持续约20分钟后减轻，仍有胸部不"
        "适，无大汗、气促、晕厥，无撕裂样背痛。",
    ),
    examination="神志清，皮肤干燥温暖，双上肢血压对称，双肺呼吸音清，心律齐，未闻及杂音，胸"
    "壁无压痛，双下肢无肿胀。",
    diagnoses=(Diagnosed("chest-pain", confirmed=False),),
    assessment="首次高敏肌钙蛋白I {TNI_0}，首份心电图无ST段抬高，单次结果不能排除心肌梗死，"
    "需按时复查；暂无夹层与肺栓塞表现。",
    plan="心电监护，3小时内复查高敏肌钙蛋白与心电图；阿司匹林嚼服；心内科会诊。",
    onset_days=0,
    hour=8,
    draws=(draw(0, "cbc renal lytes cardiac coag", TNI=21, CKMB=2.1, K=4.0),),
    vitals={0: Vitals(36.6, 88, 18, 146, 88, 97)},
    orders=(Order("aspirin 300 mg po st", 0, None, None, "chest-pain", "嚼服"),),
    imaging=(
        Imaging(0, "ECG", "十二导联心电图", "心脏", "窦性心律，V4-V6导联T波低平，未见ST段抬高。"),
        Imaging(0, "DX", "床旁胸部X线", "胸部", "双肺野清晰，心影不大，纵隔不宽，未见气胸。"),
    ),
)

HYPOGLYCAEMIA = Course(
    key="hypoglycaemia",
    language="zh",
    setting=Setting.EMERGENCY,
    department="emergency",
    reason="心慌、出汗伴反应迟钝1小时",
    histories=(
        "患者晨起服降糖药后未进早餐，1小时前心慌、出冷汗、手抖，随后反应迟钝、答非"
        "所问，家属测指尖血糖2.4 mmol/L，急送来院。无抽搐、呕吐，无肢体无力。",
    ),
    examination="嗜睡，可唤醒，皮肤湿冷，双侧瞳孔等大等圆，双肺呼吸音清，心律齐，四肢肌力对"
    "称，病理征未引出。",
    diagnoses=(Diagnosed("hypoglycaemia", cured=True), Diagnosed("type2-diabetes")),
    assessment="静脉血糖 {GLUR_0}，给糖后神志转清，药物性低血糖明确；磺脲类作用时间长，肌"
    "酐 {CREA_0}，有再发可能，留观。",
    plan="50%葡萄糖静脉注射，每30分钟测血糖至稳定；停用格列齐特，改用低血糖风险小的"
    "药物；向家属交代规律进餐。",
    onset_days=0,
    hour=9,
    draws=(draw(0, "glur renal lytes", GLUR=2.3, K=3.7, CREA=96),),
    vitals={0: Vitals(36.2, 104, 18, 142, 78, 97)},
    orders=(Order("glucose-50 40 mL iv st", 0, None, None, "hypoglycaemia"),),
    imaging=(Imaging(0, "ECG", "十二导联心电图", "心脏", "窦性心动过速，无急性ST-T改变。"),),
    discharge_orders=(Order("linagliptin 5 mg po qd"),),
    care_plan=("规律进餐，外出携带糖块", "血糖低于3.9 mmol/L时立即进食15 g糖"),
    follow_up=FollowUp(7, "内分泌科门诊复诊", ("糖化血红蛋白",)),
)
