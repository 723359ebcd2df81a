"""Every kind of tampering at every place of a chain is found, and found where it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suwen.control.audit import verification, verify_chain
from suwen.control.audit.anchor import AnchorReading
from suwen.control.audit.checkpoints import signed_checkpoint
from suwen.control.audit.report import ChainFault, VerifyReport
from suwen.core.audit import AuditEvent, AuditOutcome, Checkpoint
from tests.support.audit_chains import (
    BEGIN,
    KEYS,
    Chain,
    MemorySigner,
    entry,
    linked,
    make_chain,
    rehashed,
)

CHANGES: dict[str, Callable[[AuditEvent], AuditEvent]] = {
    "action": lambda e: replace(e, entry=replace(e.entry, action="draft.sign")),
    "actor": lambda e: replace(e, entry=replace(e.entry, actor="nobody")),
    "channel": lambda e: replace(e, entry=replace(e.entry, channel="cli")),
    "outcome": lambda e: replace(e, entry=replace(e.entry, outcome=AuditOutcome.FAILED)),
    "subject": lambda e: replace(e, entry=replace(e.entry, subject=None)),
    "patient": lambda e: replace(e, entry=replace(e.entry, patient="demo-p99")),
    "app": lambda e: replace(e, entry=replace(e.entry, app=None)),
    "trace": lambda e: replace(e, entry=replace(e.entry, trace="t")),
    "purpose": lambda e: replace(e, entry=replace(e.entry, purpose="research")),
    "detail": lambda e: replace(e, entry=replace(e.entry, detail={"number": 0})),
    "detail is no object": lambda e: replace(e, entry=replace(e.entry, detail=None)),  # type: ignore[arg-type]
    "at": lambda e: replace(e, at=e.at + timedelta(microseconds=1)),
    "previous_hash": lambda e: replace(e, previous_hash="f" * 64),
    "hash": lambda e: replace(e, hash="e" * 64),
}


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> Chain:
    length = draw(st.integers(least, 24))
    places = st.lists(st.integers(1, length), max_size=4, unique=True)
    return make_chain(length, draw(places), draw(places))


@st.composite
def chains_and_place(draw: st.DrawFn, least: int = 1) -> tuple[Chain, int]:
    chain = draw(chains(least))
    return chain, draw(st.integers(1, len(chain.events)))


def verified(chain: Chain, events: list[AuditEvent]) -> VerifyReport:
    return verify_chain(events, chain.checkpoints, chain.reading(), KEYS)


def last_statement(chain: Chain) -> int:
    return max((c.sequence for c in chain.checkpoints), default=0)


def assert_found_at(report: VerifyReport, place: int) -> None:
    assert not report.ok
    assert report.first_bad is not None
    assert report.bad_from is not None
    assert report.bad_until is not None
    assert report.bad_from <= place <= report.bad_until


def assert_found_if_stated(chain: Chain, report: VerifyReport, place: int) -> None:
    """What only a statement can show is found where there is one, else said to be open."""
    if last_statement(chain) >= place:
        assert_found_at(report, place)
    else:
        assert report.ok
        assert report.since_checkpoint > 0 or report.events < place


@given(chains())
def test_an_untouched_chain_holds(chain: Chain) -> None:
    report = verified(chain, chain.events)
    anchored = max((a.sequence for a in chain.anchors), default=0)
    assert report.ok
    assert report.reason is report.first_bad is None
    assert report.events == len(chain.events)
    assert (report.checkpoints, report.anchors) == (len(chain.checkpoints), len(chain.anchors))
    assert report.since_anchor == len(chain.events) - anchored
    assert report.since_checkpoint == len(chain.events) - last_statement(chain)


def test_an_empty_chain_holds() -> None:
    report = verify_chain([], [], AnchorReading((), 0), KEYS)
    assert (report.ok, report.events, report.since_anchor) == (True, 0, 0)


@pytest.mark.parametrize("what", CHANGES)
@settings(max_examples=25)
@given(chains_and_place())
def test_a_changed_event_is_named(what: str, given_: tuple[Chain, int]) -> None:
    chain, place = given_
    events = list(chain.events)
    events[place - 1] = CHANGES[what](events[place - 1])
    report = verified(chain, events)
    assert (report.ok, report.first_bad) == (False, place)
    assert report.reason is ChainFault.CHANGED


@given(chains_and_place())
def test_an_event_changed_and_hashed_anew_is_named(given_: tuple[Chain, int]) -> None:
    chain, place = given_
    events = list(chain.events)
    events[place - 1] = rehashed(CHANGES["actor"](events[place - 1]))
    report = verified(chain, events)
    if place + 1 < len(events):
        assert (report.first_bad, report.bad_until) == (place, place)
    elif place < len(events):
        assert_found_at(report, place)
    else:
        assert_found_if_stated(chain, report, place)


@given(chains_and_place())
def test_an_event_bound_to_nothing_and_hashed_anew_is_named(given_: tuple[Chain, int]) -> None:
    chain, place = given_
    events = list(chain.events)
    events[place - 1] = rehashed(CHANGES["previous_hash"](events[place - 1]))
    report = verified(chain, events)
    assert not report.ok
    # Where it is the last and unstated, its predecessor may as well be the one that was changed.
    if place == len(events) and last_statement(chain) < place - 1:
        assert (report.first_bad, report.bad_until) == (place - 1, place)
    else:
        assert report.first_bad == place


@given(chains_and_place(), st.integers(1, 5))
def test_removed_events_are_named(given_: tuple[Chain, int], count: int) -> None:
    chain, place = given_
    events = chain.events[: place - 1] + chain.events[place - 1 + count :]
    report = verified(chain, events)
    if events and events[-1].sequence > place:
        assert (report.first_bad, report.reason) == (place, ChainFault.REMOVED)
    elif last_statement(chain) >= place:
        assert (report.first_bad, report.reason) == (place, ChainFault.TRUNCATED)
    else:
        assert report.ok


@given(chains_and_place(least=2))
def test_removed_and_renumbered_events_are_named(given_: tuple[Chain, int]) -> None:
    chain, place = given_
    rest = [replace(e, sequence=e.sequence - 1) for e in chain.events[place:]]
    report = verified(chain, chain.events[: place - 1] + rest)
    if rest:
        assert report.first_bad == place
    else:
        assert_found_if_stated(chain, report, place)


@given(chains_and_place(least=2))
def test_a_rewritten_rest_is_found_at_the_next_statement(given_: tuple[Chain, int]) -> None:
    chain, place = given_
    before = chain.events[: place - 1]
    previous = before[-1].hash if before else "0" * 64
    rest = [replace(e.entry, actor="nobody") for e in chain.events[place - 1 :]]
    report = verified(chain, before + linked(rest, place, previous))
    assert_found_if_stated(chain, report, place)


@given(chains_and_place(least=2), st.integers(1, 3), st.booleans())
def test_inserted_events_are_named(given_: tuple[Chain, int], count: int, bound: bool) -> None:
    chain, place = given_
    before, after = chain.events[: place - 1], chain.events[place - 1 :]
    previous = before[-1].hash if before else "0" * 64
    forged = linked([entry(900 + n) for n in range(count)], place, previous if bound else "a" * 64)
    rest = [replace(e, sequence=e.sequence + count) for e in after]
    report = verified(chain, before + forged + rest)
    assert_found_at(report, place)
    if bound:
        assert (report.first_bad, report.reason) == (place, ChainFault.INSERTED)


@given(chains_and_place(least=2), st.data())
def test_a_stretch_rewritten_before_the_rest_lies_within_what_is_said(
    given_: tuple[Chain, int], data: st.DataObject
) -> None:
    chain, place = given_
    until = data.draw(st.integers(place, len(chain.events)))
    before, after = chain.events[: place - 1], chain.events[until:]
    previous = before[-1].hash if before else "0" * 64
    changed = [replace(e.entry, actor="nobody") for e in chain.events[place - 1 : until]]
    report = verified(chain, [*before, *linked(changed, place, previous), *after])
    if after:
        assert_found_at(report, place)
    else:
        assert_found_if_stated(chain, report, place)


@given(chains_and_place(least=2))
def test_an_insertion_with_the_rest_rewritten_is_found_at_the_next_statement(
    given_: tuple[Chain, int],
) -> None:
    chain, place = given_
    entries = [e.entry for e in chain.events]
    entries.insert(place - 1, entry(900))
    assert_found_if_stated(chain, verified(chain, linked(entries)), place)


@given(chains_and_place(least=2), st.data())
def test_exchanged_events_are_named(given_: tuple[Chain, int], data: st.DataObject) -> None:
    chain, place = given_
    other = data.draw(st.integers(1, len(chain.events)).filter(lambda n: n != place))
    events = list(chain.events)
    one, two = events[place - 1], events[other - 1]
    events[place - 1] = replace(two, sequence=one.sequence)
    events[other - 1] = replace(one, sequence=two.sequence)
    report = verified(chain, events)
    assert (report.ok, report.first_bad) == (False, min(place, other))


@given(chains_and_place(least=2), st.data())
def test_lines_in_another_order_are_named(given_: tuple[Chain, int], data: st.DataObject) -> None:
    chain, place = given_
    other = data.draw(st.integers(1, len(chain.events)).filter(lambda n: n != place))
    events = list(chain.events)
    events[place - 1], events[other - 1] = events[other - 1], events[place - 1]
    report = verified(chain, events)
    assert (report.first_bad, report.reason) == (min(place, other), ChainFault.REORDERED)


@given(chains_and_place())
def test_a_repeated_event_is_named(given_: tuple[Chain, int]) -> None:
    chain, place = given_
    events = chain.events[:place] + chain.events[place - 1 :]
    report = verified(chain, events)
    assert (report.first_bad, report.reason) == (place, ChainFault.INSERTED)


@given(chains(), st.data())
def test_a_truncation_is_found_up_to_the_last_statement(chain: Chain, data: st.DataObject) -> None:
    left = data.draw(st.integers(0, len(chain.events) - 1))
    report = verified(chain, chain.events[:left])
    if last_statement(chain) > left:
        assert (report.first_bad, report.reason) == (left + 1, ChainFault.TRUNCATED)
    else:
        assert report.ok


def test_a_truncation_with_its_checkpoints_is_shown_by_the_anchor_alone() -> None:
    chain = make_chain(20, [5, 10, 15], [10, 15])
    cut = replace(chain, checkpoints=[c for c in chain.checkpoints if c.sequence <= 12])
    report = verified(cut, chain.events[:12])
    assert not report.ok
    assert report.first_bad == 13
    blind = verify_chain(chain.events[:12], cut.checkpoints, AnchorReading((), 0), KEYS)
    assert blind.ok
    assert blind.since_anchor == 12


@pytest.mark.parametrize("place", [1, 7, 20])
def test_a_forged_or_foreign_checkpoint_is_named(place: int) -> None:
    chain = make_chain(20, [], [])
    event = chain.events[place - 1]
    foreign = signed_checkpoint(event, BEGIN, MemorySigner(9))
    right = signed_checkpoint(event, BEGIN, MemorySigner())
    for forged in (
        foreign,
        replace(foreign, key_id=right.key_id),
        replace(right, signature="AAAA"),
        replace(right, at=right.at + timedelta(seconds=1)),
        replace(right, head_hash="b" * 64),
    ):
        report = verify_chain(chain.events, [forged], AnchorReading((), 0), KEYS)
        assert (report.first_bad, report.reason) == (place, ChainFault.CHECKPOINT_SIGNATURE)
    assert verify_chain(chain.events, [right], AnchorReading((), 0), KEYS).ok


def test_a_removed_checkpoint_is_shown_by_its_anchor() -> None:
    chain = make_chain(9, [3, 6], [6])
    left = [c for c in chain.checkpoints if c.sequence != 6]
    report = verify_chain(chain.events, left, chain.reading(), KEYS)
    assert (report.first_bad, report.reason) == (6, ChainFault.CHECKPOINT_MISSING)


def test_a_fault_of_an_event_goes_before_a_missing_checkpoint() -> None:
    chain = make_chain(20, [], [1, 15])
    report = verify_chain(chain.events[:10], [], chain.reading(), KEYS)
    assert (report.first_bad, report.reason) == (11, ChainFault.TRUNCATED)


def test_a_forged_anchor_and_a_damaged_anchor_file_are_said() -> None:
    chain = make_chain(9, [3, 6], [])
    forged = signed_checkpoint(chain.events[5], BEGIN, MemorySigner(9))
    report = verify_chain(chain.events, chain.checkpoints, AnchorReading((forged,), 0), KEYS)
    assert (report.first_bad, report.reason) == (6, ChainFault.ANCHOR_SIGNATURE)
    report = verify_chain(chain.events, chain.checkpoints, AnchorReading((), 1), KEYS)
    assert (report.ok, report.reason) == (False, ChainFault.ANCHOR_UNREADABLE)


def test_renaming_the_chain_does_not_rid_it_of_its_anchors() -> None:
    chain = make_chain(20, [10], [10])
    renamed = AnchorReading((), 0, tuple(chain.anchors))
    assert verify_chain(chain.events, chain.checkpoints, renamed, KEYS).anchors == 1
    cut = verify_chain(chain.events[:5], (), renamed, KEYS)
    assert (cut.ok, cut.bad_from, cut.bad_until) == (False, 6, 10)
    foreign = signed_checkpoint(chain.events[9], BEGIN, MemorySigner(9))
    report = verify_chain(chain.events[:5], (), AnchorReading((), 0, (foreign,)), KEYS)
    assert (report.ok, report.anchors, report.foreign_anchors) == (True, 0, 1)


def test_anchors_that_cannot_be_read_are_not_taken_as_none() -> None:
    chain = make_chain(9, [3], [])
    report = verify_chain(chain.events, chain.checkpoints, None, KEYS)
    assert report.ok
    assert report.anchors is None
    assert report.since_anchor == 9
    assert "系统日志" in report.message.zh


class TestEachProtectionIsNeeded:
    """Switched off, each of the three checks lets its own attack pass; on, none does."""

    def test_the_chain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        chain = make_chain(12, [12], [12])
        events = list(chain.events)
        events[4] = CHANGES["patient"](events[4])
        assert not verified(chain, events).ok
        monkeypatch.setattr(verification, "_hash_as", lambda sequence, event: event.hash)
        assert verified(chain, events).ok

    def test_the_signature(self, monkeypatch: pytest.MonkeyPatch) -> None:
        events = linked([replace(entry(n), actor="nobody") for n in range(1, 13)])
        forged = [signed_checkpoint(events[-1], BEGIN, MemorySigner(9))]
        assert not verify_chain(events, forged, AnchorReading((), 0), KEYS).ok
        monkeypatch.setattr(verification, "is_signed", lambda checkpoint, keys: True)
        assert verify_chain(events, forged, AnchorReading((), 0), KEYS).ok

    def test_the_anchor(self) -> None:
        chain = make_chain(12, [12], [12])
        rewritten = linked([replace(entry(n), actor="nobody") for n in range(1, 13)])
        # Whoever holds the key signs the rewritten chain too: only the outside knows better.
        stolen: list[Checkpoint] = [signed_checkpoint(rewritten[-1], BEGIN, MemorySigner())]
        assert not verify_chain(rewritten, stolen, chain.reading(), KEYS).ok
        assert verify_chain(rewritten, stolen, AnchorReading((), 0), KEYS).ok
