"""Somebody may die: such a message is handed to a person at once, and is never only refused."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

_I_EN = r"(?:i|i'm|i am|i've|i have|my (?:son|daughter|wife|husband|mother|father|friend|brother|sister|partner|child|baby|mom|dad))"
_I_ZH = r"(?:我|俺|本人|孩子|女儿|儿子|老公|老婆|妈妈|爸爸|母亲|父亲|朋友|宝宝)"

SELF_HARM = (
    Rule(
        "crisis.self_harm",
        r"\b(?:i|i'm|i am) [^.?!]{0,30}(?:want|going|plan|planning|ready|thinking|wish) [^.?!]{0,15}(?:to die|to be dead|of dying|i were dead|i was dead|dead\b)",
    ),
    Rule(
        "crisis.self_harm",
        r"\b(?:kill(?:ing)?|hurt(?:ing)?|hang(?:ing)?|cut(?:ting)?|harm(?:ing)?|drown(?:ing)?|poison(?:ing)?|shoot(?:ing)?|suffocat(?:e|ing)|starv(?:e|ing)) (?:myself|themself|himself|herself)\b",
    ),
    Rule(
        "crisis.self_harm",
        r"\b(?:end(?:ing)?|take|taking) (?:it all\b|my (?:own )?life\b)|\bcommit(?:ting)? suicide\b|\bsuicidal\b|\bmy suicide\b|\bsuicide note\b|\bunalive myself\b",
    ),
    Rule(
        "crisis.self_harm",
        r"\b(?:don't|do not|no longer) want to (?:live|be alive|wake up|exist|be here any ?more)\b|\bno (?:reason|point) (?:to|in) (?:live|living|going on)\b|\bbetter off (?:dead|without me)\b",
    ),
    Rule(
        "crisis.self_harm",
        r"\b(?:painless|easiest|quickest|best|surest) way to die\b|\bhow many [a-z ]{1,30}(?:to (?:die|kill me)|until i die|will kill me)\b",
    ),
    Rule(
        "crisis.self_harm",
        r"\bi (?:just )?(?:took|swallowed|have taken|have swallowed) (?:all|the whole|a whole|too many|a bottle|the entire|\d{2,} )[^.?!]{0,30}(?:pills?|tablets?|bottle|box|packet|medicine|medication)",
    ),
    Rule(
        "crisis.self_harm",
        r"(?:我|他|她|孩子|女儿|儿子|老公|老婆|朋友)[^。！？\n]{0,12}(?:想死|不想活|想自杀|要自杀|想自残|要跳楼|想跳楼|想轻生|活不下去|割腕|想结束生命|寻死|想了结)",
        r"痒得?想死|疼得?想死|痛得?想死|难受得?想死|烦得?想死",
    ),
    Rule(
        "crisis.self_harm",
        r"(?:不想活了|活着没意思|活着没有?意义|活够了|生无可恋|想一死了之|死了算了|一了百了|不如死了|结束自己的生命|结束我的生命)",
    ),
    Rule(
        "crisis.self_harm",
        r"(?:怎么|怎样|如何|什么|哪种)[^。！？\n]{0,10}(?:自杀|自尽|自残|死得?(?:快|不痛苦|没有痛苦)|安乐死自己|割腕|无痛(?:苦)?(?:地)?死)|(?:自杀|自尽)的?(?:方法|方式|办法)|多少[^。！？\n]{0,10}(?:能死|会死掉|致死我)",
    ),
    Rule(
        "crisis.self_harm",
        r"(?:我|他|她|孩子|女儿|儿子|老公|老婆)[^。！？\n]{0,8}(?:吃了|吞了|喝了|服了)[^。！？\n]{0,6}(?:一整?瓶|整瓶|一大把|几十[片粒颗]|[二三四五六七八九]十[片粒颗]|[1-9]\d{1,2}[片粒颗]|农药|百草枯|敌敌畏|老鼠药)",
    ),
)
"""Of whoever writes, or of somebody near."""

SUICIDE_NAMED = (Rule("crisis.self_harm", r"\bsuicid|\bself[- ]harm|自杀|自残|轻生"),)
"""The bare word; enough where a patient writes, not where a clinician does."""

EMERGENCY = (
    Rule(
        "crisis.emergency",
        rf"\b{_I_EN}\b[^.?!]{{0,40}}(?:can't|cannot|can not|can hardly|can barely|unable to) (?:breathe|breath|speak|move (?:my|his|her|one))",
    ),
    Rule(
        "crisis.emergency",
        r"\b(?:crushing|sudden severe|terrible|squeezing) (?:chest pain|pain in (?:my|the) chest)|\bchest pain[^.?!]{0,60}(?:left arm|jaw|sweat|short of breath|can't breathe|pass(?:ed|ing)? out)|\bhaving a (?:heart attack|stroke)\b",
    ),
    Rule(
        "crisis.emergency",
        r"\b(?:not breathing|stopped breathing|turning blue|lips are blue|unconscious right now|won't wake up|will not wake up|is choking|not responding|unresponsive and)\b",
    ),
    Rule(
        "crisis.emergency",
        r"\b(?:face|mouth) (?:is |has )?(?:suddenly )?(?:droop|hanging)|\bsudden(?:ly)?[^.?!]{0,30}(?:can't speak|cannot speak|slurred|one side|numb on one)|\bworst headache of my life\b",
    ),
    Rule(
        "crisis.emergency",
        r"\b(?:bleeding (?:heavily|won't stop|will not stop|and it won't stop)|vomiting blood|coughing up (?:a lot of )?blood|throat is (?:closing|swelling)|is having a seizure|seizing now)\b",
    ),
    Rule(
        "crisis.emergency",
        rf"(?:{_I_ZH}|现在|突然)[^。！？\n]{{0,15}}(?:喘不上气|喘不过气来|不能呼吸|没有呼吸|停止呼吸|没有?心跳|叫不醒|昏迷不醒|失去意识|晕过去了|口唇发紫|嘴唇发紫|大出血|血止不住|正在抽搐)",
    ),
    Rule(
        "crisis.emergency",
        r"(?:胸口|胸部|心口|心前区|胸)[^。！？\n]{0,6}(?:压榨|剧痛|剧烈疼痛|像石头压)|(?:胸痛|胸口疼|胸口痛)[^。！？\n]{0,20}(?:大汗|出冷汗|左臂|左肩|喘不上气)",
    ),
    Rule(
        "crisis.emergency",
        r"(?:突然|刚才|现在)[^。！？\n]{0,12}(?:嘴歪|口角歪斜|半边身子|一侧肢体|说不出话|说话不清|看不见了)",
    ),
    Rule(
        "crisis.emergency",
        r"(?:喉咙|嗓子)[^。！？\n]{0,6}(?:肿得|堵住|卡住)[^。！？\n]{0,8}(?:呼吸|喘)|(?:误服|误喝|喝下)[^。！？\n]{0,8}(?:农药|百草枯|强酸|洁厕灵|老鼠药)|(?:吐|呕)[^。！？\n]{0,4}(?:大量|好多|很多)(?:鲜)?血",
    ),
)
"""Of now, in words of those who have it."""
