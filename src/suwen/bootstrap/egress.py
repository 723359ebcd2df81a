"""Which sockets our processes hold, where to, and whether the hospital configured that peer."""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from suwen.bootstrap.platform import Platform
from suwen.bootstrap.settings import Settings

BETWEEN_LOOKS_S: Final = 0.2
DEFAULT_PORTS: Final[Mapping[str, int]] = {
    "http": 80,
    "https": 443,
    "ldap": 389,
    "ldaps": 636,
    "postgresql": 5432,
}
HOME_VARIABLE: Final = "SUWEN_HOME"

Resolve = Callable[[str], frozenset[str]]


class Verdict(StrEnum):
    """What a socket is to the security office.

    ``answers`` is a connection that somebody made to a port that we listen on; ``peer`` one of
    ours to a system that the hospital configured; ``outside`` everything else, which must not be.
    """

    LOOPBACK = "loopback"
    LISTENS = "listens"
    ANSWERS = "answers"
    PEER = "peer"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Peer:
    """A system of the hospital that we were told to speak to.

    Attributes:
        port: ``None`` where the configuration names none.
        why: which part of the configuration names it.
    """

    host: str
    port: int | None
    why: str


@dataclass(frozen=True, slots=True)
class HeldSocket:
    """One socket of one of our processes; ``remote`` is ``None`` where it has no other end."""

    pid: int
    program: str
    protocol: str
    local: str
    local_port: int
    remote: str | None
    remote_port: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A socket, what it is, and for a peer which configuration names it."""

    socket: HeldSocket
    verdict: Verdict
    why: str | None = None


@dataclass(frozen=True, slots=True)
class EgressReport:
    """What was seen of our processes' sockets.

    Attributes:
        processes: command by process id; empty when nothing of ours runs.
        unread: processes whose sockets this account may not read.
        looks: how often was looked.
    """

    peers: tuple[Peer, ...]
    processes: Mapping[int, str]
    sockets: tuple[Judged, ...]
    unread: tuple[int, ...]
    looks: int

    @property
    def outside(self) -> tuple[Judged, ...]:
        """Sockets to where nobody configured anything."""
        return tuple(one for one in self.sockets if one.verdict is Verdict.OUTSIDE)

    @property
    def ok(self) -> bool:
        """Whether every process could be read and nothing goes outside."""
        return not self.outside and not self.unread


async def configured_peers(platform: Platform) -> tuple[Peer, ...]:
    """Everything outside this machine that the configuration names, sorted; loopback left out."""
    found = set(_named(platform.settings.model_dump(mode="json"), "suwen.toml"))
    for endpoint in await platform.endpoints.list():
        found |= set(_named({"url": endpoint.url}, f"endpoint {endpoint.name}"))
    for connection in await platform.connection_parts.connections.list():
        if connection.enabled:
            found |= set(_named(connection.settings, f"connection {connection.name}"))
    away = (peer for peer in found if not is_loopback_host(peer.host))
    return tuple(sorted(away, key=lambda peer: (peer.why, peer.host, peer.port or 0)))


def _named(value: Any, why: str) -> Iterator[Peer]:
    """Addresses in a configuration: URLs, and a host beside its port."""
    if isinstance(value, Mapping):
        host, port = value.get("host"), value.get("port")
        # Where we listen is an address of our own, which a socket of ours never connects to.
        if isinstance(host, str) and isinstance(port, int) and not _is_any(host):
            yield Peer(host, port, why)
        for name, inner in value.items():
            yield from _named(inner, f"{why} {name}" if why == "suwen.toml" else why)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner, why)
    elif isinstance(value, str) and "://" in value:
        try:
            parts = urlsplit(value)
            given = parts.port
        except ValueError:
            return
        if parts.hostname:
            scheme = parts.scheme.partition("+")[0]
            yield Peer(parts.hostname, given or DEFAULT_PORTS.get(scheme), why)


def _is_any(host: str) -> bool:
    return host in ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def is_loopback_host(host: str) -> bool:
    """Whether a host can only be this machine."""
    try:
        return plain_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def plain_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; one of IPv4 that is written as IPv6 is taken as what it is.

    Raises:
        ValueError: when it is no address.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped if mapped is not None else address


def our_processes(settings: Settings) -> dict[int, psutil.Process]:
    """Processes of this state directory and everything below them, by process id."""
    wanted, found = str(settings.home.resolve()), {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(HOME_VARIABLE, "") in (wanted, str(settings.home)):
                found[process.pid] = process
        except (psutil.Error, OSError):
            continue
    for note in settings.home.glob("postgres/**/postmaster.pid"):
        try:
            pid = int(note.read_text(encoding="utf-8").split("\n", 1)[0])
            found[pid] = psutil.Process(pid)
        except (ValueError, OSError, psutil.Error):
            continue
    for process in list(found.values()):
        try:
            found.update({child.pid: child for child in process.children(recursive=True)})
        except psutil.Error:
            continue
    return found


def held_sockets(process: psutil.Process, program: str) -> list[HeldSocket]:
    """The internet sockets of a process, as the kernel shows them.

    Raises:
        psutil.Error: when it is gone or may not be read.
    """
    held = []
    for one in process.net_connections(kind="inet"):
        remote = one.raddr or None
        held.append(
            HeldSocket(
                pid=process.pid,
                program=program,
                protocol="tcp" if one.type == socket.SOCK_STREAM else "udp",
                local=one.laddr.ip if one.laddr else "",
                local_port=one.laddr.port if one.laddr else 0,
                remote=remote.ip if remote else None,
                remote_port=remote.port if remote else None,
                state=one.status,
            )
        )
    return held


def judge(
    held: HeldSocket, peers: tuple[Peer, ...], listening: frozenset[int], resolve: Resolve
) -> Judged:
    """What a socket is.

    Args:
        listening: ports that our processes listen on.
        resolve: the addresses of a host's name; asked only for a socket that goes somewhere else.
    """
    if held.remote is None:
        # Without another end, a datagram may go anywhere; a stream that does not listen nowhere.
        open_to_all = held.protocol == "udp" and not is_loopback_host(held.local)
        return Judged(held, Verdict.OUTSIDE if open_to_all else Verdict.LISTENS)
    remote = plain_address(held.remote)
    if remote.is_loopback:
        return Judged(held, Verdict.LOOPBACK)
    if held.protocol == "tcp" and held.local_port in listening:
        return Judged(held, Verdict.ANSWERS)
    for peer in peers:
        if peer.port is not None and peer.port != held.remote_port:
            continue
        if str(remote) in resolve(peer.host):
            return Judged(held, Verdict.PEER, peer.why)
    return Judged(held, Verdict.OUTSIDE)


def addresses_of(host: str) -> frozenset[str]:
    """The addresses that a host's name has now; none when nobody knows it."""
    try:
        return frozenset({str(plain_address(host))})
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    return frozenset(str(plain_address(str(one[4][0]))) for one in found)


