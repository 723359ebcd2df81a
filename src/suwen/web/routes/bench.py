"""The test bench: what a question finds in a collection, by which leg, and why."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from suwen.core.errors import InputError, NotFoundError, SuwenError, meaning_of
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import page, web_of
from suwen.web.routes.curation import kept, read_head
from suwen.web.views.bench import BenchResult, bench_result
from suwen.web.views.library import TABS

LIMITS = (10, 20, 50)
LONGEST_QUERY = 500


async def show_bench(request: Request) -> Response:
    """An empty bench."""
    return await _bench(request, "", LIMITS[0], None, problem=None)


async def try_query(request: Request) -> Response:
    """What a question finds; it is sent in the body, so that no address holds it."""
    from suwen.bootstrap.library.searching import Wanted

    web, principal = web_of(request), visitor_of(request).principal
    collection = await kept(request)
    form = await read_form(request)
    limit = form.whole("limit", 1, max(LIMITS))
    query = form.text("query", longest=10**6)[:LONGEST_QUERY]
    try:
        wanted = Wanted(collection.id, form.needed("query", longest=LONGEST_QUERY), limit)
        found = await web.platform.library.searching.explain(wanted, principal)
    except NotFoundError:
        # There is no edition yet, which the page says anyway.
        return await _bench(request, query, limit, None, problem=None)
    except InputError as error:
        return await _bench(request, query, limit, None, problem=error)
    result = bench_result(found, query, web.texts(request))
    return await _bench(request, query, limit, result, problem=None)


async def _bench(
    request: Request,
    query: str,
    limit: int,
    result: BenchResult | None,
    *,
    problem: SuwenError | None,
) -> Response:
    context = {
        "head": await read_head(request, await kept(request)),
        "tab": "bench",
        "tabs": TABS,
        "query": query,
        "limit": limit,
        "limits": LIMITS,
        "result": result,
        "problem": problem,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "library_bench.html", context, status)


ROUTES = [
    Route("/library/{collection}/bench", show_bench, methods=["GET"]),
    Route("/library/{collection}/bench", try_query, methods=["POST"]),
]
