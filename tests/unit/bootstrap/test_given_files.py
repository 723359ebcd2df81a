"""Files for an import: named as they lie, never out of the folder, never lost without a word."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from suwen.bootstrap.given_files import gather, safe_name
from suwen.core.errors import InputError


def make(folder: Path, *names: str) -> Path:
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder


def test_files_of_a_folder_are_named_below_it(tmp_path: Path) -> None:
    folder = make(tmp_path / "policies", "b.md", "sub/a.md", ".hidden", ".git/config")
    found = gather([folder])
    assert [file.name for file in found.files] == ["b.md", "sub/a.md"]
    assert (found.outside, found.unreadable) == ([], [])


def test_a_file_that_is_named_itself_goes_by_its_own_name(tmp_path: Path) -> None:
    folder = make(tmp_path, "deep/down/a.md", "b.md")
    found = gather([folder / "deep/down/a.md", folder / "b.md"])
    assert [file.name for file in found.files] == ["a.md", "b.md"]


def test_a_link_that_leads_out_of_the_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    make(tmp_path, "secret.txt")
    folder = make(tmp_path / "in", "a.md")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "within.txt").symlink_to(folder / "a.md")
    found = gather([folder])
    assert [file.name for file in found.files] == ["a.md", "within.txt"]
    assert found.outside == ["out.txt"]


def test_a_link_to_nothing_is_told(tmp_path: Path) -> None:
    folder = make(tmp_path / "in", "a.md")
    (folder / "gone.md").symlink_to(folder / "nowhere")
    found = gather([folder])
    assert found.unreadable == ["gone.md"]


def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path) -> None:
    folder = make(tmp_path / "in", "a.md")
    os.mkfifo(folder / "pipe.txt")
    found = gather([folder])
    assert [file.name for file in found.files] == ["a.md"]
    assert found.unreadable == ["pipe.txt"]
    assert gather([folder / "pipe.txt"]).unreadable == ["pipe.txt"]


def test_a_name_that_cannot_be_kept_does_not_keep_the_others_out(tmp_path: Path) -> None:
    folder = make(tmp_path / "in", "a.md", "ab.md", "a\nb.md", "n" * 250 + ".md")
    found = gather([folder])
    assert [file.content for file in found.files] == [folder / "a.md", folder / "ab.md"]
    assert found.misnamed == ["n" * 250 + ".md", "a\nb.md"]


def test_a_link_that_is_named_itself_is_followed(tmp_path: Path) -> None:
    make(tmp_path, "far/a.md")
    (tmp_path / "near").mkdir()
    (tmp_path / "near" / "b.md").symlink_to(tmp_path / "far" / "a.md")
    found = gather([tmp_path / "near" / "b.md"])
    assert [file.name for file in found.files] == ["b.md"]


@pytest.mark.parametrize(
    ("paths", "code"),
    [
        (["absent"], "file_not_found"),
        (["empty"], "no_file_given"),
        (["one/a.md", "two/a.md"], "file_names_collide"),
    ],
)
def test_what_cannot_be_an_import(tmp_path: Path, paths: list[str], code: str) -> None:
    make(tmp_path, "one/a.md", "two/a.md")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=code):
        gather([tmp_path / path for path in paths])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.pdf", "a.pdf"),
        ("sub/a.pdf", "sub/a.pdf"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("C:\\Users\\me\\a.pdf", "Users/me/a.pdf"),
        ("a\x00b\n.pdf", "ab.pdf"),
        (".hidden.txt", "hidden.txt"),
        ("指南 2024.docx", "指南 2024.docx"),
    ],
)
def test_a_name_stays_below_our_folder(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize("given", ["", "..", "/", "...", "a" * 300])
def test_a_name_of_which_nothing_can_be_kept_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="file_name_unusable"):
        safe_name(given)
