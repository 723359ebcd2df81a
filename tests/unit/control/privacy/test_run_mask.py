"""What a model reads names nobody, and what it answers comes back as it must be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from suwen.control.privacy.run_mask import RunMask

SECRET = bytes(range(32))
PATIENT = {
    "resourceType": "Patient",
    "name": [
        {"text": "欧阳明", "family": "欧阳", "given": ["明"]},
        {"family": "Smith", "given": ["Ann", "Mary"]},
    ],
    "identifier": [{"value": "MRN-00123"}, {"value": "7"}],
    "telecom": [{"value": "13800001111"}],
    "address": [{"line": ["建设路 12 号"], "city": "成都"}],
}
ENCOUNTER = {
    "resourceType": "Encounter",
    "participant": [{"individual": {"reference": "Practitioner/9", "display": "褚国栋"}}],
}
NOTE = (
    "欧阳明（Ann Mary Smith，MRN-00123，13800001111），住成都建设路 12 号；Smith's knee。"
    "2024年3月5日由褚国栋主刀，2024-03-12出院。"
)


def _mask(**given: Any) -> RunMask:
    return RunMask(SECRET, [PATIENT, ENCOUNTER], **given)


def test_nothing_that_names_the_patient_is_left_and_all_of_it_comes_back() -> None:
    mask = _mask()
    concealed = mask.conceal(NOTE)
    for wording in ("欧阳", "Smith", "Ann", "MRN-00123", "13800001111", "建设路", "成都", "褚国栋"):
        assert wording not in concealed
    assert "3月5日" not in concealed and "2024-03-12" not in concealed
    assert mask.restoring().text(concealed) == NOTE


@pytest.mark.parametrize("text", ["Annual review", "bed 7", "血钾5.1mmol/L，予呋塞米20mg"])
def test_words_that_only_look_alike_stay(text: str) -> None:
    assert _mask().conceal(text) == text


def test_a_patient_has_the_same_surrogates_in_every_run() -> None:
    assert _mask().conceal(NOTE) == _mask().conceal(NOTE)
    other = RunMask(b"o" * 32, [PATIENT, ENCOUNTER])
    assert other.conceal(NOTE) != _mask().conceal(NOTE)


def test_an_answer_is_restored_through_and_through() -> None:
    mask = _mask()
    name = mask.conceal("欧阳明")
    answer = {"sentences": [f"{name}睡眠好。", {"by": [name]}], "n": 1}
    assert mask.restoring().value(answer) == {
        "sentences": ["欧阳明睡眠好。", {"by": ["欧阳明"]}],
        "n": 1,
    }


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_an_answer_in_pieces_is_restored_across_their_borders(size: int) -> None:
    mask = _mask()
    concealed = mask.conceal(NOTE * 3)
    stream = mask.stream()
    pieces = [concealed[at : at + size] for at in range(0, len(concealed), size)]
    told = [*(stream.add(piece) for piece in pieces), stream.finish()]
    assert "".join(told) == NOTE * 3
    assert any(told[:-1])


def test_a_stream_without_surrogates_waits_for_nothing() -> None:
    stream = RunMask(SECRET).stream()
    assert [stream.add("a"), stream.add("b"), stream.finish()] == ["a", "b", ""]


MEDICATION = {
    "resourceType": "MedicationRequest",
    "medicationCodeableConcept": {"text": "Zorvexil 5 mg tablet"},
    "reasonCode": [{"coding": [{"display": "Merrowby syndrome"}]}],
}


def test_a_medicine_of_the_record_is_nobody() -> None:
    text = "Zorvexil was started for Merrowby syndrome."
    assert "Zorvexil" not in _mask().conceal(text)
    mask = RunMask(SECRET, [PATIENT, MEDICATION])
    assert mask.conceal(text) == text


def test_a_known_name_is_hidden_also_where_a_code_holds_it() -> None:
    coded = {"resourceType": "Condition", "code": {"text": "Smith fracture"}}
    mask = RunMask(SECRET, [PATIENT, coded])
    assert "Ann Mary Smith" not in mask.conceal("Ann Mary Smith fell.")


class _LastTwo:
    """A model that takes the last two characters for a name."""

    def names(self, text: str) -> Sequence[tuple[int, int]]:
        return [(len(text) - 2, len(text))] if len(text) > 2 else []


def test_a_name_that_only_the_model_knows_is_concealed() -> None:
    text = "今日巧巧"
    assert "巧巧" in _mask().conceal(text)
    assert "巧巧" not in _mask(names=_LastTwo()).conceal(text)


def test_of_a_question_about_nobody_only_the_person_is_hidden() -> None:
    asked = "患者姓名：欧阳明，电话13800001111，北京2024年3月的医保怎么报销？"
    mask = RunMask(SECRET, asked=[asked])
    concealed = mask.conceal(f"[1] 北京市2024年3月5日发布，作者王伟医生。\n{asked}")
    assert "欧阳明" not in concealed and "13800001111" not in concealed
    assert "2024年3月5日发布，作者王伟医生" in concealed and "北京2024年3月的医保" in concealed
    assert mask.restoring().text(concealed).endswith(asked)


def test_a_run_about_nobody_conceals_nothing() -> None:
    assert RunMask(SECRET).conceal("Ann Smith, 13800001111") == "Ann Smith, 13800001111"
    assert RunMask(SECRET).known == 0
