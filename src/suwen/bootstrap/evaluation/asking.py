"""How an evaluation asks: an engine directly, or an application that asks it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from suwen.bootstrap.gate import GateCase, measuring_gateway, outcome_of
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
from suwen.evaluation.model_part import CaseOutcome, Judge

if TYPE_CHECKING:
    from suwen.bootstrap.gate import Opened

PASSING: Final = frozenset({"engine_unreachable", "engine_timeout", "engine_busy"})
"""Failures of an engine that may pass by themselves."""


def asking_engines(platform: Opened) -> Ask:
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
    platform: Opened,
    app: AppId,
    endpoints: Mapping[str, Endpoint],
    judge: Judge,
    acting: Principal,
) -> Ask:
    """Runs an application over the case that the question holds, with one engine each.

    The answer is JSON of figures: how much the engine proposed and how much of it holds. Nothing
    of the document is kept.
    """
    gateways = {name: measuring_gateway(platform, one) for name, one in endpoints.items()}

    async def ask(question: EngineQuestion) -> EngineAnswer:
        case = GateCase(**json.loads(question.turns[-1][1]))
        began = time.perf_counter()
        try:
            outcome = await outcome_of(gateways[question.engine], app, case, judge, acting)
        except SuwenError as error:
            return EngineAnswer(failure=error.code)
        return EngineAnswer(json.dumps(_told(outcome)), None, None, _since(began))

    return ask


def _told(outcome: CaseOutcome | None) -> dict[str, object]:
    if outcome is None:
        return {"nothing": True, "failure": None}
    hidden = {"hidden": outcome.hidden, "found": outcome.found} if outcome.hidden else {}
    if outcome.failure is not None:
        return {"failure": outcome.failure, **hidden}
    return {
        "failure": None,
        "statements": outcome.proposed,
        "supported": outcome.supported,
        "reasons": dict(outcome.reasons),
        **hidden,
    }
