"""How the device partition of a site is, and how to mend what is wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

import aiohttp

from suwen.apps.triage.tables import KINDS
from suwen.bootstrap.device.department_models import MODEL, weights_of
from suwen.bootstrap.device.place import TRIAGE
from suwen.bootstrap.device.platform import DevicePlatform
from suwen.bootstrap.health import (
    Check,
    applications_check,
    audit_check,
    endpoint_checks,
    running_note,
)
from suwen.core.identity import AppId
from suwen.core.language import Bilingual
from suwen.storage.encryption import field_cipher
from suwen.storage.patient_chats import ChatStore
from suwen.storage.revision import NEWEST, revision
from suwen.storage.table_editions import EditionState

PATIENTS: Final = "patients"
"""The port of this partition in the supervisor's note."""

_ANSWERS_WITHIN_S: Final = 5.0
_RENEWED_WITHIN: Final = timedelta(hours=36)
"""A running site hands the public library over at least once a day."""

_TABLES: Final = {
    "red_flags": Bilingual("危险信号", "red flags"),
    "departments": Bilingual("科室", "departments"),
    "hospital_map": Bilingual("地图", "map"),
}


async def examine_device(platform: DevicePlatform) -> list[Check]:
    """Looks at every part of the partition."""
    return [
        await _service(platform),
        await _database(platform),
        await audit_check("device audit", platform),
        await _tables(platform),
        await _model(platform),
        *[
            await asyncio.to_thread(_library, platform, name)
            for name in sorted(platform.applications[TRIAGE].manifest.collections)
        ],
        *await endpoint_checks(platform),
        await applications_check("device applications", platform),
        *[await _release(platform, name) for name in sorted(platform.applications)],
    ]


async def _service(platform: DevicePlatform) -> Check:
    """Whether patients reach their pages; nothing is expected where no site runs."""
    note = running_note(platform.site_settings)
    port = (note or {}).get("ports", {}).get(PATIENTS)
    if port is None:
        return Check("device service", True, Bilingual("未运行", "not running"))
    settings = platform.site_settings
    host = settings.device.host or settings.web.host
    told = await _readiness(f"http://{host}:{port}/readyz")
    if told is not None and told.get("status") == "ready":
        return Check(
            "device service",
            True,
            Bilingual(f"患者页面在端口 {port}", f"patients' pages at port {port}"),
        )
    state = told.get("code", told.get("status")) if told is not None else None
    return Check(
        "device service",
        False,
        Bilingual(f"端口 {port} {state or '无应答'}", f"port {port}: {state or 'does not answer'}"),
        Bilingual(
            "看 suwen up 的日志；该进程会自动重启。",
            "Look at the log of suwen up; the process is started again by itself.",
        ),
    )


async def _readiness(url: str) -> dict[str, Any] | None:
    timeout = aiohttp.ClientTimeout(total=_ANSWERS_WITHIN_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            told: dict[str, Any] = await answer.json()
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return None
    return told


async def _database(platform: DevicePlatform) -> Check:
    url = platform.database.engine.url.render_as_string(hide_password=False)
    here = await asyncio.to_thread(revision, url)
    chats = ChatStore(platform.database, field_cipher(platform.settings.home))
    going_on = await chats.count_open(platform.clock.now())
    return Check(
        "device database",
        here == NEWEST,
        Bilingual(f"结构版本 {here}，{going_on} 个对话", f"version {here}, {going_on} open chats"),
        None
        if here == NEWEST
        else Bilingual("重新启动会自动升级。", "A restart brings it up to date."),
    )


async def _tables(platform: DevicePlatform) -> Check:
    active = await platform.tables.active()
    said_zh, said_en, waiting = [], [], 0
    for kind in KINDS:
        name, one = _TABLES[kind], active.get(kind)
        said_zh.append(f"{name.zh} {f'第 {one.number} 版' if one else '自带'}")
        said_en.append(f"{name.en} {f'edition {one.number}' if one else 'as shipped'}")
        editions = await platform.tables.list(kind)
        waiting += sum(edition.state is EditionState.WAITING for edition in editions)
    example = platform.in_use.tables(TRIAGE).plan.example
    if waiting:
        said_zh.append(f"{waiting} 项待审")
        said_en.append(f"{waiting} to review")
    if example:
        said_zh.append("地图仍是示例")
        said_en.append("the map is still the example")
    return Check("device tables", True, Bilingual("，".join(said_zh), ", ".join(said_en)))


async def _model(platform: DevicePlatform) -> Check:
    """Whether what the hospital learned of its departments is used as it was approved."""
    part = "device department model"
    trouble = platform.in_use.model_trouble
    if trouble is not None:
        mend = Bilingual(
            "恢复备份或重新训练：suwen triage train。",
            "Restore a backup or train it again: suwen triage train.",
        )
        return Check(part, False, trouble.safe_message, mend)
    active = (await platform.tables.active()).get(MODEL)
    if active is None or weights_of(active) is None:
        return Check(part, True, Bilingual("未启用，只用科室表", "not in use: the table alone"))
    return Check(
        part, True, Bilingual(f"第 {active.number} 版使用中", f"edition {active.number} in use")
    )


async def _release(platform: DevicePlatform, app: AppId) -> Check:
    """Which Release runs, and with which engines its model part passed the gate."""
    current = await platform.releases.current(app)
    if current is None:
        return Check(
            f"device release {app}", False, Bilingual("没有生效的版本", "no Release is active")
        )
    gates = await platform.releases.gates(current.hash)
    passed = ", ".join(sorted({gate.endpoint_name for gate in gates if gate.passed}))
    return Check(
        f"device release {app}",
        True,
        Bilingual(
            f"{current.hash[:8]}，模型门：{passed or '关闭'}",
            f"{current.hash[:8]}, model gate: {passed or 'closed'}",
        ),
    )


def _library(platform: DevicePlatform, collection: str) -> Check:
    part = f"device library {collection}"
    found = platform.library.state(collection)
    if found.written_at is None:
        return Check(
            part,
            True,
            Bilingual("还没有公开资料", "nothing public yet"),
            Bilingual(
                "公开文件的密级为 1 且不限科室与角色。",
                "Public are documents of sensitivity 1 without a department or role.",
            ),
        )
    at = found.written_at.astimezone(platform.settings.zone).isoformat(timespec="minutes")
    if found.passages is None:
        return Check(
            part,
            False,
            Bilingual(f"{at} 的文件无法核验", f"the file of {at} cannot be verified"),
            Bilingual(
                "删除该文件并重启：会重新生成。", "Remove the file and restart: it is made anew."
            ),
        )
    runs = running_note(platform.site_settings) is not None
    old = runs and platform.clock.now() - found.written_at > _RENEWED_WITHIN
    return Check(
        part,
        not old,
        Bilingual(f"{found.passages} 段，{at} 更新", f"{found.passages} passages, renewed {at}"),
        Bilingual("通用分区没有更新它：看其日志。", "The general partition renews it: see its log.")
        if old
        else None,
    )
