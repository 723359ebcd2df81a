"""Images beside a draft: who sees them, what is audited, and what is hidden."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from io import BytesIO

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from suwen.bootstrap.connections.dicom_parts import ImagingParts, imaging_parts
from suwen.bootstrap.connections.dicom_settings import DicomListenerSettings
from suwen.core.connection import Connection, ConnectionKind
from suwen.integration.dicom.sop_classes import KEY_OBJECT_SELECTION
from tests.support.dicom_objects import ct_object, uid, written
from tests.support.web_site import WebSite

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
PATIENT, OTHER, WITHOUT = "demo-p01", "demo-p02", "demo-p03"
MARKUP = '<b>"CT"</b>'


def _selection(study: int, *chosen: str, title: str = "113000") -> bytes:
    """A key object selection of some images."""
    made = dcmread(BytesIO(ct_object(900, study=study, series=90)))
    for name in ("PixelData", "Rows", "Columns"):
        delattr(made, name)
    made.SOPClassUID, made.Modality = KEY_OBJECT_SELECTION, "KO"
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = title, "DCM", "Of Interest"
    made.ConceptNameCodeSequence = [code]
    references = []
    for identity in chosen:
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = made.SOPClassUID, identity
        references.append(item)
    series, evidence = Dataset(), Dataset()
    series.SeriesInstanceUID, series.ReferencedSOPSequence = uid(study, 1), references
    evidence.StudyInstanceUID, evidence.ReferencedSeriesSequence = uid(study), [series]
    made.CurrentRequestedProcedureEvidenceSequence = [evidence]
    return written(made)


@pytest.fixture(scope="module")
def imaging(web: WebSite) -> Iterator[WebSite]:
    """The site with a study of each of two patients."""

    async def fill() -> None:
        connection = Connection("pacs", ConnectionKind.DICOM_LISTENER, {}, synthetic=True)
        parts: ImagingParts = imaging_parts(
            connection, DicomListenerSettings(), web.platform.connection_parts
        )
        parts.files.prepare(0.0)
        for study, patient in ((71, PATIENT), (72, OTHER)):
            for number in range(1, 6):
                await parts.receiver.receive(
                    ct_object(number, study=study, rows=32, SeriesDescription=MARKUP)
                )
            await parts.mapper.map_study(uid(study))
            await parts.mapper.link(uid(study), patient, "test")

    web.run(fill())
    yield web


def _strip(web: WebSite, draft: str, person: str = "dr.lin") -> list[str]:
    """Addresses of the images that a person is shown."""
    answer = web.person(person).get(f"/drafts/{draft}/images")
    assert answer.status == 200
    return [str(image.attributes["src"]) for image in answer.page.css(".sw-image img")]


def _audited(web: WebSite, draft: str) -> list[str]:
    async def read() -> list[str]:
        events = await web.platform.audit_store.events(limit=100_000)
        return [
            str(event.entry.detail["sop_instance_uid"])
            for event in events
            if event.entry.action == "image.read" and event.entry.subject == f"Draft/{draft}"
        ]

    found: list[str] = web.run(read())
    return found


def test_a_series_is_shown_by_its_middle_image_and_each_one_is_audited(imaging: WebSite) -> None:
    draft = imaging.draft("dr.lin", PATIENT, "admission_record")
    page = imaging.person("dr.lin").get(f"/drafts/{draft}").page
    assert page.css_first(f'[hx-get="/drafts/{draft}/images"]') is not None
    assert _strip(imaging, draft) == [f"/drafts/{draft}/images/{uid(71, 1, 3)}"]
    text = imaging.person("dr.lin").get(f"/drafts/{draft}/images").text
    assert MARKUP not in text and "&lt;b&gt;" in text and "序列预览" in text
    assert _audited(imaging, draft) == []
    answer = imaging.person("dr.lin").get(f"/drafts/{draft}/images/{uid(71, 1, 3)}")
    assert answer.status == 200 and answer.headers["content-type"] == "image/png"
    assert struct.unpack(">II", answer.body[16:24]) == (32, 32)
    assert "no-cache" in answer.headers["cache-control"]
    assert _audited(imaging, draft) == [uid(71, 1, 3)]
    again = imaging.person("dr.lin").get(
        f"/drafts/{draft}/images/{uid(71, 1, 3)}", **{"If-None-Match": answer.headers["etag"]}
    )
    assert again.status == 304 and len(_audited(imaging, draft)) == 2


def test_another_patients_image_is_not_shown_beside_this_draft(imaging: WebSite) -> None:
    draft = imaging.draft("dr.lin", PATIENT, "admission_record")
    for image in (uid(72, 1, 3), uid(99, 1, 1)):
        answer = imaging.person("dr.lin").get(f"/drafts/{draft}/images/{image}")
        assert answer.status == 404
    assert _audited(imaging, draft) == []


def test_who_may_not_read_the_record_sees_no_image(imaging: WebSite) -> None:
    draft = imaging.draft("dr.lin", PATIENT, "admission_record")
    # Those of the demonstration: other tests of this site make people with a second factor.
    for account in (name for name in imaging.passwords if not name.startswith("factor.")):
        client = imaging.person(account)
        may = client.get(f"/patients/{PATIENT}").status == 200
        shown = client.get(f"/drafts/{draft}/images/{uid(71, 1, 3)}").status
        assert (shown == 200) is (may and client.get(f"/drafts/{draft}").status == 200), account
    assert imaging.stranger().get(f"/drafts/{draft}/images").status == 303


def test_where_there_is_none_the_strip_is_not_there(imaging: WebSite) -> None:
    draft = imaging.draft("dr.lin", WITHOUT, "admission_record")
    answer = imaging.person("dr.lin").get(f"/drafts/{draft}/images")
    assert answer.status == 200 and answer.text.strip() == ""


def test_what_was_selected_comes_first_and_what_was_rejected_never(imaging: WebSite) -> None:
    async def select() -> None:
        connection = Connection("pacs", ConnectionKind.DICOM_LISTENER, {}, synthetic=True)
        parts = imaging_parts(
            connection, DicomListenerSettings(), imaging.platform.connection_parts
        )
        for number in range(1, 4):
            await parts.receiver.receive(ct_object(number, study=73, rows=32))
        await parts.receiver.receive(_selection(73, uid(73, 1, 1), uid(73, 1, 2)))
        rejected = dcmread(BytesIO(_selection(73, uid(73, 1, 2), title="113001")))
        rejected.SOPInstanceUID = uid(73, 90, 901)
        await parts.receiver.receive(written(rejected))
        await parts.mapper.map_study(uid(73))
        await parts.mapper.link(uid(73), OTHER, "test")

    imaging.run(select())
    draft = imaging.draft("dr.lin", OTHER, "admission_record")
    assert _strip(imaging, draft)[0].endswith(uid(73, 1, 1))
    text = imaging.person("dr.lin").get(f"/drafts/{draft}/images").text
    assert text.index("关键图像") < text.index("序列预览")
    assert uid(73, 1, 2) + '"' not in text


def test_a_damaged_image_is_an_error_and_takes_nothing_down(imaging: WebSite) -> None:
    async def add() -> None:
        connection = Connection("pacs", ConnectionKind.DICOM_LISTENER, {}, synthetic=True)
        parts = imaging_parts(
            connection, DicomListenerSettings(), imaging.platform.connection_parts
        )
        bad = dcmread(BytesIO(ct_object(1, study=74, rows=32)))
        bad.PixelData = bad.PixelData[:100]
        await parts.receiver.receive(written(bad))
        await parts.mapper.map_study(uid(74))
        await parts.mapper.link(uid(74), PATIENT, "test")

    imaging.run(add())
    draft = imaging.draft("dr.lin", PATIENT, "admission_record")
    answer = imaging.person("dr.lin").get(
        f"/drafts/{draft}/images/{uid(74, 1, 1)}", Accept="application/json"
    )
    assert answer.status == 502 and "image_not_drawable" in answer.text
    assert imaging.person("dr.lin").get(f"/drafts/{draft}").status == 200
