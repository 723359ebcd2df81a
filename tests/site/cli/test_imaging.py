"""Images from the command line: a PACS asked, a study fetched, one that waits, linked, sent."""

from __future__ import annotations

import asyncio
import json

import pytest

from suwen.integration.dicom.header import read_header
from suwen.integration.dicom.network import PeerAddress
from suwen.integration.dicom.peer import DicomPeer, outgoing
from tests.integration.dicom.conftest import READING
from tests.site.cli.conftest import DemonstrationTerminal
from tests.support.dicom_objects import ct_object, uid
from tests.support.peers.orthanc import AE_TITLE, orthanc

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def test_a_study_is_found_fetched_linked_and_sent(demonstration: DemonstrationTerminal) -> None:
    terminal = demonstration
    with orthanc() as pacs:
        contents = [ct_object(n, study=95) for n in (1, 2)]
        peer = DicomPeer(PeerAddress("127.0.0.1", pacs.dicom_port, AE_TITLE, "CT1"))
        asyncio.run(peer.store([outgoing(read_header(c, READING), c) for c in contents]))
        at = {"host": "127.0.0.1", "port": pacs.dicom_port, "ae_title": AE_TITLE}
        for name, more in (("pacs-out", {}), ("research", {"side": "outside"})):
            file = terminal.folder / f"{name}.json"
            file.write_text(json.dumps({**at, **more}))
            added = terminal.run(
                *("connection", "add", name, "--kind", "dicom_peer", "--settings", str(file)),
                *("--synthetic", "--off", "--as", "it.cao"),
            )
            assert added.status == 0, added.err
        as_operator = ("--as", "it.cao", "--json")
        asked = terminal.run("imaging", "find", "pacs-out", "--accession", "A00095", *as_operator)
        assert asked.status == 0, asked.err
        [found] = asked.json
        assert (found["study_uid"], found["instances"]) == (uid(95), 2)
        assert "Wang" not in json.dumps(found) and "P0000001" not in json.dumps(found)
        got = terminal.run("imaging", "fetch", "pacs-out", uid(95), *as_operator).json
        assert (got["completed"], got["failed"]) == (2, 0)
        opened = terminal.run("imaging", "open", uid(95), "--reason", "核对患者", *as_operator)
        assert opened.status == 2, "nobody looked at it yet: it does not wait"
        linked = terminal.run("imaging", "link", uid(95), "demo-p01", *as_operator)
        assert linked.json == {"linked": uid(95), "patient": "demo-p01"}
        opened = terminal.run("imaging", "open", uid(95), "--reason", "核对患者", *as_operator)
        assert opened.json["patient_number"] == "P0000001"
        sent = terminal.run("imaging", "send", "research", uid(95), *as_operator).json
        assert (sent["taken"], sent["refused"], sent["deidentified"]) == (2, [], True)
        assert pacs.instances == 4
    refused = terminal.run("imaging", "waiting", "--as", "dr.lin", "--json")
    assert (refused.status, refused.error["code"]) == (3, "not_permitted")
    assert terminal.run("imaging", "waiting", *as_operator).json == []
    wrong = terminal.run("imaging", "find", "pacs-out", "--since", "yesterday", *as_operator)
    assert (wrong.status, wrong.error["code"]) == (2, "field_wrong")
