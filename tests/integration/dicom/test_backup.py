"""A backup carries every image that was acknowledged; put back, it is read by the same key."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.storage.backup_editions import PREFIX, file_of, take_edition_file, write_editions
from suwen.storage.database_dump import Snapshot
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging_files import ImagingFiles
from suwen.storage.urls import DatabaseUrls
from tests.integration.dicom.conftest import Imaging
from tests.support.database import new_state_folder
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
        assert {u: files.read(one.digest) for u, one in kept.items()} == contents
