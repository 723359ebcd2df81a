"""What gives an order to a model away: a table of patterns, by kind, in reading order.

A pattern must name what only a machine has (instructions above, a prompt, a role, a turn), since
clinical language is full of orders to people.
"""

from __future__ import annotations

import re
from enum import StrEnum

from suwen.language.needed_words import NeededWords


class InstructionKind(StrEnum):
    """What gives a text away."""

    OVERRIDE = "override"
    ROLE_CHANGE = "role_change"
    PROMPT_LEAK = "prompt_leak"
    OUTPUT_ORDER = "output_order"
    ROLE_MARKER = "role_marker"
    TOOL_CALL = "tool_call"
    HIDDEN_CHARACTERS = "hidden_characters"
    ENCODED = "encoded"


# What only a machine has: instructions above, a prompt, a system message, a context, training.
_MACHINE_EN = (
    r"(?:(?:previous|prior|above|preceding|earlier|foregoing|original|initial|system|all|any|your|"
    r"these|those|the|other|safety|of|my|developer)\s+){1,5}"
    r"(?:instructions?|prompts?|directions?|directives?|guidelines?|rules?|guardrails?|"
    r"system\s+messages?|context|constraints?|restrictions?|programming|training)"
)
_LATER_EN = r"(?:previous|prior|above|preceding|foregoing|system|original|initial|your|developer)"
_MACHINE_ZH = (
    r"(?:指令|指示|提示词|提示|系统消息|系统信息|系统设定|设定|规则|约束|限制|上下文|对话|命令|"
    r"要求|安全策略|安全规则|内容)"
)
_NO_LONGER_EN = (
    r"(?:no\s+longer(?:\s+(?:have|need)\s+to)?|(?:do\s+not|don't)(?:\s+(?:have|need)\s+to)?|need\s*n[o']t|"
    r"must\s+(?:not|no\s+longer)|should\s+(?:not|no\s+longer)|(?:can|may)\s+(?:stop|now\s+stop)|"
    r"(?:will|shall)\s+(?:not|no\s+longer)|not)"
)
_AI_EN = (
    r"(?:an?\s+|the\s+)?(?:ai|a\.i\.|artificial\s+intelligence|assistant|language\s+model|llm|"
    r"chat\s?bot|chatgpt|gpt(?:-\d)?|model|dan|jailbroken\s+\w+|unrestricted\s+\w+|"
    r"unfiltered\s+\w+|developer\s+mode)"
)
_AI_ZH = (
    r"(?:人工智能|AI|大模型|语言模型|模型|智能助手|AI助手|助手|聊天机器人|机器人|系统管理员|开发者|"
    r"不受限制的|没有限制的|无限制的|DAN|越狱)"
)

