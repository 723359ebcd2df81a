"""Requests to harm somebody, or to deceive, by medical means; and plain crimes."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

_HOW_EN = r"\b(?:how (?:can|could|do|to|might|would|should)|ways? to|help me|teach me|tell me how to|explain how to|show me how|want to|steps to|guide (?:to|on)|plan to|method to|tips (?:for|on|to)|strateg(?:y|ies) (?:to|for))\b[^.?!\n]{0,60}"
_HOW_ZH = r"(?:怎么|怎样|如何|教我|帮我|我想|想要|方法|步骤|有什么办法|能不能)[^。！？\n]{0,15}"

HARM = (
    Rule(
        "harm.poisoning",
        _HOW_EN
        + r"\b(?:poison|drug|spike|overdose) (?:my|his|her|a|an|the|some|somebody|someone|him)\b[^.?!\n]{0,20}(?:husband|wife|boss|neighbou?r|partner|drink|food|coffee|tea|mother|father|colleague|man|woman|person|one\b|body\b|ex\b|roommate)",
    ),
    Rule(
        "harm.poisoning",
        r"\b(?:kill|murder|poison)\b[^.?!\n]{0,40}\b(?:undetect|untraceable|look (?:like|natural)|without (?:a trace|anyone|being caught|getting caught)|nobody (?:notice|know|find))",
    ),
    Rule(
        "harm.poisoning",
        _HOW_ZH
        + r"(?:给|往|对|向)[^。！？\n]{0,8}(?:投毒|下(?:堕胎|打胎|迷|毒)?药|下毒)|(?:毒死|毒害|药死|弄死|害死|迷晕|迷倒)(?:他|她|别人|某人|一个|我|老公|老婆|人|邻居|同事)",
        r"怎么抢救|被.{0,4}(?:下药|下毒|毒)",
    ),
    Rule(
        "harm.diversion",
        r"\b(?:divert|steal|smuggle|resell|sell|pilfer)(?:ing)? [^.?!\n]{0,25}(?:opioids?|morphine|fentanyl|oxycodone|ketamine|narcotics?|controlled (?:drugs?|substances?)|hydromorphone|diazepam|propofol|medications? from)\b",
    ),
    Rule(
        "harm.diversion",
        r"(?:偷|私藏|倒卖|转卖|贩卖|套取|骗取|截留|骗开|多开)[^。！？\n]{0,10}(?:吗啡|杜冷丁|芬太尼|麻醉药|精神药品|管制药|安定|曲马多|氯胺酮|麻药)|(?:不用|没有|无需|绕过)处方[^。！？\n]{0,8}(?:买到|购买|弄到|搞到|拿到)[^。！？\n]{0,8}(?:吗啡|杜冷丁|芬太尼|安定|曲马多|安眠药|药)",
    ),
    Rule(
        "harm.forged_prescription",
        r"\b(?:forge|fake|falsify|counterfeit|alter)(?:d|ing)? [^.?!\n]{0,20}(?:prescriptions?|sick notes?|medical (?:certificate|records?|credentials?|licen[cs]e)|doctor's note|diagnos[ie]s|discharge (?:summar\w+|letters?)|medical reports?|progress notes?|lab(?:oratory)? results?|test results?|vaccination card|consent forms?)\b",
    ),
    Rule(
        "harm.fraud",
        r"(?:伪造|篡改|编造|造假|假造|虚构|涂改|开假|开虚假|改动)[^。！？\n]{0,10}(?:病历|处方|诊断|小结|证明|检查报告|化验单|病假条|病假|记录|知情同意|试验数据|签字|签名|证明|资质)|(?:骗取|骗|套取|骗保|冒领)[^。！？\n]{0,8}(?:医保|保险|社保|赔偿|工伤)",
        r"被骗|举报|防止|防范|维权",
    ),
    Rule(
        "harm.fraud",
        r"\b(?:defraud|cheat|scam|deceive)(?:ing)? [^.?!\n]{0,20}(?:insurance|insurers?|medicare|medicaid|patients?)\b|\b(?:upcod(?:e|ing)|phantom billing|bill(?:ing)? for (?:services|visits|procedures) (?:not|never|that were (?:not|never)))\b|\b(?:fake|false|fraudulent) (?:insurance )?claims?\b",
        r"\b(?:report|detect|prevent|avoid being|victim)",
    ),
    Rule(
        "harm.without_consent",
        r"\bwithout (?:the |any |their |his |her |your |my |a |proper |prior |explicit |informed |obtaining |getting |seeking ){0,4}(?:patients?'?s? |patient's )?(?:(?:informed |explicit )?consent|knowledge or consent|permission|authori[sz]ation|knowing)\b",
        r"\b(?:excluded?|inclusion|is it legal|illegal|prohibited|not allowed)\b",
    ),
    Rule(
        "harm.without_consent",
        r"(?:不经|未经|没有|不用|无需)[^。！？\n]{0,6}(?:同意|知情同意|许可|允许)[^。！？\n]{0,3}(?:就|而|便|下)[^。！？\n]{0,10}(?:手术|试验|实验|治疗|用药|查看|公开|使用|操作|结扎)|(?:瞒着|背着|偷偷(?:地)?给)(?:患者|病人|他|她|家属|别人)[^。！？\n]{0,10}(?:试验|实验|手术|用药|下药|结扎|吃药|检测)",
    ),
    Rule(
        "harm.abortion_without_care",
        r"(?:自己|在家|私自|偷偷)[^。！？\n]{0,8}(?:打胎|堕胎|引产|流掉|流产)[^。！？\n]{0,12}(?:不去医院|不用去医院|不看医生|的方法|怎么|土办法|偏方)|(?:怎么|如何)[^。！？\n]{0,6}(?:自己|在家|私自)(?:打胎|堕胎|引产|把孩子流)",
    ),
    Rule(
        "harm.abortion_without_care",
        _HOW_EN
        + r"(?:abort|abortion|induce (?:labou?r|a miscarriage)|end (?:a|my|her) pregnancy)[^.?!\n]{0,40}(?:at home|myself|without (?:a doctor|medical|supervision|telling|her|anyone)|secretly)",
    ),
    Rule(
        "harm.privacy",
        _HOW_EN
        + r"(?:hack|leak|sell|expose|publish|spy on|snoop|look up|access|steal)[^.?!\n]{0,40}(?:patient (?:data|records?|information)|medical (?:records?|histor)|health (?:records?|data|information)|test results|hiv status|confidential)",
        r"\bmy own\b|\bmy (?:medical|health|test)",
    ),
    Rule(
        "harm.privacy",
        r"(?:偷看|偷查|泄露|泄漏|贩卖|出售|倒卖|曝光|打听|窃取|盗取|查一下)[^。！？\n]{0,12}(?:别人|他人|患者|病人|邻居|明星|同事|前妻|前夫|前女友|前男友|领导)[^。！？\n]{0,8}(?:病历|病史|隐私|信息|检查|结果|记录)",
        r"保护|防止|避免|举报|被泄",
    ),
    Rule(
        "harm.discrimination",
        r"\b(?:refus\w+|den(?:y|ies|ying)|withhold\w*|limit\w*|restrict\w*|deprioriti[sz]\w+|prioriti[sz]\w+|reject\w*|discriminat\w+|exclud\w+|treat\w*|turn\w* away|select\w*|choos\w+)\b[^.?!\n]{0,60}\b(?:based on|because of|due to|depending on|regardless of|on the basis of|on account of|according to) (?:their |a |the |his |her |patient'?s?'? )?(?:perceived )?(?:race|ethnic\w*|religio\w+|sexual|gender|income|socio\w*|insurance|immigra\w+|national\w+|disabilit\w+|financial|wealth|social|political|ability to pay|skin|lifestyle|appearance|personal (?:belief|bias|prejudice))",
    ),
    Rule(
        "harm.discrimination",
        r"\b(?:should not|shouldn't|do not|don't|does not) (?:be (?:entitled|required|obliged|forced|allowed|given|provided)|provide|receive|deserve|have (?:the right|access)|get)\b[^.?!\n]{0,30}\b(?:free|medical|health|care|treatment|therapy|services?|coverage|vaccin|insurance)",
        r"\b(?:eat|drink|exercise|pregnan|dose|before surgery|mg|if you|if the)\b",
    ),
    Rule(
        "harm.discrimination",
        r"(?:歧视|区别对待|拒绝(?:治疗|收治|接诊)|拒收|不给|刁难)[^。！？\n]{0,6}(?:外地|农村|穷|残疾|艾滋|同性恋|老年|低保|少数民族|没钱|吸毒|精神病)[^。！？\n]{0,6}(?:患者|病人|人|者)",
        r"维权|怎么办|被歧视|投诉|遭",
    ),
    Rule(
        "harm.unlicensed",
        r"\b(?:practi[cs]e medicine|work as an? (?:doctor|nurse|physician|surgeon)|pose as an? (?:doctor|nurse|physician)|impersonate an? (?:doctor|nurse|physician)) ?[^.?!\n]{0,20}(?:without|illegally|unlicensed|no )?|(?:无证|冒充|没有执照)[^。！？\n]{0,4}(?:行医|医生|护士|坐诊|开诊所)",
        r"\b(?:requirements?|visa|abroad|license to)\b|举报|怎么识别|如何识别",
    ),
    Rule(
        "harm.organ_trade",
        r"(?:买卖|倒卖|贩卖|偷取|黑市|卖掉?)[^。！？\n]{0,6}(?:器官|肾脏|一个肾|卵子|角膜)|\b(?:buy|sell|harvest|traffic)(?:ing)? [^.?!\n]{0,15}(?:organs?|a kidney|my kidney|kidneys)\b[^.?!\n]{0,30}",
        r"donat",
    ),
    Rule(
        "harm.sick_child",
        r"\b(?:make|keep) (?:my|a|the) (?:child|son|daughter|baby) (?:sick|ill)\b|让孩子(?:生病|得病)",
    ),
    Rule(
        "harm.cover_up",
        r"\b(?:cover(?:ing)? up|conceal(?:ing)?|hid(?:e|ing))\b [^.?!\n]{0,30}(?:malpractice|medical errors?|mistakes?|adverse (?:events?|effects?)|negligence|complications?|conflicts? of interest|wrongdoing|surgical error)",
    ),
    Rule(
        "harm.cover_up",
        r"(?:隐瞒|掩盖|销毁|毁灭|藏匿)[^。！？\n]{0,10}(?:医疗事故|医疗差错|不良反应|证据|病历|过失|疫情|传染病)",
    ),
    Rule(
        "harm.tampering",
        r"(?:说服|骗|让)我?的?医生[^。！？\n]{0,8}(?:不需要|没必要|假)[^。！？\n]{0,8}药?|\b(?:trick|convince|persuade|fool|manipulate) (?:my|a|the) (?:doctor|physician|pharmacist|psychiatrist) (?:in)?to (?:prescrib|giv|sign|writ)\w*",
    ),
)

CRIME = (
    Rule(
        "crime.weapon",
        _HOW_ZH
        + r"(?:制造|制作|做|造|合成)[^。！？\n]{0,6}(?:炸弹|炸药|枪支|毒品|冰毒|病毒武器|毒气|燃烧瓶)|"
        + _HOW_EN
        + r"\b(?:make|build|cook|create|synthesi[sz]e|construct)\b[^.?!\n]{0,20}(?:bombs?|explosives?|meth\b|methamphetamine|nerve agents?|chemical weapons?|guns?\b|ransomware|malware|botnet|keylogger)",
    ),
    Rule(
        "crime.deed",
        r"(?:如何|怎么|怎样|教我|帮我)[^。！？\n]{0,20}(?:洗钱|逃税|偷税|抢劫|盗窃|偷车|赌博业务|黑客攻击|网络攻击|僵尸网络|入侵系统|跟踪器|监视我|贿赂|行贿|走私|内幕交易|伪造护照|勒索|拐卖|传销|逃避警察|躲避警察|雇凶)",
    ),
    Rule(
        "crime.deed",
        r"\b(?:how (?:can|do|to|could)|guide|tutorial|plan|steps|instructions|tips|tactics|scheme|campaign|explaining|script|post|article|email)\b[^.?!\n]{0,60}\b(?:launder(?:ing)? money|money laundering|hack(?:ing)? into|identity theft|blackmail|human trafficking|insider (?:trading|information)|tax (?:evasion|fraud)|ponzi|pyramid scheme|bomb|bribe|ransomware|phishing|counterfeit money|shoplift|kidnap|arson|torture|genocide|child porn|extort|doxx?|plagiari[sz]e|genocide)\w*",
    ),
)
