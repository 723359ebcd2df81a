"""A HIS by HL7 and an EMR by FHIR, each with its own ids: one patient, also from before."""

from __future__ import annotations

from suwen.bootstrap.connections.hl7v2 import checked
from suwen.bootstrap.connections.numbering import (
    NumberedConnector,
    audit_matches,
    with_numbers,
)
from suwen.bootstrap.connections.parts import ConnectionParts
from suwen.core.connection import Connection, ConnectionKind, ConnectionReport, ConnectionTest
from suwen.core.language import Bilingual
from suwen.integration.fhir.localising import IdSpace, localised
from suwen.integration.fhir.stored import stored_resources
from suwen.integration.hl7v2.reading import read
from suwen.storage.audit import AuditStore
from suwen.storage.patient_links import PatientLinkStore
from suwen.storage.record_import import IMPORTED, StoredResource
from tests.support.hl7 import Remembered, facts, message

HOSPITAL = "urn:oid:1.2.156.10197.1"
PID = f"PID|1||M100^^^HOSP&{HOSPITAL[8:]}&ISO^MR||王^小明||19570214|F"
THERE = {
    "resourceType": "Patient",
    "id": "77",
    "meta": {"versionId": "1", "lastUpdated": "2026-03-01T00:00:00Z"},
    "identifier": [{"system": "https://emr.example/mr", "value": "M100"}],
    "gender": "female",
    "birthDate": "1957-02-14",
}
OF_HIS = {HOSPITAL: "mrn"}
OF_EMR = {"https://emr.example/mr": "mrn"}


class Waits:
    """A connector that has nothing to do."""

    async def run(self, report: ConnectionReport) -> None:
        del report

    async def test(self) -> ConnectionTest:
        return ConnectionTest(True, 0.0, Bilingual("", ""))


def from_his() -> list[StoredResource]:
    outcome = read(message("ADT^A08", "M1", PID), facts())
    assert outcome.mapped is not None
    return checked(outcome.mapped.resources, IMPORTED)


def from_emr() -> list[StoredResource]:
    return stored_resources([localised(THERE, IdSpace("emr", "emr-"), {})], IMPORTED)


def connection(name: str, numberings: dict[str, str]) -> Connection:
    return Connection(name, ConnectionKind.FHIR_SOURCE, {"numberings": numberings})


async def test_the_authority_of_hl7_and_the_system_of_fhir_name_one_numbering(
    parts: ConnectionParts,
) -> None:
    his, emr = from_his(), from_emr()
    await parts.records.import_unit(with_numbers(his, OF_HIS, "his"))
    await parts.records.import_unit(with_numbers(emr, OF_EMR, "emr"))
    links = PatientLinkStore(parts.database)
    assert await links.united(emr[0].id) == {his[0].id, "emr-77"}
    assert await audit_matches(parts) == 1
    assert await audit_matches(parts) == 0
    events = await AuditStore(parts.database).events()
    [told] = [e for e in events if e.entry.action == "patient.match"]
    assert told.entry.detail["state"] == "linked"
    assert "M100" not in str(told)


async def test_numberings_that_are_declared_later_reach_patients_from_before(
    parts: ConnectionParts,
) -> None:
    his, emr = from_his(), from_emr()
    await parts.records.import_unit(his)
    await parts.records.import_unit(emr)
    links = PatientLinkStore(parts.database)
    assert await links.united(his[0].id) == {his[0].id}
    for one, numberings in ((facts().name, OF_HIS), ("emr", OF_EMR)):
        await NumberedConnector(Waits(), connection(one, numberings), one, parts).run(Remembered())
    assert await links.united(his[0].id) == {his[0].id, "emr-77"}
    # And what is no longer declared no longer counts.
    await NumberedConnector(Waits(), connection("emr", {}), "emr", parts).run(Remembered())
    assert await links.united(his[0].id) == {his[0].id}
