"""Evidence search: what may be searched, what was asked, and an answer while it grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from suwen.bootstrap.platform import Platform
from suwen.control.access.authentication import token_hash
from suwen.core.errors import NotFoundError
from suwen.core.identity import AppId, TraceId
from suwen.core.knowledge import Passage
from suwen.core.knowledge_form import passage_from_json
from suwen.core.language import Bilingual, Language
from suwen.storage.traces import Trace, TraceEvent
from suwen.web.guard import Visitor
from suwen.web.texts import Texts
from suwen.web.views.answer import AnswerView, Cards, Sentence, answer_view, verified_sentence
from suwen.web.views.passages import PassageCard

EVIDENCE_SEARCH = AppId("evidence_search")
ASKED = "asked"
"""Kind of the event that keeps what was asked; it stands before those of the run."""

MOST_EARLIER = 10
"""Earlier questions that a follow-up takes along."""

MOST_OWN = 20
_WRITING = ("core", "generate", "verify", "guard_output", "disclose")


@dataclass(frozen=True, slots=True)
class SearchableCollection:
    """A collection that this reader may search; ``documents`` counts those that may be read."""

    id: str
    title: str
    kind: str
    owner: str
    documents: int
    built_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was asked; ``earlier`` are the questions before it, oldest first."""

    query: str
    collection: str
    earlier: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Ready to be kept."""
        return {"query": self.query, "collection": self.collection, "earlier": list(self.earlier)}


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question that this person asked since signing in."""

    trace: str
    question: str
    at: datetime
    collection_title: str


@dataclass(frozen=True, slots=True)
class EvidencePage:
    """The page of evidence search; without a ``trace`` nothing was asked yet.

    Attributes:
        over: whether the run has ended.
        problem: why it ended without an answer.
        other_collections: id and title of where the same may be asked again.
    """

    collections: tuple[SearchableCollection, ...]
    collection: str
    own: tuple[OwnQuestion, ...]
    typed: str = ""
    trace: str = ""
    question: str = ""
    collection_title: str = ""
    collection_owner: str = ""
    at: datetime | None = None
    now: datetime | None = None
    over: bool = False
    problem: str = ""
    answer_language: str = ""

    @property
    def other_collections(self) -> tuple[tuple[str, str], ...]:
        """Where else the question may be asked."""
        return tuple((c.id, c.title) for c in self.collections if c.id != self.collection)


@dataclass
class Growing:
    """An answer as far as its events tell it."""

    passages: dict[str, Passage] = field(default_factory=dict)
    statements: list[Mapping[str, Any]] = field(default_factory=list)
    content: Mapping[str, Any] | None = None
    failure: Mapping[str, Any] | None = None

    def take(self, event: TraceEvent) -> None:
        """Takes an event in."""
        if event.kind == "passages":
            found = [passage_from_json(one) for one in event.data["passages"]]
            self.passages = {passage.id: passage for passage in found}
        elif event.kind == "statement":
            self.statements.append(event.data["statement"])
        elif event.kind == "result":
            self.content = event.data["content"]
        elif event.kind == "failed":
            self.failure = event.data


async def searchable(
    platform: Platform, visitor: Visitor, texts: Texts
) -> tuple[SearchableCollection, ...]:
    """The collections that this reader may search."""
    return tuple(
        SearchableCollection(
            id=one.collection.id,
            title=texts.of(one.collection.title),
            kind=one.collection.kind.value,
            owner=one.collection.owner or "",
            documents=one.documents,
            built_at=one.built_at,
        )
        for one in await platform.library.reading.shelves(visitor.principal)
    )


async def keep_question(platform: Platform, trace: TraceId, asked: Asked) -> None:
    """Keeps a question with its run, for the person's own list and for follow-ups."""
    await platform.traces.append_events(trace, [TraceEvent(0, ASKED, asked.as_json())])


async def read_question(platform: Platform, trace: TraceId) -> Asked:
    """What was asked.

    Raises:
        NotFoundError: ``question_gone`` once the run's events were removed.
    """
    for event in await platform.traces.events_after(trace, -1):
        if event.kind == ASKED:
            data = event.data
            return Asked(data["query"], data["collection"], tuple(data["earlier"]))
        break
    raise NotFoundError(
        "question_gone",
        Bilingual(
            zh="这次提问的内容已按保存期限删除，请重新提问。",
            en="This question was removed when its time of keeping ended. Ask again.",
        ),
    )


