"""Trials of what the control layer refuses: rights, ceilings, partition, orders to a model."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import aiohttp

from suwen.bootstrap.conformance.attempts import ATTACKS, ORDERS, ORDINARY, QUESTIONS
from suwen.bootstrap.conformance.grading import Graded, Property, broken, held, partly
from suwen.bootstrap.connections.standing import read_standing
from suwen.bootstrap.platform import Platform
from suwen.control.access.decision import (
    Action,
    ApplicationTarget,
    InstallationTarget,
    PatientTarget,
    RecordOrigin,
    Target,
)
from suwen.control.gateway.run import Gateway
from suwen.control.gateway.run_types import RunOptions
from suwen.control.guardrails import model_traffic, screening
from suwen.control.privacy import data_class as classes
from suwen.control.routing import choice
from suwen.core.audience import Audience
from suwen.core.errors import AccessError, GuardrailError, PrivacyError, SuwenError
from suwen.core.identity import (
    AppId,
    Channel,
    Principal,
    PrincipalId,
    Purpose,
    Role,
    batch_principal,
)
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual
from suwen.core.manifest import ModelProfile, Partition

TIMEOUT_S: Final = 10.0
PROBE: Final = PrincipalId("conformance")
ASKED: Final = AppId("evidence_search")
CLOSED_DOORS: Final = ("/api/v1/patients", "/api/v1/drafts", "/fhir/Composition", "/v1/models")
_THERE = PatientTarget("conformance", RecordOrigin.IMPORTED, care=True)
_NO_CARE = PatientTarget("conformance", RecordOrigin.IMPORTED, care=False)
_SITE = InstallationTarget()

# Role, act, target, and whether it must be allowed: each refusal stands beside its twin.
DECISIONS: Final[tuple[tuple[Role, Action, Target, bool], ...]] = (
    (Role.PHYSICIAN, Action.READ_RECORD, _THERE, True),
    (Role.PHYSICIAN, Action.READ_RECORD, _NO_CARE, False),
    (Role.SYSTEM_ADMINISTRATOR, Action.READ_RECORD, _THERE, False),
    (Role.SECURITY_ADMINISTRATOR, Action.READ_RECORD, _THERE, False),
    (Role.AUDIT_ADMINISTRATOR, Action.READ_RECORD, _THERE, False),
    (Role.AUDIT_ADMINISTRATOR, Action.READ_AUDIT, _SITE, True),
    (Role.PHYSICIAN, Action.READ_AUDIT, _SITE, False),
    (Role.SYSTEM_ADMINISTRATOR, Action.READ_AUDIT, _SITE, False),
    (Role.SECURITY_ADMINISTRATOR, Action.MANAGE_PEOPLE, _SITE, True),
    (Role.SYSTEM_ADMINISTRATOR, Action.MANAGE_PEOPLE, _SITE, False),
    (Role.SYSTEM_ADMINISTRATOR, Action.MANAGE_ENDPOINTS, _SITE, True),
    (Role.PHYSICIAN, Action.MANAGE_ENDPOINTS, _SITE, False),
)


def _somebody(role: Role) -> Principal:
    return Principal(
        id=PROBE,
        name="conformance",
        roles=frozenset({role}),
        departments=frozenset(),
        purpose=Purpose.TREATMENT,
        channel=Channel.CLI,
    )


async def try_rights(platform: Platform, url: str | None) -> Graded:
    """Whether the policies refuse what they must, and the desk and the doors ask them."""
    wrong = [
        f"{role.value} {action.value}"
        for role, action, target, allowed in DECISIONS
        if platform.access.decide(_somebody(role), action, target).allowed is not allowed
    ]
    if wrong:
        what = Bilingual("访问策略放行或拒绝有误", "the policies decide wrongly")
        return broken(Property.RIGHTS, what, wrong=wrong)
    patients = await platform.records.list_patients(limit=1)
    for patient in patients:
        if await _opens(platform, _somebody(Role.SYSTEM_ADMINISTRATOR), patient.id):
            what = Bilingual(
                "无权者打开了病历", "somebody without the right opened a patient's record"
            )
            return broken(Property.RIGHTS, what)
    answered = await _doors_open_to_strangers(url) if url is not None else []
    if answered:
        what = Bilingual("未登录者得到了应答", "somebody who is not signed in was answered")
        return broken(Property.RIGHTS, what, doors=answered)
    facts = {"decisions": len(DECISIONS), "doors": len(CLOSED_DOORS) if url else 0}
    if not patients or url is None:
        missing = Bilingual(
            "策略正确；未能在有病历且运行中的站点上试验",
            "the policies decide rightly; not tried on a running site with a record",
        )
        return partly(Property.RIGHTS, missing, **facts)
    return held(Property.RIGHTS, Bilingual("均按规定拒绝", "all refused as they must be"), **facts)


async def _opens(platform: Platform, principal: Principal, patient: str) -> bool:
    try:
        await platform.charts.open_chart(principal, patient)
    except AccessError:
        return False
    return True


async def _doors_open_to_strangers(url: str) -> list[str]:
    limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=limit) as session:
        answered = []
        for path in CLOSED_DOORS:
            async with session.get(url.rstrip("/") + path, allow_redirects=False) as answer:
                if answer.status not in (401, 403):
                    answered.append(path)
    return answered


async def try_ceilings(platform: Platform, _url: str | None) -> Graded:
    """Whether data above a route's ceiling are stopped, by the choice and again at the door."""
    endpoints = [_engine(1), _engine(3), _engine(5), *await platform.endpoints.list()]
    for endpoint in endpoints:
        for above in range(endpoint.ceiling + 1, classes.SPECIAL + 1):
            if _passes(above, endpoint) or _is_chosen(above, endpoint):
                what = Bilingual(
                    "高于上限的数据可以通过", "data above the ceiling of a route can pass"
                )
                return broken(Property.CEILINGS, what, data_class=above, ceiling=endpoint.ceiling)
        if not (_passes(endpoint.ceiling, endpoint) and _is_chosen(endpoint.ceiling, endpoint)):
            what = Bilingual(
                "允许级别的数据也被拦截", "data that the route is cleared for are stopped as well"
            )
            return broken(Property.CEILINGS, what, ceiling=endpoint.ceiling)
    leaving = [1, 3, 5, *[one for one in await _ceilings_of_connections(platform) if one]]
    for ceiling in leaving:
        wrong = [one for one in range(1, 6) if _leaves(one, ceiling) != (one <= ceiling)]
        if wrong:
            what = Bilingual(
                "接口发出的数据不受上限约束",
                "what leaves over a connection is not bound by its ceiling",
            )
            return broken(Property.CEILINGS, what, data_class=wrong[0], ceiling=ceiling)
    what = Bilingual("高于上限的均被拦截", "everything above a ceiling is stopped")
    return held(Property.CEILINGS, what, routes=len(endpoints) + len(leaving))


