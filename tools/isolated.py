"""Runs a command where nothing but loopback exists, and counts what it tried to reach outside.

    python tools/isolated.py [--report FILE] -- COMMAND…

The command and everything that it starts live in a network namespace whose only interface is
loopback. Every other address of the world is routed to that interface too, so that an attempt ends
here, is refused at once, and leaves a packet that names where it wanted to go. Names are asked of
a server of ours on 127.0.0.1:53, which knows none and notes each.

Before and after the command one packet and one question are sent on purpose: a counter that did
not see them proves nothing, and the run fails.

Exit status: that of the command when it is not 0; 3 when something was tried; 4 when the counter is
blind; 77 when this machine does not permit namespaces.
"""

from __future__ import annotations

import argparse
import ctypes
import ipaddress
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TRIED, BLIND, NOT_PERMITTED = 3, 4, 77
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
EVERY_PROTOCOL, SENT = 0x0003, 4
SO_ATTACH_FILTER, SOL_PACKET, PACKET_STATISTICS = 26, 263, 6
SETTLE_S = 0.5
DELIBERATE_ADDRESS: Final = "192.0.2.53"
"""Of the block that is reserved for documentation: nobody's."""
DELIBERATE_NAME: Final = "deliberate-attempt.invalid"

# Instructions of the kernel's packet filter, from <linux/filter.h>: everything but what goes to
# 127.0.0.0/8 and ::1, so that the traffic on loopback itself costs nothing.
_LOAD_BYTE, _LOAD_WORD, _SHIFT, _EQUAL, _RETURN = 0x30, 0x20, 0x74, 0x15, 0x06
FILTER: Final = (
    (_LOAD_BYTE, 0, 0, 0),
    (_SHIFT, 0, 0, 4),
    (_EQUAL, 0, 2, 4),
    (_LOAD_BYTE, 0, 0, 16),
    (_EQUAL, 9, 10, 127),
    (_EQUAL, 0, 9, 6),
    (_LOAD_WORD, 0, 0, 24),
    (_EQUAL, 0, 7, 0),
    (_LOAD_WORD, 0, 0, 28),
    (_EQUAL, 0, 5, 0),
    (_LOAD_WORD, 0, 0, 32),
    (_EQUAL, 0, 3, 0),
    (_LOAD_WORD, 0, 0, 36),
    (_EQUAL, 0, 1, 1),
    (_RETURN, 0, 0, 0),
    (_RETURN, 0, 0, 0xFFFF),
)


class NotPermittedError(Exception):
    """This machine does not let us make a namespace."""


class BlindError(Exception):
    """The counter did not see what was done on purpose."""


@dataclass
class Attempts:
    """What was tried, by its destination; the deliberate attempts are counted apart."""

    packets: Counter[str] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)
    deliberate_packets: int = 0
    deliberate_names: int = 0
    lost: int = 0

    @property
    def total(self) -> int:
        """Packets and questions for names together; also what the counter had to drop."""
        return self.packets.total() + self.names.total() + self.lost

    def note_packet(self, destination: str) -> None:
        """Counts a packet to ``protocol address port``."""
        if destination == f"udp {DELIBERATE_ADDRESS} 9":
            self.deliberate_packets += 1
        else:
            self.packets[destination] += 1

    def note_name(self, name: str) -> None:
        """Counts a question for a name."""
        if name == DELIBERATE_NAME:
            self.deliberate_names += 1
        else:
            self.names[name] += 1


def destination_of(packet: bytes) -> str | None:
    """``protocol address port`` of a packet that begins something; ``None`` for an answer.

    Since every address is ours here, the refusals that we answer with go by as well.
    """
    version = packet[0] >> 4
    if version == 4:
        protocol, body = packet[9], packet[(packet[0] & 15) * 4 :]
        address = str(ipaddress.ip_address(packet[16:20]))
    else:
        protocol, body = packet[6], packet[40:]
        address = str(ipaddress.ip_address(packet[24:40]))
    if protocol == socket.IPPROTO_TCP:
        begins = body[13] & 0x16 == 0x02
        return f"tcp {address} {struct.unpack('!H', body[2:4])[0]}" if begins else None
    if protocol == socket.IPPROTO_UDP:
        return f"udp {address} {struct.unpack('!H', body[2:4])[0]}"
    if protocol == socket.IPPROTO_ICMP:
        return f"icmp {address} type {body[0]}" if body[0] not in (0, 3) else None
    if protocol == socket.IPPROTO_ICMPV6:
        return f"icmp {address} type {body[0]}" if body[0] not in (1, 129) else None
    return f"protocol {protocol} {address}"


def name_asked(question: bytes) -> str:
    """The name of a DNS question (RFC 1035, 4.1.2)."""
    labels, at = [], 12
    while at < len(question) and question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii", "replace"))
        at += 1 + question[at]
    return ".".join(labels).lower()


def unknown_name(question: bytes) -> bytes:
    """The answer that there is no such name."""
    flags = struct.pack("!H", 0x8183)
    return question[:2] + flags + question[4:6] + bytes(6) + question[12:]


