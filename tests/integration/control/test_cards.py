"""The desk that answers clinical systems: admitted, audited, in time, and never silent."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from suwen.control.gateway.cards import CardDesk, CardRules
from suwen.control.governance.kill_switch import suspend
from suwen.core.application import InstalledApplication
from suwen.core.audit import AuditOutcome
from suwen.core.cards import Card, CardAnswer, CardCase, CardTopic, Fetched, Hook, Quieted
from suwen.core.errors import (
    AccessError,
    AuditError,
    DataNotObtainedError,
    InputError,
    NotFoundError,
    UnavailableError,
)
from suwen.core.finding import Confidence, Finding, Severity, Source
from suwen.core.identity import AppId, PrincipalId, Role
from suwen.core.language import Bilingual, Language
from suwen.core.manifest import Manifest, Partition
from suwen.integration.cdshooks.clients import CdsClient
from tests.integration.control.conftest import Ward
from tests.support import cds_emr as emr
from tests.support.applications import MANIFEST, NOW, NoteWriter, staff, stored
from tests.unit.integration.cdshooks.test_answers import RESPONSE

FHIR = "https://emr.test/fhir"
ACCESS = {
    "fhirServer": FHIR,
    "fhirAuthorization": {
        "access_token": "granted-for-this-call",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "user/*.read",
        "subject": "suwen",
    },
}
CLIENT = CdsClient(
    name="emr",
    issuer=emr.ISSUER,
    key_file=None,
    key_url=None,
    stated_key_url=None,
    algorithms=frozenset({"ES384"}),
    fhir_server=FHIR,
    language=Language.EN,
    ceiling=5,
    smart_launch=False,
)


class EmrServer:
    """The caller's FHIR server: answers, fails or dawdles by query."""

    def __init__(self, **found: Any) -> None:
        self.found, self.asked = found, list[tuple[str, str, str]]()

    async def read(self, base_url: str, access_token: str, query: str) -> Fetched:
        self.asked.append((base_url, access_token, query))
        answer = self.found.get(query.partition("?")[0].partition("/")[0], ())
        if isinstance(answer, float):
            await asyncio.sleep(answer)
            return Fetched(())
        if isinstance(answer, Exception):
            raise answer
        return Fetched(tuple(answer))


def desk_of(ward: Ward, server: EmrServer | None = None, **changes: Any) -> CardDesk:
    rules = CardRules(
        changes.pop("deadline_s", 2.0), "https://suwen.test", ZoneInfo("Asia/Shanghai")
    )
    return CardDesk(ward.site.parts, ward.site.people, rules, server, **changes)


async def ask(
    desk: CardDesk, body: dict[str, Any], client: CdsClient = CLIENT
) -> list[dict[str, Any]]:
    answered = await desk.answer(client, body["hook"], json.dumps(body).encode(), time.monotonic())
    assert not list(RESPONSE.iter_errors(dict(answered)))
    cards: list[dict[str, Any]] = answered["cards"]
    return cards


def topics(cards: list[dict[str, Any]]) -> list[str]:
    return [card["source"]["topic"]["code"] for card in cards]


async def known(ward: Ward, account: str = "dr.emr", **changes: Any) -> None:
    """An account whose Practitioner the EMR names."""
    person = staff(account, Role.PHYSICIAN, departments=changes.pop("departments", ["cardiology"]))
    await ward.site.people.add(replace(person, practitioner="emr-1", **changes))


def signing(*allergies: dict[str, Any], text: str = "阿莫西林胶囊", **more: Any) -> dict[str, Any]:
    return emr.call(
        "order-sign", emr.order(text), prefetch=emr.medicines_prefetch(*allergies), **more
    )


async def test_an_order_against_an_allergy_that_the_call_brings(ward: Ward) -> None:
    cards = await ask(desk_of(ward), signing(emr.allergy("青霉素")))
    assert cards[0]["indicator"] == "critical"
    assert topics(cards)[0] == "allergy"
    assert cards[0]["suggestions"][0]["actions"][0]["resourceId"] == "MedicationRequest/draft-1"


