"""Public question sets as documents, questions and which documents are right.

Nothing of them is kept: they are read from the folder that is named, for measuring only.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from suwen.core.errors import NotFoundError
from suwen.core.language import Bilingual, Language

TUNING, REPORTED = 0, 1


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the documents that answer it."""

    id: str
    text: str = field(repr=False)
    right: frozenset[str]

    @property
    def half(self) -> int:
        """Half 0 chose the constants; half 1 is reported."""
        return int(hashlib.sha256(f"half{self.id}".encode()).hexdigest()[:8], 16) % 2


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents by id and questions over them."""

    name: str
    language: Language
    documents: Mapping[str, str] = field(repr=False)
    questions: tuple[Question, ...] = field(repr=False)

    def half(self, number: int) -> tuple[Question, ...]:
        """The questions of one half."""
        return tuple(question for question in self.questions if question.half == number)


def read_set(name: str, data: Path, documents: int) -> QuestionSet:
    """One of ``SETS``, with at most so many documents, the same ones each time.

    Raises:
        NotFoundError: ``evaluation_set_missing``.
    """
    reader = SETS[name]
    try:
        return reader(name, data, documents)
    except OSError as error:
        raise NotFoundError(
            "evaluation_set_missing",
            Bilingual(
                zh=f"找不到评估数据集 {name}，请用 --data 指明其所在文件夹。",
                en=f"The evaluation set {name} is not there; name its folder with --data.",
            ),
            field="data",
        ) from error


def _toyhom(name: str, data: Path, documents: int) -> QuestionSet:
    """Patients' questions, or their short titles, each with the answer that was given to it."""
    asked = "title" if name == "toyhom titles" else "question"
    rows = list(_lines(data / "toyhom_dept" / "dev" / "internal_medicine_departments.jsonl"))
    by_answer: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        if len(answer := str(row["answer"]).strip()) >= 5:
            by_answer[answer].append(row)
    kept = _chosen("toyhom", by_answer, documents)
    ids = {answer: f"answer-{number:05d}" for number, answer in enumerate(kept)}
    pairs = [(str(r["id"]), str(r[asked]), ids[a]) for a in kept for r in by_answer[a]]
    return QuestionSet(name, Language.ZH, {i: a for a, i in ids.items()}, _questions(pairs))


def _bioasq(name: str, data: Path, documents: int) -> QuestionSet:
    """Researchers' questions with the snippets that experts marked; each snippet a document."""
    rows = {str(row["id"]): row for row in _lines(data / "bioasq" / "dev" / "bioasq_golden.jsonl")}
    ids: dict[str, str] = {}
    pairs = []
    for key in _chosen("bioasq", rows, len(rows)):
        row = rows[key]
        snippets = {str(snippet["text"]).strip() for snippet in row["snippets"]} - {""}
        if len(ids.keys() | snippets) > documents:
            break
        for snippet in sorted(snippets):
            ids.setdefault(snippet, f"snippet-{len(ids):05d}")
            pairs.append((key, str(row["question"]), ids[snippet]))
    return QuestionSet(name, Language.EN, {i: s for s, i in ids.items()}, _questions(pairs))


def _pubmedqa(name: str, data: Path, documents: int) -> QuestionSet:
    """Titles of papers that are questions, each with its own abstract."""
    rows = {str(row["id"]): row for row in _lines(data / "pubmedqa" / "dev" / "pqa_labeled.jsonl")}
    kept = _chosen("pubmedqa", rows, documents)
    texts = {key: "\n".join(str(part) for part in rows[key]["contexts"]) for key in kept}
    pairs = [(key, str(rows[key]["question"]), key) for key in kept]
    return QuestionSet(name, Language.EN, texts, _questions(pairs))


def _medquad(name: str, data: Path, documents: int) -> QuestionSet:
    """Questions of lay people with the answer of a public health agency, often pages long."""
    by_answer: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in _lines(data / "medquad_liveqa" / "dev" / "medquad_qa.jsonl"):
        by_answer[str(row["answer"]).strip()].append(row)
    kept = _chosen("medquad", by_answer, documents)
    ids = {answer: f"answer-{number:05d}" for number, answer in enumerate(kept)}
    pairs = [(str(r["id"]), str(r["question"]), ids[a]) for a in kept for r in by_answer[a]]
    return QuestionSet(name, Language.EN, {i: a for a, i in ids.items()}, _questions(pairs))


SETS: Final[Mapping[str, Callable[[str, Path, int], QuestionSet]]] = {
    "toyhom questions": _toyhom,
    "toyhom titles": _toyhom,
    "bioasq": _bioasq,
    "pubmedqa": _pubmedqa,
    "medquad": _medquad,
}


def _chosen(salt: str, named: Mapping[str, object], count: int) -> list[str]:
    """The same sample each time, whatever the order of the file."""
    return sorted(named, key=lambda key: hashlib.sha256(f"{salt}{key}".encode()).digest())[:count]


def _questions(pairs: list[tuple[str, str, str]]) -> tuple[Question, ...]:
    """A question that is asked twice has the answers of both times."""
    first: dict[str, str] = {}
    right: dict[str, set[str]] = defaultdict(set)
    for key, text, document in pairs:
        asked = text.strip()
        if asked:
            first.setdefault(asked, key)
            right[asked].add(document)
    return tuple(Question(first[asked], asked, frozenset(right[asked])) for asked in first)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
