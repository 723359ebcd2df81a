"""A manifest is read strictly; an error names the field in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from suwen.appkit.manifest import load_manifest
from suwen.appkit.scaffold import write_application
from suwen.core.errors import ConfigurationError
from suwen.core.identity import Role
from suwen.core.manifest import Partition, SignOffRule


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_application("ward_note", tmp_path) / "manifest.toml"


def changed(path: Path, pattern: str, replacement: str) -> Path:
    text = path.read_text(encoding="utf-8")
    other = re.sub(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert other != text
    path.write_text(other, encoding="utf-8")
    return path


def test_a_whole_manifest_is_read(path: Path) -> None:
    manifest = load_manifest(path)
    assert manifest.id == "ward_note"
    assert manifest.sign_off is SignOffRule.PHYSICIAN
    assert Role.NURSE in manifest.roles
    assert manifest.model_profile is not None
    assert manifest.hazards[0].mitigation.zh


@pytest.mark.parametrize(
    ("pattern", "replacement", "field"),
    [
        (r"^data_class = 5", "data_class = 6", "data_class"),
        (r"^data_class = 5", 'data_class = "5"', "data_class"),
        (r"^data_class = 5\n", "", "data_class"),
        (r"^owner", "owner_name", "owner"),
        (r'^sign_off = "physician"', 'sign_off = "anyone"', "sign_off"),
        (r"^roles = .*", 'roles = ["king"]', "roles.0"),
        (r"^roles = .*", "roles = []", "roles"),
        (r"^reads = .*", 'reads = ["patient"]', "reads.0"),
        (r"^purposes = .*", 'purposes = ["fun"]', "purposes.0"),
        (r"^retention_days = 30", "retention_days = 0", "retention_days"),
        (r"^id = .*", 'id = "Ward Note"', "id"),
        (r"^\[not_for\]\nzh = .*", "[not_for]", "not_for.zh"),
        (r"^co_sign = false", "co_sign = 1", "co_sign"),
        (r"^\[device_status.us\]\n.*\n", "", "device_status"),
        (r"^\[device_status.us\]", "[device_status.jp]", "device_status"),
        (r"^audience = .*", 'audience = "clinician"\nsurprise = 1', "surprise"),
        (r"^context_tokens = 4096", "context_tokens = 10", "model_profile.context_tokens"),
    ],
)
def test_an_error_names_its_field(path: Path, pattern: str, replacement: str, field: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_manifest(changed(path, pattern, replacement))
    assert refused.value.field == field
    assert field in refused.value.safe_message.zh
    assert "ward_note" in refused.value.safe_message.en


def test_without_a_place_the_strictest_law_decides(path: Path) -> None:
    assert load_manifest(path).partition is Partition.GENERAL
    changed(path, r'^(\[device_status.eu\]\nstatus = )".*"', r'\1"device: image analysis"')
    read = load_manifest(path)
    assert (read.partition, read.least_partition) == (Partition.DEVICE, Partition.GENERAL)
    raised = load_manifest(changed(path, r'^partition = "general"', 'partition = "device"'))
    assert raised.least_partition is Partition.DEVICE


@pytest.mark.parametrize("text", ["id = ", "= 1", "\udcff"])
def test_what_is_not_toml_is_refused(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ConfigurationError) as refused:
        load_manifest(path)
    assert refused.value.code == "manifest_malformed"


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_manifest(tmp_path / "none" / "manifest.toml")
    assert refused.value.code == "manifest_missing"
