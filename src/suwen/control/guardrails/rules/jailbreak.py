"""Ways around a model's rules, whatever is asked by them."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

JAILBREAK = (
    Rule(
        "jailbreak.no_rules",
        r"\b(?:no|without|free (?:of|from)|ignor(?:e|es|ing)|regardless of|disregard(?:ing)?|not bound by|does not (?:have|care about)|doesn't have) (?:any |all |your |its |the |typical |usual )?(?:ethic|moral|content polic|safety (?:polic|guideline|filter)|restrictions? (?:or|and)|ethical or moral|filters?\b|censorship|legal or (?:moral|ethical))",
    ),
    Rule(
        "jailbreak.no_rules",
        r"\b(?:unfiltered|amoral|uncensored|unrestricted|jailbroken|unethical) (?:and \w+ )?(?:ai|chat ?bot|assistant|model|response|answer|version|character|language model)\b",
    ),
    Rule(
        "jailbreak.no_rules",
        r"\b(?:do anything now|always (?:comply|fulfill|obey|fulfil)|never (?:refuse|decline|deviate from it|say (?:no|sorry)|break character)|(?:cannot|can't|must not|will not|won't|not) (?:refuse|reject|decline) (?:any|my|the|this|to answer))\b",
        r"\bpatients? (?:who )?(?:never|cannot|refuse)",
    ),
    Rule(
        "jailbreak.no_rules",
        r"(?:没有|不受|无视|不考虑|不顾|抛弃|摆脱|不遵守|不必遵守|忽视|违背)(?:任何|一切|所有)?(?:的)?(?:道德|伦理|法律|限制|约束|审查|内容政策|安全(?:准则|规范|限制)|过滤)",
    ),
    Rule(
        "jailbreak.no_rules",
        r"(?:永远不|绝不|不能|不会|不得|不许|不可以|从不)(?:会|能|要)?(?:拒绝|道歉|说抱歉|说不能|跳出角色|脱离角色|打破角色)|(?:未经过滤|不加过滤|无审查|未经审查|无道德)的?(?:回答|回复|机器人|聊天|助手|模型|人工智能|答案)",
        r"患者|病人",
    ),
    Rule(
        "jailbreak.role_play",
        r"\b(?:you (?:are|will be|'re) (?:now |going to )?(?:act(?:ing)?|play(?:ing)?|pretend(?:ing)?|role-?play(?:ing)?)|(?:act|pretend|behave|answer|respond|speak) as (?:if you (?:are|were)|though you (?:are|were)) (?:an? )?(?:evil|hacker|criminal|dan\b|villain|human with no|someone who)|stay in character|(?:never|do not|don't) break character|in this hypothetical story|role-?playing (?:game|scenario))",
    ),
    Rule(
        "jailbreak.role_play",
        r"\b(?:imagine|suppose|pretend|picture)(?: that)? you(?: are|'re| were) (?:an? |the )(?:[a-z-]+ ){0,3}(?:hacker|criminal|thief|scammer|spy|villain|mastermind|conspiracy|propagandist|cult|hitman|terrorist|dealer|smuggler|stalker|con (?:man|artist)|novelist|screenwriter|writer|author|journalist|blogger|character|detective|influencer|journalist)\b",
    ),
    Rule(
        "jailbreak.role_play",
        r"^(?:as|you are|you're|you have been hired as|imagine you are|you work as|you play) (?:an? |the )(?:[a-z0-9'-]+ ){0,6}(?:hacker|criminal|thief|scammer|spy|villain|novelist|screenwriter|author|writer|journalist|blogger|historian|influencer|actor|comedian|propagandist|scriptwriter|playwright|advertiser|marketer|sociologist|politician|columnist|speechwriter|storyteller|security researcher|game designer|financial advisor)\b",
    ),
    Rule(
        "jailbreak.role_play",
        r"(?:扮演|模仿|伪装成|假扮|化身为?|以)[^。！？\n]{0,30}(?:的)?(?:角色|口吻|语气|身份|态度|人物|反派|外星人|黑客|小丑|恶棍)[^。！？\n]{0,30}(?:回答|说话|回复|表达|批评|评论|交流|提问|进行)",
    ),
    Rule(
        "jailbreak.role_play",
        r"(?:从现在(?:开始|起)|接下来)[^。！？\n]{0,6}(?:你(?:就)?是|你将|你要|请将|你必须)[^。！？\n]{0,40}(?:扮演|黑客|角色|模式|无所不能|模拟|ChatGPT)|(?:角色扮演|模拟对话|场景设定|沉浸模拟|虚构的角色|假设故事)|扮演(?:一个|一位|一名)",
    ),
    Rule(
        "jailbreak.start_with",
        r"\b(?:start|begin) (?:your|the) (?:response|answer|reply) (?:with|using|by)\b|\b(?:entirely|purely) (?:hypothetically|fictional)|\bfor (?:purely )?(?:educational|research|fictional) (?:and \w+ )?purposes?(?: only)?\b[^.]{0,60}(?:hypothetical|fiction|disregard)",
    ),
    Rule(
        "jailbreak.start_with",
        r"(?:以|用)[“\"‘'](?:好的|当然)[^”\"’']{0,20}[”\"’']开头|(?:不要|不许|禁止|省略)[^。\n]{0,6}(?:警告|免责声明|道德说教|劝告)",
    ),
    Rule(
        "jailbreak.override",
        r"(?:忽略|无视|放弃|忘记|忘掉|抛弃)[^。！？\n]{0,12}(?:指令|指引|指南|准则|规则|设定|提示词)",
        r"剂量|医嘱|诊疗指南|用药指南|护理",
    ),
    Rule(
        "jailbreak.override",
        r"\b(?:ignore|forget|disregard|drop|skip|bypass|override) (?:all |any |every |the |your |my |of |those |these |previous |prior |above |earlier |safety ){0,5}(?:instructions|rules|guidelines|checks|polic(?:y|ies)|restrictions|programming|training|directives|constraints)\b",
        r"\b(?:patient|discharge|dosing|dietary|medication|ward)\b",
    ),
    Rule(
        "jailbreak.mode",
        r"(?:开发者|越狱|上帝|无限制|超级管理员|DAN)\s?模式|\b(?:developer|jailbreak|god|dan|sudo|unrestricted) mode\b|\bmodo (?:desarrollador|sin restricciones)|\bsenza (?:restrizioni|filtri)|\bsans (?:restrictions?|filtres?)\b|\bsin (?:restricciones|filtros?)\b|\bohne (?:einschränkungen|filter)\b",
    ),
    Rule(
        "jailbreak.prompt_leak",
        r"(?:系统提示|初始设定|初始指令|你的提示词|你收到的(?:指令|设定)|隐藏的?指令)|\b(?:system prompt|initial instructions|hidden instructions|your (?:original|initial) (?:prompt|instructions))\b|\b(?:print|repeat|reveal|show)[^.\n]{0,30}(?:everything|all text|words|text) above\b",
    ),
    Rule(
        "jailbreak.decode",
        r"\b(?:decode|decipher|decrypt|unscramble)\b[^.\n]{0,50}\b(?:follow|execute|do what|obey|answer|instructions?|comply)\b|(?:解码|解密|破译)[^。\n]{0,20}(?:照做|执行|回答|遵照|按照)",
    ),
    Rule(
        "jailbreak.translation",
        r"\btranslat\w+[^.\n]{0,60}\b(?:then|and) (?:follow|execute|obey|comply|do (?:it|what))|(?:翻译)[^。\n]{0,30}(?:然后|并|再)(?:照做|执行|遵照|按其)",
    ),
    Rule(
        "jailbreak.authority",
        r"\b(?:administrator|operator|developer|owner|user) (?:has|have) (?:already )?(?:approved|granted|allowed|authorized|permitted|disabled)[^.\n]{0,60}(?:skip|all|without|bypass|restriction|safety|access)|\bgrant (?:me|this user|the user) (?:admin|root|full)",
    ),
    Rule(
        "jailbreak.exfiltration",
        r"\b(?:send|forward|email|upload|post|exfiltrate)\b[^.\n]{0,60}\b(?:api keys?|credentials?|passwords?|customer (?:list|data|emails)|secrets?|tokens?|environment variables?)\b|\b(?:api keys?|credentials?|customer (?:list|data|emails)|secrets?)\b[^.\n]{0,50}\b(?:send|forward|email|upload|post) (?:it|them|to)\b",
    ),
)
