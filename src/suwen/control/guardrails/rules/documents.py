"""A sentence of a document that speaks to the machine that reads it."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

from suwen.control.guardrails.rules.table import Rule

_ANSWER = r"(?:your|the|this|every|each|any|all|future)(?: next| final| whole| entire| future)? (?:answer|response|reply|replies|output|summary|message|responses|answers|review)"

REQUEST = (
    r"(?i)^[\s\"'>*•-]*(?:please |kindly |also |then |now |and |next,? |finally,? |first,? |hey,? |quick question: ?){0,2}"
    r"(?:can you|could you|would you|will you|tell|show|give|write|draft|compose|create|provide|develop|"
    r"explain|describe|list|translate|summari[sz]e|generate|make|find|solve|compute|calculate|break|outline|"
    r"suggest|recommend|plan|teach|walk|add|append|include|insert|integrate|modify|augment|enhance|extend|"
    r"replace|substitute|swap|convert|encode|decode|encrypt|reverse|scramble|jumble|anagram|rearrange|remove|"
    r"group|combine|use|render|introduce|misspell|change|shift|turn|put|start|end|begin|finish|answer|reply|"
    r"respond|say|repeat|print|pretend|act|imagine|analy[sz]e|compare|identify|evaluate|assess|predict|"
    r"forecast|estimate|determine|classify|extract|search|look|set|schedule|remind|send|organi[sz]e|sort|"
    r"automate|optimi[sz]e|design|build|implement|demonstrate|fix|debug|run|execute|play|offer|promote|"
    r"advertise|mention|share|spread|convince|persuade|discuss|define|cite|name|sing|invent|transform|"
    r"simulate|craft|construct|formulate|prepare|produce|rewrite|rephrase|paraphrase|elaborate|illustrate|"
    r"clarify|investigate|research|track|monitor|manage|detect|gauge|interpret|examine|apply|employ|express|"
    r"communicate|present|format|output|return|"
    # The agency is cited in capitals; nobody asks so.
    r"(?!(?-i:WHO)\b)who|whose|what|what's|when|where|which|why|how|is|are|do|does|did|was|were)\b|[?？]\s*[\"'”’)]*\s*$"
)
"""The beginning or the end of a sentence that asks for something."""

OTHER_MATTER = (
    r"(?i)\b(?:python|javascript|java|typescript|php|mysql|sql|html|css|recursion|algorithm|javascript|"
    r"c\+\+|github|regex)\b|\b(?:in|to|into|for|from) (?:french|spanish|german|italian|japanese|russian|"
    r"chinese|english|korean|arabic|portuguese|latin|hindi|dutch|greek|swedish|turkish|polish)\b|"
    r"\b(?:emojis?|anagrams?|cipher|base ?64|morse|vowels?|consonants?|every (?:second|third|fourth|fifth|other) (?:letter|word|character))\b"
)
"""What nobody asks of a hospital's document; together with ``REQUEST`` it is an order."""

_WHOSE_EN = r"(?:all|every|each|any|the other|other|another)"
_WHAT_EN = r"(?:names?|records?|ids?|identit\w+|identif\w+|phone(?: numbers?)?|telephone numbers?|numbers?|addresses|charts?|files?|data|details|information|results?|contact\w*)"
_TELL_EN = r"(?:list|print|output|export|show|tell (?:me|us)|give (?:me|us)|reveal|disclose|enumerate|name|send|dump|display|read out|share|recite|write (?:down|out)|forward|return|provide)"
_WHOSE_ZH = (
    r"(?:所有|全部|全体|每一?[位个名]|各位|其他|其它|别的|另外|系统[中里内]|数据库[中里内]?)"
)
_WHAT_ZH = r"(?:姓名|名字|名单|身份证|证件|住院号|病历号|电话|手机|联系方式|地址|住址|病历|信息|资料|记录|数据|隐私|检查结果)"
_TELL_ZH = r"(?:列出|列一下|列举|罗列|输出|打印|导出|显示|告诉我|给我|说出|报出|展示|公布|发送|发给|提供|读出|透露|写出|念出)"

