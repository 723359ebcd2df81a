"""What an operator or a person reads when an engine fails, per code; never text of a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from suwen.core.errors import ConfigurationError, InferenceError
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual

MESSAGES: Final[Mapping[str, Bilingual]] = {
    "engine_unreachable": Bilingual(
        zh="模型服务没有应答或连接中断，请检查该服务是否在运行。",
        en="The model server does not answer or the connection broke; check that it is running.",
    ),
    "engine_timeout": Bilingual(
        zh="模型服务未在规定时间内作答，请稍后重试或调大超时时间。",
        en="The model server did not answer in time; try again later or raise its time-out.",
    ),
    "engine_refused": Bilingual(
        zh="模型服务拒绝了请求，请检查地址、密钥、模型名称和服务能力。",
        en="The model server refused the request; check address, key, model name and capabilities.",
    ),
    "engine_busy": Bilingual(
        zh="模型服务正忙，排队已满，请稍后重试。",
        en="The model server is busy and its queue is full; try again later.",
    ),
    "engine_answer_malformed": Bilingual(
        zh="模型的回答不完整或不符合要求的格式，已弃用。",
        en="The model's answer was incomplete or not in the required form; it was discarded.",
    ),
    "context_exceeded": Bilingual(
        zh="内容超出模型的上下文长度，请减少内容或换用上下文更长的模型。",
        en="The content is longer than the model's context; shorten it or use a larger context.",
    ),
}


def inference_error(code: str, endpoint: Endpoint, **detail: str | int) -> InferenceError:
    """The error of this code at this endpoint; ``detail`` holds facts, never prompt or answer."""
    return InferenceError(code, MESSAGES[code], detail={"endpoint": endpoint.name, **detail})


def endpoint_misconfigured(code: str, endpoint: Endpoint, zh: str, en: str) -> ConfigurationError:
    """The error of an endpoint whose settings are wrong or unsafe."""
    return ConfigurationError(
        code, Bilingual(zh=zh, en=en), field="endpoint", detail={"endpoint": endpoint.name}
    )
