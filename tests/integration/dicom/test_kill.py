"""``kill -9`` of the door and of the database among objects: what was acknowledged is there."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from suwen.core.errors import SuwenError
from suwen.integration.dicom.header import read_header
from suwen.integration.dicom.network import PeerAddress
from suwen.integration.dicom.peer import DicomPeer, outgoing
from suwen.storage.cluster import Cluster
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging import ImagingStore, StudyState
from suwen.storage.imaging_files import ImagingFiles
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore
from suwen.storage.server_account import server_account
from tests.integration.dicom.conftest import READING
from tests.support.database import new_state_folder
from tests.support.dicom_objects import ct_object, uid
from tests.support.dicom_process import MRN
from tests.support.peers.dcmtk import free_port, wait_for_port
from tests.support.prepared_homes import PreparedHomes

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
    # The library leaves the socket of a refused connection to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
POINTS = (
    "dicom.after_file",
    "dicom.before_commit",
    "dicom.after_commit",
    "dicom.before_mapped",
    "dicom.after_mapped",
)
STUDIES = 6


@dataclass
class Door:
    """A database and a door, each of which can be killed, and a sender that does not give up."""

    server: EmbeddedPostgres
    home: Path
    url: str
    port: int
    faults: Path
    process: subprocess.Popen[bytes] | None = None
    acknowledged: dict[str, bytes] = field(default_factory=dict)
    number: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.dicom_process"),
                *(self.url, str(self.home), str(self.port)),
            ],
            env={**os.environ, "SUWEN_FAULT_FOLDER": str(self.faults)},
            stderr=subprocess.DEVNULL,
        )
        wait_for_port(self.port, 30)

    def strike(self, point: str) -> None:
        """The door dies at a point, and is started again."""
        (self.faults / point).touch()
        assert self.process is not None
        self.process.wait(60)
        assert self.process.returncode == -signal.SIGKILL, point
        self.start()

    def kill_database(self) -> None:
        postmaster = Cluster(self.home / "postgres", server_account()).postmaster()
        assert postmaster is not None
        postmaster.kill()
        postmaster.wait(10)
        self.server.restart_if_dead()

    def send(self) -> None:
        """Sends object after object, each until it is acknowledged."""
        peer = DicomPeer(PeerAddress("127.0.0.1", self.port, "SUWEN", "CT1", timeout_s=10))
        while not self.stopped.is_set():
            self.number += 1
            content = ct_object(self.number, study=41 + self.number % STUDIES)
            one = outgoing(read_header(content, READING), content)
            while not self.stopped.is_set():
                with suppress(SuwenError):
                    [sent] = asyncio.run(peer.store([one]))
                    if sent.taken:
                        self.acknowledged[one.sop_instance_uid] = content
                        break
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)


@pytest.fixture
def door(prepared_homes: PreparedHomes) -> Iterator[Door]:
    with new_state_folder() as folder:
        home, faults = folder / "home", folder / "faults"
        faults.mkdir()
        prepared_homes.with_tables(home)
        server = EmbeddedPostgres(home)
        with server as urls:
            made = Door(server, home, urls.general, free_port(), faults)
            yield made
            made.stop()


@pytest.fixture
def kills_each() -> int:
    """How often at each point; the soak run has more."""
    return 1


async def test_what_was_acknowledged_is_never_lost(door: Door, kills_each: int) -> None:
    await _add_patient(door)
    door.start()
    sender = threading.Thread(target=door.send, name="sender")
    sender.start()
    try:
        await asyncio.to_thread(_kill_among_them, door, kills_each)
    finally:
        await asyncio.sleep(1.0)
        door.stopped.set()
        await asyncio.to_thread(sender.join, 30)
    assert len(door.acknowledged) > kills_each * 3
    await _check(door)


def _kill_among_them(door: Door, each: int) -> None:
    for _ in range(each):
        for point in POINTS:
            door.strike(point)
        door.kill_database()
        time.sleep(0.5)


async def _add_patient(door: Door) -> None:
    database = Database(door.url)
    body = {
        "resourceType": "Patient",
        "id": "wang",
        "identifier": [{"system": MRN, "value": "P0000001"}],
        "birthDate": "1960-02-03",
        "gender": "male",
    }
    await RecordStore(database).import_unit(
        [StoredResource("Patient", "wang", "wang", None, None, None, "imported", body)]
    )
    await database.close()


async def _check(door: Door) -> None:
    """Each acknowledged object has its row and its file, and its study says how many there are."""
    database = Database(door.url)
    store = ImagingStore(database)
    files = ImagingFiles(door.home, field_cipher(door.home))
    known = await store.known(list(door.acknowledged))
    assert set(known) == set(door.acknowledged)
    for identity, content in door.acknowledged.items():
        keys = await store.study_keys(known[identity].study_uid)
        kept = read_header(files.read(known[identity].digest, keys), READING)
        assert kept == read_header(content, READING)
    deadline = time.monotonic() + 40
    while await store.unmapped(
        "pacs", quiet_since=datetime.now(UTC), begun_before=datetime.now(UTC), limit=9
    ):
        assert time.monotonic() < deadline, "not all studies were mapped"
        await asyncio.sleep(0.3)
    for number in range(41, 41 + STUDIES):
        study = await store.study(uid(number))
        instances = await store.of_study(uid(number))
        if not instances:
            continue
        assert study is not None and study.state is StudyState.LINKED and study.resource
        body = await RecordStore(database).read_resource("ImagingStudy", study.resource)
        assert body is not None and body["numberOfInstances"] == len(instances)
    await database.close()
