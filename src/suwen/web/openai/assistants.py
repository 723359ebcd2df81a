"""Assistants that are bound to a collection of the library, as models that any chat program knows.

``suwen/evidence:<collection>`` answers by evidence search, through the same gateway as the pages:
with the rights of the program that asks, every sentence cited. The sources stand as footnotes in
the text, for programs that show text only, and as ``references`` for those that can open them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from suwen.bootstrap.platform import Platform
from suwen.control.access.clients import KnownClient
from suwen.control.gateway.draft_content import visible_label
from suwen.control.gateway.model_requests import no_such_model
from suwen.control.gateway.run_types import (
    PassagesEvent,
    ResultEvent,
    RunOptions,
    RunResult,
)
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, Channel, Principal
from suwen.core.language import Language
from suwen.web.openai.errors import wrong
from suwen.web.openai.tokens import estimate_tokens
from suwen.web.openai.wire import ChatRequest
from suwen.web.views.passages import document_address, stamp

PREFIX: Final = "suwen/evidence:"
EVIDENCE_SEARCH: Final = AppId("evidence_search")
MOST_QUESTION: Final = 1000
MOST_EARLIER: Final = 10
_ANSWER_TOKENS: Final = 1500
_NEAREST: Final = 3
_NOT_STORED: Final = RunOptions(store=False)

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "sources": ("出处：", "Sources:"),
    "abstained": (
        "资料库中没有找到足以回答此问题的依据。",
        "The library holds nothing that suffices to answer this question.",
    ),
    "nearest": ("最接近的资料：", "The nearest that was found:"),
    "noticed": ("注意：", "Note:"),
    "unsupported": ("（未获所引原文支持）", " (not supported by its source)"),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """An assistant's answer.

    Attributes:
        sentences: the text piece by piece, each with the marks of its sources.
        footnotes: what stands under it: the sources and the AI label.
        references: the sources as data, in the order of their marks.
        label: the AI label as data, with what the run says of itself.
    """

    sentences: tuple[str, ...] = field(repr=False)
    footnotes: str = field(repr=False)
    references: tuple[Mapping[str, Any], ...] = field(repr=False)
    label: Mapping[str, Any]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.sentences) + self.footnotes

    @property
    def tokens(self) -> int:
        """A high estimate of the text's tokens."""
        return estimate_tokens(self.text)


def collection_of(model: str) -> str | None:
    """The collection that an assistant is bound to; ``None`` for what is no assistant."""
    return model.removeprefix(PREFIX) if model.startswith(PREFIX) else None


async def readable_collections(platform: Platform, principal: Principal) -> list[tuple[str, int]]:
    """Name and time of the build (seconds since 1970) of each collection that the caller may
    search."""
    shelves = await platform.library.reading.shelves(principal)
    return [
        (shelf.collection.id, int(shelf.built_at.timestamp()))
        for shelf in shelves
        if shelf.built_at is not None
    ]


def tokens_set_aside(request: ChatRequest) -> int:
    """What is set aside of the day for a question and its answer."""
    return request.prompt_tokens + _ANSWER_TOKENS


async def answer(platform: Platform, client: KnownClient, request: ChatRequest) -> Answered:
    """Searches the collection and answers from it.

    Raises:
        SuwenError: whatever ended the run; the audit says the same.
    """
    events = answering(platform, client, request)
    async with aclosing(events):
        async for event in events:
            if event is not None:
                return event
    raise AssertionError("a run ends with its result or with an error")


async def answering(
    platform: Platform, client: KnownClient, request: ChatRequest
) -> AsyncGenerator[Answered | None]:
    """As ``answer``; once passages were found, yields ``None`` whenever something happens."""
    principal = client.principal(Channel.OPENAI)
    wanted = _question(request)
    events = platform.gateway.stream(principal, EVIDENCE_SEARCH, wanted, _NOT_STORED)
    found = False
    try:
        async for event in events:
            found = found or isinstance(event, PassagesEvent)
            if isinstance(event, ResultEvent):
                yield told(event.result)
            elif found:
                yield None
    except NotFoundError as error:
        if error.code in ("collection_not_found", "collection_not_built"):
            raise no_such_model() from error
        raise
    finally:
        await events.aclose()  # type: ignore[attr-defined]


