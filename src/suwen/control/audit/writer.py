"""Makes audit entries durable in groups, and states the head of the chain outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from suwen.control.audit.anchor import Anchor
from suwen.control.audit.checkpoints import signed_checkpoint
from suwen.core.audit import AuditEntry, AuditEvent, Checkpoint, canonical_json
from suwen.core.errors import AuditError, SuwenError, UnavailableError
from suwen.core.language import Bilingual
from suwen.core.ports import Clock, SignatureProvider
from suwen.storage.audit import AuditStore

_PLAIN: Final = (str, int, float, bool)

# How long stopping waits for a database that may not answer, in s.
_LAST_ANCHOR_S: Final = 3.0

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GroupCommit:
    """How entries are grouped.

    Attributes:
        wait_s: longest time that a group is held open for entries that are on their way, in s.
        largest: most entries in one group, >= 1.
        capacity: most entries that may wait; beyond it new ones are refused, never dropped.
    """

    wait_s: float = 0.002
    largest: int = 2_000
    capacity: int = 20_000


@dataclass(frozen=True, slots=True)
class AuditStatus:
    """How the audit of this process is doing.

    Attributes:
        waiting: entries that are not durable yet.
        store_failing: whether the last group could not be made durable.
        anchored_sequence: the last event that this process stated outside; ``None``: none yet.
        anchored_at: when it did.
        anchor_failing_since: since when stating the head fails, ``None`` while it works. Entries
            are durable all the same, but a truncation would not be noticed.
    """

    waiting: int
    store_failing: bool
    anchored_sequence: int | None
    anchored_at: datetime | None
    anchor_failing_since: datetime | None


@dataclass(slots=True)
class _Submission:
    """Entries that become durable together, and who waits for them."""

    entries: list[AuditEntry]
    done: asyncio.Future[list[AuditEvent]]


class AuditWriter:
    """The one road into the audit chain for a process; an AuditSink.

    Entries that arrive while a group is being committed form the next group, so that many
    waiters share one commit. A caller that is cancelled while waiting may find its entry in the
    chain: the audit rather says too much than too little.

    Args:
        store: the chain in the database, shared with other processes.
        anchor_seconds: time between statements of the head while it moves, in s, > 0.
    """

    def __init__(
        self,
        store: AuditStore,
        signer: SignatureProvider,
        anchor: Anchor,
        clock: Clock,
        *,
        anchor_seconds: float = 10.0,
        grouping: GroupCommit | None = None,
    ) -> None:
        self._store = store
        self._signer = signer
        self._anchor = anchor
        self._clock = clock
        self._anchor_seconds = anchor_seconds
        self._grouping = grouping or GroupCommit()
        self._queue: deque[_Submission] = deque()
        self._waiting = 0
        self._arrived = asyncio.Event()
        self._stopping = asyncio.Event()
        self._accepting = False
        self._tasks: list[asyncio.Task[None]] = []
        self._store_failing = False
        self._anchored: Checkpoint | None = None
        self._anchor_failing_since: datetime | None = None
        self._stating = asyncio.Lock()

    async def start(self) -> None:
        """Begins to accept entries.

        Raises:
            ConfigurationError: ``anchor_not_writable``.
        """
        await asyncio.to_thread(self._anchor.prepare)
        self._accepting = True
        self._stopping.clear()
        self._tasks = [
            asyncio.create_task(self._write_groups(), name="audit writer"),
            asyncio.create_task(self._keep_anchored(), name="audit anchor"),
        ]

    async def stop(self) -> None:
        """Accepts nothing more, makes what waits durable, and states the head a last time."""
        self._accepting = False
        self._arrived.set()
        self._stopping.set()
        if not self._tasks:
            return
        writing, anchoring = self._tasks
        self._tasks = []
        await writing
        # Not cancelled at once: a connection that is being made would be left half open.
        _, late = await asyncio.wait({anchoring}, timeout=_LAST_ANCHOR_S)
        for task in late:
            task.cancel()
            await asyncio.wait({task})
        try:
            async with asyncio.timeout(_LAST_ANCHOR_S):
                await self._state_head()
        except TimeoutError:
            _LOG.error("audit head not anchored: the database does not answer")

    async def append(self, entry: AuditEntry) -> AuditEvent:
        """Returns once the event is durable.

        Raises:
            AuditError: ``audit_unavailable`` or ``audit_overloaded``: it is not durable;
                ``audit_outcome_unknown``: it may be; ``audit_entry_malformed``; ``audit_closed``.
                In every case what was to be audited must not happen.
        """
        return (await self.append_all([entry]))[0]

    async def append_all(self, entries: Sequence[AuditEntry]) -> list[AuditEvent]:
        """As ``append``, for several entries that become durable together or not at all."""
        if not self._accepting:
            raise _refusal("audit_closed")
        checked = [_storable(entry) for entry in entries]
        if not checked:
            return []
        if self._waiting + len(checked) > self._grouping.capacity:
            raise _refusal("audit_overloaded")
        done: asyncio.Future[list[AuditEvent]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Submission(checked, done))
        self._waiting += len(checked)
        self._arrived.set()
        return await done

    def status(self) -> AuditStatus:
        """How the audit is doing."""
        return AuditStatus(
            waiting=self._waiting,
            store_failing=self._store_failing,
            anchored_sequence=self._anchored.sequence if self._anchored else None,
            anchored_at=self._anchored.at if self._anchored else None,
            anchor_failing_since=self._anchor_failing_since,
        )

    async def anchor_now(self) -> AuditStatus:
        """States the head outside at once, where it moved, and says how the audit is doing."""
        await self._state_head()
        return self.status()

    async def _write_groups(self) -> None:
        while self._accepting or self._queue:
            if not self._queue:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            await self._let_others_join()
            await self._commit(self._take_group())

    async def _let_others_join(self) -> None:
        """Gives callers that were just answered the chance to be in this group too."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._grouping.wait_s
        seen = -1
        while seen != self._waiting < self._grouping.largest and loop.time() < deadline:
            seen = self._waiting
            await asyncio.sleep(0)

    def _take_group(self) -> list[_Submission]:
        group = [self._queue.popleft()]
        size = len(group[0].entries)
        while self._queue and size + len(self._queue[0].entries) <= self._grouping.largest:
            group.append(self._queue.popleft())
            size += len(group[-1].entries)
        return group

    async def _commit(self, group: list[_Submission]) -> None:
        entries = [entry for submission in group for entry in submission.entries]
        try:
            events = await self._store.append_group(entries, self._clock.now())
        except UnavailableError as error:
            self._fail(group, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, every waiter must be told
            if len(group) > 1 and isinstance(error, SuwenError):
                # The database refuses one of them: the others must not suffer for it.
                for submission in group:
                    await self._commit([submission])
            else:
                self._fail(group, error)
        else:
            self._store_failing = False
            self._answer(group, events)

    def _answer(self, group: list[_Submission], events: list[AuditEvent]) -> None:
        position = 0
        for submission in group:
            own = events[position : position + len(submission.entries)]
            position += len(submission.entries)
            self._waiting -= len(submission.entries)
            if not submission.done.done():
                submission.done.set_result(own)

    def _fail(self, group: list[_Submission], error: Exception) -> None:
        self._store_failing = True
        unknown = isinstance(error, SuwenError) and error.code == "database_outcome_unknown"
        code = "audit_outcome_unknown" if unknown else "audit_unavailable"
        # The text of a driver's error may quote an entry; its kind does not.
        _LOG.error("audit group not durable: %s", getattr(error, "code", type(error).__name__))
        for submission in group:
            self._waiting -= len(submission.entries)
            if not submission.done.done():
                submission.done.set_exception(_refusal(code))

    async def _keep_anchored(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not self._stopping.is_set():
            await self._state_head()
            due = max(due + self._anchor_seconds, loop.time())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), due - loop.time())

    async def _state_head(self) -> None:
        """Signs the head and writes it outside, if it moved since the last time.

        The head is asked of the database: a process that died may have left events behind.
        """
        async with self._stating:
            try:
                checkpoint = await self._state_moved_head()
            except Exception as error:  # noqa: BLE001 - it must be tried again, whatever happened
                self._anchor_failing_since = self._anchor_failing_since or self._clock.now()
                code = getattr(error, "code", type(error).__name__)
                _LOG.error("audit head not anchored: %s", code)
            else:
                self._anchored = checkpoint
                self._anchor_failing_since = None

    async def _state_moved_head(self) -> Checkpoint | None:
        """What stands outside now: stated anew where the head moved."""
        head = await self._store.head()
        stated = self._anchored
        if head is None or (stated and stated.head_hash == head.hash):
            return stated
        checkpoint = await self._checkpoint(head)
        await asyncio.to_thread(self._anchor.write, checkpoint)
        return checkpoint

    async def _checkpoint(self, head: AuditEvent) -> Checkpoint:
        """The signed statement of this head: the one that was kept already, or a new one."""
        last = await self._store.last_checkpoint()
        if last is not None and last.head_hash == head.hash and last.sequence == head.sequence:
            return last
        checkpoint = signed_checkpoint(head, self._clock.now(), self._signer)
        await self._store.put_checkpoint(checkpoint)
        return checkpoint


