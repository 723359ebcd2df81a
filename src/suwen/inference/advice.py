"""What an operator should do about an engine, told from what its trial showed."""

from __future__ import annotations

from collections.abc import Iterator

from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.inference.pool import NOT_CLOSED, UNMARKED, EndpointTest

REASONING = "reasoning"
JSON_SCHEMA = "json_schema"


def advice(endpoint: Endpoint, found: EndpointTest) -> tuple[Bilingual, ...]:
    """How to mend what keeps this engine from its full use; empty when nothing does."""
    return (
        *_about_the_connection(endpoint, found),
        *_about_reasoning(endpoint, found),
        *_about_the_schema(endpoint, found),
    )


def _about_the_connection(endpoint: Endpoint, found: EndpointTest) -> Iterator[Bilingual]:
    if found.certificate_trusted is False:
        yield Bilingual(
            zh="不信任该服务的证书。若证书由本院 CA 签发，请在 suwen.toml 的 [endpoints] 中把 "
            "ca_file 设为该 CA 的 PEM 文件并重启。",
            en="The server's certificate is not trusted. Where the hospital's own CA issued it, "
            "set ca_file under [endpoints] in suwen.toml to that CA's PEM file and restart.",
        )
    elif not found.reachable:
        yield Bilingual(
            zh=f"{endpoint.url} 没有应答。请核对地址和端口、服务是否已启动，以及防火墙是否放行。",
            en=f"Nothing answers at {endpoint.url}. Check address and port, that the server runs, "
            "and that no firewall is between.",
        )
    if found.model_offered is False:
        offered = ", ".join(found.models[:5]) or "-"
        yield Bilingual(
            zh=f"该服务没有模型 {endpoint.model}，它提供：{offered}。"
            "请用 suwen endpoint add 的 --model 更正。",
            en=f"The server does not offer {endpoint.model} but: {offered}. "
            "Correct it with --model of suwen endpoint add.",
        )


def _about_reasoning(endpoint: Endpoint, found: EndpointTest) -> Iterator[Bilingual]:
    declared = REASONING in endpoint.capabilities
    if found.reasoning_fault == UNMARKED:
        yield Bilingual(
            zh="该服务把推理过程混在答案里，没有分开标记。请在服务端打开推理解析"
            "（vLLM、SGLang：--reasoning-parser；llama.cpp：--reasoning-format），"
            "或给该端点加上 --capability reasoning。",
            en="The server sends its reasoning inside the answer without marking where it ends. "
            "Switch its reasoning parser on (vLLM, SGLang: --reasoning-parser; llama.cpp: "
            "--reasoning-format), or add --capability reasoning to this endpoint.",
        )
    elif found.reasons and not declared:
        yield Bilingual(
            zh="该模型会先推理再作答：请给该端点加上 --capability reasoning，"
            "使平台为推理预留长度。",
            en="The model reasons before it answers: add --capability reasoning to this endpoint, "
            "so that room is left for it.",
        )
    elif declared and (found.reasons is False or found.reasoning_fault == NOT_CLOSED):
        yield Bilingual(
            zh="声明了 reasoning，但没有看到分开的推理：请在服务端打开推理解析，或去掉该能力。",
            en="The capability reasoning is declared, but no reasoning apart from the answer was "
            "seen: switch the server's reasoning parser on, or drop the capability.",
        )


def _about_the_schema(endpoint: Endpoint, found: EndpointTest) -> Iterator[Bilingual]:
    if JSON_SCHEMA not in endpoint.capabilities:
        return
    if found.json_schema is False:
        yield Bilingual(
            zh="该服务不遵守 JSON 模式，需要它的应用会弃用其回答。请在服务端打开结构化输出"
            "（response_format: json_schema），或用 --capability chat 声明它没有此能力。",
            en="The server does not keep to a JSON schema, so applications that need one discard "
            "its answers. Switch structured output on there (response_format: json_schema), or "
            "declare the endpoint with --capability chat alone.",
        )
    elif found.json_schema is None and found.error is None:
        yield Bilingual(
            zh="推理过长，未能判断是否遵守 JSON 模式；请调低服务端的推理长度后再试。",
            en="The reasoning left no room to find out whether a JSON schema is kept to: lower the "
            "server's reasoning effort and try again.",
        )
