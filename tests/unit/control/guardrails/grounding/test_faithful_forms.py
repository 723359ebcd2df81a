"""What a record says stays supported however it is introduced and joined; a falsehood falls."""

from __future__ import annotations

from itertools import product

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.grounding import EvidenceBase, StatementChecker
from tests.unit.control.guardrails.grounding.faithful_forms import (
    CHINESE_FORMS,
    CHINESE_JOININGS,
    ENGLISH_FORMS,
    ENGLISH_JOININGS,
    filled,
)
from tests.unit.control.guardrails.grounding.form_records import (
    CHINESE_FACTS,
    ENGLISH_FACTS,
    TrueSentence,
    chinese_record,
    english_record,
)

FORMS = [("zh", f) for f in CHINESE_FORMS] + [("en", f) for f in ENGLISH_FORMS]
JOININGS = [("zh", f) for f in CHINESE_JOININGS] + [("en", f) for f in ENGLISH_JOININGS]
FACTS = {"zh": CHINESE_FACTS, "en": ENGLISH_FACTS}


@pytest.fixture(scope="module")
def checkers() -> dict[str, StatementChecker]:
    return {
        "zh": build_checker(EvidenceBase(record=chinese_record())),
        "en": build_checker(EvidenceBase(record=english_record())),
    }


def pairs(language: str) -> list[tuple[TrueSentence, TrueSentence]]:
    return [(a, b) for a, b in product(FACTS[language], repeat=2) if a is not b]


def true_pairs(language: str, form: str) -> list[tuple[TrueSentence, TrueSentence]]:
    """Pairs that stay true in the form: what follows a relative's illness after a mere comma
    may be read as the relative's too, and is marked."""
    between = form[form.lower().index("first}") : form.lower().index("{second")]
    apart = any(mark in between for mark in ("；", "。", ";", "."))
    return [(a, b) for a, b in pairs(language) if apart or not a.of_relative]


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_a_true_sentence_is_supported_in_every_form(
    checkers: dict[str, StatementChecker], language: str, form: str
) -> None:
    texts = [filled(form, fact=fact.text) for fact in FACTS[language]]
    checked = [checkers[language].check_statement(text) for text in texts]
    assert [(c.text, c.reason) for c in checked if not c.supported] == []


@pytest.mark.parametrize(("language", "form"), FORMS)
def test_its_falsified_twin_is_found_in_every_form(
    checkers: dict[str, StatementChecker], language: str, form: str
) -> None:
    twins = [(kind, filled(form, fact=t)) for f in FACTS[language] for kind, t in f.twins]
    checked = [(kind, checkers[language].check_statement(text)) for kind, text in twins]
    assert [(kind, c.text) for kind, c in checked if c.supported] == []


@pytest.mark.parametrize(("language", "form"), JOININGS)
def test_two_true_sentences_are_supported_together(
    checkers: dict[str, StatementChecker], language: str, form: str
) -> None:
    true = true_pairs(language, form)
    texts = [filled(form, first=a.text, second=b.text) for a, b in true]
    checked = [checkers[language].check_statement(text) for text in texts]
    assert [(c.text, c.reason) for c in checked if not c.supported] == []


@pytest.mark.parametrize(("language", "form"), JOININGS)
def test_a_falsified_twin_is_found_beside_a_true_sentence(
    checkers: dict[str, StatementChecker], language: str, form: str
) -> None:
    facts, missed = FACTS[language], []
    for a, b in ((facts[n], facts[(n + step) % len(facts)]) for n in range(12) for step in (1, 5)):
        told = [(k, filled(form, first=t, second=b.text)) for k, t in a.twins]
        told += [(k, filled(form, first=a.text, second=t)) for k, t in b.twins]
        checked = [(k, checkers[language].check_statement(text)) for k, text in told]
        missed += [(kind, c.text) for kind, c in checked if c.supported]
    assert missed == []
