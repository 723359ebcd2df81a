"""A site whose keys change while it works, in processes that are killed.

Reads orders ``window nth`` from standard input, one a line. For each, a fresh process writes
records, drafts, images and numbers, notes what was stored in a file, gives everything new keys
meanwhile, and dies by SIGKILL the nth time that it passes the fault point ``window`` (``-`` for
none). Answers with the signal that ended it, 0 for none.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from suwen.core import faults
from suwen.core.identity import PatientId
from suwen.core.patient_numbers import numbered_patient
from suwen.storage.data_keys import Algorithm
from suwen.storage.database import Database
from suwen.storage.drafts import DraftStore
from suwen.storage.imaging import ImagingStore, StoredInstance
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.imaging_resealing import ImageResealing
from suwen.storage.key_rotation import PatientKeys
from suwen.storage.keyring import KeyRing, Module
from suwen.storage.record_import import IMPORTED, StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.resealing import Resealing
from suwen.storage.vault import Vault
from tests.integration.storage.test_drafts import draft, sign

PATIENTS = 5
WRITERS = 2
BEFORE = 1
"""How much each writer stores before keys begin to change."""


def patient(name: str) -> StoredResource:
    """A patient whose number and name can be asked for."""
    body = {
        "resourceType": "Patient",
        "id": name,
        "name": [{"text": f"姓名{name}"}],
        "birthDate": "1960-01-02",
        "identifier": [{"system": "urn:mr", "value": f"N{name}"}],
    }
    numbered = numbered_patient(body, {"urn:mr": "mrn"}, "his")
    return StoredResource(
        "Patient", name, name, None, None, None, IMPORTED, body, numbered=numbered
    )


def note(name: str, owner: str) -> StoredResource:
    """A resource that says its own name."""
    body = {"resourceType": "Condition", "id": name, "note": [{"text": name}]}
    return StoredResource("Condition", name, owner, None, None, None, IMPORTED, body)


def content_of(name: str) -> bytes:
    """What the file of an object holds."""
    return f"pixels of {name}".encode()


def image(name: str) -> StoredInstance:
    """An object of DICOM that says its own name; studies are shared by several."""
    return StoredInstance(
        sop_instance_uid=f"2.25.{name.replace('-', '.')}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        study_uid=f"1.2.{name.split('-')[-1]}",
        series_uid="1.2.3",
        patient_number=name,
        patient_issuer=None,
        header={"modality": "CT", "said": name},
        digest=sha256(content_of(name)).hexdigest(),
        size=len(content_of(name)),
        connection="pacs",
        synthetic=False,
        received_at=datetime(2026, 1, 2, tzinfo=UTC),
    )


async def _write(
    stores: tuple[Database, ImagingFiles],
    noted: Path,
    writer: int,
    begun: asyncio.Event,
    ended: asyncio.Event,
) -> None:
    database, files = stores
    records, drafts, images = RecordStore(database), DraftStore(database), ImagingStore(database)
    number = 0
    while not ended.is_set():
        name, owner = f"{os.getpid()}-{writer}-{number}", f"p{number % PATIENTS}"
        await records.import_unit([patient(owner), note(name, owner)])
        made = replace(draft(name), patient=PatientId(owner))
        await drafts.create(made)
        await sign(drafts, made, comment=name)
        keys = await images.study_keys(image(name).study_uid)
        files.put(content_of(name), keys)
        await images.put(image(name), keys=keys)
        with noted.open("a") as file:
            file.write(f"{name} {owner}\n")
        number += 1
        if number == BEFORE:
            begun.set()


async def _rotate(database: Database, ring: KeyRing, files: ImagingFiles) -> None:
    if database.vault is None:
        raise AssertionError("it was opened with one")
    other = {Algorithm.AES_256_GCM: Algorithm.SM4_GCM, Algorithm.SM4_GCM: Algorithm.AES_256_GCM}
    algorithm = other[ring.opened().state.algorithm]
    keys = PatientKeys(database, database.vault)
    await asyncio.to_thread(ring.rotate_modules, [Module.PATIENTS, Module.RECORDS], algorithm)
    await asyncio.to_thread(ring.rotate_master)
    await keys.wrap_anew()
    await keys.renew(datetime.now(UTC))
    await Resealing(database, records=True).all()
    work = ImageResealing(database, files)
    while await work.some():
        pass


async def _work(url: str, home: Path, noted: Path) -> None:
    ring = KeyRing(home)
    files = ImagingFiles(home, imaging_cipher(home))
    files.prepare(0)
    database, ended = Database(url, pool_size=WRITERS + 2, vault=Vault(ring)), asyncio.Event()
    begun = [asyncio.Event() for _ in range(WRITERS)]
    writers = [
        asyncio.create_task(_write((database, files), noted, number, one, ended))
        for number, one in enumerate(begun)
    ]
    for one in begun:
        await one.wait()
    await _rotate(database, ring, files)
    ended.set()
    await asyncio.gather(*writers)
    await database.close()


def _arm(window: str, nth: int) -> None:
    passed = 0

    def strike(name: str) -> None:
        nonlocal passed
        passed += name == window
        if name == window and passed == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    faults.arm(strike)


def main(url: str, home: Path, noted: Path) -> None:
    """Serves orders until standard input ends."""
    for line in sys.stdin:
        window, nth = line.split()
        child = os.fork()
        if child == 0:
            _arm(window, int(nth))
            asyncio.run(_work(url, home, noted))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)
        sys.stdout.write(f"{ended}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(os.environ["ROTATION_URL"], Path(sys.argv[1]), Path(sys.argv[2]))
