"""The hospital's own tables for a command that needs nothing else of the site."""

from __future__ import annotations

import asyncio
from datetime import datetime

from suwen.bootstrap.database import SiteDatabase
from suwen.bootstrap.rules.sets import changes_at
from suwen.bootstrap.settings import Settings
from suwen.clinical.laboratory.book import LaboratoryBook, laboratory_book_with
from suwen.clinical.laboratory.rows import SET_ID as LABORATORY
from suwen.storage.database import Database
from suwen.storage.embedded import has_server
from suwen.storage.rule_proposals import RuleProposalStore


async def laboratory_of_site(settings: Settings, now: datetime) -> LaboratoryBook | None:
    """The laboratory's tables as the hospital agreed on them; ``None`` where there is no site, or
    one that changed none.

    Raises:
        UnavailableError: where there is a site whose database does not answer: nothing is checked
            by other tables than its own.
    """
    if settings.outside_databases is None and not has_server(settings.home):
        return None
    async with SiteDatabase(settings).opened() as urls:
        database = Database(urls.general)
        try:
            agreed = await RuleProposalStore(database).in_force()
        finally:
            await database.close()
    own = [one for one in agreed if one.rule_set == LABORATORY]
    changes = changes_at(own, now)
    return await asyncio.to_thread(laboratory_book_with, changes) if changes else None