async def test_every_call_is_audited_before_anything_and_without_patient_text(ward: Ward) -> None:
    body = signing(emr.allergy("青霉素"))
    [card, *_] = await ask(desk_of(ward), body)
    opened, done = ward.site.audit.events
    assert ward.site.audit.told == [
        ("cards.answer", AuditOutcome.OPENED),
        ("cards.answer", AuditOutcome.DONE),
    ]
    assert (opened.entry.actor, opened.entry.channel) == ("cds:emr", "cds_hooks")
    assert opened.entry.patient == "p1"
    assert opened.entry.detail["user"] == "Practitioner/emr-1"
    assert done.entry.detail["cards"][0]["rule"] == "CDS-A02"
    assert card["uuid"][:-4] == (done.entry.trace or "")[:-4]
    written = json.dumps([dict(e.entry.detail) for e in (opened, done)], ensure_ascii=False)
    for text in ("青霉素", "阿莫西林", "penicillin"):
        assert text not in written


async def test_without_audit_nothing_is_read(ward: Ward) -> None:
    ward.site.audit.broken_after = 0
    server = EmrServer()
    with pytest.raises(AuditError):
        await ask(desk_of(ward, server), emr.call("order-sign", emr.order("x"), **ACCESS))
    assert server.asked == []


async def test_an_answer_that_cannot_be_audited_is_not_given(ward: Ward) -> None:
    ward.site.audit.broken_after = 1
    with pytest.raises(AuditError):
        await ask(desk_of(ward), signing())


async def test_our_own_record_by_the_rights_of_whoever_works_there(ward: Ward) -> None:
    draft = await ward.draft()
    assert draft.content["result"].get("document")
    body = emr.call("patient-view", prefetch={"patient": emr.patient()}, encounter=None)
    strange = await ask(desk_of(ward), body)
    assert "unsigned_document" not in topics(strange)
    assert "documents that wait here" in json.dumps(strange)
    await known(ward)
    seen = await ask(desk_of(ward), body)
    assert "unsigned_document" in topics(seen)
    [waiting] = [c for c in seen if c["source"]["topic"]["code"] == "unsigned_document"]
    assert waiting["links"][0]["url"] == f"https://suwen.test/drafts/{draft.id}"
    assert ward.site.audit.events[-1].entry.actor == "dr.emr"


@pytest.mark.parametrize("changes", [{"departments": ["surgery"]}, {"disabled": True}])
async def test_whoever_may_not_see_the_patient_here_sees_nothing_of_ours(
    ward: Ward, changes: dict[str, Any]
) -> None:
    await ward.draft()
    await known(ward, **changes)
    body = emr.call("patient-view", prefetch={"patient": emr.patient()}, encounter=None)
    cards = await ask(desk_of(ward), body)
    assert "unsigned_document" not in topics(cards)
    assert "documents that wait here" in json.dumps(cards)


async def test_a_practitioner_with_two_accounts_is_nobody(ward: Ward) -> None:
    await known(ward, "one")
    await known(ward, "two")
    await ask(desk_of(ward), signing())
    assert ward.site.audit.events[0].entry.actor == "cds:emr"


async def test_allergies_of_both_records_count(ward: Ward) -> None:
    await known(ward)
    ours = [emr.patient(), emr.allergy("磺胺", "ours")]
    await ward.site.parts.records.import_unit(stored([ours[0], ours[1]]))
    desk = desk_of(ward)
    cards = await ask(desk, signing(emr.allergy("青霉素"), text="复方磺胺甲噁唑片"))
    assert topics(cards)[0] == "allergy"
    held = ward.site.audit.events[-1].entry.detail["held"]
    assert held["AllergyIntolerance"] == "request"


