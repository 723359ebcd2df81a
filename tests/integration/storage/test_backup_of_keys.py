"""A backup that is made while keys change holds the keys of the rows that it holds."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from suwen.core import faults
from suwen.storage import backup
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.key_rotation import PatientKeys
from suwen.storage.keyring import KeyRing, Module
from suwen.storage.resealing import Resealing
from suwen.storage.urls import DatabaseUrls
from suwen.storage.vault import Vault
from tests.integration.storage.test_drafts import draft

PASSPHRASE = "a long passphrase"


@pytest.fixture(autouse=True)
def _disarmed() -> Iterator[None]:
    yield
    faults.arm(lambda _: None)


async def _rotate(url: str, home: Path) -> None:
    ring = KeyRing(home)
    former = ring.opened()
    database = Database(url, pool_size=1, vault=Vault(ring))
    ring.rotate_modules([Module.PATIENTS, Module.RECORDS], None)
    assert database.vault is not None
    await PatientKeys(database, database.vault).wrap_anew()
    await Resealing(database, records=True).all()
    ring.retire([former.current(one).id for one in (Module.PATIENTS, Module.RECORDS)])
    await database.close()


@pytest.mark.parametrize("held", [True, False])
async def test_keys_and_rows_are_of_one_moment(
    fresh_database_urls: DatabaseUrls,
    state_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    held: bool,
) -> None:
    home, file = state_folder / "home", state_folder / "backup"
    KeyRing(home / "device")
    database = Database(fresh_database_urls.general, pool_size=1, vault=Vault(KeyRing(home)))
    await DraftStore(database).create(draft())
    await database.close()
    work = threading.Thread(
        target=lambda: asyncio.run(_rotate(fresh_database_urls.general, home)), daemon=True
    )

    def strike(name: str) -> None:
        if name == "backup.snapshots_taken":
            work.start()
            work.join(0.3 if held else 30)

    faults.arm(strike)
    if not held:
        monkeypatch.setattr(backup, "ring_held", nullcontext)
    await asyncio.to_thread(backup.create, fresh_database_urls, home, file, PASSPHRASE)
    work.join(30)
    assert not work.is_alive()
    assert (_named_by_rows(file) <= _kept(file)) is held
    # The rotation itself came to its end either way.
    again = Database(fresh_database_urls.general, pool_size=1, vault=Vault(KeyRing(home)))
    assert (await DraftStore(again).read(draft().id)).content == draft().content
    await again.close()


def _kept(file: Path) -> set[str]:
    with backup._opened(file, PASSPHRASE) as members:
        for name, content in members:
            if name == "files/secrets/keyring.json":
                return {key["id"] for key in json.loads(content)["keys"]}
    raise AssertionError("the backup holds no ring")


def _named_by_rows(file: Path) -> set[str]:
    """Ids of the keys that wrap the patients' keys, as rows of the backup name them."""
    with backup._opened(file, PASSPHRASE) as members:
        rows = b"".join(
            content for name, content in members if name.startswith("tables/general/data_key/")
        )
    wrapped = [row.split(b"\t")[3].removeprefix(b"\\\\x") for row in rows.splitlines()]
    assert wrapped
    return {bytes.fromhex(one.decode())[1:9].hex() for one in wrapped}
