"""A backup carries every image that was acknowledged; put back, it is read by the same key."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.core import faults
from suwen.core.errors import ConfigurationError
from suwen.storage.backup_editions import PREFIX, file_of, take_edition_file, write_editions
from suwen.storage.data_keys import named_key
from suwen.storage.database import Database
from suwen.storage.database_dump import Snapshot
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging_files import ImagingFiles
from suwen.storage.imaging_resealing import ImageResealing, files_at_rest
from suwen.storage.urls import DatabaseUrls
from tests.integration.dicom.conftest import Imaging
from tests.support.database import connect, new_state_folder
from tests.support.dicom_objects import ct_object, uid

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


async def test_images_come_back_with_the_site(
    imaging: Imaging, fresh_database_urls: DatabaseUrls, state_folder: Path
) -> None:
    contents = {uid(97, 1, n): ct_object(n, study=97) for n in (1, 2)}
    for content in contents.values():
        await imaging.receiver.receive(content)
    members: list[tuple[str, bytes]] = []
    with Snapshot(fresh_database_urls.migration) as snapshot:
        names = write_editions(
            snapshot, state_folder, lambda name, content: members.append((name, content))
        )
    assert len(names) == 2 and {file_of(name) for name, _ in members} == set(names)
    assert all(b"P0000001" not in content for _, content in members)
    with new_state_folder() as restored:
        for name in names:
            parts = (c for member, c in members if member.startswith(f"{PREFIX}{name}/"))
            take_edition_file(restored, name, parts)
        kept = await imaging.store.known(list(contents))
        files = ImagingFiles(restored, field_cipher(state_folder))
        keys = await imaging.store.study_keys(uid(97))
        assert {u: files.read(one.digest, keys) for u, one in kept.items()} == contents


async def test_files_are_sealed_by_their_studys_key_and_older_ones_later(
    imaging: Imaging, database: Database, fresh_database_urls: DatabaseUrls, state_folder: Path
) -> None:
    content = ct_object(1, study=98)
    await imaging.receiver.receive(content)
    [kept] = await imaging.store.of_study(uid(98))
    keys = await imaging.store.study_keys(uid(98))
    assert keys is not None
    path = imaging.files.path(kept.digest)
    assert named_key(path.read_bytes()) == keys.current.id
    with pytest.raises(ConfigurationError):
        imaging.files.read(kept.digest)
    work = ImageResealing(database, imaging.files)
    assert (await work.waiting(), await work.some()) == (0, 0)
    # As it lay before studies had keys.
    path.unlink()
    imaging.files.put(content)
    with connect(fresh_database_urls.migration) as owner:
        owner.execute("UPDATE dicom_instance SET file_sealed = false")
    assert named_key(path.read_bytes()) != keys.current.id
    assert await imaging.read(kept) == content
    assert await work.waiting() == 1
    with files_at_rest(fresh_database_urls.migration):
        assert await work.some() == 0
    faults.arm(_struck)
    with pytest.raises(KeyboardInterrupt):
        await work.some()
    faults.arm(lambda _: None)
    assert await imaging.read(kept) == content
    assert (await work.some(), await work.some(), await work.waiting()) == (1, 0, 0)
    assert named_key(path.read_bytes()) == keys.current.id
    assert await imaging.read(kept) == content
    # Sent again it stays as it is.
    before = path.read_bytes()
    assert await imaging.receiver.receive(content) is False
    assert path.read_bytes() == before


def _struck(name: str) -> None:
    if name == "keys.image_resealed":
        raise KeyboardInterrupt
