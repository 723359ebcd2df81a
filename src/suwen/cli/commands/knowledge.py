"""Commands about the library: knowledge import, build, search, list, show, delete, and more."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.commands.knowledge_arguments import CollectionName, DocumentName
from suwen.cli.output import STYLE, printable, say, show, show_rows
from suwen.core.errors import InputError, KnowledgeError, SuwenError
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.platform import Platform
    from suwen.core.knowledge import SearchAnswer
    from suwen.jobs.model import JobId, JobProgress, JobRefusal

knowledge = typer.Typer(help="The hospital's library.", no_args_is_help=True)

MOST_REFUSALS = 10_000
SHOWN_REFUSALS = 50


def register(app: typer.Typer) -> None:
    """Adds the commands to the program."""
    # Loaded with these: they add their commands to the same noun.
    from suwen.cli.commands import knowledge_curation, knowledge_editions

    knowledge_curation.register(knowledge)
    knowledge_editions.register(knowledge)
    app.add_typer(knowledge, name="knowledge")


@knowledge.command("import")
def import_paths(  # noqa: PLR0913 - what a new collection is called, and what decides the status
    collection: CollectionName,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Files and folders.")],
    title_zh: Annotated[
        str | None, typer.Option(help="Chinese title, where the collection is new.")
    ] = None,
    title_en: Annotated[
        str | None, typer.Option(help="English title, where the collection is new.")
    ] = None,
    cases: Annotated[
        bool, typer.Option(help="A new collection holds past cases, shown without identity.")
    ] = False,
    strict: Annotated[bool, typer.Option(help="Exit status 1 when something is refused.")] = False,
    person: AsPerson = None,
) -> None:
    """Import PDF, DOCX, HTML, Markdown, text, images, CSV or JSON Lines; again changes nothing.

    Makes the collection where it is new, readable by all staff. What cannot be read is refused
    with its reason, and the rest goes on.
    """
    titles = Bilingual(zh=title_zh or title_en or collection, en=title_en or title_zh or collection)
    progress, refused = run(_import(collection, paths, titles, cases, person))
    result = dict(progress.result or {})
    counts = {
        name: int(result.get(name, 0))
        for name in ("new", "changed", "unchanged", "quarantined", "withheld")
    }
    told = [{"item": r.item, "code": r.code, "reason": say(r.message)} for r in refused]
    data = {
        "collection": collection,
        "job": progress.id,
        **counts,
        "refused": progress.refused,
        "refusals": told,
    }
    lines = [_counted(counts, progress.refused)]
    lines += [f"  {r['item']}: {r['reason']} ({r['code']})" for r in told[:SHOWN_REFUSALS]]
    show(data, "\n".join(lines))
    taken = progress.done
    if progress.refused and (strict or not taken):
        raise typer.Exit(2 if not taken else 1)


async def _import(
    collection: str, paths: list[Path], titles: Bilingual, cases: bool, person: str | None
) -> tuple[JobProgress, list[JobRefusal]]:
    from suwen.core.knowledge import CollectionKind
    from suwen.storage.knowledge_types import NewCollection

    async with platform() as opened:
        who = await acting(opened, person)
        kind = CollectionKind.CASES if cases else CollectionKind.DOCUMENTS
        wanted = NewCollection(collection, titles, kind)
        await opened.library.curation.create_collection(wanted, who)
        job = await opened.ingestion.import_paths(collection, paths, who)
        progress = await finish(opened, job)
        refused = await opened.jobs.refusals(job, who, MOST_REFUSALS)
        return progress, list(refused)


@knowledge.command("build")
def build(
    collection: CollectionName,
    vectors: Annotated[
        bool, typer.Option(help="Make the vectors that are missing; takes time.")
    ] = True,
    activate: Annotated[bool, typer.Option(help="Let searches use the edition at once.")] = True,
    person: AsPerson = None,
) -> None:
    """Build an edition of what the collection holds now, wait for it, and print it."""
    result = run(_build(collection, vectors, activate, person))
    text = Bilingual(
        zh=f"版本 {result['number']}（{result['edition'][:12]}）：{result['documents']} 个文档，"
        f"{result['passages']} 个段落，{result['vectors']} 个向量。",
        en=f"Edition {result['number']} ({result['edition'][:12]}): {result['documents']} "
        f"documents, {result['passages']} passages, {result['vectors']} vectors.",
    )
    show(result, say(text))


async def _build(
    collection: str, vectors: bool, activate: bool, person: str | None
) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        job = await opened.ingestion.build(collection, who, with_vectors=vectors, activate=activate)
        return dict((await finish(opened, job)).result or {})


@knowledge.command("search")
def search(  # noqa: PLR0913 - the contract's options
    collection: CollectionName,
    queries: Annotated[Path, typer.Option(help="JSON Lines; - is standard input.")],
    output: Annotated[Path, typer.Option(help="JSON Lines; - is standard output.")],
    k: Annotated[int, typer.Option("--k", min=1, max=200, help="Most passages.")] = 10,
    edition: Annotated[
        str | None, typer.Option(help="Hash of an edition instead of the one in use.")
    ] = None,
    strict: Annotated[bool, typer.Option(help="Exit status 1 when a line is in error.")] = False,
    person: AsPerson = None,
) -> None:
    """Search for every line of a file; a line is {"id", "query"}."""
    count = run(_search(collection, queries, output, (k, edition), person))
    if str(output) != "-":
        summary = {"ok": count.done, "refused": count.refused, "error": count.errors}
        text = Bilingual(
            zh=f"完成 {count.done}，拒绝 {count.refused}，有误 {count.errors}。",
            en=f"{count.done} done, {count.refused} refused, {count.errors} in error.",
        )
        show(summary, say(text))
    if strict and (count.errors or count.refused):
        raise typer.Exit(1)


async def _search(
    collection: str, source: Path, target: Path, wish: tuple[int, str | None], person: str | None
) -> Any:
    from suwen.bootstrap.library.searching import Wanted
    from suwen.cli.batch import run_batch

    limit, edition = wish
    async with platform() as opened:
        who = await acting(opened, person)
        searching = opened.library.searching
        await searching.require(collection, who, edition)

        async def answer(line: Mapping[str, Any]) -> dict[str, Any]:
            wanted = Wanted(collection, _query(line), limit, edition)
            return _answered(line, await searching.search(wanted, who))

        return await run_batch(source, target, answer)


def _query(line: Mapping[str, Any]) -> str:
    unknown = sorted(set(line) - {"id", "query"})
    if unknown:
        name = unknown[0]
        raise InputError(
            "field_unknown",
            Bilingual(zh=f"输入行没有字段 {name}。", en=f"An input line has no field {name}."),
            field=name,
        )
    query = line.get("query")
    if not isinstance(query, str):
        raise InputError(
            "field_missing",
            Bilingual(zh="query 须为文字。", en="query must be a text."),
            field="query",
        )
    return query


def _answered(line: Mapping[str, Any], found: SearchAnswer) -> dict[str, Any]:
    timing = found.timing
    return {
        "id": line.get("id"),
        "results": [
            {
                "document_id": one.document_id,
                "passage_id": one.id,
                "title": one.title,
                "text": one.text,
                "score": one.score,
                "start": one.start,
                "end": one.end,
                "currency": one.currency.value,
                "legs": dict(one.legs),
            }
            for one in found.passages
        ],
        "confidence": found.confidence,
        "took_ms": {
            "embed": round(timing.embed_ms, 3),
            "search": round(timing.search_ms, 3),
            "total": round(timing.total_ms, 3),
        },
    }


@knowledge.command("list")
def list_collections(person: AsPerson = None) -> None:
    """List the collections that this person may read, with what of them they may read."""
    columns = {
        "collection": Bilingual("知识库", "Collection"),
        "title": Bilingual("名称", "Title"),
        "kind": Bilingual("种类", "Kind"),
        "documents": Bilingual("文档", "Documents"),
        "built_at": Bilingual("构建时间", "Built"),
    }
    rows = run(_list(person))
    show_rows(rows, columns, Bilingual("没有可见的知识库。", "No collection that you may see."))


async def _list(person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        return [
            {
                "collection": one.collection.id,
                "title": say(one.collection.title),
                "kind": one.collection.kind.value,
                "documents": one.documents,
                "built_at": one.built_at.isoformat() if one.built_at else None,
            }
            for one in await opened.library.reading.shelves(who)
        ]


@knowledge.command("show")
def show_document(
    collection: CollectionName, document: DocumentName, person: AsPerson = None
) -> None:
    """Show a document: what is recorded of it, and its text."""
    body = run(_show(collection, document, person))
    lines = [f"{key}: {value}" for key, value in body.items() if key != "text"]
    show(body, "\n".join([*lines, "", str(body["text"])]))


async def _show(collection: str, document: str, person: str | None) -> dict[str, Any]:
    from suwen.cli.commands.knowledge_curation import document_as_json

    async with platform() as opened:
        who = await acting(opened, person)
        _, stored = await opened.library.reading.open(collection, document, who)
        told = document_as_json(stored.summary, opened.library.parts.today())
        return {**told, "text": stored.text}


async def finish(opened: Platform, job: JobId) -> JobProgress:
    """Waits for a job, telling how far it is; an end that is no success is an error.

    Raises:
        SuwenError: why it failed, was cancelled or stands still.
    """
    from suwen.bootstrap.worker import finish_job
    from suwen.jobs.model import JobState

    teller = _Teller()
    try:
        progress = await finish_job(opened, job, teller)
    finally:
        teller.end()
    if progress.state is JobState.DONE:
        return progress
    if progress.problem is None:
        code = "job_failed"
        if progress.state is JobState.PAUSED:
            code = "job_paused"
        elif progress.state is JobState.CANCELLED:
            code = "job_cancelled"
        raise KnowledgeError(
            code,
            Bilingual(
                zh=f"任务未完成；suwen job resume {job} 继续。",
                en=f"The job is not finished; suwen job resume {job} carries on.",
            ),
        )
    kind = SuwenError if progress.problem.code == "defect" else KnowledgeError
    raise kind(progress.problem.code, progress.problem.message)


class _Teller:
    """Tells on a terminal how far a job is; elsewhere it is silent."""

    def __init__(self) -> None:
        self._speaks = sys.stderr is not None and sys.stderr.isatty() and not STYLE.as_json
        self._last = ""

    def __call__(self, progress: JobProgress) -> None:
        """Tells it anew where something changed."""
        if not self._speaks:
            return
        of = f"/{progress.total}" if progress.total is not None else ""
        said = say(progress.message) if progress.message is not None else ""
        line = printable(f"{progress.done + progress.refused}{of} {said}").replace("\n", " ")
        if line != self._last:
            print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
            self._last = line

    def end(self) -> None:
        """Leaves the line to what comes next."""
        if self._last:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _counted(counts: Mapping[str, int], refused: int) -> str:
    return say(
        Bilingual(
            zh=f"新增 {counts['new']}，变更 {counts['changed']}，未变 {counts['unchanged']}，"
            f"隔离 {counts['quarantined']}，曾被删除而未收 {counts['withheld']}，拒绝 {refused}。",
            en=f"{counts['new']} new, {counts['changed']} changed, {counts['unchanged']} "
            f"unchanged, {counts['quarantined']} quarantined, {counts['withheld']} deleted before "
            f"and left out, {refused} refused.",
        )
    )
