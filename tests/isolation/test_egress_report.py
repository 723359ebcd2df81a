"""What the security office is told about our sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from suwen.bootstrap.egress import HeldSocket, Peer, Verdict, configured_peers, judge, look
from suwen.bootstrap.settings import Settings
from suwen.bootstrap.sign_in_settings import OidcSettings
from suwen.core.connection import Connection, ConnectionKind
from suwen.core.identity import Role
from tests.isolation.test_no_egress import isolated
from tests.support.database import TestServer
from tests.support.web_site import serving

PEERS = (Peer("10.20.0.11", 8000, "endpoint ward"), Peer("his.hospital", None, "connection his"))
LISTENING = frozenset({8443})


def known(host: str) -> frozenset[str]:
    return {"10.20.0.11": frozenset({"10.20.0.11"}), "his.hospital": frozenset({"10.20.0.9"})}[host]


def held(
    remote: str | None,
    port: int | None = None,
    local: str = "10.20.0.2",
    *,
    local_port: int = 40000,
    protocol: str = "tcp",
    state: str = "",
) -> HeldSocket:
    return HeldSocket(7, "suwen serve", protocol, local, local_port, remote, port, state)


@pytest.mark.parametrize(
    ("socket", "verdict"),
    [
        (held("127.0.0.1", 5432), Verdict.LOOPBACK),
        (held("::1", 5432), Verdict.LOOPBACK),
        (held("::ffff:127.0.0.1", 5432), Verdict.LOOPBACK),
        (held(None, state="LISTEN"), Verdict.LISTENS),
        (held(None, local="127.0.0.1", protocol="udp"), Verdict.LISTENS),
        (held(None, protocol="udp"), Verdict.OUTSIDE),
        (held("10.20.0.77", 51000, local_port=8443), Verdict.ANSWERS),
        (held("10.20.0.77", 51000, local_port=8443, protocol="udp"), Verdict.OUTSIDE),
        (held("10.20.0.11", 8000), Verdict.PEER),
        (held("::ffff:10.20.0.11", 8000), Verdict.PEER),
        (held("10.20.0.11", 8001), Verdict.OUTSIDE),
        (held("10.20.0.9", 2575), Verdict.PEER),
        (held("198.51.100.7", 8000), Verdict.OUTSIDE),
        (held("2001:db8::7", 443), Verdict.OUTSIDE),
    ],
)
def test_what_a_socket_is(socket: HeldSocket, verdict: Verdict) -> None:
    assert judge(socket, PEERS, LISTENING, known).verdict is verdict


OURS = """
import socket, sys, time
one = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)
print("there", flush=True)
time.sleep(60)
"""
SEEN = """
import os, socket, subprocess, sys
from pathlib import Path
from suwen.bootstrap.egress import Peer, look
from suwen.bootstrap.settings import Settings

home = Path(sys.argv[1])
server = socket.create_server(("0.0.0.0", 0))
port = server.getsockname()[1]
child = subprocess.Popen(
    [sys.executable, "-c", sys.argv[2], "198.51.100.7", str(port)],
    env={**os.environ, "SUWEN_HOME": str(home)}, stdout=subprocess.PIPE, text=True)
child.stdout.readline()
settings = Settings(home=home)
bare = look(settings, ())
named = look(settings, (Peer("198.51.100.7", port, "endpoint far"),))
print("VERDICTS", [one.verdict.value for one in bare.sockets], bare.ok,
      [one.verdict.value for one in named.sockets], named.ok)
child.kill()
child.wait()
"""


def test_a_socket_to_outside_is_seen_and_one_to_a_peer_is_not_held_against_us(
    tmp_path: Path,
) -> None:
    """Where every address is answered by this machine itself."""
    home = tmp_path / "home"
    home.mkdir()
    _, told, said = isolated(tmp_path / "report.json", sys.executable, "-c", SEEN, str(home), OURS)
    assert "VERDICTS ['outside'] False ['peer'] True" in said
    assert told["attempts"] == 1


def test_our_processes_are_found_by_their_state_directory(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code = (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); print(1, flush=True); input()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "SUWEN_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None and child.stdin is not None
        child.stdout.readline()
        report = look(Settings(home=home), (), seconds=0.5)
        child.stdin.close()
    assert list(report.processes) == [child.pid]
    assert [one.verdict for one in report.sockets] == [Verdict.LISTENS]
    assert report.ok
    assert report.looks >= 2


def test_every_part_of_the_configuration_names_its_peers(
    postgres_server: TestServer, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    oidc = OidcSettings(
        issuer="https://id.hospital:8443/realm",
        client_id="suwen",
        roles={"physicians": Role.PHYSICIAN},
    )
    with postgres_server.copies() as urls, serving(urls, home) as site:
        platform = site.platform
        away = Connection(
            "his-out", ConnectionKind.HL7V2_SENDER, {"host": "10.20.0.9", "port": 2575}
        )
        off = Connection(
            "old", ConnectionKind.HL7V2_SENDER, {"host": "10.20.0.8", "port": 2575}, enabled=False
        )
        for one in (away, off):
            site.run(
                platform.connection_parts.connections.put(
                    one, None, by="test", at=platform.clock.now()
                )
            )
        object.__setattr__(
            platform, "settings", platform.settings.model_copy(update={"oidc": oidc})
        )
        found = site.run(configured_peers(platform))
    assert Peer("10.20.0.9", 2575, "connection his-out") in found
    assert Peer("id.hospital", 8443, "suwen.toml oidc") in found
    assert not any(peer.host == "10.20.0.8" for peer in found)
    assert json.dumps([peer.host for peer in found]).count("127.0.0.1") == 0
