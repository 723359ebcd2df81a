"""Commands of curators: knowledge documents, delete, restore, quarantine, rights, due, and more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from suwen.cli.acting import AsPerson, acting, platform, run
from suwen.cli.commands.knowledge_arguments import CollectionName, DocumentName
from suwen.cli.output import say, show, show_rows
from suwen.core.language import Bilingual

if TYPE_CHECKING:
    from suwen.bootstrap.library.curation import Curation
    from suwen.bootstrap.library.erasing import Erased
    from suwen.core.identity import Principal, Role
    from suwen.core.knowledge import Rights
    from suwen.storage.knowledge_types import DocumentSummary

Version = Annotated[
    int, typer.Option(min=1, help="Version that was read; another one is not decided on.")
]

_COLUMNS = {
    "id": Bilingual("文档", "Document"),
    "title": Bilingual("标题", "Title"),
    "state": Bilingual("状态", "State"),
    "currency": Bilingual("效力", "Currency"),
    "version": Bilingual("版次", "Version"),
    "owner": Bilingual("负责人", "Owner"),
    "sensitivity": Bilingual("敏感级别", "Sensitivity"),
}

Decide = Callable[["Curation", "Principal"], Awaitable["DocumentSummary"]]


class State(StrEnum):
    """States that a list of documents can be narrowed to."""

    ACTIVE = "active"
    QUARANTINED = "quarantined"
    DELETED = "deleted"


def register(knowledge: typer.Typer) -> None:
    """Adds the commands to the noun."""
    knowledge.command("documents")(documents)
    knowledge.command("delete")(delete)
    knowledge.command("restore")(restore)
    knowledge.command("erase")(erase)
    knowledge.command("release")(release)
    knowledge.command("reject")(reject)
    knowledge.command("review")(review)
    knowledge.command("rights")(set_rights)
    knowledge.command("life")(set_life)
    knowledge.command("due")(due)


def documents(
    collection: CollectionName,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    text: Annotated[str | None, typer.Option(help="Part of title or id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 200,
    person: AsPerson = None,
) -> None:
    """List documents for those who keep the library; titles only of what they may read."""
    rows = run(_documents(collection, state, text, limit, person))
    show_rows(rows, _COLUMNS, Bilingual("没有文档。", "There are no documents."))


async def _documents(
    collection: str, state: State | None, text: str | None, limit: int, person: str | None
) -> list[dict[str, Any]]:
    from suwen.core.knowledge import DocumentState
    from suwen.storage.knowledge_types import DocumentFilter

    states = frozenset({DocumentState(state.value)}) if state is not None else frozenset()
    async with platform() as opened:
        who = await acting(opened, person)
        wanted = DocumentFilter(states=states, text=text)
        found = await opened.library.curation.documents(collection, who, wanted, limit)
        today = opened.library.parts.today()
        return [document_as_json(one, today) for one in found]


def delete(collection: CollectionName, document: DocumentName, person: AsPerson = None) -> None:
    """Make a document unfindable at once; its content stays for what has cited it."""
    _decide(person, lambda desk, who: desk.delete(collection, document, who))


def erase(
    collection: CollectionName,
    document: DocumentName,
    reason: Annotated[str, typer.Option(help="Why; nothing of what the document says.")],
    person: AsPerson = None,
) -> None:
    """Erase for good what another person deleted: text, former texts, files, editions, vectors."""
    gone = run(_erase(collection, document, reason, person))
    show(asdict(gone), say(Bilingual("已彻底删除。", "Erased for good.")))


async def _erase(collection: str, document: str, reason: str, person: str | None) -> Erased:
    async with platform() as opened:
        who = await acting(opened, person)
        return await opened.library.erasing.erase(collection, document, who, reason)


def restore(collection: CollectionName, document: DocumentName, person: AsPerson = None) -> None:
    """Take a deleted document back."""
    _decide(person, lambda desk, who: desk.restore(collection, document, who))


def release(
    collection: CollectionName, document: DocumentName, version: Version, person: AsPerson = None
) -> None:
    """Let a document out of quarantine; whoever does so has read it and answers for it."""
    _decide(person, lambda desk, who: desk.release(collection, document, who, version))


def reject(
    collection: CollectionName, document: DocumentName, version: Version, person: AsPerson = None
) -> None:
    """Keep a quarantined document out for good."""
    _decide(person, lambda desk, who: desk.reject(collection, document, who, version))


def review(
    collection: CollectionName, document: DocumentName, version: Version, person: AsPerson = None
) -> None:
    """Note that this person read the document and answers for it."""
    _decide(person, lambda desk, who: desk.review(collection, document, who, version))


def set_rights(
    collection: CollectionName,
    document: DocumentName,
    sensitivity: Annotated[int, typer.Option(min=1, max=5, help="1 public to 5.")],
    department: Annotated[
        list[str] | None, typer.Option(help="Only this department may read; may be repeated.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="Only this role may read; may be repeated.")
    ] = None,
    person: AsPerson = None,
) -> None:
    """Give a document other rights, at once; without department and role all staff may read."""
    _decide(
        person,
        lambda desk, who: desk.set_rights(
            collection, document, who, _rights(sensitivity, department, role)
        ),
    )


def set_life(  # noqa: PLR0913 - everything that the life of a document has
    collection: CollectionName,
    document: DocumentName,
    expires: Annotated[str | None, typer.Option(metavar="DATE", help="YYYY-MM-DD.")] = None,
    effective: Annotated[str | None, typer.Option(metavar="DATE", help="YYYY-MM-DD.")] = None,
    next_review: Annotated[str | None, typer.Option(metavar="DATE", help="YYYY-MM-DD.")] = None,
    supersedes: Annotated[
        str | None, typer.Option(help="Id of the document that this one replaces.")
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Account or name of who cares for it.")] = None,
    person: AsPerson = None,
) -> None:
    """Set what is given of a document's life and leave the rest; "-" takes a value away."""
    given = {
        "expires": expires,
        "effective": effective,
        "next_review": next_review,
        "supersedes": supersedes,
        "owner": owner,
    }

    async def change(desk: Curation, who: Principal) -> DocumentSummary:
        from dataclasses import replace

        found = await desk.summary(collection, document, who)
        values = {name: _value(name, text) for name, text in given.items() if text is not None}
        return await desk.set_life(collection, document, who, replace(found.life, **values))

    _decide(person, change)


