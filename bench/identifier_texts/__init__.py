"""Notes that the recognisers and their peers read in a measurement; nobody has these names."""

ENGLISH = (
    "{name} is a {age}-year-old woman who was admitted to St. Brigid's Hospital on {month}/12/2024 "
    "with three days of worsening shortness of breath. Medical record number: {number}. Past "
    "history of hypertension and type 2 diabetes, on metformin 500 mg twice daily and lisinopril "
    "10 mg. On examination blood pressure 142/88, heart rate 96, saturation 93 % on room air. "
    "Chest radiograph shows bilateral effusions. She lives at {house} Baker Street, Leeds; her "
    "daughter can be reached on (555) 201-{phone}. Seen by Dr. Harrow, who started furosemide."
)
CHINESE = (
    "患者{name}，女，{age}岁，因“活动后气促3天，加重1天”于2024年{month}月12日收入院，住院号：{number}。"
    "既往高血压病史10年，规律口服氨氯地平5mg qd，2型糖尿病史5年。查体：体温36.8℃，血压142/88mmHg，"
    "心率96次/分，双下肢轻度水肿。胸片示双侧胸腔积液。家住江苏省南京市鼓楼区中山北路{house}号，"
    "联系电话1380013{phone}，女儿陪同来院。主管医师王文清查房后指示予呋塞米20mg静推，继续观察。"
)
NAMES = {
    "en": ("Margaret Hollis", "Susan Pryor", "Elaine Whitby", "Joan Castell"),
    "zh": ("林慧敏", "赵秀兰", "周丽华", "欧阳静"),
}


def notes(language: str, count: int) -> list[str]:
    """As many notes, of two or three hundred different ones."""
    form = ENGLISH if language == "en" else CHINESE
    return [
        form.format(
            name=NAMES[language][n % 4],
            age=30 + n % 50,
            month=1 + n % 9,
            number=20_240_000 + n * 7,
            house=1 + n % 200,
            phone=1000 + n % 9000,
        )
        for n in range(count)
    ]
