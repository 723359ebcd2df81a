"""How an evaluation asks: an engine directly, or an application that asks it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import Final

from suwen.bootstrap.gate import measuring_gateway, outcome_of
from suwen.bootstrap.platform import Platform
from suwen.core.document import StatementOrigin
from suwen.core.errors import SuwenError
from suwen.core.identity import AppId, Principal
from suwen.core.inference import (
    ChatMessage,
    Delta,
    DeltaKind,
    Endpoint,
    GenerationRequest,
    LanguageModel,
)
from suwen.evaluation.inspecting.wire import Ask, EngineAnswer, EngineQuestion
from suwen.evaluation.model_part import CaseOutcome

PASSING: Final = frozenset({"engine_unreachable", "engine_timeout", "engine_busy"})
"""Failures of an engine that may pass by themselves."""


def asking_engines(platform: Platform) -> Ask:
    """Asks an endpoint by its name, as it is, with no application and no guard around it."""

    async def ask(question: EngineQuestion) -> EngineAnswer:
        request = GenerationRequest(
            messages=tuple(ChatMessage(role, text) for role, text in question.turns),
            max_output_tokens=question.max_output_tokens,
            temperature=question.temperature,
            seed=question.seed,
        )
        try:
            return await _answer(platform.models.model(question.engine), request)
        except SuwenError as error:
            return EngineAnswer(failure=error.code)

    return ask


async def _answer(model: LanguageModel, request: GenerationRequest) -> EngineAnswer:
    """The whole answer without its reasoning, and how long it took."""
    began = time.perf_counter()
    first_ms: float | None = None
    pieces: list[str] = []
    input_tokens = output_tokens = None
    async with aclosing(model.stream(request)) as parts:  # type: ignore[type-var]
        async for part in parts:
            if isinstance(part, Delta):
                first_ms = _since(began) if first_ms is None else first_ms
                if part.kind is DeltaKind.ANSWER:
                    pieces.append(part.text)
            else:
                input_tokens, output_tokens = part.prompt_tokens, part.output_tokens
    return EngineAnswer("".join(pieces), None, first_ms, _since(began), input_tokens, output_tokens)


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 3)


def asking_application(
    platform: Platform, app: AppId, endpoints: Mapping[str, Endpoint], acting: Principal
) -> Ask:
    """Runs an application over the request that the question holds, with one engine each.

    The answer is JSON of figures: how many statements the engine proposed and how many their
    evidence supports. Nothing of the document is kept.
    """
    gateways = {name: measuring_gateway(platform, one) for name, one in endpoints.items()}

    async def ask(question: EngineQuestion) -> EngineAnswer:
        request = json.loads(question.turns[-1][1])
        began = time.perf_counter()
        try:
            outcome = await outcome_of(gateways[question.engine], app, request, acting)
        except SuwenError as error:
            return EngineAnswer(failure=error.code)
        return EngineAnswer(json.dumps(_told(outcome)), None, None, _since(began))

    return ask


def _told(outcome: CaseOutcome | None) -> dict[str, object]:
    if outcome is None:
        return {"nothing": True, "failure": None}
    if outcome.document is None:
        return {"failure": outcome.failure}
    proposed = [s for s in outcome.document.statements if s.origin is StatementOrigin.MODEL]
    reasons: dict[str, int] = {}
    for statement in proposed:
        if not statement.supported:
            name = statement.reason.value if statement.reason else "unverified"
            reasons[name] = reasons.get(name, 0) + 1
    return {
        "failure": None,
        "statements": len(proposed),
        "supported": sum(s.supported is True for s in proposed),
        "reasons": reasons,
    }
