"""The exported chain is checked without the installation, and shows any change."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent as R4AuditEvent

from suwen.control.audit import export_chain, export_fhir, verify_file
from suwen.control.audit.report import ChainFault
from suwen.control.audit.signing import KeyFileSigner
from suwen.core.errors import InputError
from tests.integration.audit.conftest import AuditSite
from tests.support.audit_chains import BEGIN, entry

Lines = list[dict[str, object]]


@pytest.fixture
async def exported(site: AuditSite, tmp_path: Path) -> Path:
    writer = site.writer()
    await writer.start()
    for number in range(1, 21):
        await writer.append(entry(number))
    await writer.stop()
    target = tmp_path / "chain.jsonl"
    assert await export_chain(site.store, target, site.signer, BEGIN) == 20
    return target


def rewrite(path: Path, change: Callable[[Lines], Lines]) -> None:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    changed = change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in changed), encoding="utf-8")


def position(lines: Lines, sequence: int) -> int:
    return next(
        i
        for i, line in enumerate(lines)
        if line["type"] == "event" and line["sequence"] == sequence
    )


async def test_an_untouched_export_holds_with_and_without_the_keys(
    site: AuditSite, exported: Path
) -> None:
    for keys in (None, site.signer.public_keys()):
        report = verify_file(exported, keys, site.anchor.read())
        assert report.ok
        assert (report.events, report.since_anchor, report.since_checkpoint) == (20, 0, 0)


def test_only_its_owner_reads_an_export(exported: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600


async def test_an_export_is_no_lie_because_the_chain_went_on(
    site: AuditSite, exported: Path
) -> None:
    writer = site.writer()
    await writer.start()
    await writer.append(entry(21))
    await writer.stop()
    assert verify_file(exported, site.signer.public_keys(), site.anchor.read()).ok


def changed_actor(lines: Lines) -> Lines:
    lines[position(lines, 8)]["actor"] = "nobody"
    return lines


def without(*sequences: int) -> Callable[[Lines], Lines]:
    def change(lines: Lines) -> Lines:
        return [
            line
            for line in lines
            if not (line["type"] == "event" and line["sequence"] in sequences)
        ]

    return change


def exchanged(lines: Lines) -> Lines:
    a, b = position(lines, 4), position(lines, 9)
    lines[a], lines[b] = lines[b], lines[a]
    return lines


def doubled(lines: Lines) -> Lines:
    place = position(lines, 6)
    return lines[: place + 1] + lines[place:]


def nonsense(lines: Lines) -> Lines:
    lines[position(lines, 3)] = {"type": "event"}
    return lines


@pytest.mark.parametrize(
    ("change", "place", "reason"),
    [
        (changed_actor, 8, ChainFault.CHANGED),
        (without(5), 5, ChainFault.REMOVED),
        (without(*range(15, 21)), 15, ChainFault.TRUNCATED),
        (without(*range(1, 21)), 1, ChainFault.TRUNCATED),
        (exchanged, 4, ChainFault.REORDERED),
        (doubled, 6, ChainFault.INSERTED),
        (nonsense, 3, ChainFault.UNREADABLE),
    ],
)
async def test_a_changed_export_is_found_out(
    exported: Path, change: Callable[[Lines], Lines], place: int, reason: ChainFault
) -> None:
    rewrite(exported, change)
    report = verify_file(exported)
    assert (report.ok, report.first_bad, report.reason) == (False, place, reason)


def test_half_a_line_at_the_end_is_found_out(exported: Path) -> None:
    content = exported.read_bytes()
    exported.write_bytes(content[:-40])
    report = verify_file(exported)
    assert (report.ok, report.first_bad) == (False, 20)


async def test_an_export_under_a_foreign_key_holds_only_for_itself(
    site: AuditSite, exported: Path, tmp_path: Path
) -> None:
    intruder = KeyFileSigner(tmp_path / "intruder")
    await export_chain(site.store, exported, intruder, BEGIN)
    rewrite(exported, lambda lines: [x for x in lines if x["type"] != "checkpoint"])
    assert verify_file(exported).ok
    report = verify_file(exported, site.signer.public_keys())
    assert (report.ok, report.reason) == (False, ChainFault.CHECKPOINT_SIGNATURE)


@pytest.mark.parametrize("content", ["", "{}\n", "no\n", '{"format": "other", "head": null}\n'])
async def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "other"
    path.write_text(content)
    with pytest.raises(InputError) as refused:
        verify_file(path)
    assert refused.value.code == "not_an_audit_export"


async def test_an_export_without_its_signed_head_is_refused(exported: Path) -> None:
    def headless(lines: Lines) -> Lines:
        lines[0]["head"] = None
        return lines

    rewrite(exported, headless)
    with pytest.raises(InputError):
        verify_file(exported)


async def test_an_empty_chain_is_exported_too(site: AuditSite, tmp_path: Path) -> None:
    target = tmp_path / "empty.jsonl"
    assert await export_chain(site.store, target, site.signer, BEGIN) == 0
    assert verify_file(target).ok


async def test_every_event_leaves_as_a_valid_resource(
    site: AuditSite, exported: Path, tmp_path: Path
) -> None:
    target = tmp_path / "audit.ndjson"
    assert await export_fhir(site.store, target) == 20
    lines = target.read_text(encoding="utf-8").splitlines()
    ids = [R4AuditEvent.model_validate_json(line).id for line in lines]
    assert ids == [f"suwen-audit-{n}" for n in range(1, 21)]
