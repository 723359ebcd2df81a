"""The step in which a finished folder becomes an edition."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from suwen.core.errors import KnowledgeError
from suwen.core.faults import fault_point
from suwen.knowledge.edition.opened import verify_edition
from suwen.knowledge.edition.signing import Verifier
from suwen.storage.secret_files import sync_folder

UNFINISHED: Final = ".building-"
"""How the names of folders begin that no reader looks at."""


def put_in_place(work: Path, place: Path, verify: Verifier) -> Path:
    """Renames a finished folder to its final name, durably.

    The same edition stays when it is there already; one that does not verify is replaced.
    """
    fault_point("knowledge.inside_build")
    try:
        work.rename(place)
    except OSError:
        # A folder that is not empty cannot be replaced by a rename.
        if not place.is_dir():
            raise
        try:
            verify_edition(place, verify)
            shutil.rmtree(work)
        except KnowledgeError:
            take_away(place)
            work.rename(place)
    sync_folder(place.parent)
    return place


def take_away(place: Path) -> None:
    """Removes an edition: out of sight in one step, so that a half removed one is never met."""
    gone = place.with_name(f"{UNFINISHED}{place.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    place.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