async def test_the_record_of_another_person_of_that_id_is_not_used(ward: Ward) -> None:
    await known(ward)
    await ward.site.parts.records.import_unit(stored([emr.patient(), emr.allergy("青霉素")]))
    body = signing()
    body["prefetch"]["patient"] = emr.patient(birthDate="1990-01-01")
    cards = await ask(desk_of(ward), body)
    assert "allergy" not in topics(cards)
    assert "birth date, sex or record number differ" in json.dumps(cards)
    assert cards[-1]["indicator"] == "warning"
    # The twin with the same person's data uses it.
    assert "allergy" in topics(await ask(desk_of(ward), signing()))


async def test_what_is_above_the_connections_data_class_is_withheld(ward: Ward) -> None:
    await known(ward)
    secret = emr.allergy("青霉素")
    secret["meta"] = {
        "security": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
        ]
    }
    await ward.site.parts.records.import_unit(stored([emr.patient(), secret]))
    low = await ask(desk_of(ward), signing(), replace(CLIENT, ceiling=4))
    assert "allergy" not in topics(low)
    assert "above the data class" in json.dumps(low)
    assert "allergy" in topics(await ask(desk_of(ward), signing()))


async def test_what_the_call_does_not_bring_is_read_with_its_access(ward: Ward) -> None:
    server = EmrServer(AllergyIntolerance=[emr.allergy("青霉素")], Patient=[emr.patient()])
    body = emr.call("order-sign", emr.order("阿莫西林胶囊"), **ACCESS)
    cards = await ask(desk_of(ward, server), body)
    assert topics(cards)[0] == "allergy"
    assert {token for _, token, _ in server.asked} == {"granted-for-this-call"}
    assert {base for base, _, _ in server.asked} == {FHIR}
    assert "AllergyIntolerance?patient=p1" in {query for _, _, query in server.asked}
    assert ward.site.audit.events[-1].entry.detail["held"]["AllergyIntolerance"] == "server"
    written = json.dumps([dict(e.entry.detail) for e in ward.site.audit.events])
    assert "granted" not in written


async def test_only_what_is_missing_is_asked_for(ward: Ward) -> None:
    server = EmrServer()
    await ask(desk_of(ward, server), signing(**ACCESS))
    assert server.asked == []
    body = signing(**ACCESS)
    del body["prefetch"]["statements"]
    await ask(desk_of(ward, server), body)
    assert [query for _, _, query in server.asked] == [
        "MedicationStatement?patient=p1&status=active"
    ]


@pytest.mark.parametrize(
    ("server", "client"),
    [
        ("https://evil.test/fhir", CLIENT),
        ("https://emr.test/fhir/../other", CLIENT),
        ("http://169.254.169.254/latest", CLIENT),
        (FHIR, replace(CLIENT, fhir_server=None)),
    ],
)
async def test_no_other_server_is_ever_asked(ward: Ward, server: str, client: CdsClient) -> None:
    asked = EmrServer(AllergyIntolerance=[emr.allergy("青霉素")])
    body = emr.call("order-sign", emr.order("阿莫西林胶囊"), **{**ACCESS, "fhirServer": server})
    cards = await ask(desk_of(ward, asked), body, client)
    assert asked.asked == []
    assert "not the registered one" in json.dumps(cards)
    # The twin with the registered server is asked.
    body["fhirServer"] = FHIR + "/"
    assert topics(await ask(desk_of(ward, asked), body))[0] == "allergy"


async def test_a_slow_server_costs_its_answer_and_not_the_time(ward: Ward) -> None:
    server = EmrServer(AllergyIntolerance=60.0, MedicationRequest=[])
    body = emr.call("order-sign", emr.order("阿莫西林胶囊", whole=False), **ACCESS)
    began = time.monotonic()
    cards = await ask(desk_of(ward, server, deadline_s=0.5), body)
    # How exactly the time is kept is measured by the bench; a test machine may be busy.
    assert time.monotonic() - began < 20
    said = json.dumps(cards)
    assert "did not come in time" in said
    assert cards[-1]["indicator"] == "warning"
    assert "no dose, route, frequency" in said


