"""Golden messages of our own, each with the section of the standard that it shows.

Source: HL7 v2.5.1; the section stands at each test.
"""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest

from suwen.integration.hl7v2.mapping import MappedMessage
from suwen.integration.hl7v2.reading import read
from suwen.integration.hl7v2.site_mapping import read_site_mapping
from tests.support.hl7 import PID, PV1, adt, facts, message


def mapped(text: str, mapping: str = "") -> MappedMessage:
    """What a message says."""
    outcome = read(text, facts(read_site_mapping(mapping)))
    assert outcome.refusal is None, (outcome.refusal.where, outcome.refusal.safe_message.en)
    assert outcome.mapped is not None
    return outcome.mapped


def only(found: MappedMessage, kind: str) -> dict[str, Any]:
    """The one resource of a type."""
    [resource] = [r for r in found.resources if r["resourceType"] == kind]
    return resource


def refused(text: str, mapping: str = "") -> tuple[str, str]:
    """Code and place of a refusal."""
    outcome = read(text, facts(read_site_mapping(mapping)))
    assert outcome.refusal is not None
    return outcome.refusal.code, outcome.refusal.where


def test_3_4_2_pid() -> None:
    pid = (
        "PID|1||P100^^^HOSP&2.16.156.1&ISO^MR~110101195702140010^^^GA^NI"
        "||王^小明^^^^^L~Wang^Xiao^M^^^^D||"
        "19570214|M|||1 High St^Flat 2^北京^^100020^CN^H||^PRN^PH^^86^10^12345678|^WPN^PH^^^10^8||M"
        "||||||||||||||N"
    )
    patient = only(mapped(adt("A08", "M1", pid)), "Patient")
    assert patient["identifier"][0] == {
        "type": {"coding": [{"system": _v2("0203"), "code": "MR"}]},
        "system": "urn:oid:2.16.156.1",
        "assigner": {"display": "HOSP"},
        "value": "P100",
    }
    assert patient["name"][0] == {
        "use": "official",
        "text": "王小明",
        "family": "王",
        "given": ["小明"],
    }
    assert patient["name"][1]["text"] == "Xiao M Wang"
    assert (patient["birthDate"], patient["gender"]) == ("1957-02-14", "male")
    assert patient["address"][0] == {
        "use": "home",
        "line": ["1 High St", "Flat 2"],
        "city": "北京",
        "postalCode": "100020",
        "country": "CN",
    }
    assert [t["value"] for t in patient["telecom"]] == ["+86-10-12345678", "10-8"]
    assert [t["use"] for t in patient["telecom"]] == ["home", "work"]
    assert patient["maritalStatus"]["coding"][0]["code"] == "M"
    assert patient["deceasedBoolean"] is False
    assert patient["meta"] == {"source": "urn:suwen:his"}


def _v2(table: str) -> str:
    return f"http://terminology.hl7.org/CodeSystem/v2-{table}"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("A01", "in-progress"),
        ("A02", "in-progress"),
        ("A03", "finished"),
        ("A04", "in-progress"),
        ("A05", "planned"),
        ("A11", "cancelled"),
        ("A13", "in-progress"),
        ("A23", "entered-in-error"),
    ],
)
def test_3_3_what_an_event_states_of_the_visit(event: str, status: str) -> None:
    encounter = only(mapped(adt(event, "M1", PID, PV1)), "Encounter")
    assert encounter["status"] == status


