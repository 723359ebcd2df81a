"""The door, used by dcmtk and by pynetdicom as senders."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE

from suwen.integration.dicom.header import read_header
from suwen.integration.dicom.network import PeerAddress
from suwen.integration.dicom.peer import DicomPeer, outgoing
from tests.integration.dicom.conftest import READING, Imaging, listening
from tests.support.dicom_objects import ct_object, uid
from tests.support.peers.dcmtk import dcmtk, storescu

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def _peer(port: int | None, called: str = "SUWEN", calling: str = "PEER") -> DicomPeer:
    assert port is not None
    return DicomPeer(PeerAddress("127.0.0.1", port, called, calling, timeout_s=10))


def _files(folder: Path, contents: list[bytes]) -> list[Path]:
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"{number}.dcm")
        files[-1].write_bytes(content)
    return files


async def test_what_dcmtk_sends_is_on_disk_and_indexed_when_it_is_acknowledged(
    imaging: Imaging, tmp_path: Path
) -> None:
    contents = [ct_object(number, study=11) for number in range(1, 6)]
    async with listening(imaging) as told:
        done = await asyncio.to_thread(
            dcmtk, "echoscu", "-aec", "SUWEN", "127.0.0.1", str(told.port)
        )
        assert done.returncode == 0, done.stderr
        said = await asyncio.to_thread(storescu, told.port or 0, _files(tmp_path, contents))
    assert said.count("Received Store Response (Success)") == 5, said
    kept = await imaging.store.of_study(uid(11))
    assert [one.sop_instance_uid for one in kept] == [uid(11, 1, n) for n in range(1, 6)]
    assert told.messages == 5 and told.errors == []
    for one, content in zip(kept, contents, strict=True):
        read = await imaging.read(one)
        assert dcmread_equal(read, content)
        sealed = imaging.files.path(one.digest).read_bytes()
        assert "王".encode() not in sealed and b"P0000001" not in sealed
        assert one.patient_number == "P0000001" and one.header["patient_name"].endswith("王^小明")


def dcmread_equal(one: bytes, other: bytes) -> bool:
    from io import BytesIO

    return bool(dcmread(BytesIO(one)) == dcmread(BytesIO(other)))


async def test_the_same_object_again_changes_nothing(imaging: Imaging) -> None:
    content = ct_object(1, study=12)
    async with listening(imaging) as told:
        header = read_header(content, READING)
        for _ in range(3):
            [sent] = await _peer(told.port).store([outgoing(header, content)])
            assert sent.taken
    assert len(await imaging.store.of_study(uid(12))) == 1


async def test_an_object_of_a_known_uid_that_says_another_patient_is_refused(
    imaging: Imaging,
) -> None:
    first, second = ct_object(1, study=13), ct_object(1, study=13, PatientID="P0000002")
    async with listening(imaging) as told:
        for content, taken in ((first, True), (second, False)):
            [sent] = await _peer(told.port).store(
                [outgoing(read_header(content, READING), content)]
            )
            assert sent.taken is taken, hex(sent.status)
            assert taken or sent.status == 0xA900
    assert ("dicom_instance_differs", "(0010,0020) PatientID") in told.errors
    [kept] = await imaging.store.of_study(uid(13))
    assert kept.patient_number == "P0000001"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"StudyInstanceUID": None}, "(0020,000D) StudyInstanceUID"),
        ({"SeriesInstanceUID": ""}, "(0020,000E) SeriesInstanceUID"),
        ({"Modality": None}, "(0008,0060) Modality"),
    ],
)
async def test_a_refused_object_is_refused_with_its_tag_and_leaves_nothing(
    imaging: Imaging, change: dict[str, str | None], place: str
) -> None:
    content = ct_object(1, study=14, **change)
    good = ct_object(2, study=14)
    async with listening(imaging) as told:
        status = await asyncio.to_thread(_raw_store, told.port, content)
        assert status.Status == 0xC000
        assert status.ErrorComment.startswith("dicom_missing " + place[:11])
        assert int(status.OffendingElement) == int(place[1:5] + place[6:10], 16)
        [sent] = await _peer(told.port).store([outgoing(read_header(good, READING), good)])
        assert sent.taken
    assert told.errors == [("dicom_missing", place)]
    assert len(await imaging.store.of_study(uid(14))) == 1


def _raw_store(port: int | None, content: bytes) -> Dataset:
    from io import BytesIO

    made = dcmread(BytesIO(content))
    entity = AE("PEER")
    entity.add_requested_context(made.SOPClassUID, made.file_meta.TransferSyntaxUID)
    association = entity.associate("127.0.0.1", port or 0, ae_title="SUWEN")
    assert association.is_established
    status = association.send_c_store(made)
    association.release()
    return status


async def test_only_known_callers_are_let_in_under_our_own_title(imaging: Imaging) -> None:
    async with listening(imaging, callers=("CT1",)) as told:
        assert await _peer(told.port, calling="CT1").echo() > 0
        for peer in (_peer(told.port, calling="STRANGER"), _peer(told.port, "OTHER", "CT1")):
            with pytest.raises(Exception, match="dicom_peer_refused"):
                await peer.echo()
        await asyncio.sleep(0.1)
    assert told.errors.count(("dicom_caller_refused", "AE Title")) == 2


async def test_a_peer_that_sends_more_than_one_object_may_have_is_cut_off(
    imaging: Imaging,
) -> None:
    content = ct_object(1, study=15, rows=1200)
    small = ct_object(2, study=15)
    async with listening(imaging, largest=1 << 20) as told:
        with pytest.raises(Exception, match="dicom_peer_failed"):
            await _peer(told.port).store([outgoing(read_header(content, READING), content)])
        [sent] = await _peer(told.port).store([outgoing(read_header(small, READING), small)])
        assert sent.taken
        await asyncio.sleep(0.2)
    assert ("dicom_object_too_large", "") in told.errors


async def test_a_full_disk_is_said_and_nothing_is_acknowledged(
    imaging: Imaging, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "no space")

    content = ct_object(1, study=16)
    async with listening(imaging) as told:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            [sent] = await _peer(told.port).store(
                [outgoing(read_header(content, READING), content)]
            )
        assert not sent.taken and sent.status == 0xA700
        [sent] = await _peer(told.port).store([outgoing(read_header(content, READING), content)])
        assert sent.taken
    assert told.errors == [("imaging_disk", "")]


async def test_a_taken_port_is_an_error_that_says_so(imaging: Imaging) -> None:
    from suwen.core.errors import ConflictError
    from suwen.integration.dicom.listener import DicomListener, ListenerAddress
    from tests.integration.dicom.conftest import Told

    async with listening(imaging) as told:
        address = ListenerAddress("127.0.0.1", told.port or 0, "SUWEN")
        with pytest.raises(ConflictError, match="dicom_port_taken"):
            await DicomListener(address, imaging.receiver, imaging.desk).run(Told())
