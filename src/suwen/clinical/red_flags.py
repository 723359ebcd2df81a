"""Red flags: what in a patient's own words must go to an emergency, whatever else is asked.

Only what is clearly denied, or clearly past and over, is not a flag; a symptom told of somebody
else counts, for people write on behalf of those who cannot. What is not known never lowers one.
Where no rule holds, a second reader that was trained on examples (``red_flag_reader``) may worry.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

from suwen.clinical.patient_concepts import (
    Mention,
    as_one_text,
    concepts,
    find_mentions,
    read_patient,
)
from suwen.clinical.patient_denial import general_lines, is_denied, is_long_ago, is_over
from suwen.clinical.patient_frames import is_taught_at, is_told_well, passes_by_itself
from suwen.clinical.patient_wording import PatientWording
from suwen.clinical.red_flag_rules import (
    NUMBER,
    RedFlagRule,
    Urgency,
    red_flag_rules,
)
from suwen.clinical.stated_numbers import stated_numbers
from suwen.core.language import Bilingual

CHILD_BELOW_Y: Final = 14.0
INFANT_BELOW_Y: Final = 1.0
ELDERLY_FROM_Y: Final = 65.0
_LONGEST_QUOTE: Final = 80
_CONTEXT: Final = frozenset(
    [
        "pregnant",
        "postpartum",
        "child_word",
        "infant_word",
        "old_person",
        "chronic",
        "sudden",
        "mild_chest",
        "exertional",
        "globus",
        "streak",
        "spotting",
        "hands_and_feet",
        "period_pain",
        "palms",
        "into",
        "healing",
        "as_directed",
        "came_out",
        "bite_harmless",
        "soft_drink",
        "well_after",
        "practice_contraction",
        "sometimes",
        "iron_taken",
        "asks_medicine",
        "bleeding_over",
        "teething",
        "harmless_object",
        "eye_word",
    ]
)
_PASSES: Final = frozenset(
    [
        "dyspnoea",
        "breathless_word",
        "choking",
        "choked_on",
        "airway_blocked",
        "child_breathing",
        "bilateral_leg_weakness",
        "swelling",
        "saddle",
        "cold_limb",
        "nonblanching",
        "retention",
    ]
)
"""What is no emergency where it passes by itself."""
_OF_A_CHILD: Final = frozenset(["child_unwell", "child_breathing", "dehydration", "colicky_cry"])
"""What is none in a child that is told to thrive."""
_NEVER_GENERAL: Final = frozenset(["suicide", "violence", "abuse"])
"""What counts also where it is put as a question, a story or an old one."""
_COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A rule that a patient's words meet; ``quote`` is in the patient's own words."""

    rule: RedFlagRule
    quote: str


@dataclass(frozen=True, slots=True)
class RedFlagReading:
    """What a chat raises, the most urgent first; ``ask`` where there is none, but the second reader
    worries enough for a question."""

    flags: Sequence[RedFlag]
    ask: bool


@dataclass(frozen=True, slots=True)
class _Said:
    """What the messages say: concepts with a place of each, numbers; and in which of the messages a
    concept is affirmed, and in which it is named at all."""

    wording: PatientWording
    affirmed: Mapping[str, Mention]
    affirmed_in: Mapping[str, frozenset[int]]
    named_in: Mapping[str, frozenset[int]]
    numbers: Mapping[str, float]


def find_red_flags(
    messages: Sequence[str],
    *,
    age_y: float | None = None,
    sex: str | None = None,
    pregnant: bool | None = None,
    rules: Sequence[RedFlagRule] | None = None,
) -> list[RedFlag]:
    """The flags that a patient's messages raise together, the most urgent first.

    Args:
        messages: what the patient wrote, oldest first; what an assistant wrote is not among them.
        age_y: age in years; ``None`` where it is not known, then what the messages say holds.
        sex: ``male``, ``female``, ``other``, ``unknown`` or ``None``.
        pregnant: ``None`` where it is not known; what the messages say holds besides.
        rules: the table; by default the platform's.
    """
    reading = read_red_flags(messages, age_y=age_y, sex=sex, pregnant=pregnant, rules=rules)
    return list(reading.flags)


