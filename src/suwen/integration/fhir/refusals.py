"""What a FHIR server refused, as an error of ours: the standard's codes, never its free text.

An OperationOutcome's ``diagnostics`` and ``details.text`` may quote a patient's data, so they are
never kept; its issue codes, severities and expressions say where and what.

Source: HL7 FHIR R4 (4.0.1), http.html, operationoutcome.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from suwen.core.errors import (
    ConflictError,
    IntegrationError,
    NotFoundError,
    SuwenError,
    UnavailableError,
)
from suwen.core.language import Bilingual

_ISSUE_CODE = re.compile(r"[a-z-]{1,40}")
_EXPRESSION = re.compile(r"[A-Za-z][A-Za-z0-9.\[\]()]{0,120}")
_MOST_OUTCOME_BYTES = 64 * 1024

RETRIED = frozenset({408, 425, 429, 502, 503, 504})
"""Statuses after which the same question may be answered a moment later."""

NEVER_DONE = frozenset({408, 425, 429, 503})
"""Those of them after which the server has certainly done nothing."""


def refusal_of(status: int, body: bytes, where: str) -> SuwenError:
    """The error for an answer that is not a success.

    Args:
        where: what was asked, for example ``Patient`` or ``Bundle``; never an id or a value.
    """
    detail: dict[str, str | int] = {"status": status, "asked": where, **issue_of(body)}
    found = detail.get("expression")
    field = str(found) if found else where
    if status in (401, 403):
        return IntegrationError("fhir_not_admitted", _NOT_ADMITTED, detail=detail)
    if status in (404, 410):
        code = "fhir_gone" if status == 410 else "fhir_not_found"
        return NotFoundError(code, _NOT_FOUND, field=field, detail=detail)
    if status in (409, 412):
        code = "fhir_conflict" if status == 409 else "fhir_precondition_failed"
        return ConflictError(code, _CONFLICT, field=field, detail=detail)
    if status in RETRIED:
        return UnavailableError("fhir_busy", _BUSY, detail=detail)
    return IntegrationError("fhir_refused", _refused(detail), field=field, detail=detail)


def issue_of(body: bytes) -> dict[str, str | int]:
    """Code, severity and place of the gravest issue of an OperationOutcome; empty without one."""
    if not body or len(body) > _MOST_OUTCOME_BYTES:
        return {}
    try:
        return issue_of_outcome(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def issue_of_outcome(outcome: object) -> dict[str, str | int]:
    """As ``issue_of``, of an OperationOutcome that was parsed already."""
    if not isinstance(outcome, Mapping) or outcome.get("resourceType") != "OperationOutcome":
        return {}
    listed = outcome.get("issue")
    issues = [i for i in listed if isinstance(i, Mapping)] if isinstance(listed, list) else []
    order = {"fatal": 0, "error": 1, "warning": 2, "information": 3}
    issues.sort(key=lambda issue: order.get(str(issue.get("severity")), 4))
    if not issues:
        return {}
    first, found = issues[0], dict[str, str | int]()
    for name in ("code", "severity"):
        value = first.get(name)
        if isinstance(value, str) and _ISSUE_CODE.fullmatch(value):
            found["issue" if name == "code" else name] = value
    expression = _first_expression(first)
    if expression is not None:
        found["expression"] = expression
    return found


def _first_expression(issue: Mapping[str, Any]) -> str | None:
    for name in ("expression", "location"):
        listed = issue.get(name)
        if isinstance(listed, list):
            for value in listed:
                # Only a path of element names: a filter in it could quote a value.
                if isinstance(value, str) and _EXPRESSION.fullmatch(value):
                    return value
    return None


def unreachable(kind: str) -> UnavailableError:
    """Nobody answers at the server's address."""
    return UnavailableError(
        "fhir_unreachable",
        Bilingual(
            zh="FHIR 服务器没有应答：请检查地址、网络、证书与对方服务是否运行。",
            en="The FHIR server does not answer: check its address, the network, certificates and "
            "whether it is running.",
        ),
        detail={"at": kind},
    )


def timed_out(seconds: float) -> UnavailableError:
    """The answer took too long."""
    return UnavailableError(
        "fhir_timeout",
        Bilingual(
            zh=f"FHIR 服务器在 {seconds:g} 秒内未答完。",
            en=f"The FHIR server did not finish its answer within {seconds:g} s.",
        ),
    )


def malformed(code: str, where: str, zh: str, en: str, **detail: str | int) -> IntegrationError:
    """An answer that is not what FHIR says it must be."""
    return IntegrationError(
        code, Bilingual(zh=f"{where}：{zh}", en=f"{where}: {en}"), field=where, detail=detail
    )


def _refused(detail: Mapping[str, str | int]) -> Bilingual:
    issue = f" ({detail['issue']})" if "issue" in detail else ""
    place = f" {detail['expression']}" if "expression" in detail else ""
    return Bilingual(
        zh=f"FHIR 服务器拒绝了请求：状态 {detail['status']}{issue}{place}。",
        en=f"The FHIR server refused the request: status {detail['status']}{issue}{place}.",
    )


_NOT_ADMITTED = Bilingual(
    zh="FHIR 服务器不接受我们的凭证，或该账号无此权限：请检查连接的认证设置。",
    en="The FHIR server does not accept our credentials, or they lack this right: check how the "
    "connection signs in.",
)
_NOT_FOUND = Bilingual(
    zh="FHIR 服务器上没有所请求的资源。", en="The FHIR server does not have what was asked for."
)
_CONFLICT = Bilingual(
    zh="FHIR 服务器上的资源已被更改，或条件不成立，未写入。",
    en="The resource on the FHIR server was changed meanwhile, or the condition does not hold; "
    "nothing was written.",
)
_BUSY = Bilingual(
    zh="FHIR 服务器暂时无法处理请求，稍后会自动重试。",
    en="The FHIR server cannot handle the request for now; it is tried again by itself.",
)
