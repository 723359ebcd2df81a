"""A client of the hospital's FHIR R4 servers: read, search, history, write, batch and transaction.

Source: HL7 FHIR R4 (4.0.1), http.html, search.html.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

from suwen.core.data_class import check_connection_ceiling, class_of_content
from suwen.core.errors import InputError, IntegrationError, SuwenError
from suwen.core.exact_json import write_exact
from suwen.core.language import Bilingual
from suwen.core.record import Resource
from suwen.integration.fhir.pages import Page, read_page, read_single
from suwen.integration.fhir.refusals import issue_of_outcome, malformed, refusal_of
from suwen.integration.fhir.server import FhirServer
from suwen.integration.fhir.transfer import Exchange, Reply, Transfer

Parameters = Mapping[str, str] | Sequence[tuple[str, str]]

_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_LOCATION: Final = re.compile(
    r"(?:^|/)(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?$"
)
_VERSION: Final = re.compile(r'^(?:W/)?"?(?P<version>[A-Za-z0-9\-.]{1,64})"?$')


@dataclass(frozen=True, slots=True)
class Written:
    """What a write came to.

    Attributes:
        reference: ``Type/id``.
        version: the server's version of it, for the next ``If-Match``; ``None`` where not told.
        created: true for a new one, false where one was changed, or was there already.
    """

    reference: str
    version: str | None
    created: bool


@dataclass(frozen=True, slots=True)
class EntryAnswer:
    """What one entry of a batch or transaction came to.

    Attributes:
        written: for a success that wrote.
        error: why this entry was refused; in a transaction none is, or all are.
    """

    status: int
    written: Written | None = None
    error: SuwenError | None = None
    resource: Resource | None = field(default=None, repr=False)


class FhirClient:
    """Asks one FHIR R4 server.

    Every method raises what ``Transfer.send`` raises, and ``IntegrationError``
    (``fhir_answer_malformed``) for an answer that is not FHIR R4 JSON.

    Raises:
        ConfigurationError: address, proof or certificates cannot be used.
    """

    def __init__(self, server: FhirServer) -> None:
        self._server = server
        self._transfer = Transfer(server)
        self._base = server.base.rstrip("/")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes every connection."""
        await self._transfer.close()

    @property
    def base(self) -> str:
        """The server's base address, without a slash at its end."""
        return self._base

    async def capabilities(self) -> Resource:
        """The server's CapabilityStatement.

        Raises:
            IntegrationError: ``fhir_not_r4`` when it speaks another release.
        """
        reply = await self._transfer.send(
            Exchange("GET", f"{self._base}/metadata", "CapabilityStatement")
        )
        statement = read_single(reply.body, "CapabilityStatement")
        version = str(statement.get("fhirVersion", ""))
        if not version.startswith("4."):
            raise malformed(
                "fhir_not_r4",
                "CapabilityStatement.fhirVersion",
                "服务器不是 FHIR R4；请使用其 R4 地址。",
                "The server does not speak FHIR R4: use its R4 address.",
            )
        return statement

    async def read(self, resource_type: str, resource_id: str) -> Resource:
        """One resource, checked.

        Raises:
            NotFoundError: ``fhir_not_found``, ``fhir_gone``.
            InputError: the resource is not valid R4, with the element's path.
        """
        reply = await self._transfer.send(
            Exchange("GET", self._address(resource_type, resource_id), resource_type)
        )
        return read_single(reply.body, resource_type)

    async def search(self, resource_type: str, parameters: Parameters) -> AsyncGenerator[Page]:
        """Every page of a search, in the server's order.

        A resource that is not valid R4 stands among ``Page.refused`` and holds up nothing else.

        Raises:
            IntegrationError: ``fhir_paging_endless`` when the pages do not end,
                ``fhir_link_elsewhere`` when a page leads to another host.
        """
        query = urlencode(_pairs(parameters))
        url: str | None = f"{self._address(resource_type)}?{query}"
        seen: set[str] = set()
        while url is not None:
            if url in seen or len(seen) >= self._server.limits.pages:
                raise malformed(
                    "fhir_paging_endless",
                    f"{resource_type}.link",
                    "分页没有尽头或重复，已停止。",
                    "The pages repeat or do not end; stopped.",
                )
            seen.add(url)
            reply = await self._transfer.send(Exchange("GET", url, resource_type))
            page = read_page(reply.body, resource_type, self._base)
            yield page
            url = self._server.resolved(page.next, reply.url) if page.next else None

    async def history(self, resource_type: str, since: str, count: int) -> AsyncGenerator[Page]:
        """Every page of a type's history since an instant, deletions among ``Page.deleted``."""
        query = urlencode({"_since": since, "_count": str(count)})
        url: str | None = f"{self._address(resource_type)}/_history?{query}"
        seen: set[str] = set()
        while url is not None and url not in seen and len(seen) < self._server.limits.pages:
            seen.add(url)
            reply = await self._transfer.send(Exchange("GET", url, resource_type))
            page = read_page(reply.body, resource_type, self._base)
            yield page
            url = self._server.resolved(page.next, reply.url) if page.next else None

    async def create(self, resource: Resource, if_none_exist: Parameters | None = None) -> Written:
        """Creates a resource; with a condition only where no match is there.

        Args:
            if_none_exist: search parameters of a business key, which make a repetition safe.

        Raises:
            ConflictError: ``fhir_precondition_failed`` when several match.
            IntegrationError: ``fhir_outcome_unknown`` without a condition, when the connection
                broke while writing.
            PrivacyError: ``above_connection_ceiling``, as at every write.
        """
        self._check_ceiling(resource)
        headers = {}
        if if_none_exist is not None:
            headers["If-None-Exist"] = urlencode(_pairs(if_none_exist))
        reply = await self._transfer.send(
            Exchange(
                "POST",
                self._address(resource["resourceType"]),
                resource["resourceType"],
                write_exact(resource).encode(),
                headers,
                repeatable=if_none_exist is not None,
            )
        )
        return _written(reply, resource["resourceType"])

    async def update(
        self,
        resource: Resource,
        *,
        if_match: str | None = None,
        where: Parameters | None = None,
    ) -> Written:
        """Replaces a resource, or creates it under its id.

        Args:
            if_match: the version that is replaced; another one there is a conflict.
            where: search parameters of a business key: replaces the one match instead of the id.

        Raises:
            ConflictError: ``fhir_precondition_failed``, ``fhir_conflict``.
        """
        self._check_ceiling(resource)
        kind = resource["resourceType"]
        if where is not None:
            url = f"{self._address(kind)}?{urlencode(_pairs(where))}"
        else:
            url = self._address(kind, str(resource.get("id", "")))
        headers = {"If-Match": f'W/"{if_match}"'} if if_match is not None else {}
        # A repetition after a lost answer would meet its own new version as a conflict.
        exchange = Exchange(
            "PUT", url, kind, write_exact(resource).encode(), headers, repeatable=if_match is None
        )
        return _written(await self._transfer.send(exchange), kind)

    async def transaction(self, entries: Sequence[Mapping[str, Any]]) -> list[EntryAnswer]:
        """Writes all entries or none; one answer for each, in order.

        Args:
            entries: Bundle entries with their ``request``.

        Raises:
            SuwenError: as ``refusal_of``, when the server refused the whole.
            IntegrationError: ``fhir_outcome_unknown`` when the connection broke meanwhile.
        """
        return await self._bundle("transaction", entries)

    async def batch(self, entries: Sequence[Mapping[str, Any]]) -> list[EntryAnswer]:
        """Does each entry for itself; one answer for each, in order, refusals among them."""
        return await self._bundle("batch", entries)

    async def _bundle(self, kind: str, entries: Sequence[Mapping[str, Any]]) -> list[EntryAnswer]:
        for entry in entries:
            self._check_ceiling(entry.get("resource"))
        bundle = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
        only_reads = all(e.get("request", {}).get("method") in ("GET", "HEAD") for e in entries)
        reply = await self._transfer.send(
            Exchange(
                "POST",
                self._base,
                "Bundle",
                write_exact(bundle).encode(),
                repeatable=only_reads,
            )
        )
        answer = read_single(reply.body, "Bundle")
        listed = answer.get("entry") or []
        if answer.get("type") != f"{kind}-response" or len(listed) != len(entries):
            raise malformed(
                "fhir_answer_malformed",
                "Bundle.entry",
                "批量应答的条数或类型与请求不符。",
                "The answer's type or its number of entries is not that of the request.",
            )
        return [_entry_answer(entry, f"Bundle.entry[{n}]") for n, entry in enumerate(listed)]

    def _check_ceiling(self, leaving: Any) -> None:
        check_connection_ceiling(class_of_content(leaving), self._server.ceiling, self._base)

    def _address(self, resource_type: str, resource_id: str | None = None) -> str:
        if not _TYPE.fullmatch(resource_type) or (
            resource_id is not None and not _ID.fullmatch(resource_id)
        ):
            raise InputError(
                "resource_id",
                Bilingual(
                    zh="资源类型或编号不是 FHIR 的写法。",
                    en="The type or id of the resource is not what FHIR allows.",
                ),
                field=resource_type if _TYPE.fullmatch(resource_type) else "resourceType",
            )
        whole = f"{self._base}/{resource_type}"
        return whole if resource_id is None else f"{whole}/{quote(resource_id, safe='')}"


