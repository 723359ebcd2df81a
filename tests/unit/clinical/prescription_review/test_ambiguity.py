"""A name that several medicines go by is reviewed as each of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from suwen.clinical.prescription_review import (
    Action,
    ChangeKind,
    Kind,
    Review,
    RowChange,
    rule_book_with,
)
from suwen.clinical.prescription_review.findings import ReviewFinding
from suwen.clinical.prescription_review.reviewing import finding_as_json
from suwen.core.finding import Severity
from tests.unit.clinical.prescription_review.cases import ADULT, WOMAN, order, reviewed, rules

MSO4 = order("MSO4", "10 mg", "st", route="iv")
# Of a rule that interrupts without being contraindicated none of the shipped is about one meaning.
MAJOR = rule_book_with([
    RowChange("ages", "paed-fq", ChangeKind.OVERRIDE, "本院药事会", "2026-03", "药师甲",
              datetime(2026, 3, 1, tzinfo=UTC), "评审", {"severity": "major"})
])  # fmt: skip
CHILD = {**ADULT, "age_y": 12, "weight_kg": 40.0}
WARFARIN = order("华法林", "3 mg", "qd")


def found(result: Review, rule: str) -> ReviewFinding:
    """The one finding of a rule."""
    (one,) = (finding for finding in result.findings if finding.rule == rule)
    return one


def said(finding: ReviewFinding) -> tuple[str, str]:
    """The message without what stands behind the meanings."""
    return finding.message.zh, finding.message.en


def test_what_every_meaning_raises_is_raised_once_and_interrupts() -> None:
    result = reviewed(MSO4, allergies=["MSO4过敏"])
    same = found(result, "ALG-same")
    assert (same.severity, same.action) == (Severity.CONTRAINDICATED, Action.INTERRUPT)
    zh, en = said(same)
    assert zh.startswith("无论“MSO4”指硫酸镁或吗啡：MSO4：")
    assert en.startswith('Whether "MSO4" means magnesium sulfate or morphine: MSO4: ')
    assert {"AMBIGUOUS-DRUG", "UNC-allergy-text"} <= rules(result)


def test_an_allergy_to_one_meaning_interrupts_and_says_for_which() -> None:
    one = found(reviewed(MSO4, allergies=["吗啡过敏"]), "ALG-same")
    assert one.action is Action.INTERRUPT
    assert said(one)[0].startswith("若“MSO4”指吗啡：")
    assert said(one)[1].startswith('If "MSO4" means morphine: ')
    tetanus = reviewed(order("破伤风", "1500 IU", "st", route="im"), allergies=["马血清过敏"])
    assert found(tetanus, "horse-serum").action is Action.INTERRUPT
    assert "ALG-same" not in rules(reviewed(MSO4, allergies=["青霉素过敏"]))


def test_what_one_meaning_alone_forbids_interrupts_and_what_it_advises_against_informs() -> None:
    pregnant = {**WOMAN, "pregnant": True}
    cytotoxic = found(reviewed(order("CPM", "4 mg", "qd"), patient=pregnant), "cytotoxic")
    assert (cytotoxic.severity, cytotoxic.action) == (Severity.CONTRAINDICATED, Action.INTERRUPT)
    known = reviewed(order("左氧氟沙星", "0.2 g", "qd"), patient=CHILD, book=MAJOR)
    sure = found(known, "paed-fq")
    doubtful = found(reviewed(order("lev", "0.2 g", "qd"), patient=CHILD, book=MAJOR), "paed-fq")
    assert (sure.severity, sure.action) == (Severity.MAJOR, Action.INTERRUPT)
    assert (doubtful.severity, doubtful.action) == (Severity.MAJOR, Action.INFORM)
    assert doubtful.meant is not None and "左氧氟沙星" in doubtful.meant.zh


def test_meanings_that_share_a_matter_by_different_rows_are_both_told_and_one_asks() -> None:
    result = reviewed(MSO4, diagnoses=[{"text": "重症肌无力"}])
    magnesium, morphine = found(result, "mg"), found(result, "mg-more")
    assert (magnesium.severity, magnesium.action) == (Severity.CONTRAINDICATED, Action.INTERRUPT)
    assert (morphine.severity, morphine.action) == (Severity.MAJOR, Action.PASS)
    assert morphine.grouped_under == magnesium.key


def test_a_meaning_whose_amount_is_gross_is_set_aside_and_the_others_are_certain() -> None:
    # As levofloxacin four times the limit; as levetiracetam within it.
    result = reviewed(order("lev", "1.5 g", "bid"), order("胺碘酮", "0.2 g", "qd"))
    (dose,) = (one for one in result.findings if one.kind is Kind.DOSE)
    unlikely = found(result, "DDI009")
    for one in (dose, unlikely):
        assert one.severity is Severity.MINOR
        assert one.action is not Action.INTERRUPT
        assert "多半不是" in one.message.zh and "not likely" in one.message.en
    assert result.decision is Action.INFORM
    # Above every meaning's limit nothing is set aside: too much whichever is meant.
    gross = reviewed(order("lev", "15 g", "bid"), order("胺碘酮", "0.2 g", "qd"))
    doses = [one for one in gross.findings if one.kind is Kind.DOSE]
    assert len(doses) == 2
    assert {one.severity for one in doses} == {Severity.MAJOR}
    assert [one.action for one in gross.findings if one.rule == "DDI009"] == [Action.INFORM]
    assert gross.decision is Action.INTERRUPT


def test_what_is_left_of_the_meanings_interrupts_as_if_it_were_written() -> None:
    # 0.2 g is no dose of levothyroxine: what speaks against levofloxacin is certain.
    one = found(reviewed(order("levo", "0.2 g", "qd"), patient=CHILD, book=MAJOR), "paed-fq")
    assert (one.severity, one.action) == (Severity.MAJOR, Action.INTERRUPT)
    assert one.meant is not None and one.meant.zh == "若“levo”指左氧氟沙星："


def test_two_names_of_several_meanings_meet_each_other() -> None:
    result = reviewed(order("HCT", "25 mg", "qd"), order("lev", "0.5 g", "qd"))
    tendon = found(result, "DDI150")
    assert said(tendon)[0].startswith("若“HCT”指氢化可的松且“lev”指左氧氟沙星：")
    assert said(tendon)[1].startswith('If "HCT" means hydrocortisone and "lev" means levofloxacin')
    assert set(tendon.drugs) == {"HCT", "lev"}


def test_a_name_means_the_same_in_the_whole_prescription() -> None:
    taken: dict[str, Any] = order("HCT", "25 mg", "qd")
    result = reviewed(order("HCT", "25 mg", "qd"), current_medications=[taken])
    twice = found(result, "DUP-SUBSTANCE")
    assert "氢氯噻嗪；氢化可的松" in said(twice)[0]
    assert not any(one.kind is Kind.INTERACTION for one in result.findings)


def test_what_lacks_for_any_meaning_is_said_and_certain_names_carry_no_meaning() -> None:
    result = reviewed(order("MSO4", "10 mg", "qd"), WARFARIN, order("布洛芬", "0.3 g", "bid"))
    assert "UNC-limit" in rules(result)
    told = [one for one in result.findings if "MSO4" not in one.drugs]
    assert told and all(one.meant is None for one in told)


def test_findings_of_a_meaning_carry_a_key_a_line_and_what_awaits_review() -> None:
    one = found(reviewed(MSO4, allergies=["吗啡过敏"]), "ALG-same")
    again = found(reviewed(MSO4, allergies=["吗啡过敏"]), "ALG-same")
    told = finding_as_json(one)
    assert one.key == again.key == "ALG-same:MSO4"
    assert (told["lines"], told["drugs"]) == (["orders[0]"], ["MSO4"])
    assert told["message_zh"].startswith("若")


def test_reminders_of_every_meaning_are_shown() -> None:
    marked = {one.rule for one in reviewed(order("吗啡", "10 mg", "st", route="iv")).reminders}
    assert marked
    assert marked <= {one.rule for one in reviewed(MSO4).reminders}
