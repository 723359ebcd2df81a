"""Heads outside the installation: kept at once, told apart by chain, damage not hidden."""

from __future__ import annotations

import json
import socket
import stat
from pathlib import Path

import pytest

from suwen.control.audit.anchor import (
    FileAnchor,
    SyslogAnchor,
    open_anchor,
    read_anchor_file,
)
from suwen.core.errors import ConfigurationError
from tests.support.audit_chains import make_chain

STATED = make_chain(9, [2, 5, 9], []).checkpoints


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "made" / "anchor.jsonl"
    anchor = FileAnchor(path, "general")
    anchor.prepare()
    for checkpoint in STATED:
        anchor.write(checkpoint)
    assert anchor.read().anchors == tuple(STATED)
    assert anchor.read().unreadable == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_chains_that_share_a_file_do_not_mix(tmp_path: Path) -> None:
    general = FileAnchor(tmp_path / "anchor.jsonl", "general")
    device = FileAnchor(tmp_path / "anchor.jsonl", "device")
    general.write(STATED[0])
    device.write(STATED[1])
    assert general.read().anchors == (STATED[0],)
    assert device.read().anchors == (STATED[1],)
    assert device.read().others == (STATED[0],)


def test_half_a_line_of_a_power_failure_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "anchor.jsonl"
    anchor = FileAnchor(path, "general")
    anchor.write(STATED[0])
    with path.open("a") as stream:
        stream.write('{"chain": "general", "sequ')
    assert (anchor.read().anchors, anchor.read().unreadable) == ((STATED[0],), 0)
    anchor.write(STATED[1])
    assert (anchor.read().anchors, anchor.read().unreadable) == (tuple(STATED[:2]), 0)


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "{}",
        '{"chain": "general"}',
        json.dumps({"chain": "general", "sequence": "1", "head_hash": "", "at": "", "key_id": ""}),
    ],
)
def test_a_line_that_was_tampered_with_is_counted(tmp_path: Path, line: str) -> None:
    path = tmp_path / "anchor.jsonl"
    FileAnchor(path, "general").write(STATED[0])
    with path.open("a") as stream:
        stream.write(line + "\n")
    assert read_anchor_file(path, "general").unreadable == 1


def test_a_file_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert FileAnchor(tmp_path / "none", "general").read().anchors == ()


def test_a_place_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError) as refused:
        FileAnchor(tmp_path / "file" / "anchor.jsonl", "general").prepare()
    assert refused.value.code == "anchor_not_writable"


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_the_system_log_gets_lines_that_can_be_read_back(
    kind: socket.SocketKind, tmp_path: Path
) -> None:
    address = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, kind) as log:
        log.bind(address)
        if kind is socket.SOCK_STREAM:
            log.listen()
        anchor = SyslogAnchor("general", address)
        anchor.prepare()
        anchor.write(STATED[0])
        if kind is socket.SOCK_STREAM:
            log.accept()[0].close()
            received = log.accept()[0]
            with received:
                message = received.recv(4096)
        else:
            message = log.recv(4096)
    assert message.startswith(b"<85>")
    saved = tmp_path / "saved.log"
    saved.write_bytes(b"Nov 20 sshd[1]: {odd}\n" + message.rstrip(b"\n") + b"\nNov 20 cron: x\n")
    assert read_anchor_file(saved, "general").anchors == (STATED[0],)
    assert read_anchor_file(saved, "general").unreadable == 0
    assert anchor.read() is None


def test_a_missing_system_log_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        SyslogAnchor("general", str(tmp_path / "none")).prepare()


def test_the_setting_chooses(tmp_path: Path) -> None:
    assert isinstance(open_anchor("syslog", "general"), SyslogAnchor)
    assert isinstance(open_anchor(str(tmp_path / "a"), "general"), FileAnchor)
    with pytest.raises(ConfigurationError) as refused:
        open_anchor(" ", "general")
    assert refused.value.code == "anchor_missing"
