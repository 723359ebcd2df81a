"""Trials of what is kept: signed output, the audit, and what a run leaves in logs and traces."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from suwen.bootstrap import exports
from suwen.bootstrap.audit_trail import verify_trail
from suwen.bootstrap.conformance.grading import Graded, Property, broken, held, partly
from suwen.bootstrap.conformance.invented import (
    APPLICATION,
    invented_request,
    make_trial_draft,
    remove_trial_draft,
)
from suwen.bootstrap.platform import Platform
from suwen.control.gateway.run_types import RunOptions
from suwen.control.gateway.signing import verify_signature
from suwen.core.audit import AuditEntry, AuditOutcome, content_hash
from suwen.core.draft import DraftStatus, SignedRecord
from suwen.core.errors import SuwenError
from suwen.core.identity import TraceId, batch_principal
from suwen.core.language import Bilingual

PAGE: Final = 200
MOST_EXPORTS: Final = 5
UNSIGNED: Final = (DraftStatus.DRAFT, DraftStatus.AWAITING_COSIGN, DraftStatus.REJECTED)


async def try_signed_output(platform: Platform, _url: str | None) -> Graded:
    """Whether everything that counts as signed is, and nothing unsigned leaves as FHIR."""
    records, faulty = await _signed_records(platform)
    if faulty:
        what = Bilingual("有记录的签名不成立", "records that count as signed are not")
        return broken(Property.SIGNED_OUTPUT, what, records=records, faulty=faulty)
    tried, left, removed = await _exports(platform)
    facts = {"signed_records": records, "exports_tried": tried}
    if left:
        what = Bilingual("未签署的文书以 FHIR 导出", "unsigned documents left as FHIR")
        return broken(Property.SIGNED_OUTPUT, what, **facts, left=left)
    if not tried:
        what = Bilingual(
            "签名均成立；未能生成试验导出用的合成草稿",
            "all signatures hold; no synthetic draft to try an export with could be made",
        )
        return partly(Property.SIGNED_OUTPUT, what, **facts)
    if not removed:
        what = Bilingual(
            "签名均成立；试验用的合成草稿未能移除",
            "all signatures hold; the synthetic draft of the trial could not be removed",
        )
        return partly(Property.SIGNED_OUTPUT, what, **facts)
    what = Bilingual("签名均成立，未签署者不得导出", "signatures hold; nothing unsigned leaves")
    return held(Property.SIGNED_OUTPUT, what, **facts)


async def _exports(platform: Platform) -> tuple[int, int, bool]:
    """How many unsigned drafts were tried to be exported, how many left, and whether the trial's
    own is gone again."""
    own, removed = await make_trial_draft(platform), True
    tried = left = 0
    try:
        there = await platform.drafts.list(status=UNSIGNED, limit=PAGE)
        others = [draft.id for draft in there if draft.id != own]
        for draft in [own, *others] if own is not None else others:
            if tried == MOST_EXPORTS:
                break
            outcome = await _leaves(platform, draft)
            tried += outcome is not None
            left += bool(outcome)
    finally:
        if own is not None:
            removed = await remove_trial_draft(platform, own)
    return tried, left, removed


async def _signed_records(platform: Platform) -> tuple[int, int]:
    """How many signed records there are, and how many of them nobody answers for."""
    total = faulty = offset = 0
    while page := await platform.drafts.list(status=DraftStatus.SIGNED, limit=PAGE, offset=offset):
        offset += len(page)
        for draft in page:
            versions = await platform.drafts.signed_versions(draft.id)
            total += len(versions)
            faulty += sum(not _answered_for(platform, one) for one in versions)
            faulty += not versions
    return total, faulty


def _answered_for(platform: Platform, record: SignedRecord) -> bool:
    return (
        bool(record.sign_offs)
        and content_hash(record.content) == record.content_hash
        and record.sign_offs[-1].content_hash == record.content_hash
        and all(verify_signature(one, platform.signer) for one in record.sign_offs)
    )


async def _leaves(platform: Platform, draft: Any) -> bool | None:
    """Whether an unsigned draft leaves; ``None`` where it is not the batch service's to open."""
    if await platform.drafts.signed_versions(draft):
        return None
    try:
        await exports.export_draft(platform, batch_principal(None), draft, exports.ExportForm.FHIR)
    except SuwenError as error:
        return False if error.code == "not_signed" else None
    return True


