"""Why the model part of a run was left out, in words for the reader."""

from __future__ import annotations

from collections.abc import Mapping

from suwen.core.language import Bilingual

_REASONS: Mapping[str, Bilingual] = {
    "not_wanted": Bilingual(zh="按要求未使用语言模型", en="it was not wanted"),
    "no_model_part": Bilingual(zh="该应用不使用语言模型", en="this application does not use one"),
    "nothing_to_ask": Bilingual(zh="没有需要语言模型补充的内容", en="there was nothing to ask it"),
    "needs_person": Bilingual(
        zh="内容提示可能有生命危险，须由人处理", en="a life may be in danger and a person is needed"
    ),
    "no_endpoint": Bilingual(zh="没有配置语言模型", en="none is configured"),
    "no_capability": Bilingual(
        zh="没有语言模型具备所需能力", en="none has the capabilities that are needed"
    ),
    "context_too_small": Bilingual(
        zh="没有语言模型的上下文窗口足够大", en="none has a context window that is large enough"
    ),
    "above_ceiling": Bilingual(
        zh="没有语言模型获准处理该级别的数据", en="none is cleared for data of this class"
    ),
    "gate_not_passed": Bilingual(
        zh="可用的语言模型未通过该应用的评测门槛",
        en="none of those available passed the evaluation gate of this application",
    ),
    "engine_unreachable": Bilingual(zh="语言模型无法连接", en="it cannot be reached"),
    "engine_timeout": Bilingual(zh="语言模型响应超时", en="it took too long"),
    "engine_refused": Bilingual(zh="语言模型服务拒绝了请求", en="its server refused the request"),
    "engine_busy": Bilingual(zh="语言模型繁忙", en="it is busy"),
    "engine_answer_malformed": Bilingual(
        zh="语言模型的回答不符合要求，已弃用", en="its answer was malformed and was discarded"
    ),
    "context_exceeded": Bilingual(
        zh="内容超出语言模型的上下文窗口", en="the material exceeds its context window"
    ),
}
_OTHER = Bilingual(zh="语言模型不可用", en="it is not available")


def reason_text(code: str) -> Bilingual:
    """The whole sentence for a reason code."""
    reason = _REASONS.get(code, _OTHER)
    return Bilingual(
        zh=f"未使用语言模型：{reason.zh}。以下内容全部由规则生成。",
        en=f"No language model was used: {reason.en}. Everything here was built by rules.",
    )
