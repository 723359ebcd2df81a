"""Reads a chain from end to end and says whether anything was changed, and where.

The hash of each event covers the one before it, so that any change short of rewriting all that
follows shows at once. Rewriting all that follows shows at the next signed checkpoint or anchor.
What is cut off shows by an anchor or checkpoint behind the end.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from suwen.control.audit.anchor import Anchor, AnchorReading
from suwen.control.audit.checkpoints import is_signed
from suwen.control.audit.report import ChainFault, VerifyReport
from suwen.core.audit import GENESIS_HASH, AuditEvent, Checkpoint, chain_hash
from suwen.core.errors import SuwenError, UnavailableError
from suwen.storage.audit import AuditStore

# How far back the verifier remembers hashes, to tell an insertion from a change.
_REMEMBERED: Final = 10_000

_OF_STATEMENTS: Final = frozenset(
    {
        ChainFault.CHECKPOINT_SIGNATURE,
        ChainFault.CHECKPOINT_MISSING,
        ChainFault.ANCHOR_SIGNATURE,
        ChainFault.ANCHOR_UNREADABLE,
    }
)

# What reading a row raises whose values are not those of an event.
_NO_EVENT: Final = (ValueError, TypeError, KeyError, AttributeError)


@dataclass(frozen=True, slots=True)
class _Fault:
    """A fault, its likeliest first event, and the stretch in which it lies."""

    first: int
    begin: int
    until: int
    reason: ChainFault


class ChainVerifier:
    """Takes events one after the other, in the order in which they stand.

    Args:
        checkpoints: as they stand in the database.
        anchors: as read outside; ``None`` where they cannot be read.
        public_keys: raw Ed25519 keys by id that are trusted.
    """

    def __init__(
        self,
        checkpoints: Sequence[Checkpoint],
        anchors: AnchorReading | None,
        public_keys: Mapping[str, bytes],
    ) -> None:
        self._last_sequence = 0
        self._last_hash = GENESIS_HASH
        self._events = 0
        self._recent: deque[str] = deque([GENESIS_HASH], maxlen=_REMEMBERED)
        self._chain_fault: tuple[int, ChainFault] | None = None
        self._doubted: AuditEvent | None = None
        self._suspected: int | None = None
        self._other_faults: list[_Fault] = []
        self._stated: defaultdict[int, list[tuple[str, bool]]] = defaultdict(list)
        self._checkpoints = self._anchors = 0
        self._last_anchor = self._last_stated = 0
        self._anchors_readable = anchors is not None
        self._foreign_anchors = 0
        self._take_statements(checkpoints, anchors, public_keys)

    def feed(self, event: AuditEvent) -> None:
        """Takes the next event."""
        self._events += 1
        if self._chain_fault is not None:
            self._learn_more(event)
            return
        right_place = event.sequence == self._last_sequence + 1
        own = _hash_as(event.sequence, event)
        if not (right_place and own == event.hash and event.previous_hash == self._last_hash):
            self._chain_fault = self._diagnose(event, right_place, own == event.hash)
            return
        self._last_sequence, self._last_hash = event.sequence, event.hash
        self._recent.append(event.hash)
        if event.sequence in self._stated:
            self._compare(event)

    def feed_unreadable(self) -> None:
        """Takes note that the next event is there and cannot be read."""
        self._events += 1
        if self._chain_fault is None:
            self._chain_fault = (self._last_sequence + 1, ChainFault.UNREADABLE)

    def finish(self) -> VerifyReport:
        """What is known now that there are no more events."""
        found = self._first_fault()
        return VerifyReport(
            ok=found is None,
            events=self._events,
            checkpoints=self._checkpoints,
            anchors=self._anchors if self._anchors_readable else None,
            foreign_anchors=self._foreign_anchors,
            first_bad=(found.first or None) if found else None,
            bad_from=(found.begin or None) if found else None,
            bad_until=(found.until or None) if found else None,
            reason=found.reason if found else None,
            since_anchor=self._events - min(self._last_anchor, self._events),
            since_checkpoint=self._events - min(self._last_stated, self._events),
        )

    def _first_fault(self) -> _Fault | None:
        faults = list(self._other_faults)
        in_chain = self._settled_chain_fault()
        if in_chain is not None:
            # What the chain itself shows is the nearer place where a statement shows it too.
            faults = [f for f in faults if not f.begin <= in_chain.first <= f.until]
            faults.insert(0, in_chain)
        elif self._stated:
            # A statement about an event that never came: within the chain its number was left
            # out, beyond the end everything from there on was cut off.
            first = min(self._last_sequence + 1, *self._stated)
            beyond = min(self._stated) > self._last_sequence
            reason = ChainFault.TRUNCATED if beyond else ChainFault.REMOVED
            faults.append(_Fault(first, first, max(self._stated), reason))
        # A fault of an event goes before one of a statement about events that are themselves right.
        return min(faults, key=lambda f: (f.reason in _OF_STATEMENTS, f.first), default=None)

    def _take_statements(
        self,
        checkpoints: Sequence[Checkpoint],
        anchors: AnchorReading | None,
        public_keys: Mapping[str, bytes],
    ) -> None:
        signed = set()
        for checkpoint in checkpoints:
            if is_signed(checkpoint, public_keys):
                signed.add(checkpoint)
                self._stated[checkpoint.sequence].append((checkpoint.head_hash, False))
            else:
                self._note(checkpoint.sequence, ChainFault.CHECKPOINT_SIGNATURE)
        for anchor in self._own_anchors(anchors, public_keys):
            # A checkpoint is kept in the database before it is anchored.
            if anchor not in signed and not is_signed(anchor, public_keys):
                self._note(anchor.sequence, ChainFault.ANCHOR_SIGNATURE)
                continue
            if anchor not in signed:
                self._note(anchor.sequence, ChainFault.CHECKPOINT_MISSING)
            self._stated[anchor.sequence].append((anchor.head_hash, True))
        if anchors and anchors.unreadable:
            self._note(0, ChainFault.ANCHOR_UNREADABLE)

    def _own_anchors(
        self, anchors: AnchorReading | None, public_keys: Mapping[str, bytes]
    ) -> list[Checkpoint]:
        """Anchors of this chain's name, and whatever else this installation signed."""
        if anchors is None:
            return []
        signed = [other for other in anchors.others if is_signed(other, public_keys)]
        self._foreign_anchors = len(anchors.others) - len(signed)
        return list(dict.fromkeys([*anchors.anchors, *signed]))

    def _note(self, sequence: int, reason: ChainFault) -> None:
        self._other_faults.append(_Fault(sequence, sequence, sequence, reason))

    def _compare(self, event: AuditEvent) -> None:
        """Compares the head with what was signed of it."""
        confirmed = self._last_stated
        for head_hash, outside in self._stated.pop(event.sequence):
            if head_hash != event.hash:
                fault = ChainFault.ANCHOR_MISMATCH if outside else ChainFault.CHECKPOINT_MISMATCH
                begin = self._last_stated + 1
                self._other_faults.append(_Fault(begin, begin, event.sequence, fault))
                continue
            confirmed = event.sequence
            if outside:
                self._anchors += 1
                self._last_anchor = event.sequence
            else:
                self._checkpoints += 1
        self._last_stated = confirmed

    def _diagnose(
        self, event: AuditEvent, right_place: bool, own_hash_right: bool
    ) -> tuple[int, ChainFault]:
        """Where the first event at fault is, and what happened there."""
        follows = self._sequence_of(event.previous_hash)
        if not right_place:
            if event.sequence <= self._last_sequence:
                return event.sequence, ChainFault.INSERTED
            return self._last_sequence + 1, ChainFault.REMOVED
        if follows is not None and follows < self._last_sequence:
            renumbered = _hash_as(follows + 1, event) == event.hash
            if own_hash_right or renumbered:
                return follows + 1, ChainFault.INSERTED
        if own_hash_right and self._last_stated < event.sequence - 1:
            # It is whole and bound to another predecessor: either that one was changed and hashed
            # anew or this one was; the next event tells, being bound to the true one.
            self._doubted = event
            return event.sequence - 1, ChainFault.CHANGED
        return event.sequence, ChainFault.CHANGED

    def _sequence_of(self, event_hash: str) -> int | None:
        """The number of a right event of late, by its hash; 0 for the beginning."""
        for back, known in enumerate(reversed(self._recent)):
            if known == event_hash:
                return self._last_sequence - back
        return None

    def _learn_more(self, event: AuditEvent) -> None:
        """What an event after the fault tells of it."""
        if self._doubted is not None:
            if event.previous_hash != self._doubted.hash:
                self._chain_fault = (self._doubted.sequence, ChainFault.CHANGED)
            else:
                self._suspected = self._last_sequence
            self._doubted = None
        if self._suspected is not None:
            if event.previous_hash == self._last_hash:
                # The suspect has a true successor after all: what stands between was inserted.
                self._chain_fault = (self._suspected + 1, ChainFault.INSERTED)
        elif self._chain_fault == (event.sequence, ChainFault.REMOVED):
            self._chain_fault = (event.sequence, ChainFault.REORDERED)

    def _settled_chain_fault(self) -> _Fault | None:
        """The fault of the chain itself, with the stretch in which it lies."""
        if self._chain_fault is None:
            return None
        first, reason = self._chain_fault
        begin = until = first
        if self._doubted is not None:
            stated = {head_hash for head_hash, _ in self._stated.get(self._doubted.sequence, ())}
            if stated and self._doubted.hash not in stated:
                first = begin = until = self._doubted.sequence
            elif not stated:
                until = self._doubted.sequence
        if first < self._last_sequence + 1:
            # Events before it may have been rewritten along with it, back to the last statement.
            begin = min(first, self._last_stated + 1)
        return _Fault(first, begin, until, reason)