DOCUMENTS = (
    Rule(
        "document.discloses_others",
        rf"(?:^|[.;:!?\n,]\s*|\b(?:and|then|please|now|also|you (?:must|should|will|can)) )(?:please )?{_TELL_EN}\b[^.?!\n]{{0,30}}\b(?:{_WHOSE_EN}[^.?!\n]{{0,15}}\bpatients?(?:'s|s'|')? (?:(?:and|their|full|own|private|personal|medical|contact|email|home|date|of|birth) ){{0,3}}{_WHAT_EN}\b|{_WHAT_EN}[^.?!\n]{{0,20}}\b(?:of|for|from|on) {_WHOSE_EN}[^.?!\n]{{0,15}}\bpatients?\b)",
    ),
    Rule(
        "document.discloses_others",
        r"(?:^|[.;:!?\n,]\s*|\b(?:and|then|please|now|also) )(?:list|enumerate|dump|print|output|name) (?:all|every|each)(?: of)?(?: the)? patients?\s*(?:$|[.,;!\n]|and\b|in the (?:database|system|hospital|ward))",
    ),
    Rule(
        "document.discloses_others",
        rf"(?:^|[。！？；;\n，,：:]\s*|请|并|然后|再|立即|直接|现在|务必){_TELL_ZH}[^。！？\n]{{0,12}}{_WHOSE_ZH}[^。！？\n]{{0,6}}(?:患者|病人|病患|住院者)[^。！？\n]{{0,8}}{_WHAT_ZH}",
    ),
    Rule(
        "document.discloses_others",
        rf"(?:^|[。！？；;\n，,：:]\s*|请|并|然后|再|立即|直接|现在|务必)(?:你|您)?(?:把|将)[^。！？\n]{{0,6}}{_WHOSE_ZH}[^。！？\n]{{0,8}}(?:患者|病人|病患|住院者)[^。！？\n]{{0,8}}{_WHAT_ZH}[^。！？\n]{{0,10}}(?:列|输出|打印|导出|显示|告诉|给我|发给|发送|说出|报出|展示|公布|透露|写出|念)",
    ),
    Rule(
        "document.forged_turn",
        r"\[\s*(?:system|assistant|admin|developer|inst)\s*\]|\bnew instructions? *:|\bignore the user|[-=#*]{3,} *(?:end|begin|start) of (?:the )?(?:document|data|file|input|context|user)|\(assistant\)|\bas the assistant,? i\b",
    ),
    Rule(
        "document.answer_order",
        rf"\b(?:in|to|of|with|from|into|within|for|at the end of|after|before|on) {_ANSWER}\b",
    ),
    Rule(
        "document.answer_order",
        rf"\b(?:add|append|include|insert|integrate|modify|augment|enhance|adjust|extend|begin|start|end|finish|conclude|encode|encrypt|translate|render|provide|write|convert|reverse|scramble|rearrange|jumble|format|give|return|deliver|present|compose|express|make|misspell|shuffle|obfuscate|spell|type) {_ANSWER}\b",
    ),
    Rule(
        "document.answer_order",
        r"\b(?:reply|respond|answer) (?:only |just |solely )?(?:in|with|using|as|by) (?:\w+ ){0,3}(?:base ?64|hex|morse|emoji|emojis|cipher|caps|capital|uppercase|rhyme|reverse|code|anagram|leetspeak|pig latin|french|spanish|german|latin|russian|chinese|japanese)",
    ),
    Rule(
        "document.code",
        r"```|\b(?:the |this |following |subsequent |below |provided |given )(?:\w+ ){0,2}code (?:block|snippet|section|excerpt|segment|fragment|below)\b|\bimport (?:os|socket|requests|subprocess|sys|shutil|ctypes)\b",
    ),
    Rule(
        "document.machine",
        r"\b(?:ai|llm|language model|chat ?bot)(?:[ -]+(?:agents?|assistants?|systems?|models?|reviewers?|readers?|tools?|crawlers?))?\b[^.\n]{0,60}\b(?:must|should|shall|are (?:hereby )?(?:instructed|required)|please|is required|call|append|include|ignore|disregard)\b",
    ),
    Rule(
        "document.machine",
        r"\b(?:system (?:note|message|notice|override|hint|prompt)|systemhinweis|nota del sistema|note syst[eè]me|nota di sistema)\b *[:：]|\b(?:call|use|invoke|run) (?:the )?[a-z]+_[a-z_]+\b|\bsave (?:this|the following)[^.\n]{0,30}\b(?:memory|memories)\b|\b(?:canary|exact token)\b",
    ),
    Rule(
        "document.machine",
        r"\b(?:any|every|each|jeder|cualquier|ogni|toute) (?:antwort|respuesta|risposta|r[eé]ponse)\b|\bantwort(?:en)? (?:zu|auf) diese|\bal final de (?:cualquier|tu|su|la) respuesta",
    ),
    Rule(
        "document.machine",
        r"(?:在|把|将|于)?(?:你的?|您的?|本次|每次|所有|最终)(?:回答|回复|答案|输出|摘要|总结)(?:中|里|末尾|结尾|开头|最后|前|后)?[^。\n]{0,12}(?:加上|附上|写上|插入|包含|添加|推荐|翻译|改成|改为|必须|提到|说明|标注|发送|忽略|声称)",
    ),
    Rule(
        "document.machine",
        r"(?:AI|人工智能|大模型|语言模型|智能助手|智能体|机器人)[^。\n]{0,10}(?:必须|应当|务必|需要|请|不得|忽略|删除|输出|执行|调用)",
    ),
)
