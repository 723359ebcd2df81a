"""Killed while keys change under load: nothing that was stored is lost, all of it is readable, and
the next rotation comes to its end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from suwen.core.identity import DraftId
from suwen.storage.data_keys import method_of, named_key
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.imaging_resealing import ImageResealing
from suwen.storage.key_rotation import PatientKeys
from suwen.storage.keyring import KeyRing
from suwen.storage.records import RecordStore
from suwen.storage.resealing import Resealing
from suwen.storage.urls import DatabaseUrls
from suwen.storage.vault import Vault
from tests.support.database import connect
from tests.support.rotation_process import content_of, image

WINDOWS = (
    ("keys.ring_made", 1),
    ("keys.master_made", 1),
    ("keys.ring_replaced", 1),
    ("keys.some_wrapped", 1),
    ("keys.some_renewed", 1),
    ("keys.before_resealed", 1),
    ("keys.before_resealed", 4),
    ("keys.image_resealed", 1),
)


class Site:
    """The process that forks one that works for each order."""

    def __init__(self, url: str, home: Path, noted: Path) -> None:
        noted.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.rotation_process", str(home), str(noted)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "ROTATION_URL": url},
        )

    def run(self, window: str, nth: int) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{window} {nth}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def stop(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.mark.parametrize(
    "rounds", [1, pytest.param(20, marks=(pytest.mark.soak, pytest.mark.timeout(1200)))]
)
def test_a_kill_in_each_window_of_a_rotation(
    own_database_urls: DatabaseUrls, state_folder: Path, rounds: int
) -> None:
    noted, home = state_folder / "noted", state_folder / "home"
    site = Site(own_database_urls.general, home, noted)
    try:
        for number in range(rounds):
            for window, nth in WINDOWS[min(number, 1) :]:
                assert site.run(window, nth) == signal.SIGKILL, window
                _everything_is_readable(own_database_urls, home, noted)
        assert site.run("-", 0) == 0
    finally:
        site.stop()
    _everything_is_readable(own_database_urls, home, noted, at_rest=True)


def _everything_is_readable(
    urls: DatabaseUrls, home: Path, noted: Path, *, at_rest: bool = False
) -> None:
    found = [(name, owner) for name, owner in map(str.split, noted.read_text().splitlines())]
    asyncio.run(_read(urls, home, found, at_rest=at_rest))
    _no_row_is_in_the_clear(urls)


async def _read(
    urls: DatabaseUrls, home: Path, found: list[tuple[str, str]], *, at_rest: bool
) -> None:
    ring = KeyRing(home)
    database = Database(urls.general, pool_size=2, vault=Vault(ring))
    records, drafts, images = RecordStore(database), DraftStore(database), ImagingStore(database)
    files = ImagingFiles(home, imaging_cipher(home))
    there = {
        one["id"]
        for owner in {owner for _, owner in found}
        for one in await records.read_patient(owner)
    }
    assert {name for name, _ in found} <= there
    for name, owner in found:
        assert (await drafts.read(DraftId(name))).patient == owner
        [signed] = await drafts.signed_versions(DraftId(name))
        assert [
            one.comment for one in (*signed.sign_offs, *await drafts.sign_offs(signed.draft))
        ] == [
            name,
            name,
        ]
        kept = await images.instance(image(name).sop_instance_uid)
        assert kept == image(name)
        assert files.read(kept.digest, await images.study_keys(kept.study_uid)) == content_of(name)
        assert [row.id for row in await records.list_patients(query=f"N{owner}")] == [owner]
    if at_rest:
        assert database.vault is not None
        work, keys = Resealing(database, records=True), PatientKeys(database, database.vault)
        await keys.wrap_anew()
        await work.all()
        assert sum((await work.waiting()).values()) == 0
        of_images = ImageResealing(database, files)
        while await of_images.some():
            pass
        for name, _ in found:
            of_study = await images.study_keys(image(name).study_uid)
            assert of_study is not None
            sealed = files.path(image(name).digest).read_bytes()
            assert sealed[:1] == method_of(of_study.algorithm)
            assert named_key(sealed) == of_study.current.id
        assert (await keys.counts()).behind == 0
    await database.close()


def _no_row_is_in_the_clear(urls: DatabaseUrls) -> None:
    """No row of a sealed table is in the clear, wherever the rotation was cut off."""
    with connect(urls.migration) as owner:
        for table, column in (
            ("resource", "body"),
            ("draft_version", "content"),
            ("signed_record", "content"),
            ("sign_off", "comment"),
            ("dicom_instance", "sealed"),
            ("patient_number", "sealed"),
            ("patient", "sealed"),
        ):
            query = f"SELECT count(*) FROM {table} WHERE coalesce({column}, '') NOT LIKE '~%'"
            assert owner.execute(query).fetchone() == (0,), table