async def try_audit(platform: Platform, _url: str | None) -> Graded:
    """Whether the chain is unbroken, an act is in it once it is done, and signatures all are."""
    await platform.audit.anchor_now()
    report = await verify_trail(platform, None)
    facts: dict[str, Any] = {"events": report.events, "checkpoints": report.checkpoints}
    if not report.ok:
        what = Bilingual("审计链不完整", "the audit chain does not hold")
        facts |= {"first_bad": report.first_bad, "reason": report.reason}
        return broken(Property.AUDIT, what, **facts)
    before = await platform.audit_store.head()
    told = await platform.audit.append(_note("conformance.audit"))
    after = await platform.audit_store.head()
    durable = after is not None and after.sequence >= told.sequence
    if not durable or (before is not None and told.sequence <= before.sequence):
        what = Bilingual("审计事件没有落盘", "an act was not in the chain after it was audited")
        return broken(Property.AUDIT, what, **facts)
    unaudited = await _signatures_without_event(platform)
    if unaudited:
        what = Bilingual("有签署未进审计", "signatures that the audit does not know")
        return broken(Property.AUDIT, what, **facts, unaudited=unaudited)
    if not report.anchors or _is_beside(platform):
        what = Bilingual(
            "审计链完整；但锚点不在本机状态目录之外，整链被换掉无法发现",
            "the chain holds; no anchor lies outside the state directory, so a chain that was "
            "replaced as a whole would not be noticed",
        )
        return partly(Property.AUDIT, what, **facts)
    what = Bilingual("审计链完整", "the chain is complete and unbroken")
    return held(Property.AUDIT, what, **facts)


def _is_beside(platform: Platform) -> bool:
    anchor = platform.settings.audit.anchor
    home = platform.settings.home.resolve()
    return anchor is None or home in Path(anchor).resolve().parents


def _note(action: str) -> AuditEntry:
    return AuditEntry(
        action=action,
        actor=str(batch_principal(None).id),
        channel="cli",
        outcome=AuditOutcome.DONE,
        subject="Site",
    )


async def _signatures_without_event(platform: Platform) -> int:
    """Signed drafts of the latest page of which no event tells."""
    missing = 0
    for draft in await platform.drafts.list(status=DraftStatus.SIGNED, limit=PAGE):
        events = await platform.audit_store.latest(1000, subject=f"Draft/{draft.id}")
        missing += not any(event.entry.action in ("draft.sign", "draft.cosign") for event in events)
    return missing


async def try_masks(platform: Platform, _url: str | None) -> Graded:
    """Whether an invented name that goes through a run is in no log, trace or audit event."""
    if APPLICATION not in platform.applications:
        what = Bilingual("没有可试运行的应用", "no application to try a run of")
        return partly(Property.MASKS, what)
    marker = f"Zq{secrets.token_hex(6)}"
    found: list[str] = []
    with _Listening() as heard:
        trace, errors = await _runs_about(platform, marker)
        found += [f"log {name}" for name, text in heard.lines if marker in text]
    found += [f"error {code}" for code, text in errors if marker in text]
    if trace is not None:
        kept = await platform.traces.read(trace)
        found += [f"trace {s.name}" for s in kept.stages if marker in json.dumps(s.result)]
    events = await platform.audit_store.latest(PAGE)
    found += [
        f"audit {event.entry.action}"
        for event in events
        if marker in json.dumps(asdict(event.entry), default=str)
    ]
    facts = {"log_lines": len(heard.lines), "audit_events": len(events), "ran": trace is not None}
    if found:
        what = Bilingual("患者姓名进入了日志", "a patient's name reached a log")
        return broken(Property.MASKS, what, **facts, places=sorted(set(found)))
    if trace is None:
        what = Bilingual("试运行未能完成", "the trial run did not come to its end")
        return partly(Property.MASKS, what, **facts)
    what = Bilingual("患者姓名未进入日志、轨迹和审计", "no name in logs, traces or the audit")
    return held(Property.MASKS, what, **facts)


async def _runs_about(
    platform: Platform, marker: str
) -> tuple[TraceId | None, list[tuple[str, str]]]:
    """One run that goes well and two that do not, about an invented patient of that name."""
    whole = invented_request(platform, f"conformance-{marker.lower()}", marker)
    requests = (
        whole,
        {**whole, "document_type": marker},
        {**whole, "bundle": {"resourceType": marker}},
    )
    trace, errors = None, []
    for request in requests:
        try:
            options = RunOptions(without_model=True, store=False)
            result = await platform.gateway.run(
                batch_principal(None), APPLICATION, request, options
            )
            trace = result.trace
        except SuwenError as error:
            told = f"{error.safe_message} {error.detail} {error.field}"
            errors.append((error.code, told))
    return trace, errors


class _Listening(logging.Handler):
    """Hears every line that any part of the program logs, at any level, while the block lasts."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[tuple[str, str]] = []
        self._level = logging.WARNING

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a line."""
        self.lines.append((record.name, self.format(record)))

    def __enter__(self) -> _Listening:
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
