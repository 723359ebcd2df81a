"""Orthanc with DICOMweb, as a PACS that we did not write (Debian: orthanc, orthanc-dicomweb)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers.dcmtk import free_port

_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_START_S = 30.0
AE_TITLE = "ORTHANC"


@dataclass(frozen=True)
class Orthanc:
    """A running server; ``web`` is the root of its DICOMweb services."""

    dicom_port: int
    http_port: int

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    def rest(self, path: str) -> Any:
        """What its own REST interface answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=20) as told:
            return json.loads(told.read())

    @property
    def instances(self) -> int:
        return int(self.rest("/statistics")["CountInstances"])


@contextmanager
def orthanc(modalities: Mapping[str, tuple[str, int]] | None = None) -> Iterator[Orthanc]:
    """An empty server on free ports, for as long as the block lasts.

    Args:
        modalities: host and port by AE title, of those whom it may call.
    """
    program = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
    _need(Path(program).exists() and _PLUGIN.exists(), "orthanc and orthanc-dicomweb")
    folder = Path(tempfile.mkdtemp(prefix="suwen-orthanc-"))
    server = Orthanc(free_port(), free_port())
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "HttpPort": server.http_port,
        "DicomPort": server.dicom_port,
        "DicomAet": AE_TITLE,
        "DefaultEncoding": "Utf8",
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomCheckModalityHost": False,
        "UnknownSopClassAccepted": True,
        "Plugins": [str(_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "DicomModalities": {
            title: [title, host, port] for title, (host, port) in (modalities or {}).items()
        },
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    process = subprocess.Popen(
        [program, str(folder / "orthanc.json")],
        # Without it each answer waits for a delayed acknowledgement: 10 objects a second.
        env={**os.environ, "TCP_NODELAY": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: Orthanc, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "Orthanc ended by itself"
        try:
            server.rest("/system")
        except OSError:
            time.sleep(0.1)
            continue
        with socket.create_connection(("127.0.0.1", server.dicom_port), timeout=5):
            return
    pytest.fail(f"Orthanc did not answer in {_START_S:.0f} s")


def _need(there: bool, packages: str) -> None:
    if there:
        return
    problem = f"not installed: {packages} (run make)"
    if os.environ.get("CI"):
        pytest.fail(problem)
    pytest.skip(problem)
