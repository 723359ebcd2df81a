"""What leaves as HL7 v2: MDM^T02 and ORU^R01 of a signed record, read again by two parsers.

Source: HL7 v2.5.1, 9.5.2, 9.6.1, 7.3.1, 7.4.2.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import hl7
import pytest

from suwen.core.audit import content_hash
from suwen.core.draft import SignedRecord
from suwen.core.identity import DraftId, SignedRecordId
from suwen.integration.hl7v2.outgoing import SignedMessage, control_id, signed_message
from suwen.integration.hl7v2.reading import read
from tests.conformance.fhir.test_r4_documents import AT, content, sign_off
from tests.support.hl7 import facts
from tests.unit.apps.record_writer.charts import patient, stay


def source(kind: str = "MDM", **changes: Any) -> SignedMessage:
    body = content()
    signed = SignedRecord(
        id=SignedRecordId("r" * 32),
        draft=DraftId("d" * 32),
        number=1,
        content=body,
        content_hash=content_hash(body),
        sign_offs=(sign_off(),),
        signed_at=AT,
    )
    given = {
        "signed": signed,
        "patient": {
            **patient(),
            "identifier": [
                {
                    "value": "P|1",
                    "type": {"coding": [{"code": "MR"}]},
                    "assigner": {"display": "H&1"},
                },
                {"value": "110101", "type": {"coding": [{"code": "SS"}]}},
            ],
        },
        "encounter": stay(),
        "parties": ("SUWEN", "H", "EMR", "H"),
        "kind": kind,
        **changes,
    }
    return SignedMessage(**given)


def sections(message: SignedMessage) -> list[str]:
    document = message.signed.content["result"]["document"]
    return [s["text"] for s in document["sections"] if s["text"].strip()]


@pytest.mark.parametrize("kind", ["MDM", "ORU"])
def test_both_parsers_read_what_was_signed(kind: str) -> None:
    given = source(kind)
    text = signed_message(given, AT)
    theirs = hl7.parse(text)
    assert theirs.unescape(str(theirs.segment("PID")[3][0][0])) == "P|1"
    assert "110101" not in text
    outcome = read(text, facts())
    assert outcome.refusal is None, outcome.refusal and outcome.refusal.where
    assert outcome.mapped is not None
    values = [
        r["valueString"] for r in outcome.mapped.resources if r["resourceType"] == "Observation"
    ]
    label = given.signed.content["label"]["visible_zh"]
    assert values == [label, *sections(given)]
    [person] = [r for r in outcome.mapped.resources if r["resourceType"] == "Patient"]
    assert person["identifier"][0]["value"] == "P|1"
    assert person["identifier"][0]["assigner"]["display"] == "H&1"


def test_mdm_states_who_signed_and_when() -> None:
    message = hl7.parse(signed_message(source(), AT))
    assert str(message.segment("MSH")[9]) == "MDM^T02^MDM_T02"
    txa = message.segment("TXA")
    assert str(txa[17]) == "LA"
    assert str(txa[19]) == "AV"
    assert str(txa[9]).startswith("dr.lin^林怀瑾")
    assert str(txa[22]).endswith("^20260306110000.000+0800")
    assert str(txa[12]) == "r" * 32 + "^SUWEN"


def test_a_new_version_replaces_the_former_one() -> None:
    given = source()
    amended = replace(given, signed=replace(given.signed, supersedes=SignedRecordId("q" * 32)))
    message = hl7.parse(signed_message(amended, AT))
    assert str(message.segment("MSH")[9]) == "MDM^T10^MDM_T02"
    assert str(message.segment("TXA")[13]) == "q" * 32 + "^SUWEN"
    report = hl7.parse(signed_message(replace(amended, kind="ORU"), AT))
    assert str(report.segment("OBR")[25]) == "C"
    assert {str(obx[11]) for obx in report.segments("OBX")} == {"C"}


def test_the_printed_form_goes_with_the_text() -> None:
    message = hl7.parse(signed_message(source(pdf=b"%PDF-1.7 x"), AT))
    last = message.segments("OBX")[-1]
    assert str(last[2]) == "ED"
    assert base64.b64decode(str(last[5][0][4])) == b"%PDF-1.7 x"


def test_the_number_of_the_message_is_the_same_each_time_and_short() -> None:
    first, second = signed_message(source(), AT), signed_message(source("ORU"), AT)
    number = control_id(source().signed)
    assert len(number) <= 20
    assert first.split("|")[9] == second.split("|")[9] == number


@pytest.mark.parametrize(
    ("codec", "declared"), [("utf-8", "UNICODE UTF-8"), ("gb18030", "GB 18030-2000")]
)
def test_the_character_set_is_declared(codec: str, declared: str) -> None:
    text = signed_message(source(codec=codec), AT)
    assert str(hl7.parse(text).segment("MSH")[18]) == declared
    text.encode(codec)
