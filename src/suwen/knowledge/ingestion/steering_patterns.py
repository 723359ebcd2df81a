"""Sentences that steer whoever answers from a document, and program code: a table of patterns.

Looked for only while a document is read in, where a person decides about a hit: a referral or a
user's question may say such things. A clinical text orders people about; these patterns ask for a
reply, a summary or a search result to be bent, for tasks that no clinical text sets, or run code.
"""

from __future__ import annotations

import re

_REPLY_EN = r"(?:reply|replies|response|answer|output|summary|completion)s?"
_IMPERATIVE_EN = (
    r"(?:add|append|augment|begin|change|combine|compose|convert|embed|end|enhance|enrich|express|"
    r"finish|format|group|include|incorporate|insert|integrate|introduce|jumble|mention|misspell|"
    r"modify|prefix|provide|put|rearrange|remove|render|replace|reverse|rewrite|scramble|start|"
    r"state|substitute|translate|use|weave|write)"
)
_CODE_WORDS = (
    r"code\s+(?:block|snippet|section|excerpt|fragment)|(?:block|snippet|excerpt)\s+of\s+code"
)

_START = r"(?:^|[.!?\n:])[ \t]{0,8}"
"""Where a sentence begins; bounded, so that a page of blanks is not gone over again and again."""

_STEERING: tuple[str, ...] = (
    # English: bending the reply.
    rf"{_START}(?:please\s+|in\s+your\s+{_REPLY_EN},?\s+)?{_IMPERATIVE_EN}\b[^.!?\n]{{0,160}}?"
    rf"\b(?:in|to|of|into|from|within|for|as|with)?\s*(?:your|every|each|the\s+final)\s+{_REPLY_EN}\b"
    r"(?!\s+(?:to\s+(?:treatment|therap|the\s+(?:question|drug|vaccine))|sheet|form|book|card|in\s+"
    r"the\s+(?:box|space|form|table|field)|below|here|on\s+the|on\s+a))",
    rf"{_START}in\s+your\s+{_REPLY_EN}\s*,?\s+(?:please\s+)?[a-z]+",
    rf"\byour\s+{_REPLY_EN}\s+(?:must|should|shall|has\s+to|may)\s+(?:not\s+|never\s+|always\s+|only\s+)?"
    r"(?:mention|include|contain|state|say|recommend|end|begin|start|omit|cite|be\s+(?:in|written))\b",
    r"\b(?:in|of)\s+every\s+(?:summary|reply|response|output)\s+(?:that\s+)?you\s+(?:write|give|make)\b",
    r"\bwhen(?:ever)?\s+(?:you\s+(?:are\s+)?)?(?:summari[sz](?:ing|e)|answer(?:ing)?|cit(?:ing|e)|"
    r"quot(?:ing|e)|retriev(?:ing|e))\s+(?:questions?\s+(?:about|on|from)\s+)?(?:this|the\s+above)\s+"
    r"(?:document|text|page|guideline|passage|article|file)\b",
    r"\b(?:if|when|whenever|whoever)\s+(?:this|the)?\s*(?:retrieves?\s+this\s+)?(?:text|passage|document|"
    r"chunk)?\s*(?:is|was|gets)?\s*(?:retrieved|indexed|embedded)?[^.\n]{0,20}\b(?:answer\s+that|"
    r"should\s+tell\s+the\s+user|tell\s+the\s+user)\b",
    r"\b(?:rank|place|list|return)\s+this\s+(?:document|text|page|passage)\s+(?:first|at\s+the\s+top|"
    r"highest)\b|\bdo\s+not\s+(?:cite|quote|use|retrieve)\s+any\s+other\s+(?:source|document|passage)s?\s+"
    r"(?:than|but|except)\b",
    # English: tasks that no clinical text sets.
    rf"{_START}(?:please\s+|now\s+)?(?:write|compose|draft|provide|create|generate|develop|tell)"
    r"\s+(?:me\s+|us\s+)?(?:an?|the|some)\s+(?:\w+\s+){0,3}?(?:poem|story|joke|song|limerick|haiku|"
    r"essay|speech|python\s+(?:function|script|program)|(?:java|c\+\+|sql|bash|shell)\w*\s+\w+)\b",
    rf"{_START}(?:please\s+)?translate\s+(?:the\s+)?(?:following|this|next)\s+(?:\w+\s+)?"
    r"(?:sentence|text|paragraph|phrase|word)s?\s+(?:in)?to\s+\w+",
    # English: carrying data away.
    r"\b(?:send|forward|post|upload|transmit|exfiltrate|e-?mail|collect)\b[^.\n]{0,60}\b(?:api\s+keys?|"
    r"passwords?|credentials?|tokens?|(?:all\s+)?(?:patient|customer|user)s?'?\s+(?:names?|data|records?|"
    r"e-?mails?))\b[^\n]{0,60}(?:@|https?:)",
    # Program code that somebody should run or pass on.
    rf"\b{_IMPERATIVE_EN}\b[^.\n]{{0,60}}\b(?:{_CODE_WORDS})\b|\b(?:{_CODE_WORDS})\b[^.\n]{{0,60}}\b(?:your|the)"
    r"\s+(?:code(?:base)?|solution|implementation|response|answer|algorithm)\b",
    # Other languages that a document may come in.
    r"\bignor(?:iere?n?|e[zs]?|a|are)\s+(?:sie\s+)?(?:deine?n?|ihre|alle|tes|vos|tus|sus|le\s+tue)\s+"
    r"(?:\w+\s+)?(?:regeln|richtlinien|vorgaben|consignes|règles|directives|reglas|instrucciones|regole)\b",
    r"\b(?:neue|nouvelles?|nuevas?|nuove)\s+(?:anweisung(?:en)?|instructions?|instrucci(?:ón|ones)|"
    r"istruzioni)\s*[:：]",
    r"\b(?:zeige?|nenne|verrate|montre|révèle|dis|muestra|muéstra|revela|rivela|mostra)"
    r"(?:[- ]?(?:mir|moi|me|mi))?\s+(?:deine?|tes|vos|tus|le\s+tue)\s+"
    r"(?:system\s*anweisungen|anweisungen|instructions|"
    r"instrucciones|istruzioni)\b",
    r"\b(?:olvida|oublie|vergiss|dimentica)\s+(?:tus|tes|deine|le\s+tue)\s+(?:reglas|instrucciones|"
    r"règles|consignes|regeln|anweisungen|regole)\b",
    r"\b(?:du\s+bist\s+(?:jetzt|nun)|ahora\s+eres|tu\s+es\s+maintenant|ora\s+sei)\s+[^.\n]{0,30}"
    r"(?:uneingeschränkt|sin\s+restricciones|sans\s+restrictions?|senza\s+restrizioni|ki\b|ia\b)",
    # Chinese: bending the reply.
    r"(?:在|于)?(?:你|您)的?(?:回答|回复|答复|输出|总结|摘要|回应)(?:的?(?:末尾|开头|结尾|最后|中|里|时))"
    r"[^。\n]{0,40}",
    r"(?:请|务必|必须|应当|应)[^。\n，,]{0,6}在(?:每次|所有)?(?:回答|回复|答复|输出|摘要)(?:的)?"
    r"(?:末尾|开头|结尾|最后|中)[^。\n]{0,4}(?:加上|加入|添加|附上|注明|推荐|插入|写上|提到)",
    r"(?:回答|回复|答复)(?:用户|使用者|提问)(?:的)?(?:问题|提问|咨询)?(?:时|中)?[,，]?\s*(?:一律|必须|务必|"
    r"应当|请|不要|不得|只)",
    r"(?:总结|概括|引用|检索到|读取到?|处理|摘录)(?:本|该|此)(?:文|段|文档|页|条|篇)(?:时|的?时候|后)[,，]?",
    r"凡引用本(?:文|段|文档)[,，]?\s*(?:必须|应|务必|须)",
    r"(?:将|把)本(?:文|段|文档|页|条)(?:档|章)?排(?:在|到|列)[^。\n]{0,12}(?:第一|首位|最前|前列)",
    r"(?:生成|撰写|输出)(?:回复|回答|答案|答复)(?:时|中)[,，]?\s*(?:请|必须|务必|应|不要|不得|忽视|只)",
    r"(?:摘要|总结|回答|回复)(?:中|里)(?:不得|不要|禁止|不能)(?:出现|提及|提到|包含|引用)",
    r"作为(?:一个|一名)?(?:智能|AI)?助手[,，]\s*(?:你|您)",
    r"用(?:倒序|拼音|摩斯|表情|火星)[^。\n]{0,8}(?:写|输出|给)[^。\n]{0,4}(?:你|您)?的?(?:回复|回答|答复)",
    # Chinese: tasks that no clinical text sets.
    r"(?:请|帮我)(?:你|您)?(?:写|创作|编写|作|讲)(?:一|个|首|篇|段){1,2}[^。\n]{0,14}"
    r"(?:诗|故事|笑话|歌|作文|演讲稿|小说|函数|脚本|程序|代码)",
    r"(?:请|帮我)?(?:编写|写)(?:一个)?[A-Za-z+#]{1,12}(?:函数|脚本|程序|代码)",
    r"(?:请|帮我)?(?:把|将)?(?:下面|以下|下列)(?:的|这)?(?:一)?(?:句|段)?(?:话|文字|文本|句子)(?:翻译|译)成",
    # Chinese: carrying data away.
    r"(?:收集|导出|发送|上传|转发|汇总)[^。\n]{0,20}(?:患者|病人|用户|客户|密钥|口令|密码)[^。\n]{0,30}"
    r"(?:@|https?:|发送(?:到|至))",
)
STEERING = tuple(re.compile(pattern, re.IGNORECASE) for pattern in _STEERING)

PROGRAM_CODE = re.compile(
    r"^[ \t]*(?:import|from)\s+(?:os|sys|subprocess|socket|requests|urllib|ctypes|shutil|base64|"
    r"http|ftplib|smtplib|paramiko|psutil|pickle)\b(?:[.,\s]|$)|"
    r"\b(?:os\.(?:system|popen|remove|environ)|subprocess\.(?:run|call|Popen)|requests\.(?:get|post)|"
    r"eval|exec)\s*\(|\b(?:curl|wget)\s+(?:-\S+\s+)*https?://|\brm\s+-rf?\s+[/~]|"
    r"<\?php\b|<script\b|\bpowershell(?:\.exe)?\s+-|\bInvoke-(?:WebRequest|Expression)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Program code that reaches for the machine or the network."""