async def test_a_failing_server_is_said(ward: Ward) -> None:
    failure = UnavailableError("x", Bilingual("坏", "bad"))
    server = EmrServer(
        AllergyIntolerance=failure, MedicationRequest=[emr.order("x", patient_id="p2")]
    )
    body = emr.call("order-sign", emr.order("阿莫西林胶囊"), **ACCESS)
    said = json.dumps(await ask(desk_of(ward, server), body))
    assert "reading it failed" in said
    assert "another patient's data" in said


async def test_a_source_that_is_not_asked_in_time_is_named(ward: Ward) -> None:
    desk = reviewing(ward, seconds=lambda: 9.0)
    body = signing(emr.allergy("青霉素"))
    answered = await desk.answer(CLIENT, "order-sign", json.dumps(body).encode(), 0.0)
    assert "Prescription review" in json.dumps(answered)
    assert "it was not run" in json.dumps(answered)
    assert answered["cards"][-1]["indicator"] == "warning"
    # What the platform itself checks is checked however late it is.
    assert topics(answered["cards"])[0] == "allergy"
    # The twin with time left is asked.
    answered = await desk.answer(CLIENT, "order-sign", json.dumps(signing()).encode(), 8.9)
    assert "interaction" in topics(answered["cards"])


async def test_nothing_known_is_a_failed_precondition(ward: Ward) -> None:
    with pytest.raises(DataNotObtainedError):
        await ask(desk_of(ward), emr.call("patient-view"))
    assert ward.site.audit.told[-1] == ("cards.answer", AuditOutcome.FAILED)
    # Orders can still be checked in part, and what was not is said.
    cards = await ask(desk_of(ward), emr.call("order-sign", emr.order("阿莫西林胶囊")))
    assert "Not checked: allergies" in cards[-1]["summary"]


@pytest.mark.parametrize("user", ["Patient/p1", "RelatedPerson/r1"])
async def test_patients_get_no_cards(ward: Ward, user: str) -> None:
    body = emr.call("patient-view", prefetch={"patient": emr.patient()}, user=user)
    with pytest.raises(AccessError) as caught:
        await ask(desk_of(ward), body)
    assert caught.value.code == "cds_user_not_staff"
    assert ward.site.audit.told[-1] == ("cards.answer", AuditOutcome.REFUSED)


async def test_an_unknown_service_and_a_call_of_another_hook(ward: Ward) -> None:
    body = json.dumps(signing()).encode()
    with pytest.raises(NotFoundError):
        await desk_of(ward).answer(CLIENT, "other", body, time.monotonic())
    with pytest.raises(InputError) as caught:
        await desk_of(ward).answer(CLIENT, "order-select", body, time.monotonic())
    assert caught.value.code == "cds_hook_mismatch"


class Reviewer(NoteWriter):
    """An application that brings cards of its own."""

    card_title = Bilingual("处方审核", "Prescription review")
    card_hooks = frozenset({Hook.ORDER_SIGN})
    card_reads = frozenset({"MedicationRequest"})

    def __init__(self, *, broken: bool = False) -> None:
        self._broken = broken

    def cards(self, case: CardCase) -> CardAnswer:
        if self._broken:
            raise RuntimeError("the patient Zhang Wei")
        finding = Finding(
            rule="RX-001",
            severity=Severity.MAJOR,
            message=Bilingual("相互作用", f"interaction of {len(case.orders)} order"),
            source=Source("A table", "2026"),
            confidence=Confidence.REVIEWED,
        )
        return CardAnswer((Card(finding, CardTopic.INTERACTION),))


