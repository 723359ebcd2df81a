"""An application runs where the law of its place wants it; it can be raised and never lowered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from suwen.appkit.discover import discover
from suwen.control.governance.risk.placing import PlacedBy, laws_of, place
from suwen.control.governance.risk.rules import Jurisdiction
from suwen.core.identity import AppId
from suwen.core.manifest import DeviceStatus, Manifest, Partition


def manifest_of(app: str) -> Manifest:
    return discover()[AppId(app)].manifest


@pytest.mark.parametrize(
    ("app", "place_of", "partition"),
    [
        ("prescription_review", "cn", Partition.GENERAL),
        ("prescription_review", "us", Partition.GENERAL),
        ("prescription_review", "eu", Partition.DEVICE),
        ("prescription_review", "other", Partition.DEVICE),
        ("triage", "cn", Partition.DEVICE),
        ("triage", "us", Partition.DEVICE),
        ("triage", "eu", Partition.DEVICE),
        ("record_writer", "other", Partition.GENERAL),
        ("record_quality", "other", Partition.GENERAL),
        ("evidence_search", "other", Partition.GENERAL),
    ],
)
def test_the_law_of_the_place_decides(app: str, place_of: str, partition: Partition) -> None:
    assert place(manifest_of(app), laws_of(place_of)).partition is partition


def test_a_place_that_is_not_known_has_all_laws() -> None:
    assert laws_of("cn") == (Jurisdiction.CN,)
    assert laws_of("jp") == laws_of("") == tuple(Jurisdiction)


def test_manifest_and_office_raise_and_nobody_lowers() -> None:
    china = laws_of("cn")
    review = manifest_of("prescription_review")
    assert place(review, china).by is PlacedBy.NOTHING
    assert place(review, china, raised=True).by is PlacedBy.OFFICE
    own = replace(review, least_partition=Partition.DEVICE)
    assert place(own, china).by is PlacedBy.MANIFEST
    lowered = replace(manifest_of("triage"), least_partition=Partition.GENERAL)
    assert place(lowered, china).partition is Partition.DEVICE
    claimed = replace(
        lowered,
        device_status={one: DeviceStatus("non-device", None) for one in ("us", "eu", "cn")},
    )
    assert place(claimed, china).by is PlacedBy.LAW


def test_what_the_manifest_declares_counts_where_nobody_answered() -> None:
    silent = replace(manifest_of("record_writer"), function={})
    china = laws_of("cn")
    assert place(silent, china).partition is Partition.GENERAL
    trigger = silent.title
    for status, asks in (
        (DeviceStatus("device (likely)", None), True),
        (DeviceStatus("unclear", trigger), True),
        (DeviceStatus("unclear", None), False),
        (DeviceStatus("non-device", trigger), False),
    ):
        said = replace(silent, device_status={**silent.device_status, "cn": status})
        assert (place(said, china).by is PlacedBy.DECLARED) is asks, status
    undeclared = replace(silent, device_status={})
    assert place(undeclared, china).partition is Partition.DEVICE
