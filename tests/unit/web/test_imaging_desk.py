"""Studies without a patient, fetched and sent ones: who may, what is audited, what leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from suwen.bootstrap.connections.dicom_parts import imaging_parts
from suwen.bootstrap.connections.dicom_settings import DicomListenerSettings
from suwen.bootstrap.imaging_desk import ImagingDesk
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.errors import AccessError, InputError
from suwen.core.identity import Channel
from suwen.integration.dicom.confidentiality import Clearance
from suwen.integration.dicom.queries import StudyQuery
from suwen.storage.imaging import ImagingStore, StudyState
from tests.support.dicom_objects import ct_object, uid
from tests.support.peers.orthanc import AE_TITLE, Orthanc, orthanc
from tests.support.web_site import WebSite

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
OPERATOR, PHYSICIAN, PATIENT = "it.cao", "dr.lin", "demo-p01"
LISTENER = Connection("imaging-test", ConnectionKind.DICOM_LISTENER, {"port": 0}, synthetic=True)


@pytest.fixture(scope="module")
def pacs() -> Iterator[Orthanc]:
    with orthanc() as server:
        yield server


@pytest.fixture(scope="module")
def site(web: WebSite, pacs: Orthanc) -> WebSite:
    """The site with a listener and two peers, one of them outside the clinical side."""
    at = {"host": "127.0.0.1", "port": pacs.dicom_port, "ae_title": AE_TITLE}

    async def add() -> None:
        parts = web.platform.connection_parts
        for connection in (
            LISTENER,
            Connection("inside", ConnectionKind.DICOM_PEER, at, enabled=False, synthetic=True),
            Connection(
                "research",
                ConnectionKind.DICOM_PEER,
                {**at, "side": "outside"},
                enabled=False,
                synthetic=True,
            ),
            Connection(
                "web",
                ConnectionKind.DICOMWEB_PEER,
                {"url": pacs.web},
                enabled=False,
                synthetic=True,
            ),
        ):
            await parts.connections.put(connection, None, by="test", at=datetime.now(UTC))
        imaging_parts(LISTENER, DicomListenerSettings(), parts).files.prepare(0.0)

    web.run(add())
    return web


def _receive(site: WebSite, *contents: bytes, study: int) -> None:
    async def receive() -> None:
        parts = imaging_parts(LISTENER, DicomListenerSettings(), site.platform.connection_parts)
        for content in contents:
            await parts.receiver.receive(content)
        await parts.mapper.map_study(uid(study))

    site.run(receive())


def _who(site: WebSite, account: str) -> Any:
    token = site.token(account)
    return site.run(site.platform.authentication.principal_of(token, Channel.API))


def _actions(site: WebSite, study: int) -> list[tuple[str, str]]:
    async def read() -> list[tuple[str, str]]:
        events = await site.platform.audit_store.events(limit=100_000)
        return [
            (event.entry.action, event.entry.outcome.value)
            for event in events
            if event.entry.subject == f"Study/{uid(study)}"
        ]

    found: list[tuple[str, str]] = site.run(read())
    return found


def test_a_waiting_study_tells_who_it_may_be_only_for_a_reason(site: WebSite) -> None:
    _receive(site, ct_object(1, study=61), study=61)
    page = site.person(OPERATOR).get("/imaging/waiting")
    assert page.status == 200 and uid(61) in page.text
    assert "王" not in page.page.css_first("main").text() and "P0000001" not in page.text
    address = f"/imaging/studies/{uid(61)}/open"
    refused = site.person(OPERATOR).post(address, {"reason": ""})
    assert refused.status == 422 and "P0000001" not in refused.text
    opened = site.person(OPERATOR).post(address, {"reason": "核对外院患者"})
    assert opened.status == 200 and "王 小明" in opened.text and "P0000001" in opened.text
    assert _actions(site, 61)[:2] == [("imaging.open", "opened"), ("imaging.open", "done")]


def test_a_person_links_a_study_or_sets_it_aside(site: WebSite) -> None:
    _receive(site, ct_object(1, study=62), study=62)
    _receive(site, ct_object(1, study=63), study=63)
    client = site.person(OPERATOR)
    link = f"/imaging/studies/{uid(62)}/link"
    assert client.post(link, {"patient": "nobody"}).status == 422
    assert client.post(link, {"patient": PATIENT}).status == 303
    assert (
        client.post(f"/imaging/studies/{uid(63)}/set-aside", {"reason": "模体测试"}).status == 303
    )

    async def read() -> list[StudyState]:
        store = ImagingStore(site.platform.database)
        found = [await store.study(uid(number)) for number in (62, 63)]
        return [study.state for study in found if study is not None]

    assert site.run(read()) == [StudyState.LINKED, StudyState.SET_ASIDE]
    shown = client.get("/imaging/waiting").text
    assert uid(62) not in shown and uid(63) not in shown
    assert ("imaging.link", "done") in _actions(site, 62)


@pytest.mark.parametrize("account", [PHYSICIAN, "quality.xu"])
def test_nobody_else_sees_or_changes_them(site: WebSite, account: str) -> None:
    _receive(site, ct_object(1, study=64), study=64)
    client = site.person(account)
    assert client.get("/imaging/waiting").status == 403
    for act, fields in (
        ("open", {"reason": "curious"}),
        ("link", {"patient": PATIENT}),
        ("set-aside", {"reason": "curious"}),
    ):
        assert client.post(f"/imaging/studies/{uid(64)}/{act}", fields).status == 403
    desk, who = ImagingDesk(site.platform), _who(site, account)
    with pytest.raises(AccessError):
        site.run(desk.find(who, "inside", StudyQuery()))


def test_what_leaves_the_clinical_side_has_no_patient(site: WebSite, pacs: Orthanc) -> None:
    ultrasound = ct_object(3, study=65, Modality="US")
    shown = ct_object(4, study=65, BurnedInAnnotation="YES")
    _receive(site, ct_object(1, study=65), ct_object(2, study=65), ultrasound, shown, study=65)
    desk, who = ImagingDesk(site.platform), _who(site, OPERATOR)
    done = site.run(desk.send(who, "research", uid(65)))
    assert done.deidentified and [one.taken for one in done.sent] == [True, True]
    assert done.refused == (("dicom_burned_in", "(0028,0301) BurnedInAnnotation"),) * 2
    done = site.run(desk.send(who, "research", uid(65), Clearance(pixels_checked=True)))
    assert len(done.sent) == 3 and len(done.refused) == 1
    assert pacs.instances == 3, "the same new UIDs each time"
    for name in pacs.rest("/instances"):
        tags = pacs.rest(f"/instances/{name}/simplified-tags")
        assert tags["PatientName"] == "" and tags["PatientID"] == "Anonymous"
        assert tags["PatientIdentityRemoved"] == "YES" and "StudyDescription" not in tags
    done = site.run(desk.send(who, "inside", uid(65)))
    assert not done.deidentified and len(done.sent) == 4
    found = site.run(desk.find(who, "inside", StudyQuery(patient_number="P0000001")))
    assert [study.study_uid for study in found] == [uid(65)]


def test_a_study_is_fetched_by_dimse_and_by_dicomweb(site: WebSite, pacs: Orthanc) -> None:
    desk, who = ImagingDesk(site.platform), _who(site, OPERATOR)
    _receive(site, ct_object(1, study=66), ct_object(2, study=66), study=66)
    site.run(desk.send(who, "inside", uid(66)))
    for name in ("inside", "web"):
        got = site.run(desk.fetch(who, name, uid(66)))
        assert (got.completed, got.failed) == (2, 0), name
    with pytest.raises(InputError, match="connection_cannot"):
        site.run(desk.fetch(who, LISTENER.name, uid(66)))
