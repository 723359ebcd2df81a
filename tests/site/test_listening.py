"""The listeners of a whole platform: there with the pages, back after a kill, nothing lost."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.prepared_homes import PreparedHomes
from tests.support.site import Site, kill, wait_until

pytestmark = [pytest.mark.site, pytest.mark.timeout(600)]

WINDOWS = (
    "inbound.before_commit",
    "inbound.after_commit",
    "inbound.before_processed",
    "inbound.after_processed",
)
MESSAGE = (
    "MSH|^~\\&|HIS|H|SUWEN|H|20260302120000||ADT^A01^ADT_A01|{number}|P|2.5\r"
    "EVN|A01|20260302120000\r"
    "PID|1||{number}^^^HIS^MR||Test^Person||19700101|M\r"
    "PV1|1|I|W1^101^1\r"
)


def port_of(site: Site, name: str) -> int:
    note = site.home / "run" / "listening.json"
    wait_until(note.exists)
    return int(json.loads(note.read_text()).get(name, 0))


def acknowledged(site: Site, number: str) -> bool:
    """Whether the sender gets its acknowledgement, sending anew until it has one."""
    framed = b"\x0b" + MESSAGE.format(number=number).encode() + b"\x1c\r"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port_of(site, "his")), 5) as sender:
                sender.sendall(framed)
                answer = sender.recv(10_000)
                if answer:
                    return f"MSA|AA|{number}".encode() in answer
        except OSError:
            pass
        time.sleep(0.1)
    return False


def test_the_listeners_of_a_platform(state_folder: Path, prepared_homes: PreparedHomes) -> None:
    prepared_homes.with_demonstration(state_folder / "home", state_folder / "home-anchor.jsonl")
    site = Site(state_folder / "home", worker=False)
    site.start()
    try:
        assert set(site.ports) == {"web", "his", "pacs", "patients"}
        assert acknowledged(site, "M0")
        _killed_in_each_window(site)
        _paused_and_resumed(site)
        _a_taken_port(site)
        [listening] = site.children("listen")
    finally:
        site.stop()
    assert not Path(f"/proc/{listening}").exists()
    assert not (site.home / "run" / "listening.json").exists()


def _killed_in_each_window(site: Site) -> None:
    for count, window in enumerate(WINDOWS, start=1):
        [before] = site.children("listen")
        site.arm(window)
        assert acknowledged(site, f"M{count}")
        wait_until(lambda window=window: site.struck(window))
        wait_until(lambda before=before: site.children("listen") not in ([], [before]))


def _paused_and_resumed(site: Site) -> None:
    port = port_of(site, "his")
    site.run_here("connection", "pause", "his")
    wait_until(lambda: port_of(site, "his") == 0)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 5)
    site.run_here("connection", "resume", "his")
    wait_until(lambda: port_of(site, "his") != 0)
    assert acknowledged(site, "M5")
    tried = ("connection", "test", "his", "--json")
    wait_until(lambda: site.run_here(*tried, check=False).json["ok"])
    listed = site.run_here("connection", "messages", "his", "--json").json
    assert {one["control_id"]: one["state"] for one in listed if one["control_id"] != "M5"} == {
        f"M{number}": "processed" for number in range(5)
    }


def standing(site: Site) -> dict[str, dict[str, Any]]:
    """The connections by name, as the command lists them."""
    listed = site.run_here("connection", "list", "--json").json
    return {one["name"]: one for one in listed}


def states(site: Site) -> dict[str, str]:
    return {name: one["state"] for name, one in standing(site).items()}


def _a_taken_port(site: Site) -> None:
    """A connection that cannot have its port is down, says why, and the others go on."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = site.home / "taken.json"
        settings.write_text(json.dumps({"port": taken.getsockname()[1]}))
        site.run_here(
            "connection", "add", "lis", "--kind", "hl7v2_listener", "--synthetic",
            "--settings", str(settings),
        )  # fmt: skip
        [listening] = site.children("listen")
        kill(listening)
        wait_until(lambda: site.children("listen") not in ([], [listening]))
        assert acknowledged(site, "M6")
        wait_until(lambda: states(site) == {"his": "up", "lis": "down", "pacs": "up"})
        error = standing(site)["lis"]["last_error"]["message"]["en"]
        assert str(taken.getsockname()[1]) in error
