"""Ordinary work on a record, as clinicians ask for it, and what makes such a request another one."""

# ruff: noqa: E501 - a pattern is read as one line
from __future__ import annotations

import re

WORK = re.compile(
    r"\b(?:write|draft|prepare|polish|tidy|translate|turn|summari[sz]e|list|show|give|compare|explain|"
    r"check|make|put|rank|sort|look up|plan|edit|correct|shorten|read)\b[^.?!\n]{0,60}\b(?:notes?|"
    r"summar(?:y|ies)|letters?|records?|charts?|reports?|results?|labs?|ecgs?|discharge|medications?|"
    r"diagnos[ei]s|histor(?:y|ies)|paragraph|dictation|timeline|handover|referral|admission|"
    r"allerg(?:y|ies)|procedures?|potassium|creatinine|ha?emoglobin|glucose|blood pressure|vital signs)\b|"
    r"(?:写|起草|润色|整理|生成|列出|汇总|翻译|总结|概括|比较|解释|核对|检查|修改|精简|做成|看)[^。！？\n]{0,20}"
    r"(?:病史|病历|摘要|小结|记录|会诊|出院|化验|检查|报告|用药|医嘱|诊断|病程|交班|转科|转诊|指导|时间线|"
    r"过敏史|既往史|手术史|血糖|血钾|肌酐|血压|结果)|(?:病史|病历|摘要|小结|记录|化验|报告|用药|诊断|病程)"
    r"[^。！？\n]{0,8}(?:整理|润色|翻译|列出|排序|做成|总结|写)",
    re.IGNORECASE,
)
SPEAKS = re.compile(
    r"[?？]|\b(?:i|i'm|i'd|i've|me|my|mine|we|our|us|you|your|yours|please|let's|let|how|what|why|which|who|"
    r"whose|where|want|need|help|ways?|steps?|guide|tips?|tutorial|script|plan|instructions?|method)\b|"
    r"请|怎[么样]|如何|吗|呢|为什么|什么|哪|能否|可否|帮|告诉|写|给我|我|你|您|教|方法|步骤",
    re.IGNORECASE,
)
"""Somebody asks, or speaks of themselves or to somebody."""
TOLD = re.compile(
    r"^\s*(?:the |a |this |an? \d+[- ]year[- ]old |\d+[- ]year[- ]old )?(?:patients?|pt\.?|he|she|they|mother|"
    r"father|wife|husband|son|daughter|family|child|infant|man|woman|male|female)\b|"
    r"^\s*(?:患者|病人|患儿|家属|产妇|孕妇|男性|女性)",
    re.IGNORECASE,
)
"""How what is told of a patient begins."""
DECEIT = re.compile(
    r"\b(?:fak\w*|forg(?:e|ed|er\w*|es|ing)|falsif\w*|false\w*|fraud\w*|back-?dat\w*|invent\w*|fabricat\w*|made[- ]up|secret\w*|"
    r"hid(?:e|es|ing|den)|conceal\w*|cover|leak\w*|steal\w*|stolen|neighbou?r\w*|without|unnecess\w*|"
    r"mislead\w*|bias\w*|discriminat\w*|den(?:y|ies|ying)|manipulat\w*|exaggerat\w*|omit\w*|ex-?(?:wife|husband))\b|"
    r"伪|假|篡|编造|虚构|虚假|捏造|隐瞒|掩盖|偷|泄|骗|瞒|涂改|夸大|歧视|前妻|前夫|邻居|明星",
    re.IGNORECASE,
)
