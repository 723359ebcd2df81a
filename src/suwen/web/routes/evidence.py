"""Evidence search: asking, watching the answer come, and coming back to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from suwen.control.gateway.run_types import RunOptions
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.identity import TraceId
from suwen.storage.traces import TraceEvent
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, page, web_of
from suwen.web.routes.runs import SSE_HEADERS
from suwen.web.views.answer import AnswerView
from suwen.web.views.evidence import (
    EVIDENCE_SEARCH,
    MOST_EARLIER,
    Asked,
    EvidencePage,
    Growing,
    growing_cards,
    keep_question,
    language_of_answer,
    own_questions,
    own_trace,
    read_answer,
    read_growing,
    read_question,
    searchable,
    stage_text,
    still_readable,
)

LONGEST_QUESTION = 1000
_NOT_KEPT = RunOptions(store=False)


async def show_start(request: Request) -> Response:
    """Where a question is asked."""
    return await _start(request, problem=None, typed="", collection="")


async def _start(
    request: Request, *, problem: SuwenError | None, typed: str, collection: str
) -> Response:
    view = await _with_own(request, await _page_of(request, collection))
    context = {"view": replace(view, typed=typed), "problem": problem}
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "evidence.html", context, status)


async def ask(request: Request) -> Response:
    """Begins a search, and leads to where its answer comes."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    try:
        query = form.needed("query", longest=LONGEST_QUESTION)
        collection = form.needed("collection", longest=60)
        asked = Asked(query, collection, await _earlier(request, form.text("after")))
        wanted = {
            "query": asked.query,
            "collection": asked.collection,
            "history": [{"query": one} for one in asked.earlier],
        }
        trace = await web.platform.runs.start(visitor.principal, EVIDENCE_SEARCH, wanted, _NOT_KEPT)
    except InputError as error:
        return await _start(
            request,
            problem=error,
            typed=form.text("query", longest=10**6)[:LONGEST_QUESTION],
            collection=form.text("collection", longest=10**6)[:60],
        )
    await keep_question(web.platform, trace, asked)
    return RedirectResponse(f"/evidence/{trace}", 303)


async def _earlier(request: Request, after: str) -> tuple[str, ...]:
    """The questions before a follow-up, oldest first."""
    if not after:
        return ()
    web = web_of(request)
    trace = await own_trace(web.platform, visitor_of(request), after)
    before = await read_question(web.platform, trace.id)
    return (*before.earlier, before.query)[-MOST_EARLIER:]


async def show_answer(request: Request) -> Response:
    """An answer, growing or finished."""
    web, visitor = web_of(request), visitor_of(request)
    trace = await own_trace(web.platform, visitor, request.path_params["trace"])
    asked = await read_question(web.platform, trace.id)
    texts = web.texts(request)
    growing = await read_growing(web.platform, trace.id)
    answer = await read_answer(web.platform, visitor, growing, texts)
    view = await _page_of(request, asked.collection)
    failure = growing.failure
    view = replace(
        _about(view, trace.id, asked),
        at=trace.opened_at,
        now=web.now(),
        over=trace.closed_at is not None and (answer is not None or failure is not None),
        problem=str(failure[f"message_{texts.language.value}"]) if failure else "",
    )
    return await page(request, "evidence_answer.html", {"view": view, "answer": answer})


async def stream(request: Request) -> Response:
    """News of an answer, from after the last that the browser has."""
    web, visitor = web_of(request), visitor_of(request)
    trace = await own_trace(web.platform, visitor, request.path_params["trace"])
    asked = await read_question(web.platform, trace.id)
    after = request.headers.get("last-event-id") or request.query_params.get("after", "0")
    seen = int(after) if after.isascii() and after.isdigit() and len(after) < 10 else 0
    if trace.closed_at is not None and seen >= await web.platform.traces.last_event(trace.id):
        # 204 tells an EventSource not to come again.
        return Response(status_code=204)

    async def body() -> AsyncIterator[bytes]:
        yield b"retry: 1000\n\n"
        growing = Growing()
        try:
            async for event in web.platform.runs.events(visitor.principal, trace.id, 0):
                growing.take(event)
                if event.n > seen:
                    told = await _told(request, event, growing, asked)
                    if told is not None:
                        yield _streamed(event.n, *told)
        except SuwenError:
            # The stream breaks off; the browser comes again and is then told why.
            return

    return StreamingResponse(body(), headers=SSE_HEADERS)


