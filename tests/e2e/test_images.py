"""From a modality to the physician's screen: sent by dcmtk, mapped, shown beside the draft."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import WIDE, Watched
from tests.support.dicom_objects import ct_object, uid
from tests.support.peers.dcmtk import storescu
from tests.support.site import Site

pytestmark = [
    pytest.mark.site,
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::UserWarning:pydicom"),
]
PATIENT = "demo-p01"


def _record(site: Site, folder: Path) -> list[dict[str, Any]]:
    """The demonstration patient's record, as a physician may export it."""
    file = folder / f"{time.monotonic_ns()}.json"
    site.run("record", "export", PATIENT, "--output", str(file), "--as", "dr.lin")
    return [entry["resource"] for entry in json.loads(file.read_text())["entry"]]


def _files(folder: Path, patient: dict[str, Any]) -> list[Path]:
    """Two series of the patient, as a modality writes them."""
    values = {
        "PatientID": patient["identifier"][0]["value"],
        "PatientBirthDate": patient["birthDate"].replace("-", ""),
        "PatientSex": {"male": "M", "female": "F"}[patient["gender"]],
    }
    files = []
    for series in (1, 2):
        for image in (1, 2, 3):
            files.append(folder / f"{series}-{image}.dcm")
            content = ct_object(image, study=91, series=series, rows=128, **values)
            files[-1].write_bytes(content)
    return files


def test_an_image_that_a_modality_sends_is_beside_the_draft(
    visit: Callable[..., Watched], new_draft: Callable[..., str], site: Site, tmp_path: Path
) -> None:
    [patient] = [r for r in _record(site, tmp_path) if r["resourceType"] == "Patient"]
    path = new_draft()
    page = visit(viewport=WIDE, path=path).page
    expect(page.locator(".sw-doc-head")).to_be_visible()
    assert page.locator(".sw-images").count() == 0
    said = storescu(site.ports["pacs"], _files(tmp_path, patient))
    assert said.count("(Success)") == 6, said
    deadline = time.monotonic() + 60
    while uid(91) not in json.dumps(_record(site, tmp_path)):
        assert time.monotonic() < deadline, "the study did not come into the record"
        time.sleep(1.0)
    page.reload()
    strip = page.locator(".sw-images")
    expect(strip).to_be_visible()
    expect(strip.locator("img")).to_have_count(2)
    for image in strip.locator("img").all():
        image.scroll_into_view_if_needed()
        expect(image).to_have_js_property("complete", True)
        expect(image).to_have_js_property("naturalWidth", 128)
    expect(strip).to_contain_text("肺窗")
    expect(strip).to_contain_text("2026-03-15")
