"""The same program in two hospitals: where prescription review runs is the law of the place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from suwen.bootstrap.placing import installed_here, runs_in_general
from suwen.bootstrap.settings import DeviceSettings, Settings, SiteSettings
from suwen.control.gateway.run import Gateway
from suwen.control.governance.releases import register_releases, release_of
from suwen.core.errors import AccessError, ConfigurationError
from suwen.core.identity import AppId, Role
from suwen.core.manifest import Partition
from tests.support.applications import NOW, Site, person

REVIEW = AppId("prescription_review")
REQUEST = {
    "patient": {"sex": "female", "age_y": 45},
    "allergies": [],
    "diagnoses": [{"text": "高血压病"}],
    "orders": [{"drug": "氨氯地平片", "dose": 5, "unit": "mg", "frequency": "qd", "route": "口服"}],
    "setting": "inpatient",
}


def settings(jurisdiction: str, *raised: str) -> Settings:
    site = SiteSettings.model_validate({"jurisdiction": jurisdiction})
    return Settings(home=Path("nowhere"), site=site, device=DeviceSettings(raised=raised))


async def gateway_at(site: Site, wanted: Settings, partition: Partition) -> Gateway:
    installed = {REVIEW: installed_here(wanted)[REVIEW]}
    await register_releases(site.parts.releases, installed.values(), NOW)
    return Gateway(replace(site.parts, applications=installed, partition=partition))


@pytest.mark.parametrize(
    ("place", "partition"),
    [
        (settings("cn"), Partition.GENERAL),
        (settings("us"), Partition.GENERAL),
        (settings("eu"), Partition.DEVICE),
        (settings("other"), Partition.DEVICE),
        (settings("cn", "prescription_review"), Partition.DEVICE),
    ],
)
async def test_it_runs_on_its_side_and_is_refused_on_the_other(
    build: Callable[..., Awaitable[Site]], place: Settings, partition: Partition
) -> None:
    site = await build()
    pharmacist = person("ph.he", Role.PHARMACIST)
    assert runs_in_general(REVIEW, place) is (partition is Partition.GENERAL)
    for here in Partition:
        gateway = await gateway_at(site, place, here)
        if here is partition:
            result = await gateway.run(pharmacist, REVIEW, REQUEST)
            assert result.output["decision"] == "pass"
            continue
        with pytest.raises(AccessError) as refused:
            await gateway.run(pharmacist, REVIEW, REQUEST)
        assert refused.value.code == "wrong_partition"


def test_another_law_is_another_release() -> None:
    places = [settings(one) for one in ("cn", "us", "eu", "other")]
    places.append(settings("cn", "prescription_review"))
    hashes = {release_of(installed_here(one)[REVIEW], NOW).hash for one in places}
    assert len(hashes) == len(places)


def test_what_is_not_installed_cannot_be_raised() -> None:
    with pytest.raises(ConfigurationError) as refused:
        installed_here(settings("cn", "no_such"))
    assert refused.value.code == "no_such_application_to_raise"
