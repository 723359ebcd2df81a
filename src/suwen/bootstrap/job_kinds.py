"""The kinds of jobs that a site's worker can do; loaded only where jobs are worked on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from suwen.bootstrap.build_work import BuildWork
from suwen.bootstrap.bulk_runs import bulk_store
from suwen.bootstrap.demonstration_library import DemonstrationLibraryWork
from suwen.bootstrap.demonstration_site import LIBRARY_JOB
from suwen.bootstrap.evaluation.desk import KIND as EVALUATION
from suwen.bootstrap.evaluation.desk import evaluation_store
from suwen.bootstrap.evaluation.work import CASES_AT_ONCE, EvaluationWork
from suwen.bootstrap.import_work import ImportWork
from suwen.bootstrap.ingestion import BUILD, IMPORT, VECTORS
from suwen.bootstrap.jobs import tell_end
from suwen.bootstrap.library.editions import Editions
from suwen.bootstrap.library.parts import LibraryParts
from suwen.bootstrap.monitoring.watch_work import KIND as MONITORING
from suwen.bootstrap.monitoring.watch_work import WatchWork
from suwen.bootstrap.platform import Platform
from suwen.bootstrap.prescriptions.comments import KeepsComments
from suwen.bootstrap.prescriptions.intake import REVIEW
from suwen.bootstrap.quality import QUALITY_APP, quality_store
from suwen.bulk.work import ITEMS_AT_ONCE, BulkWork
from suwen.bulk.work import KIND as BULK
from suwen.control.access.present_rights import present_rights
from suwen.core.knowledge import PageReader
from suwen.jobs.model import JobKind
from suwen.perception.pages import RapidPageReader

DOCUMENTS_AT_ONCE = 50
VECTORS_AT_ONCE = 32


def job_kinds(platform: Platform) -> Mapping[str, JobKind]:
    """All of them, by name."""
    library = platform.library
    folder = platform.settings.run_folder / "jobs"
    # One for all jobs of this process, because it takes much memory once it was used.
    page_reader = cache(RapidPageReader)
    kinds = library_kinds(library.parts, library.editions, folder, page_reader)
    prepare = DemonstrationLibraryWork(library.parts, library.editions, platform.jobs.desk)
    demonstration = JobKind(LIBRARY_JOB, prepare, 1, partial(tell_end, library.parts.audit))
    monitoring = JobKind(MONITORING, WatchWork(platform), 1)
    of_site = (demonstration, bulk_kind(platform), monitoring, evaluation_kind(platform))
    return {kind.name: kind for kind in (*kinds, *of_site)}


def evaluation_kind(platform: Platform) -> JobKind:
    """The kind of job that puts suites to engines."""
    work = EvaluationWork(platform, evaluation_store(platform))
    return JobKind(EVALUATION, work, CASES_AT_ONCE, partial(tell_end, platform.audit))


def bulk_kind(platform: Platform) -> JobKind:
    """The kind of job that does the parts of bulk runs."""
    keeps = {
        QUALITY_APP: quality_store(platform).keep,
        str(REVIEW): KeepsComments(platform).keep,
    }
    work = BulkWork(
        bulk_store(platform),
        platform.gateway,
        platform.clock,
        platform.settings.zone,
        keeps,
        partial(present_rights, platform.people),
    )
    return JobKind(BULK, work, ITEMS_AT_ONCE, partial(tell_end, platform.audit))


def library_kinds(
    parts: LibraryParts,
    editions: Editions,
    folder: Path,
    page_reader: Callable[[], PageReader | None],
) -> tuple[JobKind, ...]:
    """The kinds of job that keep the library.

    Args:
        folder: where the files of a job lie while they are read.
        page_reader: gives the reader of scanned pages; none refuses files that have any.
    """
    build = BuildWork(parts, editions)
    ended = partial(tell_end, parts.audit)
    return (
        JobKind(IMPORT, ImportWork(parts, folder, page_reader), DOCUMENTS_AT_ONCE, ended),
        JobKind(BUILD, build, VECTORS_AT_ONCE, ended),
        JobKind(VECTORS, build, VECTORS_AT_ONCE, ended),
    )
