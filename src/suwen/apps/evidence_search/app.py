"""Evidence search: the library's own sentences, or a model's that hold against them; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from suwen.appkit import (
    CoreResult,
    Document,
    Draft,
    Evidence,
    EvidenceKind,
    KnowledgeQuery,
    Language,
    ModelAnswer,
    Passage,
    PatientRecord,
    Plan,
    PromptSpec,
    Section,
    Statement,
    StatementOrigin,
    finding_as_json,
)
from suwen.apps.evidence_search.abbreviated import written_out
from suwen.apps.evidence_search.cases import CASE_BASE, MOST_CASES, as_shown, similar_cases
from suwen.apps.evidence_search.conversation import follow_ups, language_of, searched_for
from suwen.apps.evidence_search.narrative import prompt_for, statements_of
from suwen.apps.evidence_search.rules import (
    ANSWER_FROM,
    Conflict,
    find_conflicts,
    findings_of,
    in_force,
)
from suwen.apps.evidence_search.schema import EvidenceSearchRequest, parse_request
from suwen.apps.evidence_search.sentences import (
    Extract,
    SourceSentence,
    choose_extracts,
    read_sentences,
)
from suwen.core.knowledge import Currency
from suwen.core.knowledge_form import passage_as_json

_TITLES = {Language.ZH: ("循证检索", "回答"), Language.EN: ("Evidence search", "Answer")}


class EvidenceSearch:
    """Cited answers from one collection of the hospital's library."""

    def parse(self, request: Mapping[str, Any]) -> EvidenceSearchRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid`` with the field at fault.
        """
        return parse_request(request)

    def plan(self, request: EvidenceSearchRequest) -> Plan:
        """Looks the question up in its collection, and in the case base beside it."""
        query = _query(request)
        queries = [KnowledgeQuery(request.collection, query, request.k)]
        if request.collection != CASE_BASE:
            queries.append(KnowledgeQuery(CASE_BASE, query, MOST_CASES * 2, optional=True))
        earlier = (item.query for item in request.history)
        return Plan(
            language=_language(request),
            queries=tuple(queries),
            user_texts=(request.query, *earlier),
        )

    def core(
        self,
        request: EvidenceSearchRequest,
        record: PatientRecord | None,
        passages: Sequence[Passage],
    ) -> CoreResult:
        """Answers with the sources' own sentences, or says that they do not suffice."""
        shown = [as_shown(p) for p in passages]
        found = [p for p in shown if p.collection == request.collection]
        # What holds today comes first; within each kind the order of relevance stands.
        found.sort(key=lambda p: p.currency is not Currency.CURRENT)
        cases = [p for p in shown if p.collection == CASE_BASE != request.collection]
        usable = in_force(found)
        confidence = max((p.confidence or 0.0 for p in usable), default=0.0)
        confident = confidence >= ANSWER_FROM
        sentences = read_sentences(written_out(_query(request), usable), usable)
        extracts = choose_extracts(sentences) if confident else ()
        conflicts = find_conflicts(sentences) if confident else ()
        cited = {s.passage.id: s.passage for e in extracts for s in e.sources}
        language = _language(request)
        result: dict[str, object] = {
            "query": request.query,
            "searched_for": _query(request),
            "abstained": not extracts,
            "confidence": round(confidence, 4),
            "passages": [passage_as_json(p) for p in found],
            "conflicts": [_conflict_as_json(c) for c in conflicts],
            "similar_cases": similar_cases(cases),
            "follow_up": follow_ups(request.query, usable, list(cited), language),
            "extract": [_extract_as_json(e) for e in extracts],
        }
        draft = Draft(
            document=_document(tuple(_statement(e) for e in extracts), language),
            findings=findings_of(found, list(cited.values()), conflicts, confident=bool(extracts)),
            result=result,
        )
        return CoreResult(draft, {"usable": tuple(usable), "sentences": tuple(sentences)})

    def ask(self, request: EvidenceSearchRequest, result: CoreResult) -> PromptSpec | None:
        """Asks for an answer from the passages in force; nothing when the search abstains."""
        if result.draft.result is None or result.draft.result["abstained"]:
            return None
        return prompt_for(_query(request), result.memory["usable"], _language(request))

    def merge(
        self, request: EvidenceSearchRequest, result: CoreResult, answer: ModelAnswer | None
    ) -> Draft:
        """The model's sentences in place of the extract; the extract where there are none."""
        if answer is None:
            return result.draft
        told = statements_of(answer, result.memory["usable"], result.memory["sentences"])
        if not told:
            return result.draft
        return replace(result.draft, document=_document(told, _language(request)))

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the contract.

        Where not one sentence of a model holds against its sources, the sources' own stand.
        """
        if draft.document is None or draft.result is None:
            raise TypeError("a draft of this application is an answer with its passages")
        result = dict(draft.result)
        extract = result.pop("extract")
        statements = draft.document.statements
        places = {p["passage_id"]: p for p in _as_list(result["passages"])}
        answer = [_answer_as_json(s, places) for s in statements]
        if not any(item["supported"] for item in answer):
            answer = _as_list(extract)
        return {
            "answer": answer or None,
            **result,
            "findings": [finding_as_json(f) for f in draft.findings],
            "limits": [{"zh": item.zh, "en": item.en} for item in draft.limits],
        }


def _language(request: EvidenceSearchRequest) -> Language:
    return request.language or language_of(request.query)


def _query(request: EvidenceSearchRequest) -> str:
    return searched_for(request.query, [item.query for item in request.history])


def _document(statements: tuple[Statement, ...], language: Language) -> Document:
    title, heading = _TITLES[language]
    section = Section("answer", None, heading, (), statements)
    return Document("evidence_answer", language, title, (section,))


def _statement(extract: Extract) -> Statement:
    evidence = tuple(Evidence(EvidenceKind.PASSAGE, s.passage.id, s.text) for s in extract.sources)
    return Statement(extract.sentence.text, evidence, StatementOrigin.RULE)


def _extract_as_json(extract: Extract) -> dict[str, Any]:
    return {
        "text": extract.sentence.text,
        "citations": list(dict.fromkeys(s.passage.id for s in extract.sources)),
        "quotes": [_quote_as_json(s) for s in extract.sources],
        "supported": True,
        "origin": StatementOrigin.RULE.value,
    }


def _quote_as_json(sentence: SourceSentence) -> dict[str, Any]:
    return {
        "passage_id": sentence.passage.id,
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
    }


def _answer_as_json(statement: Statement, places: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence with its citations; what it cites is opened at the quoted span."""
    quotes = []
    for evidence in statement.evidence:
        place = places.get(evidence.reference)
        if evidence.kind is not EvidenceKind.PASSAGE or place is None:
            continue
        offset = place["text"].find(evidence.quote)
        start = place["start"] + max(offset, 0)
        quote = evidence.quote if offset >= 0 else place["text"]
        quotes.append(
            {
                "passage_id": evidence.reference,
                "start": start,
                "end": start + len(quote),
                "text": quote,
            }
        )
    return {
        "text": statement.text,
        "citations": list(dict.fromkeys(q["passage_id"] for q in quotes)),
        "quotes": quotes,
        "supported": bool(statement.supported) and bool(quotes),
        "reason": statement.reason.value if statement.reason else None,
        "origin": statement.origin.value,
    }


def _conflict_as_json(conflict: Conflict) -> dict[str, Any]:
    return {
        "kind": conflict.kind,
        "sides": [
            {"title": s.passage.title, **_quote_as_json(s)}
            for s in (conflict.first, conflict.second)
        ],
    }


def _as_list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("a list is expected")
    return value


APP = EvidenceSearch()
