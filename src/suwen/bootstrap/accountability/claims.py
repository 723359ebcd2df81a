"""Claim files: one decision with all its evidence, for a stated ground; and their check."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from suwen.bootstrap.accountability import claim_parts
from suwen.control.access.decision import Action
from suwen.control.audit import verify_file
from suwen.control.audit.export import event_from_json
from suwen.control.audit.signing import key_id_of
from suwen.control.gateway.acts import audited
from suwen.control.gateway.draft_access import DraftDoor, act_on
from suwen.control.governance.claim_file import (
    ClaimGround,
    ClaimReport,
    check,
    pack,
    read_file,
)
from suwen.core.audit import chain_hash
from suwen.core.draft import DraftRecord
from suwen.core.errors import InputError
from suwen.core.identity import DraftId, Principal
from suwen.core.language import Bilingual, Language
from suwen.core.plain_text import require_plain
from suwen.integration.exports.pdf import render_pdf
from suwen.integration.exports.printed import PrintedDocument

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

LONGEST: Final = 200
_EXCERPT: Final = "audit/excerpt.jsonl"
_KEYS: Final = "keys/public_keys.json"
_README: Final = """举证文件 / Claim file

内含患者的病历内容和工作人员姓名，属于敏感个人信息。只能用于清单中写明的用途；未经加密不得传送，
用完后按本院规定销毁。每次导出都已写入审计。
This archive holds a patient's clinical data and names of staff: sensitive personal data. Use it
for the ground in the manifest alone, never send it unsealed, and destroy it as the hospital asks.
Each export is on the audit.

核对 / How to check it
  suwen claim verify FILE
      每个文件的 SHA-256、清单的签名，以及摘录中每条审计事件自身的校验值。
      SHA-256 of each file, the signature over the manifest, and each audit event's own hash.
  suwen claim verify FILE --key KEY_ID
      KEY_ID 是另一途径得到的本院签名密钥编号；没有它只能证明文件自身一致。
      KEY_ID: the hospital's signing key, learnt on another way. Without it the file only agrees
      with itself.
  suwen claim verify FILE --audit EXPORT
      EXPORT 是“suwen audit export”的完整审计链：核对摘录确为其中原有的事件。
      EXPORT: the whole chain by `suwen audit export`; shows that the excerpt is part of it.

没有本程序时：MANIFEST.json 列出每个文件的 SHA-256；MANIFEST.sig 是对 MANIFEST.json 原始字节的
Ed25519 签名（base64），公钥见 keys/public_keys.json，密钥编号为公钥 SHA-256 的前 32 位。
Without the program: MANIFEST.json lists the SHA-256 of each file, MANIFEST.sig is an Ed25519
signature (base64) over its bytes; public keys in keys/public_keys.json, whose ids are the first 32
digits of the key's SHA-256.
"""


@dataclass(frozen=True, slots=True)
class WantedClaim:
    """For what a claim file is wanted; ``case`` is the number of the matter."""

    draft: DraftId
    ground: ClaimGround
    case: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """What a check of a claim file found.

    Attributes:
        report: of the archive itself.
        key_known: whether the key that signed was told from elsewhere.
        bad_event: number of the first audit event that does not have its own hash.
        not_in_audit: number of the first event that the given chain does not have; ``None`` also
            where no chain was given.
        audit_ok: whether the given chain itself holds; ``None`` where none was given.
    """

    report: ClaimReport
    key_known: bool
    bad_event: int | None = None
    not_in_audit: int | None = None
    audit_ok: bool | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong with what was checked."""
        events = self.bad_event is None and self.not_in_audit is None
        return self.report.ok and events and self.audit_ok is not False


