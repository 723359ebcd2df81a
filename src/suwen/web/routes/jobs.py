"""The jobs that go on in the background: their progress, and pausing, resuming, cancelling."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from suwen.jobs.model import JobFilter, JobId
from suwen.web.forms import read_form
from suwen.web.guard import visitor_of
from suwen.web.pages import fragment, is_fragment, page, person_names, web_of
from suwen.web.routes.session_cookies import local_address
from suwen.web.views.jobs import JobList, job_list

MOST_SHOWN = 50


async def jobs_of_page(
    request: Request, refresh: str, kinds: tuple[str, ...] = (), collection: str | None = None
) -> JobList:
    """The jobs that this person may know of, for a page that refreshes them by itself.

    Args:
        refresh: address of the list alone.
        kinds: only jobs of these kinds; empty for every kind.
        collection: only jobs on this one; absent for every one.
    """
    web, visitor = web_of(request), visitor_of(request)
    about = {} if collection is None else {"collection": collection}
    wanted = JobFilter(kinds or None, arguments=about)
    found = await web.platform.jobs.list(visitor.principal, wanted, MOST_SHOWN)
    name = await person_names(request, (job.started_by for job in found))
    return job_list(found, refresh, request.url.path, web.texts(request), name)


def jobs_fragment(request: Request, jobs: JobList) -> Response:
    """The list alone; once nothing runs any more, the whole page is asked for anew."""
    answer = fragment(request, "jobs_fragment.html", {"jobs": jobs})
    if not jobs.running:
        answer.headers["HX-Refresh"] = "true"
    return answer


async def show_jobs(request: Request) -> Response:
    """The latest jobs."""
    web = web_of(request)
    jobs = await jobs_of_page(request, "/jobs")
    if is_fragment(request):
        return jobs_fragment(request, jobs)
    served = await web.platform.jobs.desk.is_served()
    return await page(request, "jobs.html", {"jobs": jobs, "served": served})


async def show_job(request: Request) -> Response:
    """One job, with what it could not take."""
    web, visitor = web_of(request), visitor_of(request)
    job = JobId(request.path_params["job"])
    found = await web.platform.jobs.progress(job, visitor.principal)
    name = await person_names(request, [found.started_by])
    jobs = job_list([found], f"/jobs/{job}", request.url.path, web.texts(request), name)
    if is_fragment(request):
        return jobs_fragment(request, jobs)
    refusals = await web.platform.jobs.refusals(job, visitor.principal)
    return await page(request, "job.html", {"jobs": jobs, "refusals": refusals})


async def steer_job(request: Request) -> Response:
    """Pauses, resumes or cancels a job, and leads back."""
    web, visitor = web_of(request), visitor_of(request)
    jobs = web.platform.jobs
    acts = {"pause": jobs.pause, "resume": jobs.resume, "cancel": jobs.cancel}
    act = acts.get(request.path_params["act"])
    if act is None:
        raise HTTPException(404)
    form = await read_form(request)
    await act(JobId(request.path_params["job"]), visitor.principal)
    return RedirectResponse(local_address(form.text("back", longest=400)), 303)


ROUTES = [
    Route("/jobs", show_jobs, methods=["GET"]),
    Route("/jobs/{job}", show_job, methods=["GET"]),
    Route("/jobs/{job}/{act}", steer_job, methods=["POST"]),
]
