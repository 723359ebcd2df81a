"""New keys by the desk: audited, for both partitions, images among them; former ones go at last."""

from __future__ import annotations

import pytest

from suwen.bootstrap.device.place import device_settings
from suwen.bootstrap.keys import RotationWish, key_status, reseal, retire_keys, rotate_keys
from suwen.bootstrap.platform import Platform
from suwen.core.errors import AccessError, ConflictError
from suwen.core.identity import Role
from suwen.storage.data_keys import Algorithm, named_key
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_files import ImagingFiles, imaging_cipher
from suwen.storage.keyring import KeyRing
from tests.support.database import connect
from tests.support.rotation_process import content_of, image
from tests.unit.bootstrap.test_keeping import COMPLIANCE, _fill, _person

SECURITY = _person("se.dong", Role.SECURITY_ADMINISTRATOR)


async def test_a_rotation_reaches_everything_and_former_keys_go(platform: Platform) -> None:
    KeyRing(device_settings(platform.settings).home)
    await _fill(platform)
    home = platform.settings.home
    files, store = ImagingFiles(home, imaging_cipher(home)), ImagingStore(platform.database)
    files.prepare(0)
    # An image from before studies had keys.
    digest = files.put(b"image")
    await store.put(image("a-1-1"))
    with connect(platform.urls.migration) as owner:
        owner.execute("UPDATE dicom_instance SET file_sealed = false, digest = %s", [digest])
    # And one that its study's key seals already.
    newer, former = image("b-2-2"), await store.study_keys(image("b-2-2").study_uid)
    assert former is not None and files.put(content_of("b-2-2"), former) == newer.digest
    await store.put(newer, keys=former)
    with pytest.raises(AccessError):
        await rotate_keys(platform, COMPLIANCE, RotationWish())
    wish = RotationWish(patients=True, algorithm=Algorithm.SM4_GCM)
    general, device = await rotate_keys(platform, SECURITY, wish)
    assert (general["partition"], device["partition"]) == ("general", "device")
    assert general["algorithm"] == device["algorithm"] == "sm4-gcm"
    assert general["waiting"]["image_file"] == 1
    assert "image_file" not in device["waiting"]
    with pytest.raises(ConflictError) as early:
        await retire_keys(platform, SECURITY)
    assert early.value.code == "keys_in_use"
    assert (await reseal(platform))["general"] > 1
    for part in await key_status(platform):
        assert set(part["waiting"].values()) == {0}
    retired = await retire_keys(platform, SECURITY)
    assert all(len(former) == 2 for former in retired.values())
    keys = await store.study_keys(image("a-1-1").study_uid)
    assert keys is not None
    assert named_key(files.path(digest).read_bytes()) == keys.current.id
    assert files.read(digest, keys) == b"image"
    keys = await store.study_keys(newer.study_uid)
    assert keys is not None and keys.current.id != former.current.id
    assert named_key(files.path(newer.digest).read_bytes()) == keys.current.id
    assert files.read(newer.digest, keys) == content_of("b-2-2")
    assert len(await platform.records.read_patient("p1")) == 2
    told = [one.entry for one in await platform.audit_store.latest(20, None)]
    acts = [(one.action, one.outcome.value) for one in told if one.action.startswith("keys.")]
    assert ("keys.rotate", "done") in acts and ("keys.retire", "done") in acts
