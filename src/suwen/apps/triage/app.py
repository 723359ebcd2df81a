"""Patient navigation and triage: red flags first, then the department; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from suwen.appkit import (
    CoreResult,
    Draft,
    KnowledgeQuery,
    Language,
    ModelAnswer,
    Passage,
    PatientRecord,
    Plan,
    Prompt,
    PromptSpec,
    finding_as_json,
    load_prompts,
)
from suwen.apps.triage.questions import (
    SAFETY_QUESTION,
    Question,
    is_clear,
    is_general,
    is_safe_answer,
    is_safety_question,
    next_question,
)
from suwen.apps.triage.rules import CLEAR_FROM, findings_of
from suwen.apps.triage.schema import TriageRequest, parse_request
from suwen.apps.triage.tables import TriageTables, tables_from
from suwen.apps.triage.ways import asked_place, way_to
from suwen.apps.triage.wording import (
    action_of,
    ask_desk,
    asks_rules,
    emergency_pathway,
    pathway,
    wants_staff,
)
from suwen.clinical.departments import (
    EMERGENCY,
    DepartmentScore,
    DepartmentTable,
    LearnedDepartments,
    rank_departments,
)
from suwen.clinical.indoor_routes import Place
from suwen.clinical.red_flags import RedFlag, RedFlagReading, read_red_flags
from suwen.core.audience import Audience
from suwen.core.knowledge import Currency

_SHOWN = 3
_ANSWER_FROM = 0.35
_COLLECTION = "patient_services"
_MOST_WORDS = 6


@cache
def _own_tables() -> TriageTables:
    return tables_from({})


@cache
def _prompts() -> Mapping[tuple[str, Language], Prompt]:
    return load_prompts(Path(__file__).parent)


class Triage:
    """Where a patient should go, and how fast.

    Args:
        tables: the hospital's own; by default the platform's.
        learned: what the hospital learned from its own visits; ``None`` is the table alone.
    """

    def __init__(
        self, tables: TriageTables | None = None, learned: LearnedDepartments | None = None
    ) -> None:
        self._given = tables
        self._learned = learned

    @property
    def tables(self) -> TriageTables:
        """The tables that hold; the platform's own are read when they are first needed."""
        return self._given or _own_tables()

    @property
    def _by(self) -> _RankedBy:
        return _RankedBy(self.tables, self._learned)

    def parse(self, request: Mapping[str, Any]) -> TriageRequest:
        """Checks a request strictly.

        Raises:
            InputError: ``request_invalid`` with the field at fault.
        """
        return parse_request(request)

    def plan(self, request: TriageRequest) -> Plan:
        """Looks a question on the hospital's rules up; everything else needs nothing."""
        queries: tuple[KnowledgeQuery, ...] = ()
        asking = _asking(request)
        if asks_rules(asking):
            queries = (KnowledgeQuery(_COLLECTION, asking[-1], 3, optional=True),)
        return Plan(
            language=_language(request),
            queries=queries,
            user_texts=(*request.said[-1:], *request.said[:-1]),
            audience=Audience.PATIENT,
        )

    def core(
        self, request: TriageRequest, record: PatientRecord | None, passages: Sequence[Passage]
    ) -> CoreResult:
        """Diverts an emergency; else ranks departments and chooses the next question."""
        reading = read_red_flags(
            request.said,
            age_y=request.age_y,
            sex=request.sex,
            pregnant=request.pregnant,
            rules=self.tables.red_flags,
        )
        draft = _draft(request, reading, _Said((), passages), self._by)
        return CoreResult(draft, {"reading": reading, "of": passages})

    def ask(self, request: TriageRequest, result: CoreResult) -> PromptSpec | None:
        """Asks which words of the table are meant; nothing in an emergency or where it is clear."""
        table = self.tables.departments
        ranked = _ranked(request, (), self._by)
        flags = result.memory["reading"].flags
        if flags or not request.said or ranked[0].score >= CLEAR_FROM:
            return None
        return PromptSpec(
            system=_prompts()[("system", _language(request))].fill(),
            user="<patient>\n" + "\n".join(request.said)[-2_000:] + "\n</patient>",
            json_schema=_schema(table),
            max_output_tokens=300,
        )

    def merge(
        self, request: TriageRequest, result: CoreResult, answer: ModelAnswer | None
    ) -> Draft:
        """Departments with the words that a model understood; never fewer red flags."""
        if answer is None:
            return result.draft
        known = set(_words(self.tables.departments))
        words = [w for w in answer.data.get("words", []) if isinstance(w, str) and w in known]
        said = _Said(words[:_MOST_WORDS], result.memory["of"])
        return _draft(request, result.memory["reading"], said, self._by)

    def output(self, draft: Draft) -> Mapping[str, Any]:
        """The result in the form of the contract."""
        if draft.result is None:
            raise TypeError("a draft of this application is a recommendation")
        return {**draft.result, "findings": [finding_as_json(f) for f in draft.findings]}


@dataclass(frozen=True, slots=True)
class _RankedBy:
    """What ranks the departments: the tables, and what the hospital learned besides."""

    tables: TriageTables
    learned: LearnedDepartments | None

    @property
    def table(self) -> DepartmentTable:
        """The table of departments."""
        return self.tables.departments


@dataclass(frozen=True, slots=True)
class _Said:
    """What came from elsewhere than the patient: words that a model understood, and passages."""

    understood: Sequence[str]
    passages: Sequence[Passage]


