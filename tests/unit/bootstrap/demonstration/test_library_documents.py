"""The demonstration library is whole: every document is a good import line in its own right."""

from __future__ import annotations

from datetime import date

from suwen.bootstrap.demonstration.library_documents import COLLECTIONS, document_lines
from suwen.bootstrap.demonstration_library import read_document
from suwen.core.knowledge import Currency, IngestedDocument
from suwen.core.language import Language

DEPARTMENTS = {"cardiology": "cardiology"}
DOCUMENTS: dict[str, dict[str, IngestedDocument]] = {
    collection: {
        line["id"]: read_document(line, DEPARTMENTS) for line in document_lines(collection)
    }
    for collection in COLLECTIONS
}
LIBRARY = DOCUMENTS["hospital_library"]


def test_there_are_enough_in_both_languages() -> None:
    everything = [d for documents in DOCUMENTS.values() for d in documents.values()]
    assert len(everything) >= 150
    english = sum(d.language is Language.EN for d in everything)
    assert english >= 50
    assert len(everything) - english >= 80


def test_each_says_that_it_is_synthetic_and_who_answers_for_it() -> None:
    for documents in DOCUMENTS.values():
        for document in documents.values():
            assert document.source is not None
            assert "合成" in document.source or "synthetic" in document.source
            assert document.life.issuer
            assert document.life.owner
            assert document.life.issued
            assert document.passages
            assert document.trust_findings == ()
            assert "#" not in document.text


def test_what_is_superseded_exists() -> None:
    pairs = {d.id: d.life.supersedes for d in LIBRARY.values() if d.life.supersedes}
    assert pairs
    assert set(pairs.values()) <= set(LIBRARY)


def test_the_screens_have_something_to_show() -> None:
    today = date(2026, 1, 1)
    expired = [d.id for d in LIBRARY.values() if d.life.currency(today, False) is Currency.EXPIRED]
    assert len(expired) == 2
    assert {d.rights.sensitivity for d in LIBRARY.values()} == {2, 5}
    assert [d.rights.departments for d in LIBRARY.values() if d.rights.departments] == [
        frozenset({"cardiology"})
    ]
