"""An edition is refused unless it is the one that somebody trusted signed."""

from __future__ import annotations

import hashlib
import shutil
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from suwen.core.errors import KnowledgeError
from suwen.knowledge.edition import (
    Edition,
    EditionShelf,
    export_edition,
    install_edition,
    key_verifier,
    open_edition,
)
from suwen.knowledge.edition.manifest import (
    make_manifest,
    parse_manifest,
    sign_manifest,
    write_signed,
)
from tests.support.editions import AT, COLLECTION, TestKey, build, document

ORIGINAL = b"%PDF of our own"


@pytest.fixture
def key() -> TestKey:
    return TestKey()


@pytest.fixture
def edition(state_folder: Path, key: TestKey) -> Edition:
    return build(state_folder / "city", [document("a", "第一段", "第二段")], key)


def flip(path: Path, at: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_any_changed_file_is_found(edition: Edition, key: TestKey) -> None:
    names = sorted(path.name for path in edition.folder.iterdir())
    for name in names:
        kept = (edition.folder / name).read_bytes()
        flip(edition.folder / name, len(kept) // 2)
        with pytest.raises(KnowledgeError) as refused:
            open_edition(edition.folder, key.verifier)
        assert refused.value.code in {"edition_damaged", "edition_unsigned"}, name
        (edition.folder / name).write_bytes(kept)
    assert open_edition(edition.folder, key.verifier).hash == edition.hash


def test_a_missing_or_an_added_file_is_found(edition: Edition, key: TestKey) -> None:
    (edition.folder / "more.npy").write_bytes(b"")
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        open_edition(edition.folder, key.verifier)
    (edition.folder / "more.npy").unlink()
    (edition.folder / "text.bin").unlink()
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        open_edition(edition.folder, key.verifier)


def test_a_folder_with_another_name_is_not_that_edition(edition: Edition, key: TestKey) -> None:
    other = edition.folder.with_name("0" * 64)
    shutil.copytree(edition.folder, other)
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        open_edition(other, key.verifier)


def test_only_a_trusted_signature_counts(edition: Edition, key: TestKey) -> None:
    stranger = TestKey()
    with pytest.raises(KnowledgeError, match="edition_unsigned"):
        open_edition(edition.folder, stranger.verifier)
    (edition.folder / "signatures.json").write_bytes(b"[]")
    with pytest.raises(KnowledgeError, match="edition_unsigned"):
        open_edition(edition.folder, key.verifier)


def test_a_signature_for_something_else_does_not_count(edition: Edition, key: TestKey) -> None:
    bare = b64encode(key.sign(edition.manifest.raw)).decode()
    entry = [{"key_id": key.key_id, "signature": bare}]
    (edition.folder / "signatures.json").write_bytes(orjson.dumps(entry))
    with pytest.raises(KnowledgeError, match="edition_unsigned"):
        open_edition(edition.folder, key.verifier)


def test_a_later_format_is_named(edition: Edition, key: TestKey) -> None:
    raw = orjson.loads(edition.manifest.raw)
    raw["content"]["format"] = 2
    with pytest.raises(KnowledgeError, match="edition_format_unknown"):
        parse_manifest(orjson.dumps(raw))


@pytest.fixture
def carried(edition: Edition, key: TestKey, state_folder: Path) -> Path:
    name = hashlib.sha256(ORIGINAL).hexdigest()
    target = state_folder / "guidelines.suwen"
    export_edition(edition, target, key, AT, {name: lambda: ORIGINAL})
    return target


def install(carried: Path, county: Path, trusted: TestKey, own: TestKey, **more: object) -> object:
    folder = county / COLLECTION
    both = key_verifier({trusted.key_id: trusted.public, own.key_id: own.public})
    return install_edition(carried, folder, both, own, **more)  # type: ignore[arg-type]


def test_an_edition_is_carried_in_one_file(
    carried: Path, edition: Edition, key: TestKey, state_folder: Path
) -> None:
    own, originals = TestKey("ed25519-county"), {}
    county = state_folder / "county"
    done = install(carried, county, key, own, take_original=originals.__setitem__)
    assert done.info == edition.info  # type: ignore[attr-defined]
    assert done.signed_by == (key.key_id,)  # type: ignore[attr-defined]
    assert done.exported_at == AT  # type: ignore[attr-defined]
    assert list(originals.values()) == [ORIGINAL]
    # From now on the county's own key is enough.
    shelf = EditionShelf(county, own.verifier)
    assert shelf.hashes(COLLECTION) == [edition.hash]
    opened = shelf.open(COLLECTION, edition.hash)
    assert list(opened.documents()) == list(edition.documents())
    assert install(carried, county, key, own).known  # type: ignore[attr-defined]


def test_a_stranger_s_file_is_refused_whole(carried: Path, state_folder: Path) -> None:
    county = state_folder / "county"
    with pytest.raises(KnowledgeError, match="edition_unsigned"):
        install(carried, county, TestKey(), TestKey("ed25519-county"))
    assert not county.exists()


@pytest.mark.parametrize("part", range(24))
def test_any_changed_byte_of_the_file_is_refused(
    carried: Path, key: TestKey, state_folder: Path, part: int
) -> None:
    county, size = state_folder / "county", carried.stat().st_size
    flip(carried, part * (size - 1) // 23)
    with pytest.raises(KnowledgeError) as refused:
        install(carried, county, key, TestKey("ed25519-county"))
    assert refused.value.code in {
        "edition_damaged",
        "edition_unsigned",
        "not_an_edition_file",
    }
    assert EditionShelf(county, key.verifier).hashes(COLLECTION) == []


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(
    carried: Path, key: TestKey, state_folder: Path, share: float
) -> None:
    content = carried.read_bytes()
    carried.write_bytes(content[: int(share * len(content))])
    with pytest.raises(KnowledgeError):
        install(carried, state_folder / "county", key, TestKey("ed25519-county"))


def test_a_file_with_something_behind_its_end_is_refused(
    carried: Path, key: TestKey, state_folder: Path
) -> None:
    carried.write_bytes(carried.read_bytes() + b"x")
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        install(carried, state_folder / "county", key, TestKey("ed25519-county"))


def test_an_edition_of_another_collection_is_refused(
    carried: Path, key: TestKey, state_folder: Path
) -> None:
    with pytest.raises(KnowledgeError, match="edition_of_another_collection"):
        install_edition(carried, state_folder / "county" / "other", key.verifier, key)


def test_a_false_original_is_not_exported(
    edition: Edition, key: TestKey, state_folder: Path
) -> None:
    target = state_folder / "file"
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        export_edition(edition, target, key, AT, {"0" * 64: lambda: b"x"})
    assert not target.exists()
    assert [path.name for path in state_folder.iterdir()] == ["city"]


def test_a_name_with_a_path_writes_nothing_outside(
    edition: Edition, key: TestKey, state_folder: Path
) -> None:
    content = edition.manifest.content
    files = (replace(content.files[0], name="../outside"), *content.files[1:])
    manifest = make_manifest(replace(content, files=files), edition.manifest.build)
    write_signed(edition.folder, manifest, [sign_manifest(manifest, key)])
    outside = edition.folder.parent / "outside"
    outside.write_bytes((edition.folder / content.files[0].name).read_bytes())
    evil, target = Edition(edition.folder, manifest), state_folder / "evil"
    export_edition(evil, target, key, AT)
    with pytest.raises(KnowledgeError, match="edition_damaged"):
        install(target, state_folder / "county", key, TestKey("ed25519-county"))
    assert not list((state_folder / "county").rglob("outside"))


def test_an_open_edition_stays_open_and_a_removed_one_is_gone(
    edition: Edition, key: TestKey, state_folder: Path
) -> None:
    shelf = EditionShelf(state_folder / "city", key.verifier)
    opened = shelf.open(COLLECTION, edition.hash)
    assert shelf.open(COLLECTION, edition.hash) is opened
    shelf.remove(COLLECTION, edition.hash)
    assert opened.said(0) == "第一段"
    assert shelf.hashes(COLLECTION) == []
    for name in (edition.hash, "../x", ""):
        with pytest.raises(KnowledgeError, match="edition_missing"):
            shelf.open(COLLECTION, name)


def test_building_again_mends_a_damaged_edition(edition: Edition, key: TestKey) -> None:
    flip(edition.folder / "text.bin")
    documents = [document("a", "第一段", "第二段")]
    again = build(edition.folder.parents[1], documents, key)
    assert again.hash == edition.hash
