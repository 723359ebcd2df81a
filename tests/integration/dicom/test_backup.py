"""A backup carries every image that was acknowledged, and a restored site reads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from suwen.integration.dicom.matching import IdentifierRules
from suwen.storage import backup
from suwen.storage.database import Database
from suwen.storage.embedded import EmbeddedPostgres
from suwen.storage.encryption import field_cipher
from suwen.storage.imaging import ImagingStore
from suwen.storage.imaging_files import ImagingFiles
from suwen.storage.migrate import migrate
from tests.integration.dicom.conftest import make_imaging
from tests.support.database import new_state_folder
from tests.support.dicom_objects import ct_object, uid

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")
PASSPHRASE = "a passphrase of the hospital"


async def test_images_come_back_with_the_site(state_folder: Path, tmp_path: Path) -> None:
    home, target = state_folder / "home", tmp_path / "site.backup"
    contents = {uid(97, 1, n): ct_object(n, study=97) for n in (1, 2)}
    with EmbeddedPostgres(home) as urls:
        migrate(urls)
        database = Database(urls.general)
        imaging = make_imaging(database, home, IdentifierRules())
        for content in contents.values():
            await imaging.receiver.receive(content)
        await database.close()
        backup.create(urls, home, target, PASSPHRASE)
    assert b"P0000001" not in target.read_bytes()
    with new_state_folder() as folder:
        restored = folder / "restored"
        backup.restore(target, restored, PASSPHRASE)
        with EmbeddedPostgres(restored) as urls:
            database = Database(urls.general)
            kept = await ImagingStore(database).known(list(contents))
            await database.close()
        files = ImagingFiles(restored, field_cipher(restored))
        assert {u: files.read(one.digest) for u, one in kept.items()} == contents
