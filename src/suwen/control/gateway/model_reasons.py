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
    "gate_no_suite": Bilingual(
        zh="该应用没有规定语言模型的评测门槛",
        en="this application states no evaluation that one must pass",
    ),
    "gate_not_proposed": Bilingual(
        zh="没有人为该应用的当前版本提出过语言模型",
        en="none was proposed for the present Release of this application",
    ),
    "gate_engine_changed": Bilingual(
        zh="语言模型与评测、批准时的不同",
        en="it is not the one that was evaluated and approved",
    ),
    "gate_retired": Bilingual(zh="语言模型已退出使用", en="it was retired"),
    "gate_not_evaluated": Bilingual(
        zh="语言模型尚未就该应用的当前版本通过评测",
        en="it has not been evaluated for the present Release of this application",
    ),
    "gate_failed": Bilingual(
        zh="语言模型未达到该应用的评测门槛",
        en="it did not reach what the evaluation of this application demands",
    ),
    "gate_suite_changed": Bilingual(
        zh="评测题目或门槛已更改，须重新评测",
        en="the evaluation was changed since; it has to be evaluated again",
    ),
    "gate_stale": Bilingual(
        zh="语言模型的评测已过期，须重新评测", en="its evaluation is too old and has to be repeated"
    ),
    "gate_not_approved": Bilingual(
        zh="语言模型尚未经两人批准", en="it waits for the approval of two people"
    ),
    "gate_not_active": Bilingual(
        zh="语言模型已获批准，尚未启用", en="it is approved and not rolled out yet"
    ),
    "gate_suspended": Bilingual(zh="语言模型已暂停使用", en="it is suspended"),
    "gate_shadow_only": Bilingual(
        zh="语言模型仅在后台试运行，其回答不显示",
        en="it is on trial in the background and nothing of it is shown",
    ),
    "gate_other_departments": Bilingual(
        zh="语言模型目前只在其他科室启用", en="it is rolled out to other departments so far"
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


def short_reason(code: str) -> Bilingual:
    """A reason alone, for a table."""
    return _REASONS.get(code, _OTHER)


def reason_text(code: str) -> Bilingual:
    """The whole sentence for a reason code."""
    reason = short_reason(code)
    return Bilingual(
        zh=f"未使用语言模型：{reason.zh}。以下内容全部由规则生成。",
        en=f"No language model was used: {reason.en}. Everything here was built by rules.",
    )
