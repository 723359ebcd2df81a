"""The device partition goes by what two people agreed on, and by nothing that was not signed."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from suwen.appkit.discover import discover
from suwen.bootstrap.device.rules import DeviceRules
from suwen.bootstrap.rules.hand_over import FILE, publish_rules
from suwen.bootstrap.rules.in_use import RulesInUse
from suwen.clinical.row_changes import ChangeKind
from suwen.core.identity import AppId
from tests.integration.rules.conftest import PRESCRIPTION_REVIEW, ROW, SECOND, Pharmacy, change


@dataclass
class Signer:
    """A key of the general partition, and the file of its public keys."""

    key_id: str = "general"
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    def sign(self, payload: bytes) -> bytes:
        return self.key.sign(payload)

    def verify(self, payload: bytes, signature: bytes, key_id: str) -> bool:
        self.key.public_key().verify(signature, payload)
        return key_id == self.key_id

    def publish(self, file: Path) -> None:
        public = b64encode(self.key.public_key().public_bytes_raw()).decode()
        file.write_text(json.dumps([{"key_id": self.key_id, "public_key": public}]))


@dataclass
class Device:
    """The device partition's side of a site in a folder."""

    home: Path
    in_use: RulesInUse
    rules: DeviceRules

    @property
    def off(self) -> bool:
        row = self.in_use.book().row(*ROW)
        return row is not None and not row.enabled


@pytest.fixture
def signer() -> Signer:
    return Signer()


def device(pharmacy: Pharmacy, home: Path, signer: Signer) -> Device:
    """A process of the device partition that begins now."""
    signer.publish(home / "keys.json")
    applications = {AppId(PRESCRIPTION_REVIEW): discover()[PRESCRIPTION_REVIEW]}
    in_use = RulesInUse(applications)
    rules = DeviceRules(
        home / "public", home / "device", home / "keys.json", in_use, pharmacy.site.clock
    )
    return Device(home, in_use, rules)


async def _switched_off(pharmacy: Pharmacy, home: Path, signer: Signer) -> None:
    (off,) = await pharmacy.propose(change(ChangeKind.DISABLE))
    await pharmacy.desk.decide(SECOND, off.number, agreed=True)
    await publish_rules(home, signer, pharmacy.rules)


async def test_what_was_agreed_is_taken_while_it_runs_and_survives_a_lost_file(
    pharmacy: Pharmacy, tmp_path: Path, signer: Signer
) -> None:
    running = device(pharmacy, tmp_path, signer)
    await running.rules.renew()
    assert not running.off
    await _switched_off(pharmacy, tmp_path, signer)
    await running.rules.renew()
    assert running.off
    (tmp_path / "public" / FILE).unlink()
    await running.rules.renew()
    again = device(pharmacy, tmp_path, signer)
    await again.rules.renew()
    assert running.off and again.off


async def test_a_file_that_is_changed_or_by_another_key_is_not_taken(
    pharmacy: Pharmacy, tmp_path: Path, signer: Signer
) -> None:
    await _switched_off(pharmacy, tmp_path, signer)
    file = tmp_path / "public" / FILE
    for content in (
        file.read_bytes().replace(b"disable", b"confirm"),
        b"{}",
        b"not json",
        file.read_bytes()[:-40],
    ):
        kept = file.read_bytes()
        file.write_bytes(content)
        running = device(pharmacy, tmp_path, signer)
        await running.rules.renew()
        assert not running.off, content[:20]
        file.write_bytes(kept)
    await publish_rules(tmp_path, Signer(), pharmacy.rules)
    stranger = device(pharmacy, tmp_path, signer)
    await stranger.rules.renew()
    assert not stranger.off


async def test_an_older_file_takes_nothing_back(
    pharmacy: Pharmacy, tmp_path: Path, signer: Signer
) -> None:
    file = tmp_path / "public" / FILE
    await _switched_off(pharmacy, tmp_path, signer)
    older = file.read_bytes()
    (more,) = await pharmacy.propose(
        change(ChangeKind.OVERRIDE, "renal", "REN-metformin-45", severity="major")
    )
    await publish_rules(tmp_path, signer, pharmacy.rules)
    running = device(pharmacy, tmp_path, signer)
    await running.rules.renew()
    file.write_bytes(older)
    os.utime(file, ns=(1, 1))
    await running.rules.renew()
    row = running.in_use.book().row("renal", "REN-metformin-45")
    assert more.version == 2 and row is not None and row.text("severity") == "major"
