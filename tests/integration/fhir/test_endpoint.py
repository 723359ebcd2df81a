"""The read-only endpoint: what was signed, for whom it is open, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from suwen.integration.fhir.client import FhirClient
from suwen.integration.fhir.server import FhirServer, TokenProof
from tests.support.web_site import Answer, WebSite

PATIENT = "demo-p01"
TYPES = ["Bundle", "Composition", "DocumentReference", "Provenance", "GuidanceResponse"]


@pytest.fixture(scope="module")
def token(opened_site: WebSite) -> str:
    return opened_site.token("dr.lin")


@pytest.fixture(scope="module")
def signed(opened_site: WebSite, token: str) -> dict[str, str]:
    """Three signed documents about a patient; the second was amended once. Ids by name."""
    drafts = [
        opened_site.draft("dr.lin", PATIENT, kind, language)
        for kind, language in (
            ("admission_record", "zh"),
            ("discharge_summary", "zh"),
            ("admission_record", "en"),
        )
    ]
    first, former, english = (sign(opened_site, token, draft) for draft in drafts)
    version = opened_site.api(token, "GET", f"/api/v1/drafts/{drafts[1]}").json["version"]
    opened_site.api(token, "POST", f"/api/v1/drafts/{drafts[1]}/amend", {"version": version})
    amended = sign(opened_site, token, drafts[1])
    # One that nobody signed never leaves.
    opened_site.draft("dr.lin", PATIENT, "discharge_summary")
    return {"first": first, "former": former, "english": english, "amended": amended}


def sign(site: WebSite, token: str, draft: str) -> str:
    shown = site.api(token, "GET", f"/api/v1/drafts/{draft}").json
    result = shown["content"]["result"]
    left = [
        s["id"]
        for part in result["document"]["sections"]
        for s in part["statements"]
        if not s["supported"]
    ] + [f["id"] for f in result["findings"] if f["severity"] in ("contraindicated", "major")]
    answer = site.api(
        token,
        "POST",
        f"/api/v1/drafts/{draft}/sign",
        {
            "version": shown["version"],
            "content_hash": shown["content_hash"],
            "password": site.passwords["dr.lin"],
            "acknowledged": left,
        },
    )
    assert answer.status == 200, answer.text
    return str(answer.json["signed_record"])


def fhir(site: WebSite, token: str, path: str, **headers: str) -> Answer:
    return site.api(token, "GET", f"/fhir/{path}", **headers)


def valid(resource: dict[str, Any]) -> dict[str, Any]:
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return resource


def outcome(answer: Answer, status: int) -> dict[str, Any]:
    assert answer.status == status, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+json")
    assert answer.json["resourceType"] == "OperationOutcome"
    valid(answer.json)
    return dict(answer.json["issue"][0])


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    valid(answer.json)
    return [entry["resource"]["id"] for entry in answer.json.get("entry", [])]


def test_everybody_may_read_what_the_endpoint_offers(opened_site: WebSite) -> None:
    answer = fhir(opened_site, "", "metadata")
    statement = valid(answer.json)
    assert answer.status == 200 and statement["fhirVersion"] == "4.0.1"
    listed = {r["type"] for r in statement["rest"][0]["resource"]}
    assert listed == {*TYPES, "DetectedIssue", "AuditEvent"}
    interactions = {i["code"] for r in statement["rest"][0]["resource"] for i in r["interaction"]}
    assert interactions == {"read", "search-type"}


@pytest.mark.parametrize("kind", TYPES)
def test_what_was_signed_is_valid_r4_and_is_found_and_read(
    opened_site: WebSite, token: str, signed: dict[str, str], kind: str
) -> None:
    read = fhir(opened_site, token, f"{kind}/{signed['first']}")
    assert read.status == 200, read.text
    resource = valid(read.json)
    assert resource["id"] == signed["first"]
    query = "" if kind == "Bundle" else f"?patient={PATIENT}"
    found = fhir(opened_site, token, f"{kind}{query}")
    assert set(signed.values()) <= set(ids(found))
    assert found.json["total"] >= 4
    shown = next(e for e in found.json["entry"] if e["resource"]["id"] == signed["first"])
    assert shown["fullUrl"].endswith(f"/fhir/{kind}/{signed['first']}")
    assert shown["resource"] == resource


def test_the_resources_of_a_document_lead_to_one_another(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    number = signed["amended"]
    composition = fhir(opened_site, token, f"Composition/{number}").json
    assert composition["subject"]["reference"] == f"Patient/{PATIENT}"
    assert composition["status"] == "amended"
    assert composition["relatesTo"][0]["targetIdentifier"]["value"] == signed["former"]
    held = {f"#{one['id']}" for one in composition["contained"]}
    assert {a["reference"] for a in composition["author"]} <= held
    document = fhir(opened_site, token, f"DocumentReference/{number}").json
    assert document["status"] == "current"
    assert document["relatesTo"][0]["target"]["reference"] == (
        f"DocumentReference/{signed['former']}"
    )
    link = document["content"][0]["attachment"]["url"]
    assert link.endswith(f"/fhir/Bundle/{number}")
    bundle = fhir(opened_site, token, link.rpartition("/fhir/")[2]).json
    assert bundle["type"] == "document"
    assert bundle["entry"][0]["resource"]["resourceType"] == "Composition"
    provenance = fhir(opened_site, token, f"Provenance/{number}").json
    assert {"reference": f"Composition/{number}"} in provenance["target"]
    assert provenance["signature"][0]["data"]
    guidance = fhir(opened_site, token, f"GuidanceResponse/{number}").json
    assert guidance["extension"][0]["valueReference"]["reference"] == f"Composition/{number}"
    former = fhir(opened_site, token, f"DocumentReference/{signed['former']}").json
    assert former["status"] == "superseded"
    labels = {tag["display"] for tag in composition["meta"]["tag"]}
    assert labels == {"AI-generated"}


def test_findings_are_detected_issues(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    found = fhir(opened_site, token, f"DetectedIssue?patient={PATIENT}")
    listed = ids(found)
    assert "total" not in found.json
    for entry in found.json.get("entry", []):
        issue = entry["resource"]
        assert issue["severity"] in ("high", "moderate", "low")
        assert issue["patient"]["reference"] == f"Patient/{PATIENT}"
    for one in listed[:2]:
        assert fhir(opened_site, token, f"DetectedIssue/{one}").json["id"] == one
    outcome(fhir(opened_site, token, f"DetectedIssue/{signed['first']}-999"), 404)


def test_pages_follow_one_another_without_gap_or_repetition(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    whole = ids(fhir(opened_site, token, f"Composition?patient={PATIENT}&_count=100"))
    seen: list[str] = []
    path = f"Composition?patient={PATIENT}&_count=1"
    while path:
        page = fhir(opened_site, token, path)
        seen += ids(page)
        links = {link["relation"]: link["url"] for link in page.json["link"]}
        path = links["next"].partition("/fhir/")[2] if "next" in links else ""
        assert len(seen) <= len(whole)
    assert seen == whole


def test_searches_narrow_what_is_found(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    def found(kind: str, query: str) -> set[str]:
        return set(ids(fhir(opened_site, token, f"{kind}?{query}")))

    one = signed["english"]
    assert found("Composition", f"_id={one}") == {one}
    assert found("Composition", f"subject=Patient/{PATIENT}&_id={one}") == {one}
    assert found("DocumentReference", "status=superseded") == {signed["former"]}
    assert signed["former"] not in found("DocumentReference", "status=current")
    assert found("Composition", "date=lt2020-01-01") == set()
    assert one in found("Composition", "date=ge2020&date=lt2100-01-01")
    assert found("Composition", "encounter=nobody") == set()
    counted = fhir(opened_site, token, f"Composition?patient={PATIENT}&_summary=count").json
    assert counted["total"] >= 4 and "entry" not in counted


@pytest.mark.parametrize(
    ("path", "expression"),
    [
        ("Composition?author=x", "author"),
        ("Composition?date=yesterday", "date"),
        ("Composition?date=ap2024", "date"),
        ("Composition?patient=a/b/c", "patient"),
        ("Composition?_count=-1", "_count"),
        ("Composition?_after=zzz", "_after"),
        ("Composition?_sort=date", "_sort"),
        ("DocumentReference?status=", "status"),
        ("Provenance?encounter=x", "encounter"),
        ("Composition?_count=" + "9" * 5000, "query"),
    ],
)
def test_a_search_that_is_not_understood_is_refused(
    opened_site: WebSite, token: str, path: str, expression: str
) -> None:
    issue = outcome(fhir(opened_site, token, path), 400)
    assert issue["expression"] == [expression]


def test_only_json_is_served(opened_site: WebSite, token: str, signed: dict[str, str]) -> None:
    one = f"Composition/{signed['first']}"
    assert fhir(opened_site, token, f"{one}?_format=json").status == 200
    outcome(fhir(opened_site, token, f"{one}?_format=xml"), 406)
    outcome(fhir(opened_site, token, one, Accept="application/fhir+xml"), 406)
    assert fhir(opened_site, token, one, Accept="application/fhir+json").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(
    opened_site: WebSite, token: str, signed: dict[str, str], method: str
) -> None:
    answer = opened_site.api(token, method, f"/fhir/Composition/{signed['first']}", {})
    assert outcome(answer, 405)["code"] == "not-supported"


def test_nobody_reads_without_a_token_or_a_care_relationship(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    path = f"Composition/{signed['first']}"
    assert outcome(fhir(opened_site, "", path), 401)["code"] == "login"
    assert outcome(fhir(opened_site, "wrong", path), 401)["code"] == "login"
    stranger = opened_site.token("it.shi") if "it.shi" in opened_site.passwords else None
    audit = opened_site.token("audit.bai")
    assert outcome(fhir(opened_site, audit, path), 403)["code"] == "forbidden"
    assert outcome(fhir(opened_site, audit, "Composition"), 403)["code"] == "forbidden"
    if stranger is not None:
        outcome(fhir(opened_site, stranger, path), 403)
    outcome(fhir(opened_site, token, "Composition/00000000-0000-0000-0000-000000000000"), 404)
    outcome(fhir(opened_site, token, "Patient/demo-p01"), 404)


def test_a_colleague_of_another_department_finds_nothing(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    others = [
        account
        for account in opened_site.passwords
        if account.startswith("dr.")
        and fhir(opened_site, opened_site.token(account), f"Composition?patient={PATIENT}").status
        == 403
    ]
    assert others, "the demonstration has physicians of other departments"
    colleague = opened_site.token(others[0])
    assert outcome(fhir(opened_site, colleague, f"Composition/{signed['first']}"), 403)
    assert signed["first"] not in ids(fhir(opened_site, colleague, "Composition"))


def test_every_reading_is_audited_before_it_happens(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    fhir(opened_site, token, f"Composition/{signed['first']}")
    store = opened_site.platform.audit_store
    [event] = opened_site.run(store.latest(1))
    assert (event.entry.action, event.entry.channel) == ("signed.read", "fhir")
    assert event.entry.subject == f"SignedRecord/{signed['first']}"
    assert event.entry.patient == PATIENT
    fhir(opened_site, token, f"Composition?patient={PATIENT}&_count=1")
    [event] = opened_site.run(store.latest(1))
    assert event.entry.action == "signed.search" and len(event.entry.detail["records"]) <= 2


def test_the_audit_is_for_its_administrator_alone(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    outcome(fhir(opened_site, token, "AuditEvent"), 403)
    outcome(fhir(opened_site, token, "AuditEvent/suwen-audit-1"), 403)
    office = opened_site.token("audit.bai")
    page = fhir(opened_site, office, "AuditEvent?_count=5")
    assert len(ids(page)) == 5
    links = {link["relation"]: link["url"] for link in page.json["link"]}
    following = fhir(opened_site, office, links["next"].partition("/fhir/")[2])
    assert not set(ids(page)) & set(ids(following))
    first = fhir(opened_site, office, "AuditEvent/suwen-audit-1")
    assert valid(first.json)["id"] == "suwen-audit-1"
    reads = fhir(opened_site, office, f"AuditEvent?patient={PATIENT}&subtype=signed.read")
    assert reads.json["entry"]
    assert all(
        entry["resource"]["subtype"][0]["code"] == "signed.read" for entry in reads.json["entry"]
    )
    assert ids(fhir(opened_site, office, "AuditEvent?date=lt2020-01-01")) == []
    assert ids(fhir(opened_site, office, "AuditEvent?date=ge2020-01-01&_count=1"))
    outcome(fhir(opened_site, office, "AuditEvent?entity=x"), 400)
    outcome(fhir(opened_site, office, "AuditEvent/suwen-audit-999999999"), 404)
    outcome(fhir(opened_site, office, "AuditEvent/1;drop"), 404)


async def test_our_own_client_reads_it_as_any_server(
    opened_site: WebSite, token: str, signed: dict[str, str]
) -> None:
    server = FhirServer(f"http://{opened_site.host}/fhir", TokenProof(token))
    async with FhirClient(server) as client:
        assert (await client.capabilities())["software"]["name"] == "suwen"
        pages = client.search("Composition", {"patient": PATIENT, "_count": "2"})
        found = {str(r["id"]) async for page in pages for r in page.resources}
    assert set(signed.values()) <= found


def test_a_notification_needs_its_secret_and_makes_the_next_look_come(
    opened_site: WebSite,
) -> None:
    from datetime import UTC, datetime

    from suwen.bootstrap.connections.notifications import NotificationBoard
    from suwen.core.connection import Connection, ConnectionKind
    from suwen.storage.connections import ConnectionStore
    from suwen.storage.encryption import field_cipher

    platform = opened_site.platform
    board = NotificationBoard(platform.database, "emr-notified")
    store = ConnectionStore(platform.database, field_cipher(platform.settings.home))
    wanted = Connection(
        "emr-notified",
        ConnectionKind.FHIR_SOURCE,
        {"base_url": "http://127.0.0.1:9/fhir"},
        secrets={"notification_secret": "told-by-emr"},
    )
    opened_site.run(store.put(wanted, None, by="test", at=datetime.now(UTC)))
    assert opened_site.run(board.take()) is False
    path = "/fhir-notifications/emr-notified"
    for secret in ("", "wrong"):
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = opened_site.api("", "POST", path, {}, **headers)
        assert outcome(answer, 401)["code"] == "login"
    assert opened_site.api("x", "POST", "/fhir-notifications/nobody", {}).status == 401
    assert opened_site.run(board.take()) is False
    assert opened_site.api("told-by-emr", "POST", path, {}).status == 200
    assert opened_site.run(board.take()) is True
    assert opened_site.run(board.take()) is False
