"""Drafts of one patient of a running site, asked for, signed, and struck in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.site import GoneError, Site

PATIENT = "demo-p01"
REQUEST = {
    "request": {
        "patient_id": PATIENT,
        "document_type": "admission_record",
        "language": "zh",
    },
    "without_model": True,
    "store": True,
}
RUN = "/api/v1/apps/record_writer/run"


def drafts(site: Site) -> dict[str, dict[str, Any]]:
    status, answer = site.again("GET", "/api/v1/drafts?limit=500")
    assert status == 200, answer
    return {draft["id"]: draft for draft in answer["drafts"]}


def new_draft(site: Site) -> dict[str, Any]:
    """A fresh draft, whole, as the person sees it."""
    status, answer = site.again("POST", RUN, REQUEST)
    assert status == 200, answer
    status, draft = site.again("GET", f"/api/v1/drafts/{answer['run']['draft_id']}")
    assert status == 200, draft
    return draft


def sign_body(site: Site, draft: dict[str, Any]) -> dict[str, Any]:
    content = draft["content"]
    open_statements = [
        s["id"]
        for section in content["result"]["document"]["sections"]
        for s in section["statements"]
        if not s["supported"]
    ]
    findings = [f["id"] for f in content["result"]["findings"]]
    return {
        "version": draft["version"],
        "content_hash": draft["content_hash"],
        "password": site.passwords["dr.lin"],
        "acknowledged": [*open_statements, *findings],
    }


def post_struck(site: Site, point: str, path: str, body: dict[str, Any]) -> None:
    """Posts something while the service dies at a fault point, so that it is not acknowledged."""
    site.arm(point)
    with pytest.raises(GoneError):
        site.request("POST", path, body)
    assert site.struck(point)
