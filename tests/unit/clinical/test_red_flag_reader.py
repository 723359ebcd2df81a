"""The second reader: it adds to the rules and takes nothing away, and is what was measured."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from importlib.resources import files

import numpy as np
import pytest
from tools import train_red_flag_reader as training

from suwen.clinical.red_flag_reader import (
    ARTEFACT,
    GROUPS,
    pieces,
    says_enough,
    shipped_weights,
    sign_places,
)
from suwen.clinical.red_flag_rules import (
    AFFIRMS,
    READER,
    ReaderBounds,
    RedFlagRule,
    Urgency,
    own_reader_row,
    red_flag_rules,
    rules_from,
)
from suwen.clinical.red_flags import find_red_flags, read_red_flags, signs_in

SHIPPED = "60d48b488efee0941de75675f68745b7453827d3ae08129bb446da168c24d04b"
THUNDERCLAP = "脑袋里头砰一下跟放炮似的，脖子梗着低不下头"


def _with(diverts_from: float, asks_from: float) -> tuple[RedFlagRule, ...]:
    bounds = ReaderBounds(diverts_from, asks_from)
    return tuple(
        replace(rule, reader=bounds) if rule.id == READER else rule for rule in red_flag_rules()
    )


def test_the_weights_are_those_that_were_measured_and_small() -> None:
    content = files("suwen.clinical").joinpath(f"data/{ARTEFACT}").read_bytes()
    assert sha256(content).hexdigest() == SHIPPED
    assert len(content) < 300_000


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        (THUNDERCLAP, Urgency.EMERGENCY_ROOM),
        (
            "gave my dog to a friend, wrote all passwords down, it will be quiet soon",
            Urgency.CRISIS,
        ),
    ],
)
def test_what_no_rule_knows_is_found_with_what_it_is_likest_to(text: str, urgency: Urgency) -> None:
    assert not find_red_flags([text], rules=_with(1, 1))
    (flag,) = find_red_flags([text])
    assert flag.rule.id == READER
    assert flag.rule.urgency is urgency
    assert flag.quote
    assert any(group.zh in flag.rule.name.zh for group in GROUPS.values())
    assert any(group.en in flag.rule.name.en for group in GROUPS.values())


def test_thoughts_of_death_are_told_whom_to_call() -> None:
    (flag,) = find_red_flags(
        ["gave my dog to a friend, wrote all passwords down, it will be quiet soon"]
    )
    assert "12356" in flag.rule.do_now.zh


@pytest.mark.parametrize("bounds", [(1.0, 1.0), (0.5, 0.3), (0.01, 0.01)])
def test_no_bound_takes_a_rules_finding_away(bounds: tuple[float, float]) -> None:
    said = ["胸口像压了块大石头，出冷汗"]
    assert [f.rule.id for f in find_red_flags(said, rules=_with(*bounds))] == ["RF01"]


def test_between_the_bounds_one_question_is_asked_and_nothing_diverted() -> None:
    reading = read_red_flags([THUNDERCLAP], rules=_with(1.0, 0.3))
    assert not reading.flags
    assert reading.ask
    off = read_red_flags([THUNDERCLAP], rules=_with(1.0, 1.0))
    assert not off.flags
    assert not off.ask


def test_the_question_diverts_when_it_is_answered_with_yes() -> None:
    for answer in (AFFIRMS.zh, AFFIRMS.en):
        assert [f.rule.id for f in find_red_flags(["不太舒服", answer])] == [READER]
    assert not find_red_flags(["不太舒服", "都没有"])


def test_too_little_said_is_asked_about_and_not_diverted() -> None:
    assert not says_enough("背上有花斑。\n")
    assert says_enough(THUNDERCLAP)
    assert not find_red_flags(["背上有花斑"], rules=_with(0.01, 0.01))
    assert read_red_flags(["背上有花斑"], rules=_with(0.01, 0.01)).ask


def test_a_table_from_before_the_reader_has_the_platforms_row() -> None:
    rules = rules_from({"flags": []})
    assert [rule.id for rule in rules] == [READER]
    assert find_red_flags([THUNDERCLAP], rules=rules)


@pytest.mark.parametrize("score", [0, 1.2, -1])
def test_a_score_that_is_none_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="score"):
        rules_from({"flags": [{**own_reader_row(), "diverts_from": score}]})


def test_a_text_is_the_same_each_time_and_an_empty_one_is_nothing() -> None:
    assert (pieces("胸口疼 since 9am") == pieces("胸口疼 since 9am")).all()
    assert len(pieces("")) == 0
    assert len(sign_places([])) == 0
    assert 0 <= shipped_weights().worry("", []).score <= 1


def test_nothing_is_learned_from_what_nobody_read() -> None:
    assert {"": {"first"}, "third": {"first", "second"}} == training.READ_HALVES


def test_learning_gives_the_same_twice_and_tells_apart_what_it_was_shown() -> None:
    texts = (training.TEXTS / "short.jsonl").read_text("utf-8").splitlines()[:160:4]
    rows = [json.loads(line) for line in texts]
    rows += [
        json.loads(line)
        for line in (training.TEXTS / "short.jsonl").read_text("utf-8").splitlines()[-20:]
    ]
    shown = []
    for row in rows:
        plain, signs = signs_in([row["text"]])
        shown.append(
            training.Sample(pieces(plain), sign_places(signs), row["flag"], False, "short")
        )
    first, again = training.learn(shown), training.learn(shown)
    assert np.array_equal(first.pieces, again.pieces)
    assert np.array_equal(first.group_pieces, again.group_pieces)
    plain, signs = signs_in(["hit by a car"])
    calm, calm_signs = signs_in(["灰指甲"])
    assert first.worry(plain, signs).score > first.worry(calm, calm_signs).score