def test_3_4_3_pv1() -> None:
    found = mapped(adt("A01", "M1", PID, PV1))
    encounter, patient = only(found, "Encounter"), only(found, "Patient")
    assert encounter["class"]["code"] == "IMP"
    assert encounter["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert encounter["period"] == {"start": "2024-05-31T08:00:00+08:00"}
    assert encounter["serviceType"]["coding"][0]["code"] == "SUR"
    assert [p["location"]["display"] for p in encounter["location"]] == ["6N", "12", "03"]
    assert encounter["participant"][0]["individual"] == {
        "type": "Practitioner",
        "identifier": {"value": "0100"},
        "display": "李医生",
    }
    assert encounter["identifier"][0]["value"] == "V100"


def test_3_4_3_the_class_that_is_not_said_is_not_known() -> None:
    encounter = only(mapped(adt("A08", "M1", PID, "PV1|1")), "Encounter")
    assert encounter["class"]["code"] == "UNK"
    assert encounter["status"] == "unknown"


def test_3_4_3_a_discharge_before_the_admission_is_refused() -> None:
    pv1 = PV1 + "|20240530080000"
    assert refused(adt("A03", "M1", PID, pv1)) == ("hl7_data_type", "PV1-45")


def test_3_3_40_merge() -> None:
    found = mapped(adt("A40", "M1", PID, "MRG|P099^^^HOSP^MR"))
    patient = only(found, "Patient")
    [link] = found.links
    assert (link.surviving, link.linked) == (patient["id"], True)
    prior = only(mapped(adt("A08", "M2", PID.replace("P100", "P099"))), "Patient")
    assert link.prior == prior["id"]
    assert patient["link"][0]["type"] == "replaces"
    assert refused(adt("A40", "M3", PID)) == ("hl7_segment_missing", "MRG")
    assert refused(adt("A40", "M4", PID, "MRG|")) == ("hl7_field_missing", "MRG-1")
    assert refused(adt("A40", "M5", PID, "MRG|P100^^^HOSP^MR")) == ("hl7_data_type", "MRG-1")


def test_3_3_37_unlink() -> None:
    other = PID.replace("P100", "P099")
    found = mapped(adt("A37", "M1", PID, other))
    first, second = (r["id"] for r in found.resources)
    assert [(x.prior, x.surviving, x.linked) for x in found.links] == [(second, first, False)]
    assert refused(adt("A37", "M2", PID)) == ("hl7_segment_missing", "PID[2]")


def test_3_3_43_what_moves_visits_between_patients_is_left_to_a_person() -> None:
    text = adt("A43", "M1", PID, "MRG|P099^^^HOSP^MR")
    assert refused(text) == ("hl7_event_unsupported", "MSH-9.2")


def test_3_4_6_al1() -> None:
    al1 = "AL1|1|DA|00000741^OXYCODONE^LN|SV|HYPOTENSION~RASH|20210101"
    allergy = only(mapped(adt("A01", "M1", PID, al1)), "AllergyIntolerance")
    assert allergy["code"]["coding"][0]["code"] == "00000741"
    assert allergy["category"] == ["medication"]
    assert [m["text"] for m in allergy["reaction"][0]["manifestation"]] == ["HYPOTENSION", "RASH"]
    assert allergy["reaction"][0]["severity"] == "severe"
    assert allergy["onsetDateTime"] == "2021-01-01"
    # AL1 does not say whether the allergy is active.
    assert "coding" not in allergy["clinicalStatus"]
    assert refused(adt("A01", "M1", PID, "AL1|1|DA")) == ("hl7_field_missing", "AL1-3")


def test_3_4_7_iam_with_its_action_and_status() -> None:
    iam = "IAM|1|FA|G1^Peanut^L|MO|Hives|D|77|||||20200101||20210101||||C"
    allergy = only(mapped(adt("A60", "M1", PID, iam)), "AllergyIntolerance")
    assert allergy["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert allergy["identifier"] == [{"value": "77"}]


def test_6_5_2_dg1_and_12_4_2_prb() -> None:
    dg1 = "DG1|1||M54.5^Low back pain^I10||20240530|A"
    prb = "PRB|AD|20240530|K80.00^Cholelithiasis^I10|53956|||20240501||||||confirmed|active||202404"
    found = mapped(message("PPR^PC1", "M1", PID, PV1, dg1, prb))
    diagnosis, problem = (r for r in found.resources if r["resourceType"] == "Condition")
    assert diagnosis["category"][0]["coding"][0]["code"] == "encounter-diagnosis"
    assert diagnosis["code"]["coding"][0]["system"] == "http://hl7.org/fhir/sid/icd-10"
    assert "clinicalStatus" not in diagnosis
    assert problem["clinicalStatus"]["coding"][0]["code"] == "active"
    assert problem["verificationStatus"]["coding"][0]["code"] == "confirmed"
    assert (problem["onsetDateTime"], problem["recordedDate"]) == ("2024-04", "2024-05-01")


OBR = "OBR|1|O1^HIS|F1^LIS|57021-8^CBC^LN|||20240531072000|||||||||||||||20240531082500||LAB|F"


@pytest.mark.parametrize(
    ("obx", "value"),
    [
        ("NM|1^a^L||7.20|g/L", ("valueQuantity", {"value": "7.20", "unit": "g/L"})),
        ("NM|1^a^L||<0.05|mg/L^^UCUM", ("valueQuantity.comparator", "<")),
        ("NM|1^a^L||未检出|g/L", ("valueString", "未检出")),
        ("SN|1^a^L||>=^10|g/L", ("valueQuantity.comparator", ">=")),
        ("SN|1^a^L||^1^:^128", ("valueRatio.denominator.value", "128")),
        ("SN|1^a^L||^3^-^5|g/L", ("valueRange.high.value", "5")),
        ("ST|1^a^L||a\\T\\b\\.br\\c", ("valueString", "a&b\nc")),
        ("TX|1^a^L||line one~line two", ("valueString", "line one\nline two")),
        ("CE|1^a^L||260385009^Negative^SCT", ("valueCodeableConcept.text", "Negative")),
        ("DT|1^a^L||20240501", ("valueDateTime", "2024-05-01")),
        ("TS|1^a^L||202405010830+0900", ("valueDateTime", "2024-05-01T08:30:00+09:00")),
        ("TM|1^a^L||0830", ("valueTime", "08:30:00")),
    ],
)
def test_7_4_2_obx_5_by_its_type(obx: str, value: tuple[str, Any]) -> None:
    text = message("ORU^R01", "M1", PID, OBR, f"OBX|1|{obx}||||||F".replace("||||||F", "|", 0))
    fields = text.split("\r")[3].split("|")
    fields += [""] * (12 - len(fields))
    fields[7:] = ["", "", "", "", "F"]
    observation = only(mapped(text.replace(text.split("\r")[3], "|".join(fields))), "Observation")
    path, wanted = value
    found: Any = observation
    for step in path.split("."):
        found = found[step]
    if isinstance(wanted, dict):
        assert {k: str(v) for k, v in found.items()} == wanted
    else:
        assert str(found) == wanted


@pytest.mark.parametrize(
    ("obx", "place"),
    [
        ("OBX|1|NM|||7|g/L|||||F", "OBX-3"),
        ("OBX|1||1^a^L||7|g/L|||||F", "OBX-2"),
        ("OBX|1|TS|1^a^L||20241350||||||F", "OBX-5"),
        ("OBX|1|NM|1^a^L||7||||||Q", "OBX-11"),
        ("OBX|1|NM|1^a^L||7||||||F|||2024053", "OBX-14"),
        ("OBX|1|ED|1^a^L||^AP^PDF^Base64^%%%||||||F", "OBX-5"),
    ],
)
def test_7_4_2_a_wrong_field_is_named(obx: str, place: str) -> None:
    good = "OBX|1|NM|1^a^L||7|g/L|||||F"
    assert refused(message("ORU^R01", "M1", PID, OBR, obx))[1] == place
    second = place.replace("OBX", "OBX[2]")
    assert refused(message("ORU^R01", "M1", PID, OBR, good, obx))[1] == second


def test_7_4_2_judgement_interval_and_status() -> None:
    obx = "OBX|1|NM|718-7^Hb^LN||112|g/L^^UCUM|130-175|L|||C|||20240531072000|||||20240531080000"
    found = mapped(message("ORU^R01", "M1", PID, PV1, OBR, obx, "NTE|1|L|hemolysed"))
    observation, report = only(found, "Observation"), only(found, "DiagnosticReport")
    assert observation["status"] == "corrected"
    assert observation["interpretation"][0]["coding"][0]["code"] == "L"
    interval = observation["referenceRange"][0]
    assert (str(interval["low"]["value"]), str(interval["high"]["value"])) == ("130", "175")
    assert interval["low"]["unit"] == "g/L"
    assert interval["text"] == "130-175"
    assert observation["category"][0]["coding"][0]["code"] == "laboratory"
    assert observation["issued"] == "2024-05-31T08:00:00+08:00"
    assert observation["note"] == [{"text": "hemolysed"}]
    assert report["result"] == [{"reference": f"Observation/{observation['id']}"}]
    assert report["status"] == "final"
    request = only(found, "ServiceRequest")
    assert report["basedOn"] == [{"reference": f"ServiceRequest/{request['id']}"}]


@pytest.mark.parametrize("text", ["<5.0", "3.5-5.5 (fasting)", "see report", "5.5-3.5", "阴性"])
def test_7_4_2_7_an_interval_that_is_no_two_numbers_stays_text(text: str) -> None:
    obx = f"OBX|1|NM|718-7^Hb^LN||4|g/L|{text}||||F"
    interval = only(mapped(message("ORU^R01", "M1", PID, OBR, obx)), "Observation")[
        "referenceRange"
    ]
    assert interval[0]["text"] == text
    if text == "<5.0":
        assert str(interval[0]["high"]["value"]) == "5.0"
        assert "low" not in interval[0]
    else:
        assert set(interval[0]) == {"text"}


def test_4_5_1_orders_and_their_cancelling() -> None:
    new = mapped(
        message("ORM^O01", "M1", PID, "ORC|NW|O1^HIS", "OBR|1|O1^HIS||24627-2^CT chest^LN")
    )
    gone = mapped(
        message("ORM^O01", "M2", PID, "ORC|CA|O1^HIS", "OBR|1|O1^HIS||24627-2^CT chest^LN")
    )
    first, second = only(new, "ServiceRequest"), only(gone, "ServiceRequest")
    assert (first["status"], second["status"]) == ("active", "revoked")
    assert first["id"] == second["id"]
    text = message("ORM^O01", "M3", PID, "ORC|QQ|O1", "OBR|1|O1||1^x")
    assert refused(text) == ("hl7_code_unknown", "ORC-1")


def test_4_14_4_rxe_with_dose_route_and_timing() -> None:
    segments = [
        "ORC|NW|O1^HIS|F1^RX|||E|10^BID^D4^^^S||20240531080000|||0100^李^医生",
        "RXO|N02BE01^Paracetamol^ATC|500||mg|||||G",
        "RXE|^BID^D4^20240531|N02BE01^Paracetamol^ATC|500|1000|mg||饭后^饭后服用||N|20|TAB|2",
        "RXR|PO^口服^HL70162",
    ]
    request = only(mapped(message("RDE^O11", "M1", PID, *segments)), "MedicationRequest")
    assert request["medicationCodeableConcept"]["coding"][0] == {
        "system": "http://www.whocc.no/atc",
        "code": "N02BE01",
        "display": "Paracetamol",
    }
    dosage = request["dosageInstruction"][0]
    dose = dosage["doseAndRate"][0]["doseRange"]
    assert (str(dose["low"]["value"]), str(dose["high"]["value"])) == ("500", "1000")
    assert dosage["timing"]["code"]["coding"][0]["code"] == "BID"
    assert dosage["timing"]["repeat"]["boundsPeriod"] == {"start": "2024-05-31"}
    assert dosage["text"] == "饭后服用"
    assert dosage["route"]["text"] == "口服"
    assert str(request["dispenseRequest"]["quantity"]["value"]) == "20"
    assert request["dispenseRequest"]["numberOfRepeatsAllowed"] == 2
    assert request["priority"] == "stat"
    bare = message("RDE^O11", "M2", PID, "ORC|NW|O1")
    assert refused(bare) == ("hl7_segment_missing", "RXE")
    wrong = message("RDE^O11", "M3", PID, "ORC|NW|O1", "RXE||1^x|many||mg")
    assert refused(wrong) == ("hl7_data_type", "RXE-3")


def test_4_14_7_rxa_says_whether_it_was_given() -> None:
    rxa = "RXA|0|1|20240501||48^HIB^CVX|0.5|mL^^UCUM||00||||||L1|20251231|PMC^sanofi^MVX|||"
    given = mapped(message("VXU^V04", "M1", PID, "ORC|RE||197", rxa + "CP"))
    immunization = only(given, "Immunization")
    assert immunization["status"] == "completed"
    assert immunization["primarySource"] is True
    assert (immunization["lotNumber"], immunization["expirationDate"]) == ("L1", "2025-12-31")
    refusal = mapped(message("VXU^V04", "M2", PID, rxa + "RE"))
    assert only(refusal, "Immunization")["status"] == "not-done"
    unsaid = message("VXU^V04", "M3", PID, rxa)
    assert refused(unsaid) == ("hl7_field_missing", "RXA-20")
    declared = mapped(unsaid, '[defaults]\n"RXA-20" = "CP"\n')
    assert only(declared, "Immunization")["status"] == "completed"


@pytest.mark.parametrize(
    ("event", "filler", "status"),
    [
        ("S12", "", "booked"),
        ("S15", "Booked", "cancelled"),
        ("S13", "Complete", "fulfilled"),
        ("S26", "", "noshow"),
    ],
)
def test_10_6_1_sch(event: str, filler: str, status: str) -> None:
    when = "^^^20240610090000^20240610093000"
    sch = f"SCH|A1^HIS|A1^RIS|||||^Follow-up|^Routine|30|min|{when}{'|' * 14}{filler}"
    found = mapped(
        message(
            f"SIU^{event}",
            "M1",
            sch,
            PID,
            "RGS|1",
            "AIS|1||CT^CT scan^L|20240610090000",
            "AIP|1||0100^李^医生",
            "AIL|1||6N^12",
        )
    )
    appointment = only(found, "Appointment")
    assert appointment["status"] == status
    assert appointment["start"] == "2024-06-10T09:00:00+08:00"
    assert appointment["minutesDuration"] == 30
    actors = [
        p["actor"].get("reference", p["actor"].get("display")) for p in appointment["participant"]
    ]
    assert actors == [f"Patient/{only(found, 'Patient')['id']}", "李医生", "6N 12"]


def test_10_6_1_a_request_to_book_states_no_booking() -> None:
    sch = "SCH|A1^HIS"
    assert refused(message("SIU^S01", "M1", sch, PID)) == ("hl7_field_missing", "SCH-25")


def test_9_6_1_txa_with_its_text() -> None:
    txa = (
        "TXA|1|18842-5^Discharge summary^LN|TX|20240531||20240531080000|||0100^李^医生"
        "|||D1^HIS|||||LA||AV"
    )
    obx = ["OBX|1|TX|1^Text^L||第一行~第二行||||||F", "OBX|2|TX|1^Text^L|2|第三行||||||F"]
    found = mapped(message("MDM^T02", "M1", PID, PV1, txa, *obx))
    document = only(found, "DocumentReference")
    text = base64.b64decode(document["content"][0]["attachment"]["data"]).decode()
    assert text == "第一行\n第二行\n第三行"
    assert (document["status"], document["docStatus"]) == ("current", "final")
    assert document["masterIdentifier"]["value"] == "D1"
    cancel = mapped(message("MDM^T11", "M2", PID, txa))
    assert only(cancel, "DocumentReference")["status"] == "entered-in-error"
    assert only(cancel, "DocumentReference")["id"] == document["id"]


def test_7_4_2_a_file_in_a_result_is_a_document() -> None:
    data = base64.b64encode(b"%PDF-1.7").decode()
    obx = f"OBX|1|ED|11502-2^Report^LN||LIS^AP^PDF^Base64^{data}||||||F"
    found = mapped(message("ORU^R01", "M1", PID, OBR, obx))
    document, observation = only(found, "DocumentReference"), only(found, "Observation")
    attachment = document["content"][0]["attachment"]
    assert attachment == {"contentType": "application/pdf", "data": data}
    assert observation["derivedFrom"] == [{"reference": f"DocumentReference/{document['id']}"}]


def test_6_5_6_in1_and_3_4_5_nk1() -> None:
    in1 = "IN1|1|P1^Gold^L|I1^^^NAIC|Large Blue" + "|" * 8 + "20240101|20241231" + "|" * 23 + "POL1"
    found = mapped(adt("A01", "M1", PID, "NK1|1|王^大明|FTH^父亲^HL70063||^PRN^PH^^^10^1", in1))
    coverage, relative = only(found, "Coverage"), only(found, "RelatedPerson")
    assert coverage["payor"][0]["display"] == "Large Blue"
    assert coverage["period"] == {"start": "2024-01-01", "end": "2024-12-31"}
    # Whether the cover is in force is not said.
    assert "status" not in coverage
    assert relative["name"][0]["text"] == "王大明"
    assert relative["relationship"][0]["text"] == "父亲"


def test_what_is_not_mapped_is_listed_by_field() -> None:
    pid = PID + "|" * 23 + "x"
    found = mapped(adt("A01", "M1", pid, "ZPI|1|extra", "GT1|1||Payer"))
    assert {"PID-31", "ZPI-1", "ZPI-2", "GT1-1", "GT1-3"} <= set(found.unmapped)


def test_messages_that_repeat_without_end_are_read_in_their_time_or_refused() -> None:
    begun = time.process_time()
    obx = "OBX|1|NM|1^a^L||7|g/L|||||F"
    same = mapped(message("ORU^R01", "M1", PID, OBR, *[obx] * 20_000))
    assert len({r["id"] for r in same.resources}) == len(same.resources) == 20_003
    notes = mapped(message("ORU^R01", "M2", PID, OBR, obx, *["NTE|1||" + "x" * 200] * 20_000))
    assert len(only(notes, "Observation")["note"][0]["text"]) == 20_000 * 201 - 1
    many = "PID|1||" + "~".join(f"P{n}" for n in range(5000))
    assert refused(adt("A08", "M3", many)) == ("hl7_data_type", "PID-3")
    assert time.process_time() - begun < 20


def test_2_7_other_delimiters_and_escapes() -> None:
    text = "MSH$*!?%$HIS$H$S$H$20240531$$ADT*A08$M1$P$2.5.1\rPID$1$$P?F?1***H*MR$$O?S?Neil*A%b\r"
    patient = only(mapped(text), "Patient")
    assert patient["identifier"][0]["value"] == "P$1"
    assert patient["name"][0]["family"] == "O*Neil"


def test_a_sites_mapping_file() -> None:
    mapping = """
department = "PV1-3.1"
observation_category = "laboratory"
ignore = ["ZPI-1"]
[copy_fields]
"PID-5" = "ZPI-2"
[replace."OBX-8"]
"↑" = "H"
[systems]
"HIS-ITEM" = "urn:oid:2.16.156.7"
[[extensions]]
field = "ZPI-3"
resource = "Patient"
url = "urn:example:blood-type"
[[observations]]
field = "ZVS-2"
code = "8867-4"
system = "http://loinc.org"
display = "Heart rate"
unit = "/min"
category = "vital-signs"
"""
    text = message(
        "ORU^R01",
        "M1",
        "PID|1||P100^^^HOSP^MR",
        PV1,
        OBR.replace("|LAB", "|"),
        "OBX|1|NM|WBC^白细胞^HIS-ITEM||12.1|10*9/L|3.5-9.5|↑|||F",
        "ZPI|1|王^小明|A+",
        "ZVS|1|88",
    )
    found = mapped(text, mapping)
    patient, encounter = only(found, "Patient"), only(found, "Encounter")
    assert patient["name"][0]["text"] == "王小明"
    assert patient["extension"] == [{"url": "urn:example:blood-type", "valueString": "A+"}]
    assert encounter["serviceType"]["coding"] == [{"code": "6N"}]
    counted, pulse = (r for r in found.resources if r["resourceType"] == "Observation")
    assert counted["interpretation"][0]["coding"][0]["code"] == "H"
    assert counted["code"]["coding"][0]["system"] == "urn:oid:2.16.156.7"
    assert counted["category"][0]["coding"][0]["code"] == "laboratory"
    assert str(pulse["valueQuantity"]["value"]) == "88"
    assert pulse["status"] == "unknown"
    assert not {"ZPI-1", "ZPI-3", "ZVS-2"} & set(found.unmapped)
