"""Trials of the machine around the platform: sockets, backups, clocks."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

import aiohttp
from sqlalchemy import text

from suwen.bootstrap import egress
from suwen.bootstrap.conformance.grading import Graded, Property, broken, held, partly
from suwen.bootstrap.platform import Platform
from suwen.core.errors import SuwenError
from suwen.core.language import Bilingual
from suwen.storage import backup

LOOK_S: Final = 2.0
MOST_DRIFT: Final = timedelta(seconds=2)
"""A header of HTTP tells whole seconds only."""
TIMEOUT_S: Final = 10.0


async def try_egress(platform: Platform, url: str | None) -> Graded:
    """Whether our processes speak to loopback and configured peers only, for two seconds."""
    peers = await egress.configured_peers(platform)
    report = await asyncio.to_thread(egress.look, platform.settings, peers, seconds=LOOK_S)
    facts = {"processes": len(report.processes), "sockets": len(report.sockets)}
    facts |= {"peers": len(peers), "outside": len(report.outside), "unread": len(report.unread)}
    if report.outside:
        what = Bilingual("有进程连接到未配置的地址", "a process speaks to nobody configured")
        return broken(Property.EGRESS, what, **facts)
    if report.unread or not report.processes or url is None:
        what = Bilingual(
            "未见外连；但服务未运行或有进程无权查看",
            "nothing goes outside; the service does not run or processes could not be read",
        )
        return partly(Property.EGRESS, what, **facts)
    what = Bilingual("只有本机与已配置的系统", "loopback and configured peers only")
    return held(Property.EGRESS, what, **facts)


async def try_backups(platform: Platform, _url: str | None) -> Graded:
    """Whether a backup that is made now opens, restores and compares equal, in a folder aside."""
    if platform.settings.outside_databases is not None:
        what = Bilingual(
            "外部数据库：恢复须在另一台服务器上试验",
            "an outside database: a restore must be tried on another server",
        )
        return partly(Property.BACKUPS, what)
    passphrase = secrets.token_urlsafe(24)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="suwen-conformance-"))
    try:
        return await asyncio.to_thread(_round_trip, platform, folder, passphrase)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


def _round_trip(platform: Platform, folder: Path, passphrase: str) -> Graded:
    file, home = folder / "site.backup", folder / "home"
    try:
        made = backup.create(platform.urls, platform.settings.home, file, passphrase)
        restored = backup.restore(file, home, passphrase)
    except SuwenError as error:
        what = Bilingual("备份不能恢复", "a backup does not restore")
        return broken(Property.BACKUPS, what, code=error.code)
    if restored.rows != made.rows or restored.chains != made.chains:
        what = Bilingual("恢复的内容不同", "what was restored is not what was backed up")
        return broken(Property.BACKUPS, what)
    rows = sum(made.rows.values())
    what = Bilingual("备份可恢复且内容相同", "a backup restores and compares equal")
    return held(Property.BACKUPS, what, rows=rows, tables=len(made.rows))


async def try_clocks(platform: Platform, url: str | None) -> Graded:
    """Whether this machine, the database, the audit and the service agree on the time."""
    drifts: dict[str, timedelta] = {}
    async with platform.database.transaction() as connection:
        before = platform.clock.now()
        there: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        drifts["database"] = _apart(there, before, platform.clock.now())
    head = await platform.audit_store.head()
    if head is not None and head.at > datetime.now(UTC):
        drifts["audit"] = head.at - datetime.now(UTC)
    drifts["system"] = abs(platform.clock.now() - datetime.now(UTC))
    if url is not None:
        drifts["service"] = await _drift_of_service(platform, url)
    facts = {name: round(drift.total_seconds(), 3) for name, drift in drifts.items()}
    if any(drift > MOST_DRIFT for drift in drifts.values()):
        what = Bilingual("时钟不一致", "the clocks do not agree")
        return broken(Property.CLOCKS, what, drift_s=facts)
    if url is None:
        what = Bilingual("一致；但服务未运行", "they agree; the service does not run")
        return partly(Property.CLOCKS, what, drift_s=facts)
    return held(Property.CLOCKS, Bilingual("时钟一致", "the clocks agree"), drift_s=facts)


def _apart(there: datetime, before: datetime, after: datetime) -> timedelta:
    """How far an instant lies outside of the time in which it was asked for."""
    return max(before - there, there - after, timedelta())


async def _drift_of_service(platform: Platform, url: str) -> timedelta:
    limit = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=limit) as session:
        before = platform.clock.now()
        async with session.get(url.rstrip("/") + "/healthz") as answer:
            told = parsedate_to_datetime(answer.headers["Date"])
    return _apart(told, before - timedelta(seconds=1), platform.clock.now())