def _storable(entry: AuditEntry) -> AuditEntry:
    """The entry as the database will give it back, so that its hash holds.

    Raises:
        AuditError: ``audit_entry_malformed`` for what is no JSON or no text that can be stored.
    """
    texts = (
        entry.action, entry.actor, entry.channel, entry.subject, entry.patient, entry.app,
        entry.trace, entry.purpose,
    )  # fmt: skip
    try:
        stored = canonical_json(dict(entry.detail))
        if b"\x00" in "".join(filter(None, texts)).encode():
            raise ValueError("NUL")
    except (ValueError, TypeError) as error:
        raise _refusal("audit_entry_malformed") from error
    if _comes_back_the_same(entry.detail):
        return entry
    return replace(entry, detail=json.loads(stored))


def _comes_back_the_same(detail: Mapping[str, Any]) -> bool:
    """Whether JSON gives the detail back as it is; in doubt not."""
    return all(
        type(key) is str and (value is None or type(value) in _PLAIN)
        for key, value in detail.items()
    )


_SAYS: Final = {
    "audit_unavailable": Bilingual(
        zh="审计记录无法写入，操作未执行。请稍后重试，或联系系统管理员。",
        en="The audit cannot be written, so nothing was done. Try again shortly, or tell the "
        "system administrator.",
    ),
    "audit_outcome_unknown": Bilingual(
        zh="写入审计记录时与数据库的连接中断，操作未执行。",
        en="The connection was lost while the audit was written, so nothing was done.",
    ),
    "audit_overloaded": Bilingual(
        zh="等待写入的审计记录过多，操作未执行。请稍后重试。",
        en="Too many audit entries are waiting, so nothing was done. Try again shortly.",
    ),
    "audit_entry_malformed": Bilingual(
        zh="审计记录的内容无法保存，操作未执行。",
        en="The audit entry cannot be stored, so nothing was done.",
    ),
    "audit_closed": Bilingual(
        zh="系统正在停止，操作未执行。", en="The system is stopping, so nothing was done."
    ),
}


def _refusal(code: str) -> AuditError:
    return AuditError(code, _SAYS[code])
