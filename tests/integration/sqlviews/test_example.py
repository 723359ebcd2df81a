"""The worked example of the guide: its views, its mapping, and the record that comes of them."""

from __future__ import annotations

from pathlib import Path

from suwen.integration.fhir.record import read_record
from suwen.storage.database import Database
from suwen.storage.records import RecordStore
from tests.integration.sqlviews.conftest import Hospital
from tests.support.rows import rounds, run_until, views_on

EXAMPLES = Path(__file__).parents[3] / "docs" / "how-to" / "examples"


async def test_the_example_of_the_guide_is_read_whole(store: Database, hospital: Hospital) -> None:
    hospital.own.execute("DROP SCHEMA his CASCADE")
    hospital.own.execute((EXAMPLES / "his-views.sql").read_text("utf-8"))
    connector = views_on(store, hospital.address, EXAMPLES / "his-views.toml")
    tried = await connector.dry_run(100)
    assert tried.ok, [s.problem and s.problem.safe_message for s in tried.sources]
    report = await run_until(connector, lambda report: rounds(report))
    assert not report.downs
    records = RecordStore(store)
    assert await records.counts_by_type() == {
        "AllergyIntolerance": 1,
        "Condition": 1,
        "DiagnosticReport": 1,
        "DocumentReference": 1,
        "Encounter": 1,
        "MedicationRequest": 1,
        "Observation": 4,
        "Patient": 1,
        "Procedure": 1,
    }
    assert tried.resources() == await records.counts_by_type()
    (patient,) = await records.list_patients()
    assert (patient.department, patient.bed, patient.identifier) == ("0301", "12", "B1")
    assert patient.has_allergy is True
    record = read_record(await records.read_patient(patient.id))
    assert record.encounters[0].when is not None
    texts = {o.code.text: o for o in record.observations}
    assert str(texts["葡萄糖"].value.value) == "5.20"  # type: ignore[union-attr]
    assert texts["葡萄糖"].reference_range is not None
    assert len(texts["血压"].components) == 2
    assert record.notes[0].text == "患者因发热三天入院。"
    assert [value.value for value in tried.sources[3].tally.unmapped] == ["PRO"]
