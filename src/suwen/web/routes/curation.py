"""The curators' pages: collections, documents, rights, life, quarantine, import."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.identity import Role
from suwen.core.knowledge import CollectionKind, DocumentState, Rights
from suwen.core.language import Bilingual
from suwen.storage.knowledge_changes import collection_not_found
from suwen.storage.knowledge_types import Collection, DocumentFilter, DocumentOrder, NewCollection
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form, read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.views.library import (
    TABS,
    CollectionHead,
    collection_head,
    document_row,
    due_row,
    role_choices,
)

ROWS_A_PAGE = 100
MOST_WAITING = 50
_EXCERPT = 400


_EMPTY = Form({})


async def show_collections(
    request: Request, problem: SuwenError | None = None, values: Form = _EMPTY
) -> Response:
    """Every collection that this curator keeps; ``problem`` is what went wrong with a form."""
    web, visitor = web_of(request), visitor_of(request)
    curation = web.platform.library.curation
    listed = await curation.collections(visitor.principal)
    rows = [await read_head(request, collection) for collection in listed]
    own_key = web.platform.library.carrying.own_key()
    context = {"rows": rows, "problem": problem, "values": values, "own_key": own_key}
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library.html", context, status)


async def start(request: Request) -> Response:
    """The first page of the library."""
    return await show_collections(request)


async def kept(request: Request) -> Collection:
    """The collection that the address names.

    Raises:
        AccessError: ``not_permitted``.
        NotFoundError: ``collection_not_found``, also for one that this curator may not see.
    """
    web, visitor = web_of(request), visitor_of(request)
    listed = await web.platform.library.curation.collections(visitor.principal)
    found = next((c for c in listed if c.id == request.path_params["collection"]), None)
    if found is None:
        raise collection_not_found()
    return found


async def read_head(request: Request, collection: Collection) -> CollectionHead:
    """What stands above each page of a collection."""
    web, visitor = web_of(request), visitor_of(request)
    library = web.platform.library
    counts = await library.curation.count(collection.id, visitor.principal)
    due = await library.curation.due(visitor.principal, collection.id)
    editions = await library.editions.list(collection.id, visitor.principal)
    return collection_head(
        collection,
        next((e for e in editions if e.info.hash == collection.current_edition), None),
        web.texts(request),
        documents=counts.get(DocumentState.ACTIVE, 0),
        quarantined=counts.get(DocumentState.QUARANTINED, 0),
        due=len(due),
    )


async def create_collection(request: Request) -> Response:
    """A new collection."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    try:
        wanted = NewCollection(
            id=form.needed("id", longest=60),
            title=Bilingual(
                zh=form.needed("title_zh", longest=120), en=form.needed("title_en", longest=120)
            ),
            kind=form.choice("kind", CollectionKind),
            owner=form.text("owner", longest=120) or None,
        )
        await web.platform.library.curation.create_collection(wanted, visitor.principal)
    except InputError as error:
        return await show_collections(request, error, form)
    return RedirectResponse(f"/library/{wanted.id}", 303)


@dataclass(frozen=True, slots=True)
class ListWish:
    """Which documents the curator wants to see, as the address says it."""

    collection: str
    q: str
    state: str
    order: str
    doubles: bool
    offset: int

    @property
    def narrowed(self) -> bool:
        """Whether anything but the usual is asked for."""
        return bool(self.q) or self.state != DocumentState.ACTIVE or self.doubles

    @property
    def before(self) -> str:
        """Address of the page before."""
        return self._at(max(0, self.offset - ROWS_A_PAGE))

    @property
    def after(self) -> str:
        """Address of the page after."""
        return self._at(self.offset + ROWS_A_PAGE)

    def _at(self, offset: int) -> str:
        wanted = {"q": self.q, "state": self.state, "order": self.order, "from": offset}
        doubles = {"doubles": "1"} if self.doubles else {}
        return f"/library/{self.collection}?{urlencode({**wanted, **doubles})}"

    def as_filter(self) -> DocumentFilter:
        """What the store is asked for."""
        states = frozenset() if self.state == "all" else frozenset({DocumentState(self.state)})
        return DocumentFilter(
            states=states,
            text=self.q or None,
            near_duplicates=self.doubles,
            order=DocumentOrder(self.order),
        )


