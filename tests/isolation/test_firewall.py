"""The firewall that we hand out, loaded by the kernel and tried."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy" / "nftables" / "suwen.nft"
TRY = """
import json, socket, subprocess, sys

def counted(name):
    told = json.loads(subprocess.run(
        ["nft", "-j", "list", "counter", "inet", "suwen", name],
        check=True, capture_output=True, text=True).stdout)
    return told["nftables"][1]["counter"]["packets"]

def refused(family, kind, address, port):
    # A stream that may go out waits for its answer, which the rules for what comes in stop here.
    before = counted("refused_out")
    one = socket.socket(family, kind)
    one.settimeout(0.3)
    try:
        one.connect((address, port))
        one.send(b"x")
    except OSError:
        pass
    return counted("refused_out") - before

tried = {}
for name, family, kind, address, port in json.loads(sys.argv[1]):
    tried[name] = refused(getattr(socket, family), getattr(socket, kind), address, port)
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname(), 5).close()
    tried["loopback"] = 0
print(json.dumps(tried))
"""
ATTEMPTS = [
    ("peer", "AF_INET", "SOCK_STREAM", "10.20.0.11", 8000),
    ("other port of the peer", "AF_INET", "SOCK_STREAM", "10.20.0.11", 8001),
    ("other protocol of the peer", "AF_INET", "SOCK_DGRAM", "10.20.0.11", 8000),
    ("elsewhere", "AF_INET", "SOCK_STREAM", "198.51.100.7", 443),
    ("elsewhere by IPv6", "AF_INET6", "SOCK_STREAM", "2001:db8::7", 443),
    ("a name server", "AF_INET", "SOCK_DGRAM", "198.51.100.53", 53),
]


def tried_behind(rules: str) -> dict[str, int]:
    """How many packets of each attempt the rules refused, in a namespace of their own."""
    if os.geteuid() != 0 or shutil.which("nft", path="/usr/sbin:/usr/bin") is None:
        if os.environ.get("CI"):
            pytest.fail("a firewall is tried as root with nft")
        pytest.skip("a firewall is tried as root with nft")
    script = (
        "set -e; PATH=$PATH:/usr/sbin; ip link set lo up; ip route add local default dev lo; "
        "ip -6 route add local default dev lo; nft -f -; "
        'nft add element inet suwen peers "{ 10.20.0.11 . tcp . 8000 }"; exec "$@"'
    )
    in_namespace = ["unshare", "--net", "sh", "-c", script]
    done = subprocess.run(
        [*in_namespace, "sh", sys.executable, "-c", TRY, json.dumps(ATTEMPTS)],
        input=rules,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, int] = json.loads(done.stdout)
    return told


def test_everything_is_refused_but_loopback_and_the_peers() -> None:
    tried = tried_behind(RULES.read_text(encoding="utf-8"))
    allowed = {name for name, refused in tried.items() if refused == 0}
    assert allowed == {"peer", "loopback"}


def test_the_trial_notices_a_rule_that_lets_everything_out() -> None:
    rules = RULES.read_text(encoding="utf-8")
    last = "\t\tcounter name refused_out limit"
    opened = rules.replace(last, f"\t\taccept\n{last}")
    assert opened != rules
    assert set(tried_behind(opened).values()) == {0}


def test_the_recipe_can_be_loaded_again_over_itself() -> None:
    rules = RULES.read_text(encoding="utf-8")
    assert tried_behind(rules + "\n" + rules)["elsewhere"] > 0