def look(settings: Settings, peers: tuple[Peer, ...], *, seconds: float = 0.0) -> EgressReport:
    """Looks at the sockets of our processes, once or for some seconds five times a second.

    A connection that begins and ends between two looks is not seen; the firewall's counter is what
    sees every packet.
    """
    seen: dict[HeldSocket, None] = {}
    processes: dict[int, str] = {}
    unread: set[int] = set()
    looks, end = 0, time.monotonic() + seconds
    while True:
        looks += 1
        for pid, process in our_processes(settings).items():
            try:
                processes.setdefault(pid, _program(process))
                for held in held_sockets(process, processes[pid]):
                    seen[replace(held, state="LISTEN" if held.state == "LISTEN" else "")] = None
            except psutil.AccessDenied:
                unread.add(pid)
            except psutil.Error:
                continue
        if time.monotonic() >= end:
            break
        time.sleep(BETWEEN_LOOKS_S)
    listening = frozenset(one.local_port for one in seen if one.state == "LISTEN")
    judged = tuple(judge(one, peers, listening, addresses_of) for one in seen)
    return EgressReport(peers, processes, judged, tuple(sorted(unread)), looks)


def _program(process: psutil.Process) -> str:
    """What a process is, without its arguments, which may name a person."""
    line = process.cmdline()
    if "suwen.cli.main" in line:
        after = line[line.index("suwen.cli.main") + 1 :]
        return f"suwen {after[0]}" if after else "suwen"
    return Path(line[0]).name.split(" ")[0].rstrip(":") if line else process.name()


def report_as_json(report: EgressReport) -> dict[str, Any]:
    """The report for programs and for the file of the security office."""
    return {
        "ok": report.ok,
        "policy": "loopback and configured peers only",
        "looks": report.looks,
        "processes": [{"pid": pid, "program": name} for pid, name in report.processes.items()],
        "unread_processes": list(report.unread),
        "peers": [
            {"host": peer.host, "port": peer.port, "configured_by": peer.why}
            for peer in report.peers
        ],
        "outside": len(report.outside),
        "sockets": [
            {
                "pid": one.socket.pid,
                "program": one.socket.program,
                "protocol": one.socket.protocol,
                "local": _written(one.socket.local, one.socket.local_port),
                "remote": _written(one.socket.remote, one.socket.remote_port),
                "verdict": one.verdict.value,
                "configured_by": one.why,
            }
            for one in report.sockets
        ],
    }


def _written(address: str | None, port: int | None) -> str | None:
    if address is None:
        return None
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