async def own_trace(platform: Platform, visitor: Visitor, trace: str) -> Trace:
    """A run of evidence search of this very person.

    Raises:
        NotFoundError: ``no_such_trace``; also for another person's run, or another application's.
    """
    try:
        found = await platform.traces.read(TraceId(trace))
    except NotFoundError:
        raise _no_such_question() from None
    if found.principal != visitor.principal.id or found.app != EVIDENCE_SEARCH:
        raise _no_such_question()
    return found


def _no_such_question() -> NotFoundError:
    """The same for a question that is not there and for somebody else's."""
    return NotFoundError(
        "no_such_trace", Bilingual(zh="没有这次提问。", en="There is no such question.")
    )


async def own_questions(
    platform: Platform, visitor: Visitor, collections: Sequence[SearchableCollection]
) -> tuple[OwnQuestion, ...]:
    """What this person asked since signing in, latest first."""
    now = platform.clock.now()
    known = await platform.people.read_session(token_hash(visitor.token), now)
    if known is None:
        return ()
    _person, session = known
    runs = await platform.traces.list(
        EVIDENCE_SEARCH, MOST_OWN, principal=visitor.principal.id, since=session.created_at
    )
    titles = {one.id: one.title for one in collections}
    found = []
    for run in runs:
        try:
            asked = await read_question(platform, run.id)
        except NotFoundError:
            continue
        title = titles.get(asked.collection, asked.collection)
        found.append(OwnQuestion(run.id, asked.query, run.opened_at, title))
    return tuple(found)


async def still_readable(
    platform: Platform, visitor: Visitor, passages: Mapping[str, Passage]
) -> dict[str, Passage]:
    """The passages that this reader may see now, as their documents stand today."""
    found = await platform.library.searching.passages(tuple(passages), visitor.principal)
    return {name: found[name] for name in passages if name in found}


async def require_readable(platform: Platform, visitor: Visitor, trace: Trace) -> None:
    """Lets pass where the reader may still see everything that a search found.

    Raises:
        NotFoundError: ``sources_closed``.
    """
    if trace.app != EVIDENCE_SEARCH:
        return
    found = (await read_growing(platform, trace.id)).passages
    if len(await still_readable(platform, visitor, found)) < len(found):
        raise NotFoundError(
            "sources_closed",
            Bilingual(
                zh="这次检索的部分依据您现在无权阅读，请重新检索。",
                en="Some of what this search found is no longer open to you. Search again.",
            ),
        )


async def read_answer(
    platform: Platform, visitor: Visitor, growing: Growing, texts: Texts
) -> AnswerView | None:
    """The finished answer as this reader may see it now; ``None`` where there is none."""
    if growing.content is None:
        return None
    seen = await still_readable(platform, visitor, growing.passages)
    return answer_view(growing.content, seen, texts)


async def read_growing(platform: Platform, trace: TraceId) -> Growing:
    """What the events of a run tell so far."""
    growing = Growing()
    for event in await platform.traces.events_after(trace, 0):
        growing.take(event)
    return growing


def stage_text(event: TraceEvent, texts: Texts) -> str | None:
    """What the page says while a stage runs; ``None`` when it says nothing new."""
    if event.kind != "stage" or event.data["status"] != "running":
        return None
    return texts("evidence.answering") if event.data["name"] in _WRITING else None


def growing_cards(
    growing: Growing, seen: Mapping[str, Passage], texts: Texts
) -> tuple[tuple[Sentence, ...], tuple[PassageCard, ...], tuple[PassageCard, ...]]:
    """Sentences so far, the cards that they rest on, and the other cards."""
    cards = Cards(seen, texts)
    hidden = len(seen) < len(growing.passages)
    told = (verified_sentence(s, cards, texts, hidden=hidden) for s in growing.statements)
    sentences = tuple(sentence for sentence in told if sentence is not None)
    asked = [p.id for p in growing.passages.values()]
    return sentences, cards.cited(), cards.others(asked)


def language_of_answer(asked: Asked) -> str:
    """Language of an answer, which is that of its question."""
    chinese = any("\u3400" <= character <= "\u9fff" for character in asked.query)
    return (Language.ZH if chinese else Language.EN).value
