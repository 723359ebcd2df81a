"""Threads never exceed free cores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suwen.inference.embedded.free_cores import (
    cpu_quota,
    threads_now,
    threads_within,
    waits_asleep,
)


@pytest.mark.parametrize(
    ("requested", "cores", "load", "threads"),
    [
        (None, 8, 0.0, 7),
        (4, 8, 0.0, 4),
        (8, 8, 3.2, 5),
        (None, 8, 3.6, 4),
        (2, 2, 1.0, 1),
        (2, 2, 15.0, 1),
        (2, 2, 0.4, 2),
        (2, 2, 0.6, 1),
        (99, 2, 0.0, 2),
        (0, 8, 0.0, 1),
        (-3, 8, 0.0, 1),
        (None, 0.5, 0.0, 1),
        (None, 2, 0.0, 1),
        (None, 1, 0.0, 1),
        (2, 1.5, 0.0, 2),
    ],
)
def test_threads(requested: int | None, cores: float, load: float, threads: int) -> None:
    assert threads_within(requested, cores, load) == threads


@pytest.mark.parametrize(
    ("threads", "cores", "asleep"),
    [(1, 1, False), (1, 2, False), (2, 2, True), (2, 4, False), (3, 4, True), (4, 16, False)],
)
def test_threads_sleep_where_others_may_want_their_cores(
    threads: int, cores: float, asleep: bool
) -> None:
    assert waits_asleep(threads, cores) is asleep


def test_affinity_limits_this_process() -> None:
    assert 1 <= threads_now(None) <= len(os.sched_getaffinity(0))


def quota_of(tmp_path: Path, files: dict[str, str], group: str) -> float | None:
    membership = tmp_path / "membership"
    membership.write_text(f"1:name=systemd:/x\n0::{group}\n")
    for name, text in files.items():
        file = tmp_path / "root" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return cpu_quota(tmp_path / "root", membership)


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"a/b/cpu.max": "max 100000\n"}, None),
        ({"a/b/cpu.max": "150000 100000\n"}, 1.5),
        ({"a/cpu.max": "50000 100000\n", "a/b/cpu.max": "150000 100000\n"}, 0.5),
        ({"cpu.max": "200000 100000"}, 2.0),
        ({"a/b/cpu.max": "nonsense"}, None),
    ],
)
def test_the_tightest_quota_of_the_control_groups_holds(
    tmp_path: Path, files: dict[str, str], quota: float | None
) -> None:
    assert quota_of(tmp_path, files, "/a/b") == quota


def test_without_control_groups_there_is_no_quota(tmp_path: Path) -> None:
    assert cpu_quota(tmp_path, tmp_path / "absent") is None
