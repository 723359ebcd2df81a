"""References inside a unit, ids, and what makes a whole unit refused."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from suwen.core.errors import InputError
from suwen.integration.fhir.bundle import read_bundle, read_resources
from suwen.integration.fhir.resource_types import RESOURCE_TYPES

Resource = dict[str, Any]


def bundle(*entries: Resource, kind: Any = "transaction") -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def entry(resource: Resource, url: str | None = None, method: str | None = "POST") -> Resource:
    body: Resource = {"resource": resource}
    if url:
        body["fullUrl"] = url
    if method:
        body["request"] = {"method": method, "url": resource.get("resourceType", "")}
    return body


def patient(**more: Any) -> Resource:
    return {"resourceType": "Patient", "id": "p"} | more


def condition(subject: str, identity: str = "c") -> Resource:
    return {"resourceType": "Condition", "id": identity, "subject": {"reference": subject}}


def refused(data: Any) -> InputError:
    with pytest.raises(InputError) as refusal:
        read_resources(data)
    return refusal.value


def test_references_by_urn_and_by_full_url_become_type_and_id() -> None:
    resources = read_resources(
        bundle(
            entry(condition("urn:uuid:1"), "urn:uuid:2"),
            entry(patient(), "urn:uuid:1"),
            entry(condition("http://his/fhir/Patient/p9", "d"), "http://his/fhir/Condition/d"),
            entry(patient(id="p9"), "http://his/fhir/Patient/p9"),
        )
    )
    assert [r["subject"]["reference"] for r in resources if "subject" in r] == [
        "Patient/p",
        "Patient/p9",
    ]


def test_a_reference_that_leads_nowhere_stays_as_it_is() -> None:
    (resource,) = read_resources(bundle(entry(condition("urn:uuid:none"))))
    assert resource["subject"]["reference"] == "urn:uuid:none"


def test_references_deep_inside_contained_resources_are_resolved() -> None:
    claim = {
        "resourceType": "Claim",
        "id": "x",
        "contained": [{"resourceType": "Coverage", "beneficiary": {"reference": "urn:uuid:1"}}],
    }
    resources = read_resources(bundle(entry(claim), entry(patient(), "urn:uuid:1")))
    assert resources[0]["contained"][0]["beneficiary"]["reference"] == "Patient/p"


def test_the_given_data_are_not_changed() -> None:
    given = bundle(entry(condition("urn:uuid:1")), entry(patient(), "urn:uuid:1"))
    read_resources(given)
    assert given["entry"][0]["resource"]["subject"]["reference"] == "urn:uuid:1"


def test_a_resource_without_id_gets_its_full_urls_or_one_of_its_content() -> None:
    bare = {"resourceType": "Condition", "subject": {"reference": "Patient/p"}}
    named, derived = read_resources(
        bundle(entry(dict(bare), "urn:uuid:abc"), entry(bare | {"code": {"text": "x"}}))
    )
    assert named["id"] == "abc"
    again = read_resources(bundle(entry(bare | {"code": {"text": "x"}})))
    assert derived["id"] == again[0]["id"]
    assert len(derived["id"]) == 32


def test_resources_that_nobody_types_are_kept_whole() -> None:
    strange = {"resourceType": "MolecularSequence", "id": "s", "anything": [{"x": None}]}
    assert read_resources(bundle(entry(strange))) == [strange]


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        (bundle(kind="history"), "bundle_type", "Bundle.type"),
        (bundle(kind=None), "bundle_type", "Bundle.type"),
        (bundle() | {"entry": "x"}, "element_type", "Bundle.entry"),
        (bundle() | {"entry": [5]}, "element_type", "Bundle.entry[0]"),
        (bundle({}), "entry_without_resource", "Bundle.entry[0].resource"),
        (
            bundle(entry(patient(), method="DELETE")),
            "bundle_request",
            "Bundle.entry[0].request.method",
        ),
        (
            bundle(entry({"id": "x"})),
            "resource_type",
            "Bundle.entry[0].resource.resourceType",
        ),
        (
            bundle(entry({"resourceType": "Observaton", "id": "x"})),
            "resource_type_unknown",
            "Bundle.entry[0].resource.resourceType",
        ),
        (
            bundle(entry(patient()), entry(patient())),
            "duplicate_resource",
            "Bundle.entry[1].resource",
        ),
        (
            bundle(entry(patient(), "urn:uuid:1"), entry(patient(id="q"), "urn:uuid:1")),
            "duplicate_full_url",
            "Bundle.entry[1].resource",
        ),
        (bundle(entry(patient(id="a/b"))), "resource_id", "Bundle.entry[0].resource.id"),
        (bundle(entry(patient(id=""))), "resource_id", "Bundle.entry[0].resource.id"),
        (bundle(entry(patient(id=7))), "resource_id", "Bundle.entry[0].resource.id"),
        (
            bundle(entry(patient()) | {"fullUrl": 5}),
            "element_type",
            "Bundle.entry[0].fullUrl",
        ),
    ],
)
def test_a_damaged_unit_is_refused_whole_with_its_place(
    data: Resource, code: str, path: str
) -> None:
    error = refused(data)
    assert (error.code, error.field) == (code, path)
    assert path in error.safe_message.zh
    assert path in error.safe_message.en


@pytest.mark.parametrize("text", ["\x00", "\ud800"])
def test_a_text_that_cannot_be_stored_is_refused_with_its_place(text: str) -> None:
    error = refused(bundle(entry(patient()), entry(patient(id="q", name=[{"text": text}]))))
    place = "Bundle.entry[1].resource.name[0].text"
    assert (error.code, error.field) == ("text_not_storable", place)


def test_an_unknown_type_is_told_what_it_may_be() -> None:
    assert (
        "did you mean Observation?"
        in refused({"resourceType": "Observaton", "id": "x"}).safe_message.en
    )
    assert "export as R4" in refused({"resourceType": "Gibberish", "id": "x"}).safe_message.en


def test_every_type_of_the_installed_r4_models_is_known() -> None:
    folder = Path(str(find_spec("fhir.resources.R4B").submodule_search_locations[0]))
    bases = {"domainresource.DomainResource", "resource.Resource"}
    classes = {
        node.name
        for file in folder.glob("*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.ClassDef) and bases & {ast.unparse(base) for base in node.bases}
    }
    assert len(classes) > 100
    assert classes - {"DomainResource"} <= RESOURCE_TYPES


def test_an_empty_bundle_holds_nothing() -> None:
    assert read_resources(bundle()) == []
    assert read_resources({"resourceType": "Bundle", "type": "collection"}) == []


def test_what_must_be_a_bundle_is_one() -> None:
    assert read_bundle(bundle(entry(patient())))[0]["id"] == "p"
    for other in (patient(), [], None, "x"):
        with pytest.raises(InputError) as refusal:
            read_bundle(other)
        assert refusal.value.code == "not_a_bundle"