def read_red_flags(
    messages: Sequence[str],
    *,
    age_y: float | None = None,
    sex: str | None = None,
    pregnant: bool | None = None,
    rules: Sequence[RedFlagRule] | None = None,
) -> RedFlagReading:
    """The flags, and whether a question should come first; arguments as of ``find_red_flags``."""
    said = _read(as_one_text(messages), age_y, pregnant and sex != "male")
    table = red_flag_rules() if rules is None else rules
    found = []
    for rule in table:
        met = next((line for line in rule.when if _met(line, said)), None)
        if met is not None:
            found.append(RedFlag(rule, _quote(met, said)))
        elif (quote := _phrase_in(rule, said.wording)) is not None:
            found.append(RedFlag(rule, quote))
    if not found:
        return _second_reading(said, table)
    order = list(Urgency)
    return RedFlagReading(sorted(found, key=lambda f: order.index(f.rule.urgency)), ask=False)


def signs_in(
    messages: Sequence[str], *, age_y: float | None = None, pregnant: bool | None = None
) -> tuple[str, list[str]]:
    """The folded text of the messages and its signs, as the second reader reads them."""
    from suwen.clinical.red_flag_reader import signs_of

    said = _read(as_one_text(messages), age_y, pregnant)
    return said.wording.plain, signs_of(
        said.affirmed.keys(), said.named_in.keys(), said.numbers, said.wording.plain
    )


def _second_reading(said: _Said, table: Sequence[RedFlagRule]) -> RedFlagReading:
    """What the trained reader makes of a chat in which no rule holds."""
    rule = next((rule for rule in table if rule.reader is not None), None)
    if rule is None or rule.reader is None or min(astuple(rule.reader)) >= 1:
        return RedFlagReading((), ask=False)
    # Here, since numpy would be loaded with every start.
    from suwen.clinical.red_flag_reader import says_enough, shipped_weights, signs_of

    plain = said.wording.plain
    signs = signs_of(said.affirmed.keys(), said.named_in.keys(), said.numbers, plain)
    worry, start, end = shipped_weights().greatest_worry(plain, signs)
    if worry.score < rule.reader.diverts_from or not says_enough(plain):
        return RedFlagReading((), ask=worry.score >= rule.reader.asks_from)
    quote = said.wording.quote(start, end).strip()[:_LONGEST_QUOTE]
    return RedFlagReading((RedFlag(_named(rule, worry.group, table), quote),), ask=False)


def _named(rule: RedFlagRule, group: str, table: Sequence[RedFlagRule]) -> RedFlagRule:
    """The reader's row with what it is likest to; for thoughts of death with whom to call."""
    from suwen.clinical.red_flag_reader import GROUPS

    likest = GROUPS[group]
    named = replace(
        rule,
        name=Bilingual(
            f"{rule.name.zh}，最像{likest.zh}", f"{rule.name.en}; likest to {likest.en}"
        ),
    )
    if rule.urgency is not Urgency.EMERGENCY_ROOM:
        return named
    if group == "pregnancy":
        return replace(named, urgency=Urgency.OBSTETRIC_EMERGENCY)
    crisis = next((one for one in table if one.urgency is Urgency.CRISIS), None)
    if group == "mind" and crisis is not None:
        return replace(named, urgency=Urgency.CRISIS, do_now=crisis.do_now)
    return named


def _phrase_in(rule: RedFlagRule, wording: PatientWording) -> str | None:
    """The patient's words that are one of the rule's phrases, at a place where it is not denied."""
    for phrase in rule.phrases:
        at = wording.plain.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            if not is_denied(wording, at, end, frozenset(phrase)):
                return wording.quote(at, end).strip()
            at = wording.plain.find(phrase, end)
    return None