def _draft(request: TriageRequest, reading: RedFlagReading, said: _Said, by: _RankedBy) -> Draft:
    language, flags = _language(request), reading.flags
    ranked = _ranked(request, said.understood, by)
    to_staff = wants_staff(request.said)
    safety = _asks_safety(request, reading, by)
    place = None if flags or to_staff or safety else asked_place(_asking(request), by.tables)
    answer = None if flags or safety or place else _answer(said.passages)
    asks_desk = (
        asks_rules(_asking(request))
        and not (answer or place or safety)
        and _is_general(request, by)
    )
    question = None
    if safety:
        question = SAFETY_QUESTION
    elif not (flags or to_staff or answer or asks_desk or place):
        question = _next(request, ranked, by)
    result: dict[str, object] = {
        "emergency": bool(flags),
        "red_flags": [_flag_as_json(f, language) for f in flags],
        "departments": _shown(_there(ranked, place), flags, by.table),
        "next_question": _question_as_json(question, language),
        "pathway": (
            emergency_pathway(flags, language)
            if flags
            else way_to(place, by.tables.plan, language)
            if place
            else ask_desk(language)
            if asks_desk
            else pathway(ranked, language, to_staff=to_staff)
        ),
        "answer": answer,
        "hand_over": to_staff,
        "no_rule": asks_desk and not (flags or to_staff),
    }
    return Draft(document=None, findings=findings_of(flags, ranked), result=result)


def _asks_safety(request: TriageRequest, reading: RedFlagReading, by: _RankedBy) -> bool:
    """Whether the second reader's question comes now: once in a chat, and not to somebody who names
    no complaint but asks how things are done, or asks for a person."""
    if not reading.ask or any(is_safety_question(asked) for asked in request.asked):
        return False
    only_rules = asks_rules(request.said) and _is_general(request, by)
    return not (only_rules or wants_staff(request.said))


def _next(
    request: TriageRequest, ranked: Sequence[DepartmentScore], by: _RankedBy
) -> Question | None:
    """The question that tells most about the department; ``None`` where it is clear."""
    asked = [one for one in request.asked if not is_safety_question(one)]
    if is_clear(ranked, asked):
        return None
    return next_question(asked, request.said, ranked, by.table)


def _there(ranked: Sequence[DepartmentScore], place: Place | None) -> Sequence[DepartmentScore]:
    """The departments; only those that are at the place whose way was asked for."""
    if place is None:
        return ranked
    return [one for one in ranked if one.department.code in place.departments]


def _asking(request: TriageRequest) -> tuple[str, ...]:
    """What the patient wrote, up to what waits for an answer: an answer to the second reader's
    question leaves what was asked before it open."""
    if request.asked and is_safety_question(request.asked[-1]) and len(request.said) > 1:
        return request.said[:-1] if is_safe_answer(request.said[-1]) else request.said
    return request.said


def _flag_as_json(flag: RedFlag, language: Language) -> dict[str, object]:
    return {
        "rule": flag.rule.id,
        "name": flag.rule.name.in_language(language),
        "quote": flag.quote,
        "action": action_of(flag, language),
        "urgency": flag.rule.urgency.value,
        "source": flag.rule.source.title,
        "confidence": flag.rule.confidence.value,
    }


def _ranked(
    request: TriageRequest, understood: Sequence[str], by: _RankedBy
) -> list[DepartmentScore]:
    return rank_departments(
        (*request.said, *understood),
        age_y=request.age_y,
        pregnant=request.pregnant,
        table=by.table,
        learned=by.learned,
    )


def _is_general(request: TriageRequest, by: _RankedBy) -> bool:
    """Whether the last message names no complaint, whatever was told before: no word of the table
    is in it. What was learned always names something and is not asked."""
    return is_general(rank_departments(_asking(request)[-1:], table=by.table))


def _shown(
    ranked: Sequence[DepartmentScore], flags: Sequence[RedFlag], table: DepartmentTable
) -> list[dict[str, object]]:
    shown = [_department_as_json(s) for s in ranked[:_SHOWN]]
    if flags:
        emergency = DepartmentScore(table.departments[EMERGENCY], 1.0)
        others = [s for s in ranked if s.department.code != EMERGENCY]
        shown = [_department_as_json(s) for s in (emergency, *others[: _SHOWN - 1])]
    return shown


def _department_as_json(scored: DepartmentScore) -> dict[str, object]:
    name = scored.department.name
    return {
        "code": scored.department.code,
        "name_zh": name.zh,
        "name_en": name.en,
        "score": round(scored.score, 4),
    }


def _question_as_json(question: Question | None, language: Language) -> dict[str, object] | None:
    if question is None:
        return None
    return {
        "text": question.text.in_language(language),
        "options": [o.in_language(language) for o in question.options],
    }


def _answer(passages: Sequence[Passage]) -> list[dict[str, object]] | None:
    """The passage in force that answers a question on the hospital's rules, with its citation."""
    usable = [
        p
        for p in passages
        if p.currency is Currency.CURRENT and (p.confidence or 0.0) >= _ANSWER_FROM
    ]
    return [{"text": p.text, "citations": [p.id], "source": p.title} for p in usable[:1]] or None


def _language(request: TriageRequest) -> Language:
    if request.language is not None:
        return request.language
    last = request.said[-1] if request.said else request.messages[-1].text
    chinese = any("\u4e00" <= c <= "\u9fff" for c in last)
    return Language.ZH if chinese else Language.EN


@cache
def _words(table: DepartmentTable) -> tuple[str, ...]:
    return tuple(sorted(word for word in table.owners if len(word) > 1))


@cache
def _schema(table: DepartmentTable) -> Mapping[str, Any]:
    words = {"type": "array", "maxItems": _MOST_WORDS, "items": {"enum": list(_words(table))}}
    return {
        "type": "object",
        "properties": {"words": words},
        "required": ["words"],
        "additionalProperties": False,
    }


APP = Triage()
