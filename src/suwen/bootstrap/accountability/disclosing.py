"""Facts sheets: composed, proposed by one person, published by another, withdrawn; all kept.

What is published is frozen: its text is signed by the platform's key, and its PDF in both
languages by the certificate. Pages for patients and the public show nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from suwen.bootstrap.accountability.answering import Answers
from suwen.bootstrap.accountability.certificate import CertificateFacts, DisclosureCertificate
from suwen.bootstrap.accountability.sheet_facts import gather
from suwen.bootstrap.audited import act_of, audited
from suwen.control.access.decision import Action, InstallationTarget
from suwen.control.governance.disclosure.facts import facts_of
from suwen.control.governance.disclosure.sheet import (
    Readers,
    SheetHead,
    sheet_json,
    sheet_text,
)
from suwen.core.errors import ConflictError, InputError
from suwen.core.identity import AppId, Principal
from suwen.core.language import Bilingual, Language
from suwen.integration.exports.pdf_signature import SigningPair, sign_pdf
from suwen.integration.exports.sheet_pdf import PrintedSheet, render_sheet
from suwen.storage.disclosures import (
    Disclosed,
    DisclosureStore,
    Publication,
    unknown_disclosure,
)

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform

FOR_EVERYBODY: Final = (Readers.PATIENT, Readers.PUBLIC)
"""Readers whose sheets are shown without sign-in, once they are published."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A version of a sheet with its text.

    Attributes:
        text: exactly as it was hashed and signed; ``content`` is the same, read.
    """

    disclosed: Disclosed
    text: str = field(repr=False)

    @property
    def content(self) -> dict[str, Any]:
        """The sheet itself."""
        content: dict[str, Any] = json.loads(self.text)
        return content


class DisclosureDesk:
    """Facts sheets of every system on the register."""

    def __init__(self, platform: Platform, store: DisclosureStore, answers: Answers) -> None:
        self._platform = platform
        self._store = store
        self._answers = answers
        site = platform.settings.site
        self._hospital = Bilingual(site.name_zh, site.name_en)
        self._certificate = DisclosureCertificate(platform.settings.home, site.name_zh)

    async def preview(self, system: str, readers: Readers, acting: Principal) -> dict[str, Any]:
        """A sheet as it would be proposed now; nothing is kept.

        Raises:
            AccessError: for whoever may not propose sheets.
            NotFoundError: ``no_such_system``.
        """
        self._require(acting, Action.PROPOSE_DISCLOSURE)
        row = (await self._platform.register.read(system, acting)).row
        inputs = await gather(self._platform, self._answers, row, acting)
        title = row.texts.get("title", Bilingual(system, system))
        day = self._now().astimezone(self._platform.settings.zone).date().isoformat()
        head = SheetHead(system, title, self._hospital, day, inputs.release)
        return sheet_json(head, facts_of(inputs), readers)

    async def propose(self, system: str, readers: Readers, acting: Principal) -> Disclosed:
        """Keeps a sheet as it is now, for another person to publish.

        Raises:
            AccessError, NotFoundError: as ``preview``.
        """
        sheet = await self.preview(system, readers, acting)
        text = sheet_text(sheet)
        digest = digest_of(text)
        act = act_of(
            acting,
            "disclosure.propose",
            subject=f"system/{system}",
            readers=readers.value,
            sheet=digest,
            missing=len(sheet["missing"]),
        )
        async with audited(self._platform.audit, act):
            return await self._store.propose(
                AppId(system), readers.value, text, digest, acting.id, self._now()
            )

    async def decide(self, wanted: Disclosed, acting: Principal, *, publish: bool) -> None:
        """Publishes a proposed sheet, or turns it down.

        Raises:
            AccessError: for everybody but the compliance office.
            ConflictError: ``disclosure_by_another`` for who proposed it; ``disclosure_decided``.
            ConfigurationError: ``certificate_unusable``.
        """
        self._require(acting, Action.PUBLISH_DISCLOSURE)
        if wanted.proposed_by == acting.id:
            raise ConflictError(
                "disclosure_by_another",
                Bilingual(
                    "说明书须由提出者以外的另一人发布。",
                    "A sheet is published by another person than the one who proposed it.",
                ),
            )
        act = act_of(
            acting,
            "disclosure.publish" if publish else "disclosure.turn_down",
            subject=f"system/{wanted.app}",
            readers=wanted.audience,
            number=wanted.number,
            sheet=wanted.sheet_hash,
        )
        async with audited(self._platform.audit, act):
            publication = await self._publication(wanted) if publish else None
            await self._store.decide(wanted, acting.id, self._now(), publication)

    async def withdraw(self, wanted: Disclosed, acting: Principal) -> None:
        """Takes a published sheet away; it stays in the list as withdrawn.

        Raises:
            AccessError: for everybody but the compliance office.
            ConflictError: ``disclosure_not_standing``.
        """
        self._require(acting, Action.PUBLISH_DISCLOSURE)
        act = act_of(
            acting,
            "disclosure.withdraw",
            subject=f"system/{wanted.app}",
            readers=wanted.audience,
            number=wanted.number,
        )
        async with audited(self._platform.audit, act):
            if not await self._store.withdraw(wanted, acting.id, self._now()):
                raise ConflictError(
                    "disclosure_not_standing",
                    Bilingual("该说明书未在发布中。", "This sheet is not published now."),
                )

    async def versions(self, acting: Principal) -> Sequence[Disclosed]:
        """Every version, for whoever may see Releases.

        Raises:
            AccessError: ``not_permitted``.
        """
        self._require(acting, Action.READ_RELEASES)
        return await self._store.all()

    async def open(self, system: str, readers: str, number: int, acting: Principal) -> Sheet:
        """Any version, for whoever may see Releases.

        Raises:
            AccessError: ``not_permitted``.
            NotFoundError: ``no_such_disclosure``.
        """
        self._require(acting, Action.READ_RELEASES)
        found = await self._store.read(AppId(system), readers, number)
        return Sheet(found, await self._store.sheet(found))

    async def published(self) -> Sequence[Disclosed]:
        """What anybody may read: for patients and the public, published and not withdrawn."""
        newest: dict[tuple[AppId, str], Disclosed] = {}
        for one in await self._store.all():
            if one.stands and one.audience in FOR_EVERYBODY:
                newest.setdefault((one.app, one.audience), one)
        return list(newest.values())

    async def published_sheet(self, system: str, readers: str) -> Sheet:
        """The sheet that stands for anybody to read.

        Raises:
            NotFoundError: ``no_such_disclosure``.
        """
        found = None
        if readers in FOR_EVERYBODY:
            found = await self._store.newest(AppId(system), readers)
        if found is None:
            raise unknown_disclosure()
        return Sheet(found, await self._store.sheet(found))

    async def pdf(self, wanted: Disclosed, language: Language) -> bytes:
        """The signed PDF of a published sheet.

        Raises:
            NotFoundError: ``no_such_disclosure`` where it was never published.
        """
        found = await self._store.pdf(wanted, language.value)
        if found is None:
            raise unknown_disclosure()
        return found

    async def certificate(self, acting: Principal) -> CertificateFacts:
        """The certificate that signs now.

        Raises:
            AccessError: for whoever may not see Releases.
        """
        self._require(acting, Action.READ_RELEASES)
        return await asyncio.to_thread(self._certificate.facts)

    async def take_certificate(
        self, certificate: bytes, key: bytes, passphrase: bytes | None, acting: Principal
    ) -> CertificateFacts:
        """Takes the hospital's own certificate and key into use.

        Raises:
            AccessError: for whoever may not manage keys.
            InputError: ``certificate_wrong``.
        """
        self._require(acting, Action.MANAGE_KEYS)
        digest = hashlib.sha256(certificate).hexdigest()
        act = act_of(acting, "disclosure.certificate", subject="Certificate", file=digest)
        async with audited(self._platform.audit, act):
            return await asyncio.to_thread(self._certificate.replace, certificate, key, passphrase)

    async def _publication(self, wanted: Disclosed) -> Publication:
        text = await self._store.sheet(wanted)
        if digest_of(text) != wanted.sheet_hash:
            raise InputError(
                "disclosure_damaged",
                Bilingual("说明书内容与其校验值不符。", "The sheet does not match its hash."),
            )
        signer = self._platform.signer
        key_id = signer.key_id
        signature = base64.b64encode(signer.sign(text.encode())).decode()
        pair = await asyncio.to_thread(self._certificate.pair)
        printed = {
            language: await asyncio.to_thread(
                self._signed,
                PrintedSheet(
                    sheet=json.loads(text),
                    number=wanted.number,
                    digest=wanted.sheet_hash,
                    key_id=key_id,
                    made_at=self._now(),
                    language=language,
                ),
                pair,
            )
            for language in Language
        }
        return Publication(signature, key_id, printed[Language.ZH], printed[Language.EN])

    def _signed(self, source: PrintedSheet, pair: SigningPair) -> bytes:
        reason = f"AI facts sheet {source.sheet['app']}/{source.sheet['readers']}/{source.number}"
        return sign_pdf(render_sheet(source), pair, reason, self._hospital.en)

    def _require(self, acting: Principal, action: Action) -> None:
        self._platform.access.require(acting, action, InstallationTarget())

    def _now(self) -> datetime:
        return self._platform.clock.now()


def digest_of(text: str) -> str:
    """SHA-256 of a sheet's text."""
    return hashlib.sha256(text.encode()).hexdigest()