def _wish(request: Request) -> ListWish:
    query = request.query_params
    state, order, offset = query.get("state", ""), query.get("order", ""), query.get("from", "")
    usable = offset.isascii() and offset.isdigit() and len(offset) < 8
    return ListWish(
        collection=request.path_params["collection"],
        q=query.get("q", "").strip()[:80],
        state=state if state in {*DocumentState, "all"} else DocumentState.ACTIVE.value,
        order=order if order in set(DocumentOrder) else DocumentOrder.ID.value,
        doubles=query.get("doubles") == "1",
        offset=int(offset) if usable else 0,
    )


async def show_documents(request: Request) -> Response:
    """The documents of a collection, and what is due."""
    web, visitor = web_of(request), visitor_of(request)
    curation, wish = web.platform.library.curation, _wish(request)
    head = await read_head(request, await kept(request))
    found = await curation.documents(
        wish.collection, visitor.principal, wish.as_filter(), ROWS_A_PAGE + 1, wish.offset
    )
    due = await curation.due(visitor.principal, wish.collection)
    context = {
        "head": head,
        "tab": "documents",
        "tabs": TABS,
        "wish": wish,
        "rows": [document_row(one, web.today()) for one in found[:ROWS_A_PAGE]],
        "more": len(found) > ROWS_A_PAGE,
        "due": [due_row(one) for one in due[:MOST_WAITING]],
    }
    return await page(request, "library_documents.html", context)


async def show_settings(request: Request) -> Response:
    """Title, owner and rights of a collection."""
    return await _settings(request, problem=None, done=request.query_params.get("done", ""))


async def _settings(request: Request, *, problem: SuwenError | None, done: str) -> Response:
    collection = await kept(request)
    head = await read_head(request, collection)
    context = {
        "head": head,
        "tab": "settings",
        "tabs": TABS,
        "titles": collection.title,
        "roles": role_choices(head.rights.roles),
        "problem": problem,
        "done": "settings" if done == "settings" else "",
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_settings.html", context, status)


async def put_settings(request: Request) -> Response:
    """Gives a collection another title, owner and rights."""
    web, visitor = web_of(request), visitor_of(request)
    name = request.path_params["collection"]
    form, rights = await read_form(request), await read_rights(request)
    try:
        title = Bilingual(
            zh=form.needed("title_zh", longest=120), en=form.needed("title_en", longest=120)
        )
        owner = form.text("owner", longest=120) or None
        curation = web.platform.library.curation
        await curation.set_collection(name, visitor.principal, title, owner, rights)
    except InputError as error:
        return await _settings(request, problem=error, done="")
    return RedirectResponse(f"/library/{name}/settings?done=settings", 303)


async def read_rights(request: Request) -> Rights:
    """Rights out of the form that both collections and documents have.

    Raises:
        InputError: ``field_wrong``.
    """
    async with form_of(request) as raw:
        chosen = [value for value in raw.getlist("roles") if isinstance(value, str)]
    form = await read_form(request)
    known = {role.value for role in Role}
    return Rights(
        departments=frozenset(form.text("departments", longest=400).split()),
        roles=frozenset(Role(role) for role in chosen if role in known),
        sensitivity=form.whole("sensitivity", 1, 5),
    )


ROUTES = [
    Route("/library", start, methods=["GET"]),
    Route("/library", create_collection, methods=["POST"]),
    Route("/library/{collection}", show_documents, methods=["GET"]),
    Route("/library/{collection}/settings", show_settings, methods=["GET"]),
    Route("/library/{collection}/settings", put_settings, methods=["POST"]),
]
