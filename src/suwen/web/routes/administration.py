"""People, engines, applications and the state of the installation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.bootstrap.accounts import (
    COLUMNS,
    PersonRow,
    disable_person,
    import_people,
    read_people,
)
from suwen.bootstrap.applications import disable_application, enable_application
from suwen.bootstrap.endpoints import add_endpoint, remove_endpoint
from suwen.bootstrap.health import examine
from suwen.control.access.decision import Action, InstallationTarget
from suwen.core.errors import InputError, SuwenError, meaning_of
from suwen.core.identity import AppId, Role
from suwen.core.inference import Endpoint
from suwen.core.language import Bilingual, Language
from suwen.core.manifest import Partition
from suwen.inference.advice import advice
from suwen.web.errors import answer_error
from suwen.web.form_bodies import form_of
from suwen.web.forms import Form, read_codes, read_form, read_upload
from suwen.web.guard import visitor_of
from suwen.web.pages import department_names, fragment, page, web_of
from suwen.web.views.site import (
    read_applications,
    read_endpoints,
    read_system,
)

CAPABILITIES = ("chat", "json_schema", "reasoning", "vision", "tools")
_ROLES = tuple(role.value for role in Role if role is not Role.SERVICE)


def require(request: Request, action: Action) -> None:
    """Lets pass who may do this on the installation.

    Raises:
        AccessError: ``not_permitted``.
    """
    web = web_of(request)
    web.platform.access.require(visitor_of(request).principal, action, InstallationTarget())


async def show_people(request: Request) -> Response:
    """Everybody with an account."""
    return await _people(request, problem=None, done="", values=Form({}))


async def _people(
    request: Request,
    *,
    problem: SuwenError | None,
    done: str,
    values: Form,
    chosen: frozenset[str] = frozenset(),
) -> Response:
    require(request, Action.MANAGE_PEOPLE)
    web = web_of(request)
    people = await web.platform.people.list()
    codes = {code for one in people for code in one.departments}
    context = {
        "people": people,
        "place": await department_names(request, codes),
        "places": await web.platform.departments.listed(web.texts(request).language),
        "chosen": chosen,
        "roles": _ROLES,
        "columns": COLUMNS,
        "problem": problem,
        "done": done,
        "values": values,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "people.html", context, status)


async def add_people(request: Request) -> Response:
    """Adds one account."""
    require(request, Action.MANAGE_PEOPLE)
    web, visitor = web_of(request), visitor_of(request)
    async with form_of(request) as raw:
        roles = [value for value in raw.getlist("roles") if isinstance(value, str)]
    form = await read_form(request)
    departments = await read_codes(request, "departments")
    row = {
        "name": form.text("name"),
        "full_name": form.text("full_name"),
        "roles": " ".join(roles),
        "departments": " ".join(sorted(departments)),
        "language": form.text("language") or Language.ZH.value,
        "password": form.secret("password"),
    }
    try:
        await import_people(web.platform, [PersonRow(0, row)], visitor.principal)
    except InputError as error:
        return await _people(request, problem=error, done="", values=form, chosen=departments)
    texts = web.texts(request)
    done = texts("people.added", name=row["name"])
    return await _people(request, problem=None, done=done, values=Form({}))


async def import_list(request: Request) -> Response:
    """Adds everybody of a CSV file, or nobody, and says which line is at fault."""
    require(request, Action.MANAGE_PEOPLE)
    web, visitor = web_of(request), visitor_of(request)
    try:
        _name, data = await read_upload(request, "file")
        count = await import_people(web.platform, read_people(data), visitor.principal)
    except InputError as error:
        return await _people(request, problem=error, done="", values=Form({}))
    done = web.texts(request)("people.imported", count=count)
    return await _people(request, problem=None, done=done, values=Form({}))


async def disable_account(request: Request) -> Response:
    """Bars an account at once; nobody bars their own."""
    require(request, Action.MANAGE_PEOPLE)
    web, visitor = web_of(request), visitor_of(request)
    account = request.path_params["account"]
    if account == visitor.principal.id:
        raise InputError(
            "own_account",
            Bilingual(
                zh="不能停用自己的账号，请由另一名安全管理员操作。",
                en="Nobody disables their own account; another security administrator does.",
            ),
        )
    await disable_person(web.platform, account, visitor.principal)
    return RedirectResponse("/people", 303)


async def show_endpoints(request: Request) -> Response:
    """The engines that may be asked."""
    return await _endpoints(request, problem=None, values=Form({}))


async def _endpoints(request: Request, *, problem: SuwenError | None, values: Form) -> Response:
    require(request, Action.MANAGE_ENDPOINTS)
    web = web_of(request)
    context = {
        "endpoints": await read_endpoints(web.platform),
        "capabilities": CAPABILITIES,
        "partitions": (Partition.GENERAL.value,),
        "problem": problem,
        "values": values,
    }
    status = meaning_of(problem).http_status if problem else 200
    return await page(request, "endpoints.html", context, status)


async def put_endpoint(request: Request) -> Response:
    """Adds an engine."""
    require(request, Action.MANAGE_ENDPOINTS)
    web, visitor = web_of(request), visitor_of(request)
    async with form_of(request) as raw:
        capabilities = [c for c in raw.getlist("capabilities") if c in CAPABILITIES]
    form = await read_form(request)
    try:
        wanted = Endpoint(
            name=form.needed("name", longest=63),
            url=form.needed("url", longest=500).rstrip("/"),
            model=form.needed("model"),
            partition=form.choice("partition", Partition),
            ceiling=form.whole("ceiling", 1, 5),
            capabilities=frozenset(str(c) for c in capabilities),
            context_tokens=form.whole("context_tokens", 512, 10_000_000),
            key=form.secret("key").strip() or None,
            weights=form.text("weights").lower() or None,
            quantisation=form.text("quantisation") or None,
        )
        await add_endpoint(web.platform, wanted, visitor.principal)
    except InputError as error:
        return await _endpoints(request, problem=error, values=form)
    return RedirectResponse("/endpoints", 303)


async def test_endpoint(request: Request) -> Response:
    """Asks an engine a short question and shows what came of it."""
    require(request, Action.MANAGE_ENDPOINTS)
    web = web_of(request)
    endpoint = await web.platform.endpoints.read(request.path_params["name"])
    tried = await web.platform.models.test(endpoint)
    return fragment(
        request, "endpoint_test_fragment.html", {"tried": tried, "advice": advice(endpoint, tried)}
    )


async def delete_endpoint(request: Request) -> Response:
    """Forgets an engine and its key."""
    require(request, Action.MANAGE_ENDPOINTS)
    web, visitor = web_of(request), visitor_of(request)
    await remove_endpoint(web.platform, request.path_params["name"], visitor.principal)
    return RedirectResponse("/endpoints", 303)


async def show_applications(request: Request) -> Response:
    """What is installed, what it is for, and whether it is in use."""
    require(request, Action.READ_RELEASES)
    web, visitor = web_of(request), visitor_of(request)
    texts = web.texts(request)
    decision = web.platform.access.decide(
        visitor.principal, Action.MANAGE_RELEASES, InstallationTarget()
    )
    context = {
        "applications": await read_applications(web.platform, texts),
        "may_switch": decision.allowed,
    }
    return await page(request, "applications.html", context)


async def switch_application(request: Request) -> Response:
    """The kill switch, and back."""
    web, visitor = web_of(request), visitor_of(request)
    form = await read_form(request)
    app = AppId(request.path_params["app"])
    if request.path_params["switch"] == "disable":
        reason = form.text("reason", longest=500)
        await disable_application(web.platform, app, reason, visitor.principal)
    else:
        await enable_application(web.platform, app, visitor.principal)
    return RedirectResponse("/applications", 303)


async def show_system(request: Request) -> Response:
    """The parts of the installation and how they are."""
    require(request, Action.READ_STATUS)
    web = web_of(request)
    view = await read_system(web.platform)
    return await page(request, "system.html", {"view": view})


async def show_checks(request: Request) -> Response:
    """A look at every part now; trying the engines takes a while, so the page fetches it."""
    require(request, Action.READ_STATUS)
    web = web_of(request)
    try:
        checks = await examine(web.platform)
    except SuwenError as error:
        return await answer_error(request, error)
    return fragment(request, "checks_fragment.html", {"checks": checks})


ROUTES = [
    Route("/people", show_people, methods=["GET"]),
    Route("/people", add_people, methods=["POST"]),
    Route("/people/import", import_list, methods=["POST"]),
    Route("/people/{account}/disable", disable_account, methods=["POST"]),
    Route("/endpoints", show_endpoints, methods=["GET"]),
    Route("/endpoints", put_endpoint, methods=["POST"]),
    Route("/endpoints/{name}/test", test_endpoint, methods=["POST"]),
    Route("/endpoints/{name}/remove", delete_endpoint, methods=["POST"]),
    Route("/applications", show_applications, methods=["GET"]),
    Route("/applications/{app}/{switch:str}", switch_application, methods=["POST"]),
    Route("/system", show_system, methods=["GET"]),
    Route("/system/checks", show_checks, methods=["GET"]),
]
