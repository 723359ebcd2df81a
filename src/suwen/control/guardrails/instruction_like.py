"""Text that tries to give orders to a model: found in what users write and in what is read.

A hit in a user's text refuses the run. A hit in a record or a passage stays in the record, is
neutralised in the prompt, and is reported as a finding. Clinical language gives orders all the
time ("ignore the earlier dose", "instructions given to the patient"), so a pattern must address
the machine: its instructions, its role, its prompt, its output, or the syntax of its turns.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from suwen.core.errors import GuardrailError
from suwen.core.finding import Confidence, Finding, Severity, Source, Span
from suwen.core.language import Bilingual

REMOVED = "[removed: instruction-like text]"
"""What stands in a prompt where instruction-like text of a record stood."""


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


@dataclass(frozen=True, slots=True)
class InstructionLike:
    """One stretch of instruction-like text: code points, end exclusive, of the text as given."""

    kind: InstructionKind
    span: Span


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
        r"(?:your|the\s+(?:system|previous|above|original)|any\s+(?:previous|prior|system))\b",
    ),
    (
        InstructionKind.OVERRIDE,
        r"\b(?:end|start|beginning)\s+of\s+(?:the\s+)?(?:system\s+|user\s+)?"
        r"(?:prompt|instructions|context\s+window)\b",
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
    # Chinese: setting earlier orders aside.
    (
        InstructionKind.OVERRIDE,
        r"(?:忽略|无视|忘记|忘掉|不要理会|不必理会|不用理会|抛开|绕过|推翻|覆盖|跳过|不要遵守|"
        r"不必遵守|无需遵守|停止遵循|不要遵循|删除)"
        r"(?:掉|你|您|了|所有|全部|任何|一切|这些|那些|此前|之前|以前|先前|前面|前述|以上|上面|"
        r"上述|原来|原有|原先|初始|系统|给你|给出|设置|设定|收到|安全|的|中|里|对话|内容|,|，|\s){1,8}?"
        rf"{_MACHINE_ZH}(?!用药|剂量|医嘱|患者|单|书|牌)",
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
        rf"(?:一个|一名|一位)?{_AI_ZH}",
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
        r"(?:^|\n)[ \t>*]*(?:system|assistant|developer|human)\s*:\s*(?:you|please|ignore|disregard|"
        r"drop|do\s+not|don't|never|always|write|output|respond|answer|omit|say|remove|delete|"
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

_COMPILED = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS)

# Characters that are not seen: zero-width, bidirectional control, tags, variation stuffing.
_HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\u00ad\u061c\u180e"
    "\U000e0000-\U000e007f]"
)
# Alone such a character is an artefact of copying; these forms of it carry a message: tag
# characters, an override of the direction of writing, a run of several.
_HIDDEN_MESSAGE = re.compile(
    "[\U000e0000-\U000e007f]+|[\u202d\u202e]|[\u200b-\u200f\u2060-\u2064\ufeff]{6,}"
)
_SPACED_APART = re.compile(r"(?:(?<=\s)|^)(?:[A-Za-z](?:[ .\-_*·]){1,2}){7,}[A-Za-z]\b")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/=])")
_LOOKALIKES = str.maketrans("аеорсухіјѕԁӏΑΒΕΗΙΚΜΝΟΡΤΧ", "aeopcyxijsdlABEHIKMNOPTX")

_SOURCE = Source("suwen guardrails", "1", "instruction-like text")


def find_instruction_like(text: str) -> tuple[InstructionLike, ...]:
    """All stretches of a text that address the machine, in reading order, not overlapping."""
    found = [
        InstructionLike(InstructionKind.HIDDEN_CHARACTERS, Span(*match.span()))
        for match in _HIDDEN_MESSAGE.finditer(text)
    ]
    seen, origin = _as_seen(text)
    for kind, pattern in _COMPILED:
        found.extend(
            InstructionLike(kind, _original(match.span(), origin))
            for match in pattern.finditer(seen)
        )
    found.extend(_spaced_apart(seen, origin))
    found.extend(_encoded(text))
    return _without_overlaps(found)


def neutralise(text: str) -> str:
    """The text with instruction-like stretches replaced and hidden characters removed.

    A stretch is removed up to the end of its sentence, so that the order's object goes with it.
    """
    parts: list[str] = []
    at = 0
    for hit in find_instruction_like(text):
        if hit.span.start < at:
            continue
        parts.append(text[at : hit.span.start])
        if hit.kind is InstructionKind.HIDDEN_CHARACTERS:
            at = hit.span.end
            continue
        parts.append(REMOVED)
        at = _end_of_sentence(text, hit.span.end)
    parts.append(text[at:])
    return _HIDDEN.sub("", "".join(parts))


def refuse_instructions(texts: Iterable[str]) -> None:
    """Lets what a user wrote pass, or does not.

    Raises:
        GuardrailError: ``instruction_like`` with the kind in ``detail``.
    """
    for text in texts:
        hits = find_instruction_like(text)
        if hits:
            raise GuardrailError(
                "instruction_like",
                Bilingual(
                    zh="输入中含有试图改变系统行为的指令文字，未处理。请只写临床内容。",
                    en="The input contains text that tries to change how the system behaves; it "
                    "was not processed. Write clinical content only.",
                ),
                detail={"kind": hits[0].kind.value, "start": hits[0].span.start},
            )


def instruction_findings(texts: Iterable[tuple[str, str]]) -> tuple[Finding, ...]:
    """One finding for each text (reference, text) of a record or passage that gives orders."""
    return tuple(
        Finding(
            rule="guard.instruction_in_record",
            severity=Severity.MODERATE,
            message=Bilingual(
                zh=f"{reference} 中含有疑似针对模型的指令文字；原文保留，未作为指令执行，"
                "提供给模型前已去除。请核对该文书来源。",
                en=f"{reference} contains text that looks like orders to a model. It stays in the "
                "record, was not followed, and was removed before the model read it. "
                "Check where the document comes from.",
            ),
            source=_SOURCE,
            confidence=Confidence.REVIEWED,
            span=hits[0].span,
        )
        for reference, text in texts
        if (hits := find_instruction_like(text))
    )


def _as_seen(text: str) -> tuple[str, list[int]]:
    """The text as a reader would take it, and the place in the original of each character.

    Hidden characters dropped, full-width and styled letters made plain, look-alikes made Latin.
    """
    seen: list[str] = []
    origin: list[int] = []
    for index, character in enumerate(text):
        if _HIDDEN.match(character):
            continue
        plain = character if character.isascii() else unicodedata.normalize("NFKC", character)
        seen.append(plain.translate(_LOOKALIKES))
        origin.extend([index] * len(seen[-1]))
    origin.append(len(text))
    return "".join(seen), origin


def _original(span: tuple[int, int], origin: list[int]) -> Span:
    start, end = span
    return Span(origin[start], origin[end - 1] + 1 if end > start else origin[start])


def _spaced_apart(seen: str, origin: list[int]) -> list[InstructionLike]:
    """Words whose letters stand apart (``i g n o r e  a l l ...``)."""
    hits = []
    for match in _SPACED_APART.finditer(seen):
        joined = re.sub(r"[^a-z]", "", match.group().lower())
        if re.search(r"ignore|disregard|instruction|systemprompt|jailbreak", joined):
            hits.append(InstructionLike(InstructionKind.ENCODED, _original(match.span(), origin)))
    return hits


def _encoded(text: str) -> list[InstructionLike]:
    """Base64 that hides instruction-like text."""
    hits = []
    for match in _BASE64.finditer(text):
        candidate = match.group()
        try:
            decoded = base64.b64decode(candidate + "=" * (-len(candidate) % 4), validate=True)
            plain = decoded.decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            continue
        seen, _ = _as_seen(plain)
        if any(pattern.search(seen) for _, pattern in _COMPILED):
            hits.append(InstructionLike(InstructionKind.ENCODED, Span(*match.span())))
    return hits


def _without_overlaps(found: list[InstructionLike]) -> tuple[InstructionLike, ...]:
    kept: list[InstructionLike] = []
    for hit in sorted(found, key=lambda h: (h.span.start, -h.span.end)):
        if not kept or hit.span.start >= kept[-1].span.end:
            kept.append(hit)
        elif kept[-1].kind is InstructionKind.HIDDEN_CHARACTERS:
            kept[-1] = hit
    return tuple(kept)


def _end_of_sentence(text: str, start: int) -> int:
    match = re.compile(r"[。！？!?\n]|\.(?=\s|$)").search(text, start)
    return match.end() if match else len(text)