def _pairs(parameters: Parameters) -> Sequence[tuple[str, str]]:
    return list(parameters.items()) if isinstance(parameters, Mapping) else list(parameters)


def _written(reply: Reply, where: str) -> Written:
    """Reference and version out of Location and ETag, else out of the resource sent back."""
    location = reply.headers.get("location") or reply.headers.get("content-location") or ""
    version = _version(reply.headers.get("etag"))
    found = _LOCATION.search(location.split("?")[0])
    if found is None:
        if not reply.body:
            raise malformed(
                "fhir_answer_malformed",
                where,
                "应答未说明写入了哪个资源（缺 Location）。",
                "The answer does not say what was written (no Location).",
            )
        body = read_single(reply.body, where)
        meta = body.get("meta") or {}
        told = meta.get("versionId")
        return Written(
            f"{where}/{body['id']}", version or (str(told) if told else None), reply.status == 201
        )
    return Written(
        f"{found['type']}/{found['id']}", version or found["version"], reply.status == 201
    )


def _version(tag: str | None) -> str | None:
    found = _VERSION.match((tag or "").strip())
    return found["version"] if found else None


def _entry_answer(entry: Any, path: str) -> EntryAnswer:
    response = entry.get("response") if isinstance(entry, Mapping) else None
    status = str((response or {}).get("status", ""))[:3]
    if not isinstance(response, Mapping) or not status.isdigit():
        raise IntegrationError(
            "fhir_answer_malformed",
            Bilingual(zh=f"{path}：缺少状态。", en=f"{path}: it has no status."),
            field=path,
        )
    resource = entry.get("resource")
    body = resource if isinstance(resource, Mapping) else None
    if not 200 <= int(status) < 400:
        outcome = response.get("outcome") or body
        error = refusal_of(int(status), b"", path)
        error.detail.update(issue_of_outcome(outcome))
        return EntryAnswer(int(status), error=error)
    found = _LOCATION.search(str(response.get("location", "")).split("?")[0])
    written = None
    if found is not None:
        version = _version(str(response.get("etag") or "")) or found["version"]
        written = Written(f"{found['type']}/{found['id']}", version, status == "201")
    return EntryAnswer(int(status), written, resource=body)