async def _ceilings_of_connections(platform: Platform) -> list[int | None]:
    return [one.ceiling for one in await read_standing(platform.connection_parts)]


def _leaves(data_class: int, ceiling: int) -> bool:
    try:
        classes.check_connection_ceiling(data_class, ceiling, "conformance")
    except PrivacyError:
        return False
    return True


def _engine(ceiling: int) -> Endpoint:
    return Endpoint(
        name=f"conformance-{ceiling}",
        url="http://127.0.0.1:9/v1",
        model="none",
        partition=Partition.GENERAL,
        ceiling=ceiling,
        capabilities=frozenset(),
        context_tokens=1,
    )


def _passes(data_class: int, endpoint: Endpoint) -> bool:
    try:
        classes.check_ceiling(data_class, endpoint)
    except PrivacyError:
        return False
    return True


def _is_chosen(data_class: int, endpoint: Endpoint) -> bool:
    profile = ModelProfile(
        capabilities=frozenset(), context_tokens=endpoint.context_tokens, max_output_tokens=1
    )
    chosen = choice.choose_endpoint(profile, data_class, endpoint.partition, [endpoint])
    return isinstance(chosen, Endpoint)


async def try_partition(platform: Platform, _url: str | None) -> Graded:
    """Whether what belongs to the device partition is refused here, where anything does."""
    graded = [
        one.manifest
        for one in platform.applications.values()
        if one.manifest.partition is Partition.DEVICE
    ]
    if not graded:
        nothing = Bilingual("没有医疗器械级应用", "nothing of device grade is installed")
        return Graded(Property.PARTITION, None, nothing)
    here = platform.parts.partition.value
    for manifest in graded:
        purpose = Purpose(min(manifest.purposes))
        runner = replace(_somebody(Role.PHYSICIAN), roles=manifest.roles, purpose=purpose)
        target = ApplicationTarget(manifest, here)
        if platform.access.decide(runner, Action.RUN_APPLICATION, target).allowed:
            what = Bilingual(
                "器械级应用可在通用分区运行", "an application of device grade runs here"
            )
            return broken(Property.PARTITION, what, application=str(manifest.id))
        if not await _run_is_refused(platform, manifest.id):
            what = Bilingual(
                "网关未拒绝器械级应用", "the gateway did not refuse an application of device grade"
            )
            return broken(Property.PARTITION, what, application=str(manifest.id))
    what = Bilingual("器械级应用在此被拒绝", "applications of device grade are refused here")
    return held(Property.PARTITION, what, applications=len(graded))