def due(
    collection: Annotated[
        str | None, typer.Argument(metavar="COLLECTION", help="Only of this collection.")
    ] = None,
    own: Annotated[bool, typer.Option(help="Only those that this person owns.")] = False,
    person: AsPerson = None,
) -> None:
    """List documents whose review or expiry falls due within 30 days."""
    columns = {
        "day": Bilingual("日期", "Day"),
        "reason": Bilingual("原因", "Reason"),
        "collection": Bilingual("知识库", "Collection"),
        "document": Bilingual("文档", "Document"),
        "owner": Bilingual("负责人", "Owner"),
    }
    rows = run(_due(collection, own, person))
    show_rows(rows, columns, Bilingual("没有到期的文档。", "Nothing is due."))


async def _due(collection: str | None, own: bool, person: str | None) -> list[dict[str, Any]]:
    async with platform() as opened:
        who = await acting(opened, person)
        found = await opened.library.curation.due(who, collection, own=own)
        return [
            {
                "day": one.day.isoformat(),
                "reason": one.reason.value,
                "collection": one.document.collection,
                "document": one.document.id,
                "owner": one.document.life.owner,
            }
            for one in found
        ]


def document_as_json(one: DocumentSummary, today: date) -> dict[str, Any]:
    """A document without its text, as commands show it."""
    life = one.life
    return {
        "collection": one.collection,
        "id": one.id,
        "title": one.title,
        "version": one.version,
        "language": one.language.value,
        "state": one.state.value,
        "reason": one.state_reason,
        "trust": one.trust.value,
        "currency": one.currency(today).value,
        "departments": sorted(one.rights.departments),
        "roles": sorted(role.value for role in one.rights.roles),
        "sensitivity": one.rights.sensitivity,
        "issuer": life.issuer,
        "grade": life.grade,
        "study_type": life.study_type,
        "issued": _day(life.issued),
        "effective": _day(life.effective),
        "expires": _day(life.expires),
        "supersedes": life.supersedes,
        "owner": life.owner,
        "next_review": _day(life.next_review),
        "source": one.source,
        "near_duplicate_of": one.near_duplicate_of,
        "passages": one.passages,
        "findings": [
            {"rule": f.rule, "message": say(f.message), "start": f.start, "end": f.end}
            for f in one.findings
        ],
    }


def _decide(person: str | None, decide: Decide) -> None:
    body = run(_decided(person, decide))
    text = Bilingual(
        zh=f"{body['id']}：状态 {body['state']}，版次 {body['version']}。",
        en=f"{body['id']}: {body['state']}, version {body['version']}.",
    )
    show(body, say(text))


async def _decided(person: str | None, decide: Decide) -> dict[str, Any]:
    async with platform() as opened:
        who = await acting(opened, person)
        done = await decide(opened.library.curation, who)
        return document_as_json(done, opened.library.parts.today())


def _rights(sensitivity: int, departments: list[str] | None, roles: list[str] | None) -> Rights:
    from suwen.core.knowledge import Rights

    return Rights(
        frozenset(departments or ()), frozenset(_role(role) for role in roles or ()), sensitivity
    )


def _role(name: str) -> Role:
    from suwen.core.errors import InputError
    from suwen.core.identity import Role

    people = [role.value for role in Role if role is not Role.SERVICE]
    if name not in people:
        known = ", ".join(people)
        raise InputError(
            "role_unknown",
            Bilingual(zh=f"角色须为：{known}。", en=f"A role is one of: {known}."),
            field="--role",
        )
    return Role(name)


def _value(name: str, text: str) -> Any:
    if text == "-":
        return None
    return _date(name, text) if name in ("expires", "effective", "next_review") else text


def _date(name: str, text: str) -> date:
    from suwen.core.errors import InputError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "date_malformed",
            Bilingual(zh="日期须写作 YYYY-MM-DD。", en="A date is written YYYY-MM-DD."),
            field=f"--{name.replace('_', '-')}",
        ) from None


def _day(on: date | None) -> str | None:
    return on.isoformat() if on is not None else None
