"""Every kind of connection says whether something of a person leaves over it, and up to where."""

from __future__ import annotations

from typing import Any

import pytest

from suwen.bootstrap.connections.dicom_settings import DicomPeerSettings
from suwen.bootstrap.connections.hl7v2_settings import Hl7SenderSettings
from suwen.bootstrap.connections.kinds import KINDS
from suwen.bootstrap.connections.parts import SendingSettings
from suwen.core.connection import ConnectionKind
from suwen.core.data_class import check_connection_ceiling
from suwen.core.errors import PrivacyError
from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.server import FhirServer


@pytest.mark.parametrize("kind", list(ConnectionKind))
def test_what_sends_has_a_ceiling_and_what_only_reads_has_none(kind: ConnectionKind) -> None:
    one = KINDS[kind]
    assert issubclass(one.builder(kind).settings, SendingSettings) is one.sends


def test_a_clinical_system_may_have_a_named_persons_data_and_any_other_may_not() -> None:
    peer: dict[str, Any] = {"host": "h", "ae_title": "X"}
    assert Hl7SenderSettings(host="h", port=1).cleared_for == 4
    assert Hl7SenderSettings(host="h", port=1, ceiling=5).cleared_for == 5
    assert DicomPeerSettings(**peer).cleared_for == 4
    assert DicomPeerSettings(**peer, side="outside").cleared_for == 3
    assert DicomPeerSettings(**peer, side="outside", ceiling=2).cleared_for == 2


@pytest.mark.parametrize("ceiling", range(1, 6))
def test_a_class_above_the_ceiling_does_not_leave(ceiling: int) -> None:
    for data_class in range(1, ceiling + 1):
        check_connection_ceiling(data_class, ceiling, "emr")
    for data_class in range(ceiling + 1, 6):
        with pytest.raises(PrivacyError) as refused:
            check_connection_ceiling(data_class, ceiling, "emr")
        assert refused.value.code == "above_connection_ceiling"
        assert refused.value.detail == {"data_class": data_class, "ceiling": ceiling}


async def test_nothing_of_a_person_is_written_to_a_fhir_server_that_is_only_read() -> None:
    # Nobody listens there: who is refused was never asked.
    async with FhirClient(FhirServer("http://127.0.0.1:9")) as client:
        patient = {"resourceType": "Patient", "id": "p"}
        for write in (
            client.create(patient),
            client.update(patient),
            client.batch([{"resource": patient, "request": {"method": "POST", "url": "Patient"}}]),
            client.transaction([{"resource": patient}]),
        ):
            with pytest.raises(PrivacyError, match="above_connection_ceiling"):
                await write
