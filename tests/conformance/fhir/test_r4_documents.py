"""What leaves is R4: Composition, Provenance and the document Bundle, section by section."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle

from suwen.apps.record_writer.app import APP
from suwen.core.audit import content_hash
from suwen.core.draft import Decision, SignedRecord, SignOff
from suwen.core.errors import IntegrationError, PreconditionError
from suwen.core.identity import DraftId, PrincipalId, SignedRecordId
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.composition import SignedDocument, signed_bundle
from suwen.integration.fhir.leaving import check_leaving
from tests.unit.apps.record_writer.charts import (
    allergy,
    condition,
    draft_of,
    in_encounter,
    patient,
    stay,
)

AT = datetime(2026, 3, 6, 11, 0, tzinfo=timezone(timedelta(hours=8)))
LABEL = {
    "visible_zh": "【AI 生成】本文由人工智能辅助生成。",
    "visible_en": "[AI-generated]",
    "attribute": "ai-generated",
    "provider": "示范医院",
    "system": "suwen",
    "content_id": "c-1",
}


def content(**changes: Any) -> dict[str, Any]:
    draft = draft_of(
        patient(), stay(), condition("c", "肺炎 <重症> & 待查", "2026-03-01", **in_encounter()),
        allergy("a", "青霉素类"),
    )  # fmt: skip
    return {"result": APP.output(draft), "label": LABEL, "limits": []} | changes


def sign_off(decision: Decision = Decision.ACCEPT, signer: str = "dr.lin") -> SignOff:
    return SignOff(
        draft=DraftId("d"),
        version=2,
        content_hash="ab" * 32,
        decision=decision,
        signer=PrincipalId(signer),
        signer_name="林怀瑾",
        signer_role="physician",
        decided_at=AT,
        signature="c2ln",
        key_id="k1",
    )


def source(*sign_offs: SignOff, **changes: Any) -> SignedDocument:
    body = content()
    signed = SignedRecord(
        id=SignedRecordId("s-2"),
        draft=DraftId("d"),
        number=2,
        content=body,
        content_hash=content_hash(body["label"]),
        sign_offs=sign_offs or (sign_off(),),
        signed_at=AT,
        supersedes=changes.get("supersedes"),
    )
    return SignedDocument(signed, patient(), stay(), "示范医院", "cd" * 32)


def part(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind
    )
    return found


def test_the_bundle_is_a_document_that_starts_with_its_composition() -> None:
    bundle = signed_bundle(source())
    Bundle.model_validate(bundle)
    assert bundle["type"] == "document"
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    assert bundle["identifier"]["value"] == "s-2"
    assert read_resources(bundle)


def test_the_label_is_visible_and_embedded() -> None:
    composition = part(signed_bundle(source()), "Composition")
    assert composition["meta"]["tag"][0]["code"] == "ai-generated"
    embedded = {e["url"]: e for e in composition["extension"][0]["extension"]}
    assert embedded["contentId"]["valueString"] == "c-1"
    assert embedded["provider"]["valueString"] == "示范医院 / suwen"
    assert LABEL["visible_zh"] in composition["text"]["div"]


def test_every_section_of_the_signed_text_is_there_as_text() -> None:
    signed = source()
    composition = part(signed_bundle(signed), "Composition")
    written = signed.signed.content["result"]["document"]["sections"]
    assert [s["title"] for s in composition["section"]] == [s["title"] for s in written]
    diagnoses = next(s for s in composition["section"] if s["title"] == "诊断")
    assert "肺炎 &lt;重症&gt; &amp; 待查" in diagnoses["text"]["div"]
    assert diagnoses["code"]["coding"][0]["code"] == "11535-2"


def test_an_empty_section_says_that_nothing_is_recorded() -> None:
    composition = part(signed_bundle(source()), "Composition")
    empty = [s for s in composition["section"] if "emptyReason" in s]
    assert empty
    assert all("未见记录" in s["text"]["div"] for s in empty)


def test_who_signed_is_attester_and_provenance_agent_with_the_signature() -> None:
    bundle = signed_bundle(source(sign_off(), sign_off(Decision.COSIGN, "dr.zhao")))
    composition, provenance = part(bundle, "Composition"), part(bundle, "Provenance")
    assert [a["mode"] for a in composition["attester"]] == ["legal", "professional"]
    assert composition["attester"][0]["time"] == "2026-03-06T11:00:00+08:00"
    assert [s["data"] for s in provenance["signature"]] == ["c2ln", "c2ln"]
    assert provenance["target"][0]["reference"] == bundle["entry"][0]["fullUrl"]
    assert {e["what"]["reference"] for e in provenance["entity"]} >= {
        "Condition/c",
        "AllergyIntolerance/a",
    }


def test_an_amendment_replaces_what_was_signed_before() -> None:
    plain = part(signed_bundle(source()), "Composition")
    assert (plain["status"], "relatesTo" in plain) == ("final", False)
    amended = part(signed_bundle(source(supersedes=SignedRecordId("s-1"))), "Composition")
    assert amended["status"] == "amended"
    assert amended["relatesTo"][0]["code"] == "replaces"
    assert amended["relatesTo"][0]["targetIdentifier"]["value"] == "s-1"


@pytest.mark.parametrize("decision", [Decision.REJECT, Decision.ESCALATE])
def test_what_nobody_signed_does_not_leave(decision: Decision) -> None:
    with pytest.raises(PreconditionError) as refusal:
        signed_bundle(source(sign_off(decision)))
    assert refusal.value.code == "not_signed"


def test_only_what_is_needed_of_the_patient_leaves() -> None:
    telling = patient(
        identifier=[
            {"type": {"coding": [{"code": "SS"}]}, "value": "999-10-7539"},
            {"type": {"coding": [{"code": "MR"}]}, "value": "M-1"},
        ],
        telecom=[{"system": "phone", "value": "13800000000"}],
    )
    given = source()
    bundle = signed_bundle(
        SignedDocument(given.signed, telling, given.encounter, given.hospital, given.release)
    )
    body = part(bundle, "Patient")
    assert [i["value"] for i in body["identifier"]] == ["M-1"]
    assert "telecom" not in body


def test_the_same_record_leaves_the_same_every_time() -> None:
    assert signed_bundle(source()) == signed_bundle(source())


class TestTheLastCheck:
    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("status",), "done"),
            (("attester", 0, "mode"), "notary"),
            (("date",), "yesterday"),
            (("section", 0, "text", "status"), "handmade"),
            (("unknown",), "x"),
            (("subject", "reference"), "urn:uuid:00000000-0000-0000-0000-000000000000"),
        ],
    )
    def test_an_invalid_bundle_is_stopped(self, path: tuple[Any, ...], value: str) -> None:
        bundle = copy.deepcopy(signed_bundle(source()))
        element: Any = part(bundle, "Composition")
        for step in path[:-1]:
            element = element[step]
        element[path[-1]] = value
        with pytest.raises(IntegrationError) as refusal:
            check_leaving(bundle)
        assert refusal.value.code == "fhir_invalid"
        assert value not in str(refusal.value.safe_message)
