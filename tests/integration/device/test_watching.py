"""The device partition watches itself: its own counts, its own alarms, its own applications."""

from __future__ import annotations

from datetime import timedelta

from suwen.bootstrap.device.watching import count_all, watch_of
from suwen.core.identity import AppId
from suwen.storage.tables import trace
from tests.integration.monitoring.test_watch import OFFICER
from tests.support.device_site import DeviceSite

APP = AppId("triage")
RUNS = 40


def test_failing_runs_of_the_device_partition_are_counted_and_suspend(device: DeviceSite) -> None:
    platform, watch = device.platform, watch_of(device.platform)

    async def plant() -> None:
        release = await platform.releases.current(APP)
        assert release is not None
        at = platform.clock.now() - timedelta(minutes=5)
        rows = [
            {"id": f"watched-{n}", "app": APP, "principal": "visitor", "release": release.hash}
            | {"opened_at": at, "closed_at": at, "outcome": "failed" if n % 4 == 0 else "done"}
            for n in range(RUNS)
        ]
        async with platform.database.transaction() as opened:
            await opened.execute(trace.insert(), rows)

    device.run(plant())
    assert device.run(watch.is_something_new())
    device.run(watch.wishes.set_rule(APP, "failed", {"suspends": True}, OFFICER))
    assert device.run(count_all(watch)) >= 1
    assert not device.run(watch.is_something_new())
    [alarm] = [a for a in device.run(watch.store.alarms()) if a.rule == "failed"]
    assert (alarm.app, alarm.facts["events"]) == (APP, RUNS // 4)
    standing = device.run(platform.releases.suspension(APP))
    assert standing is not None and standing.suspended_by == "monitoring"
    acts = device.run(platform.audit_store.latest(20, actor="monitoring"))
    assert {"monitoring.alarm", "application.disable"} == {one.entry.action for one in acts}
    assert device.run(count_all(watch)) == 0
    device.run(platform.releases.resume(APP, OFFICER.id))
