"""How the parts of a site are, and how to mend what is wrong."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from suwen.bootstrap.connections.standing import SILENT, read_standing
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.settings import Settings
from suwen.core.connection import ConnectionState
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.inference.model_store import ModelState, ModelStore
from suwen.jobs.model import JobFilter, JobState
from suwen.storage.revision import NEWEST, revision
from suwen.storage.urls import JOBS_VARIABLE

if TYPE_CHECKING:
    from suwen.bootstrap.device.platform import DevicePlatform

    AnyPlatform = Platform | DevicePlatform

LEAST_FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One part, whether it is well, its state in words, and what to do when it is not."""

    part: str
    ok: bool
    state: Bilingual
    mend: Bilingual | None = None


async def examine(platform: Platform) -> list[Check]:
    """Looks at every part; a part that cannot be looked at is not well."""
    return [
        _running(platform),
        await _database(platform),
        await audit_check("audit", platform),
        _disk(platform),
        _model(platform),
        *await endpoint_checks(platform),
        await applications_check("applications", platform),
        await _jobs(platform),
        *await _sign_in(platform),
        await _connections(platform),
    ]


def running_url(platform: Platform) -> str | None:
    """Where the pages answer, when a supervisor says that it runs; else ``None``."""
    told = running_note(platform.settings)
    return str(told["url"]) if told is not None else None


def running_note(settings: Settings) -> dict[str, Any] | None:
    """What a supervisor noted when the site came up: ``url``, ``ports`` by part, ``pid``; ``None``
    where none runs. ``settings`` are the site's own."""
    try:
        note = (settings.run_folder / "up.json").read_text(encoding="utf-8")
        told: dict[str, Any] = json.loads(note)
    except (OSError, ValueError):
        return None
    return told


def _running(platform: Platform) -> Check:
    url = running_url(platform)
    if url is None:
        return Check(
            "service",
            True,
            Bilingual("未运行", "not running"),
            Bilingual("用 suwen up 启动。", "Start it with suwen up."),
        )
    return Check("service", True, Bilingual(f"运行于 {url}", f"runs at {url}"))


async def _database(platform: Platform) -> Check:
    here = await asyncio.to_thread(revision, platform.urls.general)
    counts = await platform.records.counts_by_type()
    kind = Bilingual("外部", "outside") if platform.settings.outside_databases else None
    kind = kind or Bilingual("内置", "embedded")
    total = sum(counts.values())
    return Check(
        "database",
        here == NEWEST,
        Bilingual(
            f"{kind.zh} PostgreSQL，结构版本 {here}，{total} 个资源",
            f"{kind.en} PostgreSQL at version {here}, {total} resources",
        ),
        Bilingual("重新启动会自动升级。", "A restart brings it up to date.")
        if here != NEWEST
        else None,
    )


async def audit_check(part: str, platform: AnyPlatform) -> Check:
    """Whether a partition's chain is durable and its head is stated outside."""
    head = await platform.audit_store.head()
    sequence = head.sequence if head else 0
    target = platform.settings.audit.anchor
    failing = (await platform.audit.anchor_now()).anchor_failing_since
    if failing is not None:
        since = failing.astimezone(platform.settings.zone).isoformat(timespec="seconds")
        return Check(
            part,
            False,
            Bilingual(
                f"{sequence} 条事件；自 {since} 起锚点 {target} 写不进去，链被截断时将无法发现",
                f"{sequence} events; the anchor {target} cannot be written since {since}, so a "
                "truncated chain would not be noticed",
            ),
            Bilingual(
                f"检查 {target} 的磁盘空间与写权限；恢复后会自动补写。",
                f"Look at the space and the rights of {target}; it is caught up by itself.",
            ),
        )
    return Check(
        part,
        True,
        Bilingual(f"{sequence} 条事件，锚点 {target}", f"{sequence} events, anchored in {target}"),
    )


async def _jobs(platform: Platform) -> Check:
    if not platform.jobs.are_kept:
        return Check(
            "jobs",
            True,
            Bilingual("没有任务库", "no database of jobs"),
            Bilingual(f"如需后台任务，请设置 {JOBS_VARIABLE}。", f"For jobs set {JOBS_VARIABLE}."),
        )
    desk = platform.jobs.desk
    served = await desk.is_served()
    found = await desk.list(JobFilter(unfinished=True), limit=1000)
    failed = [job.id for job in found if job.state is JobState.FAILED]
    waiting = sum(not job.state.stands for job in found)
    state = Bilingual(
        f"{'有' if served else '没有'}工作进程，{waiting} 个未完成，{len(failed)} 个失败",
        f"{'a' if served else 'no'} worker runs, {waiting} to do, {len(failed)} failed",
    )
    if failed:
        mend = Bilingual(
            f"运行 suwen job show {failed[0]}，修复后用 suwen job resume 继续。",
            f"Run suwen job show {failed[0]}, mend it, then suwen job resume.",
        )
    elif waiting and not served:
        mend = Bilingual("运行 suwen up 或 suwen worker。", "Run suwen up or suwen worker.")
    else:
        return Check("jobs", True, state)
    return Check("jobs", False, state, mend)


