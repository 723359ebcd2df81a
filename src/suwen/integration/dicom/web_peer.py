"""A DICOMweb server, asked by us: QIDO-RS, WADO-RS and STOW-RS, without a thread.

Source: DICOM PS3.18 sections 8 to 10; annex F of PS3.18 (DICOM JSON).
"""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from suwen.core.errors import ConfigurationError, SuwenError
from suwen.core.exact_json import read_exact
from suwen.core.language import Bilingual
from suwen.integration.dicom.multipart import joined, parts_of
from suwen.integration.dicom.peer import Outgoing, Sent
from suwen.integration.dicom.problems import peer_failed
from suwen.integration.dicom.queries import FoundStudy, StudyQuery

_JSON: Final = "application/dicom+json"
_ANY_DICOM: Final = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_DICOM: Final = 'multipart/related; type="application/dicom"'
_PIECE: Final = 1 << 18
LARGEST_JSON: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A DICOMweb server, as it is called.

    Attributes:
        url: root of its services, for example ``https://pacs/dicom-web``; no redirect is followed.
        user: for HTTP basic authentication with ``password``; else ``token`` as a bearer token.
        tls: verifies an https server; ``None`` takes the system's authorities.
        largest: bytes of one answer.
    """

    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    timeout_s: float = 60.0
    largest: int = 1 << 30


class DicomWebPeer:
    """One DICOMweb server; close it after use."""

    def __init__(self, address: WebAddress) -> None:
        if (address.user or address.token) and address.url.startswith("http://"):
            _require_loopback(address.url)
        self._address = address
        self._opened: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes every connection."""
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    async def probe(self) -> float:
        """Asks for one study; milliseconds until the answer.

        Raises:
            IntegrationError: ``dicomweb_unreachable``, ``dicomweb_refused``, ``dicomweb_failed``,
                ``dicomweb_answer_malformed`` or ``dicomweb_answer_too_large``.
        """
        began = time.perf_counter()
        await self._json("studies", {"limit": "1"})
        return (time.perf_counter() - began) * 1000

    async def find(self, query: StudyQuery, limit: int = 200) -> list[FoundStudy]:
        """QIDO-RS search for studies; raises as ``probe``."""
        found = await self._json("studies", {**_parameters(query), "limit": str(limit)})
        return [study for study in map(_found, found) if study is not None]

    async def series(self, study_uid: str) -> list[str]:
        """UIDs of a study's series; raises as ``probe``."""
        found = await self._json(f"studies/{study_uid}/series", {})
        return [uid for one in found if (uid := _value(one, "0020000E"))]

    async def instances(self, study_uid: str) -> list[tuple[str, str]]:
        """SOP class and SOP Instance UID of a study's objects; raises as ``probe``."""
        found = await self._json(f"studies/{study_uid}/instances", {})
        pairs = [(_value(one, "00080016"), _value(one, "00080018")) for one in found]
        return [(a, b) for a, b in pairs if a and b]

    async def metadata(self, study_uid: str) -> list[Mapping[str, Any]]:
        """WADO-RS metadata of a study in DICOM JSON; raises as ``probe``."""
        return await self._json(f"studies/{study_uid}/metadata", {})

    async def retrieve(
        self, study_uid: str, series_uid: str | None = None, instance_uid: str | None = None
    ) -> list[bytes]:
        """WADO-RS: the objects of a study, series or instance as they are kept; raises as
        ``probe``."""
        path = f"studies/{study_uid}"
        path += f"/series/{series_uid}" if series_uid else ""
        path += f"/instances/{instance_uid}" if series_uid and instance_uid else ""
        try:
            kind, body = await self._get(path, {}, _ANY_DICOM)
        except SuwenError as error:
            if error.detail.get("status") not in (400, 406):
                raise
            # Older servers know no asterisk; they send what they keep by default.
            kind, body = await self._get(path, {}, _DICOM)
        return list(parts_of(kind, body))

    async def rendered(self, study_uid: str, series_uid: str, instance_uid: str) -> bytes:
        """WADO-RS rendered image as PNG, drawn by the server; raises as ``probe``."""
        path = f"studies/{study_uid}/series/{series_uid}/instances/{instance_uid}/rendered"
        _kind, body = await self._get(path, {}, "image/png")
        return body

    async def store(self, objects: Sequence[Outgoing]) -> list[Sent]:
        """STOW-RS of some objects; how each was taken. Raises as ``probe``."""
        kind, body = joined([one.content for one in objects])
        headers = {"Content-Type": kind, "Accept": _JSON}
        async with self._asked("POST", "studies", {}, headers, body) as answer:
            if answer.status not in (200, 202, 409):
                raise _status(answer.status)
            told = _as_json(await self._body(answer, LARGEST_JSON))
        failures = _failures(told)
        taken = {_value(item, "00081155") for item in _sequence(told, "00081199")}
        return [_sent(one.sop_instance_uid, taken, failures) for one in objects]

    async def _json(self, path: str, parameters: Mapping[str, str]) -> list[Mapping[str, Any]]:
        headers = {"Accept": _JSON}
        async with self._asked("GET", path, parameters, headers, None) as answer:
            if answer.status == 204:
                return []
            if answer.status != 200:
                raise _status(answer.status)
            found = _as_json(await self._body(answer, LARGEST_JSON))
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise _malformed()
        return found

    async def _get(
        self, path: str, parameters: Mapping[str, str], accept: str
    ) -> tuple[str, bytes]:
        async with self._asked("GET", path, parameters, {"Accept": accept}, None) as answer:
            if answer.status != 200:
                raise _status(answer.status)
            body = await self._body(answer, self._address.largest)
            return answer.headers.get("Content-Type", ""), body

    @asynccontextmanager
    async def _asked(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = f"{self._address.url.rstrip('/')}/{path}"
        try:
            answer = await self._request(method, url, parameters, headers, body)
            async with answer:
                yield answer
        except (aiohttp.ClientError, TimeoutError) as error:
            raise peer_failed(
                "dicomweb_unreachable",
                "无法连接 DICOMweb 服务，请检查地址、证书与网络。",
                "The DICOMweb server cannot be reached: check address, certificate and network.",
                kind=type(error).__name__,
            ) from None

    async def _request(
        self,
        method: str,
        url: str,
        parameters: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> aiohttp.ClientResponse:
        """Asks; once more where the server closed a kept connection just then. What is stored
        twice is one object, by its UID."""

        async def ask() -> aiohttp.ClientResponse:
            return await self._session().request(
                method,
                url,
                params=parameters,
                headers=headers,
                data=body,
                allow_redirects=False,
            )

        try:
            return await ask()
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            return await ask()

    async def _body(self, answer: aiohttp.ClientResponse, largest: int) -> bytes:
        content = bytearray()
        async for piece in answer.content.iter_chunked(_PIECE):
            content += piece
            if len(content) > largest:
                raise peer_failed(
                    "dicomweb_answer_too_large",
                    "对方 DICOMweb 服务的应答过大。",
                    "The other side's DICOMweb answer is larger than allowed.",
                )
        return bytes(content)

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:
            at = self._address
            headers = {"Authorization": f"Bearer {at.token}"} if at.token else {}
            login = aiohttp.BasicAuth(at.user, at.password or "") if at.user else None
            self._opened = aiohttp.ClientSession(
                auth=login,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=at.timeout_s),
                # Servers close idle connections soon, and then an object on its way is in vain.
                connector=aiohttp.TCPConnector(ssl=at.tls or True, limit=8, keepalive_timeout=0.5),
            )
        return self._opened


def _parameters(query: StudyQuery) -> dict[str, str]:
    days = ""
    if query.since or query.until:
        first = f"{query.since:%Y%m%d}" if query.since else ""
        last = f"{query.until:%Y%m%d}" if query.until else ""
        days = first if first == last else f"{first}-{last}"
    asked = {
        "PatientID": query.patient_number,
        "AccessionNumber": query.accession_number,
        "StudyInstanceUID": query.study_uid,
        "ModalitiesInStudy": query.modality,
        "StudyDate": days or None,
    }
    return {name: value for name, value in asked.items() if value}


def _found(one: Mapping[str, Any]) -> FoundStudy | None:
    uid = _value(one, "0020000D")
    if uid is None:
        return None
    number = _value(one, "00201208")
    day, at = _value(one, "00080020"), _value(one, "00080030")
    started = None
    if day and len(day) == 8:
        started = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        if at and len(at) >= 4:
            started += f"T{at[:2]}:{at[2:4]}:{at[4:6] or '00'}"
    return FoundStudy(
        study_uid=uid,
        patient_number=_value(one, "00100020"),
        patient_name=_value(one, "00100010"),
        started=started,
        modalities=tuple(str(v) for v in _values(one, "00080061")),
        description=_value(one, "00081030"),
        accession_number=_value(one, "00080050"),
        instances=int(number) if number and number.isdigit() else None,
    )


def _values(one: Mapping[str, Any], tag: str) -> list[Any]:
    element = one.get(tag)
    values = element.get("Value") if isinstance(element, Mapping) else None
    return values if isinstance(values, list) else []


def _value(one: Mapping[str, Any], tag: str) -> str | None:
    """The first value as text; of a person name the ideographic group, else the alphabetic."""
    for value in _values(one, tag):
        if isinstance(value, Mapping):
            name = value.get("Ideographic") or value.get("Alphabetic")
            return str(name) if name else None
        if value is not None:
            return str(value)
    return None


def _sequence(one: Any, tag: str) -> list[Mapping[str, Any]]:
    if not isinstance(one, Mapping):
        return []
    return [item for item in _values(one, tag) if isinstance(item, Mapping)]


def _failures(told: Any) -> dict[str | None, int]:
    """Reason by SOP Instance UID; ``None`` stands for a failure that names no object."""
    found: dict[str | None, int] = {}
    for item in _sequence(told, "00081198"):
        reason = _value(item, "00081197") or ""
        found[_value(item, "00081155")] = int(reason) if reason.isdigit() else 0xC000
    return found


def _sent(uid: str, taken: set[str | None], failures: Mapping[str | None, int]) -> Sent:
    if uid in taken:
        return Sent(uid, 0, True)
    return Sent(uid, failures.get(uid, failures.get(None, 0xC000)), False)


def _as_json(body: bytes) -> Any:
    try:
        return read_exact(body.decode())
    except (ValueError, RecursionError):
        raise _malformed() from None


def _status(status: int) -> SuwenError:
    if status in (401, 403):
        return peer_failed(
            "dicomweb_refused",
            "DICOMweb 服务拒绝访问，请检查账号或令牌。",
            "The DICOMweb server refused access: check the account or token.",
            status=status,
        )
    return peer_failed(
        "dicomweb_failed",
        f"DICOMweb 服务未完成请求（HTTP {status}）。",
        f"The DICOMweb server did not carry out the request (HTTP {status}).",
        status=status,
    )


def _malformed() -> SuwenError:
    return peer_failed(
        "dicomweb_answer_malformed",
        "对方 DICOMweb 服务的应答格式不对或不完整。",
        "The other side's DICOMweb answer is malformed or cut off.",
    )


def _require_loopback(url: str) -> None:
    host = url.removeprefix("http://").split("/", 1)[0].rsplit(":", 1)[0]
    if host not in ("127.0.0.1", "[::1]", "localhost"):
        raise ConfigurationError(
            "dicomweb_needs_tls",
            Bilingual(
                zh="DICOMweb 使用账号或令牌时必须用 https 地址。",
                en="A DICOMweb server that is asked with an account or token needs an https "
                "address.",
            ),
            detail={"url": "http"},
        )