def _question(request: ChatRequest) -> dict[str, Any]:
    """The last question with those before it; what an assistant cannot do is refused, so that
    nobody believes that it was done."""
    for capability, asked_by in request.needs:
        raise wrong(
            asked_by,
            code="assistant_cannot",
            zh=f"资料库助手不支持（{capability}）。",
            en=f"an assistant of the library does not do this ({capability}).",
        )
    questions = request.conversation.questions
    if not questions or request.conversation.messages[-1]["role"] != "user":
        raise wrong(
            "messages", zh="最后一条须为用户的问题。", en="the last one must be a user's question."
        )
    *earlier, last = questions
    if len(last) > MOST_QUESTION:
        raise wrong(
            "messages",
            zh=f"问题最长 {MOST_QUESTION} 字。",
            en=f"a question has at most {MOST_QUESTION} characters.",
        )
    history = [one for one in earlier if len(one) <= MOST_QUESTION][-MOST_EARLIER:]
    return {
        "query": last,
        "collection": collection_of(request.model),
        "history": [{"query": one} for one in history],
    }


def told(result: RunResult) -> Answered:
    """The answer of a finished search."""
    output = result.output
    language = _language(result)
    places = {place["passage_id"]: place for place in output["passages"]}
    numbers: dict[str, int] = {}
    references: list[Mapping[str, Any]] = []

    def mark(passage: str, quoted: Mapping[str, Any]) -> str:
        if passage not in numbers:
            numbers[passage] = len(numbers) + 1
            references.append(_reference(numbers[passage], places[passage], quoted))
        return f"[{numbers[passage]}]"

    sentences: list[str] = []
    between = "" if language is Language.ZH else " "
    for item in output["answer"] or ():
        marks = "".join(mark(q["passage_id"], q) for q in _first_quotes(item["quotes"]))
        doubt = "" if item["supported"] else _text("unsupported", language)
        sentences.append(f"{between if sentences else ''}{item['text']}{marks}{doubt}")
    heading = "sources"
    if not sentences:
        sentences = [_text("abstained", language)]
        heading = "nearest"
        for place in output["passages"][:_NEAREST]:
            mark(place["passage_id"], place)
    label = result.content["label"]
    lines = [f"[{r['index']}] {_line(r)}" for r in references]
    noticed = [f"· {finding[f'message_{language.value}']}" for finding in output["findings"]]
    parts = [
        "\n".join([_text(heading, language), *lines]) if lines else "",
        "\n".join([_text("noticed", language), *noticed]) if noticed else "",
        visible_label(label, language),
    ]
    footnotes = "".join(f"\n\n{part}" for part in parts if part)
    facts = {
        **label,
        "gated": True,
        "trace_id": result.trace,
        "model": result.model,
        "abstained": output["abstained"],
        "confidence": output["confidence"],
        "findings": output["findings"],
        "limits": output["limits"],
    }
    return Answered(tuple(sentences), footnotes, tuple(references), facts)


def _first_quotes(quotes: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One quote for each passage, the first."""
    found: dict[str, Mapping[str, Any]] = {}
    for one in quotes:
        found.setdefault(one["passage_id"], one)
    return list(found.values())


def _reference(
    index: int, place: Mapping[str, Any], quoted: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A source as data; ``url`` is the address of the very span on this platform's pages."""
    address = document_address(place["collection"], place["document_id"])
    span = {"start": quoted["start"], "end": quoted["end"], "stamp": stamp(quoted["text"])}
    return {
        "index": index,
        "passage_id": place["passage_id"],
        "document_id": place["document_id"],
        "collection": place["collection"],
        "title": place["title"],
        "text": quoted["text"],
        "start": quoted["start"],
        "end": quoted["end"],
        "page": place["page"],
        "issuer": place["issuer"],
        "issued": place["issued"],
        "expires": place["expires"],
        "currency": place["currency"],
        "score": place["score"],
        "url": f"{address}?{urlencode(span)}#span",
    }


def _line(reference: Mapping[str, Any]) -> str:
    facts = [reference["title"], reference["issuer"], reference["issued"]]
    shown = " · ".join(str(fact) for fact in facts if fact)
    return f"{shown} ({reference['passage_id']})"


def _language(result: RunResult) -> Language:
    document = result.draft.document
    return Language.ZH if document is None else document.language


def _text(name: str, language: Language) -> str:
    zh, en = _TEXTS[name]
    return zh if language is Language.ZH else en