async def _run_is_refused(platform: Platform, app: AppId) -> bool:
    """Whether the gateway refuses the application itself, before it looks at any request."""
    options = RunOptions(without_model=True, store=False)
    try:
        await Gateway(platform.parts).run(batch_principal(None), app, {}, options)
    except AccessError:
        return True
    except SuwenError:
        return False
    return False


async def try_injection(platform: Platform, _url: str | None) -> Graded:
    """Whether our small corpus is refused from users and programs and cut out of what a model
    reads, whether the gateway asks for that, and care goes on."""
    wanted = [*ORDERS, *ATTACKS]
    facts = {
        "attacks": len(wanted),
        "passed": sum(not _refused(text) for text in wanted),
        "passed_for_programs": sum(not _refused_of_programs(text) for text in ORDERS),
        "left_in_records": sum(screening.neutralise(text) == text for text in ORDERS),
        "ordinary": len(ORDINARY) + len(QUESTIONS),
        "ordinary_refused": sum(_refused(text) for text in QUESTIONS),
        "ordinary_cut": sum(screening.neutralise(text) != text for text in ORDINARY),
    }
    broke = [name for name in facts if name not in ("attacks", "ordinary") and facts[name]]
    asked = await _gateway_refuses(platform)
    if broke or asked is False:
        what = Bilingual("指令注入语料未全部挡住", "the injection corpus does not hold")
        return broken(Property.INJECTION, what, **facts, gateway_refuses=asked)
    if asked is None:
        what = Bilingual(
            "语料全部挡住；没有可供试验的应用",
            "the corpus holds; there is no application to try the gateway with",
        )
        return partly(Property.INJECTION, what, **facts)
    what = Bilingual("指令注入语料全部挡住", "the injection corpus holds")
    return held(Property.INJECTION, what, **facts)


def _refused(text: str) -> bool:
    try:
        screening.screen_user_texts([text], Audience.CLINICIAN)
    except GuardrailError:
        return True
    return False


def _refused_of_programs(text: str) -> bool:
    try:
        model_traffic.OrderGuard().check_input([text])
    except GuardrailError:
        return True
    return False


async def _gateway_refuses(platform: Platform) -> bool | None:
    """Whether a run with an order in its question is refused for it; ``None`` without an
    application that takes questions."""
    if ASKED not in platform.applications:
        return None
    request = {"query": ORDERS[0], "collection": "conformance"}
    options = RunOptions(without_model=True, store=False)
    try:
        await platform.gateway.run(batch_principal(None), ASKED, request, options)
    except GuardrailError:
        return True
    except SuwenError:
        # It got past the guard and ended at something else: there is no such collection.
        return False
    return False
