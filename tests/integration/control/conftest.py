"""A site with accounts and desks over a real database."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suwen.control.access.authentication import (
    Authenticator,
    Proof,
    SignInRules,
    token_hash,
)
from suwen.control.gateway.run_types import RunOptions
from suwen.control.gateway.sign_off import SignOffDesk
from suwen.control.gateway.sign_off_types import SignRequest
from suwen.core.draft import DraftRecord
from suwen.core.identity import Channel, DraftId, Principal, Role
from suwen.storage.database import Database
from tests.support.applications import NOTE_WRITER, Site, build_site, staff

PASSWORD = "correct horse 42"
STAFF = {
    "dr.lin": (Role.PHYSICIAN, ["cardiology"]),
    "dr.zhou": (Role.PHYSICIAN, ["cardiology"]),
    "chief.he": (Role.CHIEF_PHYSICIAN, ["cardiology"]),
    "n.qian": (Role.NURSE, ["cardiology"]),
    "dr.wu": (Role.PHYSICIAN, ["surgery"]),
    "q.tang": (Role.QUALITY_OFFICER, []),
    "it.sun": (Role.SYSTEM_ADMINISTRATOR, []),
}

Build = Callable[..., Awaitable[Site]]


class TestSigner:
    """An Ed25519 key in memory."""

    __test__ = False
    key_id = "test-key"

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def sign(self, payload: bytes) -> bytes:
        return self._key.sign(payload)

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        try:
            self._key.public_key().verify(signature, payload)
        except InvalidSignature:
            return False
        return key_id == self.key_id


@dataclasses.dataclass
class Ward:
    """A site whose staff are signed in."""

    site: Site
    desk: SignOffDesk
    authenticator: Authenticator
    signer: TestSigner
    principals: dict[str, Principal]
    tokens: dict[str, str]

    async def draft(self, account: str = "dr.lin", **request: Any) -> DraftRecord:
        """A draft about the patient of cardiology."""
        result = await self.site.gateway.run(
            self.principals[account],
            NOTE_WRITER,
            {"patient_id": "p1", **request},
            RunOptions(store=True),
        )
        return await self.site.parts.drafts.read(result.draft_id or DraftId(""))

    def signing(self, draft: DraftRecord, account: str = "dr.lin", **changes: Any) -> SignRequest:
        """The request of somebody who was shown this very draft."""
        values: dict[str, Any] = {
            "draft": draft.id,
            "version": draft.version,
            "content_hash": draft.content_hash,
            "proof": Proof(token=self.tokens[account]),
        }
        return SignRequest(**{**values, **changes})


@pytest.fixture
def build(database: Database, tmp_path: Path) -> Build:
    async def built(**changes: Any) -> Site:
        return await build_site(database, tmp_path, **changes)

    return built


@pytest.fixture
async def site(build: Build) -> Site:
    return await build()


@pytest.fixture
def open_ward(build: Build) -> Callable[..., Awaitable[Ward]]:
    async def opened(**changes: Any) -> Ward:
        site = await build(**changes)
        authenticator = Authenticator(
            site.people, site.audit, site.clock, SignInRules(demonstration_allowed=False)
        )
        hashed = await authenticator.hash_of_password("somebody", PASSWORD)
        principals, tokens = {}, {}
        for account, (role, departments) in STAFF.items():
            member = staff(account, role, departments=departments)
            await site.people.add(member, hashed)
            token = tokens[account] = f"token of {account}"
            expires_at = site.clock.now() + timedelta(hours=12)
            await site.people.create_session(
                token_hash(token), member.id, Channel.WEB, expires_at, site.clock.now()
            )
            principals[account] = await authenticator.principal_of(token, Channel.WEB)
        signer = TestSigner()
        desk = SignOffDesk(site.parts, authenticator, lambda _person: signer)
        return Ward(site, desk, authenticator, signer, principals, tokens)

    return opened


@pytest.fixture
async def ward(open_ward: Callable[..., Awaitable[Ward]]) -> Ward:
    return await open_ward()
