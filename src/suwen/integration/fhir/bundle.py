"""The resources of one unit: entries taken out of a Bundle, references resolved, all checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from suwen.core.audit import content_hash
from suwen.core.exact_json import write_exact
from suwen.core.plain_text import is_plain, place_of_unplain, text_not_storable
from suwen.core.record import Resource
from suwen.integration.fhir.problems import refused
from suwen.integration.fhir.resource_types import RESOURCE_TYPES, nearest_type
from suwen.integration.fhir.validate import check_resource

MAX_RESOURCES = 200_000
_BUNDLE_TYPES = ("transaction", "collection", "document", "batch", "searchset", "message")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE = re.compile(r"[A-Z][A-Za-z]{2,63}")
_MAX_DEPTH = 100


def read_bundle(data: object) -> list[Resource]:
    """As ``read_resources``, for what must be a Bundle.

    Raises:
        InputError: ``not_a_bundle``, and whatever ``read_resources`` refuses.
    """
    if not isinstance(data, Mapping) or data.get("resourceType") != "Bundle":
        raise refused(
            "not_a_bundle",
            "bundle.resourceType",
            "必须是 R4 Bundle。",
            "Must be an R4 Bundle.",
        )
    return read_resources(data)


def read_resources(data: object) -> list[Resource]:
    """All resources of a Bundle or of one single resource, none lost.

    References inside the unit (``urn:uuid:…``, full URLs) become ``Type/id``; a resource
    without an id gets the one of its fullUrl, else one derived from its content, as a server
    would give it. Numbers stay exactly as they were read.

    Args:
        data: parsed JSON, numbers as Decimal, int or float.

    Raises:
        InputError: with the path of what is wrong; nothing of a damaged unit is returned.
    """
    if not isinstance(data, Mapping):
        raise refused(
            "not_a_resource",
            "",
            "顶层必须是一个 FHIR 资源对象。",
            "The top level must be one FHIR resource object.",
        )
    resource_type = _type_of(data, "resource")
    if resource_type == "Bundle":
        found = _entries(data)
        return _finished(found, [f"Bundle.entry[{index}].resource" for index in range(len(found))])
    return _finished([(data, None, resource_type)], [resource_type])


class _NotPlainError(Exception):
    """A text cannot be stored; where it stands is looked for then."""


_Found = tuple[Mapping[str, Any], str | None, str]


def _entries(bundle: Mapping[str, Any]) -> list[_Found]:
    kind = bundle.get("type")
    if kind not in _BUNDLE_TYPES:
        raise refused(
            "bundle_type",
            "Bundle.type",
            f"必须是以下之一：{'、'.join(_BUNDLE_TYPES)}。",
            f"Must be one of: {', '.join(_BUNDLE_TYPES)}.",
        )
    entries = bundle.get("entry", [])
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise refused("element_type", "Bundle.entry", "必须是数组。", "Must be an array.")
    if len(entries) > MAX_RESOURCES:
        raise refused(
            "bundle_too_large",
            "Bundle.entry",
            f"超过 {MAX_RESOURCES} 条，请拆分。",
            f"More than {MAX_RESOURCES} entries; split it.",
        )
    return [_entry(entry, f"Bundle.entry[{index}]") for index, entry in enumerate(entries)]


def _entry(entry: object, path: str) -> _Found:
    if not isinstance(entry, Mapping):
        raise refused("element_type", path, "必须是对象。", "Must be an object.")
    request = entry.get("request")
    if isinstance(request, Mapping) and request.get("method") in ("DELETE", "GET", "HEAD", "PATCH"):
        raise refused(
            "bundle_request",
            f"{path}.request.method",
            "只接受 POST 与 PUT；不接受删除、修补与查询。",
            "Only POST and PUT are taken; no deletion, patch or query.",
        )
    resource = entry.get("resource")
    if not isinstance(resource, Mapping):
        raise refused(
            "entry_without_resource",
            f"{path}.resource",
            "缺少资源。",
            "The entry has no resource.",
        )
    resource_type = _type_of(resource, f"{path}.resource")
    full_url = entry.get("fullUrl")
    if full_url is not None and not isinstance(full_url, str):
        raise refused("element_type", f"{path}.fullUrl", "必须是字符串。", "Must be a string.")
    return resource, full_url, resource_type


def _finished(found: list[_Found], paths: list[str]) -> list[Resource]:
    """Gives ids, resolves references and checks each resource."""
    targets: dict[str, str] = {}
    identities: list[str] = []
    seen: dict[str, int] = {}
    for index, (resource, full_url, resource_type) in enumerate(found):
        identity = _identity(resource, full_url, paths[index])
        reference = f"{resource_type}/{identity}"
        if reference in seen:
            raise refused(
                "duplicate_resource",
                paths[index],
                f"与第 {seen[reference]} 条的类型和 id 相同。",
                f"Same type and id as entry {seen[reference]}.",
            )
        seen[reference] = index
        identities.append(identity)
        if full_url:
            if targets.get(full_url, reference) != reference:
                raise refused(
                    "duplicate_full_url",
                    paths[index],
                    "fullUrl 重复。",
                    "The fullUrl is used twice.",
                )
            targets[full_url] = reference
    finished: list[Resource] = []
    for index, (resource, _full_url, _type) in enumerate(found):
        try:
            body = _resolved(resource, targets, paths[index], 0)
        except _NotPlainError:
            raise text_not_storable(place_of_unplain(resource, paths[index])) from None
        body["id"] = identities[index]
        check_resource(body, paths[index])
        finished.append(body)
    return finished


def _identity(resource: Mapping[str, Any], full_url: str | None, path: str) -> str:
    identity = resource.get("id")
    if identity is None and full_url:
        identity = full_url.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    if identity is None:
        return content_hash(write_exact(resource))[:32]
    if not isinstance(identity, str) or not _ID.fullmatch(identity):
        raise refused(
            "resource_id",
            f"{path}.id",
            "id 只能有 1 至 64 个字母、数字、- 或 .。",
            "An id has 1 to 64 letters, digits, - or . only.",
        )
    return identity


def _type_of(resource: Mapping[str, Any], path: str) -> str:
    resource_type = resource.get("resourceType")
    if not isinstance(resource_type, str) or not _TYPE.fullmatch(resource_type):
        raise refused(
            "resource_type",
            f"{path}.resourceType",
            "缺少 resourceType 或它不是 FHIR 资源类型名。",
            "resourceType is missing or is not the name of a FHIR resource type.",
        )
    if resource_type not in RESOURCE_TYPES:
        near = nearest_type(resource_type)
        raise refused(
            "resource_type_unknown",
            f"{path}.resourceType",
            f"FHIR R4 没有资源类型 {resource_type}"
            + (f"，是否指 {near}？" if near else "。请按 R4（4.0.1）重新导出。"),
            f"FHIR R4 has no resource type {resource_type}"
            + (f"; did you mean {near}?" if near else ": export as R4 (4.0.1)."),
        )
    return resource_type


def _resolved(value: Any, targets: Mapping[str, str], path: str, depth: int) -> Any:
    """A deep copy with references inside the unit resolved."""
    if depth > _MAX_DEPTH:
        raise refused("json_too_deep", path, "嵌套过深。", "Nested too deeply.")
    if isinstance(value, Mapping):
        copy = {key: _resolved(item, targets, path, depth + 1) for key, item in value.items()}
        reference = copy.get("reference")
        if isinstance(reference, str) and reference in targets:
            copy["reference"] = targets[reference]
        return copy
    if isinstance(value, list | tuple):
        return [_resolved(item, targets, path, depth + 1) for item in value]
    if isinstance(value, str) and not is_plain(value):
        raise _NotPlainError
    return value
