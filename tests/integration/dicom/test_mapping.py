"""Studies on a real database: linked, waiting, linked by a person, taken back, merged."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.core.errors import ConflictError, NotFoundError
from suwen.storage.database import Database
from suwen.storage.imaging import StudyState
from suwen.storage.record_import import StoredResource
from suwen.storage.records import RecordStore
from tests.integration.dicom.conftest import MRN, Imaging
from tests.support.dicom_objects import ct_object, uid

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "wang",
    "identifier": [{"system": MRN, "value": "P0000001"}],
    "name": [{"text": "王小明"}],
    "birthDate": "1960-02-03",
    "gender": "male",
}


async def _add(database: Database, body: dict[str, Any], origin: str = "imported") -> None:
    unit = [StoredResource("Patient", body["id"], body["id"], None, None, None, origin, body)]
    await RecordStore(database).import_unit(unit)


async def _map(imaging: Imaging) -> None:
    imaging.clock.ahead = 3.0
    await imaging.mapper.map_new()
    imaging.clock.ahead = 0.0


async def _studies(database: Database, patient: str) -> list[Any]:
    return await RecordStore(database).read(patient, ["ImagingStudy"])


async def test_a_known_patients_study_is_in_the_record_and_grows(
    database: Database, imaging: Imaging
) -> None:
    await _add(database, PATIENT)
    for number in (1, 2):
        await imaging.receiver.receive(ct_object(number, study=51))
    assert await imaging.mapper.map_new() == [], "it is not quiet yet"
    await _map(imaging)
    [body] = await _studies(database, "wang")
    assert (body["numberOfInstances"], body["status"]) == (2, "available")
    assert body["description"] == "胸部CT平扫" and body["started"].startswith("2026-03-15T10:15")
    await imaging.receiver.receive(ct_object(1, study=51, series=2))
    await _map(imaging)
    [body] = await _studies(database, "wang")
    assert (body["numberOfSeries"], body["numberOfInstances"]) == (2, 3)
    assert await imaging.mapper.map_new() == []


async def test_an_unknown_patients_study_waits_until_the_patient_comes(
    database: Database, imaging: Imaging
) -> None:
    await imaging.receiver.receive(ct_object(1, study=52))
    await _map(imaging)
    [study] = await imaging.store.waiting("pacs")
    assert (study.state, study.reason) == (StudyState.WAITING, "patient_unknown")
    assert await imaging.store.count_waiting("pacs") == 1
    assert await imaging.mapper.retry_waiting() == []
    await _add(database, PATIENT)
    [study] = await imaging.mapper.retry_waiting()
    assert study.state is StudyState.LINKED and study.patient == "wang"
    assert len(await _studies(database, "wang")) == 1
    assert await imaging.store.waiting("pacs") == []


async def test_a_person_links_and_takes_back_and_the_record_says_so(
    database: Database, imaging: Imaging
) -> None:
    await _add(database, {**PATIENT, "birthDate": "1961-01-01"})
    await _add(database, {**PATIENT, "id": "li", "identifier": [{"value": "X"}]})
    await imaging.receiver.receive(ct_object(1, study=53))
    await _map(imaging)
    [study] = await imaging.store.waiting()
    assert study.reason == "birth_date_differs"
    linked = await imaging.mapper.link(uid(53), "li", "admin")
    assert (linked.state, linked.patient, linked.decided_by) == (StudyState.LINKED, "li", "admin")
    await imaging.mapper.link(uid(53), "wang", "admin")
    [wrong] = await _studies(database, "li")
    [right] = await _studies(database, "wang")
    assert (wrong["status"], right["status"]) == ("entered-in-error", "available")
    await imaging.receiver.receive(ct_object(2, study=53))
    await _map(imaging)
    [right] = await _studies(database, "wang")
    assert right["numberOfInstances"] == 2, "what a person decided stands"
    aside = await imaging.mapper.set_aside(uid(53), "phantom", "admin")
    assert (aside.state, aside.patient) == (StudyState.SET_ASIDE, None)
    [right] = await _studies(database, "wang")
    assert right["status"] == "entered-in-error"


async def test_a_study_is_never_linked_across_the_demonstration(
    database: Database, imaging: Imaging
) -> None:
    await _add(database, PATIENT, "synthetic")
    await imaging.receiver.receive(ct_object(1, study=54))
    await _map(imaging)
    assert [s.reason for s in await imaging.store.waiting()] == ["patient_unknown"]
    with pytest.raises(ConflictError, match="study_of_another_origin"):
        await imaging.mapper.link(uid(54), "wang", "admin")
    with pytest.raises(NotFoundError, match="patient_not_found"):
        await imaging.mapper.link(uid(54), "nobody", "admin")
    with pytest.raises(NotFoundError, match="no_such_study"):
        await imaging.mapper.link(uid(99), "wang", "admin")


async def test_a_later_object_with_another_number_stops_the_link(
    database: Database, imaging: Imaging
) -> None:
    await _add(database, PATIENT)
    await imaging.receiver.receive(ct_object(1, study=55))
    await _map(imaging)
    await imaging.receiver.receive(ct_object(2, study=55, PatientID="P0000009"))
    await _map(imaging)
    study = await imaging.store.study(uid(55))
    assert study is not None and study.reason == "study_of_several_patients"
    [body] = await _studies(database, "wang")
    assert body["status"] == "entered-in-error"


async def test_a_lost_file_is_taken_again_and_a_damaged_one_is_never_handed_out(
    imaging: Imaging,
) -> None:
    from suwen.core.errors import ConfigurationError, SuwenError

    content = ct_object(1, study=56)
    assert await imaging.receiver.receive(content) is True
    [kept] = await imaging.store.of_study(uid(56))
    path = imaging.files.path(kept.digest)
    path.unlink()
    with pytest.raises(SuwenError, match="imaging_file_lost"):
        await imaging.read(kept)
    assert await imaging.receiver.receive(content) is False
    assert await imaging.read(kept) == content
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(sealed)
    with pytest.raises(ConfigurationError, match="field_not_readable"):
        await imaging.read(kept)
    assert await imaging.receiver.receive(content) is False
    assert await imaging.read(kept) == content