def verify_chain(
    events: Iterable[AuditEvent],
    checkpoints: Sequence[Checkpoint],
    anchors: AnchorReading | None,
    public_keys: Mapping[str, bytes],
) -> VerifyReport:
    """Whether a chain is as it was written, in one pass and in little memory.

    Args:
        events: in the order in which they stand, from the first.
        anchors: what stands outside; ``None`` where it cannot be read.
        public_keys: raw Ed25519 keys by id that are trusted.
    """
    verifier = ChainVerifier(checkpoints, anchors, public_keys)
    for event in events:
        verifier.feed(event)
    return verifier.finish()


async def verify_store(
    store: AuditStore, anchor: Anchor, public_keys: Mapping[str, bytes]
) -> VerifyReport:
    """Whether the chain in the database is as it was written.

    Events that are appended meanwhile are read too; statements about the head that are made
    meanwhile are not.

    Raises:
        UnavailableError: when the database does not answer.
    """
    reading = await asyncio.to_thread(anchor.read)
    verifier = ChainVerifier(await store.checkpoints(), reading, public_keys)
    async for event in _readable(store, verifier):
        verifier.feed(event)
    return verifier.finish()


async def _readable(store: AuditStore, verifier: ChainVerifier) -> AsyncIterator[AuditEvent]:
    """Every event; one that is no event any more is noted where it stands."""
    after = -(2**62)
    last, skip = 0, 1
    while True:
        try:
            async for event in store.stream(after):
                yield event
                last, after, skip = event.sequence, event.sequence + 1, 1
            return
        except UnavailableError:
            raise
        except (SuwenError, *_NO_EVENT):
            # One bad row takes its page with it: go on row by row until it is met and passed.
            try:
                found = await store.events(after, limit=1)
            except UnavailableError:
                raise
            except (SuwenError, *_NO_EVENT):
                verifier.feed_unreadable()
                after, skip = last + 1 + skip, skip * 2
            else:
                for event in found:
                    yield event
                    last, after = event.sequence, event.sequence + 1


def _hash_as(sequence: int, event: AuditEvent) -> str | None:
    """Hash of the event under a number; ``None`` when its content is none that can be hashed."""
    try:
        return chain_hash(sequence, event.at, event.entry, event.previous_hash)
    except _NO_EVENT:
        return None
