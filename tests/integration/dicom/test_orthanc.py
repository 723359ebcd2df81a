"""Every service that we ask for, asked of Orthanc; what it asks of us, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from pydicom import dcmread

from suwen.core.errors import IntegrationError
from suwen.integration.dicom.documents import derived_uid
from suwen.integration.dicom.header import read_header
from suwen.integration.dicom.network import PeerAddress
from suwen.integration.dicom.peer import DicomPeer, Outgoing, outgoing
from suwen.integration.dicom.queries import StudyQuery
from suwen.integration.dicom.sop_classes import COMMON_STORAGE
from suwen.integration.dicom.web_peer import DicomWebPeer, WebAddress
from suwen.storage.imaging_commitments import Commitment, CommitmentState
from tests.integration.dicom.conftest import READING, Imaging, listening
from tests.support.dicom_objects import ct_object, sample_files, uid
from tests.support.peers.dcmtk import free_port
from tests.support.peers.orthanc import AE_TITLE, Orthanc, orthanc

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

OUR_PORT = free_port()


@pytest.fixture(scope="module")
def pacs() -> Iterator[Orthanc]:
    with orthanc({"SUWEN": ("127.0.0.1", OUR_PORT)}) as server:
        yield server


def _peer(pacs: Orthanc) -> DicomPeer:
    return DicomPeer(PeerAddress("127.0.0.1", pacs.dicom_port, AE_TITLE, "SUWEN", timeout_s=20))


def _study(number: int, images: int) -> list[Outgoing]:
    contents = [ct_object(n, study=number) for n in range(1, images + 1)]
    return [outgoing(read_header(content, READING), content) for content in contents]


async def test_what_we_store_is_found_fetched_and_moved_back(
    pacs: Orthanc, imaging: Imaging
) -> None:
    peer, sent = _peer(pacs), _study(21, 7)
    assert await peer.echo() > 0
    assert all(one.taken for one in await peer.store(sent))
    [found] = await peer.find(StudyQuery(study_uid=uid(21)))
    assert (found.study_uid, found.patient_number, found.instances) == (uid(21), "P0000001", 7)
    assert found.started == "2026-03-15T10:15:00" and found.modalities == ("CT",)
    assert found.patient_name == "Wang^Xiaoming=王^小明"
    assert await peer.find(StudyQuery(since=date(2027, 1, 1))) == []
    got = await peer.get(uid(21), COMMON_STORAGE, imaging.receiver.receive)
    assert (got.completed, got.failed, got.refused) == (7, 0, ())
    assert len(await imaging.store.of_study(uid(21))) == 7


async def test_c_move_brings_a_study_to_our_door(pacs: Orthanc, imaging: Imaging) -> None:
    peer = _peer(pacs)
    await peer.store(_study(22, 5))
    async with listening(imaging, port=OUR_PORT) as told:
        moved = await peer.move(uid(22), "SUWEN")
        assert (moved.completed, moved.failed) == (5, 0)
        assert told.messages == 5
    assert len(await imaging.store.of_study(uid(22))) == 5
    with pytest.raises(IntegrationError, match="dicom_peer_failed"):
        await peer.move(uid(22), "NOBODY")


async def test_an_object_that_we_refuse_while_fetching_is_named(
    pacs: Orthanc, imaging: Imaging
) -> None:
    bad = ct_object(1, study=23, Modality=None)
    header_of_good = _study(23, 2)[1]
    bad_one = Outgoing(uid(23, 1, 1), header_of_good.sop_class_uid, "1.2.840.10008.1.2.1", bad)
    await _peer(pacs).store([bad_one, header_of_good])
    got = await _peer(pacs).get(uid(23), COMMON_STORAGE, imaging.receiver.receive)
    assert got.completed == 1 and got.failed == 1
    assert got.refused == (("dicom_missing", "(0008,0060) Modality"),)


async def test_dicomweb_finds_fetches_draws_and_stores(pacs: Orthanc, imaging: Imaging) -> None:
    web = DicomWebPeer(WebAddress(pacs.web))
    try:
        sent = _study(24, 6)
        assert all(one.taken for one in await web.store(sent))
        assert await web.probe() > 0
        [found] = await web.find(StudyQuery(study_uid=uid(24)))
        assert (found.patient_number, found.patient_name) == ("P0000001", "王^小明")
        assert found.instances == 6
        assert await web.series(uid(24)) == [uid(24, 1)]
        assert len(await web.instances(uid(24))) == 6
        assert len(await web.metadata(uid(24))) == 6
        for content in await web.retrieve(uid(24)):
            assert await imaging.receiver.receive(content)
        assert len(await imaging.store.of_study(uid(24))) == 6
        [one] = await web.retrieve(uid(24), uid(24, 1), uid(24, 1, 3))
        assert read_header(one, READING).sop_instance_uid == uid(24, 1, 3)
        drawn = await web.rendered(uid(24), uid(24, 1), uid(24, 1, 3))
        assert drawn.startswith(b"\x89PNG")
        with pytest.raises(IntegrationError, match="dicomweb_failed"):
            await web.retrieve(uid(99))
    finally:
        await web.close()


async def test_what_is_no_object_is_not_taken_by_stow(pacs: Orthanc) -> None:
    web = DicomWebPeer(WebAddress(pacs.web))
    good = _study(25, 1)[0]
    broken = Outgoing("1.2.3", good.sop_class_uid, good.transfer_syntax_uid, b"no DICOM at all")
    try:
        with pytest.raises(IntegrationError, match="dicomweb_failed"):
            await web.store([broken])
        assert [one.taken for one in await web.store([good])] == [True]
    finally:
        await web.close()


async def test_every_sample_is_taken_by_both_or_refused_with_its_tag(
    pacs: Orthanc, imaging: Imaging
) -> None:
    """What our own reader takes, Orthanc takes and gives back the same, in every syntax."""
    from suwen.integration.dicom.problems import DicomObjectError

    ready: dict[str, Outgoing] = {}
    for file in sample_files():
        content = file.read_bytes()
        try:
            one = outgoing(read_header(content, READING), content)
        except DicomObjectError as refusal:
            assert refusal.field or refusal.code == "dicom_not_a_file", file.name
            continue
        ready[one.sop_instance_uid] = one
    sent = await _peer(pacs).store(list(ready.values()))
    assert len(sent) >= 20
    assert [one for one in sent if not one.taken] == []
    for one in ready.values():
        assert await imaging.receiver.receive(one.content) in (True, False)
    for identity, one in ready.items():
        kept = await imaging.store.instance(identity)
        assert await imaging.read(kept) == one.content


async def test_orthanc_answers_for_what_it_keeps(pacs: Orthanc, imaging: Imaging) -> None:
    sent = _study(26, 2)
    await _peer(pacs).store(sent)
    kept = tuple((one.sop_class_uid, one.sop_instance_uid) for one in sent)
    missing = ((sent[0].sop_class_uid, uid(26, 1, 99)),)
    async with listening(imaging, port=OUR_PORT) as told:
        for name, instances in (("all", kept), ("some", kept + missing)):
            transaction = derived_uid("test", name)
            await imaging.commitments.ask(
                Commitment(transaction, "peer", False, AE_TITLE, instances, datetime.now(UTC))
            )
            await _peer(pacs).request_commitment(transaction, instances)
        answers = [await _answer(imaging, derived_uid("test", name)) for name in ("all", "some")]
    assert told.errors == [("dicom_not_committed", "N-EVENT-REPORT")]
    assert answers[0].state is CommitmentState.COMMITTED
    assert answers[1].state is CommitmentState.FAILED
    assert [identity for identity, _ in answers[1].failed] == [uid(26, 1, 99)]


async def _answer(imaging: Imaging, transaction: str) -> Commitment:
    for _ in range(200):
        found = await imaging.commitments.read(transaction)
        if found is not None and found.state is not CommitmentState.WAITING:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("no answer came")


async def test_orthanc_asks_us_and_is_answered(pacs: Orthanc, imaging: Imaging) -> None:
    import json
    import urllib.request

    sent = _study(27, 2)
    await _peer(pacs).store(sent)
    async with listening(
        imaging, port=OUR_PORT, peers={AE_TITLE: ("127.0.0.1", pacs.dicom_port)}
    ) as told:

        def ask() -> dict[str, str]:
            body = {
                "DicomInstances": [
                    {"SOPClassUID": sent[0].sop_class_uid, "SOPInstanceUID": identity}
                    for identity in (sent[0].sop_instance_uid, uid(27, 1, 77))
                ]
            }
            question = urllib.request.Request(
                f"http://127.0.0.1:{pacs.http_port}/modalities/SUWEN/storage-commitment",
                data=json.dumps(body).encode(),
            )
            with urllib.request.urlopen(question, timeout=20) as answer:
                return dict(json.loads(answer.read()))

        await imaging.receiver.receive(sent[0].content)
        path = (await asyncio.to_thread(ask))["Path"]
        for _ in range(150):
            report = await asyncio.to_thread(pacs.rest, path)
            if report["Status"] != "Pending":
                break
            await asyncio.sleep(0.1)
    assert report["Status"] == "Failure"
    assert [one["SOPInstanceUID"] for one in report["Success"]] == [sent[0].sop_instance_uid]
    assert [one["SOPInstanceUID"] for one in report["Failures"]] == [uid(27, 1, 77)]
    assert told.errors == []


async def test_what_comes_back_by_dicomweb_is_what_was_sent(pacs: Orthanc) -> None:
    web, [one] = DicomWebPeer(WebAddress(pacs.web)), _study(28, 1)
    try:
        await web.store([one])
        [back] = await web.retrieve(uid(28))
    finally:
        await web.close()
    assert dcmread(BytesIO(back)) == dcmread(BytesIO(one.content))
