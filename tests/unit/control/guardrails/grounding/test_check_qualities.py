"""A result in words that is turned into its opposite is found; the result itself stands."""

from __future__ import annotations

import pytest

from suwen.control.guardrails.grounding import build_checker
from suwen.core.document import UnsupportedReason
from suwen.core.grounding import EvidenceBase, EvidencePassage, StatementChecker
from tests.unit.control.guardrails.grounding.form_records import chinese_record, english_record

REPORTS = (
    "切缘阴性，脉管未受侵犯。淋巴结转移阳性。",
    "肝功能正常，肾功能异常。甲状腺未见明显异常。",
    "可见息肉。未见溃疡。",
    "Resection margins negative. Lymph nodes positive.",
    "Liver function normal, kidney function abnormal. The thyroid is unremarkable.",
    "Surgical bed clear. Pleura involved.",
)
PAIRS = [
    ("切缘阴性。", "切缘阳性。"),
    ("病理示切缘为阴性。", "病理示切缘为阳性。"),
    ("脉管未受侵犯。", "脉管受侵犯。"),
    ("淋巴结转移阳性。", "淋巴结转移阴性。"),
    ("肝功能正常。", "肝功能异常。"),
    ("肝功能未见异常。", "肝功能不正常。"),
    ("肾功能异常。", "肾功能正常。"),
    ("甲状腺未见异常。", "甲状腺异常。"),
    ("可见息肉。", "未见息肉。"),
    ("未见溃疡。", "可见溃疡。"),
    ("The resection margins were negative.", "The resection margins were positive."),
    ("Negative resection margins.", "Positive resection margins."),
    ("The lymph nodes were positive.", "The lymph nodes were negative."),
    ("Liver function was normal.", "Liver function was abnormal."),
    ("Kidney function was abnormal.", "Kidney function was normal."),
    ("The thyroid was normal.", "The thyroid was abnormal."),
    ("The surgical bed was clear.", "The surgical bed was involved."),
    ("The pleura was involved.", "The pleura was not involved."),
]


def _passages() -> tuple[EvidencePassage, ...]:
    return tuple(EvidencePassage(f"r{n}", text) for n, text in enumerate(REPORTS))


@pytest.fixture(scope="module")
def of_passages() -> StatementChecker:
    return build_checker(EvidenceBase(passages=_passages()))


@pytest.fixture(scope="module")
def beside_a_record() -> StatementChecker:
    return build_checker(EvidenceBase(record=chinese_record(), passages=_passages()))


@pytest.mark.parametrize(("true", "false"), PAIRS)
def test_the_opposite_is_found(
    of_passages: StatementChecker, beside_a_record: StatementChecker, true: str, false: str
) -> None:
    for checker in (of_passages, beside_a_record):
        assert checker.check_statement(true).reason is None
        assert checker.check_statement(false).reason is UnsupportedReason.NEGATION


@pytest.mark.parametrize(
    ("record", "true", "false"),
    [
        (chinese_record, "2026-11-09病理：切缘阴性。", "2026-11-09病理：切缘阳性。"),
        (english_record, "Pathology: resection margins negative.", "Resection margins positive."),
    ],
)
def test_the_opposite_of_a_report_of_the_record_is_found(
    record: object, true: str, false: str
) -> None:
    assert callable(record)
    checker = build_checker(EvidenceBase(record=record()))
    assert checker.check_statement(true).reason is None
    assert checker.check_statement(false).reason is UnsupportedReason.NEGATION


def test_what_changed_in_time_is_supported_on_either_day() -> None:
    told = EvidencePassage("r", "2026-11-02 咽拭子阳性。2026-11-09 咽拭子阴性。")
    checker = build_checker(EvidenceBase(passages=(told,)))
    assert checker.check_statement("2026-11-02 咽拭子阳性。").supported
    assert checker.check_statement("2026-11-09 咽拭子阴性。").supported
    assert not checker.check_statement("2026-11-09 咽拭子阳性。").supported
