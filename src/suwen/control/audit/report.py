"""What a verification of the chain says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from suwen.core.language import Bilingual


class ChainFault(StrEnum):
    """What is wrong with a chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    REORDERED = "reordered"
    UNREADABLE = "unreadable"
    TRUNCATED = "truncated"
    CHECKPOINT_SIGNATURE = "checkpoint_signature"
    CHECKPOINT_MISMATCH = "checkpoint_mismatch"
    CHECKPOINT_MISSING = "checkpoint_missing"
    ANCHOR_SIGNATURE = "anchor_signature"
    ANCHOR_MISMATCH = "anchor_mismatch"
    ANCHOR_UNREADABLE = "anchor_unreadable"


_SAYS = {
    ChainFault.CHANGED: Bilingual(
        zh="第 {first} 条审计事件被改动。", en="Audit event {first} was changed."
    ),
    ChainFault.REMOVED: Bilingual(
        zh="自第 {first} 条起有审计事件被删除。", en="Audit events were removed from {first} on."
    ),
    ChainFault.INSERTED: Bilingual(
        zh="第 {first} 条处被插入了审计事件。", en="Audit events were inserted at {first}."
    ),
    ChainFault.REORDERED: Bilingual(
        zh="自第 {first} 条起审计事件的次序被改动。",
        en="The order of the audit events was changed from {first} on.",
    ),
    ChainFault.UNREADABLE: Bilingual(
        zh="第 {first} 条审计事件无法读取。", en="Audit event {first} cannot be read."
    ),
    ChainFault.TRUNCATED: Bilingual(
        zh="自第 {first} 条起审计链被截断：锚点或检查点证明其后原有事件。",
        en="The chain is cut off from event {first} on: an anchor or checkpoint proves that there "
        "was more.",
    ),
    ChainFault.CHECKPOINT_SIGNATURE: Bilingual(
        zh="第 {first} 条处的检查点签名无效或密钥未知。",
        en="The signature of the checkpoint at event {first} is wrong or its key is unknown.",
    ),
    ChainFault.CHECKPOINT_MISMATCH: Bilingual(
        zh="第 {first} 至 {until} 条之间的审计链被整段改写：与已签名的检查点不符。",
        en="Events {first} to {until} were rewritten: they do not lead to the signed checkpoint.",
    ),
    ChainFault.CHECKPOINT_MISSING: Bilingual(
        zh="第 {first} 条处的检查点被删除：锚点证明它曾存在。",
        en="The checkpoint at event {first} was removed: an anchor proves that it was there.",
    ),
    ChainFault.ANCHOR_SIGNATURE: Bilingual(
        zh="第 {first} 条处的锚点签名无效或密钥未知。",
        en="The signature of the anchor at event {first} is wrong or its key is unknown.",
    ),
    ChainFault.ANCHOR_MISMATCH: Bilingual(
        zh="第 {first} 至 {until} 条之间的审计链被整段改写：与外部锚点不符。",
        en="Events {first} to {until} were rewritten: they do not lead to the anchor outside.",
    ),
    ChainFault.ANCHOR_UNREADABLE: Bilingual(
        zh="锚点文件含有无法读取的行。", en="The anchor file has lines that cannot be read."
    ),
}


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What is known of a chain after it was read from end to end.

    Attributes:
        events: events read.
        checkpoints: signed checkpoints that hold.
        anchors: anchors outside that hold; ``None`` where they cannot be read back.
        foreign_anchors: anchors of other chains in the same place, signed by keys that are not
            this installation's; unexpected ones are a sign that somebody replaced the keys.
        first_bad: number of the first event at fault, as near as the chain tells; for a stretch
            that was rewritten as a whole the first that may have been; ``None`` when nothing is
            wrong or the fault has no place.
        bad_from: first event that may be at fault; before ``first_bad`` where an intruder who
            hashed anew may have begun earlier.
        bad_until: last event in which the fault may lie; ``first_bad`` itself where that is sure.
        reason: what is wrong, ``None`` when nothing is.
        since_anchor: how many events stand after the last anchor that holds. That they are
            unchanged rests on the chain and its signed checkpoints alone; whether further ones
            after them were cut off cannot be known.
        since_checkpoint: how many stand after the last signed statement of any kind: whoever can
            write to the database could have rewritten these.
    """

    ok: bool
    events: int
    checkpoints: int
    anchors: int | None
    foreign_anchors: int
    first_bad: int | None
    bad_from: int | None
    bad_until: int | None
    reason: ChainFault | None
    since_anchor: int
    since_checkpoint: int

    @property
    def message(self) -> Bilingual:
        """The result in one or two sentences, in both languages."""
        if self.reason is not None:
            says = _SAYS[self.reason]
            first, until = self.first_bad or 0, self.bad_until or self.first_bad or 0
            return Bilingual(
                zh=says.zh.format(first=first, until=until),
                en=says.en.format(first=first, until=until),
            )
        outside = self.anchors is None
        return Bilingual(
            zh=f"审计链完整：{self.events} 条事件，{self.checkpoints} 个检查点。"
            + (
                "锚点在系统日志中，请在那里核对。"
                if outside
                else f"最后一个锚点之后有 {self.since_anchor} 条，其后是否被截断无从得知。"
            ),
            en=f"The chain holds: {self.events} events, {self.checkpoints} checkpoints. "
            + (
                "The anchors are in the system log: compare them there."
                if outside
                else f"{self.since_anchor} stand after the last anchor; whether more were cut off "
                "after it cannot be known."
            ),
        )

    def as_json(self) -> dict[str, Any]:
        """The form of ``suwen audit verify --json``."""
        return {
            "ok": self.ok,
            "events": self.events,
            "checkpoints": self.checkpoints,
            "anchors": self.anchors,
            "foreign_anchors": self.foreign_anchors,
            "first_bad": self.first_bad,
            "bad_from": self.bad_from,
            "bad_until": self.bad_until,
            "reason": self.reason.value if self.reason else None,
            "message_zh": self.message.zh,
            "message_en": self.message.en,
            "since_anchor": self.since_anchor,
            "since_checkpoint": self.since_checkpoint,
        }