async def _connections(platform: Platform) -> Check:
    standing = await read_standing(platform.connection_parts)
    # Where nothing runs at all, nothing is expected of the connections either.
    runs = running_url(platform) is not None
    down = [
        one.connection.name
        for one in standing
        if one.health.state is ConnectionState.DOWN
        and (runs or one.health.last_error_code != SILENT)
    ]
    failed = sum(one.health.queue_failed for one in standing)
    state = Bilingual(
        f"{len(standing)} 个接口，中断：{', '.join(down) or '无'}；{failed} 条消息失败",
        f"{len(standing)} connections, down: {', '.join(down) or 'none'}; {failed} messages failed",
    )
    if down:
        mend = Bilingual(
            f"运行 suwen connection show {down[0]} 查看原因。",
            f"Run suwen connection show {down[0]} to see why.",
        )
    elif failed:
        mend = Bilingual(
            "用 suwen connection list 找到该接口，修复后用 suwen connection replay 重放。",
            "Find it by suwen connection list, mend it, then suwen connection replay.",
        )
    else:
        return Check("connections", True, state)
    return Check("connections", False, state, mend)


async def _sign_in(platform: Platform) -> list[Check]:
    checks = []
    for part, trouble in (await platform.sign_in.troubles()).items():
        if trouble is None:
            checks.append(Check(part, True, Bilingual("有应答", "answers")))
            continue
        said = trouble.safe_message
        facts = ", ".join(f"{name} {value}" for name, value in trouble.detail.items())
        state = Bilingual(f"{said.zh} {facts}".strip(), f"{said.en} {facts}".strip())
        section = "[oidc]" if part == "provider" else "[ldap]"
        mend = Bilingual(
            f"检查 suwen.toml 的 {section} 与该服务；本系统账号不受影响。",
            f"Look at {section} of suwen.toml and at that service; accounts here are not affected.",
        )
        checks.append(Check(part, False, state, mend))
    return checks


def _disk(platform: Platform) -> Check:
    free = shutil.disk_usage(platform.settings.home).free
    gigabytes = free / 1024**3
    ok = free >= LEAST_FREE_BYTES
    return Check(
        "disk",
        ok,
        Bilingual(f"剩余 {gigabytes:.1f} GiB", f"{gigabytes:.1f} GiB free"),
        None
        if ok
        else Bilingual("请腾出空间：审计写不下时一切停止。", "Make room: nothing runs unaudited."),
    )


def _model(platform: Platform) -> Check:
    wish = platform.settings.engine
    if not wish.enabled:
        return Check("model", True, Bilingual("内置引擎已关闭", "the embedded engine is off"))
    state = ModelStore(platform.settings.home).find(wish.model).state
    words = {
        ModelState.PRESENT: Bilingual(f"{wish.model} 已就绪", f"{wish.model} is here"),
        ModelState.ABSENT: Bilingual(f"{wish.model} 不在本机", f"{wish.model} is not here"),
        ModelState.CHANGED: Bilingual(f"{wish.model} 已被改动", f"{wish.model} was changed"),
    }
    mend = Bilingual(f"运行 suwen model pull {wish.model}。", f"Run suwen model pull {wish.model}.")
    present = state is ModelState.PRESENT
    # An absent model is no fault: the deterministic part needs none.
    return Check("model", state is not ModelState.CHANGED, words[state], None if present else mend)


async def endpoint_checks(platform: AnyPlatform) -> list[Check]:
    """One for each engine of a partition: whether it answers, and how soon."""
    return [await _endpoint(platform, one.name) for one in await platform.endpoints.list()]


async def _endpoint(platform: AnyPlatform, name: str) -> Check:
    part = f"endpoint {name}"
    try:
        tried = await platform.models.test(await platform.endpoints.read(name))
    except SuwenError as error:
        return Check(part, False, error.safe_message)
    if tried.error is not None:
        mend = Bilingual(
            f"检查引擎，再运行 suwen endpoint test {name}。",
            f"Look at the engine, then run suwen endpoint test {name}.",
        )
        return Check(part, False, Bilingual(f"错误 {tried.error}", f"fails: {tried.error}"), mend)
    first = tried.first_token_ms or 0.0
    return Check(part, True, Bilingual(f"首字 {first:.0f} ms", f"first token after {first:.0f} ms"))


async def applications_check(part: str, platform: AnyPlatform) -> Check:
    """Which applications of a partition were taken out of use."""
    off = await platform.releases.suspensions()
    total = len(platform.applications)
    names = ", ".join(s.app for s in off)
    return Check(
        part,
        not off,
        Bilingual(f"{total} 个，停用：{names or '无'}", f"{total}, out of use: {names or 'none'}"),
        Bilingual("用 suwen app enable 恢复。", "Put back with suwen app enable.") if off else None,
    )