_PATTERNS: tuple[tuple[InstructionKind, str], ...] = (
    # English: setting earlier orders aside.
    (
        InstructionKind.OVERRIDE,
        r"\b(?:ignore|disregard|forget|override|bypass|overrule|discard|neglect|skip)\b"
        r"[\s,:]{1,3}(?:about\s+|everything\s+(?:in\s+|from\s+)?|completely\s+)?"
        rf"(?={_LATER_EN}\b|all\b|any\b|the\b|these\b|those\b|safety\b|my\b|every)"
        rf"(?:{_MACHINE_EN})"
        r"(?!\s+(?:given|from|by|of|for|to|on|regarding|about|provided\s+by)\s+(?:the\s+|his\s+|"
        r"her\s+|their\s+|a\s+|our\s+)?"
        r"(?:patient|family|doctor|physician|nurse|pharmac|surgeon|clinic|hospital|ward|diet|"
        r"discharge|medication|dosing|label|manufacturer|wife|husband|mother|father|daughter|son|"
        r"caregiver|carer|insulin|wound|activity|weight))",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:ignore|disregard|forget)\s+(?:everything|anything|all|what(?:ever)?)\s+"
        r"(?:(?:that\s+)?(?:you\s+(?:were|have\s+been|'ve\s+been)|i\s+(?:said|told\s+you)|"
        r"(?:is\s+|was\s+)?(?:said\s+|written\s+)?(?:above|before\s+this|prior\s+to\s+this)))",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:your|the)\s+(?:new|real|actual|updated|only)\s+(?:instructions?|task|objective|"
        r"goal|directive|prompt)\s*(?:is|are|:|：)",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:do\s+not|don't|never)\s+(?:follow|obey|comply\s+with)\s+"
        r"(?:your|the\s+(?:system|previous|above|original)|any\s+(?:previous|prior|system))\b"
        r"(?![^.?!\n]{0,40}\b(?:insulin|diet|fluid|salt|wound|medication|dosing|activity|exercise|"
        r"fasting|smok|discharge|physician|nurse|pharmac))",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:end|start|beginning)\s+of\s+(?:the\s+)?(?:system\s+|user\s+)?"
        r"(?:prompt|instructions|context\s+window)\b",
    ),
    # English: rules that are no longer to be kept. Somebody who keeps no rule of a diet is a
    # patient; only who is spoken to, or told to, is meant.
    (
        InstructionKind.OVERRIDE,
        rf"(?:\byou\s+(?:are\s+)?{_NO_LONGER_EN}|"
        rf"(?:^|[.;:!?,\n]\s*|\b(?:from\s+now\s+on|henceforth|hereafter|going\s+forward|"
        rf"from\s+(?:this|here)(?:\s+(?:point|moment))?\s+(?:on|onwards?)|from\s+here\s+on|then|please|and|"
        rf"just)\s*,?\s*)(?:stop|cease|quit|no\s+longer|do\s+not|don't|never))\s+(?:any\s+(?:more|longer)\s+)?"
        rf"(?:follow|obey|adher|comply|respect|abid|observ|heed|stick|be\s+bound|bound|oblig|listen)\w*\s+"
        rf"(?:(?:to|by|with)\s+)?(?:any\s+of\s+|all\s+(?:of\s+)?)?"
        rf"(?=[^.?!\n]{{0,40}}\b(?:previous|prior|earlier|above|foregoing|original|initial|preceding|your|these|"
        rf"those|system|safety|said)\b)[^.?!\n]{{0,30}}?"
        rf"\b(?:rules?|instructions?|regulations?|guidelines?|directives?|constraints?|restrictions?|"
        rf"polic(?:y|ies)|commands?|orders)\b"
        r"(?!\s+(?:for|on|of|about|regarding|given|from|by)\s+(?:the\s+|his\s+|her\s+|their\s+|a\s+)?(?:patient|"
        r"family|doctor|physician|nurse|pharmac|surgeon|clinic|ward|diet|fluid|salt|discharge|medication|"
        r"dosing|smok|exercise|wound|insulin|activity|weight|alcohol|fasting|treatment))",
    ),
    (InstructionKind.OVERRIDE, r"\b(?:new|updated|system)\s+instructions?\s*[:：]\s*\S"),
    # English: making the machine somebody else.
    (
        InstructionKind.ROLE_CHANGE,
        r"\b(?:you\s+are|you're|act|behave|respond|pretend\s+to\s+be|pretend\s+you\s+are|"
        rf"roleplay)\s+(?:now\s+|from\s+now\s+on\s+)?(?:as\s+(?:if\s+you\s+were\s+)?)?{_AI_EN}\b"
        r"(?!\s+(?:professor|surgeon|nurse|physician|resident))",
    ),
    (InstructionKind.ROLE_CHANGE, r"\b(?:developer|god|sudo|admin|root|debug|dan)\s+mode\b"),
    (
        InstructionKind.ROLE_CHANGE,
        r"\bfrom\s+now\s+on,?\s+you\s+(?:are|will|must|should\s+(?:answer|respond|output))\b"
        r"(?!\s+(?:take|need|have|be\s+(?:taking|seen|followed)|avoid|continue|monitor))",
    ),
    # English: asking for the prompt.
    (
        InstructionKind.PROMPT_LEAK,
        r"\b(?:reveal|print|repeat|show|output|display|tell\s+me|leak|disclose|dump|quote)\b"
        r"[^.\n]{0,30}\b(?:system\s+prompt|(?:your|initial|hidden|original)\s+"
        r"(?:instructions?|prompt|configuration|rules)|prompt\s+above|api\s+keys?|passwords?)\b",
    ),
    # English: dictating what the machine writes about itself or its check.
    (
        InstructionKind.OUTPUT_ORDER,
        r"\b(?:respond|reply|answer|output|write|say|return)\s+(?:only\s+|just\s+|exactly\s+|"
        r"nothing\s+but\s+)(?:with\s+)?(?:the\s+(?:word|phrase|text|string)s?\b|[\"'“‘`{\[])",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        rf"\b(?:note|message|instruction|attention|important)s?\s*(?:to|for|,|:)\s*{_AI_EN}\b",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"\b(?:if\s+you\s+are|as)\s+an?\s+(?:ai|artificial\s+intelligence|llm|"
        r"(?:large\s+)?language\s+model|automated\s+(?:system|summari[sz]er)|summari[sz]er)\b",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"\b(?:mark|label|flag|classify|rate|report)\s+(?:all|every|this|each|any)\s+"
        r"(?:statements?|findings?|sentences?|outputs?)\s+as\s+(?:supported|verified|true|safe|"
        r"approved|correct)\b",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"\bwithout\s+(?:any\s+)?(?:verification|safety\s+checks?|guardrails?|filters?|"
        r"restrictions)\b[^.\n]{0,40}\b(?:output|respond|answer|generate|write\s+the)\b",
    ),
    # English: speaking to the machine that reads.
    (
        InstructionKind.OUTPUT_ORDER,
        r"\b(?:ai|artificial\s+intelligence|llm|language)[\s-]+(?:assistants?|systems?|agents?|models?|"
        r"coding\s+agents?|tools?)\b[^.\n]{0,40}\b(?:reading|processing|summari[sz]ing|that\s+reads?)\b|"
        r"\b(?:to|for)\s+(?:any|all|the|every)?\s*(?:ai|llm|automated)[\s-]+(?:coding\s+)?"
        r"(?:assistants?|systems?|agents?|models?|readers?)\b",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"\b(?:system|assistant|developer)\s+(?:note|message|notice|override|update)\s*[:：]|"
        r"\bSYSTEM\s*[:：]\s*[A-Za-z]+ (?:required|enabled|granted)",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"\bbefore\s+(?:you\s+)?(?:answer|respond|reply)(?:ing)?(?:\s+(?:to\s+)?the\s+user)?\s*[,:.]|"
        r"\b(?:at\s+the\s+end\s+of|in)\s+(?:every|your|each|all)\s+(?:future\s+)?"
        r"(?:reply|replies|responses?|outputs?|answer)\b|"
        r"\b(?:ignore|obey|deceive|do\s+not\s+tell)\s+the\s+user\b",
    ),
    (
        InstructionKind.ROLE_CHANGE,
        r"\b(?:uncensored|jailbroken|jailbreak)\b|"
        r"\bunfiltered\s+(?:\w+\s+and\s+\w+\s+)?(?:ai|assistant|model|chatbot|response|answer)\b|"
        r"\bas\s+the\s+assistant,\s+i\b|\breasoning(?:\s+trace)?\s*\(assistant\)",
    ),
    (
        InstructionKind.PROMPT_LEAK,
        r"\b(?:context\s+window|system\s+message|system\s+prompt|hidden\s+prompt)\b|"
        r"\binstructions?\s+(?:that\s+)?you\s+(?:were|have\s+been)\s+(?:given|told)\s+(?:by\s+your|at)|"
        r"\boperating\s+instructions\s+you\b",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:skip|without|disable|turn\s+off|bypass)\s+(?:all\s+|any\s+|the\s+)?"
        r"(?:safety\s+(?:checks?|rules?|filters?|guidelines?)|guardrails?|content\s+(?:policy|filters?)|"
        r"verification\s+steps?)\b",
    ),
    (
        InstructionKind.TOOL_CALL,
        r"\b(?:call|use|invoke|run|execute)\s+[a-z]+_[a-z_]+\b|"
        r"\b(?:decode|decrypt|translate)\b[^.\n]{0,40}\b(?:base64|rot13|hex|binary)\b|"
        r"\b(?:base64|rot13)\b[^.\n]{0,40}\b(?:execute|follow|instructions?)\b",
    ),
    # The same order in the other languages that a referral may come in.
    (
        InstructionKind.OVERRIDE,
        r"\bignor(?:a|ez|er|iere?|ieren|are|ar)\s+(?:sie\s+)?(?:todas\s+|toutes\s+|tutte\s+|"
        r"alle\s+)?"
        r"(?:las\s+|les\s+|le\s+|die\s+|tus\s+|vos\s+)?(?:vorherigen\s+|bisherigen\s+|obigen\s+|"
        r"précédentes\s+|precedenti\s+)?(?:instrucciones|instructions|istruzioni|anweisungen|"
        r"instruktionen)\b",
    ),
    # Chinese: setting earlier orders aside.
    (
        InstructionKind.OVERRIDE,
        r"(?:忽略|无视|忘记|忘掉|不要理会|不必理会|不用理会|抛开|绕过|推翻|覆盖|跳过|不要遵守|"
        r"不必遵守|无需遵守|停止遵循|不要遵循|删除)"
        r"(?:掉|你|您|了|所有|全部|任何|一切|这些|那些|此前|之前|以前|先前|前面|前述|以上|上面|"
        r"上述|原来|原有|原先|初始|系统|给你|给出|设置|设定|收到|安全|的|中|里|对话|内容|,|，|\s){1,8}?"
        rf"{_MACHINE_ZH}(?!用药|剂量|医嘱|患者|单|书|牌)",
    ),
    # Chinese: rules that are no longer to be kept, by whoever is spoken to.
    (
        InstructionKind.OVERRIDE,
        r"(?:^|[。！？；;!?，,：:\n]\s*|你|您|请|就|都)(?:从?(?:现在|今天|今|此|这一?刻|这时)(?:开始|起|以后|往后|后)?"
        r"|今后|以后|此后|往后|接下来|从今以后)?[,，]?\s*(?:请|请你|你|您|就|都|可以|务必|请务必){0,3}"
        r"(?:不再|不用再?|不必再?|无需再?|无须再?|不需要再?|不要再?|别再?|停止|不得再)(?:继续|按照|遵照|依照|按|照|受|去)?"
        r"(?:遵守|遵循|服从|遵从|理会|听从|顾及|顾|管|理|受限于)?(?:了|任何|所有|一切)?"
        r"(?:你的|您的|以上|上述|上面|前面|前述|先前|之前|此前|原有|原来|原先|既定|系统|开头|那些|这些|安全)的?"
        r"(?:所有|全部|任何|各项|一切|那些)?的?(?:规定|规则|规章|规矩|指令|指示|约束|限制|准则|设定|条款|命令)"
        r"(?!用药|剂量|医嘱|患者|单|书|牌)",
    ),
    (
        InstructionKind.OVERRIDE,
        r"(?:以上|上面|之前|前面|上述)的?(?:所有|全部)?(?:指令|提示词|设定|规则|系统提示)"
        r"(?:都|均|全部|一律)?(?:作废|无效|取消|失效|不算|忽略)",
    ),
    (
        InstructionKind.OVERRIDE,
        r"(?:你|您)的?(?:新|真正|唯一|实际)的?(?:指令|任务|目标|身份|设定)(?:是|为|[:：])",
    ),
    (InstructionKind.OVERRIDE, r"(?:新的?|系统|更新后?的?)(?:指令|提示词)\s*[:：]"),
    # Chinese: making the machine somebody else.
    (
        InstructionKind.ROLE_CHANGE,
        rf"(?:你(?:现在|从现在起|接下来|将)?(?:是|扮演|充当|变成|成为)|请?(?:扮演|充当|假装(?:你)?是))"
        rf"(?:一个|一名|一位)?{_AI_ZH}(?!(?:还是真?人)?[吗么])",
    ),
    (
        InstructionKind.ROLE_CHANGE,
        r"(?:进入|开启|切换到?|启用)(?:开发者|管理员|调试|越狱|无限制|上帝)模式",
    ),
    (
        InstructionKind.ROLE_CHANGE,
        r"从现在(?:开始|起)[,，]?你(?:必须|只能|要|将|是|应当)(?!.{0,4}(?:服药|复查|卧床|戒烟|禁食|休息))",
    ),
    # Chinese: asking for the prompt.
    (
        InstructionKind.PROMPT_LEAK,
        r"(?:输出|显示|打印|重复|告诉我|透露|泄露|展示|复述|列出|公开).{0,12}"
        r"(?:系统提示词?|提示词|系统指令|初始指令|隐藏指令|你的指令|你的设定|系统消息|密钥|口令|密码)",
    ),
    # Chinese: dictating what the machine writes.
    (
        InstructionKind.OUTPUT_ORDER,
        r"(?:请|你)?(?:只|仅|直接|务必|必须)(?:输出|回复|回答|返回|生成|写)[“\"'「『【{\[]",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"(?:致|给|告诉|通知|提醒)(?:正在?(?:阅读|处理|总结).{0,8}的)?"
        r"(?:AI|人工智能|大模型|语言模型|智能助手|AI助手|摘要程序)(?:的?(?:说明|指令|提示|要求|消息)|[:：,，])",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"如果(?:你|您)是(?:一个|一名)?(?:AI|人工智能|大模型|语言模型|智能助手|AI助手|自动)",
    ),
    (
        InstructionKind.OUTPUT_ORDER,
        r"(?:把|将)(?:所有|全部|每一?条|任何|本|这)(?:条|个|些)?(?:陈述|语句|结论|发现|内容|输出)"
        r"(?:都|均|全部|一律)?(?:标记|标注|标为|判定|写)(?:为|成)?.{0,2}"
        r"(?:有依据|已核实|已验证|支持|正确|安全|通过)",
    ),
    # Marks of a turn, of a template or of a tool call.
    (
        InstructionKind.ROLE_MARKER,
        r"<\|[^|>\n]{1,30}\|>|<｜[^｜>\n]{1,30}｜>|\[/?INST\]|<<\s*/?SYS\s*>>|"
        r"</?(?:system|assistant|user|think|instructions?|prompt)\s*>|"
        r"#{2,}\s*(?:system|instructions?|assistant|new\s+task|系统|指令)\s*[:：#\n]",
    ),
    (
        InstructionKind.ROLE_MARKER,
        r"(?:^|\n)[ \t>*]*(?:system|assistant|developer|human)\s*:\s*(?:you|please|ignore|"
        r"disregard|drop|do\s+not|don't|never|always|write|output|respond|answer|omit|say|remove|delete|"
        r"approve|sign|mark)\b|"
        r"(?:^|\n)[ \t>*]*(?:系统|助手|开发者)\s*[:：]\s*(?:请|你|您|忽略|无视|删除|不要|必须|只|"
        r"输出|回答|写|标记|批准|签名)",
    ),
    (
        InstructionKind.TOOL_CALL,
        r"</?(?:tool_call|function_call|function|invoke|tool|execute|parameter)\b[^>\n]{0,60}>|"
        r"\{\s*[\"'](?:tool|tool_calls?|function|function_call|name)[\"']\s*:\s*[\"'{\[]"
        r"[^}\n]{0,80}[\"'](?:arguments|parameters|args|input)[\"']|"
        r"```(?:tool|function|bash|sh|python|sql)\b|"
        r"\b(?:call|invoke|execute|run)\s+(?:the\s+)?(?:tool|function|api|shell|command)\b"
        r"(?!\s*(?:light|bell|button))",
    ),
)

COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)
NEEDED = NeededWords([pattern for _, pattern in _PATTERNS])
"""Which of ``COMPILED`` may match a text at all, by the words that it holds."""