def reviewing(
    ward: Ward, *, broken: bool = False, manifest: Manifest = MANIFEST, **options: Any
) -> CardDesk:
    app = AppId("reviewer")
    installed = InstalledApplication(
        replace(manifest, id=app),
        Reviewer(broken=broken),
        ward.site.parts.applications[MANIFEST.id].folder,
        {},
    )
    ward.site.parts = replace(ward.site.parts, applications={app: installed})
    return desk_of(ward, **options)


async def test_an_application_brings_cards_and_can_be_taken_out_of_use(ward: Ward) -> None:
    desk = reviewing(ward)
    assert "interaction" in topics(await ask(desk, signing()))
    await suspend(
        ward.site.parts.releases, AppId("reviewer"), "wrong table", PrincipalId("it.sun"), NOW
    )
    cards = await ask(desk, signing())
    assert "interaction" not in topics(cards)
    assert "out of use" in json.dumps(cards)


async def test_an_application_of_the_other_partition_has_no_say(ward: Ward) -> None:
    elsewhere = replace(MANIFEST, partition=Partition.DEVICE)
    assert "interaction" not in topics(await ask(reviewing(ward, manifest=elsewhere), signing()))


async def test_a_defect_of_one_source_takes_only_its_own_cards(
    ward: Ward, caplog: pytest.LogCaptureFixture
) -> None:
    cards = await ask(reviewing(ward, broken=True), signing(emr.allergy("青霉素")))
    assert topics(cards)[0] == "allergy"
    assert "Prescription review" in json.dumps(cards)
    assert "RuntimeError" in caplog.text
    assert "Zhang" not in caplog.text


async def test_no_log_holds_patient_text(ward: Ward, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await known(ward)
    await ask(desk_of(ward, EmrServer()), signing(emr.allergy("青霉素"), **ACCESS))
    for text in ("青霉素", "阿莫西林", "granted-for-this-call"):
        assert text not in caplog.text


async def test_answering_in_the_language_of_the_connection(ward: Ward) -> None:
    body = signing(emr.allergy("青霉素"))
    zh = await ask(desk_of(ward), body, replace(CLIENT, language=Language.ZH))
    assert "与过敏记录" in zh[0]["summary"]
    assert "recorded allergy" in (await ask(desk_of(ward), body))[0]["summary"]


async def test_a_large_call_is_answered_as_a_small_one(ward: Ward) -> None:
    body = signing(emr.allergy("青霉素"))
    many = [{**emr.order(f"药物{n}号", f"m{n}"), "status": "active"} for n in range(1000)]
    body["prefetch"]["medications"] = emr.bundle(*many)
    assert len(json.dumps(body)) > 256 * 1024
    assert topics(await ask(desk_of(ward, deadline_s=20), body))[0] == "allergy"
    body["prefetch"]["medications"]["entry"][999]["resource"]["status"] = "busy"
    with pytest.raises(InputError) as caught:
        await ask(desk_of(ward), body)
    assert caught.value.field == "prefetch.medications.entry[999].resource.status"


class Memory:
    """Remembers as told, or does not answer."""

    def __init__(self, said: Quieted | Exception | float) -> None:
        self.said, self.asked = said, list[tuple[str, str]]()

    async def quieted(self, patient: str, encounter: str) -> Quieted:
        self.asked.append((patient, encounter))
        if isinstance(self.said, float):
            await asyncio.sleep(self.said)
            return Quieted()
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


@pytest.mark.parametrize(
    "silent", [UnavailableError("x", Bilingual("x", "x")), 30.0], ids=["fails", "dawdles"]
)
async def test_without_a_memory_everything_asks(ward: Ward, silent: Exception | float) -> None:
    desk = desk_of(ward, deadline_s=0.6)
    memory = Memory(silent)
    desk._rules = replace(desk._rules, memory=memory)
    cards = await ask(desk, signing(emr.allergy("青霉素")))
    assert cards[0]["indicator"] == "critical"
    assert memory.asked == [("p1", "e1")]
