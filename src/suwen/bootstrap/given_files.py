"""Files that somebody names for an import, on their way into a job."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from suwen.core.errors import InputError
from suwen.core.language import Bilingual
from suwen.jobs.model import GivenFile

LONGEST_NAME = 240
MOST_NAMED = 1000


@dataclass
class GatheredFiles:
    """Files to import, and those that are named but not taken.

    Attributes:
        outside: links that lead out of the folder that was named.
        unreadable: what may not be read, and what is no file: a pipe would be waited for for ever.
        misnamed: files of a folder whose name cannot be kept, or is kept of another one already.
    """

    files: list[GivenFile] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    misnamed: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.files or self.outside or self.unreadable or self.misnamed)


def gather(paths: Sequence[Path]) -> GatheredFiles:
    """The files of paths, each under its name below the folder that was named.

    Hidden files are left out. What cannot be taken is told with the others' import, not instead
    of it.

    Raises:
        InputError: ``file_not_found``, ``no_file_given``, ``file_names_collide``.
    """
    found = GatheredFiles()
    for path in paths:
        if not path.exists():
            raise InputError(
                "file_not_found",
                Bilingual(zh=f"找不到 {path}。", en=f"{path} does not exist."),
                field="PATH",
            )
        root = path.resolve() if path.is_dir() else path.resolve().parent
        below: set[str] = set()
        for file in _files_below(path):
            _take(found, file, _name_below(path, file), root, below)
    if not found:
        raise InputError(
            "no_file_given",
            Bilingual(zh="所给路径中没有文件。", en="There is no file in what was named."),
            field="PATH",
        )
    names = [file.name for file in found.files]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            "file_names_collide",
            Bilingual(
                zh=f"有两个文件都叫 {twice}；请导入它们共同的上级文件夹。",
                en=f"Two files are both called {twice}; import the folder above them instead.",
            ),
            field="PATH",
        )
    return found


def safe_name(name: str) -> str:
    """A file's name below a folder of ours, whatever it was called elsewhere.

    Raises:
        InputError: ``file_name_unusable`` where nothing of it can be kept.
    """
    plain = "".join(c for c in name.replace("\\", "/") if c.isprintable())
    parts = [part.strip() for part in PurePosixPath(plain).parts]
    kept = [part for part in parts if part not in ("", ".", "..", "/") and ":" not in part]
    # A hidden file would be passed over without a word.
    visible = [part.lstrip(".") for part in kept]
    joined = "/".join(part for part in visible if part)
    if not joined or any(len(part.encode()) > LONGEST_NAME for part in joined.split("/")):
        raise InputError(
            "file_name_unusable",
            Bilingual(
                zh="文件名为空或过长，请改名后再导入。",
                en="The file's name is empty or too long; rename it.",
            ),
            field="file",
        )
    return joined


def _files_below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.extend(Path(folder) / name for name in names if not name.startswith("."))

    def place(file: Path) -> tuple[bool, str]:
        # Behind the others what loses a part of its name, lest it take another's.
        name = file.relative_to(path).as_posix()
        return not name.isprintable(), name

    return sorted(found, key=place)


def _name_below(path: Path, file: Path) -> str:
    return file.name if file == path else file.relative_to(path).as_posix()


def _take(found: GatheredFiles, file: Path, name: str, root: Path, below: set[str]) -> None:
    """Takes a file of a path; ``below`` are the names that its others have."""
    # Of a file that was named itself, even as a link, the root is the folder that it lies in.
    if not file.resolve().is_relative_to(root):
        found.outside.append(name)
        return
    try:
        kept = safe_name(name)
    except InputError:
        found.misnamed.append(name)
        return
    if kept in below:
        found.misnamed.append(name)
    elif _can_be_read(file):
        below.add(kept)
        found.files.append(GivenFile(kept, file))
    else:
        found.unreadable.append(name)


def _can_be_read(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with file.open("rb"):
            return True
    except OSError:
        return False