class Counters:
    """The watch on the interface and the name server, until ``close``."""

    def __init__(self) -> None:
        self.attempts = Attempts()
        self._watch = socket.socket(
            socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(EVERY_PROTOCOL)
        )
        steps = b"".join(struct.pack("=HBBI", *step) for step in FILTER)
        memory = ctypes.create_string_buffer(steps)
        program = struct.pack("@HP", len(FILTER), ctypes.addressof(memory))
        self._watch.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        self._watch.bind(("lo", EVERY_PROTOCOL))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 53))
        self._tcp = socket.create_server(("127.0.0.1", 53))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="counters")
        self._thread.start()

    def _serve(self) -> None:
        while not self._ended.is_set():
            ready, _, _ = select.select([self._watch, self._udp, self._tcp], [], [], 0.1)
            for one in ready:
                if one is self._watch:
                    self._packet()
                elif one is self._udp:
                    question, asker = self._udp.recvfrom(4096)
                    self.attempts.note_name(name_asked(question))
                    self._udp.sendto(unknown_name(question), asker)
                else:
                    self._stream()

    def _packet(self) -> None:
        packet, (_, _, way, *_) = self._watch.recvfrom(256)
        destination = destination_of(packet) if way == SENT else None
        if destination is not None:
            self.attempts.note_packet(destination)

    def _stream(self) -> None:
        asker, _ = self._tcp.accept()
        with asker:
            asker.settimeout(1)
            try:
                self.attempts.note_name(name_asked(asker.recv(4096)[2:]))
            except OSError:
                self.attempts.note_name("(a connection that asked nothing)")

    def prove(self) -> None:
        """Tries one packet and one name on purpose.

        Raises:
            BlindError: when either was not counted.
        """
        seen = self.attempts
        before = (seen.deliberate_packets, seen.deliberate_names)
        # In a process of its own, as the command is.
        code = (
            "import socket\n"
            "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            f"s.sendto(b'x', ({DELIBERATE_ADDRESS!r}, 9))\n"
            f"try: socket.getaddrinfo({DELIBERATE_NAME!r}, 443)\n"
            "except OSError: pass\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        time.sleep(SETTLE_S)
        if seen.deliberate_packets <= before[0] or seen.deliberate_names <= before[1]:
            raise BlindError

    def close(self) -> None:
        """Ends the watch; what the kernel had to drop counts as tried."""
        self._ended.set()
        self._thread.join()
        told = self._watch.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        self.attempts.lost = struct.unpack("=II", told)[1]
        for one in (self._watch, self._udp, self._tcp):
            one.close()


def enter_namespace() -> None:
    """Puts this process into a network and a mount namespace of its own.

    Raises:
        NotPermittedError: with what the system says.
    """
    if os.geteuid() != 0:
        raise NotPermittedError("not root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) != 0:
        raise NotPermittedError(os.strerror(ctypes.get_errno()))
    try:
        for line in (
            "mount --make-rprivate /",
            "ip link set lo up",
            "ip route add local default dev lo",
        ):
            subprocess.run(line.split(), check=True, capture_output=True, text=True)
        with tempfile.TemporaryDirectory() as folder:
            _bind(Path(folder), "/etc/resolv.conf", "nameserver 127.0.0.1\noptions attempts:1\n")
            _bind(Path(folder), "/etc/nsswitch.conf", _names_by_dns())
    except subprocess.CalledProcessError as error:
        raise NotPermittedError(f"{' '.join(error.cmd)}: {error.stderr.strip()}") from None
    # A kernel without IPv6 has nothing to watch there.
    newer = ["ip", "-6", "route", "add", "local", "default", "dev", "lo"]
    subprocess.run(newer, capture_output=True, check=False)


def _names_by_dns() -> str:
    """The machine's rules, with names of hosts asked by DNS alone: no daemon beside answers."""
    try:
        rules = Path("/etc/nsswitch.conf").read_text(encoding="utf-8").splitlines()
    except OSError:
        rules = []
    kept = [rule for rule in rules if not rule.startswith("hosts:")]
    return "\n".join([*kept, "hosts: files dns"]) + "\n"


def _bind(folder: Path, target: str, content: str) -> None:
    source = folder / Path(target).name
    source.write_text(content, encoding="utf-8")
    source.chmod(0o644)
    subprocess.run(
        ["mount", "--bind", str(source), target], check=True, capture_output=True, text=True
    )


def run_isolated(command: list[str]) -> tuple[int, Attempts]:
    """Exit status of a command and what it tried.

    Raises:
        NotPermittedError: when no namespace can be made.
        BlindError: when the counter does not see a deliberate attempt before or after.
    """
    enter_namespace()
    counters = Counters()
    try:
        counters.prove()
        status = subprocess.run(command, check=False).returncode
        counters.prove()
    finally:
        counters.close()
    return status, counters.attempts


def main() -> int:
    """See the module."""
    reading = argparse.ArgumentParser(description="Runs a command cut off from every network.")
    reading.add_argument("--report", type=Path, help="where to write what was counted, as JSON")
    reading.add_argument("command", nargs="+")
    wish = reading.parse_args()
    try:
        status, attempts = run_isolated(wish.command)
    except NotPermittedError as error:
        print(
            f"isolation cannot be proved on this machine ({error}): a network namespace needs "
            "root, and in a container --cap-add SYS_ADMIN --cap-add NET_ADMIN",
            file=sys.stderr,
        )
        return NOT_PERMITTED
    except BlindError:
        print("the counter did not see a deliberate attempt: nothing is proved", file=sys.stderr)
        return BLIND
    told = {
        "command_status": status,
        "attempts": attempts.total,
        "packets": dict(attempts.packets.most_common()),
        "names": dict(attempts.names.most_common()),
        "lost": attempts.lost,
        "deliberate_packets_seen": attempts.deliberate_packets,
        "deliberate_names_seen": attempts.deliberate_names,
    }
    if wish.report is not None:
        wish.report.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    for kind, counted in (("packet", attempts.packets), ("name", attempts.names)):
        for where, count in counted.most_common():
            print(f"tried outside: {kind} {where} ({count} times)", file=sys.stderr)
    print(f"isolated: {attempts.total} attempts to reach anything outside", file=sys.stderr)
    if status != 0:
        return status
    return TRIED if attempts.total else 0


if __name__ == "__main__":
    sys.exit(main())
