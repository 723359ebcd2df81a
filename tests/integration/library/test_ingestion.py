"""Imports and builds as jobs: whole, skipped with a reason, resumed, and never doubled."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from suwen.core import data_class
from suwen.core.errors import AccessError, NotFoundError
from suwen.core.identity import Channel, Principal, PrincipalId, Purpose, Role
from tests.support.library_jobs import BY, COLLECTION, LibraryJobs

TEXT = "# 高血压\n\n成人血压控制目标为 {n}/90 mmHg。每次就诊均应测量血压，并记录体位与时间。\n"


def texts(count: int, first: int = 0) -> dict[str, str]:
    return {f"sub/d{n:03}.md": TEXT.format(n=100 + n) for n in range(first, first + count)}


def lines(count: int) -> str:
    return "".join(
        json.dumps({"id": f"case{n:04}", "title": f"病例 {n}", "text": TEXT.format(n=n)}) + "\n"
        for n in range(count)
    )


NURSE = Principal(
    PrincipalId("n.qian"),
    "钱",
    frozenset({Role.NURSE}),
    frozenset({"cardiology"}),
    Purpose.TREATMENT,
    Channel.WEB,
)


async def test_files_of_several_kinds_are_taken_in(library: LibraryJobs) -> None:
    async with library.working():
        job = await library.give({**texts(3), "cases.jsonl": lines(120)})
        done = await library.done(job)
    assert (done.done, done.total, done.refused) == (123, 123, 0)
    assert done.result is not None
    assert (done.result["new"], done.result["unchanged"]) == (123, 0)
    expected = [*(f"case{n:04}" for n in range(120)), *(f"sub/d{n:03}" for n in range(3))]
    assert sorted(await library.documents()) == sorted(expected)
    assert await library.jobs.staged() == 0
    assert not library.work.exists() or list(library.work.iterdir()) == []


async def test_a_broken_file_is_told_and_the_rest_is_taken(library: LibraryJobs) -> None:
    broken = {
        "broken.pdf": b"%PDF-1.7\n%%EOF",
        "empty.txt": b"",
        "picture.xyz": b"\x00\x01\x02",
        "bad.jsonl": '{"id": "good", "title": "t", "text": "Text of a line."}\nnot json\n',
    }
    async with library.working():
        job = await library.give({**texts(2), **broken})
        done = await library.done(job)
    assert sorted(await library.documents()) == ["good", "sub/d000", "sub/d001"]
    refused = {r.item: r.code for r in await library.jobs.desk.refusals(job)}
    assert refused == {
        "bad.jsonl:2": "line_not_json",
        "broken.pdf": "damaged_file",
        "empty.txt": "empty_file",
        "picture.xyz": "unsupported_format",
    }
    assert (done.done, done.refused) == (3, 4)


async def test_the_same_again_changes_nothing(library: LibraryJobs) -> None:
    async with library.working():
        await library.done(await library.give(texts(4)))
        change = await library.parts.store.change_number(COLLECTION)
        again = await library.done(await library.give(texts(4)))
        assert again.result is not None
        assert (again.result["new"], again.result["unchanged"]) == (0, 4)
        assert await library.parts.store.change_number(COLLECTION) == change


async def test_near_duplicates_are_noted(library: LibraryJobs) -> None:
    body = TEXT.format(n=140) * 8
    async with library.working():
        short = {"c.md": "禁忌：孕妇。", "d.md": "禁忌： 孕妇", "e.md": "禁忌：哺乳期。"}
        given = {"a.md": body, "b.md": body + "另有补充。", **short}
        await library.done(await library.give(given))
    summary = library.parts.store.summary
    twins = [(await summary(COLLECTION, name)).near_duplicate_of for name in "abcde"]
    assert twins == [None, "a", None, "c", None]


async def test_paths_are_kept_before_the_import_is_acknowledged(
    library: LibraryJobs, tmp_path: Path
) -> None:
    for name, text in texts(3).items():
        file = tmp_path / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "in" / "out.md").symlink_to("/etc/hostname")
    job = await library.ingestion.import_paths(COLLECTION, [tmp_path / "in"], BY)
    for file in (tmp_path / "in" / "sub").iterdir():
        file.unlink()
    async with library.working():
        done = await library.done(job)
    assert (done.done, done.refused, done.total) == (3, 1, 4)
    assert [r.item for r in await library.jobs.desk.refusals(job)] == ["out.md"]


async def test_a_build_makes_the_vectors_and_the_edition(library: LibraryJobs) -> None:
    async with library.working():
        await library.done(await library.give(texts(5)))
        job = await library.ingestion.build(COLLECTION, BY)
        done = await library.done(job)
        edition = await library.edition()
        assert (edition.info.documents, edition.info.vectors) == (5, edition.info.passages)
        assert done.result is not None
        assert (done.result["edition"], done.result["number"]) == (edition.hash, 1)
        assert done.done == done.total == library.embedder.embedded > 0
        # The next edition makes only what is new.
        before = library.embedder.embedded
        await library.done(await library.give(texts(1, first=5)))
        await library.done(await library.ingestion.build(COLLECTION, BY))
        assert (await library.edition()).info.documents == 6
        assert library.embedder.embedded - before < before


async def test_an_edition_without_vectors_gets_them_in_the_background(
    library: LibraryJobs,
) -> None:
    async with library.working():
        await library.done(await library.give(texts(5)))
        lexical = await library.ingestion.build(COLLECTION, BY, with_vectors=False)
        await library.done(lexical)
        assert (await library.edition()).info.vectors == 0
        vectors = await library.ingestion.make_vectors(COLLECTION, BY)
        done = await library.done(vectors)
        assert done.background
        edition = await library.edition()
        assert edition.info.vectors == edition.info.passages > 0


NAMED = {
    "id": "named",
    "title": "随访表",
    "text": "随访登记：身份证号 11010519491231002X，术后恢复良好。",
}
"""A document that tells who somebody is; the number is the example of its standard."""
SENSITIVE = {"id": "sensitive", "title": "机密规程", "text": "机密内容一段。", "sensitivity": 4}


@pytest.mark.parametrize("checked", [True, False])
async def test_what_is_above_the_ceiling_of_vectors_has_none(
    library: LibraryJobs, monkeypatch: pytest.MonkeyPatch, checked: bool
) -> None:
    if not checked:
        monkeypatch.setattr(data_class, "may_pass", lambda *_: True)
    given = "".join(json.dumps(one) + "\n" for one in (NAMED, SENSITIVE))
    async with library.working():
        await library.done(await library.give({**texts(1), "lines.jsonl": given}))
        await library.done(await library.ingestion.build(COLLECTION, BY))
    edition = await library.edition()
    assert edition.info.passages - edition.info.vectors == (2 if checked else 0)


async def test_one_job_makes_the_vectors_of_a_collection(library: LibraryJobs) -> None:
    first = await library.ingestion.make_vectors(COLLECTION, BY)
    assert await library.ingestion.make_vectors(COLLECTION, BY) == first


async def test_a_build_that_is_not_to_be_used_is_not(library: LibraryJobs) -> None:
    async with library.working():
        await library.done(await library.give(texts(1)))
        await library.done(await library.ingestion.build(COLLECTION, BY, activate=False))
    assert (await library.parts.store.collection(COLLECTION)).current_edition is None
    assert len(await library.parts.store.editions.list(COLLECTION)) == 1


async def test_a_build_waits_for_another_one(library: LibraryJobs) -> None:
    async with library.working():
        await library.done(await library.give(texts(1)))
        async with library.parts.store.editions.building(COLLECTION):
            job = await library.ingestion.build(COLLECTION, BY, with_vectors=False)
            waiting = await library.jobs.until(job, "running")
            assert waiting.state == "running"
        await library.done(job)


async def test_who_does_not_keep_the_library_starts_nothing(library: LibraryJobs) -> None:
    with pytest.raises(AccessError):
        await library.ingestion.build(COLLECTION, NURSE)
    with pytest.raises(AccessError):
        await library.ingestion.import_files(COLLECTION, [], NURSE)
    with pytest.raises(AccessError):
        await library.ingestion.make_vectors(COLLECTION, NURSE)
    with pytest.raises(NotFoundError, match="collection_not_found"):
        await library.ingestion.build("absent", BY)
    assert await library.jobs.desk.list() == []


async def test_starts_and_ends_are_on_the_audit(library: LibraryJobs) -> None:
    async with library.working():
        job = await library.give(texts(1))
        await library.done(job)
    events = [event.entry for event in await library.platform.audit_store.latest(20, None)]
    [end] = [entry for entry in events if entry.action == "job.end"]
    assert (end.subject, end.actor, end.outcome) == (f"Job/{job}", "batch", "done")
    assert end.detail["done"] == 1
    assert {e.outcome for e in events if e.action == "job.start"} == {"opened", "done"}
