"""The large files that a backup carries: editions in use, which take hours to make anew, and the
images that were acknowledged to their senders."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from suwen.storage.database_dump import Snapshot
from suwen.storage.imaging_files import IMAGING_FOLDER, stored_files
from suwen.storage.knowledge_editions import EDITIONS_FOLDER
from suwen.storage.secret_files import sync_folder

PREFIX = "editions/"
# No collection is called so: what follows lies in the images' folder.
_IMAGES = ":imaging/"
_PART = 8 << 20

Add = Callable[[str, bytes], None]


def write_editions(snapshot: Snapshot, home: Path, add: Add) -> list[str]:
    """Puts the files of every edition in use and of every image into an archive, and names them.

    An edition whose files are not here is left out: it can be built anew. Images are sealed; the
    key to them is among the secrets.

    Args:
        add: takes the name of a member and its content.
    """
    written = []
    for collection, edition in snapshot.editions_in_use():
        folder = home / EDITIONS_FOLDER / collection / edition
        if not folder.is_dir():
            continue
        for file in sorted(path for path in folder.iterdir() if path.is_file()):
            written.append(_write_file(f"{collection}/{edition}/{file.name}", file, add))
    for name, file in stored_files(home, iter(snapshot.image_digests())):
        written.append(_write_file(f"{_IMAGES}{name}", file, add))
    return written


def _write_file(name: str, file: Path, add: Add) -> str:
    with file.open("rb") as stream:
        number = 0
        # An empty file has a part too, or it would not come back.
        while (part := stream.read(_PART)) or number == 0:
            add(f"{PREFIX}{name}/{number:08d}", part)
            number += 1
    return name


def take_edition_file(home: Path, name: str, parts: Iterator[bytes]) -> None:
    """Puts one file back where it belongs, durably.

    Args:
        name: as ``write_editions`` gave it.
    """
    below = home / EDITIONS_FOLDER
    if name.startswith(_IMAGES):
        below, name = home / IMAGING_FOLDER, name.removeprefix(_IMAGES)
    target = below / PurePosixPath(name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        for part in parts:
            stream.write(part)
        stream.flush()
        os.fsync(stream.fileno())
    sync_folder(target.parent)


def file_of(member: str) -> str:
    """The file that a member of the archive is a part of."""
    return member.removeprefix(PREFIX).rpartition("/")[0]