def _read(text: str, age_y: float | None, pregnant: bool | None) -> _Said:
    wording = read_patient(text)
    mentions = find_mentions(wording)
    numbers = dict(stated_numbers(wording.plain))
    if age_y is not None:
        numbers["age"] = age_y
    ends = [n for n, letter in enumerate(wording.plain) if letter == "\n"]
    affirmed: dict[str, Mention] = {}
    affirmed_in: dict[str, frozenset[int]] = {}
    general = general_lines(wording)
    for name, places in mentions.items():
        said = [m for m in places if _stands(wording, m, general)]
        if said:
            affirmed[name] = min(said, key=lambda m: m.start)
            affirmed_in[name] = _messages_of(said, ends)
    if numbers.get("temperature", 0) >= 37.5:
        affirmed.setdefault("fever", Mention("fever", 0, 0))
    if "fever" in mentions and all(is_over(wording, m.start, m.end) for m in mentions["fever"]):
        # The degrees are those of then.
        numbers.pop("temperature", None)
    if pregnant:
        affirmed.setdefault("pregnant", Mention("pregnant", 0, 0))
    _ages(numbers.get("age"), affirmed, mentions)
    named_in = {name: _messages_of(places, ends) for name, places in mentions.items()}
    return _Said(wording, affirmed, affirmed_in, named_in, numbers)


def _messages_of(mentions: Sequence[Mention], ends: Sequence[int]) -> frozenset[int]:
    """The messages, counted from 0, in which the mentions are."""
    return frozenset(bisect_left(ends, one.start) for one in mentions)


def _stands(wording: PatientWording, mention: Mention, general: Sequence[tuple[int, int]]) -> bool:
    own = concepts()[mention.concept].letters
    start, end = mention.start, mention.end
    if is_denied(wording, start, end, own):
        return False
    if mention.concept in _CONTEXT:
        return True
    if is_over(wording, start, end):
        return False
    if mention.concept in _NEVER_GENERAL:
        return not is_taught_at(wording, start)
    if mention.concept in _PASSES and passes_by_itself(wording, start):
        return False
    if mention.concept in _OF_A_CHILD and is_told_well(wording, start):
        return False
    return not (
        any(begin <= start and end <= here for begin, here in general)
        or is_long_ago(wording, start, end)
    )


def _ages(
    age_y: float | None, affirmed: dict[str, Mention], mentions: Mapping[str, list[Mention]]
) -> None:
    """Which ages the messages may be about: an age that is known outweighs a word for a person."""
    nowhere = Mention("age", 0, 0)
    if (age_y is not None and age_y < CHILD_BELOW_Y) or (
        age_y is None and (mentions.keys() & {"child_word", "infant_word"})
    ):
        affirmed["child"] = nowhere
    if (age_y is not None and age_y < INFANT_BELOW_Y) or (
        age_y is None and "infant_word" in mentions
    ):
        affirmed["infant"] = nowhere
    if (age_y is not None and age_y >= ELDERLY_FROM_Y) or (
        age_y is None and "old_person" in mentions
    ):
        affirmed["elderly"] = nowhere


def _met(line: tuple[str, ...], said: _Said) -> bool:
    """Whether a combination holds.

    What makes a complaint harmless does so in the message that tells of it, and in no other: who
    spoke of heartburn at first and of chest pain then has chest pain.
    """
    if not all(_holds(term, said) for term in line if not term.startswith("!")):
        return False
    without = [term[1:] for term in line if term.startswith("!")]
    if not without:
        return True
    told = [said.affirmed_in[t] for t in line if t in said.affirmed_in and t not in _CONTEXT]
    messages = frozenset[int]().union(*told)
    if not messages:
        return not any(name in said.named_in for name in without)
    harmless = frozenset[int]().union(*(said.named_in.get(name, ()) for name in without))
    return bool(messages - harmless)


def _holds(term: str, said: _Said) -> bool:
    number = NUMBER.fullmatch(term)
    if number:
        value = said.numbers.get(number.group(1))
        if value is None:
            return number.group(2) is not None
        return _COMPARE[number.group(3)](value, float(number.group(4)))
    return term in said.affirmed


def _quote(line: tuple[str, ...], said: _Said) -> str:
    places = [said.affirmed[t] for t in line if t in said.affirmed and t not in _CONTEXT]
    places = [p for p in places if p.end > p.start]
    if not places:
        return said.wording.typed.strip()[:_LONGEST_QUOTE]
    start, end = min(p.start for p in places), max(p.end for p in places)
    if end - start > _LONGEST_QUOTE:
        start, end = places[0].start, places[0].end
    return said.wording.quote(start, end).strip()
