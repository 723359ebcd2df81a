"""Style B: how people talk and scribble, without labels; kept from whoever writes recognisers."""

TEMPLATES = (
    "昨晚{NAME:name}又说胸口闷，家属{NAME:name}陪了一夜，早上血压150/90，已告知值班医生。",
    "老太太{AGE_OVER_89:old}，大儿子从{ADDRESS:place}赶回来，说以前在{ORGANISATION:hospital}装过起搏器。",
    "{NAME:name}的片子拷给家属了，回头打{PHONE:mobile}催一下缴费。",
    "陪同来的是{ORGANISATION:work}的同事{NAME:name}，说{NAME:name}在车间突然倒下，口吐白沫约三分钟。",
    "病理会诊意见由{NAME:name}教授口述：倾向低分化腺癌。{NAME:name}本人尚不知情，只告诉了女儿{NAME:name}。",
    "小朋友在{ORGANISATION:work}门口被电动车撞了，爸爸{NAME:name}抱来的，{DATE:date}打过百白破。",
    "转诊患者，{NAME:name}，{ID_NUMBER:identity}，合作医疗，家在{ADDRESS:address}，子女均在外地打工。",
    "微信里{NAME:name}发来化验单，邮箱{EMAIL:email}也抄送了一份，让改到{DATE:date}来做肠镜。",
    "上次是{NAME:name}给做的支架，{DATE:date}，前降支，之后一直在{ORGANISATION:hospital}随诊。",
    "护理交班：3床{NAME:name}夜间两次低血糖2.9、3.1；5床{NAME:name}引流液偏红约150ml。",
    "打车来的，司机把{LICENCE_PLATE:plate}停在急诊门口，患者{NAME:name}自行步入，嘴唇稍绀。",
    "他爱人留了两个号，{PHONE:mobile}和{PHONE:landline}，说白天打后一个，找{NAME:name}就行。",
    "补录：{NAME:name}术中出血约400ml，{NAME:name}上台协助止血，{DATE:date}回室。",
    "家属要求把住院押金退到{BANK_CARD:card}，签字人{NAME:name}，已核对。",
    "外籍患者{NAME:english}，护照{ID_NUMBER:passport}，在{ORGANISATION:work}任教，既往青霉素过敏。",
    "从{ADDRESS:place}来的农民工，名字叫{NAME:name}，老乡{NAME:name}垫付了费用。",
)

PLAIN = (
    "夜间两次如厕，协助下床，无跌倒；口腔护理bid，翻身q2h，骶尾部皮肤完整。",
    "说吃了华法林三片，INR 4.6，没有出血点，先停一天，明早复查凝血。",
    "想吃稀饭，嫌食堂的太稠；情绪平稳，愿意配合明天的胃镜。",
    "孩子烧到39.2℃，吃了美林5ml，半小时后降到38.1℃，精神好转，能玩积木。",
    "腹腔镜下胆囊切除，手术顺利，时长55分钟，出血约20ml，未放引流。",
    "拍背排痰，痰黄粘，量约30ml；雾化布地奈德1mg bid，血氧96%。",
    "高三酰甘油血症，TG 11.3mmol/L，脂肪酶三倍以上，禁食补液。",
)