class ClaimDesk:
    """Hands out claim files."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._door = DraftDoor(platform.parts)

    async def export(self, wanted: WantedClaim, acting: Principal) -> bytes:
        """The claim file of one draft; audited before anything is gathered.

        Raises:
            AccessError: for everybody but the quality and the compliance office.
            NotFoundError: ``no_such_draft``, ``record_erased``.
            InputError: ``claim_case_missing``.
        """
        require_plain(wanted.case, "case")
        case = wanted.case.strip()
        if not case or len(case) > LONGEST:
            raise InputError(
                "claim_case_missing",
                Bilingual("请填写案件或事由编号。", "State the number of the case or matter."),
                field="case",
            )
        draft = await self._door.admit(acting, wanted.draft, Action.EXPORT_CLAIM)
        act = act_on("claim.export", draft, ground=wanted.ground.value, case=case)
        async with audited(self._platform.audit, acting, act):
            files = await self._files(draft, acting)
            facts = self._facts(draft, wanted.ground, case, acting)
            return await asyncio.to_thread(pack, files, facts, self._platform.signer)

    async def _files(self, draft: DraftRecord, acting: Principal) -> dict[str, bytes]:
        platform = self._platform
        return {
            "README.txt": _README.encode(),
            **await claim_parts.of_draft(platform, draft),
            **await claim_parts.of_evidence(platform, draft),
            **await claim_parts.of_run(platform, draft),
            **await claim_parts.of_release(platform, draft),
            **await claim_parts.of_people(platform, draft, acting),
            **await claim_parts.of_incidents(platform, draft),
            **await claim_parts.of_audit(platform, draft),
            **await self._printed(draft),
        }

    async def _printed(self, draft: DraftRecord) -> dict[str, bytes]:
        """The document as it is printed; an output without one has none."""
        if draft.content["result"].get("document") is None:
            return {}
        versions = await self._platform.drafts.signed_versions(draft.id)
        signed = versions[-1] if versions else None
        current = signed if signed and signed.content_hash == draft.content_hash else None
        content = current.content if current is not None else draft.content
        language = Language(content["result"]["document"]["language"])
        site, zone = self._platform.settings.site, self._platform.settings.zone
        source = PrintedDocument(
            content=content,
            hospital=site.name_zh if language is Language.ZH else site.name_en,
            version=draft.version,
            content_hash=draft.content_hash,
            printed_at=self._platform.clock.now().astimezone(zone),
            signed=current,
        )
        return {"draft/as_shown.pdf": await asyncio.to_thread(render_pdf, source)}

    def _facts(
        self, draft: DraftRecord, ground: ClaimGround, case: str, acting: Principal
    ) -> dict[str, Any]:
        site = self._platform.settings.site
        return {
            "draft": draft.id,
            "app": draft.app,
            "release": draft.release,
            "content_hash": draft.content_hash,
            "trace": draft.trace,
            "ground": ground.value,
            "case": case,
            "purpose": acting.purpose.value,
            "made_by": acting.id,
            "made_at": self._platform.clock.now().isoformat(),
            "hospital": {"zh": site.name_zh, "en": site.name_en},
        }


def verify_claim(path: Path, known_key: str | None = None, audit: Path | None = None) -> ClaimCheck:
    """Whether a claim file is whole, its audit events are as they were written, and they stand in
    a chain.

    Args:
        known_key: id of the hospital's key, learnt on another way; without it the file only
            agrees with itself.
        audit: an export of the whole chain.

    Raises:
        InputError: ``not_a_claim_file``, ``not_an_audit_export``.
    """
    keys = _keys_in(path)
    trusted = keys if known_key is None else {i: k for i, k in keys.items() if i == known_key}
    report = check(path, lambda payload, signature, i: _is_by(trusted, payload, signature, i))
    if not report.ok:
        return ClaimCheck(report, known_key is not None)
    events = [json.loads(line) for line in read_file(path, _EXCERPT).splitlines()]
    bad = next((e["sequence"] for e in events if not _is_own(e)), None)
    if audit is None:
        return ClaimCheck(report, known_key is not None, bad)
    chain = verify_file(audit, trusted)
    absent = _absent(events, audit)
    return ClaimCheck(report, known_key is not None, bad, absent, chain.ok)


def _keys_in(path: Path) -> dict[str, bytes]:
    """The public keys that the file brings, each under the id that belongs to it."""
    try:
        raw = [bytes.fromhex(value) for value in json.loads(read_file(path, _KEYS)).values()]
    except (ValueError, AttributeError, TypeError):
        return {}
    return {key_id_of(key): key for key in raw}


def _is_by(keys: Mapping[str, bytes], payload: bytes, signature: bytes, key_id: str) -> bool:
    if key_id not in keys:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(keys[key_id]).verify(signature, payload)
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_own(data: Mapping[str, Any]) -> bool:
    """Whether an event has the hash of its own content."""
    try:
        event = event_from_json(data)
        own = chain_hash(event.sequence, event.at, event.entry, event.previous_hash)
    except (ValueError, KeyError, TypeError):
        return False
    return bool(own == event.hash)


def _absent(events: list[dict[str, Any]], audit: Path) -> int | None:
    """The first event that an export of the chain does not have under its number."""
    wanted = {event["sequence"]: event["hash"] for event in events}
    with audit.open(encoding="utf-8") as stream:
        for line in stream:
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if found.get("type") == "event" and wanted.get(found.get("sequence")) == found.get(
                "hash"
            ):
                del wanted[found["sequence"]]
    return min(wanted, default=None)