async def _told(
    request: Request, event: TraceEvent, growing: Growing, asked: Asked
) -> tuple[str, Mapping[str, Any]] | None:
    """Which part of the page an event changes, and to what."""
    web, visitor = web_of(request), visitor_of(request)
    texts = web.texts(request)
    if event.kind == "failed":
        return "failed", {"message": event.data[f"message_{texts.language.value}"]}
    if event.kind == "result":
        answer = await read_answer(web.platform, visitor, growing, texts)
        view = _about(await _page_of(request, asked.collection), TraceId(""), asked)
        view = replace(view, trace=request.path_params["trace"])
        return "result", _finished(request, view, answer)
    if event.kind in ("passages", "statement"):
        shown = await still_readable(web.platform, visitor, growing.passages)
        sentences, cited, others = growing_cards(growing, shown, texts)
        if event.kind == "passages":
            context = {"cited": cited, "others": others, "nearest": False}
            return "passages", {"html": web.html("evidence_passages_fragment.html", texts, context)}
        context = {"sentences": sentences, "language_of_answer": language_of_answer(asked)}
        return "answer", {"html": web.html("evidence_sentences_fragment.html", texts, context)}
    text = stage_text(event, texts)
    return ("state", {"text": text}) if text else None


def _finished(request: Request, view: EvidencePage, answer: AnswerView | None) -> Mapping[str, Any]:
    """The parts of the page once the answer is complete."""
    web, texts = web_of(request), web_of(request).texts(request)
    if answer is None:
        return {"answer": "", "passages": "", "follow_ups": ""}
    context = {"view": view, "answer": answer, "csrf": visitor_of(request).csrf}
    found = {"cited": answer.cited, "others": answer.others, "nearest": answer.abstained}
    return {
        "answer": web.html("evidence_answer_fragment.html", texts, context),
        "passages": web.html("evidence_passages_fragment.html", texts, found),
        "follow_ups": web.html("evidence_follow_ups_fragment.html", texts, context),
    }


def _streamed(number: int, kind: str, data: Mapping[str, Any]) -> bytes:
    return f"id: {number}\nevent: {kind}\ndata: {orjson.dumps(data).decode()}\n\n".encode()


async def _page_of(request: Request, collection: str) -> EvidencePage:
    """The page without the person's own questions, which are asked for when they are wanted."""
    web, visitor = web_of(request), visitor_of(request)
    collections = await searchable(web.platform, visitor, web.texts(request))
    return EvidencePage(collections, collection, ())


async def _with_own(request: Request, view: EvidencePage) -> EvidencePage:
    web, visitor = web_of(request), visitor_of(request)
    return replace(view, own=await own_questions(web.platform, visitor, view.collections))


async def show_own(request: Request) -> Response:
    """What this person asked since signing in."""
    view = await _with_own(request, await _page_of(request, ""))
    return fragment(request, "evidence_own_fragment.html", {"view": view})


def _about(view: EvidencePage, trace: str, asked: Asked) -> EvidencePage:
    """The page of a question."""
    chosen = next((c for c in view.collections if c.id == asked.collection), None)
    return replace(
        view,
        trace=trace,
        question=asked.query,
        collection_title=chosen.title if chosen else asked.collection,
        collection_owner=chosen.owner if chosen else "",
        answer_language=language_of_answer(asked),
    )


ROUTES = [
    Route("/evidence", show_start, methods=["GET"]),
    Route("/evidence", ask, methods=["POST"]),
    Route("/evidence/own", show_own, methods=["GET"]),
    Route("/evidence/{trace}", show_answer, methods=["GET"]),
    Route("/evidence/{trace}/events", stream, methods=["GET"]),
]
