"""A page of a FHIR server's answer: what is right, what is not and why, and where it goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from suwen.core.errors import InputError
from suwen.core.record import Resource
from suwen.integration.fhir.at_once import read_bundle_at_once
from suwen.integration.fhir.bundle import read_resources
from suwen.integration.fhir.problems import refused as refused_element
from suwen.integration.fhir.reading import parse_json, read_checked
from suwen.integration.fhir.refusals import issue_of_outcome, malformed

_ABSOLUTE: Final = re.compile(rb'"reference"\s*:\s*"https?:')
_REFERENCE: Final = re.compile(r"([A-Z][A-Za-z]{1,63})/([A-Za-z0-9\-.]{1,64})")
_TAKEN: Final = ("searchset", "history")
_NOT_FHIR: Final = (
    "应答不是 FHIR JSON；请检查地址是否为 FHIR 服务的基础地址。",
    "The answer is not FHIR JSON: check that the address is the base address of a FHIR service.",
)


@dataclass(frozen=True, slots=True)
class RefusedResource:
    """A resource of a page that is not valid R4.

    Attributes:
        reference: ``Type/id`` where that much could be read.
        body: as it came.
        error: names the element at fault.
    """

    reference: str | None
    body: Mapping[str, Any] = field(repr=False)
    error: InputError


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        resources: checked, references to the same server as ``Type/id``.
        refused: what is not valid R4, each with its reason.
        deleted: ``Type/id`` of what a history says was deleted, with the instant where told.
        issues: what the server remarked on the search, by the standard's codes.
        total: how many matches there are in all, where told.
        next: link to the next page, as told; ``None`` on the last.
    """

    resources: tuple[Resource, ...] = field(repr=False)
    refused: tuple[RefusedResource, ...] = ()
    deleted: tuple[tuple[str, str | None], ...] = ()
    issues: tuple[Mapping[str, str | int], ...] = ()
    total: int | None = None
    next: str | None = None


def read_page(body: bytes, where: str, base: str) -> Page:
    """A Bundle of type ``searchset`` or ``history``.

    Args:
        where: what was asked, for errors.
        base: the server's base address; absolute references below it become ``Type/id``.

    Raises:
        IntegrationError: ``fhir_answer_malformed`` when it is no such Bundle.
    """
    text = _text(body, where)
    outside = _ABSOLUTE.search(body) is not None
    at_once = None if outside else read_bundle_at_once(text)
    if at_once is not None and at_once[0]["type"] == "searchset":
        return _page(at_once[0], at_once[1])
    bundle = _bundle(text, where)
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        raise malformed("fhir_answer_malformed", f"{where}.entry", *_NOT_FHIR)
    good: list[Resource] = []
    refused: list[RefusedResource] = []
    deleted: list[tuple[str, str | None]] = []
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            gone = _deletion(entry)
            if gone is None:
                raise malformed("fhir_answer_malformed", f"{where}.entry.resource", *_NOT_FHIR)
            deleted.append(gone)
            continue
        if outside:
            make_local(resource, base)
        try:
            good.extend(_taken(resource, where))
        except InputError as error:
            refused.append(RefusedResource(_reference(resource), resource, error))
    return _page(bundle, good, refused, deleted)


def _page(
    bundle: Mapping[str, Any],
    resources: Sequence[Resource],
    refused: Sequence[RefusedResource] = (),
    deleted: Sequence[tuple[str, str | None]] = (),
) -> Page:
    total = bundle.get("total")
    outcomes = [r for r in resources if r["resourceType"] == "OperationOutcome"]
    return Page(
        tuple(r for r in resources if r["resourceType"] != "OperationOutcome"),
        tuple(refused),
        tuple(deleted),
        tuple(issue_of_outcome(outcome) for outcome in outcomes),
        total if isinstance(total, int) else None,
        _next(bundle),
    )


def _taken(resource: dict[str, Any], where: str) -> list[Resource]:
    # Only what the server itself numbered can be updated later; an outcome has no number.
    if resource.get("resourceType") == "OperationOutcome":
        return [resource]
    if resource.get("id") is None:
        raise refused_element(
            "resource_id", f"{where}.id", "服务器未给出资源编号。", "The server gave it no id."
        )
    return read_resources(resource)


def read_single(body: bytes, where: str) -> Resource:
    """One resource of the type that was asked for.

    Raises:
        IntegrationError: ``fhir_answer_malformed`` when it is another type or no FHIR JSON.
        InputError: the resource is not valid R4, with the element's path.
    """
    text = _text(body, where)
    try:
        data = parse_json(text)
    except InputError:
        raise malformed("fhir_answer_malformed", where, *_NOT_FHIR) from None
    if not isinstance(data, dict) or data.get("resourceType") != where:
        raise malformed("fhir_answer_malformed", where, *_NOT_FHIR)
    if where in ("Bundle", "CapabilityStatement"):
        return data
    [resource] = read_checked(text)
    return resource


def make_local(value: Any, base: str) -> None:
    """Turns references below the server's base address into ``Type/id``, in place."""
    pending, start = [value], f"{base}/"
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            reference = item.get("reference")
            if isinstance(reference, str) and reference.startswith(start):
                found = _REFERENCE.match(reference, len(start))
                if found is not None:
                    item["reference"] = found[0]
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def _text(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise malformed(
            "fhir_answer_malformed", where, "应答不是 UTF-8。", "The answer is not UTF-8."
        ) from None


def _bundle(text: str, where: str) -> dict[str, Any]:
    try:
        data = parse_json(text)
    except InputError as error:
        # What is said about the place in the text holds nothing of the text itself.
        problem = error.safe_message
        raise malformed("fhir_answer_malformed", where, problem.zh, problem.en) from None
    if (
        not isinstance(data, dict)
        or data.get("resourceType") != "Bundle"
        or data.get("type") not in _TAKEN
    ):
        raise malformed("fhir_answer_malformed", f"{where} Bundle.type", *_NOT_FHIR)
    return data


def _deletion(entry: object) -> tuple[str, str | None] | None:
    """What a history entry says was deleted, and when."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict) or request.get("method") != "DELETE":
        return None
    found = _REFERENCE.search(str(request.get("url", "")))
    response = entry.get("response") if isinstance(entry, dict) else None
    at = response.get("lastModified") if isinstance(response, dict) else None
    return (found[0], at if isinstance(at, str) else None) if found else None


def _reference(resource: Mapping[str, Any]) -> str | None:
    kind, identity = resource.get("resourceType"), resource.get("id")
    whole = f"{kind}/{identity}"
    return whole if _REFERENCE.fullmatch(whole) else None


def _next(bundle: Mapping[str, Any]) -> str | None:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            url = link.get("url")
            return url if isinstance(url, str) and url else None
    return None
