"""C-STORE into our door against Orthanc, and Orthanc's DICOMweb asked by our client and its peer.

Our door runs in a process of its own on the embedded PostgreSQL with fsync: each object is
acknowledged when its sealed file and its row are durable. Orthanc does as it does by default. The
sender is dcmtk's ``storescu``, the same for both, round by round in turn. DICOMweb: our client and
``dicomweb-client`` store and fetch the same study at the same Orthanc, in turn.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

OBJECTS = 200
ROUNDS = 3
ROWS_OF_IMAGE = 256
AIM = 90.0


def main() -> None:
    """Measures and prints one JSON object."""
    warnings.simplefilter("ignore")
    from tests.support.peers.dcmtk import free_port, wait_for_port
    from tests.support.peers.orthanc import orthanc

    from suwen.storage.embedded import EmbeddedPostgres
    from suwen.storage.migrate import migrate

    with tempfile.TemporaryDirectory(prefix="suwen-bench-dicom-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        home, port = folder / "home", free_port()
        server = EmbeddedPostgres(home)
        with server as urls, orthanc() as pacs:
            migrate(urls)
            command = [sys.executable, "-m", "tests.support.dicom_process"]
            door = subprocess.Popen([*command, urls.general, str(home), str(port)], cwd=REPOSITORY)
            try:
                wait_for_port(port, 60)
                ours, theirs = _stored(folder, port, pacs.dicom_port)
            finally:
                door.kill()
                door.wait(10)
            web = asyncio.run(_web(pacs.web))
    rows = [
        _row("C-STORE, 1 association, durable", "objects/s", ours, theirs, ">= 90 objects/s"),
        _row("DICOMweb STOW-RS at Orthanc", "objects/s", web["store"], web["peer_store"], None),
        _row("DICOMweb WADO-RS at Orthanc", "objects/s", web["fetch"], web["peer_fetch"], None),
        _row("DICOMweb QIDO-RS at Orthanc", "searches/s", web["find"], web["peer_find"], None),
    ]
    measured = (
        f"{OBJECTS} CT images of {ROWS_OF_IMAGE} x {ROWS_OF_IMAGE}, median of {ROUNDS} rounds; "
        f"at least {AIM:.0f}/s wanted"
    )
    print(json.dumps({"bench": "dicom_store", "measured": measured, "rows": rows}))


def _row(name: str, unit: str, value: float, peer: float, aim: str | None) -> dict[str, object]:
    return {
        "name": name,
        "value": value,
        "unit": unit,
        "peer": "Orthanc" if "C-STORE" in name else "dicomweb-client",
        "peer_value": peer,
        "ratio": value / peer,
        "aim": aim,
    }


def _stored(folder: Path, port: int, peer_port: int) -> tuple[float, float]:
    """Objects a second into our door and into Orthanc, by storescu over one association."""
    ours, theirs = [], []
    for turn in range(ROUNDS):
        files = folder / f"round{turn}"
        files.mkdir()
        for number, content in enumerate(_study(100 + turn)):
            (files / f"{number:04d}.dcm").write_bytes(content)
        ours.append(OBJECTS / _sent(port, "SUWEN", files))
        theirs.append(OBJECTS / _sent(peer_port, "ORTHANC", files))
    return statistics.median(ours), statistics.median(theirs)


def _sent(port: int, called: str, files: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        ["storescu", "-v", "+sd", "-aec", called, "127.0.0.1", str(port), str(files)],
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, "TCP_NODELAY": "1"},
        check=False,
        timeout=300,
    )
    took = time.perf_counter() - began
    told = done.stdout + done.stderr
    if told.count("(Success)") != OBJECTS:
        raise RuntimeError(f"not all were stored: {told[-500:]}")
    return took


def _study(study: int) -> list[bytes]:
    from tests.support.dicom_objects import ct_object

    return [ct_object(n, study=study, rows=ROWS_OF_IMAGE) for n in range(1, OBJECTS + 1)]


async def _web(url: str) -> dict[str, float]:
    """Objects and searches a second of both clients at the same server."""
    from dicomweb_client.api import DICOMwebClient
    from pydicom import dcmread
    from tests.support.dicom_objects import uid

    from suwen.integration.dicom.header import Reading, read_header
    from suwen.integration.dicom.peer import outgoing
    from suwen.integration.dicom.queries import StudyQuery
    from suwen.integration.dicom.web_peer import DicomWebPeer, WebAddress

    reading = Reading(ZoneInfo("Asia/Shanghai"))
    rates: dict[str, list[float]] = {}
    ours, theirs = DicomWebPeer(WebAddress(url)), DICOMwebClient(url)

    def note(name: str, count: int, began: float) -> None:
        rates.setdefault(name, []).append(count / (time.perf_counter() - began))

    for turn in range(ROUNDS):
        mine, other = _study(200 + turn), _study(300 + turn)
        ready = [outgoing(read_header(c, reading), c) for c in mine]
        began = time.perf_counter()
        assert all(one.taken for one in await ours.store(ready))
        note("store", OBJECTS, began)
        began = time.perf_counter()
        theirs.store_instances([dcmread(BytesIO(c)) for c in other])
        note("peer_store", OBJECTS, began)
        began = time.perf_counter()
        assert len(await ours.retrieve(uid(200 + turn))) == OBJECTS
        note("fetch", OBJECTS, began)
        began = time.perf_counter()
        assert len(theirs.retrieve_study(uid(200 + turn))) == OBJECTS
        note("peer_fetch", OBJECTS, began)
        query = StudyQuery(study_uid=uid(200 + turn))
        began = time.perf_counter()
        for _ in range(20):
            assert await ours.find(query)
        note("find", 20, began)
        asked: Callable[[], object] = lambda turn=turn: theirs.search_for_studies(  # noqa: E731
            search_filters={"StudyInstanceUID": uid(200 + turn)}
        )
        began = time.perf_counter()
        for _ in range(20):
            assert asked()
        note("peer_find", 20, began)
    await ours.close()
    return {name: statistics.median(values) for name, values in rates.items()}


if __name__ == "__main__":
    main()
